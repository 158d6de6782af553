//! The real terminal: taking it over, and giving it back however the program ends.

use super::draw::draw;
use super::live::{Capture, Keeper};
use super::origin::Origin;
use super::session::Session;
use super::state::{Effect, State};
use super::theme::Theme;
use super::update::{self, prompt, tick};
use crate::capture::unpack::unpack;
use crate::filter::saved;
use crate::lab::definition::Lab;
use crate::view::colour::Rules;
use crate::view::palette::Palette;
use base64::Engine as _;
use ground::{Answer, Heard};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{
    self, DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

mod ground;

#[cfg(unix)]
#[path = "terminal/unix.rs"]
mod system;

#[cfg(windows)]
#[path = "terminal/windows.rs"]
mod system;

/// How long the screen stays as it is while frames come.
const FRAME: Duration = Duration::from_millis(50);
/// How long a key is waited for where nothing goes on by itself.
const REST: Duration = Duration::from_secs(1);
/// How long more keys are waited for: what was typed ahead is there already. Asked with no time at all, crossterm does not
/// look.
const TYPED_AHEAD: Duration = Duration::from_micros(200);

/// How long the terminal's answer is waited for before the terminal is given back.
const LATE: Duration = Duration::from_millis(200);

/// What is looked at.
pub enum What {
    /// A capture file; `-` is standard input.
    File(PathBuf),
    /// An adapter, with a capture filter.
    Adapter(String, Vec<String>),
    /// The page with the adapters.
    Adapters,
}

/// What the user brings along.
pub struct Seat {
    /// The lab that answers and ladders are about.
    pub lab: Lab,
    /// What colours the rows.
    pub rules: Rules,
    /// The colours; none where none are wanted.
    pub palette: Option<Palette>,
    /// Whether the user has said what the terminal's background is: then it is not asked.
    pub ground_is_said: bool,
    /// Who captures; `None` where only files are looked at.
    pub keeper: Option<Keeper>,
    /// The file that what is copied is added to.
    pub copy_to: Option<PathBuf>,
    /// Fields with columns of their own.
    pub columns: Vec<String>,
}

/// Shows `what` until the user has seen enough.
///
/// # Errors
/// When the capture cannot be opened, or there is no terminal.
pub fn run(what: What, filter: Option<&str>, seat: Seat) -> anyhow::Result<()> {
    let mut state = State::new(seat.lab, seat.rules, Theme { palette: seat.palette });
    state.copy_file = seat.copy_to;
    state.columns = seat.columns;
    state.live = seat.keeper.map(Capture::new);
    state.saved = saved::path().and_then(|path| saved::load(&path).ok()).unwrap_or_default();
    match what {
        What::File(path) => {
            let session = origin_of(&path).and_then(|origin| Session::open(origin, state.rules.clone()));
            state.set_session(session.map_err(anyhow::Error::msg)?);
        }
        What::Adapter(interface, bpf) => tick::capture(&mut state, &interface, &bpf),
        What::Adapters => tick::adapters(&mut state),
    }
    if let Some(filter) = filter {
        match state.session {
            Some(_) => prompt::apply(&mut state, filter),
            None => state.waiting = Some(filter.to_owned()),
        }
    }
    let mut screen = Screen::take()?;
    if seat.palette.is_some() && !seat.ground_is_said {
        screen.answer = Answer::ask()?;
    }
    let end = screen.until_the_end(&mut state);
    drop(screen);
    end
}

/// Where the frames of a file are: in itself; or, of one that is compressed or a pipe, in a copy that a thread writes.
pub(crate) fn origin_of(path: &Path) -> Result<Origin, String> {
    let failed = |error: io::Error| format!("cannot open {}: {error}", path.display());
    let is_pipe = path.as_os_str() == "-";
    let mut start = [0; 2];
    if !is_pipe {
        let is_file = std::fs::metadata(path).map_err(failed)?.is_file();
        let mut file = File::open(path).map_err(failed)?;
        if is_file {
            let got = file.read(&mut start).map_err(failed)?;
            if got < 2 || start != [0x1f, 0x8b] {
                return Ok(Origin::file(path));
            }
        }
    }
    let name = if is_pipe { "standard input".to_owned() } else { path.display().to_string() };
    let raw: Box<dyn Read + Send> = match is_pipe {
        true => Box::new(io::stdin()),
        false => Box::new(File::open(path).map_err(failed)?),
    };
    copy_of(raw, &name)
}

/// Copies what `raw` holds, unpacked, into a file that goes with the program.
fn copy_of(raw: Box<dyn Read + Send>, name: &str) -> Result<Origin, String> {
    let failed = |error: io::Error| format!("cannot copy {name}: {error}");
    let (mut reader, _) = unpack(raw).map_err(failed)?;
    let file = tempfile::Builder::new().prefix("labkit-").suffix(".pcapng").tempfile().map_err(failed)?;
    let (mut out, path) = file.into_parts();
    let done = Arc::new(AtomicBool::new(false));
    let origin = Origin::growing(&path, name, done.clone());
    let work = move || {
        // What could be read is shown; that it ends early, the reader finds itself.
        let _ = io::copy(&mut reader, &mut out);
        done.store(true, Ordering::Release);
        // The file goes with the program.
        path_until_the_end(path);
    };
    std::thread::Builder::new().name("copy".into()).spawn(work).map_err(failed)?;
    Ok(origin)
}

/// Files that are removed when the program ends.
static KEPT: std::sync::Mutex<Vec<tempfile::TempPath>> = std::sync::Mutex::new(Vec::new());

fn path_until_the_end(path: tempfile::TempPath) {
    KEPT.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(path);
}

fn forget_copies() {
    KEPT.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
}

/// The terminal while it is ours.
struct Screen {
    terminal: Terminal<CrosstermBackend<io::Stdout>>,
    /// What the terminal says of its background.
    answer: Answer,
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste)
}

/// Gives the terminal back. Nothing here may fail so that the rest is left out.
fn restore() {
    let _ = execute!(
        io::stdout(),
        DisableBracketedPaste,
        DisableMouseCapture,
        LeaveAlternateScreen,
        ratatui::crossterm::cursor::Show
    );
    let _ = disable_raw_mode();
}

/// Ends the program as a signal would, with the terminal as it was.
fn end(signal: i32) -> ! {
    restore();
    forget_copies();
    std::process::exit(128 + signal)
}

impl Screen {
    fn take() -> anyhow::Result<Screen> {
        // What was captured and not saved stays where it is.
        system::watch(end)?;
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            restore();
            before(info);
        }));
        enter()?;
        let terminal = Terminal::new(CrosstermBackend::new(io::stdout()));
        Ok(Screen { terminal: terminal.inspect_err(|_| restore())?, answer: Answer::default() })
    }

    fn until_the_end(&mut self, state: &mut State) -> anyhow::Result<()> {
        let mut fresh = true;
        loop {
            // Over a slow line, what stays the same is not worth a byte.
            let goes_on = tick::tick(state);
            if goes_on || fresh {
                self.terminal.draw(|frame| draw(frame, state))?;
            }
            fresh = false;
            // A key is answered at once; without one, what goes on by itself is looked at again.
            if !event::poll(if goes_on { FRAME } else { REST })? {
                continue;
            }
            fresh = true;
            loop {
                let events = match self.answer.hear(event::read()?) {
                    Heard::Events(events) => events,
                    Heard::Ground(ground) => {
                        state.theme.set_ground(ground);
                        Vec::new()
                    }
                };
                for event in events {
                    let effect = update::event(state, &event);
                    if self.effect(effect)? {
                        return Ok(());
                    }
                }
                // What was typed ahead is one step.
                if !event::poll(TYPED_AHEAD)? {
                    break;
                }
            }
        }
    }

    /// Takes an answer that was asked for just now: the shell would take it for something typed.
    fn await_answer(&mut self) -> anyhow::Result<()> {
        while self.answer.is_on_its_way() && event::poll(LATE)? {
            self.answer.hear(event::read()?);
        }
        Ok(())
    }

    /// Draws everything anew. To clear would ask the terminal where its cursor is, and wait for an answer that a slow line
    /// delays and some terminals never give.
    fn redraw(&mut self) -> anyhow::Result<()> {
        let size = self.terminal.size()?;
        Ok(self.terminal.resize(size.into())?)
    }

    /// Does what a key has asked for; whether that was to end.
    fn effect(&mut self, effect: Effect) -> anyhow::Result<bool> {
        match effect {
            Effect::None => {}
            Effect::Quit => {
                self.await_answer()?;
                return Ok(true);
            }
            Effect::Redraw => self.redraw()?,
            Effect::Suspend => {
                self.await_answer()?;
                restore();
                system::suspend()?;
                enter()?;
                self.redraw()?;
            }
            Effect::Copy(text) => {
                // OSC 52: the terminal puts it onto its clipboard, also over ssh.
                let coded = base64::engine::general_purpose::STANDARD.encode(text);
                let mut out = io::stdout();
                write!(out, "\x1b]52;c;{coded}\x07")?;
                out.flush()?;
            }
        }
        Ok(false)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
        forget_copies();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use nix::pty::openpty;
    use std::process::{Command, Stdio};

    const HERE: &str = "LABKIT_TEST_PANICS_HERE";

    /// Runs itself at a terminal of its own, and panics there.
    #[test]
    fn a_panic_gives_the_terminal_back_before_it_speaks() {
        if std::env::var_os(HERE).is_some() {
            let _screen = Screen::take().unwrap();
            panic!("on purpose");
        }
        let pair = openpty(None, None).unwrap();
        let own = std::thread::current().name().unwrap().to_owned();
        let slave = || Stdio::from(pair.slave.try_clone().unwrap());
        let mut child = Command::new("setsid")
            .args(["--ctty", "--wait"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", &own, "--nocapture"])
            .env(HERE, "1")
            .stdin(slave())
            .stdout(slave())
            .stderr(slave())
            .spawn()
            .expect("this test needs setsid, of util-linux");
        let before = nix::sys::termios::tcgetattr(&pair.slave).unwrap();
        let (mut master, mut out) = (File::from(pair.master), Vec::new());
        // What has come out is read to its end before the child's end is waited for: the terminal holds little.
        let text = loop {
            let mut buffer = [0; 4096];
            let got = master.read(&mut buffer).unwrap();
            out.extend_from_slice(&buffer[..got]);
            let text = String::from_utf8_lossy(&out);
            if text.contains("1 failed") {
                break text.into_owned();
            }
        };
        assert!(!child.wait().unwrap().success());
        let at = |wanted: &str| text.find(wanted).unwrap_or_else(|| panic!("no {wanted:?} in {text:?}"));
        assert!(at("\x1b[?1049h") < at("\x1b[?1049l"), "{text:?}");
        assert!(at("\x1b[?1049l") < at("on purpose"), "it is to be read\n{text:?}");
        assert!(at("\x1b[?1000h") < at("\x1b[?1000l"), "the mouse\n{text:?}");
        let after = nix::sys::termios::tcgetattr(&pair.slave).unwrap();
        assert_eq!(after.local_flags, before.local_flags);
    }
}
