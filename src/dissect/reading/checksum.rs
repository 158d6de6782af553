//! The Internet checksum (RFC 1071).

use super::remark::{Group, Severity};
use super::walk::{Step, Walk};
use crate::dissect::Layer;
use crate::field::{Field, Value};

/// The sum of the 16-bit words of `bytes`, added to `sum`; folded, not complemented.
pub(in crate::dissect) fn add(sum: u32, bytes: &[u8]) -> u32 {
    let words = bytes.chunks(2).map(|pair| match pair {
        [high, low] => u32::from(u16::from_be_bytes([*high, *low])),
        [high] => u32::from(*high) << 8,
        _ => 0,
    });
    // Folding as it goes keeps a sum of any length within 32 bits.
    words.fold(sum, |sum, word| fold(sum + word))
}

fn fold(sum: u32) -> u32 {
    (sum & 0xffff) + (sum >> 16)
}

/// The right value of the checksum at `offset` of `bytes`; `sum` is what the pseudo header adds.
fn expected(bytes: &[u8], offset: usize, sum: u32) -> u16 {
    let (before, rest) = bytes.split_at(offset.min(bytes.len()));
    let after = rest.get(2..).unwrap_or(&[]);
    !(add(add(sum, before), after) as u16)
}

/// Shows the checksum at `offset` of a fragment, of which nobody can say whether it is right.
pub(in crate::dissect) fn of_fragment(
    w: &mut Walk<'_, '_>,
    field: &'static Field,
    status: &'static Field,
    offset: usize,
) -> Step {
    let (found, label) = (w.u16(offset)?, field.label);
    w.uint_line(field, offset, 2, format_args!("{label}: 0x{found:04x} [unverified] [fragmented datagram]"))?;
    w.value(status, offset, 0, Value::Uint(2))
}

/// Shows the checksum at `offset` of a layer, and whether it is right. `sum` is what the pseudo header adds. The
/// status is unverified where `sum` is `None`, or the layer was not captured in full.
pub(in crate::dissect) fn show(
    w: &mut Walk<'_, '_>,
    layer: &Layer,
    fields: [&'static Field; 3],
    offset: usize,
    sum: Option<u32>,
) -> Step {
    let [field, status, bad] = fields;
    let found = w.u16(offset)?;
    let whole = w.left() == layer.end.saturating_sub(layer.start) as usize;
    let expected = sum.filter(|_| whole).map(|sum| expected(w.bytes, offset, sum));
    let label = field.label;
    let state = match expected {
        None => {
            w.uint_line(field, offset, 2, format_args!("{label}: 0x{found:04x} [unverified]"))?;
            2
        }
        Some(right) if right == found => {
            w.uint_line(field, offset, 2, format_args!("{label}: 0x{found:04x} [correct]"))?;
            1
        }
        Some(right) => {
            let text = format_args!("{label}: 0x{found:04x} incorrect, should be 0x{right:04x}");
            w.uint_line(field, offset, 2, text)?;
            let text = format!("Bad checksum [should be 0x{right:04x}]");
            w.remark(bad, offset, 2, Severity::Warning, Group::Checksum, &text)?;
            0
        }
    };
    w.value(status, offset, 0, Value::Uint(state))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_1071() {
        assert_eq!(add(0, &[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), 0xddf2);
    }

    #[test]
    fn an_odd_byte_counts_as_the_high_half_of_a_word() {
        assert_eq!(add(0, &[0x12]), 0x1200);
    }
}
