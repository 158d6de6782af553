//! What a student handed in: a folder, or an archive that is read without unpacking it to disk.
//!
//! Names that lead out of the archive and links are refused. An archive's content is read up to a limit that counts
//! unpacked bytes, so a small file cannot expand without end.

use crate::capture::unpack::unpacked;
use crate::lab::definition::Lab;
use crate::text::harmless;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Component, Path};
use zip::ZipArchive;

/// The most bytes that are read of a hand-in, counted unpacked.
const MOST: u64 = 256 << 20;
/// The most bytes of a sheet or a program.
const MOST_TEXT: u64 = 16 << 20;
/// The most entries of an archive or a folder that are looked at.
const MOST_ENTRIES: usize = 20_000;
/// Levels of nested folders that are looked into.
const DEEPEST: usize = 4;
/// Endings of archives.
const ARCHIVES: [&str; 4] = [".tar.gz", ".tgz", ".tar", ".zip"];
/// Endings of captures and of answers.
const CAPTURES: [&str; 5] = [".pcapng", ".pcap", ".pcapng.gz", ".pcap.gz", ".cap"];
const SHEETS: [&str; 5] = [".md", ".markdown", ".txt", ".docx", ".odt"];

/// A file of a hand-in.
#[derive(Clone, Debug)]
pub(in crate::lab::check) struct Held {
    /// Its path within the hand-in.
    pub(in crate::lab::check) path: String,
    /// Its content.
    pub(in crate::lab::check) bytes: Vec<u8>,
}

/// The files of a hand-in that matter.
#[derive(Clone, Debug, Default)]
pub(in crate::lab::check) struct HandedIn {
    files: Vec<Held>,
    /// Why some files were not read, as sentences without a full stop.
    pub(in crate::lab::check) problems: Vec<String>,
    left: u64,
    /// Folders that surround the files of a proper hand-in: 1 for an archive, which holds its folder; else 0.
    around: usize,
    /// Whether files were left out because the limit was reached.
    full: bool,
}

/// Whether a path names a file with the ending of an archive.
pub fn is_archive(path: &Path) -> bool {
    let name = path.to_string_lossy().to_lowercase();
    ARCHIVES.iter().any(|e| name.ends_with(e)) && path.is_file()
}

/// Whether a file of this name is looked at.
fn is_wanted(lab: &Lab, path: &str) -> bool {
    let name = file_name(path);
    let lower = name.to_lowercase();
    let ends = |all: &[&str]| all.iter().any(|e| lower.ends_with(e));
    !path.split('/').any(|p| p.starts_with('.') || p == "__MACOSX")
        && (lab.hand_in.programs.iter().any(|p| p == name) || ends(&CAPTURES) || ends(&SHEETS))
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

impl HandedIn {
    /// Reads a folder or an archive.
    ///
    /// # Errors
    /// If it cannot be opened, or is no archive.
    pub(in crate::lab::check) fn read(lab: &Lab, path: &Path) -> io::Result<HandedIn> {
        let around = usize::from(!path.is_dir());
        let mut all = HandedIn { left: MOST, around, ..HandedIn::default() };
        if path.is_dir() {
            all.folder(lab, path, "", 0)?;
        } else if path.to_string_lossy().to_lowercase().ends_with(".zip") {
            all.zip(lab, path)?;
        } else {
            let file = BufReader::new(File::open(path)?);
            if path.to_string_lossy().to_lowercase().ends_with(".tar") {
                all.tar(lab, file)?;
            } else {
                all.tar(lab, unpacked(file))?;
            }
        }
        if all.full {
            all.problems.push(format!("it holds more than {} MiB, and the rest was not read", MOST >> 20));
        }
        Ok(all)
    }

    fn folder(&mut self, lab: &Lab, dir: &Path, prefix: &str, depth: usize) -> io::Result<()> {
        let all: io::Result<Vec<_>> = fs::read_dir(dir)?.take(MOST_ENTRIES).collect();
        let mut all = all?;
        all.sort_by_key(fs::DirEntry::file_name);
        for entry in all {
            let kind = entry.file_type()?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if kind.is_dir() {
                if depth < DEEPEST && !path.rsplit('/').next().is_some_and(|n| n.starts_with('.')) {
                    self.folder(lab, &entry.path(), &format!("{path}/"), depth + 1)?;
                }
            } else if kind.is_symlink() && is_wanted(lab, &path) {
                self.problems.push(format!("{} is a link, and is not followed", harmless(&path)));
            } else if kind.is_file() && is_wanted(lab, &path) {
                self.take(lab, path, &mut File::open(entry.path())?)?;
            }
        }
        Ok(())
    }

    fn tar(&mut self, lab: &Lab, reader: impl Read) -> io::Result<()> {
        // Skipped entries are decompressed, too; `unpacked` stops an archive that expands out of proportion.
        let mut archive = tar::Archive::new(reader);
        for (n, entry) in archive.entries()?.enumerate() {
            let mut entry = match entry {
                Ok(entry) => entry,
                Err(error) if n > 0 => {
                    self.in_part(&error);
                    break;
                }
                Err(error) => return Err(error),
            };
            if n >= MOST_ENTRIES {
                self.full = true;
                break;
            }
            let path = entry.path()?.into_owned();
            let kind = entry.header().entry_type();
            let Some(path) = self.inside(&path) else { continue };
            if (kind.is_symlink() || kind.is_hard_link()) && is_wanted(lab, &path) {
                self.problems.push(format!("{} is a link, and is not followed", harmless(&path)));
            } else if kind.is_file()
                && is_wanted(lab, &path)
                && let Err(error) = self.take(lab, path, &mut entry)
            {
                self.in_part(&error);
                break;
            }
        }
        Ok(())
    }

    /// Notes that an archive could be read only in part; the files before the damage or the limit are kept.
    fn in_part(&mut self, error: &io::Error) {
        self.problems.push(format!("it can be read only in part: {}", harmless(&error.to_string())));
    }

    fn zip(&mut self, lab: &Lab, path: &Path) -> io::Result<()> {
        let mut archive = ZipArchive::new(BufReader::new(File::open(path)?)).map_err(io::Error::other)?;
        for n in 0..archive.len() {
            if n >= MOST_ENTRIES {
                self.full = true;
                break;
            }
            let mut file = archive.by_index(n).map_err(io::Error::other)?;
            let name = file.name().map_err(io::Error::other)?.replace('\\', "/");
            let Some(path) = self.inside(Path::new(&name)) else { continue };
            if file.is_symlink() && is_wanted(lab, &path) {
                self.problems.push(format!("{} is a link, and is not followed", harmless(&path)));
            } else if !file.is_dir() && is_wanted(lab, &path) {
                self.take(lab, path, &mut file)?;
            }
        }
        Ok(())
    }

    /// The path with slashes; `None`, and a problem, if it leads out of the archive.
    fn inside(&mut self, path: &Path) -> Option<String> {
        let mut parts: Vec<String> = Vec::new();
        for part in path.components() {
            match part {
                Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
                Component::CurDir => {}
                _ => {
                    let shown = harmless(&path.to_string_lossy());
                    self.problems.push(format!("{shown} leads out of the archive, and was refused"));
                    return None;
                }
            }
        }
        (parts.len() <= DEEPEST + 1).then(|| parts.join("/"))
    }

    /// Keeps a file, as far as the limits allow.
    fn take(&mut self, lab: &Lab, path: String, reader: &mut dyn Read) -> io::Result<()> {
        let lower = path.to_lowercase();
        let text = SHEETS.iter().any(|e| lower.ends_with(e))
            || lab.hand_in.programs.iter().any(|p| *p == file_name(&path));
        let most = if text { MOST_TEXT.min(self.left) } else { self.left };
        let mut bytes = Vec::new();
        reader.take(most + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most {
            self.problems.push(format!(
                "{} is longer than {} MiB, and was not read",
                harmless(&path),
                most >> 20
            ));
            self.full |= most == self.left;
            return Ok(());
        }
        self.left -= bytes.len() as u64;
        self.files.push(Held { path, bytes });
        Ok(())
    }

    /// Whether a file is in a subfolder of the hand-in.
    fn is_nested(&self, file: &Held) -> bool {
        file.path.matches('/').count() > self.around
    }

    /// Of the files with names for which `suits` is true, the one in the fewest folders.
    fn nearest(&self, suits: impl Fn(&str) -> bool) -> Option<&Held> {
        let fitting = self.files.iter().filter(|f| suits(file_name(&f.path)));
        fitting.min_by_key(|f| f.path.matches('/').count())
    }

    /// The program.
    pub(in crate::lab::check) fn program(&self, lab: &Lab) -> Option<&Held> {
        self.nearest(|name| lab.hand_in.programs.iter().any(|p| p == name))
    }

    /// The capture, and a remark if its name is not the one that was asked for.
    pub(in crate::lab::check) fn capture(&self, lab: &Lab) -> Option<(&Held, Option<String>)> {
        let wanted = &lab.network.capture;
        let ends = |name: &str| CAPTURES.iter().any(|e| name.to_lowercase().ends_with(e));
        let exact = self.nearest(|name| name == wanted);
        let like = || self.nearest(|name| ends(name) && plain(name) == plain(wanted));
        let any = || self.nearest(ends);
        let found = exact.or_else(like).or_else(any)?;
        let note = (file_name(&found.path) != wanted || self.is_nested(found))
            .then(|| format!("{} was taken for {wanted}", harmless(&found.path)));
        Some((found, note))
    }

    /// The file with the answers, and a remark if its name is not the one that was asked for.
    pub(in crate::lab::check) fn answers(&self) -> Option<(&Held, Option<String>)> {
        let ends = |name: &str| SHEETS.iter().any(|e| name.to_lowercase().ends_with(e));
        let exact = self.nearest(|name| name.starts_with("answers") && name.ends_with(".md"));
        let words =
            ["answer", "antwort", "respuesta", "reponse", "réponse", "lab", "report", "project", "question"];
        let like = || {
            self.nearest(|name| {
                ends(name) && words.iter().any(|w| name.to_lowercase().contains(w)) && !is_other(name)
            })
        };
        let any = || self.nearest(|name| ends(name) && !is_other(name));
        let found = exact.or_else(like).or_else(any)?;
        let usual = file_name(&found.path).to_lowercase().starts_with("answers");
        let note = (!usual || self.is_nested(found))
            .then(|| format!("{} was taken for the answers", harmless(&found.path)));
        Some((found, note))
    }
}

fn is_other(name: &str) -> bool {
    let lower = name.to_lowercase();
    ["readme", "requirements", "license", "cmakelists", "changelog"].iter().any(|w| lower.starts_with(w))
}

/// The letters and digits of a file's name up to the first dot, in lower case: `Capture_1.pcapng` and `capture1.pcap`
/// are alike.
fn plain(name: &str) -> String {
    let stem = name.split('.').next().unwrap_or(name).to_lowercase();
    stem.chars().filter(char::is_ascii_alphanumeric).collect()
}
