//! Radiotap (`radiotap`): what an adapter adds to a frame of IEEE 802.11 that it receives (radiotap.org). Its numbers
//! are little-endian.

use crate::dissect::reading::layer::show;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span};
use crate::field::{Field, Kind, Value};
use crate::text::{Line, Push};

/// Octets before the first field: version, length and the first word of presence bits.
const HEADER: usize = 8;
/// The presence bit for a further word of presence bits.
const MORE: u32 = 1 << 31;
/// The flag of frames that end with a frame check sequence, and the length of the sequence.
const HAS_FCS: u8 = 0x10;
const FCS: u32 = 4;

crate::fields! {
    VERSION = Field::new("radiotap.version", "Header revision", Kind::Uint(8));
    LENGTH = Field::new("radiotap.length", "Header length", Kind::Uint(16));
    FLAGS = Field::new("radiotap.flags", "Flags", Kind::Uint(8)).hex();
    FREQUENCY = Field::new("radiotap.channel.freq", "Channel frequency", Kind::Uint(16));
    SIGNAL = Field::new("radiotap.dbm_antsignal", "Antenna signal", Kind::Int(8));
    NOISE = Field::new("radiotap.dbm_antnoise", "Antenna noise", Kind::Int(8));
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit: |ctx, layer, v| show(ctx, layer, v, header),
    summary,
    decode,
    link_types: &[127],
    ..Protocol::new("radiotap", "WLAN", "Radiotap Header")
};

/// Offsets of the fields of the first seven presence bits. Each field is aligned to its own size, with one exception.
struct Fields {
    at: [Option<usize>; 7],
}

impl Fields {
    /// Size and alignment of the fields of the first seven presence bits.
    const SIZES: [(usize, usize); 7] = [(8, 8), (1, 1), (1, 1), (4, 2), (2, 2), (1, 1), (1, 1)];

    fn read(bytes: &[u8]) -> Option<Fields> {
        let word = |n: usize| bytes.u32_le(4 * n);
        let present = word(1)?;
        let mut words = 1;
        while word(words)? & MORE != 0 {
            words += 1;
        }
        let mut at = 4 * words + 4;
        let mut fields = Fields { at: [None; 7] };
        for (bit, (size, alignment)) in Fields::SIZES.into_iter().enumerate() {
            if present & 1 << bit != 0 {
                at = at.next_multiple_of(alignment);
                fields.at[bit] = Some(at);
                at += size;
            }
        }
        Some(fields)
    }

    fn flags(&self, bytes: &[u8]) -> u8 {
        self.at[1].and_then(|at| bytes.get(at)).copied().unwrap_or(0)
    }
}

/// Whether the frame behind a header ends with a frame check sequence.
pub(super) fn has_fcs(header: &[u8]) -> bool {
    Fields::read(header).is_some_and(|fields| fields.flags(header) & HAS_FCS != 0)
}

fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let bytes = d.get(span);
    let len = bytes.u16_le(2).map(usize::from).filter(|len| (HEADER..=bytes.len()).contains(len));
    let Some(len) = len else { return d.broken(Proto::Radiotap, span) };
    let checked = bytes.get(..len).is_some_and(has_fcs);
    let Some(frame) = d.layer(Proto::Radiotap, span, len as u32) else { return Next::Done };
    let end = if checked { frame.end.saturating_sub(FCS).max(frame.start) } else { frame.end };
    (Proto::Wlan.get().decode)(d, Span { end, ..frame })
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    out.text("Radiotap Capture v");
    out.num(bytes.first().copied().unwrap_or(0));
    out.text(", Length ");
    out.num(bytes.u16_le(2).unwrap_or(0));
}

fn header(w: &mut Walk<'_, '_>) -> Step {
    w.num(&VERSION, 0)?;
    let len = w.num_le(&LENGTH, 2, 2)?;
    w.bytes.get(..len as usize).ok_or(End::Short)?;
    let fields = Fields::read(w.bytes).ok_or(End::Short)?;
    if let Some(at) = fields.at[1] {
        w.num(&FLAGS, at)?;
    }
    if let Some(at) = fields.at[3] {
        w.num_le(&FREQUENCY, at, 2)?;
    }
    for (field, at) in [(&SIGNAL, fields.at[5]), (&NOISE, fields.at[6])] {
        if let Some(at) = at {
            let level = w.u8(at)? as i8;
            let line = format_args!("{}: {level} dBm", field.label);
            w.line(field, at, 1, Value::Int(level.into()), line)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_begin_at_multiples_of_their_size() {
        // This header has flags, rate, channel and signal.
        let header = [0, 0, 15, 0, 0x2e, 0, 0, 0, 0x10, 2, 0x85, 0x09, 0xa0, 0, 0xd8];
        let fields = Fields::read(&header).unwrap();
        assert_eq!(fields.at, [None, Some(8), Some(9), Some(10), None, Some(14), None]);
        assert!(has_fcs(&header));
        // This header has a second word of presence bits, and a timestamp that begins at offset 16.
        let header = [0, 0, 25, 0, 3, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0];
        assert_eq!(Fields::read(&header).unwrap().at[..2], [Some(16), Some(24)]);
        assert!(!has_fcs(&header));
    }
}
