//! What a frame consists of: a list of layers, each a protocol and a range of bytes. Nothing is copied or decoded here.

use super::Proto;
use crate::field::At;

/// The deepest nesting that is decoded. Real packets nest less deep; only crafted ones nest deeper.
const MAX_LAYERS: usize = 32;

/// One protocol's part of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The protocol.
    pub proto: Proto,
    /// Where the bytes are: 0 is the frame, n is the n-th buffer of [`Buffers`](super::Buffers) (reassembled or
    /// unpacked data). The offsets below count in it.
    pub source: u8,
    /// Whether an ICMP error quotes the layer; the packet itself does not carry it.
    pub quoted: bool,
    /// Offset of the first byte of its header.
    pub start: u32,
    /// Offset of its payload, one past the header.
    pub payload: u32,
    /// Offset one past its payload, by its own length field; may lie beyond the bytes that were captured.
    pub end: u32,
}

impl Layer {
    /// `len` bytes at `offset` from its beginning.
    pub fn at(&self, offset: usize, len: usize) -> At {
        At { source: self.source, start: self.start.saturating_add(offset as u32), len: len as u32 }
    }

    /// Where its header lies.
    pub fn header_at(&self) -> At {
        At { source: self.source, start: self.start, len: self.payload.saturating_sub(self.start) }
    }

    /// Where its payload lies, by its length fields.
    pub fn payload_at(&self) -> At {
        At { source: self.source, start: self.payload, len: self.payload_len() }
    }

    /// Length of the payload on the wire, in bytes.
    pub fn payload_len(&self) -> u32 {
        self.end.saturating_sub(self.payload)
    }
}

/// Why decoding ended before the packet did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The snapshot length cut the frame here.
    Cut,
    /// A length or a value contradicts the bytes.
    Malformed,
    /// The bytes are the first fragment of a datagram that cannot be put together.
    Unreassembled,
    /// The bytes lie inside a message that was reassembled before.
    OldData,
    /// More layers than any real packet has.
    TooDeep,
}

impl Why {
    /// The protocol of the remark on it; `None` for too many layers, which has none.
    pub fn remark(self) -> Option<Proto> {
        match self {
            Why::Malformed | Why::OldData => Some(Proto::Malformed),
            Why::Cut => Some(Proto::Short),
            Why::Unreassembled => Some(Proto::Unreassembled),
            Why::TooDeep => None,
        }
    }
}

/// Where and why decoding ended before the packet did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The protocol that could not be decoded to its end.
    pub proto: Proto,
    /// The reason.
    pub why: Why,
}

/// A fragment of an IP datagram: its payload can be decoded only together with the other fragments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// Index of the IP layer in [`Layers`].
    pub layer: u8,
    /// Protocol of the datagram's payload.
    pub next: u8,
    /// Identification (16 bits in IPv4, 32 in IPv6).
    pub id: u32,
    /// Offset of this fragment within the datagram's payload, in bytes.
    pub offset: u32,
    /// Whether more fragments follow.
    pub more: bool,
    /// Where the payload of the fragment begins in the frame.
    pub start: u32,
    /// One past the last byte of the payload in the frame, by the length fields.
    pub end: u32,
}

/// The layers of one packet, outermost first. Reused from packet to packet.
#[derive(Clone, Debug)]
pub struct Layers {
    items: [Layer; MAX_LAYERS],
    len: u8,
    /// Where decoding ended early, if it did.
    pub stop: Option<Stop>,
    /// The fragment that the packet carries, if it is one.
    pub fragment: Option<Fragment>,
    /// One bit for each layer: whether `frame.protocols` names a second protocol after it, such as `ethertype`.
    twofold: u32,
}

impl Default for Layers {
    fn default() -> Self {
        let none = Layer { proto: Proto::Frame, source: 0, quoted: false, start: 0, payload: 0, end: 0 };
        Layers { items: [none; MAX_LAYERS], len: 0, stop: None, fragment: None, twofold: 0 }
    }
}

/// How the decoding of a packet ended that is a fragment or was not decoded to its end, as few packets are.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    stop: Option<Stop>,
    fragment: Option<Fragment>,
}

/// Marks of layers, one bit for each; see [`Layers::is_twofold`].
#[derive(Clone, Copy, Debug)]
pub struct Marks(u32);

/// The layers of a packet that another thread has decoded.
// Small parts and references: what is copied right after it was put together from parts stalls the processor.
#[derive(Clone, Copy, Debug)]
pub struct Decoded<'a> {
    /// What [`Layers::all`] returned there.
    pub layers: &'a [Layer],
    /// What [`Layers::marks`] returned there.
    pub marks: Marks,
    /// What [`Layers::ending`] returned there.
    pub ending: Option<&'a Ending>,
}

impl Layers {
    /// How decoding ended; `None` for a packet that was decoded to its end and is no fragment.
    pub fn ending(&self) -> Option<Ending> {
        let ending = Ending { stop: self.stop, fragment: self.fragment };
        (self.stop.is_some() || self.fragment.is_some()).then_some(ending)
    }

    /// The marks of the layers in [`Layers::all`].
    pub fn marks(&self) -> Marks {
        Marks(self.twofold)
    }

    /// Replaces these layers by those that another thread has decoded.
    pub(crate) fn take(&mut self, decoded: &Decoded<'_>) {
        let len = decoded.layers.len().min(MAX_LAYERS);
        for (slot, layer) in self.items.iter_mut().zip(decoded.layers) {
            *slot = *layer;
        }
        self.len = len as u8;
        self.twofold = decoded.marks.0;
        (self.stop, self.fragment) = match decoded.ending {
            Some(ending) => (ending.stop, ending.fragment),
            None => (None, None),
        };
    }

    /// Forgets the last packet.
    pub(crate) fn clear(&mut self) {
        self.len = 0;
        self.stop = None;
        self.fragment = None;
        self.twofold = 0;
    }

    /// Removes all layers from index `len` on, whose bytes have turned out to be a part of a larger message.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len as u8);
        self.twofold &= u32::MAX.checked_shl(len as u32).map_or(u32::MAX, |above| !above);
    }

    /// Marks the innermost layer: `frame.protocols` names a second protocol after it.
    pub(crate) fn mark_twofold(&mut self) {
        self.twofold |= 1u32.checked_shl(u32::from(self.len).wrapping_sub(1)).unwrap_or(0);
    }

    /// Whether `frame.protocols` names a second protocol after the layer at `index`: `ethertype` after a link layer
    /// that named its payload by EtherType, `igmp` again after the first.
    pub fn is_twofold(&self, index: usize) -> bool {
        self.twofold.checked_shr(index as u32).unwrap_or(0) & 1 == 1
    }

    /// The innermost layer before `layer` whose protocol is `wanted`.
    pub fn around(&self, layer: &Layer, wanted: impl Fn(Proto) -> bool) -> Option<&Layer> {
        let end = self.all().iter().position(|l| l == layer)?;
        self.all().get(..end)?.iter().rev().find(|l| wanted(l.proto))
    }

    /// The layers before `layer`.
    pub fn before(&self, layer: &Layer) -> &[Layer] {
        let at = self.all().iter().position(|l| l == layer).unwrap_or(0);
        self.all().get(..at).unwrap_or(&[])
    }

    /// The layers after `layer`.
    pub fn after(&self, layer: &Layer) -> &[Layer] {
        let at = self.all().iter().position(|l| l == layer).map_or(usize::MAX, |at| at + 1);
        self.all().get(at..).unwrap_or(&[])
    }

    /// Whether `n` more layers can be added.
    pub(crate) fn has_room(&self, n: usize) -> bool {
        usize::from(self.len) + n <= MAX_LAYERS
    }

    /// Adds a layer, and returns its index; `None` (and a [`Stop`]) when the packet nests too deep.
    pub(crate) fn push(&mut self, layer: Layer) -> Option<usize> {
        let index = usize::from(self.len);
        match self.items.get_mut(index) {
            Some(slot) => {
                *slot = layer;
                self.len += 1;
                Some(index)
            }
            None => {
                self.stop = Some(Stop { proto: layer.proto, why: Why::TooDeep });
                None
            }
        }
    }

    /// All layers, outermost first.
    pub fn all(&self) -> &[Layer] {
        self.items.get(..usize::from(self.len)).unwrap_or(&[])
    }

    /// The innermost layer that no ICMP error quotes; `None` if there is none.
    pub fn top(&self) -> Option<&Layer> {
        self.all().iter().rev().find(|l| !l.quoted)
    }

    /// The first layer of this protocol that is not quoted.
    pub fn find(&self, proto: Proto) -> Option<&Layer> {
        self.all().iter().find(|l| l.proto == proto && !l.quoted)
    }

    /// The innermost layer of this protocol that is not quoted.
    pub fn rfind(&self, proto: Proto) -> Option<&Layer> {
        self.all().iter().rev().find(|l| l.proto == proto && !l.quoted)
    }

    /// Whether any layer, quoted ones included, is of this protocol.
    pub fn has(&self, proto: Proto) -> bool {
        self.all().iter().any(|l| l.proto == proto)
    }
}
