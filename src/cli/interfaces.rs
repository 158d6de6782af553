//! `labkit interfaces`: the adapters of this machine.

use crate::capture::interfaces::{self, Interface, State};
use crate::capture::privilege;
use crate::cli::input;
use crate::text::{Push as _, written};
use crate::view::wrap::wrap;
use anyhow::Context as _;
use clap::Args;
use std::io::Write;
use std::process::ExitCode;

/// The adapters of this machine: name, state, kind, addresses, and whether you may capture here
#[derive(Args, Debug)]
pub(crate) struct Interfaces {}

const HEADINGS: [&str; 7] = ["Name", "State", "Kind", "Capture", "MAC", "IPv4", "IPv6"];

pub(crate) fn run(_: &Interfaces) -> anyhow::Result<ExitCode> {
    let adapters = interfaces::list().context("cannot list the adapters of this machine")?;
    let allowed = privilege::may_capture();
    let rows: Vec<[String; 7]> = adapters.iter().map(|adapter| row(adapter, allowed)).collect();
    let mut out = input::stdout();
    let table = aligned(&rows);
    match input::width().filter(|width| table.iter().any(|line| line.chars().count() > *width)) {
        Some(width) => {
            for line in rows.iter().flat_map(|row| lines(row, width)) {
                writeln!(out, "{line}")?;
            }
        }
        None => {
            for line in table {
                writeln!(out, "{line}")?;
            }
        }
    }
    if let Some(default) = interfaces::default_route() {
        writeln!(out, "\nThe default route leads through {}.", default.name)?;
    }
    out.flush()?;
    if !allowed {
        input::say(format_args!("you may not capture here: {}", privilege::why_not()));
    }
    Ok(ExitCode::SUCCESS)
}

fn row(adapter: &Interface, allowed: bool) -> [String; 7] {
    let addresses = |v4: bool| {
        let of_kind = adapter.addresses.iter().filter(|(ip, _)| ip.is_ipv4() == v4);
        of_kind.map(|(ip, prefix)| format!("{ip}/{prefix}")).collect::<Vec<_>>().join(" ")
    };
    let mac = adapter.mac.map(|mac| written(|line| line.mac(mac)));
    let capture = match adapter.state {
        _ if !privilege::CAN_CAPTURE => "no",
        _ if !allowed => "no right",
        State::Down => "no: down",
        State::Up | State::NoCarrier => "yes",
    };
    let cells = [
        adapter.name.clone(),
        adapter.state.to_string(),
        adapter.kind.to_string(),
        capture.into(),
        mac.unwrap_or_default(),
        addresses(true),
        addresses(false),
    ];
    cells.map(|cell| if cell.is_empty() { "-".into() } else { cell })
}

/// An adapter in several lines, for a screen that is too narrow for the table.
fn lines(row: &[String; 7], width: usize) -> Vec<String> {
    const INDENT: usize = 4;
    let [name, state, kind, capture, addresses @ ..] = row;
    let first = format!("{name} {state}, {kind}; capture: {capture}");
    let named = HEADINGS.iter().skip(4).zip(addresses).filter(|(_, text)| text.as_str() != "-");
    let blanks = " ".repeat(INDENT);
    let further = named.flat_map(|(heading, text)| {
        let lines = wrap(&format!("{heading} {text}"), width.saturating_sub(INDENT));
        lines.into_iter().map(|line| format!("{blanks}{line}")).collect::<Vec<_>>()
    });
    std::iter::once(first).chain(further).collect()
}

/// Headings and rows as lines, each column as wide as its widest cell.
fn aligned(rows: &[[String; 7]]) -> Vec<String> {
    let headings = HEADINGS.map(String::from);
    let all = || std::iter::once(&headings).chain(rows);
    let widths: Vec<usize> =
        (0..HEADINGS.len()).map(|i| all().map(|r| r[i].chars().count()).max().unwrap_or(0)).collect();
    let line = |row: &[String; 7]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    all().map(line).collect()
}
