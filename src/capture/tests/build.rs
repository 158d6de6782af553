//! Builds captures by hand, so that tests can also build malformed ones.

/// Bytes of a capture, in one byte order.
pub(super) struct Build {
    pub(super) bytes: Vec<u8>,
    big: bool,
}

impl Build {
    /// A pcapng file in little-endian order, with its section header.
    pub(super) fn new() -> Self {
        Build { bytes: Vec::new(), big: false }.section(&[])
    }

    /// A pcapng file in big-endian order, with its section header.
    pub(super) fn big_endian() -> Self {
        Build { bytes: Vec::new(), big: true }.section(&[])
    }

    /// A classic file: its header with this magic and link type.
    pub(super) fn classic(magic: u32, big: bool, version: (u16, u16), network: u32) -> Self {
        let mut this = Build { bytes: Vec::new(), big };
        let mut bytes = this.n32(magic);
        bytes.extend(this.n16(version.0));
        bytes.extend(this.n16(version.1));
        for n in [0, 0, 65_535, network] {
            bytes.extend(this.n32(n));
        }
        this.bytes = bytes;
        this
    }

    /// A record of a classic file.
    pub(super) fn record(
        mut self,
        seconds: u32,
        fraction: u32,
        captured: u32,
        wire_len: u32,
        data: &[u8],
    ) -> Self {
        for n in [seconds, fraction, captured, wire_len] {
            self.bytes.extend(self.n32(n));
        }
        self.bytes.extend(data);
        self
    }

    /// Switches to the other byte order.
    pub(super) fn turn(mut self) -> Self {
        self.big = !self.big;
        self
    }

    pub(super) fn n16(&self, v: u16) -> Vec<u8> {
        if self.big { v.to_be_bytes().into() } else { v.to_le_bytes().into() }
    }

    pub(super) fn n32(&self, v: u32) -> Vec<u8> {
        if self.big { v.to_be_bytes().into() } else { v.to_le_bytes().into() }
    }

    pub(super) fn n64(&self, v: u64) -> Vec<u8> {
        if self.big { v.to_be_bytes().into() } else { v.to_le_bytes().into() }
    }

    /// A block with the right lengths.
    pub(super) fn block(self, kind: u32, body: &[u8]) -> Self {
        let len = body.len().next_multiple_of(4) as u32 + 12;
        self.lying_block(kind, body, len, len)
    }

    /// A block with these two lengths, right or wrong.
    pub(super) fn lying_block(mut self, kind: u32, body: &[u8], first: u32, last: u32) -> Self {
        self.bytes.extend(self.n32(kind));
        self.bytes.extend(self.n32(first));
        self.bytes.extend(body);
        self.bytes.resize(self.bytes.len() + (4 - body.len() % 4) % 4, 0);
        self.bytes.extend(self.n32(last));
        self
    }

    /// One option.
    pub(super) fn option(&self, code: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = [self.n16(code), self.n16(value.len() as u16), value.to_vec()].concat();
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    pub(super) fn section(self, options: &[u8]) -> Self {
        let body =
            [self.n32(0x1A2B_3C4D), self.n16(1), self.n16(0), self.n64(u64::MAX), options.to_vec()].concat();
        self.block(0x0A0D_0D0A, &body)
    }

    /// An interface description; options are code and value.
    pub(super) fn interface(self, link: u16, snaplen: u32, options: &[(u16, &[u8])]) -> Self {
        let options: Vec<u8> = options.iter().flat_map(|(code, value)| self.option(*code, value)).collect();
        let body = [self.n16(link), self.n16(0), self.n32(snaplen), options].concat();
        self.block(1, &body)
    }

    /// An enhanced packet block.
    pub(super) fn packet(self, interface: u32, units: u64, data: &[u8]) -> Self {
        self.packet_with(interface, units, data, &[])
    }

    /// The same with options.
    pub(super) fn packet_with(self, interface: u32, units: u64, data: &[u8], options: &[u8]) -> Self {
        let len = data.len() as u32;
        let head = [interface, (units >> 32) as u32, units as u32, len, len].map(|n| self.n32(n)).concat();
        let mut body = [head, data.to_vec()].concat();
        body.resize(body.len().next_multiple_of(4), 0);
        body.extend(options);
        self.block(6, &body)
    }
}
