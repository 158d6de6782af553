//! Fields, and the visitor for a walk over the fields of a packet.
//!
//! Every protocol file declares its fields once, with [`fields!`](crate::fields), and has one function that visits
//! them, each with its byte range and its value. The details tree, display filters, field columns, JSON and the
//! marking of bytes are all [`Visit`]ors.

use crate::frame::Timestamp;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::ControlFlow;

/// The type of a field's values in the display-filter language (Wireshark's FT_ types).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A protocol: its value is the bytes of its header, and the filter tests its presence.
    Protocol,
    /// A label without a value (FT_NONE): only its presence can be tested.
    Label,
    /// FT_BOOLEAN.
    Bool,
    /// An unsigned integer of this many bits (FT_UINT8 to FT_UINT64).
    Uint(u8),
    /// A signed integer of this many bits (FT_INT8 to FT_INT64).
    Int(u8),
    /// Floating point (FT_DOUBLE).
    Double,
    /// Number of another frame (FT_FRAMENUM).
    FrameNo,
    /// A date and time (FT_ABSOLUTE_TIME).
    Time,
    /// A duration in nanoseconds (FT_RELATIVE_TIME).
    Duration,
    /// Text (FT_STRING and its relatives).
    Text,
    /// FT_BYTES.
    Bytes,
    /// FT_ETHER.
    Mac,
    /// FT_IPv4.
    Ipv4,
    /// FT_IPv6.
    Ipv6,
}

/// The type in words, with the width of integers in bits.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Protocol => f.write_str("protocol"),
            Kind::Label => f.write_str("label"),
            Kind::Bool => f.write_str("boolean"),
            Kind::Uint(bits) => write!(f, "unsigned integer, {bits} bits"),
            Kind::Int(bits) => write!(f, "signed integer, {bits} bits"),
            Kind::Double => f.write_str("floating point"),
            Kind::FrameNo => f.write_str("frame number"),
            Kind::Time => f.write_str("date and time"),
            Kind::Duration => f.write_str("time offset"),
            Kind::Text => f.write_str("character string"),
            Kind::Bytes => f.write_str("sequence of bytes"),
            Kind::Mac => f.write_str("Ethernet address"),
            Kind::Ipv4 => f.write_str("IPv4 address"),
            Kind::Ipv6 => f.write_str("IPv6 address"),
        }
    }
}

/// How the integers or bytes of a field are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Decimal.
    Dec,
    /// Hexadecimal with leading zeros to the width of the field.
    Hex,
    /// Decimal, then hexadecimal in parentheses.
    DecHex,
    /// Hexadecimal, then decimal in parentheses.
    HexDec,
    /// Bytes with colons between them.
    Colons,
    /// Bytes; an empty value is written `<none>`.
    OrNone,
}

/// Names of values, for the details pane and for comparisons by name.
pub type Names = &'static [(u64, &'static str)];

/// One field: its name in the filter language, its label, its type, and how its values are written.
#[derive(Debug)]
pub struct Field {
    /// Wireshark's filter name, such as `tcp.srcport`.
    pub name: &'static str,
    /// The label in the details pane.
    pub label: &'static str,
    /// The type of its values.
    pub kind: Kind,
    /// How integers or bytes are written.
    pub base: Base,
    /// The bits of the value, within the bytes of the field; 0 means all bits. A [`Value`] is already shifted down.
    pub mask: u64,
    /// Width in bits at which the details pane draws a masked field; 0 means the width of its bytes.
    pub width: u8,
    /// Names of values; for booleans `[(0, when false), (1, when true)]`.
    pub names: Names,
    /// Whether the dissector derives the value, so that no bytes hold it; shown in square brackets.
    pub generated: bool,
    /// Whether the text is ASCII. Other bytes are shown as U+FFFD, because their character set is unknown.
    pub ascii: bool,
    /// Whether filters know the field, but the details pane does not show it (`ip.addr` repeats `ip.src` and
    /// `ip.dst`).
    pub hidden: bool,
}

impl Field {
    /// A field with the given name, label and type; it is decimal, visible, and has no names of values.
    pub const fn new(name: &'static str, label: &'static str, kind: Kind) -> Field {
        Field {
            name,
            label,
            kind,
            base: Base::Dec,
            mask: 0,
            width: 0,
            names: &[],
            generated: false,
            ascii: false,
            hidden: false,
        }
    }
    /// Declares that the text is ASCII.
    pub const fn ascii(mut self) -> Field {
        self.ascii = true;
        self
    }
    /// Writes values in hexadecimal.
    pub const fn hex(mut self) -> Field {
        self.base = Base::Hex;
        self
    }
    /// Writes values in decimal, then in hexadecimal in parentheses.
    pub const fn dec_hex(mut self) -> Field {
        self.base = Base::DecHex;
        self
    }
    /// Writes values in hexadecimal, then in decimal in parentheses.
    pub const fn hex_dec(mut self) -> Field {
        self.base = Base::HexDec;
        self
    }
    /// Writes bytes with colons between them.
    pub const fn colons(mut self) -> Field {
        self.base = Base::Colons;
        self
    }
    /// Writes `<none>` for a value without bytes.
    pub const fn or_none(mut self) -> Field {
        self.base = Base::OrNone;
        self
    }
    /// Takes the value from these bits only.
    pub const fn mask(mut self, mask: u64) -> Field {
        self.mask = mask;
        self
    }
    /// Draws the field `bits` wide.
    pub const fn width(mut self, bits: u8) -> Field {
        self.width = bits;
        self
    }
    /// Gives names to values.
    pub const fn names(mut self, names: Names) -> Field {
        self.names = names;
        self
    }
    /// Marks the value as derived.
    pub const fn generated(mut self) -> Field {
        self.generated = true;
        self
    }
    /// Leaves the field out of the details pane.
    pub const fn hidden(mut self) -> Field {
        self.hidden = true;
        self
    }

    /// The name of `value`; `None` if it has none.
    pub fn name_of(&self, value: u64) -> Option<&'static str> {
        name_of(self.names, value)
    }
}

/// The name of `value` in `names`; `None` if it has none.
pub fn name_of(names: Names, value: u64) -> Option<&'static str> {
    names.iter().find(|(v, _)| *v == value).map(|(_, n)| *n)
}

/// Two fields are equal if they are the same static; their names are unique.
impl PartialEq for Field {
    fn eq(&self, other: &Field) -> bool {
        std::ptr::eq(self, other)
    }
}
impl Eq for Field {}

/// Declares the fields of one protocol as statics, and `FIELDS`, the list of them all.
///
/// ```
/// use labkit::field::{Field, Kind};
/// labkit::fields! {
///     /// The port of the sender (RFC 9293, section 3.1).
///     SRCPORT = Field::new("tcp.srcport", "Source Port", Kind::Uint(16));
///     DSTPORT = Field::new("tcp.dstport", "Destination Port", Kind::Uint(16));
/// }
/// assert_eq!(FIELDS[0], &SRCPORT);
/// ```
#[macro_export]
macro_rules! fields {
    ($($(#[$doc:meta])* $id:ident = $def:expr;)*) => {
        $($(#[$doc])* pub(crate) static $id: $crate::field::Field = $def;)*
        /// All fields of this protocol.
        pub(crate) static FIELDS: &[&$crate::field::Field] = &[$(&$id),*];
    };
}

/// The value of a field in one packet. It borrows from the packet's bytes where possible.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// No value ([`Kind::Label`]).
    None,
    /// [`Kind::Bool`].
    Bool(bool),
    /// [`Kind::Uint`] and [`Kind::FrameNo`].
    Uint(u64),
    /// [`Kind::Int`].
    Int(i64),
    /// [`Kind::Double`].
    Double(f64),
    /// [`Kind::Time`].
    Time(Timestamp),
    /// [`Kind::Duration`], nanoseconds.
    Duration(i64),
    /// [`Kind::Text`]: bytes as they came; not always UTF-8, never escaped.
    Text(&'a [u8]),
    /// [`Kind::Bytes`] and [`Kind::Protocol`].
    Bytes(&'a [u8]),
    /// [`Kind::Mac`].
    Mac([u8; 6]),
    /// [`Kind::Ipv4`].
    Ipv4(Ipv4Addr),
    /// [`Kind::Ipv6`].
    Ipv6(Ipv6Addr),
}

/// The place of a field in a packet's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct At {
    /// Where the bytes are: 0 is the frame itself, higher numbers are reassembled data.
    pub source: u8,
    /// Offset of the first byte.
    pub start: u32,
    /// Length in bytes; 0 for derived fields, which no bytes hold.
    pub len: u32,
}

impl At {
    /// `len` bytes at `start` of the frame.
    pub const fn new(start: usize, len: usize) -> At {
        At { source: 0, start: start as u32, len: len as u32 }
    }
    /// The end offset, one past the last byte.
    pub const fn end(self) -> usize {
        (self.start + self.len) as usize
    }
    /// The same range as a slice index.
    pub const fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end()
    }
}

/// The visitor of a walk over a packet's fields. The walk calls it for each field, in the order of the details pane.
///
/// Every result says whether the walk goes on; after `Break` no further call comes.
pub trait Visit {
    /// Visits a field of the packet. Called once for each occurrence.
    fn field(&mut self, field: &'static Field, at: At, value: Value<'_>) -> ControlFlow<()>;

    /// As [`Visit::field`], where the line of the details pane is `text` instead of "label: value". A visitor that
    /// shows no lines need not override this: `text` is formatted only if it is used.
    fn line(
        &mut self,
        field: &'static Field,
        at: At,
        value: Value<'_>,
        text: fmt::Arguments<'_>,
    ) -> ControlFlow<()> {
        let _ = text;
        self.field(field, at, value)
    }

    /// As [`Visit::field`], for a field that the details pane leaves out here, because another line has the same
    /// content.
    fn unseen(&mut self, field: &'static Field, at: At, value: Value<'_>) -> ControlFlow<()> {
        self.field(field, at, value)
    }

    /// Visits a line of the details pane that is no field: a heading such as `[Timestamps]`.
    fn text(&mut self, at: At, text: fmt::Arguments<'_>) -> ControlFlow<()> {
        let _ = (at, text);
        ControlFlow::Continue(())
    }

    /// Begins the children of the last line; they end at the matching [`Visit::close`].
    fn open(&mut self) {}

    /// Ends the innermost [`Visit::open`].
    fn close(&mut self) {}
}
