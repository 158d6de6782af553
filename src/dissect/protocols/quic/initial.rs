//! Decryption of Initial packets. Their keys are derived from a connection ID that is not encrypted (RFC 9001,
//! sections 5.2 to 5.4; RFC 9369, section 3.3), so any observer can decrypt them. Later packets stay secret.

use super::version::{VERSION_2, salt};
use aes_gcm::aes::Aes128;
use aes_gcm::aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes_gcm::{AeadInOut, Aes128Gcm};
use hkdf::Hkdf;
use sha2::Sha256;

/// Octets of the authentication tag after the payload.
const TAG: usize = 16;
const NONCE: usize = 12;
/// Octets of the longest packet number. The sample for header protection begins after that many octets, even if the
/// number is shorter.
const LONGEST_NUMBER: usize = 4;
const SAMPLE: usize = 16;

/// The keys of one side's Initial packets.
#[derive(Clone)]
pub(crate) struct Keys {
    payload: Aes128Gcm,
    nonce: [u8; NONCE],
    header: Aes128,
}

/// The keys of both sides.
#[derive(Clone)]
pub(crate) struct Secrets {
    /// Keys of packets that the client sends.
    pub(crate) client: Keys,
    /// Keys of packets that the server sends.
    pub(crate) server: Keys,
}

/// An Initial packet without its protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    /// The first octet of the header.
    pub(crate) first: u8,
    /// The packet number.
    pub(crate) number: u64,
    /// Whether the payload was decrypted and its authentication tag is right.
    pub(crate) intact: bool,
}

impl Secrets {
    /// The keys that follow from the connection ID in a client's first packet; `None` for versions whose salt is
    /// unknown.
    pub(crate) fn of(version: u32, id: &[u8]) -> Option<Secrets> {
        let names = match version {
            VERSION_2 => ["quicv2 key", "quicv2 iv", "quicv2 hp"],
            _ => ["quic key", "quic iv", "quic hp"],
        };
        let first = Hkdf::<Sha256>::new(Some(&salt(version)?), id);
        Some(Secrets { client: keys(&first, "client in", names)?, server: keys(&first, "server in", names)? })
    }
}

fn keys(first: &Hkdf<Sha256>, side: &str, [key, nonce, header]: [&str; 3]) -> Option<Keys> {
    let secret: [u8; 32] = expand(first, side)?;
    let of_side = Hkdf::<Sha256>::from_prk(&secret).ok()?;
    let payload: [u8; 16] = expand(&of_side, key)?;
    let mask: [u8; 16] = expand(&of_side, header)?;
    Some(Keys {
        payload: Aes128Gcm::new(&payload.into()),
        nonce: expand(&of_side, nonce)?,
        header: Aes128::new(&mask.into()),
    })
}

/// HKDF-Expand-Label with an empty context (RFC 8446, section 7.1).
fn expand<const N: usize>(secret: &Hkdf<Sha256>, label: &str) -> Option<[u8; N]> {
    let mut info = vec![0, N as u8, (label.len() + 6) as u8];
    info.extend_from_slice(b"tls13 ");
    info.extend_from_slice(label.as_bytes());
    info.push(0);
    let mut key = [0; N];
    secret.expand(&info, &mut key).ok()?;
    Some(key)
}

impl Keys {
    /// Decrypts a packet whose number begins at `at`, and appends its payload to `plain` if the tag is right.
    /// `largest` is the greatest number that the sender has used before. `None` if the packet is too short to have a
    /// number and a sample.
    pub(crate) fn open(
        &self,
        packet: &[u8],
        at: usize,
        largest: Option<u64>,
        plain: &mut Vec<u8>,
    ) -> Option<Opened> {
        let sample = packet.get(at + LONGEST_NUMBER..)?.first_chunk::<SAMPLE>()?;
        let mut mask = (*sample).into();
        self.header.encrypt_block(&mut mask);
        let first = packet.first()? ^ mask[0] & 0x0f;
        let len = usize::from(first & 3) + 1;
        let mut header = packet.get(..at + len)?.to_vec();
        *header.first_mut()? = first;
        header[at..].iter_mut().zip(&mask[1..]).for_each(|(byte, mask)| *byte ^= mask);
        let cut = header[at..].iter().fold(0, |n, byte| n << 8 | u64::from(*byte));
        let number = whole_number(cut, len, largest);
        let (payload, tag) = packet.get(at + len..)?.split_last_chunk::<TAG>()?;
        let start = plain.len();
        plain.extend_from_slice(payload);
        let mut nonce = self.nonce;
        nonce.iter_mut().rev().zip(number.to_le_bytes()).for_each(|(byte, n)| *byte ^= n);
        let opened = self.payload.decrypt_inout_detached(
            &nonce.into(),
            &header,
            (&mut plain[start..]).into(),
            &(*tag).into(),
        );
        let intact = opened.is_ok();
        if !intact {
            plain.truncate(start);
        }
        Some(Opened { first, number, intact })
    }
}

/// The packet number whose last `len` octets are `cut`: of all such numbers, the nearest to the one expected next
/// (RFC 9000, section A.3).
fn whole_number(cut: u64, len: usize, largest: Option<u64>) -> u64 {
    let expected = largest.map_or(0, |n| n.saturating_add(1));
    let window = 1u64 << (8 * len as u32);
    let candidate = expected & !(window - 1) | cut;
    if candidate.saturating_add(window / 2) <= expected && candidate < (1 << 62) - window {
        candidate + window
    } else if candidate > expected.saturating_add(window / 2) && candidate >= window {
        candidate - window
    } else {
        candidate
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::bytes;

    #[test]
    fn the_servers_packet_of_the_rfc_is_opened() {
        // RFC 9001, appendix A.3.
        let packet = bytes(
            "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5a99f5ede4c
             f73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d06edbb7a
             af2f58891850abbdca3d20398c276456cbc42158407dd074ee",
        );
        let secrets = Secrets::of(1, &bytes("8394c8f03e515708")).unwrap();
        let mut plain = Vec::new();
        let opened = secrets.server.open(&packet, 18, None, &mut plain).unwrap();
        assert_eq!(opened, Opened { first: 0xc1, number: 1, intact: true });
        assert!(plain.starts_with(&bytes("02000000000600405a020000560303eefce7f7")));
        // The packet does not open with the other side's keys, nor with one octet more.
        assert!(!secrets.client.open(&packet, 18, None, &mut plain).unwrap().intact);
        let len = plain.len();
        let spoilt = [packet.as_slice(), &[0]].concat();
        assert!(!secrets.server.open(&spoilt, 18, None, &mut plain).unwrap().intact);
        assert_eq!(plain.len(), len, "nothing is left of a packet that is not intact");
        assert_eq!(secrets.server.open(&packet[..30], 18, None, &mut plain), None);
    }

    #[test]
    fn a_number_is_the_nearest_to_what_comes_next() {
        assert_eq!(whole_number(0x9b32, 2, Some(0xa82f_30ea)), 0xa82f_9b32);
        assert_eq!(whole_number(0, 1, Some(255)), 256);
        assert_eq!(whole_number(255, 1, Some(256)), 255);
        assert_eq!(whole_number(7, 4, None), 7);
    }
}
