//! The fields of a frame, by the names of Wireshark.

use super::frame::TYPES;
use crate::field::{Field, Kind, Names};

/// RFC 9113, section 6.5.2, and RFC 8441, section 3.
pub(super) const SETTINGS_NAMES: Names = &[
    (1, "Header table size"),
    (2, "Enable PUSH"),
    (3, "Max concurrent streams"),
    (4, "Initial Windows size"),
    (5, "Max frame size"),
    (6, "Max header list size"),
    (8, "Extended CONNECT"),
];

/// RFC 9113, section 7.
const ERRORS: Names = &[
    (0, "NO_ERROR"),
    (1, "PROTOCOL_ERROR"),
    (2, "INTERNAL_ERROR"),
    (3, "FLOW_CONTROL_ERROR"),
    (4, "SETTINGS_TIMEOUT"),
    (5, "STREAM_CLOSED"),
    (6, "FRAME_SIZE_ERROR"),
    (7, "REFUSED_STREAM"),
    (8, "CANCEL"),
    (9, "COMPRESSION_ERROR"),
    (10, "CONNECT_ERROR"),
    (11, "ENHANCE_YOUR_CALM"),
    (12, "INADEQUATE_SECURITY"),
    (13, "HTTP_1_1_REQUIRED"),
];

const RESERVED: u64 = 0x8000_0000;
const NUMBER: u64 = 0x7fff_ffff;

crate::fields! {
    STREAM = Field::new("http2.stream", "Stream", Kind::Label);
    MAGIC = Field::new("http2.magic", "Magic", Kind::Text);
    LENGTH = Field::new("http2.length", "Length", Kind::Uint(24));
    TYPE = Field::new("http2.type", "Type", Kind::Uint(8)).names(TYPES);
    FLAGS = Field::new("http2.flags", "Flags", Kind::Uint(8)).hex();
    FLAG_END_STREAM = Field::new("http2.flags.end_stream", "End Stream", Kind::Bool).mask(0x01);
    FLAG_END_HEADERS = Field::new("http2.flags.eh", "End Headers", Kind::Bool).mask(0x04);
    FLAG_PADDED = Field::new("http2.flags.padded", "Padded", Kind::Bool).mask(0x08);
    FLAG_PRIORITY = Field::new("http2.flags.priority", "Priority", Kind::Bool).mask(0x20);
    FLAG_PING_ACK = Field::new("http2.flags.ack.ping", "ACK", Kind::Bool).mask(0x01);
    FLAG_SETTINGS_ACK = Field::new("http2.flags.ack.settings", "ACK", Kind::Bool).mask(0x01);
    UNUSED = Field::new("http2.flags.unused", "Unused", Kind::Uint(8)).hex().mask(0xff);
    UNUSED_SETTINGS = Field::new("http2.flags.unused_settings", "Unused", Kind::Uint(8)).hex().mask(0xfe);
    UNUSED_PING = Field::new("http2.flags.unused_ping", "Unused", Kind::Uint(8)).hex().mask(0xfe);
    UNUSED_CONTINUATION = Field::new("http2.flags.unused_continuation", "Unused", Kind::Uint(8)).hex().mask(0xfb);
    UNUSED_PUSH_PROMISE = Field::new("http2.flags.unused_push_promise", "Unused", Kind::Uint(8)).hex().mask(0xf3);
    UNUSED_DATA = Field::new("http2.flags.unused_data", "Unused", Kind::Uint(8)).hex().mask(0xf6);
    UNUSED_HEADERS = Field::new("http2.flags.unused_headers", "Unused", Kind::Uint(8)).hex().mask(0xd2);
    RESERVED_BIT = Field::new("http2.r", "Reserved", Kind::Uint(32)).hex().mask(RESERVED);
    STREAM_ID = Field::new("http2.streamid", "Stream Identifier", Kind::Uint(32)).mask(NUMBER);
    PADDING = Field::new("http2.padding", "Pad Length", Kind::Uint(8)).hex();
    PAD_LENGTH = Field::new("http2.pad_length", "Pad Length", Kind::Uint(16)).generated();
    EXCLUSIVE = Field::new("http2.exclusive", "Exclusive", Kind::Bool).mask(RESERVED);
    DEPENDENCY = Field::new("http2.stream_dependency", "Stream Dependency", Kind::Uint(32)).mask(NUMBER);
    WEIGHT = Field::new("http2.headers.weight", "Weight", Kind::Uint(8));
    WEIGHT_REAL = Field::new("http2.headers.weight_real", "Weight real", Kind::Uint(8)).generated();
    BODY = Field::new("http2.data.data", "Data", Kind::Bytes);
    BODY_PADDING = Field::new("http2.data.padding", "Padding", Kind::Bytes);
    FRAGMENTS = Field::new("http2.body.fragments", "Body fragments", Kind::Label);
    FRAGMENT = Field::new("http2.body.fragment", "Body fragment", Kind::FrameNo);
    FRAGMENT_COUNT = Field::new("http2.body.fragment.count", "Body fragment count", Kind::Uint(32)).generated();
    WHOLE_LENGTH = Field::new("http2.body.reassembled.length", "Reassembled body length", Kind::Uint(32)).generated();
    WHOLE_DATA = Field::new("http2.body.reassembled.data", "Reassembled body data", Kind::Bytes).generated();
    HEADER_BLOCK = Field::new("http2.headers", "Header Block Fragment", Kind::Bytes);
    HEADERS_PADDING = Field::new("http2.headers.padding", "Padding", Kind::Bytes);
    ITEM = Field::new("http2.header", "Header", Kind::Label);
    HEADER_LENGTH = Field::new("http2.header.length", "Header Length", Kind::Uint(32)).generated();
    HEADER_COUNT = Field::new("http2.header.count", "Header Count", Kind::Uint(32)).generated();
    NAME_LENGTH = Field::new("http2.header.name.length", "Name Length", Kind::Uint(32));
    NAME = Field::new("http2.header.name", "Name", Kind::Text);
    VALUE_LENGTH = Field::new("http2.header.value.length", "Value Length", Kind::Uint(32));
    VALUE = Field::new("http2.header.value", "Value", Kind::Text);
    UNESCAPED = Field::new("http2.header.unescaped", "Unescaped", Kind::Text).generated();
    WORDING = Field::new("http2.header.repr", "Representation", Kind::Text);
    INDEX = Field::new("http2.header.index", "Index", Kind::Uint(32));
    TABLE_SIZE_UPDATE = Field::new("http2.header_table_size_update", "Header table size update", Kind::Label);
    NEW_TABLE_SIZE = Field::new("http2.header_table_size_update.header_table_size", "Header table size", Kind::Uint(32));
    FULL_URI = Field::new("http2.request.full_uri", "Full request URI", Kind::Text).generated();
    RESET_ERROR = Field::new("http2.rst_stream.error", "Error", Kind::Uint(32)).names(ERRORS);
    SETTING = Field::new("http2.settings", "Settings", Kind::Label);
    SETTING_ID = Field::new("http2.settings.id", "Settings Identifier", Kind::Uint(16)).names(SETTINGS_NAMES);
    TABLE_SIZE = Field::new("http2.settings.header_table_size", "Header table size", Kind::Uint(32));
    ENABLE_PUSH = Field::new("http2.settings.enable_push", "Enable PUSH", Kind::Uint(32));
    MAX_STREAMS = Field::new("http2.settings.max_concurrent_streams", "Max concurrent streams", Kind::Uint(32));
    INITIAL_WINDOW = Field::new("http2.settings.initial_window_size", "Initial Windows Size", Kind::Uint(32));
    MAX_FRAME = Field::new("http2.settings.max_frame_size", "Max frame size", Kind::Uint(32));
    MAX_LIST = Field::new("http2.settings.max_header_list_size", "Max header list size", Kind::Uint(32));
    EXTENDED_CONNECT = Field::new("http2.settings.extended_connect", "Extended CONNECT", Kind::Uint(32));
    UNKNOWN_SETTING = Field::new("http2.settings.unknown", "Unknown Settings", Kind::Uint(32));
    PROMISED_RESERVED = Field::new("http2.push_promise.r", "Reserved", Kind::Uint(32)).hex().mask(RESERVED);
    PROMISED_STREAM =
        Field::new("http2.push_promise.promised_stream_id", "Promised-Stream-ID", Kind::Uint(32)).mask(NUMBER);
    PROMISED_BLOCK = Field::new("http2.push_promise.header", "Header Block Fragment", Kind::Bytes);
    PROMISED_PADDING = Field::new("http2.push_promise.padding", "Padding", Kind::Bytes);
    PING_DATA = Field::new("http2.ping", "Ping", Kind::Bytes);
    PONG_DATA = Field::new("http2.pong", "Pong", Kind::Bytes);
    GOAWAY_RESERVED = Field::new("http2.goway.r", "Reserved", Kind::Uint(32)).hex().mask(RESERVED);
    LAST_STREAM = Field::new("http2.goaway.last_stream_id", "Last-Stream-ID", Kind::Uint(32)).mask(NUMBER);
    GOAWAY_ERROR = Field::new("http2.goaway.error", "Error", Kind::Uint(32)).names(ERRORS);
    DEBUG_DATA = Field::new("http2.goaway.addata", "Additional Debug Data", Kind::Bytes);
    WINDOW_RESERVED = Field::new("http2.window_update.r", "Reserved", Kind::Uint(32)).hex().mask(RESERVED);
    INCREMENT =
        Field::new("http2.window_update.window_size_increment", "Window Size Increment", Kind::Uint(32)).mask(NUMBER);
    CONTINUED_BLOCK = Field::new("http2.continuation.header", "Continuation Header", Kind::Text);
    CONTINUED_PADDING = Field::new("http2.continuation.padding", "Padding", Kind::Bytes);
    ALTSVC_ORIGIN_LENGTH = Field::new("http2.altsvc.origin.len", "Origin Length", Kind::Uint(16));
    ALTSVC_ORIGIN = Field::new("http2.altsvc.origin", "Origin", Kind::Text);
    ALTSVC_VALUE = Field::new("http2.altsvc.field_value", "Field/Value", Kind::Text);
    ORIGIN_ENTRY = Field::new("http2.origin", "Origin", Kind::Label);
    ORIGIN_LENGTH = Field::new("http2.origin.origin_len", "Origin Length", Kind::Uint(16));
    ORIGIN_NAME = Field::new("http2.origin.origin", "Origin", Kind::Text);
    PRIORITY_STREAM = Field::new("http2.priority_update_stream_id", "Priority Update Stream ID", Kind::Uint(64));
    PRIORITY_VALUE = Field::new("http2.priority_update_field_value", "Priority Update Field Value", Kind::Text);
    UNKNOWN = Field::new("http2.unknown", "Unknown", Kind::Bytes);
    NAMED_AUTHORITY = Field::new("http2.headers.authority", ":authority", Kind::Text);
    NAMED_STATUS = Field::new("http2.headers.status", ":status", Kind::Uint(16));
    NAMED_PATH = Field::new("http2.headers.path", ":path", Kind::Text);
    NAMED_METHOD = Field::new("http2.headers.method", ":method", Kind::Text);
    NAMED_SCHEME = Field::new("http2.headers.scheme", ":scheme", Kind::Text);
    NAMED_ACCEPT = Field::new("http2.headers.accept", "accept", Kind::Text);
    NAMED_ACCEPT_CHARSET = Field::new("http2.headers.accept_charset", "accept-charset", Kind::Text);
    NAMED_ACCEPT_ENCODING = Field::new("http2.headers.accept_encoding", "accept-encoding", Kind::Text);
    NAMED_ACCEPT_LANGUAGE = Field::new("http2.headers.accept_language", "accept-language", Kind::Text);
    NAMED_ACCEPT_RANGES = Field::new("http2.headers.accept_ranges", "accept-ranges", Kind::Text);
    NAMED_ACCESS_CONTROL_ALLOW_ORIGIN = Field::new("http2.headers.access_control_allow_origin", "access-control-allow-origin", Kind::Text);
    NAMED_AGE = Field::new("http2.headers.age", "age", Kind::Uint(64));
    NAMED_ALLOW = Field::new("http2.headers.allow", "allow", Kind::Text);
    NAMED_AUTHORIZATION = Field::new("http2.headers.authorization", "authorization", Kind::Text);
    NAMED_CACHE_CONTROL = Field::new("http2.headers.cache_control", "cache-control", Kind::Text);
    NAMED_CONTENT_DISPOSITION = Field::new("http2.headers.content_disposition", "content-disposition", Kind::Text);
    NAMED_CONTENT_ENCODING = Field::new("http2.headers.content_encoding", "content-encoding", Kind::Text);
    NAMED_CONTENT_LANGUAGE = Field::new("http2.headers.content_language", "content-language", Kind::Text);
    NAMED_CONTENT_LENGTH = Field::new("http2.headers.content_length", "content-length", Kind::Uint(64));
    NAMED_CONTENT_LOCATION = Field::new("http2.headers.content_location", "content-location", Kind::Text);
    NAMED_CONTENT_RANGE = Field::new("http2.headers.content_range", "content-range", Kind::Text);
    NAMED_CONTENT_TYPE = Field::new("http2.headers.content_type", "content-type", Kind::Text);
    NAMED_COOKIE = Field::new("http2.headers.cookie", "cookie", Kind::Text);
    NAMED_DATE = Field::new("http2.headers.date", "date", Kind::Text);
    NAMED_ETAG = Field::new("http2.headers.etag", "etag", Kind::Text);
    NAMED_EXPECT = Field::new("http2.headers.expect", "expect", Kind::Text);
    NAMED_EXPIRES = Field::new("http2.headers.expires", "expires", Kind::Text);
    NAMED_FROM = Field::new("http2.headers.from", "from", Kind::Text);
    NAMED_IF_MATCH = Field::new("http2.headers.if_match", "if-match", Kind::Text);
    NAMED_IF_MODIFIED_SINCE = Field::new("http2.headers.if_modified_since", "if-modified-since", Kind::Text);
    NAMED_IF_NONE_MATCH = Field::new("http2.headers.if_none_match", "if-none-match", Kind::Text);
    NAMED_IF_RANGE = Field::new("http2.headers.if_range", "if-range", Kind::Text);
    NAMED_IF_UNMODIFIED_SINCE = Field::new("http2.headers.if_unmodified_since", "if-unmodified-since", Kind::Text);
    NAMED_LAST_MODIFIED = Field::new("http2.headers.last_modified", "last-modified", Kind::Text);
    NAMED_LINK = Field::new("http2.headers.link", "link", Kind::Text);
    NAMED_LOCATION = Field::new("http2.headers.location", "location", Kind::Text);
    NAMED_MAX_FORWARDS = Field::new("http2.headers.max_forwards", "max-forwards", Kind::Uint(64));
    NAMED_PROXY_AUTHENTICATE = Field::new("http2.headers.proxy_authenticate", "proxy-authenticate", Kind::Text);
    NAMED_PROXY_AUTHORIZATION = Field::new("http2.headers.proxy_authorization", "proxy-authorization", Kind::Text);
    NAMED_RANGE = Field::new("http2.headers.range", "range", Kind::Text);
    NAMED_REFERER = Field::new("http2.headers.referer", "referer", Kind::Text);
    NAMED_REFRESH = Field::new("http2.headers.refresh", "refresh", Kind::Text);
    NAMED_RETRY_AFTER = Field::new("http2.headers.retry_after", "retry-after", Kind::Text);
    NAMED_SERVER = Field::new("http2.headers.server", "server", Kind::Text);
    NAMED_SET_COOKIE = Field::new("http2.headers.set_cookie", "set-cookie", Kind::Text);
    NAMED_STRICT_TRANSPORT_SECURITY = Field::new("http2.headers.strict_transport_security", "strict-transport-security", Kind::Text);
    NAMED_USER_AGENT = Field::new("http2.headers.user_agent", "user-agent", Kind::Text);
    NAMED_VARY = Field::new("http2.headers.vary", "vary", Kind::Text);
    NAMED_VIA = Field::new("http2.headers.via", "via", Kind::Text);
    NAMED_WWW_AUTHENTICATE = Field::new("http2.headers.www_authenticate", "www-authenticate", Kind::Text);
}

/// The header fields that have a field of their own.
pub(super) static NAMED: &[(&str, &Field)] = &[
    (":authority", &NAMED_AUTHORITY),
    (":status", &NAMED_STATUS),
    (":path", &NAMED_PATH),
    (":method", &NAMED_METHOD),
    (":scheme", &NAMED_SCHEME),
    ("accept", &NAMED_ACCEPT),
    ("accept-charset", &NAMED_ACCEPT_CHARSET),
    ("accept-encoding", &NAMED_ACCEPT_ENCODING),
    ("accept-language", &NAMED_ACCEPT_LANGUAGE),
    ("accept-ranges", &NAMED_ACCEPT_RANGES),
    ("access-control-allow-origin", &NAMED_ACCESS_CONTROL_ALLOW_ORIGIN),
    ("age", &NAMED_AGE),
    ("allow", &NAMED_ALLOW),
    ("authorization", &NAMED_AUTHORIZATION),
    ("cache-control", &NAMED_CACHE_CONTROL),
    ("content-disposition", &NAMED_CONTENT_DISPOSITION),
    ("content-encoding", &NAMED_CONTENT_ENCODING),
    ("content-language", &NAMED_CONTENT_LANGUAGE),
    ("content-length", &NAMED_CONTENT_LENGTH),
    ("content-location", &NAMED_CONTENT_LOCATION),
    ("content-range", &NAMED_CONTENT_RANGE),
    ("content-type", &NAMED_CONTENT_TYPE),
    ("cookie", &NAMED_COOKIE),
    ("date", &NAMED_DATE),
    ("etag", &NAMED_ETAG),
    ("expect", &NAMED_EXPECT),
    ("expires", &NAMED_EXPIRES),
    ("from", &NAMED_FROM),
    ("if-match", &NAMED_IF_MATCH),
    ("if-modified-since", &NAMED_IF_MODIFIED_SINCE),
    ("if-none-match", &NAMED_IF_NONE_MATCH),
    ("if-range", &NAMED_IF_RANGE),
    ("if-unmodified-since", &NAMED_IF_UNMODIFIED_SINCE),
    ("last-modified", &NAMED_LAST_MODIFIED),
    ("link", &NAMED_LINK),
    ("location", &NAMED_LOCATION),
    ("max-forwards", &NAMED_MAX_FORWARDS),
    ("proxy-authenticate", &NAMED_PROXY_AUTHENTICATE),
    ("proxy-authorization", &NAMED_PROXY_AUTHORIZATION),
    ("range", &NAMED_RANGE),
    ("referer", &NAMED_REFERER),
    ("refresh", &NAMED_REFRESH),
    ("retry-after", &NAMED_RETRY_AFTER),
    ("server", &NAMED_SERVER),
    ("set-cookie", &NAMED_SET_COOKIE),
    ("strict-transport-security", &NAMED_STRICT_TRANSPORT_SECURITY),
    ("user-agent", &NAMED_USER_AGENT),
    ("vary", &NAMED_VARY),
    ("via", &NAMED_VIA),
    ("www-authenticate", &NAMED_WWW_AUTHENTICATE),
];

/// The field of a setting.
pub(super) fn of_setting(id: u16) -> &'static Field {
    match id {
        1 => &TABLE_SIZE,
        2 => &ENABLE_PUSH,
        3 => &MAX_STREAMS,
        4 => &INITIAL_WINDOW,
        5 => &MAX_FRAME,
        6 => &MAX_LIST,
        8 => &EXTENDED_CONNECT,
        _ => &UNKNOWN_SETTING,
    }
}
