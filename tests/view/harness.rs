//! A pseudo-terminal for each test, and what a person would see on its screen.

use crate::tools::tool;
pub(crate) use crate::wait::wait_until;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, poll};
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// The output so far, byte for byte and as a screen.
struct Shown {
    raw: Vec<u8>,
    screen: vt100::Parser,
}

/// A terminal with a program in it.
pub(crate) struct Terminal {
    child: Child,
    keyboard: Option<File>,
    shown: Arc<Mutex<Shown>>,
    name: PathBuf,
    hung_up: Arc<AtomicBool>,
    /// Ends when no process has the terminal open any more.
    reader: JoinHandle<()>,
}

impl Terminal {
    /// Starts a command in a new session, whose terminal has `size` columns and rows.
    pub(crate) fn start(command: &Command, size: (u16, u16)) -> Terminal {
        // No other program that a test starts may inherit an end of the terminal: the terminal would then never hang
        // up.
        let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
        let master = posix_openpt(flags).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = PathBuf::from(ptsname_r(&master).unwrap());
        let no_session = OFlag::O_NOCTTY.bits();
        let slave = File::options().read(true).write(true).custom_flags(no_session).open(&name).unwrap();
        resize(&name, size);
        let mut session = tool("setsid");
        session.args(["--ctty", "--wait"]).arg(command.get_program()).args(command.get_args());
        session.env("TERM", "xterm-256color").env_remove("NO_COLOR").env_remove("COLORTERM");
        session.env_remove("COLORFGBG").env_remove("LABKIT_THEME");
        for (key, value) in command.get_envs() {
            match value {
                Some(value) => session.env(key, value),
                None => session.env_remove(key),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            session.current_dir(folder);
        }
        let clone = || slave.try_clone().unwrap();
        let child = session.stdin(clone()).stdout(clone()).stderr(clone()).spawn().unwrap();
        // The clone, too, is closed when another program starts.
        let keyboard = File::from(master.as_fd().try_clone_to_owned().unwrap());
        drop(master);
        let [columns, rows] = [size.0, size.1].map(|n| NonZeroU16::new(n).unwrap());
        let screen = vt100::Parser::new(rows, columns, 0);
        let shown = Arc::new(Mutex::new(Shown { raw: Vec::new(), screen }));
        let (mut from, into) = (keyboard.try_clone().unwrap(), Arc::clone(&shown));
        let hung_up = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&hung_up);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while !over.load(Ordering::Relaxed) {
                let mut there = [PollFd::new(from.as_fd(), PollFlags::POLLIN)];
                if !matches!(poll(&mut there, 20_u16), Ok(1..)) {
                    continue;
                }
                let Ok(read @ 1..) = from.read(&mut buffer) else { break };
                let mut shown = into.lock().unwrap();
                shown.raw.extend_from_slice(&buffer[..read]);
                shown.screen.process(&buffer[..read]);
            }
        });
        Terminal { child, keyboard: Some(keyboard), shown, name, hung_up, reader }
    }

    /// `labkit` with these arguments, at 80 columns and 24 rows.
    pub(crate) fn labkit(args: &[&str]) -> Terminal {
        Terminal::start(labkit().args(args), (80, 24))
    }

    /// Types text, or keys in the sequences that a terminal sends (`\x1b[…`).
    pub(crate) fn press(&self, keys: &str) {
        self.keyboard.as_ref().unwrap().write_all(keys.as_bytes()).unwrap();
    }

    /// Clicks on a text, once it is on the screen.
    pub(crate) fn click(&self, wanted: &str) {
        let screen = self.wait_for(wanted);
        let line =
            |(row, line): (usize, &str)| Some((line.find(wanted).map(|at| line[..at].chars().count())?, row));
        let (column, row) = screen.lines().enumerate().find_map(line).unwrap();
        let place = format!("0;{};{}", column + 1, row + 1);
        self.press(&format!("\x1b[<{place}M\x1b[<{place}m"));
    }

    /// Waits until the screen shows a text.
    pub(crate) fn wait_for(&self, text: &str) -> String {
        self.wait(text, |screen| screen.contains(text))
    }

    /// Waits until `is_so` holds for the screen, and returns the screen.
    pub(crate) fn wait(&self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        wait_until(
            || format!("{what:?} on\n{}", self.screen()),
            || Some(self.screen()).filter(|screen| is_so(screen)),
        )
    }

    /// The screen as a person sees it.
    pub(crate) fn screen(&self) -> String {
        self.shown.lock().unwrap().screen.screen().contents()
    }

    /// Whether a program uses the alternate screen, the mouse or bracketed paste, or hides the cursor.
    pub(crate) fn is_taken(&self) -> bool {
        let shown = self.shown.lock().unwrap();
        let screen = shown.screen.screen();
        screen.alternate_screen()
            || screen.hide_cursor()
            || screen.bracketed_paste()
            || screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None
    }

    /// Whether any character is coloured.
    pub(crate) fn is_coloured(&self) -> bool {
        let shown = self.shown.lock().unwrap();
        let screen = shown.screen.screen();
        let (rows, columns) = screen.size();
        let coloured = |cell: &vt100::Cell| {
            cell.fgcolor() != vt100::Color::Default || cell.bgcolor() != vt100::Color::Default
        };
        (0..rows.get())
            .any(|row| (0..columns.get()).any(|column| screen.cell(row, column).is_some_and(coloured)))
    }

    /// The colour of a text, once it is on the screen.
    pub(crate) fn colour_of(&self, wanted: &str) -> vt100::Color {
        let screen = self.wait_for(wanted);
        let place = |(row, line): (usize, &str)| Some((row, line[..line.find(wanted)?].chars().count()));
        let (row, column) = screen.lines().enumerate().find_map(place).unwrap();
        let shown = self.shown.lock().unwrap();
        shown.screen.screen().cell(row as u16, column as u16).unwrap().fgcolor()
    }

    /// The output so far, byte for byte.
    pub(crate) fn raw(&self) -> Vec<u8> {
        self.shown.lock().unwrap().raw.clone()
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&self, (columns, rows): (u16, u16)) {
        let number = |n| NonZeroU16::new(n).unwrap();
        self.shown.lock().unwrap().screen.screen_mut().set_size(number(rows), number(columns));
        resize(&self.name, (columns, rows));
    }

    /// Closes the terminal, as when its window is closed.
    pub(crate) fn hang_up(&mut self) {
        self.keyboard = None;
        // The reading thread has a clone of this end; it closes the clone once it sees the flag.
        self.hung_up.store(true, Ordering::Relaxed);
    }

    /// The id of the process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its exit status, once it has ended.
    pub(crate) fn finish(&mut self) -> ExitStatus {
        let shown = Arc::clone(&self.shown);
        let screen = move || shown.lock().unwrap().screen.screen().contents();
        let status =
            wait_until(|| format!("its end, after\n{}", screen()), || self.child.try_wait().unwrap());
        wait_until(
            || format!("its last words, after\n{}", screen()),
            || self.reader.is_finished().then_some(()),
        );
        status
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn resize(terminal: &Path, (columns, rows): (u16, u16)) {
    let sizes = ["cols".to_owned(), columns.to_string(), "rows".to_owned(), rows.to_string()];
    let done = tool("stty").arg("-F").arg(terminal).args(sizes).status().unwrap();
    assert!(done.success());
}

/// The program.
pub(crate) fn labkit() -> Command {
    Command::new(env!("CARGO_BIN_EXE_labkit"))
}

/// A capture that comes with labkit.
pub(crate) fn capture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures").join(name).to_str().unwrap().to_owned()
}

/// A folder for one test, empty at first and removed in the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("view-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
