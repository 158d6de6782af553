//! MD5 (RFC 1321), for fingerprints only: it protects nothing any more.

/// Shift of each step, by round.
const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// The digest of `text`.
pub(super) fn digest(text: &[u8]) -> [u8; 16] {
    let mut state: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    let blocks = text.chunks_exact(64);
    let rest = blocks.remainder();
    blocks.for_each(|block| step(&mut state, block));
    let mut tail = [0; 128];
    tail.iter_mut().zip(rest.iter().chain(&[0x80])).for_each(|(slot, byte)| *slot = *byte);
    let len = if rest.len() < 56 { 64 } else { 128 };
    let bits = (text.len() as u64).wrapping_mul(8).to_le_bytes();
    tail.iter_mut().skip(len - 8).zip(bits).for_each(|(slot, byte)| *slot = byte);
    tail.chunks_exact(64).take(len / 64).for_each(|block| step(&mut state, block));
    let mut out = [0; 16];
    out.iter_mut().zip(state.into_iter().flat_map(u32::to_le_bytes)).for_each(|(slot, byte)| *slot = byte);
    out
}

fn step(state: &mut [u32; 4], block: &[u8]) {
    let word =
        |i: usize| block.get(4 * i..).and_then(|b| b.first_chunk()).map_or(0, |b| u32::from_le_bytes(*b));
    let [mut a, mut b, mut c, mut d] = *state;
    for i in 0..64 {
        let (mixed, source) = match i / 16 {
            0 => (b & c | !b & d, i),
            1 => (d & b | !d & c, 5 * i + 1),
            2 => (b ^ c ^ d, 3 * i + 5),
            _ => (c ^ (b | !d), 7 * i),
        };
        // The table of the RFC is made of sines.
        let constant = (((i + 1) as f64).sin().abs() * 4_294_967_296.0) as u32;
        let sum = a.wrapping_add(mixed).wrapping_add(constant).wrapping_add(word(source % 16));
        let next = b.wrapping_add(sum.rotate_left(SHIFTS[i / 16][i % 4]));
        (a, d, c, b) = (d, c, b, next);
    }
    for (sum, part) in state.iter_mut().zip([a, b, c, d]) {
        *sum = sum.wrapping_add(part);
    }
}

#[cfg(test)]
mod tests {
    use super::digest;

    #[test]
    fn the_test_suite_of_the_rfc() {
        let hex = |text: &[u8]| digest(text).iter().map(|b| format!("{b:02x}")).collect::<String>();
        assert_eq!(hex(b""), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(hex(b"message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
        let digits = b"12345678901234567890123456789012345678901234567890123456789012345678901234567890";
        assert_eq!(hex(digits), "57edf4a22be3c955ac49da2e2107b67a");
        assert_eq!(hex(&digits[..62]).len(), 32);
    }
}
