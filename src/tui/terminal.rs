//! The real terminal: takes it over, and restores it however the program ends.

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

/// The time between two screens while work goes on.
const FRAME: Duration = Duration::from_millis(50);
/// How long to wait for a key while no work goes on.
const REST: Duration = Duration::from_secs(1);
/// How long to wait for more keys, which were typed ahead and are there already. With no time at all, crossterm does
/// not look.
const TYPED_AHEAD: Duration = Duration::from_micros(200);

/// How long to wait for the terminal's answer before the terminal is restored.
const LATE: Duration = Duration::from_millis(200);

/// What to view.
pub enum What {
    /// A capture file; `-` is standard input.
    File(PathBuf),
    /// An adapter, with a capture filter.
    Adapter(String, Vec<String>),
    /// The start page with the adapters.
    Adapters,
}

/// The user's settings and means.
pub struct Seat {
    /// The lab for answers and ladders.
    pub lab: Lab,
    /// The rules that colour the rows.
    pub rules: Rules,
    /// The colours; `None` for no colours.
    pub palette: Option<Palette>,
    /// Whether the user has set the terminal's background; then the terminal is not asked.
    pub ground_is_said: bool,
    /// The process that captures; `None` where only files are viewed.
    pub keeper: Option<Keeper>,
    /// The file that copied text is added to.
    pub copy_to: Option<PathBuf>,
    /// Names of the fields in the user's own columns.
    pub columns: Vec<String>,
}

/// Shows `what` until the user quits.
///
/// # Errors
/// If the capture cannot be opened, or there is no terminal.
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

/// The origin of a file's frames: the file itself, or for a compressed file or a pipe a copy that a thread writes.
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

/// Copies the content of `raw`, decompressed, into a temporary file that is removed at the program's end.
fn copy_of(raw: Box<dyn Read + Send>, name: &str) -> Result<Origin, String> {
    let failed = |error: io::Error| format!("cannot copy {name}: {error}");
    let (mut reader, _) = unpack(raw).map_err(failed)?;
    let file = tempfile::Builder::new().prefix("labkit-").suffix(".pcapng").tempfile().map_err(failed)?;
    let (mut out, path) = file.into_parts();
    let done = Arc::new(AtomicBool::new(false));
    let origin = Origin::growing(&path, name, done.clone());
    let work = move || {
        // After an error, the reader of the copy shows what could be read, and reports the early end.
        let _ = io::copy(&mut reader, &mut out);
        done.store(true, Ordering::Release);
        // The file is removed at the program's end.
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

/// The terminal while this program has taken it over.
struct Screen {
    terminal: Terminal<CrosstermBackend<io::Stdout>>,
    /// The terminal's answer about its background.
    answer: Answer,
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste)
}

/// Restores the terminal. Each step ignores errors, so that the others are done.
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

/// Restores the terminal, and ends the program with the status of a signal.
fn end(signal: i32) -> ! {
    restore();
    forget_copies();
    std::process::exit(128 + signal)
}

impl Screen {
    fn take() -> anyhow::Result<Screen> {
        // A signal ends the program without saving the capture.
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
            // Nothing is drawn while nothing changes, for the sake of slow lines.
            let goes_on = tick::tick(state);
            if goes_on || fresh {
                self.terminal.draw(|frame| draw(frame, state))?;
            }
            fresh = false;
            // A key is handled at once; without one, the next tick looks at the work that goes on.
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
                // Keys that were typed ahead are handled before the next screen.
                if !event::poll(TYPED_AHEAD)? {
                    break;
                }
            }
        }
    }

    /// Takes the terminal's answer to a recent question, which the shell would otherwise take for typed text.
    fn await_answer(&mut self) -> anyhow::Result<()> {
        while self.answer.is_on_its_way() && event::poll(LATE)? {
            self.answer.hear(event::read()?);
        }
        Ok(())
    }

    /// Draws everything anew. `clear` is not used: it asks the terminal for the cursor's position and waits for the
    /// answer, which a slow line delays and some terminals never give.
    fn redraw(&mut self) -> anyhow::Result<()> {
        let size = self.terminal.size()?;
        Ok(self.terminal.resize(size.into())?)
    }

    /// Does the action of a key. Returns whether that ends the program.
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
                // OSC 52 makes the terminal copy the text to its clipboard, also over ssh.
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
        // The output is read to its end before waiting for the child, because the terminal's buffer is small.
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
