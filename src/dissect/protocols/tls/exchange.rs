//! The handshake messages other than hellos: certificates, keys, tickets (RFC 5246, section 7.4; RFC 8446, section
//! 4).

use super::extensions;
use super::fields::*;
use super::suites::SUITES;
use super::x509::{self, OCSP};
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::reading::wording::Secs;
use crate::field::{Field, Value, name_of};
use crate::text::plural;

const TLS12: u16 = 0x0303;
const TLS13: u16 = 0x0304;

/// How the keys are exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyExchange {
    /// Diffie-Hellman on an elliptic curve.
    Curve,
    /// Diffie-Hellman modulo a prime.
    Prime,
    /// RSA: the client encrypts a secret.
    Rsa,
    /// Another exchange, or an unknown one.
    Other,
}

impl KeyExchange {
    /// The key exchange of a cipher suite, by the suite's name.
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

/// A list of certificates, each with its length in three bytes and, in TLS 1.3, with extensions.
pub(super) fn certificates(w: &mut Walk<'_, '_>, version: u16) -> Step {
    if version == TLS13 {
        let len = w.take(&REQUEST_CONTEXT_LEN, 1)?;
        w.take_up_to(&REQUEST_CONTEXT, len)?;
    }
    let len = w.take(&CERTIFICATES_LENGTH, 3)?;
    if len == 0 {
        return Ok(());
    }
    w.heading(&CERTIFICATES, len, format_args!("Certificates ({len} bytes)"))?;
    w.within(len, |w| {
        while w.left() >= 3 {
            let len = w.take(&CERTIFICATE_LENGTH, 3)?;
            x509::show(w, len)?;
            if version == TLS13 {
                extensions::all(w, super::piece::CERTIFICATE)?;
            }
        }
        Ok(())
    })?;
    w.close();
    Ok(())
}

/// The server's part of the key exchange.
pub(super) fn server_key(w: &mut Walk<'_, '_>, version: u16, exchange: KeyExchange) -> Step {
    match exchange {
        KeyExchange::Curve => {
            w.group(w.left(), format_args!("EC Diffie-Hellman Server Params"))?;
            w.take(&CURVE_TYPE, 1)?;
            w.take(&NAMED_CURVE, 2)?;
            let len = w.take(&SERVER_POINT_LEN, 1)?;
            w.take_up_to(&SERVER_POINT, len)?;
        }
        KeyExchange::Prime => {
            w.group(w.left(), format_args!("Diffie-Hellman Server Params"))?;
            for (length, field) in [(&P_LEN, &P), (&G_LEN, &G), (&YS_LEN, &YS)] {
                let len = w.take(length, 2)?;
                w.take_up_to(field, len)?;
            }
        }
        KeyExchange::Rsa | KeyExchange::Other => return Ok(()),
    }
    signature(w, version)?;
    w.close();
    Ok(())
}

fn signature(w: &mut Walk<'_, '_>, version: u16) -> Step {
    if w.left() == 0 {
        return Ok(());
    }
    if version >= TLS12 {
        extensions::signature_algorithm(w)?;
    }
    let len = w.take(&SIG_LEN, 2)?;
    w.take_up_to(&SIG, len)
}

/// The client's part of the key exchange.
pub(super) fn client_key(w: &mut Walk<'_, '_>, version: u16, exchange: KeyExchange) -> Step {
    let all = w.left();
    let (title, [length, field], size): (_, [&'static Field; 2], _) = match exchange {
        KeyExchange::Curve => ("EC Diffie-Hellman Client Params", [&CLIENT_POINT_LEN, &CLIENT_POINT], 1),
        KeyExchange::Prime => ("Diffie-Hellman Client Params", [&YC_LEN, &YC], 2),
        KeyExchange::Rsa => ("RSA Encrypted PreMaster Secret", [&EPMS_LEN, &EPMS], 2),
        KeyExchange::Other => return Ok(()),
    };
    w.group(all, format_args!("{title}"))?;
    // SSL 3.0 has no length before the secret.
    let len = if version == 0x0300 && exchange == KeyExchange::Rsa { all } else { w.take(length, size)? };
    w.take_up_to(field, len)?;
    w.close();
    Ok(())
}

/// The kinds of client certificates that the server accepts.
pub(super) fn certificate_request(w: &mut Walk<'_, '_>, version: u16) -> Step {
    if version == TLS13 {
        let len = w.take(&REQUEST_CONTEXT_LEN, 1)?;
        w.take_up_to(&REQUEST_CONTEXT, len)?;
        return extensions::all(w, super::piece::CERTIFICATE_REQUEST);
    }
    let n = w.take(&CERT_TYPES_COUNT, 1)?;
    if n > 0 {
        w.heading(&CERT_TYPES, n, format_args!("Certificate types ({n} type{})", plural(n)))?;
        for _ in 0..n.min(w.left()) {
            w.take(&CERT_TYPE, 1)?;
        }
        w.close();
    }
    if version >= TLS12 {
        extensions::signature_algorithms(w)?;
    }
    let len = w.take(&DNAMES_LEN, 2)?;
    if len == 0 {
        return Ok(());
    }
    w.heading(&DNAMES, len, format_args!("Distinguished Names ({len} byte{})", plural(len)))?;
    w.within(len, |w| {
        while w.left() >= 2 {
            let len = w.take(&DNAME_LEN, 2)?;
            x509::distinguished_name(w, len)?;
        }
        Ok(())
    })?;
    w.close();
    Ok(())
}

/// The proof that the sender has the key of its certificate.
pub(super) fn certificate_verify(w: &mut Walk<'_, '_>, version: u16) -> Step {
    if version >= TLS12 {
        extensions::signature_algorithm(w)?;
    }
    let len = w.take(&VERIFY_SIG_LEN, 2)?;
    w.take_up_to(&VERIFY_SIG, len)
}

/// A session ticket (RFC 5077, section 3.3; RFC 8446, section 4.6.1).
pub(super) fn session_ticket(w: &mut Walk<'_, '_>, version: u16) -> Step {
    w.group(w.left(), format_args!("TLS Session Ticket"))?;
    let seconds = w.u32(0)?;
    let mut text = format!("Session Ticket Lifetime Hint: {seconds} second{}", plural(seconds));
    if seconds >= 60 {
        text += &format!(" ({})", Secs(seconds.into()));
    }
    w.uint_line(&TICKET_LIFETIME, 0, 4, format_args!("{text}"))?;
    w.skip(4);
    if version == TLS13 {
        w.take(&TICKET_AGE_ADD, 4)?;
        let len = w.take(&TICKET_NONCE_LEN, 1)?;
        w.take_up_to(&TICKET_NONCE, len)?;
    }
    let len = w.take(&TICKET_LEN, 2)?;
    w.take_up_to(&TICKET, len)?;
    if version == TLS13 {
        extensions::all(w, super::piece::SESSION_TICKET)?;
    }
    w.close();
    Ok(())
}

/// A certificate status (RFC 6066, section 8): a response of the Online Certificate Status Protocol.
pub(super) fn certificate_status(w: &mut Walk<'_, '_>) -> Step {
    w.take(&STATUS_TYPE, 1)?;
    w.take(&STATUS_RESPONSE_LEN, 3)?;
    w.unseen(&OCSP, 0, 0, Value::None)
}

/// The verify data of a Finished message, computed from all messages before it.
pub(super) fn finished(w: &mut Walk<'_, '_>) -> Step {
    if w.left() > 0 {
        w.value(&VERIFY_DATA, 0, w.left(), Value::None)?;
    }
    Ok(())
}

/// A key update (RFC 8446, section 4.6.3).
pub(super) fn key_update(w: &mut Walk<'_, '_>) -> Step {
    w.take(&KEY_UPDATE, 1)?;
    Ok(())
}
