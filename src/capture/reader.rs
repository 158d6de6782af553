//! temporary
use super::*;
use crate::frame::*;
use std::io::Read;
use std::path::Path;
/// r
pub struct Reader<R> {
    b: Vec<u8>,
    at: usize,
    no: u64,
    be: bool,
    ng: bool,
    ns: bool,
    ifs: Vec<(u16, u8)>,
    link: u16,
    name: String,
    _r: std::marker::PhantomData<R>,
}
impl Reader<Box<dyn Read + Send>> {
    /// o
    pub fn open(p: &Path) -> Result<Self, CaptureError> {
        let b = std::fs::read(p).map_err(|e| CaptureError(e.to_string()))?;
        let mut r = Reader {
            b,
            at: 0,
            no: 0,
            be: false,
            ng: false,
            ns: false,
            ifs: vec![],
            link: 0,
            name: String::new(),
            _r: std::marker::PhantomData,
        };
        let m = r.u32(0);
        match m {
            0x0a0d0d0a => r.ng = true,
            0xa1b2c3d4 => {}
            0xa1b23c4d => r.ns = true,
            0xd4c3b2a1 => r.be = true,
            _ => {
                r.be = true;
                r.ns = true
            }
        }
        if !r.ng {
            r.link = r.u32(20) as u16;
            r.at = 24;
            if r.link == 12 {
                r.link = 101
            }
        }
        Ok(r)
    }
}
impl<R> Reader<R> {
    fn u32(&self, at: usize) -> u32 {
        let x: [u8; 4] = self.b.get(at..at + 4).map_or([0; 4], |s| s.try_into().unwrap());
        if self.be { u32::from_be_bytes(x) } else { u32::from_le_bytes(x) }
    }
    fn u16(&self, at: usize) -> u16 {
        let x: [u8; 2] = self.b[at..at + 2].try_into().unwrap();
        if self.be { u16::from_be_bytes(x) } else { u16::from_le_bytes(x) }
    }
}
impl<R> Source for Reader<R> {
    fn next(&mut self) -> Result<Option<Frame<'_>>, CaptureError> {
        loop {
            if self.at + 12 > self.b.len() {
                return Ok(None);
            }
            let a = self.at;
            if !self.ng {
                let (s, u, c, w) = (self.u32(a), self.u32(a + 4), self.u32(a + 8) as usize, self.u32(a + 12));
                if a + 16 + c > self.b.len() {
                    return Err(CaptureError("cut".into()));
                }
                self.at = a + 16 + c;
                self.no += 1;
                return Ok(Some(Frame {
                    no: FrameNo(self.no),
                    time: Some(Timestamp::from_parts(s as i64, u as i64 * if self.ns { 1 } else { 1000 })),
                    precision: if self.ns { 9 } else { 6 },
                    link: LinkType(self.link),
                    wire_len: w,
                    interface: 0,
                    origin: Origin::default(),
                    bytes: &self.b[a + 16..a + 16 + c],
                }));
            }
            if self.b[a..a + 4] == [10, 13, 13, 10] {
                self.be = self.b[a + 8] == 0x1a;
                self.ifs.clear();
            }
            let (t, l) = (self.u32(a), self.u32(a + 4) as usize);
            if l < 12 || a + l > self.b.len() {
                return Err(CaptureError("cut".into()));
            }
            self.at = a + l;
            if t == 1 {
                let link = self.u16(a + 8);
                let mut res = 6;
                let mut o = a + 16;
                while o + 4 <= a + l - 4 {
                    let (c, n) = (self.u16(o), self.u16(o + 2) as usize);
                    if c == 9 {
                        res = self.b[o + 4]
                    }
                    if c == 2 {
                        self.name = String::from_utf8_lossy(&self.b[o + 4..o + 4 + n]).into();
                    }
                    if c == 0 {
                        break;
                    }
                    o += 4 + n.div_ceil(4) * 4;
                }
                self.ifs.push((link, res));
            }
            if t == 6 {
                let (i, h, lo, c, w) = (
                    self.u32(a + 8),
                    self.u32(a + 12),
                    self.u32(a + 16),
                    self.u32(a + 20) as usize,
                    self.u32(a + 24),
                );
                let (link, res) = self.ifs[i as usize];
                let v = ((h as u64) << 32 | lo as u64) as i64;
                let ns = if res == 9 { v } else { v * 1000 };
                self.no += 1;
                return Ok(Some(Frame {
                    no: FrameNo(self.no),
                    time: Some(Timestamp::from_nanos(ns)),
                    precision: res.min(9),
                    link: LinkType(link),
                    wire_len: w,
                    interface: i,
                    origin: Origin { interface_name: Some(&self.name), section: 1, ..Origin::default() },
                    bytes: &self.b[a + 28..a + 28 + c],
                }));
            }
        }
    }
}
