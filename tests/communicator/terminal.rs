//! labkit on a pseudo-terminal, and what a person would see on its screen.

use crate::harness::{collect, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rexpect::process::{PtyProcess, WaitStatus};
use std::fs::File;
use std::io::Write;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// labkit on a pseudo-terminal of 80 columns that echoes, as terminals do.
pub(crate) struct Terminal {
    process: PtyProcess,
    keyboard: File,
    output: Arc<Mutex<Vec<u8>>>,
    /// Ends after the last output, when no program has the terminal open any more.
    reader: JoinHandle<()>,
}

impl Terminal {
    /// Starts labkit on a new pseudo-terminal; `term` is the value of `TERM`.
    pub(crate) fn start(term: &str, args: &[&str]) -> Terminal {
        let mut command = Command::new("sh");
        command.args(["-c", "stty echo cols 80 rows 24 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_labkit")]);
        command.args(args).env("TERM", term);
        let process = PtyProcess::new(command).unwrap();
        let keyboard = process.get_file_handle().unwrap();
        let (output, reader) = collect(process.get_file_handle().unwrap());
        Terminal { process, keyboard, output, reader }
    }

    /// Starts a shell on a new pseudo-terminal, with labkit as its `$0`.
    pub(crate) fn shell(term: &str, script: &str) -> Terminal {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            &format!("stty echo cols 80 rows 24; echo shell $$; {script}"),
            env!("CARGO_BIN_EXE_labkit"),
        ]);
        command.env("TERM", term);
        let process = PtyProcess::new(command).unwrap();
        let keyboard = process.get_file_handle().unwrap();
        let (output, reader) = collect(process.get_file_handle().unwrap());
        Terminal { process, keyboard, output, reader }
    }

    /// Sends a signal to the program that the shell runs.
    pub(crate) fn signal_child(&self, signal: Signal) {
        let screen = self.screen();
        let shell = screen.lines().find_map(|line| line.strip_prefix("shell ")).unwrap().trim();
        let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap();
        let child = children.split_whitespace().next().unwrap().parse().unwrap();
        kill(Pid::from_raw(child), signal).unwrap();
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for a prompt, so that what is typed next is echoed behind it.
    pub(crate) fn wait_for(&self, end: &str) {
        wait_until(
            || format!("{end:?} at the end of\n{}", self.screen()),
            || self.screen().ends_with(end).then_some(()),
        );
    }

    /// The program's output, byte for byte.
    pub(crate) fn raw(&self) -> String {
        String::from_utf8_lossy(&self.output.lock().unwrap()).into_owned()
    }

    /// What a person sees, including the lines that have scrolled away.
    pub(crate) fn screen(&self) -> String {
        let mut screen = Screen::default();
        screen.show(&self.raw());
        screen.text()
    }

    /// The screen and the exit status, once the program has ended; -1 after a signal.
    pub(crate) fn finish(self) -> (String, i32) {
        let code = wait_until(
            || format!("the program's end, after\n{}", self.screen()),
            || match self.process.status() {
                Some(WaitStatus::Exited(_, code)) => Some(code),
                Some(WaitStatus::Signaled(..)) => Some(-1),
                _ => None,
            },
        );
        wait_until(|| "the last output".into(), || self.reader.is_finished().then_some(()));
        (self.screen(), code)
    }
}

/// As much of a terminal as line editing needs: cursor movement, erasing, and wrapping at 80 columns.
#[derive(Default)]
struct Screen {
    rows: Vec<Vec<char>>,
    row: usize,
    column: usize,
}

impl Screen {
    const COLUMNS: usize = 80;

    fn show(&mut self, output: &str) {
        let mut chars = output.chars();
        while let Some(c) = chars.next() {
            match c {
                '\r' => self.column = 0,
                '\n' => self.row += 1,
                '\x1b' => self.escape(&mut chars),
                c if c >= ' ' => self.put(c),
                _ => {}
            }
        }
    }

    fn escape(&mut self, chars: &mut std::str::Chars<'_>) {
        if chars.next() != Some('[') {
            return;
        }
        let mut parameter = String::new();
        for c in chars.by_ref() {
            if !c.is_ascii_alphabetic() {
                parameter.push(c);
                continue;
            }
            let n = parameter.parse().unwrap_or(1);
            match c {
                'A' => self.row = self.row.saturating_sub(n),
                'B' => self.row += n,
                'C' => self.column += n,
                'D' => self.column = self.column.saturating_sub(n),
                'K' => self.erase_line(),
                'J' => {
                    self.erase_line();
                    self.rows.truncate(self.row + 1);
                }
                _ => {}
            }
            return;
        }
    }

    fn erase_line(&mut self) {
        let column = self.column;
        self.line().truncate(column);
    }

    fn line(&mut self) -> &mut Vec<char> {
        if self.rows.len() <= self.row {
            self.rows.resize(self.row + 1, Vec::new());
        }
        &mut self.rows[self.row]
    }

    fn put(&mut self, c: char) {
        if self.column == Self::COLUMNS {
            (self.row, self.column) = (self.row + 1, 0);
        }
        let column = self.column;
        let line = self.line();
        if line.len() <= column {
            line.resize(column + 1, ' ');
        }
        line[column] = c;
        self.column += 1;
    }

    fn text(&self) -> String {
        let mut rows: Vec<String> = self.rows.iter().map(|row| row.iter().collect()).collect();
        while rows.len() <= self.row {
            rows.push(String::new());
        }
        rows.join("\n")
    }
}
