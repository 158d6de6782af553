//! The parts of each record type's data: a table for the plain types; [`super::rdata`] has the code for the others.

use super::fields::*;
use crate::field::Field;

/// One part of a record's data.
pub(super) enum Part {
    /// A number as wide as the field.
    Num(&'static Field),
    /// A number of seconds.
    Secs(&'static Field),
    /// A time, as seconds since 1970.
    Time(&'static Field),
    /// A domain name.
    Name(&'static Field),
    /// An IPv4 address.
    Ipv4(&'static Field),
    /// An IPv6 address.
    Ipv6(&'static Field),
    /// An Ethernet address.
    Mac(&'static Field),
    /// Eight octets.
    Eight(&'static Field),
    /// A string, with its length in front.
    Str(&'static Field, &'static Field),
    /// Bytes, with their length in front.
    Blob(&'static Field, &'static Field),
    /// Strings to the end of the data, each with its length in front.
    Strs(&'static Field, &'static Field),
    /// Bytes to the end of the data.
    Rest(&'static Field),
    /// Text to the end of the data.
    Text(&'static Field),
    /// The record types that exist at a name, to the end of the data (RFC 4034, section 4.1.2).
    Types,
    /// Sixteen flags: a field for all of them, and one for each.
    Flags(&'static Field, &'static [&'static Field]),
    /// The hash of a name in base 32, with its length in front (RFC 5155).
    Hashed,
    /// The key tag, by which signatures name a key. It is computed; no byte holds it (RFC 4034, appendix B).
    KeyId(&'static Field),
}

use Part::*;

static SIGNATURE: &[Part] = &[
    Num(&RRSIG_TYPE_COVERED),
    Num(&RRSIG_ALGORITHM),
    Num(&RRSIG_LABELS),
    Secs(&RRSIG_ORIGINAL_TTL),
    Time(&RRSIG_SIGNATURE_EXPIRATION),
    Time(&RRSIG_SIGNATURE_INCEPTION),
    Num(&RRSIG_KEY_TAG),
    Name(&RRSIG_SIGNERS_NAME),
    Rest(&RRSIG_SIGNATURE),
];

static DNSKEY: &[Part] = &[
    Flags(
        &DNSKEY_FLAGS,
        &[
            &DNSKEY_FLAGS_ZONE_KEY,
            &DNSKEY_FLAGS_KEY_REVOKED,
            &DNSKEY_FLAGS_SECURE_ENTRY_POINT,
            &DNSKEY_FLAGS_RESERVED,
        ],
    ),
    Num(&DNSKEY_PROTOCOL),
    Num(&DNSKEY_ALGORITHM),
    KeyId(&DNSKEY_KEY_ID),
    Rest(&DNSKEY_PUBLIC_KEY),
];

static KEY: &[Part] = &[
    Flags(
        &KEY_FLAGS,
        &[
            &KEY_FLAGS_AUTHENTICATION,
            &KEY_FLAGS_CONFIDENTIALITY,
            &KEY_FLAGS_REQUIRED,
            &KEY_FLAGS_ASSOCIATED_USER,
            &KEY_FLAGS_ASSOCIATED_NAMED_ENTITY,
            &KEY_FLAGS_IPSEC,
            &KEY_FLAGS_MIME,
            &KEY_FLAGS_SIGNATORY,
        ],
    ),
    Num(&KEY_PROTOCOL),
    Num(&KEY_ALGORITHM),
    KeyId(&KEY_KEY_ID),
    Rest(&KEY_PUBLIC_KEY),
];

static DELEGATION: &[Part] = &[Num(&DS_KEY_ID), Num(&DS_ALGORITHM), Num(&DS_DIGEST_TYPE), Rest(&DS_DIGEST)];

/// The parts of the data of the plain types.
static PARTS: &[(u16, &[Part])] = &[
    (1, &[Ipv4(&A)]),
    (2, &[Name(&NS)]),
    (3, &[Name(&MD)]),
    (4, &[Name(&MF)]),
    (5, &[Name(&CNAME)]),
    (
        6,
        &[
            Name(&SOA_MNAME),
            Name(&SOA_RNAME),
            Num(&SOA_SERIAL_NUMBER),
            Secs(&SOA_REFRESH_INTERVAL),
            Secs(&SOA_RETRY_INTERVAL),
            Secs(&SOA_EXPIRE_LIMIT),
            Secs(&SOA_MINIMUM_TTL),
        ],
    ),
    (7, &[Name(&MB)]),
    (8, &[Name(&MG)]),
    (9, &[Name(&MR)]),
    (10, &[Rest(&NULL)]),
    (12, &[Name(&PTR_DOMAIN_NAME)]),
    (13, &[Str(&HINFO_CPU_LENGTH, &HINFO_CPU), Str(&HINFO_OS_LENGTH, &HINFO_OS)]),
    (14, &[Name(&MINFO_R), Name(&MINFO_E)]),
    (15, &[Num(&MX_PREFERENCE), Name(&MX_MAIL_EXCHANGE)]),
    (16, &[Strs(&TXT_LENGTH, &TXT)]),
    (17, &[Name(&RP_MAILBOX), Name(&RP_TXT_RR)]),
    (18, &[Num(&AFSDB_SUBTYPE), Name(&AFSDB_HOSTNAME)]),
    (19, &[Str(&X25_LENGTH, &X25_PSDN_ADDRESS)]),
    (21, &[Num(&RT_SUBTYPE), Name(&RT_INTERMEDIATE_HOST)]),
    (22, &[Rest(&NSAP_RDATA)]),
    (23, &[Name(&NSAP_PTR_OWNER)]),
    (24, SIGNATURE),
    (46, SIGNATURE),
    (25, KEY),
    (26, &[Num(&PX_PREFERENCE), Name(&PX_MAP822), Name(&PX_MAP400)]),
    (
        27,
        &[
            Str(&GPOS_LONGITUDE_LENGTH, &GPOS_LONGITUDE),
            Str(&GPOS_LATITUDE_LENGTH, &GPOS_LATITUDE),
            Str(&GPOS_ALTITUDE_LENGTH, &GPOS_ALTITUDE),
        ],
    ),
    (28, &[Ipv6(&AAAA)]),
    (33, &[Num(&SRV_PRIORITY), Num(&SRV_WEIGHT), Num(&SRV_PORT), Name(&SRV_TARGET)]),
    (36, &[Num(&KX_PREFERENCE), Name(&KX_KEY_EXCHANGE)]),
    (37, &[Num(&CERT_TYPE), Num(&CERT_KEY_TAG), Num(&CERT_ALGORITHM), Rest(&CERT_CERTIFICATE)]),
    (39, &[Name(&DNAME)]),
    (43, DELEGATION),
    (59, DELEGATION),
    (32769, DELEGATION),
    (44, &[Num(&SSHFP_ALGORITHM), Num(&SSHFP_FINGERPRINT_TYPE), Rest(&SSHFP_FINGERPRINT)]),
    (47, &[Name(&NSEC_NEXT_DOMAIN_NAME), Types]),
    (48, DNSKEY),
    (60, DNSKEY),
    (49, &[Rest(&DHCID_RDATA)]),
    (
        50,
        &[
            Num(&NSEC3_ALGO),
            Flags(&NSEC3_FLAGS, &[&NSEC3_FLAGS_OPT_OUT]),
            Num(&NSEC3_ITERATIONS),
            Blob(&NSEC3_SALT_LENGTH, &NSEC3_SALT_VALUE),
            Hashed,
            Types,
        ],
    ),
    (
        51,
        &[
            Num(&NSEC3_ALGO),
            Num(&NSEC3_FLAGS),
            Num(&NSEC3_ITERATIONS),
            Blob(&NSEC3_SALT_LENGTH, &NSEC3_SALT_VALUE),
        ],
    ),
    (
        52,
        &[
            Num(&TLSA_CERTIFICATE_USAGE),
            Num(&TLSA_SELECTOR),
            Num(&TLSA_MATCHING_TYPE),
            Rest(&TLSA_CERTIFICATE_ASSOCIATION_DATA),
        ],
    ),
    (61, &[Text(&OPENPGPKEY)]),
    (63, &[Num(&ZONEMD_SERIAL), Num(&ZONEMD_SCHEME), Num(&ZONEMD_HASH_ALGO), Rest(&ZONEMD_DIGEST)]),
    (99, &[Strs(&SPF_LENGTH, &SPF)]),
    (104, &[Num(&ILNP_NID_PREFERENCE), Eight(&ILNP_NID)]),
    (105, &[Num(&ILNP_L32_PREFERENCE), Ipv4(&ILNP_L32)]),
    (106, &[Num(&ILNP_L64_PREFERENCE), Eight(&ILNP_L64)]),
    (107, &[Num(&ILNP_LP_PREFERENCE), Name(&ILNP_LP)]),
    (108, &[Mac(&EUI48)]),
    (109, &[Eight(&EUI64)]),
    (252, &[]),
    (253, &[]),
    (254, &[]),
    (255, &[]),
];

/// The parts of a type's data; `None` for types that need code, or that are unknown.
pub(super) fn parts(ty: u16) -> Option<&'static [Part]> {
    PARTS.iter().find(|(t, _)| *t == ty).map(|(_, parts)| *parts)
}

/// One of the values that sum up a record, in the list and in the record's heading.
pub(super) enum Item {
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// A domain name.
    Name,
    /// Two octets.
    Num,
    /// A string, with its length in front.
    Str,
}

/// The values that sum up a record, from `skip` octets on, each with the word that the heading puts in front of it.
pub(super) struct Gist {
    pub(super) skip: usize,
    pub(super) items: &'static [(&'static str, Item)],
}

const fn gist(items: &'static [(&'static str, Item)]) -> Gist {
    Gist { skip: 0, items }
}

/// The values that sum up a record of this type; empty for most types.
pub(super) fn gist_of(ty: u16) -> Gist {
    gist(match ty {
        1 | 11 => &[("addr ", Item::Ipv4)],
        2 => &[("ns ", Item::Name)],
        5 => &[("cname ", Item::Name)],
        6 => &[("mname ", Item::Name)],
        12 => &[("", Item::Name)],
        13 => &[("CPU ", Item::Str), ("OS ", Item::Str)],
        15 => &[("preference ", Item::Num), ("mx ", Item::Name)],
        28 => &[("addr ", Item::Ipv6)],
        30 | 47 => &[("next domain name ", Item::Name)],
        33 => {
            &[("priority ", Item::Num), ("weight ", Item::Num), ("port ", Item::Num), ("target ", Item::Name)]
        }
        35 => &[("order ", Item::Num), ("preference ", Item::Num), ("flags ", Item::Str)],
        36 => &[("preference ", Item::Num), ("kx ", Item::Name)],
        39 => &[("dname ", Item::Name)],
        65282 => return Gist { skip: 12, items: &[("name result domain ", Item::Name)] },
        _ => &[],
    })
}

/// Whether the list shows the owner of a record of this type instead of its data.
pub(super) fn shows_owner(ty: u16) -> bool {
    matches!(ty, 3 | 4 | 7..=10 | 14 | 17..=23 | 26 | 27 | 42 | 49 | 51 | 52 | 55)
}
