//! The fields of HTTP, as Wireshark names them.

use crate::field::{Field, Kind};

crate::fields! {
    CHAT = Field::new("http.chat", "Formatted text", Kind::Label);
    BAD_NAME = Field::new("http.bad_header_name", "Illegal characters found in header name", Kind::Label);
    NOTIFICATION = Field::new("http.notification", "Notification", Kind::Bool).hidden();
    REQUEST = Field::new("http.request", "Request", Kind::Bool).hidden();
    RESPONSE = Field::new("http.response", "Response", Kind::Bool).hidden();
    REQUEST_NUMBER = Field::new("http.request_number", "Request number", Kind::Uint(32)).generated();
    RESPONSE_NUMBER = Field::new("http.response_number", "Response number", Kind::Uint(32)).generated();
    REQUEST_LINE = Field::new("http.request.line", "Request line", Kind::Text).ascii().hidden();
    RESPONSE_LINE = Field::new("http.response.line", "Response line", Kind::Text).ascii().hidden();
    METHOD = Field::new("http.request.method", "Request Method", Kind::Text).ascii();
    URI = Field::new("http.request.uri", "Request URI", Kind::Text).ascii();
    URI_PATH = Field::new("http.request.uri.path", "Request URI Path", Kind::Text).ascii();
    URI_QUERY = Field::new("http.request.uri.query", "Request URI Query", Kind::Text).ascii();
    URI_PARAMETER = Field::new("http.request.uri.query.parameter", "Request URI Query Parameter", Kind::Text).ascii();
    REQUEST_VERSION = Field::new("http.request.version", "Request Version", Kind::Text).ascii();
    RESPONSE_VERSION = Field::new("http.response.version", "Response Version", Kind::Text).ascii();
    FULL_URI = Field::new("http.request.full_uri", "Full request URI", Kind::Text).ascii().generated();
    CODE = Field::new("http.response.code", "Status Code", Kind::Uint(16));
    CODE_DESC = Field::new("http.response.code.desc", "Status Code Description", Kind::Text).ascii().generated();
    PHRASE = Field::new("http.response.phrase", "Response Phrase", Kind::Text).ascii();
    RESPONSE_FOR = Field::new("http.response_for.uri", "Request URI", Kind::Text).ascii().generated();
    ACCEPT = Field::new("http.accept", "Accept", Kind::Text).ascii();
    ACCEPT_ENCODING = Field::new("http.accept_encoding", "Accept Encoding", Kind::Text).ascii();
    ACCEPT_LANGUAGE = Field::new("http.accept_language", "Accept-Language", Kind::Text).ascii();
    AUTHORIZATION = Field::new("http.authorization", "Authorization", Kind::Text).ascii();
    CREDENTIALS = Field::new("http.authbasic", "Credentials", Kind::Text);
    CACHE_CONTROL = Field::new("http.cache_control", "Cache-Control", Kind::Text).ascii();
    CONNECTION = Field::new("http.connection", "Connection", Kind::Text).ascii();
    CONTENT_ENCODING = Field::new("http.content_encoding", "Content-Encoding", Kind::Text).ascii();
    CONTENT_LENGTH = Field::new("http.content_length", "Content length", Kind::Uint(64)).generated();
    CONTENT_LENGTH_HEADER = Field::new("http.content_length_header", "Content-Length", Kind::Text).ascii();
    CONTENT_TYPE = Field::new("http.content_type", "Content-Type", Kind::Text).ascii();
    COOKIE = Field::new("http.cookie", "Cookie", Kind::Text).ascii();
    COOKIE_PAIR = Field::new("http.cookie_pair", "Cookie pair", Kind::Text).ascii();
    DATE = Field::new("http.date", "Date", Kind::Text).ascii();
    HOST = Field::new("http.host", "Host", Kind::Text).ascii();
    LAST_MODIFIED = Field::new("http.last_modified", "Last-Modified", Kind::Text).ascii();
    LOCATION = Field::new("http.location", "Location", Kind::Text).ascii();
    PROXY_AUTHENTICATE = Field::new("http.proxy_authenticate", "Proxy-Authenticate", Kind::Text).ascii();
    PROXY_AUTHORIZATION = Field::new("http.proxy_authorization", "Proxy-Authorization", Kind::Text).ascii();
    REFERER = Field::new("http.referer", "Referer", Kind::Text).ascii();
    SERVER = Field::new("http.server", "Server", Kind::Text).ascii();
    SET_COOKIE = Field::new("http.set_cookie", "Set-Cookie", Kind::Text).ascii();
    TRANSFER_ENCODING = Field::new("http.transfer_encoding", "Transfer-Encoding", Kind::Text).ascii();
    UPGRADE = Field::new("http.upgrade", "Upgrade", Kind::Text).ascii();
    USER_AGENT = Field::new("http.user_agent", "User-Agent", Kind::Text).ascii();
    WEBSOCKET_ACCEPT = Field::new("http.sec_websocket_accept", "Sec-WebSocket-Accept", Kind::Text).ascii();
    WEBSOCKET_EXTENSIONS = Field::new("http.sec_websocket_extensions", "Sec-WebSocket-Extensions", Kind::Text).ascii();
    WEBSOCKET_KEY = Field::new("http.sec_websocket_key", "Sec-WebSocket-Key", Kind::Text).ascii();
    WEBSOCKET_PROTOCOL = Field::new("http.sec_websocket_protocol", "Sec-WebSocket-Protocol", Kind::Text).ascii();
    WEBSOCKET_VERSION = Field::new("http.sec_websocket_version", "Sec-WebSocket-Version", Kind::Text).ascii();
    WWW_AUTHENTICATE = Field::new("http.www_authenticate", "WWW-Authenticate", Kind::Text).ascii();
    X_FORWARDED_FOR = Field::new("http.x_forwarded_for", "X-Forwarded-For", Kind::Text).ascii();
    REQUEST_IN = Field::new("http.request_in", "Request in frame", Kind::FrameNo).generated();
    PREV_REQUEST = Field::new("http.prev_request_in", "Prev request in frame", Kind::FrameNo).generated();
    PREV_RESPONSE = Field::new("http.prev_response_in", "Prev response in frame", Kind::FrameNo).generated();
    // These are known only after a first pass over the capture.
    RESPONSE_IN = Field::new("http.response_in", "Response in frame", Kind::FrameNo).generated();
    NEXT_REQUEST = Field::new("http.next_request_in", "Next request in frame", Kind::FrameNo).generated();
    NEXT_RESPONSE = Field::new("http.next_response_in", "Next response in frame", Kind::FrameNo).generated();
    TIME = Field::new("http.time", "Time since request", Kind::Duration).generated();
    TUNNEL_HOST = Field::new("http.proxy_connect_host", "Proxy-Connect-Hostname", Kind::Text).ascii().generated();
    TUNNEL_PORT = Field::new("http.proxy_connect_port", "Proxy-Connect-Port", Kind::Uint(16)).generated();
    CHUNK_SIZE = Field::new("http.chunk_size", "Chunk size", Kind::Uint(32));
    CHUNK_DATA = Field::new("http.chunk_data", "Chunk data", Kind::Bytes);
    CHUNK_BOUNDARY = Field::new("http.chunk_boundary", "Chunk boundary", Kind::Bytes);
    TRAILER = Field::new("http.chunked_trailer_part", "trailer-part", Kind::Text).ascii();
    FILE_DATA = Field::new("http.file_data", "File Data", Kind::Text).ascii();
}

/// Header fields that have fields of their own.
pub(super) const HEADERS: [(&str, &Field); 30] = [
    ("accept", &ACCEPT),
    ("accept-encoding", &ACCEPT_ENCODING),
    ("accept-language", &ACCEPT_LANGUAGE),
    ("authorization", &AUTHORIZATION),
    ("cache-control", &CACHE_CONTROL),
    ("connection", &CONNECTION),
    ("content-encoding", &CONTENT_ENCODING),
    ("content-length", &CONTENT_LENGTH_HEADER),
    ("content-type", &CONTENT_TYPE),
    ("cookie", &COOKIE),
    ("date", &DATE),
    ("host", &HOST),
    ("last-modified", &LAST_MODIFIED),
    ("location", &LOCATION),
    ("proxy-authenticate", &PROXY_AUTHENTICATE),
    ("proxy-authorization", &PROXY_AUTHORIZATION),
    ("referer", &REFERER),
    ("server", &SERVER),
    ("set-cookie", &SET_COOKIE),
    ("transfer-encoding", &TRANSFER_ENCODING),
    ("upgrade", &UPGRADE),
    ("user-agent", &USER_AGENT),
    ("www-authenticate", &WWW_AUTHENTICATE),
    ("x-forwarded-for", &X_FORWARDED_FOR),
    ("proxy-connection", &CONNECTION),
    ("sec-websocket-accept", &WEBSOCKET_ACCEPT),
    ("sec-websocket-extensions", &WEBSOCKET_EXTENSIONS),
    ("sec-websocket-key", &WEBSOCKET_KEY),
    ("sec-websocket-protocol", &WEBSOCKET_PROTOCOL),
    ("sec-websocket-version", &WEBSOCKET_VERSION),
];

/// Reason phrases of the status codes.
pub(super) const CODES: [(u16, &str); 61] = [
    (100, "Continue"),
    (101, "Switching Protocols"),
    (102, "Processing"),
    (103, "Early Hints"),
    (200, "OK"),
    (201, "Created"),
    (202, "Accepted"),
    (203, "Non-authoritative Information"),
    (204, "No Content"),
    (205, "Reset Content"),
    (206, "Partial Content"),
    (207, "Multi-Status"),
    (208, "Already Reported"),
    (226, "IM Used"),
    (300, "Multiple Choices"),
    (301, "Moved Permanently"),
    (302, "Found"),
    (303, "See Other"),
    (304, "Not Modified"),
    (305, "Use Proxy"),
    (307, "Temporary Redirect"),
    (308, "Permanent Redirect"),
    (400, "Bad Request"),
    (401, "Unauthorized"),
    (402, "Payment Required"),
    (403, "Forbidden"),
    (404, "Not Found"),
    (405, "Method Not Allowed"),
    (406, "Not Acceptable"),
    (407, "Proxy Authentication Required"),
    (408, "Request Time-out"),
    (409, "Conflict"),
    (410, "Gone"),
    (411, "Length Required"),
    (412, "Precondition Failed"),
    (413, "Request Entity Too Large"),
    (414, "Request-URI Too Long"),
    (415, "Unsupported Media Type"),
    (416, "Requested Range Not Satisfiable"),
    (417, "Expectation Failed"),
    (418, "I'm a teapot"),
    (421, "Misdirected Request"),
    (422, "Unprocessable Entity"),
    (423, "Locked"),
    (424, "Failed Dependency"),
    (425, "Too Early"),
    (426, "Upgrade Required"),
    (428, "Precondition Required"),
    (429, "Too Many Requests"),
    (431, "Request Header Fields Too Large"),
    (451, "Unavailable For Legal Reasons"),
    (500, "Internal Server Error"),
    (501, "Not Implemented"),
    (502, "Bad Gateway"),
    (503, "Service Unavailable"),
    (504, "Gateway Time-out"),
    (505, "HTTP Version not supported"),
    (506, "Variant Also Negotiates"),
    (507, "Insufficient Storage"),
    (508, "Loop Detected"),
    (510, "Not Extended"),
];

/// What a status code means, if it has a name.
pub(in crate::dissect) fn status_name(code: u16) -> Option<&'static str> {
    CODES.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
}
