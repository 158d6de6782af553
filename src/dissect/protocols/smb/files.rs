//! The file that a message of SMB 2 is about. Only the request that opens a file has its name; all later ones have
//! the file ID.

use crate::dissect::over_tcp::Memory;
use rustc_hash::FxHashMap;

/// The most names that each table remembers; a full table is emptied.
const MOST: usize = 4096;

/// The identifier by which a server knows an open file.
pub(super) type FileId = [u8; 16];

/// The files of a conversation.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    /// Names of files by the message ID of the request that opens them.
    asked: FxHashMap<u64, String>,
    /// Names of open files by file ID.
    open: FxHashMap<FileId, String>,
}

impl Memory for Files {}

impl Files {
    /// Notes a request to open a file.
    pub(super) fn ask(&mut self, message: u64, name: String) {
        if self.asked.len() >= MOST {
            self.asked.clear();
        }
        self.asked.insert(message, name);
    }

    /// Notes the response to a request to open a file, and returns the file's name; `None` if the request was not
    /// seen. `file` is the ID of the file if the server opened it.
    pub(super) fn answer(&mut self, message: u64, file: Option<FileId>) -> Option<String> {
        let name = self.asked.remove(&message)?;
        if let Some(file) = file {
            if self.open.len() >= MOST {
                self.open.clear();
            }
            self.open.insert(file, name.clone());
        }
        Some(name)
    }

    /// The name of an open file; `None` if it is not known.
    pub(super) fn name(&self, file: &FileId) -> Option<&str> {
        self.open.get(file).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_its_name_from_the_request_that_opens_it() {
        let mut files = Files::default();
        files.ask(7, "a.txt".into());
        assert_eq!(files.answer(8, Some([1; 16])), None, "nobody has asked");
        assert_eq!(files.answer(7, Some([2; 16])).as_deref(), Some("a.txt"));
        assert_eq!(files.name(&[2; 16]), Some("a.txt"));
        files.ask(9, "b.txt".into());
        assert_eq!(files.answer(9, None).as_deref(), Some("b.txt"));
        assert_eq!(files.name(&[1; 16]), None);
    }
}
