//! Pseudo protocols for remarks on a packet: expert information in Wireshark's words (`_ws.expert`), a packet that
//! contradicts itself (`_ws.malformed`), a packet that was cut (`_ws.short`), a lone first fragment
//! (`_ws.unreassembled`).

use crate::dissect::reading::remark::{EXCEPTION_FIELDS, REMARK_FIELDS, UNREASSEMBLED_FIELDS};
use crate::dissect::{Protocol, Visited};

/// A row without layers: its lines appear among those of other protocols.
const fn beside(name: &'static str, column: &'static str, label: &'static str) -> Protocol {
    Protocol { visit: |_, _, _| Visited::Continue(()), ..Protocol::new(name, column, label) }
}

pub(in crate::dissect) static PROTOCOL: Protocol =
    Protocol { fields: REMARK_FIELDS, ..beside("_ws.expert", "Expert", "Expert Info") };
pub(in crate::dissect) static MALFORMED: Protocol =
    Protocol { fields: EXCEPTION_FIELDS, ..beside("_ws.malformed", "Malformed packet", "Malformed Packet") };
pub(in crate::dissect) static UNREASSEMBLED: Protocol = Protocol {
    fields: UNREASSEMBLED_FIELDS,
    ..beside("_ws.unreassembled", "Unreassembled fragmented packet", "Unreassembled Fragmented Packet")
};
pub(in crate::dissect) static SHORT: Protocol = beside("_ws.short", "Short frame", "Short Frame");
