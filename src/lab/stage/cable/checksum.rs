//! Finishes checksums that the sender's system left to its adapter (checksum offload). A virtual cable has no real
//! adapter, so the relay finishes them. An unfinished field holds the sum over the pseudo-header alone (RFC 9293,
//! section 3.1).

/// Finishes the TCP or UDP checksum of an Ethernet frame with IPv4 if it is unfinished. Other frames stay as they
/// are, also those with a checksum that is wrong for another reason.
pub fn finish(frame: &mut [u8]) {
    let _ = unfinished(frame).map(|(at, value)| {
        if let Some(place) = frame.get_mut(at..at + 2) {
            place.copy_from_slice(&value.to_be_bytes());
        }
    });
}

/// The offset of an unfinished checksum in the frame, and its right value; `None` if it is finished or there is none.
fn unfinished(frame: &[u8]) -> Option<(usize, u16)> {
    const ETHERNET: usize = 14;
    let ip = frame.get(ETHERNET..).filter(|_| frame.get(12..14) == Some(&[8, 0]))?;
    let header = usize::from(ip.first()? & 0x0f) * 4;
    let total = usize::from(number(ip, 2)?);
    // The checksum in a fragment covers the whole datagram, so it cannot be computed here.
    if ip.first()? >> 4 != 4 || number(ip, 6)? & 0x3fff != 0 {
        return None;
    }
    let offset = match ip.get(9)? {
        6 => 16,
        17 => 6,
        _ => return None,
    };
    let payload = ip.get(header..total)?;
    let field = number(payload, offset)?;
    let length = u16::try_from(payload.len()).ok()?;
    let pseudo = sum(ip.get(12..20)?) + u32::from(*ip.get(9)?) + u32::from(length);
    let whole = fold(pseudo + sum(payload));
    // With a finished checksum, the sum over everything is 0xffff.
    if whole == 0xffff || field != fold(pseudo) {
        return None;
    }
    // The payload's sum includes the field, which holds the pseudo-header's sum.
    let value = !fold(sum(payload));
    let value = if offset == 6 && value == 0 { 0xffff } else { value };
    Some((ETHERNET + header + offset, value))
}

fn number(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

/// The sum of the 16-bit words; an odd last byte counts as the upper half of a word.
fn sum(bytes: &[u8]) -> u32 {
    let mut words = bytes.chunks_exact(2);
    let whole: u32 = words.by_ref().map(|word| u32::from(u16::from_be_bytes([word[0], word[1]]))).sum();
    whole + words.remainder().first().map_or(0, |last| u32::from(*last) << 8)
}

/// Adds the carries to the sum (RFC 1071).
fn fold(mut sum: u32) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherparse::PacketBuilder;

    /// A frame with an unfinished checksum, and the same frame with the right one.
    fn frames(udp: bool, payload: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let start = PacketBuilder::ethernet2([2; 6], [4; 6]).ipv4([192, 168, 56, 1], [192, 168, 56, 101], 64);
        let mut whole = Vec::new();
        let (at, proto) = if udp {
            start.udp(40000, 65432).write(&mut whole, payload).unwrap();
            (40, 17u32)
        } else {
            start.tcp(40000, 65432, 7, 64240).ack(9).psh().write(&mut whole, payload).unwrap();
            (50, 6)
        };
        let mut partial = whole.clone();
        let pseudo = fold(sum(&whole[26..34]) + proto + (whole.len() - 34) as u32);
        partial[at..at + 2].copy_from_slice(&pseudo.to_be_bytes());
        (whole, partial)
    }

    #[test]
    fn unfinished_checksums_are_finished() {
        for udp in [false, true] {
            for payload in [&b""[..], b"x", b"Hello guest operating system", &[0xff; 1447]] {
                let (whole, mut frame) = frames(udp, payload);
                finish(&mut frame);
                assert_eq!(frame, whole, "UDP: {udp}, {} bytes", payload.len());
                // A finished checksum does not change again.
                finish(&mut frame);
                assert_eq!(frame, whole);
            }
        }
    }

    #[test]
    fn anything_else_stays_as_it_is() {
        let (whole, partial) = frames(false, b"payload");
        let mut wrong = whole.clone();
        wrong[51] ^= 1;
        let mut fragment = partial.clone();
        fragment[20] |= 0x20;
        let mut arp = partial.clone();
        arp[13] = 6;
        for mut frame in [wrong, fragment, arp, partial[..40].to_vec(), Vec::new(), vec![8; 13]] {
            let before = frame.clone();
            finish(&mut frame);
            assert_eq!(frame, before);
        }
    }
}
