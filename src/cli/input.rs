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

/// What the packets of captures say about earlier ones, for a second look at them; nothing where there is too much of it.
///
/// # Errors
/// Those of the first reading that a second one does not meet.
pub(crate) fn learn<S: Source + Send>(source: &mut S) -> anyhow::Result<Option<Hindsight>> {
    let hindsight = pump::learn(source).map_err(pump_error)?;
    if !hindsight.is_complete() {
        say(format_args!("{}", too_much()));
        return Ok(None);
    }
    Ok(Some(hindsight))
}

/// Whether a capture can be read only once, as standard input and pipes can. A second opening would wait without end.
pub(crate) fn is_read_once(path: &Path) -> bool {
    let is_pipe = |about: std::fs::Metadata| !about.is_file() && !about.is_dir();
    path.as_os_str() == "-" || path.metadata().is_ok_and(is_pipe)
}

/// Whether a name is that of a capture, by its ending.
pub(crate) fn looks_like_capture(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    [".pcap", ".pcapng", ".cap", ".dmp"].iter().any(|ending| name.ends_with(ending))
}

/// The file whose name is nearest to the one that is not there: another ending, or a slip or two.
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

/// Whether two names are those of one file, which must not be read and written at once.
pub(crate) fn same_file(a: &Path, b: &Path) -> bool {
    // `-` is standard input as one of them and standard output as the other.
    a.as_os_str() != "-" && a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b))
}

/// Standard output, buffered.
pub(crate) fn stdout() -> BufWriter<Results> {
    BufWriter::with_capacity(1 << 16, Results(io::stdout().lock()))
}

/// Standard output, which no bar disturbs.
pub(crate) struct Results(StdoutLock<'static>);

impl Write for Results {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        progress::results_begin();
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Prints a remark, which is no result, on standard error; drops it where standard error is closed.
pub(crate) fn say(what: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{}", remark(&what.to_string()));
}

/// A remark with the program's name in front, on a terminal broken between words.
pub(crate) fn remark(text: &str) -> String {
    let text = format!("labkit: {text}");
    let width = io::stderr().is_terminal().then(|| terminal_size::terminal_size_of(io::stderr())).flatten();
    match width {
        Some((width, _)) => wrap::lines(&text, usize::from(width.0)),
        None => text,
    }
}

/// The form of a list on standard output. Rows of `live` input are flushed one by one, in a pipe, too.
pub(crate) fn screen(live: bool) -> Screen {
    let terminal = io::stdout().is_terminal();
    Screen {
        width: terminal.then(terminal_width).flatten(),
        palette: palette(),
        flush: terminal || live,
        wrap: false,
    }
}

/// Columns of the terminal; `None` where standard output is none.
pub(crate) fn terminal_width() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}

/// Columns that results may take: those of the terminal, or what `COLUMNS` asks for where there is none.
pub(crate) fn width() -> Option<usize> {
    screen(false).width.or_else(columns_variable)
}

/// The width that `COLUMNS` asks for where there is no terminal; `None` where it is not set to a number.
fn columns_variable() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.trim().parse().ok().filter(|columns| *columns >= 20)
}

/// Whether standard output takes colour: a terminal, and NO_COLOR not set.
pub(crate) fn colour_on_stdout() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

/// The colours of standard output; none where it takes none.
pub(crate) fn palette() -> Option<Palette> {
    colour_on_stdout().then(|| Palette::here(chosen_ground()))
}

/// The variable that says what the terminal's background is.
pub(crate) const THEME: &str = "LABKIT_THEME";

/// What the user says that the terminal's background is; read once, so that a wrong word is named once.
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
            say(format_args!("{THEME} is light or dark, not `{}`; it counts for nothing", harmless(&said)));
        }
        ground
    })
}

/// Turns a closed pipe into the plain input/output error that `main` knows.
pub(crate) fn pump_error(error: PumpError) -> anyhow::Error {
    match error {
        PumpError::Output(error) => error.into(),
        PumpError::Capture(error) => error.into(),
        error @ PumpError::Thread(_) => error.into(),
        PumpError::Filter(error) => UsageError(error.to_string()).into(),
    }
}
