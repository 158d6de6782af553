//! Forms as browsers send them (`urlencoded-form`; URL Living Standard, section 5).

use crate::dissect::{Context, Layer, Proto, Protocol, Span, Visited, Work};
use crate::field::{At, Field, Kind, Value, Visit};
use crate::text::{Push, written};

crate::fields! {
    KEY = Field::new("urlencoded-form.key", "Key", Kind::Text);
    VALUE = Field::new("urlencoded-form.value", "Value", Kind::Text);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,

    summary: super::media::summary,
    column_of: Some(super::media::column),
    damage: Some("URL Encoded Form Data"),
    media_types: &["application/x-www-form-urlencoded"],
    decode_body: Some(decode),
    ..Protocol::new("urlencoded-form", "HTTP", "HTML Form URL Encoded")
};

/// One item of a form; offsets count from the beginning of the form.
#[derive(Debug, PartialEq, Eq)]
struct Item {
    key: Text,
    /// `None` where the key has a `%` without two hexadecimal digits.
    value: Option<Text>,
    /// Offset behind the item and its separator.
    end: usize,
}

/// A key or a value, decoded, with its offset and length in the form.
#[derive(Debug, PartialEq, Eq)]
struct Text {
    at: usize,
    len: usize,
    text: Vec<u8>,
    /// `false` where a `%` without two hexadecimal digits ends the text early.
    whole: bool,
}

/// Decodes the bytes from `at` up to `stop`. A `%` without two hexadecimal digits ends the text.
fn text(bytes: &[u8], at: usize, stop: u8) -> Text {
    let rest = bytes.get(at..).unwrap_or(&[]);
    let len = memchr::memchr(stop, rest).unwrap_or(rest.len());
    let (mut text, mut from, mut whole) = (Vec::new(), rest.get(..len).unwrap_or(rest), true);
    while let [first, after @ ..] = from {
        from = after;
        match (first, after) {
            (b'+', _) => text.push(b' '),
            (b'%', after) => {
                let digit = |i: usize| after.get(i).and_then(|b| char::from(*b).to_digit(16));
                let Some((high, low)) = digit(0).zip(digit(1)) else {
                    whole = false;
                    break;
                };
                text.push((high << 4 | low) as u8);
                from = after.get(2..).unwrap_or(&[]);
            }
            (byte, _) => text.push(*byte),
        }
    }
    // The text ends at a zero byte.
    let end = memchr::memchr(0, &text).unwrap_or(text.len());
    text.truncate(end);
    Text { at, len, text, whole }
}

/// The items of a form. As in Wireshark, a key goes on to the next `=`, whatever bytes come before.
fn items(bytes: &[u8]) -> impl Iterator<Item = Item> {
    let mut at = 0;
    std::iter::from_fn(move || {
        if at >= bytes.len() {
            return None;
        }
        let key = text(bytes, at, b'=');
        at += key.len + 1;
        let value = key.whole.then(|| text(bytes, at.min(bytes.len()), b'&'));
        at += value.as_ref().map_or(bytes.len(), |v| v.len + 1);
        if value.as_ref().is_some_and(|v| !v.whole) {
            at = bytes.len();
        }
        Some(Item { key, value, end: at.min(bytes.len()) })
    })
}

/// Whether the form ends properly. A wrong `%` in the middle ends the items but is no damage; one in the last two
/// bytes means that the form was cut.
fn is_sound(bytes: &[u8]) -> bool {
    let ends_well = items(bytes).all(|item| item.value.is_some_and(|v| v.whole));
    ends_well || !bytes.iter().rev().take(2).any(|b| *b == b'%')
}

/// Adds the layer of a form.
fn decode(work: &mut Work<'_>, source: u8, span: Span, _: &[u8]) {
    let mut decoder = work.decoder(source);
    decoder.layer(Proto::UrlEncoded, span, span.len());
    if !is_sound(decoder.get(span)) {
        decoder.stop(Proto::UrlEncoded, span);
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let bytes = ctx.layer_bytes(layer);
    let at = |start: usize, len: usize| At {
        source: layer.source,
        start: layer.start + start as u32,
        len: len as u32,
    };
    let kind = super::media::kind(ctx, layer);
    let text = format_args!("{}: {kind}", PROTOCOL.field.label);
    v.line(&PROTOCOL.field, at(0, bytes.len()), Value::Bytes(bytes), text)?;
    v.open();
    for item in items(bytes) {
        let shown = |text: &Text| written(|out| out.decoded(&text.text));
        let value = item.value.as_ref().filter(|v| v.whole);
        let place = at(item.key.at, item.end - item.key.at);
        match value {
            Some(value) => {
                let text = format_args!("Form item: \"{}\" = \"{}\"", shown(&item.key), shown(value));
                v.text(place, text)?;
            }
            None if item.key.whole => v.text(place, format_args!("Form item: \"{}\"", shown(&item.key)))?,
            None => v.text(place, format_args!("Form item"))?,
        }
        v.open();
        if item.key.whole {
            v.field(&KEY, at(item.key.at, item.key.len), Value::Text(&item.key.text))?;
        }
        if let Some(value) = value {
            v.field(&VALUE, at(value.at, value.len), Value::Text(&value.text))?;
        }
        v.close();
    }
    v.close();
    Visited::Continue(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(form: &[u8]) -> Vec<(String, String)> {
        let text = |t: Text| String::from_utf8_lossy(&t.text).into_owned();
        items(form).map(|i| (text(i.key), i.value.map_or(String::new(), text))).collect()
    }

    #[test]
    fn keys_and_values_are_decoded() {
        let found = pairs(b"user=a&pass=b%40c+d&e=");
        let expected = [("user", "a"), ("pass", "b@c d"), ("e", "")];
        assert_eq!(found, expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
        assert_eq!(pairs(b"a&b=c"), [("a&b".to_owned(), "c".to_owned())]);
        assert_eq!(pairs(b"a"), [("a".to_owned(), String::new())]);
        assert_eq!(pairs(b""), []);
    }

    #[test]
    fn nonsense_ends_the_form() {
        for (form, sound) in [(&b"a=%zz&b=c"[..], true), (b"a=%4", false), (b"%=1&b=2", true)] {
            assert_eq!(is_sound(form), sound);
            assert_eq!(items(form).count(), 1);
        }
        assert!(is_sound(b"a=%7Eb&c"));
    }
}
