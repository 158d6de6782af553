//! The processes of a running lab on both hosts, and everything that they print, shown line by line behind labels.

use crate::capture::signals::Signals;
use crate::lab::stage::network::LOOK;
use crate::text::harmless;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use unicode_width::UnicodeWidthChar;

/// Why waiting ended without success.
#[derive(Debug)]
pub(super) enum Wait {
    /// The user interrupted it.
    Interrupted,
    /// The time was over.
    TimedOut,
    /// A system call failed.
    System(io::Error),
}

/// Width of a label, in columns.
const LABEL: usize = 5;

/// The output of a lab.
pub struct Screen<'a> {
    /// Standard output, as a rule.
    pub out: &'a mut dyn Write,
    /// Width, in columns, to which rows are cut; `None` in a pipe, which cuts none.
    pub width: Option<usize>,
    /// Whether labels and headings may have colour.
    pub colour: bool,
}

impl Screen<'_> {
    /// Writes a heading about what happens next.
    pub fn heading(&mut self, text: &str) -> io::Result<()> {
        let (on, off) = self.style(anstyle::Style::new().bold());
        self.write(&format!("\n{on}── {text}{off}\n"))
    }

    fn line(&mut self, who: &str, text: &str, kind: Lines) -> io::Result<()> {
        let (on, off) = self.style(anstyle::Style::new().dimmed());
        let room = self.width.filter(|_| kind == Lines::Rows).map(|w| w.saturating_sub(LABEL + 3));
        self.write(&format!("{on}{who:<LABEL$} │{off} {}\n", room.map_or(text, |columns| cut(text, columns))))
    }

    fn style(&self, style: anstyle::Style) -> (String, String) {
        if self.colour {
            (style.render().to_string(), style.render_reset().to_string())
        } else {
            Default::default()
        }
    }

    /// A closed pipe is no error: the lab goes on, since its result is the capture.
    fn write(&mut self, text: &str) -> io::Result<()> {
        match self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()) {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}

/// The beginning of a text that fits into so many columns.
fn cut(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, c)| {
        used += c.width().unwrap_or(0);
        used > columns
    });
    end.and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

/// The kind of lines that a process prints on its standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lines {
    /// Text, which is shown whole.
    Text,
    /// Rows of a list, each cut to one line of the terminal.
    Rows,
}

/// Something that a process on the stage did.
enum Event {
    /// It printed a line.
    Line { who: usize, kind: Lines, text: String },
    /// It printed something on its terminal.
    Piece { who: usize, bytes: Vec<u8> },
    /// It closed one of its outputs.
    Closed { who: usize },
}

/// A process on the stage.
struct Actor {
    label: &'static str,
    child: Child,
    open: u8,
    lines: Vec<String>,
    /// What it printed on a terminal of its own; `None` for a process without one.
    terminal: Option<Spoken>,
}

/// The most bytes that are kept of a program's terminal output; later output is dropped.
const MOST_SPOKEN: usize = 1 << 20;

/// What was printed on a terminal.
struct Spoken {
    bytes: Vec<u8>,
    /// How many of the bytes were shown already.
    shown: usize,
    /// When the last of them came.
    last: Instant,
    /// When the end of its process was noticed.
    ended: Option<Instant>,
}

/// Time after the end of a process within which its last terminal output arrives.
const LEFT_BEHIND: Duration = Duration::from_millis(300);

impl Actor {
    fn hear(&mut self, bytes: &[u8]) {
        if let Some(spoken) = &mut self.terminal {
            let room = MOST_SPOKEN.saturating_sub(spoken.bytes.len());
            spoken.bytes.extend(bytes.iter().take(room));
            spoken.last = Instant::now();
        }
    }

    /// Shows the lines that are complete, and with `all` also the last one.
    fn show_lines(&mut self, screen: &mut Screen<'_>, all: bool) -> io::Result<()> {
        let Some(spoken) = &mut self.terminal else { return Ok(()) };
        while let Some(rest) = spoken.bytes.get(spoken.shown..).filter(|rest| !rest.is_empty()) {
            let end = rest.iter().position(|b| *b == b'\n');
            if end.is_none() && !all {
                break;
            }
            let line = String::from_utf8_lossy(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default());
            screen.line(self.label, &harmless(line.trim_end_matches('\r')), Lines::Text)?;
            spoken.shown += end.map_or(rest.len(), |at| at + 1);
        }
        Ok(())
    }
}

/// Index of a process on its stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ActorId(usize);

/// The processes of a lab. Dropping the stage kills them.
pub(super) struct Stage<'a> {
    pub(super) screen: Screen<'a>,
    actors: Vec<Actor>,
    signals: &'a Signals,
    sender: Sender<Event>,
    events: Receiver<Event>,
    last_line: Instant,
}

impl<'a> Stage<'a> {
    /// An empty stage. Waiting ends when one of the `signals` comes.
    pub(super) fn new(screen: Screen<'a>, signals: &'a Signals) -> Stage<'a> {
        let (sender, events) = channel();
        Stage { screen, actors: Vec::new(), signals, sender, events, last_line: Instant::now() }
    }

    /// Starts a process; what it prints appears behind `label`.
    pub(super) fn start(
        &mut self,
        label: &'static str,
        mut command: Command,
        kind: Lines,
    ) -> io::Result<ActorId> {
        // The process gets its own group, so that Ctrl-C in the terminal reaches only labkit, which then ends the
        // lab.
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let who = self.actors.len();
        let (out, err) = (child.stdout.take(), child.stderr.take());
        self.actors.push(Actor { label, child, open: 2, lines: Vec::new(), terminal: None });
        if let (Some(out), Some(err)) = (out, err) {
            read_lines(who, kind, out, self.sender.clone())?;
            read_lines(who, Lines::Text, err, self.sender.clone())?;
        }
        Ok(ActorId(who))
    }

    /// Starts a process on a terminal of its own, as a user would. Bytes written to the returned file are typed
    /// there. All that appears on the terminal, with the typed text, is shown behind `label`.
    pub(super) fn start_on_terminal(
        &mut self,
        label: &'static str,
        mut command: Command,
    ) -> io::Result<(ActorId, File)> {
        let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        let OpenptyResult { master, slave } = openpty(&size, None)?;
        // No other process may keep the terminal open.
        for end in [&master, &slave] {
            fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
        }
        command.stdin(slave.try_clone()?).stdout(slave.try_clone()?).stderr(slave);
        command.process_group(0).env("TERM", "dumb");
        let child = command.spawn()?;
        let who = self.actors.len();
        let terminal = Some(Spoken { bytes: Vec::new(), shown: 0, last: Instant::now(), ended: None });
        self.actors.push(Actor { label, child, open: 1, lines: Vec::new(), terminal });
        read_terminal(who, File::from(master.try_clone()?), self.sender.clone())?;
        Ok((ActorId(who), File::from(master)))
    }

    /// The text that a process has printed on its terminal from the byte `from` on, without carriage returns.
    pub(super) fn spoken(&self, who: ActorId, from: usize) -> String {
        let spoken = self.actors.get(who.0).and_then(|a| a.terminal.as_ref());
        let bytes = spoken.and_then(|s| s.bytes.get(from..)).unwrap_or_default();
        String::from_utf8_lossy(bytes).replace('\r', "")
    }

    /// How many bytes a process has printed on its terminal, and how long ago the last one came.
    pub(super) fn spoken_until(&self, who: ActorId) -> (usize, Duration) {
        let spoken = self.actors.get(who.0).and_then(|a| a.terminal.as_ref());
        spoken.map_or((0, Duration::ZERO), |s| (s.bytes.len(), s.last.elapsed()))
    }

    /// Ends a process at once.
    pub(super) fn kill(&mut self, who: ActorId) {
        if let Some(actor) = self.actors.get_mut(who.0) {
            let _ = actor.child.kill();
            let _ = actor.child.wait();
        }
    }

    /// Shows output until `done` returns true, or until the time is over.
    pub(super) fn until(
        &mut self,
        longest: Duration,
        mut done: impl FnMut(&mut Stage<'a>) -> bool,
    ) -> Result<(), Wait> {
        let begun = Instant::now();
        loop {
            self.show().map_err(Wait::System)?;
            if self.signals.wait(Duration::ZERO) {
                return Err(Wait::Interrupted);
            }
            if done(self) {
                return Ok(());
            }
            if begun.elapsed() > longest {
                return Err(Wait::TimedOut);
            }
        }
    }

    /// Shows the lines that have come; waits up to [`LOOK`] for the first.
    fn show(&mut self) -> io::Result<()> {
        let mut next = self.events.recv_timeout(LOOK).ok();
        while let Some(event) = next {
            match event {
                Event::Line { who, kind, text } => {
                    self.last_line = Instant::now();
                    if let Some(actor) = self.actors.get_mut(who) {
                        self.screen.line(actor.label, &text, kind)?;
                        actor.lines.push(text);
                    }
                }
                Event::Piece { who, bytes } => {
                    if let Some(actor) = self.actors.get_mut(who) {
                        actor.hear(&bytes);
                        actor.show_lines(&mut self.screen, false)?;
                    }
                }
                Event::Closed { who } => {
                    if let Some(actor) = self.actors.get_mut(who) {
                        actor.open = actor.open.saturating_sub(1);
                        actor.show_lines(&mut self.screen, true)?;
                    }
                }
            }
            next = self.events.try_recv().ok();
        }
        Ok(())
    }

    /// The exit status of a process; `None` until it has ended and all its output was shown.
    pub(super) fn ended(&mut self, who: ActorId) -> Option<ExitStatus> {
        let actor = self.actors.get_mut(who.0)?;
        let status = actor.child.try_wait().ok().flatten()?;
        // A child process that outlives it may keep its terminal open.
        let since = actor.terminal.as_mut().map(|t| *t.ended.get_or_insert_with(Instant::now));
        let is_over = actor.open == 0 || since.is_some_and(|since| since.elapsed() > LEFT_BEHIND);
        is_over.then_some(status)
    }

    /// Whether a process has printed a line that contains `text`.
    pub(super) fn has_said(&self, who: ActorId, text: &str) -> bool {
        self.actors.get(who.0).is_some_and(|a| a.lines.iter().any(|l| l.contains(text)))
    }

    /// The time since the last output of any process.
    pub(super) fn silence(&self) -> Duration {
        self.last_line.elapsed()
    }

    /// Sends a process SIGINT, as Ctrl-C does.
    pub(super) fn interrupt(&mut self, who: ActorId) -> io::Result<()> {
        let Some(actor) = self.actors.get_mut(who.0) else { return Ok(()) };
        match actor.child.try_wait()? {
            None => Ok(kill(Pid::from_raw(actor.child.id() as i32), Signal::SIGINT)?),
            // It has ended, and its number may belong to another process by now.
            Some(_) => Ok(()),
        }
    }
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        for actor in &mut self.actors {
            let _ = actor.child.kill();
            let _ = actor.child.wait();
        }
    }
}

/// Starts a thread that passes on the lines of one output.
fn read_lines(
    who: usize,
    kind: Lines,
    output: impl Read + Send + 'static,
    to: Sender<Event>,
) -> io::Result<()> {
    std::thread::Builder::new().name("lines".into()).spawn(move || {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while matches!(output.read_until(b'\n', &mut line), Ok(1..)) {
            let text = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
            line.clear();
            if to.send(Event::Line { who, kind, text }).is_err() {
                return;
            }
        }
        let _ = to.send(Event::Closed { who });
    })?;
    Ok(())
}

/// Starts a thread that passes on what appears on a terminal, until no process has it open.
fn read_terminal(who: usize, mut terminal: File, to: Sender<Event>) -> io::Result<()> {
    std::thread::Builder::new().name("terminal".into()).spawn(move || {
        let mut buffer = [0; 4096];
        // A terminal that no process has open gives an error (EIO), not an end of input.
        while let Ok(read @ 1..) = terminal.read(&mut buffer) {
            let bytes = buffer.get(..read).unwrap_or_default().to_vec();
            if to.send(Event::Piece { who, bytes }).is_err() {
                return;
            }
        }
        let _ = to.send(Event::Closed { who });
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_between_characters() {
        assert_eq!(cut("short", 10), "short");
        assert_eq!(cut("longer than that", 6), "longer");
        assert_eq!(cut("→→→→", 2), "→→");
        assert_eq!(cut("日本語", 5), "日本");
        assert_eq!(cut("x", 0), "");
    }

    fn stage<T>(test: impl FnOnce(&mut Stage<'_>) -> T) -> (T, String) {
        let mut out = Vec::new();
        let signals = Signals::install().unwrap();
        let screen = Screen { out: &mut out, width: None, colour: false };
        let mut stage = Stage::new(screen, &signals);
        let result = test(&mut stage);
        drop(stage);
        (result, String::from_utf8(out).unwrap())
    }

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn both_outputs_are_shown_with_their_label_also_without_a_last_newline() {
        let (status, text) = stage(|stage| {
            let who = stage
                .start("host", shell("echo one; sleep 0.2; printf 'two é' >&2; exit 3"), Lines::Text)
                .unwrap();
            stage.until(Duration::from_secs(20), |stage| stage.ended(who).is_some()).unwrap();
            assert!(stage.has_said(who, "two"));
            stage.ended(who).unwrap()
        });
        assert_eq!(text, "host  │ one\nhost  │ two é\n");
        assert_eq!(status.code(), Some(3));
    }

    #[test]
    fn waiting_has_an_end_and_processes_end_with_the_stage() {
        let (pid, _) = stage(|stage| {
            let who = stage.start("guest", shell("exec sleep 600"), Lines::Text).unwrap();
            let waited = stage.until(Duration::from_millis(50), |stage| stage.ended(who).is_some());
            assert!(matches!(waited, Err(Wait::TimedOut)));
            stage.actors[0].child.id()
        });
        assert!(kill(Pid::from_raw(pid as i32), None).is_err());
    }

    #[test]
    fn rows_fit_the_terminal_and_text_is_whole() {
        let mut out = Vec::new();
        let mut screen = Screen { out: &mut out, width: Some(12), colour: false };
        screen.line("sniff", "a row of a list", Lines::Rows).unwrap();
        screen.line("host", "a message", Lines::Text).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "sniff │ a ro\nhost  │ a message\n");
    }

    #[test]
    fn a_closed_pipe_does_not_stop_the_lab() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut screen = Screen { out: &mut Closed, width: None, colour: false };
        assert!(screen.heading("Step 1").is_ok());
    }
}
