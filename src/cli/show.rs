//! `labkit show`: one packet, with its summary, its details and its bytes.

use super::names::Names;
use super::{UsageError, input};
use crate::capture::privilege;
use crate::conversation::Hindsight;
use crate::packet::Packet;
use crate::pump::{self, Gate, Outlets, Sink};
use crate::text::Line;
use crate::view::time::TimeFormat;
use crate::view::{bytes, details, fields, list};
use anyhow::bail;
use clap::Args;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;

/// One packet: its line in the list, its details and its bytes
#[derive(Args, Debug)]
pub(crate) struct Show {
    /// Capture file; - is standard input
    file: PathBuf,
    /// Number of the packet, from 1
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    number: u64,
    /// Mark the bytes of this field, as in --field tcp.seq
    #[arg(long, value_name = "FIELD")]
    field: Option<String>,
    #[command(flatten)]
    names: Names,
}

/// A gate that passes only the packet with this number.
struct Only(u64);

impl Gate for Only {
    fn packet(&mut self, packet: &Packet<'_>) -> bool {
        packet.context.frame.no.0 == self.0
    }
}

/// The page of one packet.
struct Page {
    text: Line,
    field: Option<String>,
    colour: bool,
    found: bool,
    field_found: bool,
}

impl Sink for Page {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        self.found = true;
        list::write_row(packet, TimeFormat::Relative, &mut self.text);
        self.text.extend_from_slice(b"\n\n");
        details::write(packet, false, &mut self.text);
        let lines = details::lines(packet);
        let marked = self
            .field
            .as_ref()
            .and_then(|name| lines.iter().find(|l| l.field.is_some_and(|f| f.name == name) && l.at.len > 0));
        self.field_found = marked.is_some();
        self.text.push(b'\n');
        let range = marked.filter(|l| l.at.source == 0).map(|l| l.at.range());
        bytes::dump(packet.context.frame.bytes, range.as_ref(), self.colour, &mut self.text);
        Ok(ControlFlow::Break(()))
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) fn run(args: &Show) -> anyhow::Result<ExitCode> {
    args.names.choose();
    if let Some(name) = args.field.as_deref().filter(|name| fields::find(name).is_none()) {
        let near = super::replay::near(name);
        return Err(UsageError(format!("--field {name}: there is no such field{near}")).into());
    }
    let mut source = input::open(&args.file)?;
    // Standard input can be read only once.
    let before = (!input::is_read_once(&args.file)).then(|| input::open(&args.file)).transpose()?;
    let mut page = Page {
        text: Line::new(),
        field: args.field.clone(),
        colour: input::colour_on_stdout(),
        found: false,
        field_found: false,
    };
    privilege::drop_for_reading();
    let hindsight = match before {
        Some(mut before) => input::learn(&mut before)?.unwrap_or_default(),
        None => Hindsight::default(),
    };
    let mut outlets = Outlets { sink: Some(&mut page), copy: None };
    pump::pump_again(&mut source, &mut Only(args.number), Some(1), &mut outlets, &hindsight)
        .map_err(input::pump_error)?;
    if !page.found {
        bail!("{} has no packet {}", args.file.display(), args.number);
    }
    let mut out = input::stdout();
    out.write_all(&page.text)?;
    out.flush()?;
    if let Some(name) = args.field.as_deref().filter(|_| !page.field_found) {
        bail!("packet {} has no bytes of the field {name}", args.number);
    }
    Ok(ExitCode::SUCCESS)
}
