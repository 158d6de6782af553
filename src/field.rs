//! What a field is, and how to walk the fields of a packet.
//!
//! Every protocol file declares its fields once, with [`fields!`](crate::fields), and one function that visits them with byte range
//! and value. Details tree, display filter, field columns, JSON and the marking of bytes are all [`Visit`]ors.

use crate::frame::Timestamp;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::ControlFlow;

/// The type of a field's values, as the display-filter language knows it (Wireshark's FT_ types).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A protocol: its value is the bytes of its header, and the filter tests its presence.
    Protocol,
    /// A label without a value (FT_NONE): only its presence can be tested.
    Label,
    /// FT_BOOLEAN.
    Bool,
    /// Unsigned integer of so many bits (FT_UINT8 to FT_UINT64).
    Uint(u8),
    /// Signed integer of so many bits (FT_INT8 to FT_INT64).
    Int(u8),
    /// Floating point (FT_DOUBLE).
    Double,
    /// Number of another frame (FT_FRAMENUM).
    FrameNo,
    /// A moment (FT_ABSOLUTE_TIME).
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

/// How a field of integers or of bytes is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Decimal.
    Dec,
    /// Hexadecimal with leading zeros to the width of the field.
    Hex,
    /// Decimal, hexadecimal in brackets.
    DecHex,
    /// Hexadecimal, decimal in brackets.
    HexDec,
    /// Bytes: with a colon between them.
    Colons,
    /// Bytes; an empty value is written `<none>`.
    OrNone,
}

/// Values of a field that have names, for the details pane and for comparisons by name.
pub type Names = &'static [(u64, &'static str)];

/// One field: its name in the filter language, its label, its type and how its values are written.
#[derive(Debug)]
pub struct Field {
    /// Wireshark's filter name, such as `tcp.srcport`.
    pub name: &'static str,
    /// The label in the details pane.
    pub label: &'static str,
    /// The type of its values.
    pub kind: Kind,
    /// How integers are written.
    pub base: Base,
    /// The bits that hold the value, within the bytes of the field; 0 stands for all. [`Value`]s are shifted down already.
    pub mask: u64,
    /// Width in bits at which a masked field is drawn; 0 stands for the width of its bytes.
    pub width: u8,
    /// Names of values; for booleans `[(0, when false), (1, when true)]`.
    pub names: Names,
    /// Derived by the dissector, not in the bytes: shown in square brackets.
    pub generated: bool,
    /// The text is ASCII; other bytes have no known character set and are shown escaped.
    pub ascii: bool,
    /// Known to filters, not shown in the details (`ip.addr` repeats `ip.src` and `ip.dst`).
    pub hidden: bool,
}

impl Field {
    /// A field with the given name, label and kind; decimal, without names, visible.
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
    /// The text is ASCII.
    pub const fn ascii(mut self) -> Field {
        self.ascii = true;
        self
    }
    /// Written in hexadecimal.
    pub const fn hex(mut self) -> Field {
        self.base = Base::Hex;
        self
    }
    /// Written in decimal, hexadecimal in brackets.
    pub const fn dec_hex(mut self) -> Field {
        self.base = Base::DecHex;
        self
    }
    /// Written in hexadecimal, decimal in brackets.
    pub const fn hex_dec(mut self) -> Field {
        self.base = Base::HexDec;
        self
    }
    /// Written with a colon between its bytes.
    pub const fn colons(mut self) -> Field {
        self.base = Base::Colons;
        self
    }
    /// Written as `<none>` where it has no bytes.
    pub const fn or_none(mut self) -> Field {
        self.base = Base::OrNone;
        self
    }
    /// The value is in these bits alone.
    pub const fn mask(mut self, mask: u64) -> Field {
        self.mask = mask;
        self
    }
    /// The field is drawn `bits` wide.
    pub const fn width(mut self, bits: u8) -> Field {
        self.width = bits;
        self
    }
    /// These values have names.
    pub const fn names(mut self, names: Names) -> Field {
        self.names = names;
        self
    }
    /// The value is derived, not read from the bytes.
    pub const fn generated(mut self) -> Field {
        self.generated = true;
        self
    }
    /// The details pane omits the field.
    pub const fn hidden(mut self) -> Field {
        self.hidden = true;
        self
    }

    /// The name of `value`, if it has one.
    pub fn name_of(&self, value: u64) -> Option<&'static str> {
        name_of(self.names, value)
    }
}

/// The name of `value` in `names`, if it has one.
pub fn name_of(names: Names, value: u64) -> Option<&'static str> {
    names.iter().find(|(v, _)| *v == value).map(|(_, n)| *n)
}

/// Fields are equal when they are the same field: their names are unique.
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

/// The value of a field in one packet; borrows from the packet's bytes where it can.
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

/// Where in a packet's bytes a field lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct At {
    /// Which bytes: 0 is the frame itself, higher numbers are reassembled data.
    pub source: u8,
    /// Offset of the first byte.
    pub start: u32,
    /// Length in bytes; 0 for derived fields that no byte holds.
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

/// What a walk over a packet's fields calls, field by field, in the order of the details pane.
///
/// Every method's answer says whether the walk goes on; after `Break` no further call comes.
pub trait Visit {
    /// A field of the packet. Called once an occurrence.
    fn field(&mut self, field: &'static Field, at: At, value: Value<'_>) -> ControlFlow<()>;

    /// As [`Visit::field`], where the details pane's line is not "label: value" but `text`.
    /// A visitor that shows no lines need not override this: `text` costs nothing unless it is written.
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

    /// A field that the details pane omits here, because another line has the same content.
    fn unseen(&mut self, field: &'static Field, at: At, value: Value<'_>) -> ControlFlow<()> {
        self.field(field, at, value)
    }

    /// A line of the details pane that is no field: a heading such as `[Timestamps]`.
    fn text(&mut self, at: At, text: fmt::Arguments<'_>) -> ControlFlow<()> {
        let _ = (at, text);
        ControlFlow::Continue(())
    }

    /// Begins the children of the last line; they end at the matching [`Visit::close`].
    fn open(&mut self) {}

    /// Ends the innermost [`Visit::open`].
    fn close(&mut self) {}
}
