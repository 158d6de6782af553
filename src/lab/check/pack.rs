//! The folder that is handed in: what must be in it, and packing it.

use super::Check;
use super::capture::shell;
use crate::capture::output::Draft;
use crate::lab::definition::Lab;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Endings of the files that can be somebody's answers.
const ANSWERS: [&str; 7] = ["md", "txt", "docx", "doc", "odt", "rtf", "pdf"];

/// Why a folder could not be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file or folder could not be read.
    #[error("cannot read {} to pack it: {source}", path.display())]
    Read {
        /// What could not be read.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder has no name to pack it under, as the root has none.
    #[error("cannot pack {}: it is no folder with a name of its own", .0.display())]
    NoName(PathBuf),
    /// The archive is there, or cannot be created.
    #[error(transparent)]
    Create(#[from] crate::capture::CaptureError),
    /// The archive could not be written to its end; what was written of it is removed.
    #[error("cannot write the archive {}: {source}", path.display())]
    Write {
        /// The archive.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What the lab asks of the folder `dir`: program, capture, answers, and the history with its tag.
///
/// # Errors
/// When the folder cannot be read.
pub fn contents(lab: &Lab, dir: &Path) -> Result<Vec<Check>, PackError> {
    let names: Vec<String> =
        entries(dir)?.iter().filter_map(|p| Some(p.file_name()?.to_str()?.to_owned())).collect();
    let is_file = |name: &str| dir.join(name).is_file();
    let (place, hand_in) = (shell(&dir.display().to_string()), &lab.hand_in);
    let mut all = Vec::new();

    let wanted = hand_in.programs.join(" or ");
    all.push(match hand_in.programs.iter().find(|p| is_file(p)) {
        Some(name) => Check::met("program", format!("{name} is there.")),
        None => {
            Check::not_met("program", format!("no {wanted}."), format!("copy your program into {place}."))
        }
    });

    let capture = &lab.network.capture;
    all.push(if is_file(capture) {
        Check::met("capture", format!("{capture} is there; `labkit check` with its name looks inside."))
    } else {
        let todo = format!("save the capture of the lab under this name in {place}.");
        Check::not_met("capture", format!("no {capture}."), todo)
    });

    let answers = names.iter().find(|n| is_file(n) && may_be_answers(n));
    all.push(match answers {
        Some(name) => Check::met("answers", format!("{} may be the answers.", shell(name))),
        None => {
            let says = format!("no file with answers ({}; a README does not count).", ANSWERS.join(", "));
            Check::not_met("answers", says, format!("copy the file with your answers into {place}."))
        }
    });
    all.push(history(dir, &hand_in.tag, &place));
    Ok(all)
}

fn may_be_answers(name: &str) -> bool {
    let lower = name.to_lowercase();
    let known = lower.rsplit_once('.').is_some_and(|(stem, end)| !stem.is_empty() && ANSWERS.contains(&end));
    known && !lower.starts_with("readme") && !lower.starts_with("requirements")
}

/// Whether the git history is in the folder, and the tag in it. Read from its files: git need not be installed, and
/// nothing that a foreign repository configures is run.
fn history(dir: &Path, tag: &str, place: &str) -> Check {
    let (id, git) = ("history", dir.join(".git"));
    if git.is_file() {
        let says = "the git history is stored outside of the folder (.git is a file).";
        return Check::not_met(id, says, format!("`git clone {place} FOLDER` makes a copy that holds it."));
    }
    if !git.join("HEAD").is_file() {
        let todo = format!(
            "`git -C {place} init && git -C {place} add -A && git -C {place} commit -m 'Task 1' && git -C {place} tag {tag}`."
        );
        return Check::not_met(id, "no git history (.git).", todo);
    }
    let name = format!("refs/tags/{tag}");
    let packed = fs::read(git.join("packed-refs")).unwrap_or_default();
    let packed = String::from_utf8_lossy(&packed);
    let listed = packed.lines().any(|l| l.split_once(' ').is_some_and(|(_, reference)| reference == name));
    if listed || git.join(&name).is_file() {
        Check::met(id, format!("the git history is there, with the tag {tag}."))
    } else {
        let todo = format!(
            "`git -C {place} log --oneline` lists the commits; `git -C {place} tag {tag} COMMIT` sets the tag."
        );
        Check::not_met(id, format!("the git history has no tag {tag}."), todo)
    }
}

/// What lies in a folder, sorted by name.
fn entries(dir: &Path) -> Result<Vec<PathBuf>, PackError> {
    let failed = |source| PackError::Read { path: dir.to_owned(), source };
    let all: io::Result<Vec<PathBuf>> = fs::read_dir(dir).map_err(failed)?.map(|e| Ok(e?.path())).collect();
    let mut all = all.map_err(failed)?;
    all.sort();
    Ok(all)
}

/// Packs the folder `dir`, under its own name, into `out` (tar, gzip) as `tar -czf` does; the number of entries.
///
/// Symbolic links are stored as links, so nothing outside of the folder comes along. The archive itself, sockets,
/// pipes and devices are left out. `force` overwrites an archive that is there.
///
/// # Errors
/// When something cannot be read or written; no half archive is left.
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
    // Neither the archive that grows nor the one that it replaces belongs into itself.
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
        archive.append_path_with_name(&path, inside).map_err(unreadable)?;
        packed += 1;
        if kind.is_dir() {
            left.extend(entries(&path)?.into_iter().rev());
        }
    }
    let encoder = archive.into_inner().map_err(failed)?;
    encoder.finish().map_err(failed)?.flush().map_err(failed)?;
    Ok(packed)
}
