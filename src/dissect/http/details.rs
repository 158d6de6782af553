//! The fields of a message.

use super::body;
use super::head::{self, Head, HeaderField, Part, Start};
use super::{HttpFacts, PROTOCOL};
use crate::dissect::expert::{Severity, remark};
use crate::dissect::{Context, Flow, Layer, Proto, media};
use crate::field::{At, Field, Kind, Value, Visit};

crate::fields! {
    CHAT = Field::new("http.chat", "Formatted text", Kind::Label);
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
    WWW_AUTHENTICATE = Field::new("http.www_authenticate", "WWW-Authenticate", Kind::Text).ascii();
    X_FORWARDED_FOR = Field::new("http.x_forwarded_for", "X-Forwarded-For", Kind::Text).ascii();
    REQUEST_IN = Field::new("http.request_in", "Request in frame", Kind::FrameNo).generated();
    PREV_REQUEST = Field::new("http.prev_request_in", "Prev request in frame", Kind::FrameNo).generated();
    PREV_RESPONSE = Field::new("http.prev_response_in", "Prev response in frame", Kind::FrameNo).generated();
    TIME = Field::new("http.time", "Time since request", Kind::Duration).generated();
    CHUNK_SIZE = Field::new("http.chunk_size", "Chunk size", Kind::Uint(32));
    CHUNK_DATA = Field::new("http.chunk_data", "Chunk data", Kind::Bytes);
    CHUNK_BOUNDARY = Field::new("http.chunk_boundary", "Chunk boundary", Kind::Bytes);
    TRAILER = Field::new("http.chunked_trailer_part", "trailer-part", Kind::Text).ascii();
    FILE_DATA = Field::new("http.file_data", "File Data", Kind::Text).ascii();
}

/// Header fields that are fields of the filter language, too.
const HEADERS: [(&str, &Field); 25] = [
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
];

/// What a status code means.
const CODES: [(u16, &str); 61] = [
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

/// How much of a continuation looks like header fields.
pub(super) fn continued_head(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(line) = head::line(bytes, at) {
        let text = line.text.bytes;
        let named = memchr::memchr(b':', text).and_then(|colon| text.get(..colon));
        let is_token = |b: &u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b);
        if !text.is_empty() && !named.is_some_and(|n| !n.is_empty() && n.iter().all(is_token)) {
            break;
        }
        at += line.len;
        if text.is_empty() {
            break;
        }
    }
    at
}

/// Everything a part of the walk needs.
struct Message<'a, 'l> {
    bytes: &'a [u8],
    layer: &'l Layer,
    head: Head<'a>,
    facts: HttpFacts,
}

impl Message<'_, '_> {
    fn at(&self, offset: usize, len: usize) -> At {
        At { source: self.layer.source, start: self.layer.start + offset as u32, len: len as u32 }
    }
    fn part(&self, part: Part<'_>) -> At {
        self.at(part.at, part.bytes.len())
    }
}

pub(super) fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Flow {
    let bytes = ctx.layer_bytes(layer);
    let whole = At { len: bytes.len() as u32, ..layer.header_at() };
    v.field(&PROTOCOL.field, whole, Value::Bytes(bytes))?;
    v.open();
    let messages = ctx.layers.before(layer).iter().filter(|l| l.proto == Proto::Http && l.start < l.end);
    let facts = ctx.facts.app.and_then(|app| app.http.get(messages.count())).cloned().unwrap_or_default();
    let head = Head::read(bytes).unwrap_or(Head { len: continued_head(bytes), ..Head::default() });
    let m = Message { bytes, layer, head, facts };
    first_line(&m, v)?;
    header_fields(&m, v)?;
    exchange(&m, v)?;
    if m.head.chunked {
        chunks(&m, v)?;
    }
    file_data(ctx, &m, v)?;
    v.close();
    Flow::Continue(())
}

fn first_line(m: &Message<'_, '_>, v: &mut dyn Visit) -> Flow {
    let Some(start) = m.head.start else { return Flow::Continue(()) };
    let Some(line) = head::line(m.bytes, head::leading_crlf(m.bytes)) else { return Flow::Continue(()) };
    let whole = m.bytes.get(line.text.at..line.text.at + line.len).unwrap_or(&[]);
    let text = String::from_utf8_lossy(whole);
    v.text(m.at(line.text.at, line.len), format_args!("{text}"))?;
    v.open();
    remark(&CHAT, m.at(0, 0), Severity::Chat, "Sequence", &text, v)?;
    match start {
        Start::Request { method, uri, version } => {
            v.field(&METHOD, m.part(method), Value::Text(method.bytes))?;
            v.field(&URI, m.part(uri), Value::Text(uri.bytes))?;
            uri_parts(m, uri, v)?;
            v.field(&REQUEST_VERSION, m.part(version), Value::Text(version.bytes))?;
        }
        Start::Response { version, code, phrase } => {
            v.field(&RESPONSE_VERSION, m.part(version), Value::Text(version.bytes))?;
            if let Some(number) = head::code_of(code.bytes) {
                v.field(&CODE, m.part(code), Value::Uint(number.into()))?;
                let desc = CODES.iter().find(|(c, _)| *c == number).map_or("Unknown", |(_, d)| d);
                v.field(&CODE_DESC, m.part(code), Value::Text(desc.as_bytes()))?;
            }
            if !phrase.bytes.is_empty() {
                v.field(&PHRASE, m.part(phrase), Value::Text(phrase.bytes))?;
            }
        }
    }
    v.close();
    Flow::Continue(())
}

/// The path and the query of a target that has a query.
fn uri_parts(m: &Message<'_, '_>, uri: Part<'_>, v: &mut dyn Visit) -> Flow {
    let Some(mark) = memchr::memchr(b'?', uri.bytes) else { return Flow::Continue(()) };
    let (path, query) = uri.bytes.split_at(mark);
    let query = query.get(1..).unwrap_or(&[]);
    v.open();
    v.field(&URI_PATH, m.at(uri.at, path.len()), Value::Text(path))?;
    v.field(&URI_QUERY, m.at(uri.at + mark + 1, query.len()), Value::Text(query))?;
    v.open();
    let mut at = uri.at + mark + 1;
    for parameter in query.split(|b| *b == b'&') {
        if !parameter.is_empty() {
            v.field(&URI_PARAMETER, m.at(at, parameter.len()), Value::Text(parameter))?;
        }
        at += parameter.len() + 1;
    }
    v.close();
    v.close();
    Flow::Continue(())
}

fn header_fields(m: &Message<'_, '_>, v: &mut dyn Visit) -> Flow {
    let lead = head::leading_crlf(m.bytes);
    let from = match m.head.start {
        Some(_) => lead + head::line(m.bytes, lead).map_or(0, |l| l.len),
        None => 0,
    };
    let request = super::is_request(&m.head);
    let mut end = from;
    for field in head::header_fields(m.bytes, from, m.head.len) {
        end = field.whole.at + field.whole.bytes.len();
        one_header(m, &field, request, v)?;
    }
    match m.bytes.get(end..m.head.len) {
        Some(rest) if !rest.is_empty() => v.text(m.at(end, rest.len()), format_args!("\r\n")),
        _ => Flow::Continue(()),
    }
}

fn one_header(
    m: &Message<'_, '_>,
    field: &HeaderField<'_>,
    request: Option<bool>,
    v: &mut dyn Visit,
) -> Flow {
    let (at, text) = (m.part(field.whole), String::from_utf8_lossy(field.whole.bytes));
    let line = match request {
        Some(false) => &RESPONSE_LINE,
        _ => &REQUEST_LINE,
    };
    let known = HEADERS.iter().find(|(name, _)| field.is(name)).map(|(_, f)| *f);
    let value = Value::Text(field.value.bytes);
    match known {
        Some(known) => v.line(known, at, value, format_args!("{text}"))?,
        None => v.text(at, format_args!("{text}"))?,
    }
    if known == Some(&CONTENT_LENGTH_HEADER)
        && let Some(n) = head::number(field.value.bytes)
    {
        v.open();
        v.field(&CONTENT_LENGTH, at, Value::Uint(n))?;
        v.close();
    }
    if known == Some(&COOKIE) {
        cookies(m, field, v)?;
    }
    match request {
        Some(_) => v.field(line, at, Value::Text(field.whole.bytes)),
        None => Flow::Continue(()),
    }
}

fn cookies(m: &Message<'_, '_>, field: &HeaderField<'_>, v: &mut dyn Visit) -> Flow {
    let mut at = field.value.at;
    v.open();
    for pair in field.value.bytes.split(|b| *b == b';') {
        let blanks = pair.iter().take_while(|b| **b == b' ').count();
        let text = pair.get(blanks..).unwrap_or(&[]);
        if !text.is_empty() {
            v.field(&COOKIE_PAIR, m.at(at + blanks, text.len()), Value::Text(text))?;
        }
        at += pair.len() + 1;
    }
    v.close();
    Flow::Continue(())
}

/// How the message stands among the others of the conversation.
fn exchange(m: &Message<'_, '_>, v: &mut dyn Visit) -> Flow {
    let Some(request) = super::is_request(&m.head) else { return Flow::Continue(()) };
    let (at, f) = (m.at(0, 0), &m.facts);
    if request && !f.uri.is_empty() {
        v.field(&FULL_URI, at, Value::Text(&f.uri))?;
    }
    let (kind, number, word) = match request {
        true => (&REQUEST, &REQUEST_NUMBER, "request"),
        false => (&RESPONSE, &RESPONSE_NUMBER, "response"),
    };
    v.field(kind, at, Value::Bool(true))?;
    // In one pass, this is the last one known.
    v.line(number, at, Value::Uint(f.number.into()), format_args!("[HTTP {word} {0}/{0}]", f.number))?;
    if let Some((_, time)) = f.request {
        v.field(&TIME, at, Value::Duration(time))?;
    }
    for (field, frame) in [
        (&PREV_REQUEST, f.prev_request),
        (&PREV_RESPONSE, f.prev_response),
        (&REQUEST_IN, f.request.map(|(frame, _)| frame)),
    ] {
        if let Some(frame) = frame {
            v.field(field, at, Value::Uint(frame))?;
        }
    }
    if !request && !f.uri.is_empty() {
        v.field(&RESPONSE_FOR, at, Value::Text(&f.uri))?;
    }
    Flow::Continue(())
}

fn chunks(m: &Message<'_, '_>, v: &mut dyn Visit) -> Flow {
    let mut at = m.head.len;
    let whole = m.at(at, m.bytes.len().saturating_sub(at));
    let word = if super::is_request(&m.head) == Some(true) { "request" } else { "response" };
    v.text(whole, format_args!("HTTP chunked {word}"))?;
    v.open();
    while let Ok(chunk) = body::chunk(m.bytes, at) {
        let size = Value::Uint(chunk.size as u64);
        let digits = m.at(chunk.start, chunk.data - chunk.start);
        let octets = format_args!("Chunk size: {} octets", chunk.size);
        if chunk.size == 0 {
            v.text(digits, format_args!("End of chunked encoding"))?;
            v.open();
            v.line(&CHUNK_SIZE, digits, size, octets)?;
            v.close();
            trailers(m, chunk.data, v)?;
            break;
        }
        let end = m.bytes.len().min(chunk.data + chunk.size);
        let data = m.bytes.get(chunk.data..end).unwrap_or(&[]);
        let next = m.bytes.len().min(end + 2);
        v.text(m.at(chunk.start, next - chunk.start), format_args!("Data chunk ({} octets)", chunk.size))?;
        v.open();
        v.line(&CHUNK_SIZE, digits, size, octets)?;
        v.field(&CHUNK_DATA, m.at(chunk.data, data.len()), Value::Bytes(data))?;
        let boundary = m.bytes.get(end..next).unwrap_or(&[]);
        v.field(&CHUNK_BOUNDARY, m.at(end, boundary.len()), Value::Bytes(boundary))?;
        v.close();
        at = chunk.data + chunk.size + 2;
    }
    v.close();
    Flow::Continue(())
}

fn trailers(m: &Message<'_, '_>, mut at: usize, v: &mut dyn Visit) -> Flow {
    while let Some(line) = head::line(m.bytes, at) {
        let whole = m.bytes.get(at..at + line.len).unwrap_or(&[]);
        if line.text.bytes.is_empty() {
            return v.text(m.at(at, line.len), format_args!("\r\n"));
        }
        v.field(&TRAILER, m.at(at, line.len), Value::Text(whole))?;
        at += line.len;
    }
    Flow::Continue(())
}

/// The body as it is after chunks and compression are undone.
fn file_data(ctx: &Context<'_>, m: &Message<'_, '_>, v: &mut dyn Visit) -> Flow {
    let after = ctx.layers.after(m.layer).first().filter(|l| media::is_body(l.proto));
    let Some(content) = after.map(|l| (l, ctx.layer_bytes(l))).filter(|(_, b)| !b.is_empty()) else {
        return Flow::Continue(());
    };
    let (layer, bytes) = content;
    if let Some(coding) = m.head.content_encoding.filter(|_| layer.source != m.layer.source) {
        let packed = m.bytes.len().saturating_sub(m.head.len);
        let name = String::from_utf8_lossy(coding);
        let text =
            format_args!("Content-encoded entity body ({name}): {packed} bytes -> {} bytes", bytes.len());
        v.text(m.at(m.head.len, packed), text)?;
    }
    let at = At { source: layer.source, start: layer.start, len: bytes.len() as u32 };
    v.line(&FILE_DATA, at, Value::Text(bytes), format_args!("File Data: {} bytes", bytes.len()))
}
