//! Session Description Protocol (`sdp`): RFC 8866.

use super::lines;
use crate::dissect::Protocol;
use crate::dissect::reading::layer::show;
use crate::dissect::reading::walk::{Step, Walk};
use crate::field::{Field, Kind, Value};
use std::net::IpAddr;

crate::fields! {
    VERSION = Field::new("sdp.version", "Session Description Protocol Version (v)", Kind::Text);
    OWNER = Field::new("sdp.owner", "Owner/Creator, Session Id (o)", Kind::Text);
    NAME = Field::new("sdp.session_name", "Session Name (s)", Kind::Text);
    CONNECTION = Field::new("sdp.connection_info", "Connection Information (c)", Kind::Text);
    ADDRESS = Field::new("sdp.connection_info.address", "Connection Address", Kind::Text);
    TIME = Field::new("sdp.time", "Time Description, active time (t)", Kind::Text);
    MEDIA = Field::new("sdp.media", "Media Description, name and address (m)", Kind::Text);
    MEDIA_TYPE = Field::new("sdp.media.media", "Media Type", Kind::Text);
    MEDIA_PORT = Field::new("sdp.media.port", "Media Port", Kind::Uint(16));
    MEDIA_PROTOCOL = Field::new("sdp.media.proto", "Media Protocol", Kind::Text);
    ATTRIBUTE = Field::new("sdp.media_attr", "Media Attribute (a)", Kind::Text);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit: |ctx, layer, v| show(ctx, layer, v, message),
    // The layer around the description speaks for the packet.
    silent: |_, _| true,
    ..Protocol::new("sdp", "SDP", "Session Description Protocol")
};

/// The words of a line's value, and the offset of each in the line.
fn words(line: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 2;
    line.get(2..).unwrap_or(&[]).split(|b| *b == b' ').map(move |word| {
        let start = at;
        at += word.len() + 1;
        (start, word)
    })
}

fn parsed<T: std::str::FromStr>(word: &[u8]) -> Option<T> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

/// Addresses and ports to which a description wants media over RTP to be sent (RFC 8866, sections 5.7 and 5.14).
pub(crate) fn media(description: &[u8]) -> Vec<(IpAddr, u16)> {
    let (mut session, mut found) = (None, Vec::<(Option<IpAddr>, u16)>::new());
    for (_, line) in lines(description) {
        let mut words = words(line).map(|(_, word)| word);
        match line.first() {
            Some(b'c') => {
                let address = words.nth(2).and_then(|word| parsed(word.split(|b| *b == b'/').next()?));
                match found.last_mut() {
                    // After a media line, the address is for that medium only.
                    Some((own, _)) => *own = address.or(*own),
                    None => session = address,
                }
            }
            Some(b'm') => {
                let port = words.nth(1).and_then(parsed::<u16>).filter(|port| *port != 0);
                let over_rtp = words.next().is_some_and(|protocol| protocol.starts_with(b"RTP/"));
                found.extend(port.filter(|_| over_rtp).map(|port| (session, port)));
            }
            _ => {}
        }
    }
    found.into_iter().filter_map(|(address, port)| Some((address?, port))).collect()
}

fn message(w: &mut Walk<'_, '_>) -> Step {
    for (at, line) in lines(w.bytes) {
        let (field, value) = match line {
            [b'v', b'=', value @ ..] => (&VERSION, value),
            [b'o', b'=', value @ ..] => (&OWNER, value),
            [b's', b'=', value @ ..] => (&NAME, value),
            [b'c', b'=', value @ ..] => (&CONNECTION, value),
            [b't', b'=', value @ ..] => (&TIME, value),
            [b'm', b'=', value @ ..] => (&MEDIA, value),
            [b'a', b'=', value @ ..] => (&ATTRIBUTE, value),
            _ => continue,
        };
        w.value(field, at, line.len(), Value::Text(value))?;
        w.open();
        for (n, (offset, word)) in words(line).enumerate() {
            match (line.first(), n) {
                (Some(b'c'), 2) => w.value(&ADDRESS, at + offset, word.len(), Value::Text(word))?,
                (Some(b'm'), 0) => w.value(&MEDIA_TYPE, at + offset, word.len(), Value::Text(word))?,
                (Some(b'm'), 1) => {
                    let port = parsed::<u16>(word).unwrap_or(0);
                    w.value(&MEDIA_PORT, at + offset, word.len(), Value::Uint(port.into()))?;
                }
                (Some(b'm'), 2) => w.value(&MEDIA_PROTOCOL, at + offset, word.len(), Value::Text(word))?,
                _ => {}
            }
        }
        w.close();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_are_sent_where_the_session_says_unless_they_say_otherwise() {
        let description = b"v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\nm=video 5000 RTP/AVP 96\r\nc=IN IP4 10.0.0.9/127\r\nm=audio 0 RTP/AVP 0\r\nm=image 6000 udptl t38\r\n";
        let at = |address: [u8; 4], port| (IpAddr::from(address), port);
        assert_eq!(media(description), [at([10, 0, 0, 1], 4000), at([10, 0, 0, 9], 5000)]);
    }
}
