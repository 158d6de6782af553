//! The parts that all commands share: opening a capture, standard output, and remarks to the user.

use super::UsageError;
use super::progress::{self, Watched};
use crate::capture::reader::Reader;
use crate::capture::{CaptureError, Source};
use crate::conversation::Hindsight;
use crate::conversation::hindsight::too_much;
use crate::pump::{self, PumpError};
use crate::text::harmless;
use crate::view::list::Screen;
use crate::view::palette::{Ground, Palette};
use crate::view::wrap;
use std::fmt;
use std::io::{self, BufWriter, IsTerminal, Read, StdoutLock, Write};
use std::path::Path;
use std::sync::OnceLock;

/// Opens a capture file; `-` is standard input.
pub(crate) fn open(path: &Path) -> anyhow::Result<Reader<Box<dyn Read + Send>>> {
    let through = |file, bytes| Box::new(Watched::new(file, bytes)) as Box<dyn Read + Send>;
    Reader::open_through(path, through).map_err(|error| match (&error, near_file(path)) {
        (CaptureError::Open { reason, .. }, Some(near)) if reason.kind() == io::ErrorKind::NotFound => {
            anyhow::anyhow!("{error}; the nearest name there is {}", harmless(&near))
        }
        _ => error.into(),
    })
}

/// Reads a capture once for what its packets say about earlier ones. `None` if that is too much to keep.
///
/// # Errors
/// If the capture cannot be read.
pub(crate) fn learn<S: Source + Send>(source: &mut S) -> anyhow::Result<Option<Hindsight>> {
    let hindsight = pump::learn(source).map_err(pump_error)?;
    say_if_too_much(&hindsight);
    Ok(hindsight.is_complete().then_some(hindsight))
}

/// Says that a capture says more about its earlier packets than is kept.
pub(crate) fn say_if_too_much(hindsight: &Hindsight) {
    if !hindsight.is_complete() {
        say(format_args!("{}", too_much()));
    }
}

/// Whether a capture can be read only once, such as standard input and pipes; opening it again would wait for ever.
pub(crate) fn is_read_once(path: &Path) -> bool {
    let is_pipe = |about: std::fs::Metadata| !about.is_file() && !about.is_dir();
    path.as_os_str() == "-" || path.metadata().is_ok_and(is_pipe)
}

/// Whether a path has the ending of a capture file.
pub(crate) fn looks_like_capture(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    [".pcap", ".pcapng", ".cap", ".dmp"].iter().any(|ending| name.ends_with(ending))
}

/// The file in the same folder whose name is nearest to a missing one: with another ending or a few other letters.
/// `None` if none is near.
fn near_file(path: &Path) -> Option<String> {
    let wanted = path.file_name()?.to_string_lossy().into_owned();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let stem = |name: &str| name.split('.').next().unwrap_or("").to_ascii_lowercase();
    let most = (wanted.chars().count() / 4).clamp(1, 4);
    let names = std::fs::read_dir(folder).ok()?.filter_map(|entry| {
        let entry = entry.ok().filter(|entry| entry.path().is_file())?;
        Some(entry.file_name().to_string_lossy().into_owned())
    });
    let near = names.filter_map(|name| {
        let distance = match stem(&name) == stem(&wanted) && looks_like_capture(Path::new(&name)) {
            true => 0,
            false => strsim::osa_distance(&name.to_ascii_lowercase(), &wanted.to_ascii_lowercase()),
        };
        (distance <= most).then_some((distance, name))
    });
    let name = near.min()?.1;
    Some(path.with_file_name(name).display().to_string())
}

/// Whether two paths name the same file, which must not be read and written at once.
pub(crate) fn same_file(a: &Path, b: &Path) -> bool {
    // `-` is standard input as one of them and standard output as the other.
    a.as_os_str() != "-" && a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b))
}

/// Standard output, buffered.
pub(crate) fn stdout() -> BufWriter<Results> {
    BufWriter::with_capacity(1 << 16, Results { out: io::stdout().lock(), begun: false })
}

/// Standard output; its first bytes switch progress bars off.
pub(crate) struct Results {
    out: StdoutLock<'static>,
    begun: bool,
}

impl Write for Results {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !std::mem::replace(&mut self.begun, true) {
            progress::results_begin();
        }
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Prints a remark on standard error; ignores a closed one.
pub(crate) fn say(what: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{}", remark(&what.to_string()));
}

/// A remark with the program's name in front, wrapped between words on a terminal.
pub(crate) fn remark(text: &str) -> String {
    let text = format!("labkit: {text}");
    let width = io::stderr().is_terminal().then(|| terminal_size::terminal_size_of(io::stderr())).flatten();
    match width {
        Some((width, _)) => wrap::lines(&text, usize::from(width.0)),
        None => text,
    }
}

/// The form of a list on standard output. With `live`, rows are flushed one by one, in a pipe, too.
pub(crate) fn screen(live: bool) -> Screen {
    let terminal = io::stdout().is_terminal();
    Screen {
        width: terminal.then(terminal_width).flatten(),
        palette: palette(),
        flush: terminal || live,
        wrap: false,
    }
}

/// Width of the terminal in columns; `None` if standard output is no terminal.
pub(crate) fn terminal_width() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}

/// Width of results in columns: the terminal's, or without a terminal the value of `COLUMNS`; `None` without either.
pub(crate) fn width() -> Option<usize> {
    screen(false).width.or_else(columns_variable)
}

/// The value of the variable `COLUMNS`; `None` if it is not a number of at least 20.
fn columns_variable() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.trim().parse().ok().filter(|columns| *columns >= 20)
}

/// Whether standard output takes colour: it is a terminal, and NO_COLOR is not set.
pub(crate) fn colour_on_stdout() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

/// The colours of standard output; `None` if it takes no colour.
pub(crate) fn palette() -> Option<Palette> {
    colour_on_stdout().then(|| Palette::here(chosen_ground()))
}

/// The environment variable for the terminal's background.
pub(crate) const THEME: &str = "LABKIT_THEME";

/// The background that the user has set; read once, so that a wrong value is reported once. `None` if it is not set.
pub(crate) fn chosen_ground() -> Option<Ground> {
    static CHOSEN: OnceLock<Option<Ground>> = OnceLock::new();
    *CHOSEN.get_or_init(|| {
        let said = std::env::var(THEME).ok().filter(|said| !said.is_empty())?;
        let ground = match said.as_str() {
            "light" => Some(Ground::Light),
            "dark" => Some(Ground::Dark),
            _ => None,
        };
        if ground.is_none() {
            say(format_args!("{THEME} is light or dark, not `{}`; it is ignored", harmless(&said)));
        }
        ground
    })
}

/// Turns a failure of the output into the plain input/output error by which `main` recognises a closed pipe.
pub(crate) fn pump_error(error: PumpError) -> anyhow::Error {
    match error {
        PumpError::Output(error) => error.into(),
        PumpError::Capture(error) => error.into(),
        error @ PumpError::Thread(_) => error.into(),
        PumpError::Filter(error) => UsageError(error.to_string()).into(),
    }
}
