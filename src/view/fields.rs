//! Field columns (`--format fields -e …`): tab-separated, several values of one field joined by commas.

use super::details::shortened;
use super::value;
use crate::dissect::{Flow, PROTOCOLS, Proto, ProtoSet};
use crate::field::{At, Field, Kind, Value, Visit};
use crate::packet::Packet;
use crate::pump::Sink;
use crate::text::{Line, Push};
use std::fmt;
use std::io::{self, Write};
use std::ops::ControlFlow;

/// A column that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Field(&'static Field),
    /// One of the list's own columns, `_ws.col.…`.
    List(ListColumn),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ListColumn {
    Number,
    Time,
    Source,
    Destination,
    Protocol,
    Length,
    Info,
}

const LIST_COLUMNS: [(&str, ListColumn); 11] = [
    ("_ws.col.No.", ListColumn::Number),
    ("_ws.col.number", ListColumn::Number),
    ("_ws.col.Time", ListColumn::Time),
    ("_ws.col.Source", ListColumn::Source),
    ("_ws.col.def_src", ListColumn::Source),
    ("_ws.col.Destination", ListColumn::Destination),
    ("_ws.col.def_dst", ListColumn::Destination),
    ("_ws.col.Protocol", ListColumn::Protocol),
    ("_ws.col.protocol", ListColumn::Protocol),
    ("_ws.col.Length", ListColumn::Length),
    ("_ws.col.Info", ListColumn::Info),
];

/// The field of this name, and the set of the protocols that have it: nearly always one.
pub fn find(name: &str) -> Option<(ProtoSet, &'static Field)> {
    let mut found = None;
    for (i, p) in PROTOCOLS.iter().enumerate() {
        let mut all = std::iter::once(&p.field).chain(p.fields.iter().copied());
        if let Some(field) = all.find(|f| f.name == name) {
            let (set, field) = found.unwrap_or((ProtoSet::default(), field));
            found = Some((set.with_index(i), field));
        }
    }
    found
}

/// Writes the chosen fields of each packet.
pub struct Fields<W> {
    out: W,
    columns: Vec<Column>,
    wanted: ProtoSet,
    cells: Vec<Cell>,
    flush: bool,
}

/// What stands in one column of one packet.
#[derive(Clone, Default)]
struct Cell {
    text: Line,
    /// Values in it, empty ones too.
    values: usize,
}

impl<W: Write> Fields<W> {
    /// Columns for the fields of these names.
    ///
    /// # Errors
    /// The first name that no field has.
    pub fn new(out: W, names: &[String], flush: bool) -> Result<Fields<W>, String> {
        let mut wanted = ProtoSet::default();
        let mut columns = Vec::new();
        for name in names {
            let list = LIST_COLUMNS.iter().find(|(n, _)| n == name);
            if let Some((_, column)) = list {
                columns.push(Column::List(*column));
                continue;
            }
            let (proto, field) = find(name).ok_or_else(|| name.clone())?;
            wanted = wanted.and(proto);
            columns.push(Column::Field(field));
        }
        let cells = vec![Cell::default(); columns.len()];
        Ok(Fields { out, columns, wanted, cells, flush })
    }
}

/// Collects the values of the columns' fields.
struct Collect<'a> {
    columns: &'a [Column],
    cells: &'a mut [Cell],
}

impl Visit for Collect<'_> {
    fn field(&mut self, field: &'static Field, _: At, value: Value<'_>) -> Flow {
        match field.kind {
            // A protocol without a line of its own is shown by its name, and data by its bytes.
            Kind::Protocol if field.name != "data" => self.add(field, |cell| cell.text(field.name)),
            _ => self.add(field, |cell| value::bare(field, value, cell)),
        }
        Flow::Continue(())
    }

    fn line(&mut self, field: &'static Field, at: At, value: Value<'_>, text: fmt::Arguments<'_>) -> Flow {
        if field.kind != Kind::Protocol || field.name == "data" {
            return self.field(field, at, value);
        }
        self.add(field, |cell| {
            let text = text.to_string();
            // A remark's brackets are those of the details pane.
            let remark = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
            let remark = remark.filter(|_| field == &Proto::Expert.get().field);
            match remark {
                Some(remark) => cell.decoded(shortened(remark.to_owned(), 0).as_bytes()),
                None => cell.decoded(text.as_bytes()),
            }
        });
        Flow::Continue(())
    }
}

impl Collect<'_> {
    fn add(&mut self, field: &'static Field, write: impl Fn(&mut Line)) {
        for (column, cell) in self.columns.iter().zip(self.cells.iter_mut()) {
            if *column == Column::Field(field) {
                if cell.values > 0 {
                    cell.text.push(b',');
                }
                cell.values += 1;
                write(&mut cell.text);
            }
        }
    }
}

impl<W: Write> Sink for Fields<W> {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        for cell in &mut self.cells {
            cell.text.clear();
            cell.values = 0;
        }
        // The visitor never breaks off.
        let _ = packet.walk(self.wanted, &mut Collect { columns: &self.columns, cells: &mut self.cells });
        for (i, column) in self.columns.iter().enumerate() {
            if i > 0 {
                self.out.write_all(b"\t")?;
            }
            if let Column::List(column) = column {
                list_cell(packet, *column, &mut self.cells[i].text);
            }
            self.out.write_all(&self.cells[i].text)?;
        }
        self.out.write_all(b"\n")?;
        if self.flush {
            self.out.flush()?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn list_cell(packet: &Packet<'_>, column: ListColumn, out: &mut Line) {
    match column {
        ListColumn::Number => out.num(packet.context.frame.no.0),
        ListColumn::Time => super::time::TimeFormat::Relative.write(packet, out),
        ListColumn::Source => packet.addresses().0.write(out),
        ListColumn::Destination => packet.addresses().1.write(out),
        ListColumn::Protocol => out.text(&packet.protocol()),
        ListColumn::Length => out.num(packet.context.frame.wire_len),
        ListColumn::Info => packet.info(out),
    }
}
