//! The list of options: RFC 2132.

use super::at;
use super::fields::*;
use super::names::option_name;
use super::table::{Shape, shape};
use super::values;
use super::{MessageType, values::text};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::reading::wording::Secs;
use crate::field::{Field, Value};

/// Iterates over code and value of each option, until the list ends or an option runs over the end of the bytes.
pub(super) struct Options<'a> {
    bytes: &'a [u8],
}

impl<'a> Options<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Options<'a> {
        Options { bytes }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        while let [0, rest @ ..] = self.bytes {
            self.bytes = rest;
        }
        let code = self.bytes.u8(0).filter(|code| *code != 255)?;
        let len = usize::from(self.bytes.u8(1)?);
        let value = self.bytes.get(2..2 + len)?;
        self.bytes = self.bytes.get(2 + len..)?;
        Some((code, value))
    }
}

/// Whether the list has its End option (255).
pub(super) fn end(bytes: &[u8]) -> bool {
    let mut options = Options::new(bytes);
    options.by_ref().for_each(drop);
    options.bytes.first() == Some(&255)
}

/// Visits the options from `start` to the end of the message.
pub(super) fn visit(w: &mut Walk<'_, '_>, start: usize) -> Step {
    let end = w.bytes.len();
    let at = list(w, start, end)?;
    if at < end {
        w.bytes(&PADDING, at, end - at)?;
    }
    Ok(())
}

/// Visits the options between `start` and `end`, and returns the offset behind the last one.
fn list(w: &mut Walk<'_, '_>, start: usize, end: usize) -> Step<usize> {
    let mut at = start;
    while at < end {
        let code = w.u8(at)?;
        let value = Value::Uint(code.into());
        match code {
            0 => {
                let rest = w.get(at, end - at)?;
                let len = rest.iter().take_while(|b| **b == 0).count();
                w.line(&OPTION, at, len, value, format_args!("Option: (0) Padding"))?;
                w.open();
                w.bytes(&PADDING, at, len)?;
                w.close();
                at += len;
            }
            255 => {
                // In Wireshark the value of this option is 0, too: End ends the list and counts as no option.
                w.line(&OPTION, at, 1, Value::Uint(0), format_args!("Option: (255) End"))?;
                w.open();
                w.num(&END, at)?;
                w.close();
                return Ok(at + 1);
            }
            _ => {
                let len = usize::from(w.u8(at + 1)?);
                option(w, code, at, len)?;
                at += 2 + len;
            }
        }
    }
    Ok(at)
}

fn option(w: &mut Walk<'_, '_>, code: u8, at: usize, len: usize) -> Step {
    let name = option_name(code);
    let value = Value::Uint(code.into());
    let data = w.bytes.get(at + 2..at + 2 + len).unwrap_or(&[]);
    match (shape(code), data.ipv4(0), data) {
        (Some(Shape::Ip(_)), Some(ip), [_, _, _, _]) => {
            w.line(&OPTION, at, 2 + len, value, format_args!("Option: ({code}) {name} ({ip})"))?;
        }
        (_, _, [ty, ..]) if code == 53 => {
            let text = format_args!("Option: ({code}) {name} ({})", MessageType(*ty));
            w.line(&OPTION, at, 2 + len, value, text)?;
        }
        _ => w.line(&OPTION, at, 2 + len, value, format_args!("Option: ({code}) {name}"))?,
    }
    w.open();
    w.num(&LENGTH, at + 1)?;
    let data = w.get(at + 2, len)?;
    w.value(&VALUE, at + 2, len, Value::Bytes(data))?;
    match shape(code) {
        Some(shape) => plain(w, shape, at + 2, len)?,
        None if code == 52 => overloaded(w, at + 2, len)?,
        None => values::visit(w, code, at + 2, len)?,
    }
    w.close();
    Ok(())
}

/// Visits a value whose shape is in the table; a value of the wrong length is shown as bytes.
fn plain(w: &mut Walk<'_, '_>, shape: &Shape, at: usize, len: usize) -> Step {
    match shape {
        Shape::Ip(field) if len == 4 => w.ipv4(field, at),
        Shape::Ips(field) if len > 0 && len.is_multiple_of(4) => {
            (at..at + len).step_by(4).try_for_each(|at| w.ipv4(field, at))
        }
        Shape::Num(field) if w.read(field, at).is_ok_and(|(_, width)| width == len) => {
            w.num(field, at).map(|_| ())
        }
        Shape::Secs(field) if len == 4 => seconds(w, field, at),
        Shape::Text(field) => text(w, field, at, len),
        _ => values::raw(w, at, len),
    }
}

/// Visits a number of seconds: `(600s) 10 minutes`; all bits set mean infinity.
fn seconds(w: &mut Walk<'_, '_>, field: &'static Field, at: usize) -> Step {
    let n = w.u32(at)?;
    let label = field.label;
    let value = match field.kind {
        crate::field::Kind::Int(_) => Value::Int((n as i32).into()),
        _ => Value::Uint(n.into()),
    };
    if n == u32::MAX {
        return w.line(field, at, 4, value, format_args!("{label}: infinity"));
    }
    w.line(field, at, 4, value, format_args!("{label}: ({n}s) {}", Secs(n.into())))
}

/// Visits the options that take the place of the server's and the boot file's name (option 52).
fn overloaded(w: &mut Walk<'_, '_>, at: usize, len: usize) -> Step {
    if len < 1 {
        return values::raw(w, at, len);
    }
    let which = w.num(&OPTION_OVERLOAD, at)?;
    let areas = [
        (2, at::SNAME, 64, "Server host name option overload"),
        (1, at::FILE, 128, "Boot file name option overload"),
    ];
    // Both areas lie before the options, so option 52 inside them is refused, and nothing nests.
    for (_, start, len, title) in areas.into_iter().filter(|(bit, ..)| which < 4 && which & bit != 0) {
        if at < at::OPTIONS {
            return Err(End::Short);
        }
        w.text(start, len, format_args!("{title}"))?;
        w.open();
        list(w, start, start + len)?;
        w.close();
    }
    Ok(())
}
