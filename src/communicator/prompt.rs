//! The prompts: with line editing on a terminal, without it on a pipe or file.

use super::framing::Characters;
use super::wait::{Input as Source, Interrupt, Stop, standard_input};
use super::{MessageLength, Settings};
use rustyline::error::ReadlineError;
use rustyline::{Config, DefaultEditor};
use std::io::{self, IsTerminal, Write};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use system::{can_move_the_cursor, give_back_at_signals};

#[cfg(unix)]
#[path = "prompt/unix.rs"]
mod system;

#[cfg(windows)]
#[path = "prompt/windows.rs"]
mod system;

/// The result of a prompt.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked<T> {
    /// A valid answer.
    Given(T),
    /// The input has ended.
    End,
    /// Ctrl-C was pressed.
    Interrupted,
}

/// A line of input.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Its text without the line's end.
    Text(String),
    /// A line longer than any valid answer; its number of Unicode scalar values.
    TooLong(usize),
    /// A line that is not UTF-8.
    NotText,
}

/// The input and output of the communicator's dialogue.
pub struct Console {
    out: Box<dyn Write>,
    notes: Box<dyn Write>,
    out_on_terminal: bool,
    input: Input,
    interrupt: Interrupt,
    words: Words,
}

/// Translates the dialogue's lines into the lab's phrases; messages are not translated.
pub type Words = Box<dyn Fn(&str) -> String>;

enum Input {
    /// A terminal, edited by rustyline, since the terminal's own line editing ends a line after 4095 bytes. The flag
    /// is set while the editor has the terminal.
    Terminal(Box<DefaultEditor>, Arc<AtomicBool>),
    /// Pipes, files, and terminals that cannot move the cursor, read without editing.
    Lines { lines: Lines, on_terminal: bool },
}

impl Console {
    /// The dialogue on standard input, output and error, translated by `words`; `max_line` is the longest answer in
    /// bytes.
    ///
    /// # Errors
    /// If standard input cannot be used, or the handler for Ctrl-C cannot be installed.
    pub fn standard(max_line: usize, words: Words) -> io::Result<Console> {
        let interrupt = Interrupt::install()?;
        let on_terminal = io::stdin().is_terminal();
        let input = if on_terminal && io::stdout().is_terminal() && can_move_the_cursor() {
            let editor = DefaultEditor::with_config(Config::builder().auto_add_history(false).build());
            let editing = Arc::new(AtomicBool::new(false));
            give_back_at_signals(Arc::clone(&editing))?;
            Input::Terminal(Box::new(editor.map_err(readline_failed)?), editing)
        } else {
            Input::Lines { lines: Lines::new(standard_input()?, max_line), on_terminal }
        };
        Ok(Console {
            out: Box::new(io::stdout()),
            notes: Box::new(io::stderr()),
            out_on_terminal: io::stdout().is_terminal(),
            input,
            interrupt,
            words,
        })
    }

    /// Ctrl-C, for waiting for it together with something else.
    pub(crate) fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// Whether input can continue after its end: on a terminal, the end is only Ctrl-D, a key like any other.
    pub(crate) fn is_terminal(&self) -> bool {
        matches!(self.input, Input::Terminal(..) | Input::Lines { on_terminal: true, .. })
    }

    /// Prints text of the dialogue, and flushes it.
    pub(crate) fn print(&mut self, text: &str) -> io::Result<()> {
        let written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
        // The kind of the error stays, because the caller ignores a closed pipe.
        written.map_err(|e| io::Error::new(e.kind(), format!("cannot write to standard output: {e}")))
    }

    /// Prints a line of the dialogue.
    pub(crate) fn say(&mut self, line: &str) -> io::Result<()> {
        let line = (self.words)(line);
        self.print(&format!("{line}\n"))
    }

    /// Prints on standard error why something went wrong; a closed one is ignored.
    pub(crate) fn note(&mut self, line: &str) {
        let _ = writeln!(self.notes, "{}", (self.words)(line));
    }

    /// Begins a new line after Ctrl-C, since the terminal has echoed `^C` into the current one.
    pub(crate) fn leave_echo(&mut self) -> io::Result<()> {
        if self.out_on_terminal { self.print("\n") } else { Ok(()) }
    }

    /// Shows a prompt, and returns the next line without checking it.
    pub(crate) fn ask(&mut self, prompt: &str) -> io::Result<Asked<Line>> {
        let prompt = &(self.words)(prompt);
        if let Input::Terminal(editor, editing) = &mut self.input {
            editing.store(true, Ordering::SeqCst);
            let line = editor.readline(prompt);
            editing.store(false, Ordering::SeqCst);
            return match line {
                Ok(text) => Ok(Asked::Given(Line::Text(text))),
                Err(ReadlineError::Eof) => Ok(Asked::End),
                Err(ReadlineError::Interrupted | ReadlineError::Signal(_)) => Ok(Asked::Interrupted),
                Err(error) => Err(readline_failed(error)),
            };
        }
        self.print(prompt)?;
        let Input::Lines { lines, on_terminal } = &mut self.input else { return Ok(Asked::End) };
        let answer = match lines.next(&self.interrupt) {
            Ok(Some(line)) => return Ok(Asked::Given(line)),
            Ok(None) => Asked::End,
            Err(Stop::Failed(error)) => {
                return Err(io::Error::new(error.kind(), format!("cannot read standard input: {error}")));
            }
            Err(Stop::Interrupted | Stop::Deadline) => Asked::Interrupted,
        };
        if *on_terminal || self.out_on_terminal {
            // Enter was not pressed, so the cursor is still in the prompt's line.
            self.print("\n")?;
        }
        Ok(answer)
    }
}

fn readline_failed(error: ReadlineError) -> io::Error {
    match error {
        ReadlineError::Io(error) => error,
        other => io::Error::other(other.to_string()),
    }
}

/// Asks for a message until a valid one is given.
///
/// # Errors
/// When the dialogue's input or output fails.
pub fn ask_message(console: &mut Console, settings: &Settings) -> io::Result<Asked<String>> {
    let prompt = format!("Enter Message (max {} characters): ", settings.max_chars);
    loop {
        let refusal = match console.ask(&prompt)? {
            Asked::Given(Line::Text(text)) => match settings.check_length(text.chars().count()) {
                Ok(()) => return Ok(Asked::Given(text)),
                Err(refusal) => refusal.to_string(),
            },
            Asked::Given(Line::TooLong(characters)) => {
                MessageLength { characters, max: settings.max_chars }.to_string()
            }
            Asked::Given(Line::NotText) => "the message is not UTF-8 text".into(),
            Asked::End => return Ok(Asked::End),
            Asked::Interrupted => return Ok(Asked::Interrupted),
        };
        console.say(&format!("Error, {refusal}"))?;
    }
}

/// Asks for the recipient until a valid address is given: four decimal numbers with dots, and nothing else.
///
/// # Errors
/// When the dialogue's input or output fails.
pub fn ask_recipient(console: &mut Console) -> io::Result<Asked<Ipv4Addr>> {
    loop {
        match console.ask("Enter Recipient IP: ")? {
            Asked::Given(Line::Text(text)) => {
                if let Ok(ip) = text.trim().parse() {
                    return Ok(Asked::Given(ip));
                }
            }
            Asked::Given(_) => {}
            Asked::End => return Ok(Asked::End),
            Asked::Interrupted => return Ok(Asked::Interrupted),
        }
        console.say("Error not a valid IPv4 Address:")?;
    }
}

/// Lines of an input. A line may be endless: of a line that is too long, only the number of characters is kept.
struct Lines {
    input: Source,
    /// Bytes that were read, but are not part of a line yet.
    ahead: Vec<u8>,
    max: usize,
}

impl Lines {
    fn new(input: Source, max: usize) -> Lines {
        Lines { input, ahead: Vec::new(), max }
    }

    /// The next line, also a last one without a newline; `None` at the end.
    fn next(&mut self, interrupt: &Interrupt) -> Result<Option<Line>, Stop> {
        let mut line = PartialLine::new(self.max);
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.ahead) {
                line.push(self.ahead.get(..end).unwrap_or_default());
                self.ahead.drain(..=end);
                return Ok(Some(line.finish()));
            }
            line.push(&self.ahead);
            self.ahead.clear();
            let mut buffer = [0; 8192];
            match interrupt.read_input(&self.input, &mut buffer)? {
                0 if line.is_empty() => return Ok(None),
                0 => return Ok(Some(line.finish())),
                n => self.ahead.extend_from_slice(buffer.get(..n).unwrap_or_default()),
            }
        }
    }
}

/// A line that is being read: its first bytes, and the count of all its characters.
struct PartialLine {
    kept: Vec<u8>,
    bytes: usize,
    characters: Characters,
    max: usize,
}

impl PartialLine {
    fn new(max: usize) -> PartialLine {
        PartialLine { kept: Vec::new(), bytes: 0, characters: Characters::default(), max }
    }

    fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    fn push(&mut self, bytes: &[u8]) {
        // One byte more than the longest answer, for the carriage return of a file from Windows.
        let room = (self.max + 1).saturating_sub(self.kept.len()).min(bytes.len());
        self.kept.extend_from_slice(bytes.get(..room).unwrap_or_default());
        self.bytes += bytes.len();
        self.characters.push(bytes);
    }

    fn finish(mut self) -> Line {
        if self.bytes == self.kept.len() && self.kept.last() == Some(&b'\r') {
            self.kept.pop();
            self.bytes -= 1;
        }
        if self.characters.damaged {
            Line::NotText
        } else if self.bytes > self.max {
            Line::TooLong(self.characters.count)
        } else {
            String::from_utf8(self.kept).map_or(Line::NotText, Line::Text)
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;

    /// The lines read from `input`, where the longest answer has `max` bytes.
    fn lines(input: &[u8], max: usize) -> Vec<Line> {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || (&ours).write_all(&input).unwrap());
        let interrupt = Interrupt::install().unwrap();
        let mut lines = Lines::new(File::from(OwnedFd::from(theirs)), max);
        let read = std::iter::from_fn(|| lines.next(&interrupt).unwrap()).collect();
        writer.join().unwrap();
        read
    }

    fn text(line: &str) -> Line {
        Line::Text(line.into())
    }

    #[test]
    fn lines_end_with_a_newline_a_windows_line_end_or_the_input() {
        assert_eq!(lines(b"1\n\r\n 2 \r\nlast", 16), [text("1"), text(""), text(" 2 "), text("last")]);
        assert_eq!(lines(b"", 16), []);
    }

    #[test]
    fn the_longest_answer_is_taken_whole_with_either_line_end() {
        assert_eq!(
            lines(b"12345678\r\n12345678\n123456789\n", 8),
            [text("12345678"), text("12345678"), Line::TooLong(9)]
        );
    }

    #[test]
    fn of_a_line_without_end_only_the_count_is_kept() {
        let long = "€".repeat(1_000_000);
        assert_eq!(lines(format!("{long}\n0\n").as_bytes(), 64), [Line::TooLong(1_000_000), text("0")]);
        let mut line = PartialLine::new(64);
        (0..1000).for_each(|_| line.push(&[b'a'; 8192]));
        assert_eq!(line.kept.len(), 65);
    }

    #[test]
    fn a_line_that_is_not_text_does_not_spoil_the_next_one() {
        assert_eq!(lines(b"\xff\xfe\nok\n\xe2\x82\n", 16), [Line::NotText, text("ok"), Line::NotText]);
    }
}
