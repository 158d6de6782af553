//! `replay --explain` writes a sentence below each row; `--step` waits for a key before each row, while a ladder
//! grows.

use super::{Context, UsageError, input};
use crate::capture::Source as _;
use crate::lab::answer::{self, Capture};
use crate::lab::evidence::collect::Collector;
use crate::lab::show::{flow, narrate};
use crate::packet::Packet;
use crate::pump::{self, Open, Sink};
use crate::view::flow::{Ladder, text};
use ratatui::crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, read};
use ratatui::crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::io::{self, IsTerminal as _, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::rc::Rc;

/// The sentences about the packets of a capture, by their frames' numbers.
pub(crate) type Sentences = FxHashMap<u64, String>;

/// The comments on a capture while its packets are listed.
#[derive(Default)]
pub(crate) struct Comments {
    /// A sentence for each packet that has one.
    pub(crate) sentences: Sentences,
    /// The ladders that grow beside the list.
    pub(crate) ladders: Vec<Ladder>,
}

/// Reads a capture for its comments: sentences about the packets of the lab's exchanges if `explains`, and the
/// ladders of the exchanges if `steps`.
pub(crate) fn comments(
    context: &Context,
    path: &Path,
    explains: bool,
    steps: bool,
) -> anyhow::Result<Comments> {
    if path.as_os_str() == "-" {
        let why = "--explain reads the capture twice; save standard input in a file first";
        return Err(UsageError(why.into()).into());
    }
    let port = context.lab.communicator.port;
    let mut source = input::open(path)?;
    let mut collector = Collector::new(port);
    // Damage is reported when the packets are listed.
    let _ = pump::run(&mut source, &mut Open, None, &mut collector);
    let names = source.info().names.clone();
    let capture = Capture { name: path.display().to_string(), evidence: collector.into_evidence(), names };
    let report = answer::report(&context.lab, port, vec![capture], (None, None));
    let mut comments = Comments::default();
    if steps {
        comments.ladders = flow::ladders(&report);
    }
    for x in report.exchanges.iter().filter(|_| explains) {
        for s in x.conversation.segments.iter() {
            let sentence = narrate::sentence(x, s.position, &report.roles);
            comments.sentences.insert(s.frame.0, report.phrases.say(&sentence));
        }
    }
    Ok(comments)
}

/// An output that the list and the comments between its rows share.
pub(crate) struct Shared<W>(Rc<RefCell<W>>);

impl<W> Shared<W> {
    /// Shares an output.
    pub(crate) fn new(out: W) -> Shared<W> {
        Shared(Rc::new(RefCell::new(out)))
    }
}

impl<W> Clone for Shared<W> {
    fn clone(&self) -> Shared<W> {
        Shared(self.0.clone())
    }
}

impl<W: Write> Write for Shared<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow_mut().flush()
    }
}

/// A sink that adds sentences and pauses to a list of packets.
pub(crate) struct Commentary<W> {
    /// Writes the packet.
    pub(crate) inner: Box<dyn Sink>,
    /// The output that `inner` writes to.
    pub(crate) out: Shared<W>,
    /// The comments on the packets.
    pub(crate) comments: Comments,
    /// Whether a key has to be pressed before the next packet.
    pub(crate) step: bool,
}

impl<W: Write> Sink for Commentary<W> {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        let mut more = self.inner.packet(packet)?;
        let frame = packet.context.frame.no.0;
        if let Some(sentence) = self.comments.sentences.get(&frame) {
            writeln!(self.out, "        → {sentence}")?;
        }
        // On a narrower screen the ladder's lines would be broken.
        if let Some(width) = input::terminal_width().filter(|width| *width >= text::NARROWEST) {
            self.comments
                .ladders
                .iter()
                .try_for_each(|l| text::step(l, frame, width, false, &mut self.out))?;
        }
        if self.step && more.is_continue() {
            self.out.flush()?;
            more = key()?;
        }
        Ok(more)
    }

    fn idle(&mut self) -> io::Result<()> {
        self.inner.idle()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.inner.finish()?;
        self.out.flush()
    }
}

/// Refuses `--step` if standard input or output is no terminal: a key could not be pressed, or a row not be seen.
pub(crate) fn check_steps() -> Result<(), UsageError> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return Ok(());
    }
    Err(UsageError(
        "--step waits for a key between packets, and this is no terminal; leave it out here".into(),
    ))
}

/// Waits for a key; `Break` after `q`, Escape or Ctrl-C, which end the list.
fn key() -> io::Result<ControlFlow<()>> {
    enable_raw_mode()?;
    let pressed = loop {
        match read() {
            Ok(Event::Key(key)) if key.kind != KeyEventKind::Release => break Ok(key),
            Ok(_) => {}
            Err(error) => break Err(error),
        }
    };
    disable_raw_mode()?;
    let key = pressed?;
    let ends = matches!(key.code, KeyCode::Char('q') | KeyCode::Esc)
        || (key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL));
    Ok(if ends { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
}
