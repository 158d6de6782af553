//! Dropbox LAN sync discovery (`db-lsp-disc`): a search for other instances in the same network, by a JSON object in
//! a datagram.

use crate::dissect::{Decoder, Next, Proto, Protocol, Span};
use crate::text::Push;

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    summary: |_, _, out| {
        out.text("Dropbox LAN sync Discovery Protocol, JavaScript Object Notation");
    },
    is_json: true,
    decode,
    udp_ports: &[17500],
    ..Protocol::new("db-lsp-disc", "DB-LSP-DISC/JSON", "Dropbox LAN sync Discovery Protocol")
};

fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    if serde_json::from_slice::<serde::de::IgnoredAny>(d.get(span)).is_err() {
        return Next::Data(span);
    }
    if let Some(json) = d.layer(Proto::DropboxDiscovery, span, 0) {
        d.layer(Proto::Json, json, json.len());
    }
    Next::Done
}
