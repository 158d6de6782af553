//! Saved filters, each with a label and a comment, in one plain file in the user's configuration folder. The file has
//! the form of Wireshark's `dfilters`: a line `"label" filter` for each, with its comment in lines `# comment` before
//! it.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

/// One saved filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// The label, used as `@LABEL`.
    pub label: String,
    /// The display filter.
    pub filter: String,
    /// The purpose of the filter; may be empty.
    pub comment: String,
}

/// For a message that the configuration folder is unknown: the variables that should name it.
pub const WHERE: &str =
    if cfg!(windows) { "APPDATA does not say" } else { "neither XDG_CONFIG_HOME nor HOME says" };

/// The path of the file: `labkit/filters` in `XDG_CONFIG_HOME`, else in `~/.config`, on Windows in `%APPDATA%`;
/// `None` if no such variable is set.
pub fn path() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
    let folder = folder.or_else(|| match cfg!(windows) {
        true => set("APPDATA"),
        false => set("HOME").map(|home| home.join(".config")),
    });
    Some(folder?.join("labkit").join("filters"))
}

/// Reads the file at `path`; a file that does not exist has no filters.
///
/// # Errors
/// When the file exists and cannot be read.
pub fn load(path: &Path) -> io::Result<Vec<Saved>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(parse(&String::from_utf8_lossy(&bytes)).0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Writes the file, and creates its folder if it is missing. The old file is replaced only when the new one is
/// complete.
///
/// # Errors
/// When the folder or the file cannot be written; the old file is unchanged then.
pub fn store(path: &Path, all: &[Saved]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    io::Write::write_all(&mut file, write(all).as_bytes())?;
    file.persist(path)?;
    Ok(())
}

/// The text of a file with these filters.
pub fn write(all: &[Saved]) -> String {
    let mut out = String::new();
    for saved in all {
        for line in saved.comment.lines() {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "# {line}");
        }
        let label = saved.label.replace('\\', "\\\\").replace('"', "\\\"");
        let _ = writeln!(out, "\"{label}\" {}", saved.filter);
    }
    out
}

/// Reads the text of such a file. Returns the filters, and the numbers of the lines that have another form.
pub fn parse(text: &str) -> (Vec<Saved>, Vec<usize>) {
    let (mut all, mut odd, mut comment) = (Vec::new(), Vec::new(), String::new());
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() {
            comment.clear();
        } else if let Some(text) = line.strip_prefix('#') {
            if !comment.is_empty() {
                comment.push('\n');
            }
            comment.push_str(text.trim());
        } else if let Some((label, filter)) = entry(line) {
            all.push(Saved { label, filter, comment: std::mem::take(&mut comment) });
        } else {
            odd.push(number);
            comment.clear();
        }
    }
    (all, odd)
}

/// Label and filter of a line; `None` if the line has another form.
fn entry(line: &str) -> Option<(String, String)> {
    let mut rest = line.strip_prefix('"')?.chars();
    let mut label = String::new();
    loop {
        match rest.next()? {
            '"' => break,
            '\\' => label.push(rest.next()?),
            c => label.push(c),
        }
    }
    let filter = rest.as_str().trim();
    (!label.is_empty() && !filter.is_empty()).then(|| (label, filter.to_owned()))
}

/// Replaces each `@LABEL` outside quotes by the saved filter. A label of several words is possible only if `@` and
/// the label are the whole text.
///
/// # Errors
/// Returns the first label that no saved filter has.
pub fn expand(text: &str, all: &[Saved]) -> Result<String, String> {
    let find = |label: &str| all.iter().find(|saved| saved.label == label);
    if let Some(label) = text.trim().strip_prefix('@')
        && let Some(saved) = find(label.trim())
    {
        return Ok(saved.filter.clone());
    }
    let (mut out, mut rest, mut quote) = (String::new(), text, None);
    while let Some(c) = rest.chars().next() {
        let tail = rest.get(c.len_utf8()..).unwrap_or("");
        if c == '@' && quote.is_none() {
            let end = tail.find(|c: char| !c.is_alphanumeric() && !"-_.".contains(c)).unwrap_or(tail.len());
            let (label, after) = tail.split_at(end);
            let saved = find(label).ok_or_else(|| label.to_owned())?;
            let _ = write!(out, "({})", saved.filter);
            rest = after;
            continue;
        }
        match quote {
            Some(_) if c == '\\' => {
                out.push(c);
                let next = tail.chars().next();
                out.extend(next);
                rest = tail.get(next.map_or(0, char::len_utf8)..).unwrap_or("");
                continue;
            }
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            _ => {}
        }
        out.push(c);
        rest = tail;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(label: &str, filter: &str, comment: &str) -> Saved {
        Saved { label: label.into(), filter: filter.into(), comment: comment.into() }
    }

    #[test]
    fn what_was_written_is_read_again() {
        let all = [
            saved("lab", "ip.addr == 192.168.56.1 && tcp.port == 65432", "Between host and guest\nTask 2"),
            saved("odd \"label\\", "tcp contains \"x\"", ""),
        ];
        assert_eq!(parse(&write(&all)), (all.to_vec(), vec![]));
    }

    #[test]
    fn wiresharks_file_is_read_and_odd_lines_are_named() {
        let text =
            "\"Ethernet address\" eth.addr == 00:00:5e:00:53:00\n\"TCP only\" tcp\nnonsense\n\"\" ip\n";
        let (all, odd) = parse(text);
        assert_eq!(
            all.iter().map(|s| s.label.as_str()).collect::<Vec<_>>(),
            ["Ethernet address", "TCP only"]
        );
        assert_eq!(odd, [3, 4]);
    }

    #[test]
    fn labels_are_filled_in_outside_quotes() {
        let all = [saved("lab", "tcp.port == 65432", ""), saved("my own", "arp or icmp", "")];
        let expand = |text| expand(text, &all);
        assert_eq!(expand("@lab").as_deref(), Ok("tcp.port == 65432"));
        assert_eq!(expand("@my own").as_deref(), Ok("arp or icmp"));
        assert_eq!(expand("@lab && tcp.len > 0").as_deref(), Ok("(tcp.port == 65432) && tcp.len > 0"));
        assert_eq!(expand(r#"tcp contains "a\"@lab""#).as_deref(), Ok(r#"tcp contains "a\"@lab""#));
        assert_eq!(expand("@nothing"), Err("nothing".to_owned()));
    }
}
