//! Creates the files that labkit writes. An existing file is kept unless the user asks otherwise, and under sudo the
//! user who called it owns the file.

use super::error::CaptureError;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Creates `path` for writing; `force` allows to overwrite a file that is there. Devices and pipes, such as
/// `/dev/null`, are opened as they are.
///
/// Under sudo the user who called it creates the file, and owns it: a folder that this user may not write to is
/// refused. Call it before rights are dropped.
///
/// # Errors
/// When a file is there and `force` is not set, or when it cannot be created.
pub fn create(path: &Path, force: bool) -> Result<File, CaptureError> {
    let failed = |reason| CaptureError::Create { path: path.to_owned(), reason };
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        return OpenOptions::new().write(true).open(path).map_err(failed);
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

/// Does `work` with the file rights of the user who called sudo, if this process is root because of it. Where that
/// user is not mapped, as in a user namespace, the rights stay as they are.
#[cfg(target_os = "linux")]
pub fn as_caller<T>(work: impl FnOnce() -> T) -> T {
    use nix::unistd::{setfsgid, setfsuid};
    let Some(caller) = super::privilege::sudo_caller() else { return work() };
    // The kernel takes root's rights over files away with the id, and gives them back with it.
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
/// When the system refuses.
#[cfg(unix)]
pub fn give_to_caller(file: &File) -> io::Result<()> {
    let Some(caller) = super::privilege::sudo_caller() else { return Ok(()) };
    match nix::unistd::fchown(file, Some(caller.uid), Some(caller.gid)) {
        // In a user namespace that does not map the caller, and on file systems without owners, it stays as it is.
        Ok(()) | Err(nix::Error::EINVAL | nix::Error::EPERM) => Ok(()),
        Err(e) => Err(e.into()),
    }
}

/// Other systems have no sudo.
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
    fn devices_need_no_force() {
        create(Path::new("/dev/null"), false).expect("a device is not overwritten");
    }
}
