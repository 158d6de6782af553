//! Field columns (`--format fields -e …`), separated by tabs; several values of one field are joined by commas.

use super::column::Row;
use super::details::shortened;
use super::time::TimeFormat;
use super::{column, value};
use crate::dissect::{PROTOCOLS, Proto, ProtoSet, Visited};
use crate::field::{At, Field, Kind, Value, Visit};
use crate::packet::Packet;
use crate::pump::Sink;
use crate::text::{Line, Push};
use std::fmt;
use std::io::{self, Write};
use std::ops::ControlFlow;

/// A column that the user asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Field(&'static Field),
    /// One of the list's own columns, `_ws.col.…`.
    List(&'static column::Column),
}

/// The field of this name, and the set of the protocols that have it, which is nearly always a single one. `None` if
/// no field has the name.
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

/// A sink that writes the chosen fields of each packet.
pub struct Fields<W> {
    out: W,
    columns: Vec<Column>,
    wanted: ProtoSet,
    cells: Vec<Cell>,
    flush: bool,
}

/// The contents of one column for one packet.
#[derive(Clone, Default)]
struct Cell {
    text: Line,
    /// The number of values in it, including empty ones.
    values: usize,
}

impl<W: Write> Fields<W> {
    /// Columns for the fields with these names; `flush` passes each row on at once.
    ///
    /// # Errors
    /// Returns the first name that no field has.
    pub fn new(out: W, names: &[String], flush: bool) -> Result<Fields<W>, String> {
        let mut wanted = ProtoSet::default();
        let mut columns = Vec::new();
        for name in names {
            if let Some(column) = column::Column::of_field(name) {
                columns.push(Column::List(column));
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

/// A visitor that collects the values of the columns' fields.
struct Collect<'a> {
    columns: &'a [Column],
    cells: &'a mut [Cell],
}

impl Visit for Collect<'_> {
    fn field(&mut self, field: &'static Field, _: At, value: Value<'_>) -> Visited {
        match field.kind {
            // A protocol without a line of its own is shown by its name; plain data is shown by its bytes.
            Kind::Protocol if field.name != "data" => self.add(field, |cell| cell.text(field.name)),
            _ => self.add(field, |cell| value::bare(field, value, cell)),
        }
        Visited::Continue(())
    }

    fn line(&mut self, field: &'static Field, at: At, value: Value<'_>, text: fmt::Arguments<'_>) -> Visited {
        if field.kind != Kind::Protocol || field.name == "data" {
            return self.field(field, at, value);
        }
        self.add(field, |cell| {
            let text = text.to_string();
            // The brackets around a remark are for the details pane only.
            let remark = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
            let remark = remark.filter(|_| field == &Proto::Expert.get().field);
            match remark {
                Some(remark) => cell.decoded(shortened(remark.to_owned(), 0).as_bytes()),
                None => cell.decoded(text.as_bytes()),
            }
        });
        Visited::Continue(())
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
        // This visitor never breaks the walk off.
        let _ = packet.walk(self.wanted, &mut Collect { columns: &self.columns, cells: &mut self.cells });
        let row = Row::new(packet, TimeFormat::Relative);
        for (i, column) in self.columns.iter().enumerate() {
            if i > 0 {
                self.out.write_all(b"\t")?;
            }
            if let Column::List(column) = column {
                column.write(&row, &mut self.cells[i].text);
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
