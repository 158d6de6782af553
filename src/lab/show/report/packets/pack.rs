//! Parts of the page that are compressed with gzip and encoded in Base64; the script unpacks each when it needs it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use std::io::{self, Write as _};

/// A part of the page, under the name by which the script finds it.
#[derive(Debug)]
pub(in crate::lab::show::report) struct Part {
    /// The name: letters, digits, full stops and dashes.
    pub(in crate::lab::show::report) name: String,
    /// The content, gzip in Base64.
    pub(in crate::lab::show::report) packed: String,
}

impl Part {
    /// A part that holds bytes.
    pub(in crate::lab::show::report) fn of_bytes(name: impl Into<String>, bytes: &[u8]) -> io::Result<Part> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(bytes)?;
        Ok(Part { name: name.into(), packed: BASE64_STANDARD.encode(packed.finish()?) })
    }

    /// A part that holds JSON.
    pub(super) fn of_json(name: impl Into<String>, value: &impl Serialize) -> io::Result<Part> {
        Part::of_bytes(name, &serde_json::to_vec(value)?)
    }
}
