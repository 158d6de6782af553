//! Copies a capture file and adds comments to some of its frames; everything else stays as it is, byte for byte.
//!
//! The blocks of a pcapng file are copied as they are, also unknown ones and those behind damage. A block that gets a
//! comment (`opt_comment`) grows, and so does the length that its section states, if it states one. Frames of classic
//! pcap cannot have comments, so such a file is converted to pcapng.

use super::blocks::{self, Cursor, Order, padding};
use super::error::CaptureError;
use super::info::Section;
use super::output::Draft;
use super::reader::Reader;
use super::unpack::unpacked;
use super::writer::{FileFormat, Writer};
use super::{Info, Source};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Comments by the number of their frame; several for one frame become several options.
pub type Remarks = BTreeMap<u64, Vec<String>>;

/// The result of annotating a capture, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Annotated {
    /// Frames that have got comments.
    pub frames: u64,
    /// Comments written.
    pub comments: u64,
    /// Frames that cannot have comments: simple packet blocks have no options.
    pub impossible: u64,
}

/// The longest block that is taken for a packet, in bytes.
const LARGEST_PACKET: usize = 16 << 20;
/// The longest comment in bytes, with its padding: an option's length is a 16-bit number.
const LONGEST_COMMENT: usize = 65_532;
/// Bytes of a packet block before the packet: interface, time, captured and original length.
const FIXED: usize = 20;
/// The length of a section that does not state it.
const UNSTATED: u64 = u64::MAX;

/// Copies the capture `from` to `to`, with `remarks`. The copy is written beside `to` and renamed when it is
/// complete. `force` allows replacing an existing file.
///
/// # Errors
/// If `from` cannot be read, `to` exists already, or the copy cannot be written.
pub fn annotate(from: &Path, to: &Path, force: bool, remarks: &Remarks) -> Result<Annotated, CaptureError> {
    match fs::metadata(to) {
        Ok(there) if !there.is_file() => {
            let reason = io::Error::other("there is something that is no file");
            return Err(CaptureError::Create { path: to.to_owned(), reason });
        }
        _ => {}
    }
    let mut draft = Draft::create(to, force)?;
    let done = write(from, to, &mut draft, remarks)?;
    draft.commit()?;
    Ok(done)
}

fn write(from: &Path, to: &Path, file: &mut Draft, remarks: &Remarks) -> Result<Annotated, CaptureError> {
    let mut input = open(from)?;
    let unreadable = |reason| CaptureError::Read { file: shown(from), offset: 0, frames: 0, reason };
    let start = input.fill_buf().map_err(unreadable)?;
    if !start.starts_with(&blocks::SECTION_HEADER.to_le_bytes()) {
        return convert(from, to, file, remarks);
    }
    let mut copy = Copy {
        input,
        out: BufWriter::new(file),
        names: (shown(from), shown(to)),
        order: Order::Little,
        read: 0,
        written: 0,
        section: None,
        lengths: Vec::new(),
        frames: 0,
        remarks,
        done: Annotated::default(),
    };
    copy.blocks()?;
    copy.finish()
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Opens a file for reading, decompressed if it is gzip.
fn open(path: &Path) -> Result<Box<dyn BufRead>, CaptureError> {
    let failed = |reason| CaptureError::Open { path: path.to_owned(), reason };
    let mut file = BufReader::with_capacity(1 << 16, File::open(path).map_err(failed)?);
    let compressed = file.fill_buf().map_err(failed)?.starts_with(&[0x1f, 0x8b]);
    Ok(match compressed {
        true => Box::new(BufReader::with_capacity(1 << 16, unpacked(file))),
        false => Box::new(file),
    })
}

/// Writes the frames of a classic file as pcapng. Frames behind damage are left out, as in all commands.
fn convert(from: &Path, to: &Path, file: &mut Draft, remarks: &Remarks) -> Result<Annotated, CaptureError> {
    let mut source = Reader::open(from)?;
    let section = Section::copied_from(source.info());
    let mut writer = Writer::new(BufWriter::new(file), shown(to), FileFormat::PcapNg, &section);
    let mut done = Annotated::default();
    let mut interface = None;
    while let Ok(true) = source.advance() {
        let (Some(frame), Some(of)) = (source.frame(), source.interface()) else { break };
        let index = match interface {
            Some(index) => index,
            None => *interface.insert(writer.interface(of)?),
        };
        let own = remarks.get(&frame.no.0).map_or(&[][..], Vec::as_slice);
        done.frames += u64::from(!own.is_empty());
        done.comments += own.len() as u64;
        writer.commented(index, &frame, own.iter())?;
    }
    end(source.info(), interface.is_none(), &mut writer)?;
    writer.finish()?;
    Ok(done)
}

/// Writes the interfaces of a file without frames, and ends the capture.
fn end<W: Write>(info: &Info, no_frames: bool, writer: &mut Writer<W>) -> Result<(), CaptureError> {
    for interface in info.interfaces.iter().filter(|_| no_frames) {
        writer.interface(interface)?;
    }
    Ok(())
}

/// A section that states its length.
struct Stated {
    order: Order,
    /// The length.
    length: u64,
    /// Offset of the length in the output.
    place: u64,
    /// Bytes by which the section has grown.
    grown: u64,
}

/// A copy of pcapng blocks in progress.
struct Copy<'a, W: Write> {
    input: Box<dyn BufRead>,
    out: W,
    /// Names of input and output.
    names: (String, String),
    order: Order,
    /// Bytes read and written so far.
    read: u64,
    written: u64,
    /// The current section, if it states its length.
    section: Option<Stated>,
    /// Lengths to write at the end, each with its offset.
    lengths: Vec<(u64, [u8; 8])>,
    frames: u64,
    remarks: &'a Remarks,
    done: Annotated,
}

impl<W: Write + Seek> Copy<'_, W> {
    /// Copies to the end of the file.
    fn blocks(&mut self) -> Result<(), CaptureError> {
        loop {
            let mut head = Vec::new();
            self.take(8, &mut head)?;
            let Some((kind, len)) = self.head(&mut head)? else {
                // At the end, or where no block begins: the rest is copied as it is.
                self.put(&head)?;
                return self.rest(u64::MAX);
            };
            let whole = len as usize + padding(len as usize);
            let packet = [blocks::ENHANCED_PACKET, blocks::PACKET, blocks::SIMPLE_PACKET].contains(&kind);
            self.frames += u64::from(packet);
            let remarks = self.remarks.get(&self.frames).filter(|_| packet && whole <= LARGEST_PACKET);
            match remarks {
                Some(_) if kind == blocks::SIMPLE_PACKET => self.done.impossible += 1,
                Some(remarks) => {
                    self.take(whole - head.len(), &mut head)?;
                    self.packet(&head, whole, remarks)?;
                    continue;
                }
                None => {}
            }
            self.put(&head)?;
            self.rest((whole - head.len()) as u64)?;
        }
    }

    /// Type and length of the block that begins with `head`; `None` if no block begins here. For a section, `head` is
    /// extended up to the section's length.
    fn head(&mut self, head: &mut Vec<u8>) -> Result<Option<(u32, u32)>, CaptureError> {
        if head.starts_with(&blocks::SECTION_HEADER.to_le_bytes()) {
            self.take(16, head)?;
            let magic = head.get(8..12).unwrap_or_default();
            let order = match magic {
                m if m == blocks::BYTE_ORDER_MAGIC.to_le_bytes() => Order::Little,
                m if m == blocks::BYTE_ORDER_MAGIC.to_be_bytes() => Order::Big,
                _ => return Ok(None),
            };
            self.end_section();
            self.order = order;
            let stated = head.get(16..24).and_then(|b| b.first_chunk::<8>());
            let stated = stated.map(|b| self.long(*b)).filter(|l| *l != UNSTATED);
            let place = self.written + 16;
            self.section = stated.map(|length| Stated { order, length, place, grown: 0 });
        }
        let mut at = Cursor::new(self.order, head);
        let (Some(kind), Some(len)) = (at.u32(), at.u32()) else { return Ok(None) };
        Ok((len as usize >= head.len().max(12)).then_some((kind, len)))
    }

    fn long(&self, bytes: [u8; 8]) -> u64 {
        match self.order {
            Order::Little => u64::from_le_bytes(bytes),
            Order::Big => u64::from_be_bytes(bytes),
        }
    }

    /// Notes the section's new length.
    fn end_section(&mut self) {
        if let Some(section) = self.section.take().filter(|s| s.grown > 0) {
            let length = section.length.saturating_add(section.grown);
            let bytes = match section.order {
                Order::Little => length.to_le_bytes(),
                Order::Big => length.to_be_bytes(),
            };
            self.lengths.push((section.place, bytes));
        }
    }

    /// Writes a packet block with its comments, or as it is if its structure is not understood.
    fn packet(&mut self, block: &[u8], whole: usize, remarks: &[String]) -> Result<(), CaptureError> {
        let body = block.get(8..whole.saturating_sub(4)).filter(|_| block.len() == whole);
        let Some(new) = body.and_then(|body| commented(body, self.order, remarks)) else {
            return self.put(block);
        };
        let len = ((new.len() + 12) as u32).of(self.order);
        self.put(block.get(..4).unwrap_or_default())?;
        self.put(&len)?;
        self.put(&new)?;
        self.put(&len)?;
        if let Some(section) = &mut self.section {
            section.grown += (new.len() + 12).saturating_sub(whole) as u64;
        }
        self.done.frames += 1;
        self.done.comments += remarks.len() as u64;
        Ok(())
    }

    /// Appends up to `n` bytes of the input; fewer at its end.
    fn take(&mut self, n: usize, to: &mut Vec<u8>) -> Result<(), CaptureError> {
        let got = self.input.by_ref().take(n as u64).read_to_end(to).map_err(|e| self.unreadable(e))?;
        self.read += got as u64;
        Ok(())
    }

    /// Copies up to `n` bytes as they are.
    fn rest(&mut self, mut n: u64) -> Result<(), CaptureError> {
        while n > 0 {
            let there = match self.input.fill_buf() {
                Ok(there) => there,
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) => return Err(self.unreadable(e)),
            };
            let len = there.len().min(usize::try_from(n).unwrap_or(usize::MAX));
            if len == 0 {
                return Ok(());
            }
            let part = there.get(..len).unwrap_or_default();
            let put = self.out.write_all(part);
            self.input.consume(len);
            put.map_err(|e| self.unwritten(e))?;
            (self.read, self.written, n) =
                (self.read + len as u64, self.written + len as u64, n - len as u64);
        }
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), CaptureError> {
        self.written += bytes.len() as u64;
        self.out.write_all(bytes).map_err(|e| self.unwritten(e))
    }

    /// Writes the lengths of sections that have grown.
    fn finish(mut self) -> Result<Annotated, CaptureError> {
        self.end_section();
        let lengths = std::mem::take(&mut self.lengths);
        let out = &mut self.out;
        let mut patch = || {
            for (place, bytes) in &lengths {
                out.seek(SeekFrom::Start(*place))?;
                out.write_all(bytes)?;
            }
            out.flush()
        };
        let patched = patch();
        patched.map_err(|e| self.unwritten(e))?;
        Ok(self.done)
    }

    fn unreadable(&self, reason: io::Error) -> CaptureError {
        CaptureError::Read { file: self.names.0.clone(), offset: self.read, frames: self.frames, reason }
    }

    fn unwritten(&self, source: io::Error) -> CaptureError {
        CaptureError::Write { file: self.names.1.clone(), source }
    }
}

/// Numbers in a section's byte order.
trait Ordered<const N: usize> {
    fn of(self, order: Order) -> [u8; N];
}

impl Ordered<4> for u32 {
    fn of(self, order: Order) -> [u8; 4] {
        match order {
            Order::Little => self.to_le_bytes(),
            Order::Big => self.to_be_bytes(),
        }
    }
}

impl Ordered<2> for u16 {
    fn of(self, order: Order) -> [u8; 2] {
        match order {
            Order::Little => self.to_le_bytes(),
            Order::Big => self.to_be_bytes(),
        }
    }
}

/// The body of a packet block with comments after its other options; `None` if its options do not fit into it.
fn commented(body: &[u8], order: Order, remarks: &[String]) -> Option<Vec<u8>> {
    let mut at = Cursor::new(order, body.get(12..16)?);
    let captured = at.u32()? as usize;
    let begin = FIXED.checked_add(captured)?.checked_add(padding(captured))?;
    let options = body.get(begin..)?;
    blocks::check_options(Cursor::new(order, options)).ok()?;
    // The end mark, or the end.
    let mut end = 0;
    while let Some(head) = options.get(end..end + 4) {
        let mut head = Cursor::new(order, head);
        let (code, len) = (head.u16()?, usize::from(head.u16()?));
        if code == blocks::code::END {
            break;
        }
        end += 4 + len + padding(len);
    }
    let (before, after) = options.split_at_checked(end).unwrap_or((options, &[]));
    let mut new = body.get(..begin)?.to_vec();
    new.extend(before);
    new.resize(new.len() + padding(new.len()), 0);
    for remark in remarks {
        let text = remark.char_indices().take_while(|(at, c)| at + c.len_utf8() <= LONGEST_COMMENT);
        let len = text.last().map_or(0, |(at, c)| at + c.len_utf8());
        let text = remark.as_bytes().get(..len).unwrap_or_default();
        new.extend(blocks::code::COMMENT.of(order));
        new.extend((text.len() as u16).of(order));
        new.extend(text);
        new.resize(new.len() + padding(new.len()), 0);
    }
    // Options end with their mark (code and length 0).
    new.extend(if after.is_empty() { &[0; 4] } else { after });
    new.resize(new.len() + padding(new.len()), 0);
    Some(new)
}
