//! The columns of the packet list as fields of a filter: `_ws.col.…`, each of them text.

use super::value::Items;
use crate::field::{Field, Kind};
use crate::packet::Packet;
use crate::text::{Line, Push as _};

/// A column whose text depends on the packet only. There is none for the Time column, whose text depends on an
/// option; filters can use `frame.time_relative` and its relatives instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Number,
    Source,
    Destination,
    Protocol,
    Length,
    Info,
}

use Column::{Destination, Info, Length, Number, Protocol, Source};

const fn text(name: &'static str, label: &'static str) -> Field {
    Field::new(name, label, Kind::Text).generated()
}

/// Each column under all its names: those of Wireshark 4.0, and those of later versions.
static FIELDS: [(Field, Column); 14] = [
    (text("_ws.col.No.", "No."), Number),
    (text("_ws.col.number", "No."), Number),
    (text("_ws.col.Source", "Source"), Source),
    (text("_ws.col.source", "Source"), Source),
    (text("_ws.col.def_src", "Source"), Source),
    (text("_ws.col.Destination", "Destination"), Destination),
    (text("_ws.col.destination", "Destination"), Destination),
    (text("_ws.col.def_dst", "Destination"), Destination),
    (text("_ws.col.Protocol", "Protocol"), Protocol),
    (text("_ws.col.protocol", "Protocol"), Protocol),
    (text("_ws.col.Length", "Length"), Length),
    (text("_ws.col.length", "Length"), Length),
    (text("_ws.col.Info", "Info"), Info),
    (text("_ws.col.info", "Info"), Info),
];

/// The fields for columns of the packet list.
pub fn columns() -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().map(|(field, _)| field)
}

/// The field and the column of this name; `None` if there is none.
pub(super) fn named(name: &str) -> Option<(&'static Field, Column)> {
    FIELDS.iter().find(|(field, _)| field.name == name).map(|(field, column)| (field, *column))
}

impl Column {
    /// Adds the text of the column for a packet.
    pub(super) fn read(self, packet: &Packet<'_>, values: &mut Items) {
        let mut line = Line::new();
        match self {
            Number => line.num(packet.context.frame.no.0),
            Source => packet.addresses().0.write(&mut line),
            Destination => packet.addresses().1.write(&mut line),
            Protocol => line.text(&packet.protocol()),
            Length => line.num(packet.context.frame.wire_len),
            Info => packet.info(&mut line),
        }
        values.store(&line);
    }
}
