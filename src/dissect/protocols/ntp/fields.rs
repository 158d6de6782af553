//! Fields of the Network Time Protocol, and the names of their values: RFC 5905, RFC 7822, RFC 8915.

use crate::field::{Field, Kind, Names};

crate::fields! {
    FLAGS = Field::new("ntp.flags", "Flags", Kind::Uint(8)).hex();
    FLAGS_LI = Field::new("ntp.flags.li", "Leap Indicator", Kind::Uint(8)).mask(0xc0).names(LEAPS);
    FLAGS_VN = Field::new("ntp.flags.vn", "Version number", Kind::Uint(8)).mask(0x38).names(VERSIONS);
    FLAGS_MODE = Field::new("ntp.flags.mode", "Mode", Kind::Uint(8)).mask(0x7).names(MODES);
    STRATUM = Field::new("ntp.stratum", "Peer Clock Stratum", Kind::Uint(8));
    PPOLL = Field::new("ntp.ppoll", "Peer Polling Interval", Kind::Uint(8));
    PRECISION = Field::new("ntp.precision", "Peer Clock Precision", Kind::Uint(8));
    ROOTDELAY = Field::new("ntp.rootdelay", "Root Delay", Kind::Uint(32));
    ROOTDISPERSION = Field::new("ntp.rootdispersion", "Root Dispersion", Kind::Uint(32));
    REFID = Field::new("ntp.refid", "Reference ID", Kind::Bytes);
    REFTIME = Field::new("ntp.reftime", "Reference Timestamp", Kind::Time);
    ORG = Field::new("ntp.org", "Origin Timestamp", Kind::Time);
    REC = Field::new("ntp.rec", "Receive Timestamp", Kind::Time);
    XMT = Field::new("ntp.xmt", "Transmit Timestamp", Kind::Time);
    KEYID = Field::new("ntp.keyid", "Key ID", Kind::Bytes);
    MAC = Field::new("ntp.mac", "Message Authentication Code", Kind::Bytes);
    EXT = Field::new("ntp.ext", "Extension", Kind::Label);
    EXT_TYPE = Field::new("ntp.ext.type", "Field Type", Kind::Uint(16)).hex().names(EXTENSIONS);
    EXT_LENGTH = Field::new("ntp.ext.length", "Length", Kind::Uint(16));
    EXT_VALUE = Field::new("ntp.ext.value", "Value", Kind::Bytes);
}

/// `ntp.flags.li`.
pub(super) const LEAPS: Names = &[
    (0, "no warning"),
    (1, "last minute of the day has 61 seconds"),
    (2, "last minute of the day has 59 seconds"),
    (3, "unknown (clock unsynchronized)"),
];

/// `ntp.flags.vn`.
pub(super) const VERSIONS: Names = &[
    (0, "reserved"),
    (1, "NTP Version 1"),
    (2, "NTP Version 2"),
    (3, "NTP Version 3"),
    (4, "NTP Version 4"),
    (5, "reserved"),
    (6, "reserved"),
    (7, "reserved"),
];

/// `ntp.flags.mode`.
pub(super) const MODES: Names = &[
    (0, "reserved"),
    (1, "symmetric active"),
    (2, "symmetric passive"),
    (3, "client"),
    (4, "server"),
    (5, "broadcast"),
    (6, "reserved for NTP control message"),
    (7, "reserved for private use"),
];

/// `ntp.ext.type`.
const EXTENSIONS: Names = &[
    (2, "No-Operation Request"),
    (258, "Association Message Request"),
    (260, "Unique Identifier"),
    (514, "Certificate Message Request"),
    (516, "NTS Cookie"),
    (770, "Cookie Message Request"),
    (772, "NTS Cookie Placeholder"),
    (1026, "Autokey Message Request"),
    (1028, "NTS Authenticator and Encrypted Extension Fields"),
    (1282, "Leapseconds Message Request"),
    (1538, "Sign Message Request"),
    (1794, "IFF Identity Message Request"),
    (2050, "GQ Identity Message Request"),
    (2306, "MV Identity Message Request"),
    (8197, "Checksum Complement"),
    (32770, "No-Operation Response"),
    (33026, "Association Message Response"),
    (33282, "Certificate Message Response"),
    (33538, "Cookie Message Response"),
    (33794, "Autokey Message Response"),
    (34050, "Leapseconds Message Response"),
    (34306, "Sign Message Response"),
    (34562, "IFF Identity Message Response"),
    (34818, "GQ Identity Message Response"),
    (35074, "MV Identity Message Response"),
    (49154, "No-Operation Error Response"),
    (49410, "Association Message Error Response"),
    (49666, "Certificate Message Error Response"),
    (49922, "Cookie Message Error Response"),
    (50178, "Autokey Message Error Response"),
    (50434, "Leapseconds Message Error Response"),
    (50690, "Sign Message Error Response"),
    (50946, "IFF Identity Message Error Response"),
    (51202, "GQ Identity Message Error Response"),
    (51458, "MV Identity Message Error Response"),
];

/// Requests of the private mode (ntpdc).
pub(super) const REQUESTS: Names = &[
    (0, "PEER_LIST"),
    (1, "PEER_LIST_SUM"),
    (2, "PEER_INFO"),
    (3, "PEER_STATS"),
    (4, "SYS_INFO"),
    (5, "SYS_STATS"),
    (6, "IO_STATS"),
    (7, "MEM_STATS"),
    (8, "LOOP_INFO"),
    (9, "TIMER_STATS"),
    (10, "CONFIG"),
    (11, "UNCONFIG"),
    (12, "SET_SYS_FLAG"),
    (13, "CLR_SYS_FLAG"),
    (14, "MONITOR"),
    (15, "NOMONITOR"),
    (16, "GET_RESTRICT"),
    (17, "RESADDFLAGS"),
    (18, "RESSUBFLAGS"),
    (19, "UNRESTRICT"),
    (20, "MON_GETLIST"),
    (21, "RESET_STATS"),
    (22, "RESET_PEER"),
    (23, "REREAD_KEYS"),
    (24, "DO_DIRTY_HACK"),
    (25, "DONT_DIRTY_HACK"),
    (26, "TRUSTKEY"),
    (27, "UNTRUSTKEY"),
    (28, "AUTHINFO"),
    (29, "TRAPS"),
    (30, "ADD_TRAP"),
    (31, "CLR_TRAP"),
    (32, "REQUEST_KEY"),
    (33, "CONTROL_KEY"),
    (34, "GET_CTLSTATS"),
    (35, "GET_LEAPINFO"),
    (36, "GET_CLOCKINFO"),
    (37, "SET_CLKFUDGE"),
    (38, "GET_KERNEL"),
    (39, "GET_CLKBUGINFO"),
    (41, "SET_PRECISION"),
    (42, "MON_GETLIST_1"),
    (43, "HOSTNAME_ASSOCID"),
    (44, "IF_STATS"),
    (45, "IF_RELOAD"),
];
