//! The handshake messages beside the hellos: certificates, keys, tickets (RFC 5246, section 7.4; RFC 8446, section 4).

use super::super::Flow;
use super::cursor::{Cursor, plural};
use super::fields::*;
use super::{certificate, extensions};

const TLS12: u16 = 0x0303;
const TLS13: u16 = 0x0304;

/// A curve that is called by its name (RFC 8422, section 5.4).
const NAMED_CURVE_TYPE: u8 = 3;

/// A list of certificates, each with its length in three bytes; in TLS 1.3, each with extensions.
pub(super) fn certificates(c: &mut Cursor<'_, '_>, version: u16) -> Flow {
    if version == TLS13 {
        let len = c.num(&REQUEST_CONTEXT_LEN, 1)?;
        c.bytes(&REQUEST_CONTEXT, len)?;
    }
    let len = c.num(&CERTIFICATES_LENGTH, 3)?;
    if len == 0 {
        return Flow::Continue(());
    }
    c.heading(&CERTIFICATES, len, format_args!("Certificates ({len} bytes)"))?;
    let outer = c.narrow(len);
    while c.left() >= 3 {
        let len = c.num(&CERTIFICATE_LENGTH, 3)?;
        certificate::show(c, len)?;
        if version == TLS13 {
            extensions::all(c, super::piece::CERTIFICATE)?;
        }
    }
    c.widen(outer);
    c.close();
    Flow::Continue(())
}

/// What the server says of its key: on a named curve, or modulo a prime. Which of the two is known from the cipher
/// suite alone; a named curve is recognised by its first byte.
pub(super) fn server_key(c: &mut Cursor<'_, '_>, version: u16) -> Flow {
    if c.peek(1) == [NAMED_CURVE_TYPE] {
        c.group(c.left(), format_args!("EC Diffie-Hellman Server Params"))?;
        c.num(&CURVE_TYPE, 1)?;
        c.num(&NAMED_CURVE, 2)?;
        let len = c.num(&SERVER_POINT_LEN, 1)?;
        c.bytes(&SERVER_POINT, len)?;
    } else {
        c.group(c.left(), format_args!("Diffie-Hellman Server Params"))?;
        for (length, field) in [(&P_LEN, &P), (&G_LEN, &G), (&YS_LEN, &YS)] {
            let len = c.num(length, 2)?;
            c.bytes(field, len)?;
        }
    }
    signature(c, version)?;
    c.close();
    Flow::Continue(())
}

fn signature(c: &mut Cursor<'_, '_>, version: u16) -> Flow {
    if c.left() == 0 {
        return Flow::Continue(());
    }
    if version >= TLS12 {
        extensions::signature_algorithm(c)?;
    }
    let len = c.num(&SIG_LEN, 2)?;
    c.bytes(&SIG, len)
}

/// The client's key: a point on a curve where its length fits in one byte, else an encrypted secret.
pub(super) fn client_key(c: &mut Cursor<'_, '_>, version: u16) -> Flow {
    let all = c.left();
    if c.value(1).is_some_and(|len| len + 1 == all) {
        c.group(all, format_args!("EC Diffie-Hellman Client Params"))?;
        let len = c.num(&CLIENT_POINT_LEN, 1)?;
        c.bytes(&CLIENT_POINT, len)?;
    } else {
        c.group(all, format_args!("RSA Encrypted PreMaster Secret"))?;
        // SSL 3.0 has no length here.
        let len = if version == 0x0300 { all } else { c.num(&EPMS_LEN, 2)? };
        c.bytes(&EPMS, len)?;
    }
    c.close();
    Flow::Continue(())
}

/// What the server accepts as a client's certificate.
pub(super) fn certificate_request(c: &mut Cursor<'_, '_>, version: u16) -> Flow {
    if version == TLS13 {
        let len = c.num(&REQUEST_CONTEXT_LEN, 1)?;
        c.bytes(&REQUEST_CONTEXT, len)?;
        return extensions::all(c, super::piece::CERTIFICATE_REQUEST);
    }
    let n = c.num(&CERT_TYPES_COUNT, 1)?;
    if n > 0 {
        c.heading(&CERT_TYPES, n, format_args!("Certificate types ({n} type{})", plural(n)))?;
        for _ in 0..n.min(c.left()) {
            c.num(&CERT_TYPE, 1)?;
        }
        c.close();
    }
    if version >= TLS12 {
        extensions::signature_algorithms(c)?;
    }
    let len = c.num(&DNAMES_LEN, 2)?;
    if len == 0 {
        return Flow::Continue(());
    }
    c.heading(&DNAMES, len, format_args!("Distinguished Names ({len} byte{})", plural(len)))?;
    let outer = c.narrow(len);
    while c.left() >= 2 {
        let len = c.num(&DNAME_LEN, 2)?;
        certificate::distinguished_name(c, len)?;
    }
    c.widen(outer);
    c.close();
    Flow::Continue(())
}

/// The proof that the sender has the key of its certificate.
pub(super) fn certificate_verify(c: &mut Cursor<'_, '_>, version: u16) -> Flow {
    if version >= TLS12 {
        extensions::signature_algorithm(c)?;
    }
    let len = c.num(&VERIFY_SIG_LEN, 2)?;
    c.bytes(&VERIFY_SIG, len)
}

/// RFC 5077, section 3.3; RFC 8446, section 4.6.1.
pub(super) fn session_ticket(c: &mut Cursor<'_, '_>, version: u16) -> Flow {
    c.group(c.left(), format_args!("TLS Session Ticket"))?;
    let seconds = c.value(4).unwrap_or(0);
    let span = Span(seconds);
    c.num_line(
        &TICKET_LIFETIME,
        4,
        format_args!("Session Ticket Lifetime Hint: {seconds} second{}{span}", plural(seconds)),
    )?;
    if version == TLS13 {
        c.num(&TICKET_AGE_ADD, 4)?;
        let len = c.num(&TICKET_NONCE_LEN, 1)?;
        c.bytes(&TICKET_NONCE, len)?;
    }
    let len = c.num(&TICKET_LEN, 2)?;
    c.bytes(&TICKET, len)?;
    if version == TLS13 {
        extensions::all(c, super::piece::SESSION_TICKET)?;
    }
    c.close();
    Flow::Continue(())
}

/// A number of seconds in larger units, in brackets; nothing below a minute.
struct Span(usize);

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 < 60 {
            return Ok(());
        }
        f.write_str(" (")?;
        let mut rest = self.0;
        let mut first = true;
        for (unit, name) in [(86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")] {
            let n = rest / unit;
            rest %= unit;
            if n > 0 {
                let comma = if first { "" } else { ", " };
                write!(f, "{comma}{n} {name}{}", plural(n))?;
                first = false;
            }
        }
        f.write_str(")")
    }
}

/// RFC 6066, section 8: a response of the Online Certificate Status Protocol.
pub(super) fn certificate_status(c: &mut Cursor<'_, '_>) -> Flow {
    c.num(&STATUS_TYPE, 1)?;
    c.num(&STATUS_RESPONSE_LEN, 3)?;
    Flow::Continue(())
}

/// What both sides have computed of the messages before.
pub(super) fn finished(c: &mut Cursor<'_, '_>) -> Flow {
    if c.left() > 0 {
        let at = c.here(c.left());
        c.visitor().field(&VERIFY_DATA, at, crate::field::Value::None)?;
    }
    Flow::Continue(())
}

/// RFC 8446, section 4.6.3.
pub(super) fn key_update(c: &mut Cursor<'_, '_>) -> Flow {
    c.num(&KEY_UPDATE, 1)?;
    Flow::Continue(())
}
