//! Keys of IEEE 802.11 in 802.1X (IEEE 802.11, "EAPOL-Key frames"): the four-way handshake for the pairwise key, and
//! the handshake of two messages for the group key.

use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::field::{Field, Kind, Names, Value};
use crate::text::{Line, Push};

const RSN: u64 = 2;
const WPA: u64 = 254;
const DESCRIPTORS: Names = &[(1, "RC4 Descriptor"), (RSN, "EAPOL RSN Key"), (WPA, "EAPOL WPA Key")];
const VERSIONS: Names =
    &[(1, "RC4 Cipher, HMAC-MD5 MIC"), (2, "AES Cipher, HMAC-SHA1 MIC"), (3, "AES Cipher, AES-128-CMAC MIC")];
const KEY_TYPES: Names = &[(0, "Group Key"), (1, "Pairwise Key")];
const SET: Names = &[(0, "Not set"), (1, "Set")];

/// Flags of the key information.
const PAIRWISE: u16 = 0x0008;
const ACK: u16 = 0x0080;
const INSTALL: u16 = 0x0040;

/// Offset of the length of the key data.
const DATA_LEN: usize = 93;
const DATA: usize = 95;
const NONCE: usize = 13;
const NONCE_LEN: usize = 32;

crate::fields! {
    DESCRIPTOR = Field::new("eapol.keydes.type", "Key Descriptor Type", Kind::Uint(8)).names(DESCRIPTORS);
    MESSAGE = Field::new("wlan_rsna_eapol.keydes.msgnr", "Message number", Kind::Uint(8)).generated();
    INFORMATION = Field::new("wlan_rsna_eapol.keydes.key_info", "Key Information", Kind::Uint(16)).hex();
    VERSION = Field::new("wlan_rsna_eapol.keydes.key_info.keydes_version", "Key Descriptor Version", Kind::Uint(16)).mask(0x0007).names(VERSIONS);
    KEY_TYPE = Field::new("wlan_rsna_eapol.keydes.key_info.key_type", "Key Type", Kind::Bool).width(16).mask(PAIRWISE as u64).names(KEY_TYPES);
    INDEX = Field::new("wlan_rsna_eapol.keydes.key_info.key_index", "Key Index", Kind::Uint(16)).mask(0x0030);
    IS_INSTALL = Field::new("wlan_rsna_eapol.keydes.key_info.install", "Install", Kind::Bool).width(16).mask(INSTALL as u64).names(SET);
    KEY_ACK = Field::new("wlan_rsna_eapol.keydes.key_info.key_ack", "Key ACK", Kind::Bool).width(16).mask(ACK as u64).names(SET);
    KEY_MIC = Field::new("wlan_rsna_eapol.keydes.key_info.key_mic", "Key MIC", Kind::Bool).width(16).mask(0x0100).names(SET);
    IS_SECURE = Field::new("wlan_rsna_eapol.keydes.key_info.secure", "Secure", Kind::Bool).width(16).mask(0x0200).names(SET);
    ERROR = Field::new("wlan_rsna_eapol.keydes.key_info.error", "Error", Kind::Bool).width(16).mask(0x0400).names(SET);
    REQUEST = Field::new("wlan_rsna_eapol.keydes.key_info.request", "Request", Kind::Bool).width(16).mask(0x0800).names(SET);
    ENCRYPTED = Field::new("wlan_rsna_eapol.keydes.key_info.encrypted_key_data", "Encrypted Key Data", Kind::Bool).width(16).mask(0x1000).names(SET);
    SMK = Field::new("wlan_rsna_eapol.keydes.key_info.smk_message", "SMK Message", Kind::Bool).width(16).mask(0x2000).names(SET);
    KEY_LEN = Field::new("eapol.keydes.key_len", "Key Length", Kind::Uint(16));
    REPLAY = Field::new("eapol.keydes.replay_counter", "Replay Counter", Kind::Uint(64));
    KEY_NONCE = Field::new("wlan_rsna_eapol.keydes.nonce", "WPA Key Nonce", Kind::Bytes);
    IV = Field::new("eapol.keydes.key_iv", "Key IV", Kind::Bytes);
    RSC = Field::new("wlan_rsna_eapol.keydes.rsc", "WPA Key RSC", Kind::Bytes);
    ID = Field::new("wlan_rsna_eapol.keydes.id", "WPA Key ID", Kind::Bytes);
    CODE = Field::new("wlan_rsna_eapol.keydes.mic", "WPA Key MIC", Kind::Bytes);
    LENGTH = Field::new("wlan_rsna_eapol.keydes.data_len", "WPA Key Data Length", Kind::Uint(16));
    KEY_DATA = Field::new("wlan_rsna_eapol.keydes.data", "WPA Key Data", Kind::Bytes);
}

/// Which message of its handshake a key is, from 1; `key` begins with the descriptor type. In the four-way handshake
/// the access point sends messages 1 and 3, and message 3 has the flag Install; of the replies, only message 2 has
/// key data.
fn number(key: &[u8]) -> Option<u8> {
    let information = key.u16(1)?;
    let has = |flag| information & flag != 0;
    match (has(PAIRWISE), has(ACK)) {
        (false, true) => Some(1),
        (false, false) => Some(2),
        (true, true) => Some(if has(INSTALL) { 3 } else { 1 }),
        (true, false) => Some(if key.u16(DATA_LEN)? == 0 { 4 } else { 2 }),
    }
}

/// Appends which message of which handshake a key is; nothing for descriptors that are unknown.
pub(super) fn summary(key: &[u8], out: &mut Line) {
    let known = key.u8(0).is_some_and(|kind| matches!(u64::from(kind), RSN | WPA));
    let (Some(number), Some(information)) = (number(key).filter(|_| known), key.u16(1)) else { return };
    let pairwise = information & PAIRWISE != 0;
    out.text(if pairwise { " (Message " } else { " (Group Message " });
    out.num(number);
    out.text(if pairwise { " of 4)" } else { " of 2)" });
}

pub(super) fn message(w: &mut Walk<'_, '_>) -> Step {
    let kind = w.num(&DESCRIPTOR, 0)?;
    if !matches!(kind, RSN | WPA) {
        return Ok(());
    }
    if let Some(number) = number(w.bytes) {
        w.value(&MESSAGE, 1, 0, Value::Uint(number.into()))?;
    }
    w.num(&INFORMATION, 1)?;
    let flags: &[&'static Field] = &[
        &VERSION,
        &KEY_TYPE,
        &INDEX,
        &IS_INSTALL,
        &KEY_ACK,
        &KEY_MIC,
        &IS_SECURE,
        &ERROR,
        &REQUEST,
        &ENCRYPTED,
        &SMK,
    ];
    w.bits(flags, 1, 2)?;
    w.num(&KEY_LEN, 3)?;
    w.num(&REPLAY, 5)?;
    w.bytes(&KEY_NONCE, NONCE, NONCE_LEN)?;
    w.bytes(&IV, 45, 16)?;
    w.bytes(&RSC, 61, 8)?;
    w.bytes(&ID, 69, 8)?;
    w.bytes(&CODE, 77, 16)?;
    let len = w.num(&LENGTH, DATA_LEN)? as usize;
    w.get(DATA, len)?;
    w.up_to(&KEY_DATA, DATA, len)
}
