//! Writes captures: pcapng, or classic pcap if the file's name asks for it.
//!
//! Bytes are collected and written in whole blocks, so that the output is a valid capture at every moment.
//! [`Writer::flush`] writes the collected bytes; a live capture calls it at least once a second.

use super::blocks::{self, code, padding};
use super::error::CaptureError;
use super::info::{Interface, Section, Statistics};
use super::output;
use super::resolution::Resolution;
use crate::frame::{Frame, LinkType, Timestamp};
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::Path;

/// Bytes that are collected before they are written.
const CHUNK: usize = 64 * 1024;
/// The longest option value, in bytes: its length has 16 bits, and it is padded to four bytes.
const LONGEST_TEXT: usize = 65_532;

/// The format of an output file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// pcapng, which can store everything that labkit knows.
    PcapNg,
    /// Classic pcap, which stores only frames of one link type.
    Pcap,
}

impl FileFormat {
    /// The format that a name asks for: classic pcap if it ends in `.pcap`, else pcapng.
    pub fn of(path: &Path) -> Self {
        let classic = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("pcap"));
        if classic { FileFormat::Pcap } else { FileFormat::PcapNg }
    }
}

/// Writes one capture to `W`.
pub struct Writer<W: Write> {
    out: W,
    file: String,
    format: FileFormat,
    pending: Vec<u8>,
    interfaces: Vec<Target>,
    /// Number of frames among the collected bytes, and of those that were written.
    frames: (u64, u64),
    /// Number of bytes that were written.
    handed: u64,
}

/// An interface of the output.
#[derive(Clone, Copy)]
struct Target {
    link: LinkType,
    snaplen: u32,
    /// Nanoseconds in a unit of its times.
    unit: i64,
}

/// A writer to the file that the user named.
pub type FileWriter = Writer<Box<dyn Write + Send>>;

impl FileWriter {
    /// Creates the file `path`, as [`output::create`] does; `-` is standard output, in pcapng.
    ///
    /// # Errors
    /// When the file exists (without `force`), or cannot be created or written.
    pub fn create(path: &Path, force: bool, section: &Section) -> Result<Self, CaptureError> {
        if path.as_os_str() == "-" {
            return Ok(Writer::new(Box::new(io::stdout()), "standard output", FileFormat::PcapNg, section));
        }
        let file = output::Growing::new(output::create(path, force)?);
        Ok(Writer::new(Box::new(file), path.display().to_string(), FileFormat::of(path), section))
    }
}

impl<W: Write> Writer<W> {
    /// Begins a capture with the description of the machine; `file` is the output's name in messages. `out` needs no
    /// buffer of its own.
    pub fn new(out: W, file: impl Into<String>, format: FileFormat, section: &Section) -> Self {
        let mut writer = Writer {
            out,
            file: file.into(),
            format,
            pending: Vec::with_capacity(CHUNK + 4096),
            interfaces: Vec::new(),
            frames: (0, 0),
            handed: 0,
        };
        if format == FileFormat::PcapNg {
            writer.section(section);
        }
        writer
    }

    fn section(&mut self, section: &Section) {
        self.block(blocks::SECTION_HEADER, |out| {
            put32(out, blocks::BYTE_ORDER_MAGIC);
            put16(out, 1);
            put16(out, 0);
            // The section's length is left open, since it is not known in advance, and a pipe allows no change later.
            out.extend(u64::MAX.to_le_bytes());
            for comment in &section.comments {
                text(out, code::COMMENT, Some(comment));
            }
            text(out, code::SHB_HARDWARE, section.hardware.as_deref());
            text(out, code::SHB_OS, section.os.as_deref());
            text(out, code::SHB_APPLICATION, section.application.as_deref());
            option(out, code::END, &[]);
        });
    }

    /// Describes one more interface, and returns its index for [`Writer::frame`].
    ///
    /// # Errors
    /// When classic pcap already holds another link type, or the output cannot be written.
    pub fn interface(&mut self, interface: &Interface) -> Result<u32, CaptureError> {
        let index = self.interfaces.len() as u32;
        let first = self.interfaces.first().copied();
        // Converting to units that are not decimal would lose precision of the nanoseconds.
        let resolution = if interface.resolution.0 <= 9 { interface.resolution } else { Resolution::NANOS };
        let unit = 10i64.pow(u32::from(9 - resolution.0));
        let (link, snaplen) = (interface.link, interface.snaplen);
        match (self.format, first) {
            (FileFormat::PcapNg, _) => {
                self.describe(interface, resolution);
                self.interfaces.push(Target { link, snaplen, unit });
            }
            (FileFormat::Pcap, None) => {
                let nanos = resolution.0 > 6;
                self.classic_header(nanos, link, snaplen);
                self.interfaces.push(Target { link, snaplen, unit: if nanos { 1 } else { 1000 } });
            }
            (FileFormat::Pcap, Some(first)) if first.link == link => self.interfaces.push(first),
            (FileFormat::Pcap, Some(first)) => {
                let file = self.file.clone();
                return Err(CaptureError::SecondLinkType { file, first: first.link, second: link });
            }
        }
        self.hand_on()?;
        Ok(index)
    }

    fn describe(&mut self, interface: &Interface, resolution: Resolution) {
        self.block(blocks::INTERFACE_DESCRIPTION, |out| {
            put16(out, interface.link.0);
            put16(out, 0);
            put32(out, interface.snaplen);
            for comment in &interface.comments {
                text(out, code::COMMENT, Some(comment));
            }
            text(out, code::IF_NAME, interface.name.as_deref());
            text(out, code::IF_DESCRIPTION, interface.description.as_deref());
            for (address, mask) in &interface.ipv4 {
                option(out, code::IF_IPV4, &[address.octets(), mask.octets()].concat());
            }
            for (address, prefix) in &interface.ipv6 {
                option(out, code::IF_IPV6, &[&address.octets()[..], &[*prefix]].concat());
            }
            if let Some(mac) = &interface.mac {
                option(out, code::IF_MAC, mac);
            }
            if let Some(speed) = interface.speed {
                option(out, code::IF_SPEED, &speed.to_le_bytes());
            }
            option(out, code::IF_TSRESOL, &[resolution.0]);
            if let Some(filter) = &interface.filter {
                // The zero marks the filter as text, not as a compiled program.
                option(out, code::IF_FILTER, &[&[0], filter.as_bytes()].concat());
            }
            text(out, code::IF_OS, interface.os.as_deref());
            if let Some(len) = interface.fcs_len {
                option(out, code::IF_FCSLEN, &[len]);
            }
            text(out, code::IF_HARDWARE, interface.hardware.as_deref());
            option(out, code::END, &[]);
        });
    }

    fn classic_header(&mut self, nanos: bool, link: LinkType, snaplen: u32) {
        let out = &mut self.pending;
        put32(out, if nanos { 0xa1b2_3c4d } else { 0xa1b2_c3d4 });
        put16(out, 2);
        put16(out, 4);
        put32(out, 0);
        put32(out, 0);
        put32(out, if snaplen == 0 { 262_144 } else { snaplen });
        put32(out, link.0.into());
    }

    /// Writes a frame of `interface`, an index that [`Writer::interface`] gave.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn frame(&mut self, interface: u32, frame: &Frame<'_>) -> Result<(), CaptureError> {
        self.commented(interface, frame, std::iter::empty::<&str>())
    }

    /// Writes a frame with comments; classic pcap has no place for them.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn commented<T: AsRef<str>>(
        &mut self,
        interface: u32,
        frame: &Frame<'_>,
        comments: impl Iterator<Item = T>,
    ) -> Result<(), CaptureError> {
        let unit = self.interfaces.get(interface as usize).map_or(1, |target| target.unit);
        self.frames.0 += 1;
        if self.format == FileFormat::Pcap {
            self.record(frame, unit);
        } else if frame.time.is_none() && self.is_simple(interface, frame) {
            self.block(blocks::SIMPLE_PACKET, |out| {
                put32(out, frame.wire_len);
                out.extend(frame.bytes);
                fill(out, frame.bytes.len());
            });
        } else {
            self.packet(interface, frame, unit, comments);
        }
        self.hand_on()
    }

    /// Whether a frame can be stored without a time, in a simple packet block: it must be of the first interface, and
    /// whole or cut exactly by the snapshot length.
    fn is_simple(&self, interface: u32, frame: &Frame<'_>) -> bool {
        let Some(target) = self.interfaces.first() else { return false };
        let kept = if target.snaplen == 0 { frame.wire_len } else { frame.wire_len.min(target.snaplen) };
        interface == 0 && frame.bytes.len() == kept as usize
    }

    fn packet<T: AsRef<str>>(
        &mut self,
        interface: u32,
        frame: &Frame<'_>,
        unit: i64,
        comments: impl Iterator<Item = T>,
    ) {
        let units = frame.time.map_or(0, |t| t.nanos().max(0) / unit) as u64;
        let captured = frame.bytes.len() as u32;
        self.block(blocks::ENHANCED_PACKET, |out| {
            let mut head = [0; 20];
            let fields = [interface, (units >> 32) as u32, units as u32, captured, frame.wire_len];
            for (place, field) in head.chunks_exact_mut(4).zip(fields) {
                place.copy_from_slice(&field.to_le_bytes());
            }
            out.extend_from_slice(&head);
            out.extend_from_slice(frame.bytes);
            fill(out, frame.bytes.len());
            let bare = out.len();
            comments.for_each(|comment| text(out, code::COMMENT, Some(comment.as_ref())));
            if out.len() > bare {
                option(out, code::END, &[]);
            }
        });
    }

    fn record(&mut self, frame: &Frame<'_>, unit: i64) {
        let (seconds, nanos) = frame.time.unwrap_or_default().split();
        let out = &mut self.pending;
        put32(out, seconds.clamp(0, u32::MAX.into()) as u32);
        put32(out, nanos / unit as u32);
        put32(out, frame.bytes.len() as u32);
        put32(out, frame.wire_len);
        out.extend_from_slice(frame.bytes);
    }

    /// Writes names of addresses; does nothing in classic pcap, which has no place for them.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn names(&mut self, names: &[(IpAddr, String)]) -> Result<(), CaptureError> {
        if self.format == FileFormat::Pcap || names.is_empty() {
            return Ok(());
        }
        self.block(blocks::NAME_RESOLUTION, |out| {
            for (address, name) in names {
                let name = name.as_bytes().get(..255).unwrap_or(name.as_bytes());
                match address {
                    IpAddr::V4(a) => option(out, 1, &[&a.octets(), name, &[0]].concat()),
                    IpAddr::V6(a) => option(out, 2, &[&a.octets(), name, &[0]].concat()),
                }
            }
            option(out, 0, &[]);
        });
        self.hand_on()
    }

    /// Writes the counts of an interface, usually at the end; does nothing in classic pcap, which has no place for
    /// them.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn statistics(&mut self, interface: u32, counted: &Statistics) -> Result<(), CaptureError> {
        let Some(target) =
            self.interfaces.get(interface as usize).filter(|_| self.format == FileFormat::PcapNg)
        else {
            return Ok(());
        };
        let units = |t: Timestamp| (t.nanos().max(0) / target.unit) as u64;
        let time = units(counted.time.or(counted.end).unwrap_or_default());
        let moments = [(code::ISB_START, counted.start), (code::ISB_END, counted.end)];
        let moments = moments.map(|(code, moment)| (code, moment.map(units)));
        let counts = [
            (code::ISB_RECEIVED, counted.received),
            (code::ISB_DROPPED, counted.dropped),
            (code::ISB_ACCEPTED, counted.accepted),
            (code::ISB_OS_DROPPED, counted.os_dropped),
            (code::ISB_DELIVERED, counted.delivered),
        ];
        self.block(blocks::INTERFACE_STATISTICS, |out| {
            put32(out, interface);
            put32(out, (time >> 32) as u32);
            put32(out, time as u32);
            for (code, moment) in moments {
                if let Some(at) = moment {
                    option(
                        out,
                        code,
                        &[((at >> 32) as u32).to_le_bytes(), (at as u32).to_le_bytes()].concat(),
                    );
                }
            }
            for (code, count) in counts {
                if let Some(count) = count {
                    option(out, code, &count.to_le_bytes());
                }
            }
            option(out, code::END, &[]);
        });
        self.hand_on()
    }

    /// Collects a block; `body` appends the bytes between the two lengths.
    fn block(&mut self, kind: u32, body: impl FnOnce(&mut Vec<u8>)) {
        let out = &mut self.pending;
        let start = out.len();
        put32(out, kind);
        put32(out, 0);
        body(out);
        let len = ((out.len() - start + 4) as u32).to_le_bytes();
        out.extend_from_slice(&len);
        if let Some(place) = out.get_mut(start + 4..start + 8) {
            place.copy_from_slice(&len);
        }
    }

    /// Writes the collected bytes once there are enough of them.
    #[inline]
    fn hand_on(&mut self) -> Result<(), CaptureError> {
        if self.pending.len() < CHUNK { Ok(()) } else { self.write_out() }
    }

    #[cold]
    fn write_out(&mut self) -> Result<(), CaptureError> {
        let written = self.out.write_all(&self.pending);
        let (bytes, frames) = (self.pending.len() as u64, std::mem::take(&mut self.frames.0));
        if written.is_ok() {
            self.handed += bytes;
            self.frames.1 += frames;
        }
        // A failed write may have written a part; writing the bytes again would not repair the file.
        self.pending.clear();
        written.map_err(|source| CaptureError::Write { file: self.file.clone(), source })
    }

    /// Number of frames that were written. Frames of a failed write are not counted; after the file was removed, it
    /// is 0.
    pub fn frames(&self) -> u64 {
        self.frames.1
    }

    /// Bytes of the output so far, with the collected ones.
    pub fn size(&self) -> u64 {
        self.handed + self.pending.len() as u64
    }

    /// Writes all collected bytes, and flushes the output.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn flush(&mut self) -> Result<(), CaptureError> {
        self.write_out()?;
        self.out.flush().map_err(|source| {
            if source.kind() == io::ErrorKind::NotFound {
                self.frames.1 = 0;
            }
            CaptureError::Write { file: self.file.clone(), source }
        })
    }

    /// Ends the capture and returns the output. A classic file without frames gets its header here.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(mut self) -> Result<W, CaptureError> {
        if self.format == FileFormat::Pcap && self.interfaces.is_empty() {
            self.classic_header(false, LinkType::ETHERNET, 0);
        }
        self.flush()?;
        Ok(self.out)
    }
}

fn put16(out: &mut Vec<u8>, v: u16) {
    out.extend_from_slice(&v.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, v: u32) {
    out.extend_from_slice(&v.to_le_bytes());
}

/// Appends zeros that pad `len` bytes to a multiple of four.
fn fill(out: &mut Vec<u8>, len: usize) {
    out.extend_from_slice([0; 3].get(..padding(len)).unwrap_or_default());
}

/// Appends an option or a name record.
fn option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    let value = value.get(..LONGEST_TEXT).unwrap_or(value);
    put16(out, code);
    put16(out, value.len() as u16);
    out.extend_from_slice(value);
    fill(out, value.len());
}

fn text(out: &mut Vec<u8>, code: u16, value: Option<&str>) {
    if let Some(value) = value {
        option(out, code, clip(value, LONGEST_TEXT).as_bytes());
    }
}

/// The beginning of a text, no longer than `most` bytes, without cutting a character.
fn clip(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}
