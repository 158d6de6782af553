//! Creates the files that labkit writes. An existing file is kept unless the user asks otherwise, and under sudo the
//! user who called it owns the file.

use super::error::CaptureError;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

#[cfg(unix)]
#[path = "output/unix.rs"]
mod system;

#[cfg(not(unix))]
#[path = "output/elsewhere.rs"]
mod system;

#[cfg(feature = "capture")]
pub(super) use system::{are_two, is_removed};

/// Creates `path` for writing; `force` allows overwriting an existing file. Devices and pipes, such as `/dev/null`,
/// are opened as they are.
///
/// Under sudo, the file is created with the rights of the user who called sudo, who owns it; a folder that this user
/// may not write to is an error. Call this before rights are dropped.
///
/// # Errors
/// If the file exists and `force` is not set, or if it cannot be created.
pub fn create(path: &Path, force: bool) -> Result<File, CaptureError> {
    system::survive_size_limit();
    let failed = |reason| CaptureError::Create { path: path.to_owned(), reason };
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        return system::open_device(path).map_err(failed);
    }
    let mut how = OpenOptions::new();
    how.write(true);
    if force {
        how.create(true).truncate(true)
    } else {
        how.create_new(true)
    };
    as_caller(|| how.open(path)).map_err(|reason| match reason.kind() {
        io::ErrorKind::AlreadyExists => CaptureError::Exists { path: path.to_owned() },
        _ => failed(reason),
    })
}

/// A file that another program may read while it is written. Each write is of whole blocks; after a failed write, the
/// partial block is cut off, so that the file ends with a whole block. Flushing fails with
/// [`io::ErrorKind::NotFound`] once the file was removed.
#[derive(Debug)]
pub struct Growing {
    file: File,
    /// Bytes of complete writes; `None` for a file that cannot be cut, such as a pipe.
    whole: Option<u64>,
}

impl Growing {
    /// Wraps an empty file that was opened for writing.
    pub fn new(file: File) -> Growing {
        // If another process has created the file, `create` has not set this here.
        system::survive_size_limit();
        let whole = file.metadata().is_ok_and(|about| about.is_file()).then_some(0);
        Growing { file, whole }
    }
}

impl Write for Growing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = self.file.write_all(bytes);
        match (&mut self.whole, &written) {
            (Some(whole), Ok(())) => *whole += bytes.len() as u64,
            // If cutting fails, readers report the partial block.
            (Some(whole), Err(_)) => {
                drop(self.file.set_len(*whole).and_then(|()| self.file.seek(SeekFrom::Start(*whole))));
            }
            (None, _) => {}
        }
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.whole.is_some() && system::is_removed(&self.file)? {
            let removed = "the file was removed while it was written";
            return Err(io::Error::new(io::ErrorKind::NotFound, removed));
        }
        self.file.flush()
    }
}

/// A file that gets its name only when it is complete. It grows beside its target under another name, and dropping it
/// before [`Draft::commit`] removes it. An existing file of the target's name is not touched until then. A device or
/// a pipe is written directly.
#[derive(Debug)]
pub struct Draft {
    file: File,
    target: PathBuf,
    /// Its temporary path; `None` for devices and pipes, and after it was renamed.
    grows: Option<PathBuf>,
}

impl Draft {
    /// Begins the file `target`; `force` allows replacing an existing file.
    ///
    /// # Errors
    /// As [`create`].
    pub fn create(target: &Path, force: bool) -> Result<Draft, CaptureError> {
        match std::fs::metadata(target) {
            Ok(there) if there.is_file() && !force => {
                return Err(CaptureError::Exists { path: target.to_owned() });
            }
            Ok(there) if !there.is_file() => {
                return Ok(Draft { file: create(target, force)?, target: target.to_owned(), grows: None });
            }
            _ => {}
        }
        let mut name = target.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".unfinished-{}", std::process::id()));
        let grows = target.with_file_name(name);
        // The error names the target, since the user does not know the temporary file.
        let file = create(&grows, true).map_err(|error| match error {
            CaptureError::Create { reason, .. } => CaptureError::Create { path: target.to_owned(), reason },
            other => other,
        })?;
        Ok(Draft { file, target: target.to_owned(), grows: Some(grows) })
    }

    /// Its temporary path, or its target if it is written directly.
    pub fn path(&self) -> &Path {
        self.grows.as_deref().unwrap_or(&self.target)
    }

    /// Writes all of the file to the disk, and renames it to its target.
    ///
    /// # Errors
    /// If the disk fails, or the file cannot be renamed; an existing file stays then.
    pub fn commit(mut self) -> Result<(), CaptureError> {
        let Some(grows) = &self.grows else { return Ok(()) };
        let moved = self.file.sync_all().and_then(|()| as_caller(|| std::fs::rename(grows, &self.target)));
        moved.map_err(|reason| CaptureError::Create { path: self.target.clone(), reason })?;
        self.grows = None;
        Ok(())
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Draft {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(grows) = &self.grows {
            // An incomplete file is of no use. If it cannot be removed, its name shows that it is unfinished.
            let _ = std::fs::remove_file(grows);
        }
    }
}

/// Does `work` with the file rights of the user who called sudo, if this process is root through sudo. If that user
/// is not mapped in this user namespace, the rights stay as they are.
#[cfg(target_os = "linux")]
pub fn as_caller<T>(work: impl FnOnce() -> T) -> T {
    use nix::unistd::{setfsgid, setfsuid};
    let Some(caller) = super::privilege::sudo_caller() else { return work() };
    // With the file-system ids, the kernel also takes away root's rights over files, and gives them back later.
    let (gid, uid) = (setfsgid(caller.gid), setfsuid(caller.uid));
    let done = work();
    setfsuid(uid);
    setfsgid(gid);
    done
}

/// Other systems keep the process's own rights.
#[cfg(not(target_os = "linux"))]
pub fn as_caller<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// Under sudo, gives a file or folder to the user who called sudo; does nothing otherwise.
///
/// # Errors
/// If the system refuses.
#[cfg(unix)]
pub fn give_to_caller(file: &File) -> io::Result<()> {
    let Some(caller) = super::privilege::sudo_caller() else { return Ok(()) };
    match nix::unistd::fchown(file, Some(caller.uid), Some(caller.gid)) {
        // In a user namespace that does not map the caller, and on file systems without owners, the owner stays.
        Ok(()) | Err(nix::Error::EINVAL | nix::Error::EPERM) => Ok(()),
        Err(e) => Err(e.into()),
    }
}

/// Does nothing: other systems have no sudo.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn give_to_caller(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// A folder of its own for one test, gone afterwards.
    struct Folder(std::path::PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("labkit-output-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path).expect("a temporary folder");
            Folder(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn an_existing_file_is_overwritten_only_by_force() {
        let folder = Folder::new("exists");
        let path = folder.0.join("a.pcapng");
        create(&path, false).expect("a new file").write_all(b"first").expect("room");
        let refused = create(&path, false).expect_err("it exists").to_string();
        assert!(refused.contains("--force") && refused.contains("a.pcapng"), "{refused}");
        assert_eq!(std::fs::read(&path).expect("it is there"), b"first");
        create(&path, true).expect("forced");
        assert_eq!(std::fs::read(&path).expect("it is there"), b"");
    }

    #[test]
    fn a_missing_folder_is_named_with_what_to_do() {
        let error =
            create(Path::new("/nonexistent-folder/x.pcapng"), false).expect_err("no folder").to_string();
        assert!(
            error.contains("/nonexistent-folder/x.pcapng") && error.contains("make the folder first"),
            "{error}"
        );
    }

    #[test]
    fn a_draft_takes_its_place_when_it_is_whole_and_leaves_nothing_otherwise() {
        let folder = Folder::new("draft");
        let path = folder.0.join("page.html");
        let names = || std::fs::read_dir(&folder.0).expect("the folder").count();
        std::fs::write(&path, b"old").expect("room");
        assert!(matches!(Draft::create(&path, false), Err(CaptureError::Exists { .. })));

        let mut half = Draft::create(&path, true).expect("forced");
        half.write_all(b"ne").expect("room");
        drop(half);
        assert_eq!((std::fs::read(&path).expect("it is there"), names()), (b"old".to_vec(), 1));

        let mut whole = Draft::create(&path, true).expect("forced");
        whole.write_all(b"new").expect("room");
        assert_eq!(std::fs::read(&path).expect("it is there"), b"old");
        whole.commit().expect("renamed");
        assert_eq!((std::fs::read(&path).expect("it is there"), names()), (b"new".to_vec(), 1));
    }

    #[cfg(unix)]
    #[test]
    fn devices_need_no_force() {
        create(Path::new("/dev/null"), false).expect("a device is not overwritten");
    }
}
