//! Echo (`echo`): RFC 862. The server sends back what a client sends, over TCP or UDP.

use crate::dissect::over_tcp::{Application, Measure};
use crate::dissect::reading::read::Read;
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{Field, Kind, Value, Visit};
use crate::text::{Line, Push};

const PORT: u16 = 7;

crate::fields! {
    REQUEST = Field::new("echo.request", "Echo request", Kind::Bool).hidden();
    RESPONSE = Field::new("echo.response", "Echo response", Kind::Bool).hidden();
    DATA = Field::new("echo.data", "Echo data", Kind::Bytes);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    summary,
    decode,
    udp_ports: &[PORT],
    tcp_ports: &[PORT],
    application: Some(Application {
        // Echo has no messages, so each segment is a layer of its own.
        measure: |input| Measure::Complete(input.bytes.len() as u32),
        decode: |work, source, span, _| {
            work.decoder(source).layer(Proto::Echo, span, span.len());
        },
        is_likely: None,
    }),
    ..Protocol::new("echo", "ECHO", "Echo")
};

fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    if d.get(span).is_empty() {
        d.stop(Proto::Echo, span);
    } else {
        d.layer(Proto::Echo, span, span.len());
    }
    Next::Done
}

/// Whether the packet goes to the server. TCP and UDP have the destination port at the same offset.
fn is_request(ctx: &Context<'_>, layer: &Layer) -> bool {
    let carrier = ctx.layers.before(layer).last();
    carrier.is_some_and(|carrier| ctx.layer_bytes(carrier).u16(2) == Some(PORT))
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    out.text(if is_request(ctx, layer) { "Request" } else { "Response" });
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let bytes = ctx.layer_bytes(layer);
    v.field(&PROTOCOL.field, layer.at(0, bytes.len()), Value::Bytes(bytes))?;
    v.open();
    let way = if is_request(ctx, layer) { &REQUEST } else { &RESPONSE };
    v.field(way, layer.at(0, 0), Value::Bool(true))?;
    v.field(&DATA, layer.at(0, bytes.len()), Value::Bytes(bytes))?;
    v.close();
    Visited::Continue(())
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::{cut, summary};
    use crate::frame::LinkType;

    /// A datagram from 10.0.0.1 to 10.0.0.2 that carries `hello`; `ports` are the digits of its two ports.
    fn hello(ports: &str) -> String {
        let ip = "45000021 00014000 40110000 0a000001 0a000002";
        format!("020000000002 020000000001 0800 {ip} {ports} 000d0000 68656c6c6f")
    }

    #[test]
    fn what_goes_to_port_7_is_a_request() {
        let (path, info) = summary(LinkType::ETHERNET, &hello("9c400007"));
        assert_eq!((path.as_str(), info.as_str()), ("eth:ethertype:ip:udp:echo", "Request"));
        assert_eq!(summary(LinkType::ETHERNET, &hello("00079c40")).1, "Response");
    }

    #[test]
    fn a_datagram_cut_before_its_data_is_one_of_udp() {
        let (path, info) = cut(LinkType::ETHERNET, &hello("9c400007"), 42);
        assert_eq!(path, "eth:ethertype:ip:udp");
        assert_eq!(info, "40000 → 7 Len=5 Cut");
    }
}
