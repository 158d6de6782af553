//! The parts that all commands share: opening a capture, standard output, and remarks to the user.

use super::UsageError;
use crate::capture::reader::Reader;
use crate::pump::PumpError;
use crate::view::list::Screen;
use crate::view::wrap;
use std::fmt;
use std::io::{self, BufWriter, IsTerminal, Read, StdoutLock, Write};
use std::path::Path;

/// Opens a capture file; `-` is standard input.
pub(crate) fn open(path: &Path) -> anyhow::Result<Reader<Box<dyn Read + Send>>> {
    Ok(Reader::open(path)?)
}

/// Whether two names are those of one file, which must not be read and written at once.
pub(crate) fn same_file(a: &Path, b: &Path) -> bool {
    // `-` is standard input as one of them and standard output as the other.
    a.as_os_str() != "-" && a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b))
}

/// Standard output, buffered.
pub(crate) fn stdout() -> BufWriter<StdoutLock<'static>> {
    BufWriter::with_capacity(1 << 16, io::stdout().lock())
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
        colour: colour_on_stdout(),
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

/// Turns a closed pipe into the plain input/output error that `main` knows.
pub(crate) fn pump_error(error: PumpError) -> anyhow::Error {
    match error {
        PumpError::Output(error) => error.into(),
        PumpError::Capture(error) => error.into(),
        error @ PumpError::Thread(_) => error.into(),
        PumpError::Filter(error) => UsageError(error.to_string()).into(),
    }
}
