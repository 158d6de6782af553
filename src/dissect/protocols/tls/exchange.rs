//! The handshake messages beside the hellos: certificates, keys, tickets (RFC 5246, section 7.4; RFC 8446, section 4).

use super::extensions;
use super::fields::*;
use super::suites::SUITES;
use super::x509::{self, OCSP};
use crate::dissect::Visited;
use crate::dissect::reading::cursor::Cursor;
use crate::field::{Field, Value, name_of};
use crate::text::plural;

const TLS12: u16 = 0x0303;
const TLS13: u16 = 0x0304;

/// How the keys are exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyExchange {
    /// On an elliptic curve.
    Curve,
    /// Modulo a prime.
    Prime,
    /// The client encrypts a secret.
    Rsa,
    /// Anything else, or not known.
    Other,
}

impl KeyExchange {
    /// What a cipher suite says by its name.
    pub(super) fn of(suite: u16) -> KeyExchange {
        let name = name_of(SUITES, suite.into()).unwrap_or("");
        match name.strip_prefix("TLS_").unwrap_or("") {
            name if name.contains("PSK_") => KeyExchange::Other,
            name if name.starts_with("ECDH") => KeyExchange::Curve,
            name if name.starts_with("DH") => KeyExchange::Prime,
            name if name.starts_with("RSA_") => KeyExchange::Rsa,
            _ => KeyExchange::Other,
        }
    }
}

/// A list of certificates, each with its length in three bytes; in TLS 1.3, each with extensions.
pub(super) fn certificates(c: &mut Cursor<'_, '_>, version: u16) -> Visited {
    if version == TLS13 {
        let len = c.num(&REQUEST_CONTEXT_LEN, 1)?;
        c.bytes(&REQUEST_CONTEXT, len)?;
    }
    let len = c.num(&CERTIFICATES_LENGTH, 3)?;
    if len == 0 {
        return Visited::Continue(());
    }
    c.heading(&CERTIFICATES, len, format_args!("Certificates ({len} bytes)"))?;
    let outer = c.narrow(len);
    while c.left() >= 3 {
        let len = c.num(&CERTIFICATE_LENGTH, 3)?;
        x509::show(c, len)?;
        if version == TLS13 {
            extensions::all(c, super::piece::CERTIFICATE)?;
        }
    }
    c.widen(outer);
    c.close();
    Visited::Continue(())
}

/// What the server says of its key.
pub(super) fn server_key(c: &mut Cursor<'_, '_>, version: u16, exchange: KeyExchange) -> Visited {
    match exchange {
        KeyExchange::Curve => {
            c.group(c.left(), format_args!("EC Diffie-Hellman Server Params"))?;
            c.num(&CURVE_TYPE, 1)?;
            c.num(&NAMED_CURVE, 2)?;
            let len = c.num(&SERVER_POINT_LEN, 1)?;
            c.bytes(&SERVER_POINT, len)?;
        }
        KeyExchange::Prime => {
            c.group(c.left(), format_args!("Diffie-Hellman Server Params"))?;
            for (length, field) in [(&P_LEN, &P), (&G_LEN, &G), (&YS_LEN, &YS)] {
                let len = c.num(length, 2)?;
                c.bytes(field, len)?;
            }
        }
        KeyExchange::Rsa | KeyExchange::Other => return Visited::Continue(()),
    }
    signature(c, version)?;
    c.close();
    Visited::Continue(())
}

fn signature(c: &mut Cursor<'_, '_>, version: u16) -> Visited {
    if c.left() == 0 {
        return Visited::Continue(());
    }
    if version >= TLS12 {
        extensions::signature_algorithm(c)?;
    }
    let len = c.num(&SIG_LEN, 2)?;
    c.bytes(&SIG, len)
}

/// The client's part of the key exchange.
pub(super) fn client_key(c: &mut Cursor<'_, '_>, version: u16, exchange: KeyExchange) -> Visited {
    let all = c.left();
    let (title, [length, field], size): (_, [&'static Field; 2], _) = match exchange {
        KeyExchange::Curve => ("EC Diffie-Hellman Client Params", [&CLIENT_POINT_LEN, &CLIENT_POINT], 1),
        KeyExchange::Prime => ("Diffie-Hellman Client Params", [&YC_LEN, &YC], 2),
        KeyExchange::Rsa => ("RSA Encrypted PreMaster Secret", [&EPMS_LEN, &EPMS], 2),
        KeyExchange::Other => return Visited::Continue(()),
    };
    c.group(all, format_args!("{title}"))?;
    // SSL 3.0 has no length before the secret.
    let len = if version == 0x0300 && exchange == KeyExchange::Rsa { all } else { c.num(length, size)? };
    c.bytes(field, len)?;
    c.close();
    Visited::Continue(())
}

/// What the server accepts as a client's certificate.
pub(super) fn certificate_request(c: &mut Cursor<'_, '_>, version: u16) -> Visited {
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
        return Visited::Continue(());
    }
    c.heading(&DNAMES, len, format_args!("Distinguished Names ({len} byte{})", plural(len)))?;
    let outer = c.narrow(len);
    while c.left() >= 2 {
        let len = c.num(&DNAME_LEN, 2)?;
        x509::distinguished_name(c, len)?;
    }
    c.widen(outer);
    c.close();
    Visited::Continue(())
}

/// The proof that the sender has the key of its certificate.
pub(super) fn certificate_verify(c: &mut Cursor<'_, '_>, version: u16) -> Visited {
    if version >= TLS12 {
        extensions::signature_algorithm(c)?;
    }
    let len = c.num(&VERIFY_SIG_LEN, 2)?;
    c.bytes(&VERIFY_SIG, len)
}

/// RFC 5077, section 3.3; RFC 8446, section 4.6.1.
pub(super) fn session_ticket(c: &mut Cursor<'_, '_>, version: u16) -> Visited {
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
    Visited::Continue(())
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
pub(super) fn certificate_status(c: &mut Cursor<'_, '_>) -> Visited {
    c.num(&STATUS_TYPE, 1)?;
    c.num(&STATUS_RESPONSE_LEN, 3)?;
    let at = c.here(0);
    c.visitor().unseen(&OCSP, at, Value::None)?;
    Visited::Continue(())
}

/// What both sides have computed of the messages before.
pub(super) fn finished(c: &mut Cursor<'_, '_>) -> Visited {
    if c.left() > 0 {
        let at = c.here(c.left());
        c.visitor().field(&VERIFY_DATA, at, Value::None)?;
    }
    Visited::Continue(())
}

/// RFC 8446, section 4.6.3.
pub(super) fn key_update(c: &mut Cursor<'_, '_>) -> Visited {
    c.num(&KEY_UPDATE, 1)?;
    Visited::Continue(())
}
