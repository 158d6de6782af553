//! The versions of QUIC that are recognised, and the salts of their Initial packets.

use crate::field::Names;

/// RFC 9369.
pub(super) const VERSION_2: u32 = 0x6b33_43cf;

pub(super) const NAMES: Names = &[
    (0, "Version Negotiation"),
    (1, "1"),
    (VERSION_2 as u64, "2"),
    (0xff00_0011, "draft-17"),
    (0xff00_0012, "draft-18"),
    (0xff00_0013, "draft-19"),
    (0xff00_0014, "draft-20"),
    (0xff00_0015, "draft-21"),
    (0xff00_0016, "draft-22"),
    (0xff00_0017, "draft-23"),
    (0xff00_0018, "draft-24"),
    (0xff00_0019, "draft-25"),
    (0xff00_001a, "draft-26"),
    (0xff00_001b, "draft-27"),
    (0xff00_001c, "draft-28"),
    (0xff00_001d, "draft-29"),
    (0xff00_001e, "draft-30"),
    (0xff00_001f, "draft-31"),
    (0xff00_0020, "draft-32"),
    (0xff00_0021, "draft-33"),
    (0xff00_0022, "draft-34"),
    (0xface_b001, "Facebook mvfst (draft-22)"),
    (0xface_b002, "Facebook mvfst (draft-27)"),
    (0xface_b00e, "Facebook mvfst (Experimental)"),
    (0x5130_3530, "Google Q050"),
    (0x5430_3530, "Google T050"),
    (0x5430_3531, "Google T051"),
];

/// A salt: with a client's connection ID, it gives the keys of Initial packets.
pub(super) type Salt = [u8; 20];

/// RFC 9001, section 5.2; drafts from 33 on.
const SALT_1: Salt = [
    0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc,
    0xbb, 0x7f, 0x0a,
];
/// RFC 9369, section 3.3.1.
const SALT_2: Salt = [
    0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9,
    0xbd, 0x2e, 0xd9,
];
/// Drafts 17 to 20.
const SALT_17: Salt = [
    0xef, 0x4f, 0xb0, 0xab, 0xb4, 0x74, 0x70, 0xc4, 0x1b, 0xef, 0xcf, 0x80, 0x31, 0x33, 0x4f, 0xae, 0x48,
    0x5e, 0x09, 0xa0,
];
/// Drafts 21 and 22.
const SALT_21: Salt = [
    0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a, 0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a,
    0x02, 0x64, 0x4a,
];
/// Drafts 23 to 28.
const SALT_23: Salt = [
    0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe,
    0xf9, 0xf5, 0x02,
];
/// Drafts 29 to 32.
const SALT_29: Salt = [
    0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43,
    0x90, 0xa8, 0x99,
];
/// Google's Q050.
const SALT_Q050: Salt = [
    0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, 0x94, 0x5c, 0xfc, 0xdb, 0xd3, 0xa7, 0xf0, 0xd3,
    0xb5, 0x6b, 0x45,
];

/// Whether a version is reserved to force a negotiation (RFC 9000, section 15).
pub(super) fn is_reserved(version: u32) -> bool {
    version & 0x0f0f_0f0f == 0x0a0a_0a0a
}

/// The number of a draft of version 1; `None` for other versions.
fn draft(version: u32) -> Option<u32> {
    (version >> 8 == 0xff_0000).then_some(version & 0xff)
}

/// Whether a long header of this version is taken for QUIC in a conversation of which nothing is known.
pub(super) fn is_known(version: u32) -> bool {
    let named = version != 0 && NAMES.iter().any(|(number, _)| *number == u64::from(version));
    named || is_reserved(version) || draft(version).is_some()
}

/// The salt of a version; `None` where it is not known.
pub(super) fn salt(version: u32) -> Option<Salt> {
    match (version, draft(version)) {
        (1, _) | (_, Some(33..)) => Some(SALT_1),
        (VERSION_2, _) => Some(SALT_2),
        (_, Some(17..=20)) => Some(SALT_17),
        (0xface_b001, _) | (_, Some(21..=22)) => Some(SALT_21),
        (0xface_b002 | 0xface_b00e, _) | (_, Some(23..=28)) => Some(SALT_23),
        (_, Some(29..=32)) => Some(SALT_29),
        (0x5130_3530, _) => Some(SALT_Q050),
        (version, None) if is_reserved(version) => Some(SALT_29),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_the_salt_of_its_time() {
        assert_eq!(salt(1), salt(0xff00_0022), "draft 34");
        assert_eq!(salt(0xff00_001d), salt(0xff00_0020), "drafts 29 and 32");
        assert_eq!(salt(0xff00_001c), salt(0xface_b002));
        assert_eq!(salt(0x1a2a_3a4a), salt(0xff00_001d), "reserved to force a negotiation");
        assert_eq!(salt(0xff00_0016), salt(0xface_b001));
        assert_eq!((salt(0), salt(0xff00_0010), salt(0x1234_5678)), (None, None, None));
        assert!(is_known(0xff00_0011) && is_known(VERSION_2) && is_known(0x5130_3530));
        assert!(!is_known(0) && !is_known(0x1234_5678) && !is_known(0xff02_0000));
    }
}
