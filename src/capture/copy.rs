//! Copies frames from one capture into another, with their interfaces, comments, names and counts.

use super::Source;
use super::error::CaptureError;
use super::info::{Info, Section};
use super::writer::Writer;
use std::io::Write;

/// Writes the frames of one source as they come, with their descriptions.
pub struct Copier<W: Write> {
    writer: Writer<W>,
    /// The output's index for each interface of the source.
    interfaces: Vec<Option<u32>>,
    /// Number of names that were written.
    names: usize,
}

impl<W: Write> Copier<W> {
    /// A copy into `writer`, which was begun with [`Section::copied_from`].
    pub fn new(writer: Writer<W>) -> Self {
        Copier { writer, interfaces: Vec::new(), names: 0 }
    }

    /// Writes the frame that `source` has moved to. Its interface is described when its first frame is written.
    ///
    /// # Errors
    /// If classic pcap already holds another link type, or the output cannot be written.
    pub fn frame<S: Source + ?Sized>(&mut self, source: &S) -> Result<(), CaptureError> {
        let (Some(frame), Some(interface)) = (source.frame(), source.interface()) else { return Ok(()) };
        let index = interface.index as usize;
        let target = match self.interfaces.get(index).copied().flatten() {
            Some(target) => target,
            None => {
                let target = self.writer.interface(interface)?;
                self.interfaces.resize(self.interfaces.len().max(index + 1), None);
                if let Some(place) = self.interfaces.get_mut(index) {
                    *place = Some(target);
                }
                target
            }
        };
        self.copy_names(source.info())?;
        self.writer.commented(target, &frame, source.comments())
    }

    fn copy_names(&mut self, info: &Info) -> Result<(), CaptureError> {
        let new = info.names.get(self.names..).unwrap_or_default();
        self.names = info.names.len();
        self.writer.names(new)
    }

    /// Writes the descriptions behind the last frame, such as the interfaces' counts, and ends the copy.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(mut self, info: &Info) -> Result<W, CaptureError> {
        self.copy_names(info)?;
        for (interface, target) in info.interfaces.iter().zip(&self.interfaces) {
            if let (Some(counted), Some(target)) = (&interface.statistics, target) {
                self.writer.statistics(*target, counted)?;
            }
        }
        self.writer.finish()
    }
}

impl Section {
    /// A section for frames that are recorded on this machine.
    pub fn of_this_machine() -> Self {
        Section { os: operating_system(), application: Some(application()), ..Section::default() }
    }

    /// A section for frames that are copied from another capture: machine and system are the source's.
    pub fn copied_from(info: &Info) -> Self {
        let first = info.sections.first().cloned().unwrap_or_default();
        Section {
            application: Some(application()),
            big_endian: false,
            first_interface: 0,
            offset: 0,
            ..first
        }
    }
}

/// Name and version of this program, as captures name it (`shb_userappl`).
fn application() -> String {
    format!("labkit {}", env!("CARGO_PKG_VERSION"))
}

/// The system and its version, as `Linux 6.1.0-28-amd64`.
#[cfg(unix)]
fn operating_system() -> Option<String> {
    let system = nix::sys::utsname::uname().ok()?;
    Some(format!("{} {}", system.sysname().to_string_lossy(), system.release().to_string_lossy()))
}

#[cfg(not(unix))]
fn operating_system() -> Option<String> {
    Some(std::env::consts::OS.to_owned())
}
