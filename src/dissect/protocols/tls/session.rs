//! What a TLS connection has agreed on so far, and the walk over its records that keeps this up to date.
//!
//! [`Session`] is small and copied: the conversation keeps the state before each frame, and showing a frame means
//! walking over its records again from that state.

use super::piece::{Piece, Pieces};
use super::{hello, names};
use crate::direction::Direction;
use crate::dissect::facts::tls::{Partial, Session};
use crate::dissect::reading::read::Read;

/// Length of a record's header (RFC 8446, section 5.1).
pub(super) const HEADER: usize = 5;

/// Content types of records.
pub(super) mod content {
    pub(in super::super) const CHANGE_CIPHER_SPEC: u8 = 20;
    pub(in super::super) const ALERT: u8 = 21;
    pub(in super::super) const HANDSHAKE: u8 = 22;
    pub(in super::super) const APPLICATION_DATA: u8 = 23;
    pub(in super::super) const HEARTBEAT: u8 = 24;
    pub(in super::super) const CONNECTION_ID: u8 = 25;
}

/// Where the records at the beginning of some bytes end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// After this many bytes, which are one or more complete records, or bytes that are no records and shown as such.
    Complete(usize),
    /// The next record is not complete; it ends after at least this many bytes.
    NeedMore(usize),
    /// Nowhere: the bytes are not TLS.
    Foreign,
}

/// Whether bytes between unknown ports begin with a record.
pub(super) fn looks_like_tls(bytes: &[u8]) -> bool {
    /// The longest record in bytes: 2^14, and 2048 that encryption may add (RFC 5246, section 6.2.3).
    const LONGEST: u16 = (1 << 14) + 2048;
    let (Some(kind), Some(version), Some(len)) = (bytes.u8(0), bytes.u16(1), bytes.u16(3)) else {
        return false;
    };
    matches!(kind, content::ALERT..=content::APPLICATION_DATA)
        && is_version(version)
        && (1..=LONGEST).contains(&len)
}

/// Whether a version may be in the header of a record: SSL 3.0 to TLS 1.2.
fn is_version(version: u16) -> bool {
    (0x0300..=0x0303).contains(&version)
}

fn is_content(kind: u8) -> bool {
    matches!(kind, content::CHANGE_CIPHER_SPEC..=content::CONNECTION_ID)
}

/// Whether bytes begin with four printable characters. Such bytes are no TLS, so that another protocol may take them.
fn is_text(bytes: &[u8]) -> bool {
    bytes.get(..4).is_some_and(|start| start.iter().all(|b| b.is_ascii_graphic() || *b == b' '))
}

/// The length of an SSL 2.0 Client Hello with its header, if `bytes` begin with one (RFC 5246, appendix E.2).
pub(super) fn ssl2_hello(bytes: &[u8]) -> Option<usize> {
    let len = bytes.u16(0)?;
    let version = bytes.u16(3)?;
    let [specs, session, challenge] = [bytes.u16(5)?, bytes.u16(7)?, bytes.u16(9)?].map(usize::from);
    let own = usize::from(len & 0x7fff);
    let fits = specs % 3 == 0 && 9 + specs + session + challenge == own;
    (len & 0x8000 != 0 && bytes.u8(2)? == 1 && (version == 2 || is_version(version)) && fits)
        .then_some(own + 2)
}

impl Session {
    /// How far the records at the beginning of `bytes` reach.
    pub fn measure(&self, bytes: &[u8]) -> Measure {
        if is_text(bytes) {
            return Measure::Foreign;
        }
        let mut done = 0;
        loop {
            let rest = bytes.get(done..).unwrap_or(&[]);
            let more = |need: usize| if done > 0 { Measure::Complete(done) } else { Measure::NeedMore(need) };
            if rest.is_empty() || rest.len() < HEADER {
                return more(HEADER);
            }
            let Some(len) = self.extent(rest) else { return Measure::Complete(bytes.len()) };
            if len > rest.len() {
                return more(len);
            }
            done += len;
        }
    }

    /// The length of the record at the beginning of `bytes`, header included; `None` if they begin with no record.
    fn extent(&self, bytes: &[u8]) -> Option<usize> {
        let (kind, version, len) = (bytes.u8(0)?, bytes.u16(1)?, bytes.u16(3)?);
        match self.version {
            0 if is_content(kind) && is_version(version) => Some(HEADER + usize::from(len)),
            0 => ssl2_hello(bytes),
            // After a gap in the capture, bytes with an impossible version are no record.
            0x0304 if !is_version(version) => None,
            _ => is_content(kind).then_some(HEADER + usize::from(len)),
        }
    }

    /// Whether a handshake record of `side` in `frame` comes after that side's ChangeCipherSpec. In the frame of the
    /// ChangeCipherSpec itself, the content of a record decides.
    fn is_encrypted(&self, side: Direction, frame: u64, len: usize) -> bool {
        /// An encrypted message is at least as long as its authentication tag.
        const SHORTEST: usize = 16;
        let changed = self.changed[side];
        changed != 0 && frame > changed && len >= SHORTEST
    }

    /// Notes whether a handshake message resumes a session whose keys both sides have. In TLS 1.3 the session ID says
    /// nothing about that (RFC 8446, appendix D.4).
    fn resume(&mut self, kind: u8, body: &[u8]) {
        match kind {
            names::CLIENT_HELLO => self.offered = hello::session_of(kind, body),
            names::SERVER_HELLO => {
                let same = self.offered.is_some() && self.offered == hello::session_of(kind, body);
                self.resumed = same && self.version < 0x0304;
            }
            names::SERVER_HELLO_DONE => self.resumed = false,
            _ => {}
        }
    }

    /// Notes a ChangeCipherSpec. In TLS 1.3 it has no meaning (RFC 8446, appendix D.4); encrypted records have the
    /// type of application data there.
    fn change(&mut self, side: Direction, frame: u64) {
        if self.version != 0x0304 && self.changed[side] == 0 {
            self.changed[side] = frame;
        }
    }
}

/// The content of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    ChangeCipherSpec,
    /// Level and description.
    Alert(u8, u8),
    EncryptedAlert,
    /// Messages and pieces of messages, which [`Record::pieces`] returns.
    Handshake,
    ApplicationData,
    /// The type of the message: 1 request, 2 response.
    Heartbeat(u8),
    EncryptedHeartbeat,
    /// A known type without a dissector.
    Other,
    /// Bytes that are no record; they take the rest of the layer.
    Ignored,
    /// As [`Content::Ignored`], in a connection of TLS 1.3 or of unknown version.
    Continuation,
    /// A Client Hello of SSL 2.0.
    Ssl2Hello,
    /// A record of length 0.
    Empty,
    /// A record that the snapshot length has cut; only its header is read.
    Cut,
    /// A record that goes on in a later segment. Because this segment is cut, the record cannot be reassembled, and
    /// nothing of it is read.
    Beyond,
}

/// One record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    /// Offset of its header in the layer.
    pub(super) at: usize,
    /// Its content type.
    pub(super) kind: u8,
    /// Length of its body, as the header says.
    pub(super) len: usize,
    /// Its body, as far as it was captured.
    pub(super) body: &'a [u8],
    /// What it carries.
    pub(super) content: Content,
    /// The version that names the record: the connection's, or the record's own as long as the connection has none.
    pub(super) version: u16,
    /// The cipher suite in use before the record.
    pub(super) suite: u16,
    /// Whether the connection resumes an earlier session, so that a ChangeCipherSpec changes to keys of that session.
    pub(super) resumes: bool,
    partial: Partial,
    encrypted: bool,
}

impl<'a> Record<'a> {
    /// The handshake messages of the record, and pieces of them.
    pub(super) fn pieces(&self) -> Pieces<'a> {
        Pieces::new(self.body, self.partial, self.encrypted, self.body.len() < self.len)
    }

    /// Whether it begins with a Client Hello, whose version is only an offer.
    pub(super) fn is_client_hello(&self) -> bool {
        let messages =
            matches!(self.content, Content::Handshake | Content::Cut) && self.kind == content::HANDSHAKE;
        messages && self.body.first() == Some(&1) && self.partial.is_none()
    }

    /// Whether its content contradicts its length.
    fn is_malformed(&self) -> bool {
        match self.content {
            Content::Empty | Content::Cut => true,
            Content::Handshake => {
                self.pieces().filter_map(|p| p.whole()).any(|(kind, body)| !hello::fits(kind, body))
            }
            _ => false,
        }
    }
}

/// An iterator over the records of one layer.
pub(super) struct Walk<'a> {
    /// The state after the last record.
    pub(super) session: Session,
    bytes: &'a [u8],
    /// Length of the layer on the wire, in bytes; `bytes` may be shorter.
    wire: usize,
    at: usize,
    side: Direction,
    frame: u64,
    /// Whether a record could not be read to its end. The walk ends with that record.
    pub(super) malformed: bool,
}

impl<'a> Walk<'a> {
    /// A walk over `bytes`, which `side` sent in frame number `frame`, starting from the state `session`. `wire` is
    /// their length on the wire.
    pub(super) fn new(
        session: Session,
        (bytes, wire): (&'a [u8], usize),
        side: Direction,
        frame: u64,
    ) -> Walk<'a> {
        Walk { session, bytes, wire, at: 0, side, frame, malformed: false }
    }

    /// The content of a record of `len` bytes that the snapshot length has cut; `None` if the record is complete.
    fn cut(&self, len: usize) -> Option<Content> {
        let end = self.at + len;
        let is_cut = self.bytes.len() < self.wire && self.bytes.len() < end;
        is_cut.then_some(if end > self.wire { Content::Beyond } else { Content::Cut })
    }

    fn read(&self) -> Option<Record<'a>> {
        let rest = self.bytes.get(self.at..).filter(|r| !r.is_empty())?;
        let unread = Record {
            at: self.at,
            kind: 0,
            len: self.wire.saturating_sub(self.at).max(rest.len()),
            body: rest,
            content: Content::Ignored,
            version: self.session.version,
            suite: self.session.suite,
            resumes: self.session.resumed,
            partial: Partial::default(),
            encrypted: false,
        };
        let header = rest.u8(0).zip(rest.u16(1)).zip(rest.u16(3));
        let Some((((kind, version), len), _)) = header.zip(self.session.extent(rest)) else {
            let unknown = matches!(self.session.version, 0 | 0x0304);
            let content = if unknown { Content::Continuation } else { Content::Ignored };
            return Some(Record { content, ..unread });
        };
        if self.session.version == 0 && !is_content(kind) {
            return Some(Record { content: Content::Ssl2Hello, version: 2, ..unread });
        }
        let len = usize::from(len);
        let body = rest.get(HEADER..rest.len().min(HEADER + len)).unwrap_or(&[]);
        let version = if self.session.version == 0 { version } else { self.session.version };
        let partial = self.session.partial[self.side];
        let encrypted = self.session.is_encrypted(self.side, self.frame, len);
        let content =
            self.cut(HEADER + len).unwrap_or_else(|| classify(kind, len, body, encrypted || self.changed()));
        Some(Record { kind, len, body, content, version, partial, encrypted, ..unread })
    }

    fn changed(&self) -> bool {
        self.session.changed[self.side] != 0
    }

    /// Updates the state of the connection by a record.
    fn learn(&mut self, record: &Record<'a>) {
        let session = &mut self.session;
        if record.content == Content::Beyond {
            return;
        }
        if session.version == 0 && is_version(record.version) && !record.is_client_hello() {
            session.version = record.version;
        }
        match record.content {
            Content::ChangeCipherSpec => {
                session.change(self.side, self.frame);
                session.resumed = false;
            }
            Content::Handshake => {
                let mut pieces = record.pieces();
                for (kind, body) in (&mut pieces).filter_map(|piece| piece.whole()) {
                    session.version = hello::chosen_version(kind, body).unwrap_or(session.version);
                    session.suite = hello::chosen_suite(kind, body).unwrap_or(session.suite);
                    session.resume(kind, body);
                }
                session.partial[self.side] = pieces.left();
            }
            _ => {}
        }
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        if self.malformed {
            return None;
        }
        let Some(record) = self.read() else {
            // All of the next record's header is cut off.
            self.malformed = self.at == self.bytes.len() && self.at < self.wire;
            return None;
        };
        let is_cut = record.content == Content::Ignored && self.bytes.len() < self.wire;
        self.malformed = record.is_malformed() || is_cut;
        self.at = match record.content {
            // The rest of the layer is not read.
            Content::Beyond | Content::Continuation => self.wire,
            Content::Ignored | Content::Ssl2Hello => self.bytes.len(),
            _ => self.at + HEADER + record.len,
        };
        self.learn(&record);
        Some(record)
    }
}

fn classify(kind: u8, len: usize, body: &[u8], changed: bool) -> Content {
    match (kind, len, body) {
        (_, 0, _) => Content::Empty,
        (content::CHANGE_CIPHER_SPEC, ..) => Content::ChangeCipherSpec,
        (content::ALERT, 2, [level, description]) => Content::Alert(*level, *description),
        (content::ALERT, ..) => Content::EncryptedAlert,
        (content::HANDSHAKE, ..) => Content::Handshake,
        (content::APPLICATION_DATA, ..) => Content::ApplicationData,
        (content::HEARTBEAT, _, [kind @ (1 | 2), _, _, ..]) if !changed => Content::Heartbeat(*kind),
        (content::HEARTBEAT, ..) => Content::EncryptedHeartbeat,
        _ => Content::Other,
    }
}

/// Returns the state after `bytes`, which had length `wire` before the snapshot length cut them, and whether they
/// could not be read to their end. Calls `piece` for each piece of a handshake message that spans several records.
pub fn advance(
    session: Session,
    (bytes, wire): (&[u8], usize),
    side: Direction,
    frame: u64,
    mut piece: impl FnMut(Fragment<'_>),
) -> (Session, bool) {
    let mut walk = Walk::new(session, (bytes, wire), side, frame);
    for record in &mut walk {
        if record.content == Content::Handshake {
            record.pieces().filter_map(Piece::fragment).for_each(&mut piece);
        }
    }
    (walk.session, walk.malformed)
}

/// A piece of a handshake message that spans several records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment<'a> {
    /// Whether the message begins with this piece.
    pub first: bool,
    /// Whether the message ends with this piece.
    pub last: bool,
    /// Its bytes.
    pub bytes: &'a [u8],
}
