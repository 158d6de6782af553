//! Reads what is checked: the capture, and the sheet with the answers.

use super::answers::{self, FormatError, Sheet};
use super::{Check, Subject, Survey, Surveyor, check, shell};
use crate::capture::Source;
use crate::capture::info::Info;
use crate::lab::answer::{self, Capture, Report};
use crate::lab::definition::Lab;
use crate::lab::evidence::collect::Evidence;
use crate::pump::{self, Open, PumpError};
use std::fs::File;
use std::io::{self, Read};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// The longest sheet that is read, in bytes.
const LONGEST: u64 = 16 << 20;

/// What a capture is checked against.
pub struct Request<'a> {
    /// The lab that it should show.
    pub lab: &'a Lab,
    /// TCP port of the receiver.
    pub port: u16,
    /// Addresses of host and guest, where the user gave them.
    pub given: (Option<IpAddr>, Option<IpAddr>),
    /// Name of the file.
    pub name: &'a str,
}

/// A capture that was checked.
pub struct Inspected {
    /// The requirements on it.
    pub checks: Vec<Check>,
    /// labkit's answers from it.
    pub report: Report,
    /// A hash of all frames' bytes without their times; `None` where there are no frames.
    pub packets: Option<u64>,
}

/// Reads a capture to its end or to the first damage, and checks it.
///
/// # Errors
/// If the capture cannot be read for another reason than damage.
pub fn inspect<S: Source + Send>(source: &mut S, request: &Request<'_>) -> Result<Inspected, PumpError> {
    let mut surveyor = Surveyor::new(request.port);
    let damage = match pump::run(source, &mut Open, None, &mut surveyor) {
        Ok(()) => None,
        Err(PumpError::Capture(error)) => Some(error.to_string().replace('\n', " ")),
        Err(error) => return Err(error),
    };
    let (evidence, survey) = surveyor.into_parts();
    let (checks, report) = judge(request, evidence, &survey, source.info(), damage);
    Ok(Inspected { checks, report, packets: survey.packets })
}

/// Checks a capture that was read, from the `evidence` and the `survey` gathered from it, what the file says about
/// itself, and the `damage` that ended the reading, if any.
pub fn judge(
    request: &Request<'_>,
    evidence: Evidence,
    survey: &Survey,
    info: &Info,
    damage: Option<String>,
) -> (Vec<Check>, Report) {
    let capture = Capture { name: request.name.to_string(), evidence, names: info.names.clone() };
    let report = answer::report(request.lab, request.port, vec![capture], request.given);
    let checks = check(&Subject {
        lab: request.lab,
        port: request.port,
        file: &shell(request.name),
        info,
        survey,
        exchanges: &report.exchanges,
        roles: &report.roles,
        damage,
    });
    (checks, report)
}

/// Why a sheet with answers could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// The file cannot be read.
    #[error("cannot read the answers in {}; `labkit lab show --template` writes an empty sheet", shell(&path.display().to_string()))]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is no sheet.
    #[error("cannot read the answers in {}; `labkit lab show --template` writes an empty sheet", shell(&path.display().to_string()))]
    Format {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        source: FormatError,
    },
    /// The file is longer than 16 MiB.
    #[error("{} is longer than 16 MiB; answers are a text with a heading for each question", shell(&.0.display().to_string()))]
    TooLong(PathBuf),
}

/// Reads a sheet with answers: Markdown, plain text, Word (`.docx`) or OpenDocument (`.odt`).
///
/// # Errors
/// If the file cannot be read, is too long, or is none of these.
pub fn sheet(lab: &Lab, path: &Path) -> Result<Sheet, SheetError> {
    sheet_of(lab, path, &sheet_bytes(path)?)
}

/// The bytes of a sheet's file.
///
/// # Errors
/// If the file cannot be read or is too long.
pub fn sheet_bytes(path: &Path) -> Result<Vec<u8>, SheetError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes))
        .map_err(|source| SheetError::Read { path: path.into(), source })?;
    if bytes.len() as u64 > LONGEST {
        return Err(SheetError::TooLong(path.into()));
    }
    Ok(bytes)
}

/// The sheet in these bytes; `path` is named in errors.
///
/// # Errors
/// If they are no sheet.
pub fn sheet_of(lab: &Lab, path: &Path, bytes: &[u8]) -> Result<Sheet, SheetError> {
    answers::read(lab, bytes).map_err(|source| SheetError::Format { path: path.into(), source })
}
