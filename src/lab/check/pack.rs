//! Packs the folder that is handed in.

use crate::capture::output::Draft;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Why a folder could not be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file or folder could not be read.
    #[error("cannot read {} to pack it", path.display())]
    Read {
        /// What could not be read.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder has no name to pack it under, as the root has none.
    #[error("cannot pack {}: it is no folder with a name of its own", .0.display())]
    NoName(PathBuf),
    /// The archive exists already, or cannot be created.
    #[error(transparent)]
    Create(#[from] crate::capture::CaptureError),
    /// The archive could not be written to its end; the unfinished archive is removed.
    #[error("cannot write the archive {}", path.display())]
    Write {
        /// The archive.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The paths in a folder, sorted by name.
pub(super) fn entries(dir: &Path) -> Result<Vec<PathBuf>, PackError> {
    let failed = |source| PackError::Read { path: dir.to_owned(), source };
    let all: io::Result<Vec<PathBuf>> = fs::read_dir(dir).map_err(failed)?.map(|e| Ok(e?.path())).collect();
    let mut all = all.map_err(failed)?;
    all.sort();
    Ok(all)
}

/// Packs the folder `dir`, under its own name, into `out` (tar, gzip) as `tar -czf` does. Returns the number of
/// entries.
///
/// Symbolic links are stored as links, so nothing outside of the folder comes along. The archive itself, sockets,
/// pipes and devices are left out. `force` overwrites an existing archive.
///
/// # Errors
/// If something cannot be read or written; no unfinished archive is left.
pub fn pack(dir: &Path, out: &Path, force: bool) -> Result<u64, PackError> {
    let root = fs::canonicalize(dir).map_err(|source| PackError::Read { path: dir.to_owned(), source })?;
    let name = root.file_name().map(PathBuf::from).filter(|_| root.is_dir());
    let name = name.ok_or_else(|| PackError::NoName(dir.to_owned()))?;
    let mut draft = Draft::create(out, force)?;
    let packed = write(&root, &name, out, &mut draft)?;
    draft.commit()?;
    Ok(packed)
}

fn write(root: &Path, name: &Path, out: &Path, draft: &mut Draft) -> Result<u64, PackError> {
    let failed = |source| PackError::Write { path: out.to_owned(), source };
    // Neither the new archive nor the one that it replaces is packed into it.
    let own = [draft.path(), out].map(|path| fs::canonicalize(path).unwrap_or_default());
    let mut archive = tar::Builder::new(GzEncoder::new(BufWriter::new(draft), Compression::default()));
    archive.follow_symlinks(false);
    let (mut left, mut packed) = (vec![root.to_owned()], 0);
    while let Some(path) = left.pop() {
        let unreadable = |source| PackError::Read { path: path.clone(), source };
        let kind = fs::symlink_metadata(&path).map_err(unreadable)?.file_type();
        if own.contains(&path) || !(kind.is_file() || kind.is_dir() || kind.is_symlink()) {
            continue;
        }
        let within = path.strip_prefix(root).unwrap_or(Path::new(""));
        let inside = if within.as_os_str().is_empty() { name.to_owned() } else { name.join(within) };
        // As tar does, the name of a folder ends with a slash.
        let inside = if kind.is_dir() { inside.join("") } else { inside };
        if kind.is_file() {
            // The file can be opened, so a later error is about the archive.
            fs::File::open(&path).map_err(unreadable)?;
        }
        archive.append_path_with_name(&path, inside).map_err(failed)?;
        packed += 1;
        if kind.is_dir() {
            left.extend(entries(&path)?.into_iter().rev());
        }
    }
    let encoder = archive.into_inner().map_err(failed)?;
    encoder.finish().map_err(failed)?.flush().map_err(failed)?;
    Ok(packed)
}
