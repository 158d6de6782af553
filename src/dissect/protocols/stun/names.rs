//! Numbers of attributes, and names of what they hold (IANA's STUN registry; Microsoft's and Google's own).

use crate::field::Names;

pub(super) const MAPPED: u16 = 0x0001;
pub(super) const RESPONSE: u16 = 0x0002;
pub(super) const CHANGE: u16 = 0x0003;
pub(super) const SOURCE: u16 = 0x0004;
pub(super) const CHANGED: u16 = 0x0005;
pub(super) const USERNAME: u16 = 0x0006;
pub(super) const PASSWORD: u16 = 0x0007;
pub(super) const INTEGRITY: u16 = 0x0008;
pub(super) const ERROR: u16 = 0x0009;
pub(super) const UNKNOWN: u16 = 0x000a;
pub(super) const REFLECTED: u16 = 0x000b;
pub(super) const CHANNEL_NUMBER: u16 = 0x000c;
pub(super) const LIFETIME: u16 = 0x000d;
pub(super) const MS_ALTERNATE: u16 = 0x000e;
pub(super) const COOKIE: u16 = 0x000f;
pub(super) const BANDWIDTH: u16 = 0x0010;
pub(super) const DESTINATION: u16 = 0x0011;
pub(super) const XOR_PEER: u16 = 0x0012;
pub(super) const DATA: u16 = 0x0013;
pub(super) const REALM: u16 = 0x0014;
pub(super) const NONCE: u16 = 0x0015;
pub(super) const XOR_RELAYED: u16 = 0x0016;
pub(super) const FAMILY_WANTED: u16 = 0x0017;
pub(super) const EVEN_PORT: u16 = 0x0018;
pub(super) const TRANSPORT: u16 = 0x0019;
pub(super) const ALGORITHM: u16 = 0x001d;
pub(super) const XOR_MAPPED: u16 = 0x0020;
pub(super) const TOKEN: u16 = 0x0022;
pub(super) const PRIORITY: u16 = 0x0024;
pub(super) const PADDING: u16 = 0x0026;
pub(super) const XOR_RESPONSE: u16 = 0x0027;
pub(super) const XOR_REFLECTED: u16 = 0x0028;
pub(super) const LEGACY_ICMP: u16 = 0x0030;
pub(super) const ALGORITHMS: u16 = 0x8002;
pub(super) const ICMP: u16 = 0x8004;
pub(super) const MS_8006: u16 = 0x8006;
pub(super) const MS_VERSION: u16 = 0x8008;
pub(super) const XOR_MAPPED_OLD: u16 = 0x8020;
pub(super) const SOFTWARE: u16 = 0x8022;
pub(super) const ALTERNATE: u16 = 0x8023;
pub(super) const CACHE: u16 = 0x8027;
pub(super) const FINGERPRINT: u16 = 0x8028;
pub(super) const CONTROLLED: u16 = 0x8029;
pub(super) const CONTROLLING: u16 = 0x802a;
pub(super) const ORIGIN: u16 = 0x802b;
pub(super) const OTHER: u16 = 0x802c;
pub(super) const MS_SEQUENCE: u16 = 0x8050;
pub(super) const MS_CANDIDATE: u16 = 0x8054;
pub(super) const MS_QUALITY: u16 = 0x8055;
pub(super) const REMOTE_SITE: u16 = 0x8059;
pub(super) const REMOTE_RELAY: u16 = 0x805a;
pub(super) const LOCAL_SITE: u16 = 0x805b;
pub(super) const LOCAL_RELAY: u16 = 0x805c;
pub(super) const DIALOG: u16 = 0x8061;
pub(super) const CALL: u16 = 0x8062;
pub(super) const MS_ICE: u16 = 0x8070;
pub(super) const MS_MAPPED: u16 = 0x8090;
pub(super) const MS_SESSION: u16 = 0x8095;
pub(super) const GOOGLE_NETWORK: u16 = 0xc057;

pub(super) const ATTRIBUTES: Names = &[
    (MAPPED as u64, "MAPPED-ADDRESS"),
    (RESPONSE as u64, "RESPONSE_ADDRESS"),
    (CHANGE as u64, "CHANGE_REQUEST"),
    (SOURCE as u64, "SOURCE_ADDRESS"),
    (CHANGED as u64, "CHANGED_ADDRESS"),
    (USERNAME as u64, "USERNAME"),
    (PASSWORD as u64, "PASSWORD"),
    (INTEGRITY as u64, "MESSAGE-INTEGRITY"),
    (ERROR as u64, "ERROR-CODE"),
    (UNKNOWN as u64, "UNKNOWN-ATTRIBUTES"),
    (REFLECTED as u64, "REFLECTED-FROM"),
    (CHANNEL_NUMBER as u64, "CHANNEL-NUMBER"),
    (LIFETIME as u64, "LIFETIME"),
    (MS_ALTERNATE as u64, "MS-ALTERNATE-SERVER"),
    (COOKIE as u64, "MAGIC-COOKIE"),
    (BANDWIDTH as u64, "BANDWIDTH"),
    (DESTINATION as u64, "DESTINATION-ADDRESS"),
    (XOR_PEER as u64, "XOR-PEER-ADDRESS"),
    (DATA as u64, "DATA"),
    (REALM as u64, "REALM"),
    (NONCE as u64, "NONCE"),
    (XOR_RELAYED as u64, "XOR-RELAYED-ADDRESS"),
    (FAMILY_WANTED as u64, "REQUESTED-ADDRESS-FAMILY"),
    (EVEN_PORT as u64, "EVEN-PORT"),
    (TRANSPORT as u64, "REQUESTED-TRANSPORT"),
    (0x001a, "DONT-FRAGMENT"),
    (0x001b, "ACCESS-TOKEN"),
    (0x001c, "MESSAGE-INTEGRITY-SHA256"),
    (ALGORITHM as u64, "PASSWORD-ALGORITHM"),
    (0x001e, "USERHASH"),
    (XOR_MAPPED as u64, "XOR-MAPPED-ADDRESS"),
    (TOKEN as u64, "RESERVATION-TOKEN"),
    (PRIORITY as u64, "PRIORITY"),
    (0x0025, "USE-CANDIDATE"),
    (PADDING as u64, "PADDING"),
    (XOR_RESPONSE as u64, "XOR-RESPONSE-TARGET"),
    // As Wireshark spells it.
    (XOR_REFLECTED as u64, "XOR-REFELECTED-FROM"),
    (0x002a, "CONNECTION-ID"),
    (LEGACY_ICMP as u64, "LEGACY-ICMP"),
    (0x8000, "ADDITIONAL-ADDRESS-FAMILY"),
    (0x8001, "ADDRESS-ERROR-CODE"),
    (ALGORITHMS as u64, "PASSWORD-ALGORITHMS"),
    (0x8003, "ALTERNATE-DOMAIN"),
    (ICMP as u64, "ICMP"),
    (MS_8006 as u64, "MS-TURN UNKNOWN 8006"),
    (MS_VERSION as u64, "MS-VERSION"),
    (XOR_MAPPED_OLD as u64, "XOR-MAPPED-ADDRESS"),
    (SOFTWARE as u64, "SOFTWARE"),
    (ALTERNATE as u64, "ALTERNATE-SERVER"),
    (0x8025, "TRANSACTION-TRANSMIT-COUNTER"),
    (CACHE as u64, "CACHE-TIMEOUT"),
    (FINGERPRINT as u64, "FINGERPRINT"),
    (CONTROLLED as u64, "ICE-CONTROLLED"),
    (CONTROLLING as u64, "ICE-CONTROLLING"),
    (ORIGIN as u64, "RESPONSE-ORIGIN"),
    (OTHER as u64, "OTHER-ADDRESS"),
    (0x802d, "ECN-CHECK-STUN"),
    (0x802e, "THIRD-PARTY-AUTHORIZATION"),
    (0x8030, "MOBILITY-TICKET"),
    (0x8032, "MS-ALTERNATE-HOST-NAME"),
    (0x8037, "MS-APP-ID"),
    (0x8039, "MS-SECURE-TAG"),
    (MS_SEQUENCE as u64, "MS-SEQUENCE-NUMBER"),
    (MS_CANDIDATE as u64, "MS-CANDIDATE-IDENTIFIER"),
    (MS_QUALITY as u64, "MS-SERVICE-QUALITY"),
    (0x8056, "Bandwidth Admission Control Message"),
    (0x8057, "Bandwidth Reservation Identifier"),
    (0x8058, "Bandwidth Reservation Amount"),
    (REMOTE_SITE as u64, "Remote Site Address"),
    (REMOTE_RELAY as u64, "Remote Relay Site Address"),
    (LOCAL_SITE as u64, "Local Site Address"),
    (LOCAL_RELAY as u64, "Local Relay Site Address"),
    (0x805d, "Remote Site Address Response"),
    (0x805e, "Remote Relay Site Address Response"),
    (0x805f, "Local Site Address Response"),
    (0x8060, "Local Relay Site Address Response"),
    (DIALOG as u64, "SIP Dialog Identifier"),
    (CALL as u64, "SIP Call Identifier"),
    (0x8068, "Location Profile"),
    (MS_ICE as u64, "MS-IMPLEMENTATION-VERSION"),
    (MS_MAPPED as u64, "MS-ALT-MAPPED-ADDRESS"),
    (MS_SESSION as u64, "MS-MULTIPLEXED-TURN-SESSION-ID"),
    (0xc000, "CISCO-STUN-FLOWDATA"),
    (0xc001, "ENF-FLOW-DESCRIPTION"),
    (0xc002, "ENF-NETWORK-STATUS"),
    (GOOGLE_NETWORK as u64, "GOOG-NETWORK-INFO"),
    (0xc058, "GOOG-LAST-ICE-CHECK-RECEIVED"),
    (0xc059, "GOOG-MISC-INFO"),
    (0xc05a, "GOOG-OBSOLETE-1"),
    (0xc05b, "GOOG-CONNECTION-ID"),
    (0xc05c, "GOOG-DELTA"),
    (0xc05d, "GOOG-DELTA-ACK"),
    (0xc060, "GOOG-MESSAGE_INTEGRITY-32"),
];
/// Error codes (RFC 8489, section 14.8; RFC 8656, section 19; RFC 8445, section 16.2).
pub(super) const ERRORS: Names = &[
    (300, "Try Alternate"),
    (400, "Bad Request"),
    (401, "Unauthenticated"),
    (403, "Forbidden"),
    (405, "Mobility Forbidden"),
    (420, "Unknown Attribute"),
    (437, "Allocation Mismatch"),
    (438, "Stale Nonce"),
    (440, "Address Family not Supported"),
    (441, "Wrong Credentials"),
    (442, "Unsupported Transport Protocol"),
    (443, "Peer Address Family Mismatch"),
    (446, "Connection Already Exists"),
    (447, "Connection Timeout or Failure"),
    (486, "Allocation Quota Reached"),
    (487, "Role Conflict"),
    (500, "Server Error"),
    (508, "Insufficient Port Capacity"),
];
pub(super) const TRANSPORTS: Names = &[(6, "TCP"), (17, "UDP")];
pub(super) const FAMILIES: Names = &[(1, "IPv4"), (2, "IPv6")];
pub(super) const SET: Names = &[(0, "Not set"), (1, "Set")];
pub(super) const COMPREHENSION: Names = &[(0, "Required"), (1, "Optional")];
pub(super) const RESERVES: Names = &[(0, "No reservation"), (1, "Reserve next port number")];
pub(super) const PASSWORDS: Names = &[(1, "MD5"), (2, "SHA-256")];
pub(super) const STATES: Names = &[(0, "Bad"), (1, "Good")];
pub(super) const MS_VERSIONS: Names = &[
    (1, "ICE"),
    (2, "MS-ICE2"),
    (3, "MS-ICE2 with SHA256"),
    (4, "MS-ICE2 with SHA256 and IPv6"),
    (5, "MULTIPLEXED TURN over UDP only"),
    (6, "MULTIPLEXED TURN over UDP and TCP"),
];
pub(super) const STREAMS: Names = &[(1, "Audio"), (2, "Video"), (3, "Supplemental Video"), (4, "Data")];
pub(super) const QUALITIES: Names = &[(0, "Best effort delivery"), (1, "Reliable delivery")];
pub(super) const COSTS: Names = &[
    (0, "Min"),
    (10, "Low"),
    (50, "Unknown"),
    (250, "Cellular5G"),
    (500, "Cellular4G"),
    (900, "Cellular"),
    (910, "Cellular3G"),
    (980, "Cellular2G"),
    (999, "Max"),
];
