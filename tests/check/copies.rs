//! A class of 24 hand-ins, folders and archives, with every kind of copy; and hostile archives.

use super::{captures, folder, labkit};
use flate2::Compression;
use flate2::write::GzEncoder;
use labkit::capture::Source as _;
use labkit::capture::reader::Reader;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;

/// The bytes of all frames of a recording.
fn frames(name: &str) -> Vec<Vec<u8>> {
    let mut source = Reader::open(&captures(name)).unwrap();
    let mut all = Vec::new();
    while let Some(frame) = source.next().unwrap() {
        all.push(frame.bytes.to_vec());
    }
    all
}

/// A classic capture of frames, a millisecond apart from `second` on.
fn classic(frames: &[Vec<u8>], second: u32) -> Vec<u8> {
    let mut file: Vec<u8> = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65535, 1] {
        file.extend(word.to_le_bytes());
    }
    for (n, frame) in frames.iter().enumerate() {
        let length = u32::try_from(frame.len()).unwrap();
        for word in [second, u32::try_from(n).unwrap() * 1000, length, length] {
            file.extend(word.to_le_bytes());
        }
        file.extend(frame);
    }
    file
}

const TEXT: &str = "## Q7\n\nBoth sides tell each other the sequence number from which they count, and what they support, such as the \
    largest segment, selective acknowledgements and a factor for the window. The host does so in its first packet, the guest \
    in its answer, and the third packet acknowledges that. From then on each byte that is sent has a number of its own, \
    so that the other side can put the pieces in order and ask for what is missing.\n";

/// What each of the 24 students hands in: name, capture, answers.
fn hand_ins() -> Vec<(String, Vec<u8>, String)> {
    let file = |name: &str| fs::read(captures(name)).unwrap();
    let own = frames("capture1.pcapng");
    let mut merged = frames("second-run.pcapng");
    merged.extend(own.clone());
    let removed: Vec<Vec<u8>> =
        own.iter().enumerate().filter(|(i, _)| i % 3 != 0).map(|(_, f)| f.clone()).collect();
    let mut behind = vec![own[0].clone(); 3];
    behind.extend(own.clone());
    let sheet = |n: usize| format!("## Q3\n\n3 packets\n\n## Q5\n\nthe receiver, says number {n}\n");
    let mut all = vec![
        ("01-original".into(), file("capture1.pcapng"), TEXT.to_string()),
        ("02-same-file".into(), file("capture1.pcapng"), sheet(2)),
        ("03-saved-again".into(), classic(&own, 1_600_000_000), sheet(3)),
        ("04-shifted".into(), classic(&own, 1_700_000_000), TEXT.to_string()),
        (
            "05-merged".into(),
            classic(&merged, 1_650_000_000),
            TEXT.replace("pieces", "parts").replace("host", "client"),
        ),
        ("06-removed".into(), classic(&removed, 1_650_000_000), sheet(6)),
        ("07-renumbered".into(), classic(&behind, 1_650_000_000), sheet(7)),
    ];
    let others = [
        "delayed-acks",
        "delayed-handshake-ack",
        "echo",
        "half-close",
        "long-segments",
        "long-utf8",
        "loopback",
        "never-confirmed",
        "no-message",
        "one-direction",
        "port-reused",
        "receiver-closes-first",
        "refused",
        "reset-after-receipt",
        "same-port",
        "simultaneous-close",
        "split-marker",
    ];
    for (n, name) in others.iter().enumerate() {
        all.push((format!("{:02}-{name}", n + 8), file(&format!("{name}.pcapng")), sheet(n + 8)));
    }
    all
}

/// Writes a hand-in as a folder, a `.tar.gz` or a `.zip`, in turn.
fn write(dir: &Path, n: usize, name: &str, capture: &[u8], answers: &str) {
    let files =
        [("capture1.pcapng", capture), ("answers.md", answers.as_bytes()), ("communication.py", b"x = 1\n")];
    match n % 3 {
        0 => {
            fs::create_dir_all(dir.join(name)).unwrap();
            files.iter().for_each(|(file, bytes)| fs::write(dir.join(name).join(file), bytes).unwrap());
        }
        1 => {
            let file = File::create(dir.join(format!("{name}.tar.gz"))).unwrap();
            let mut archive = tar::Builder::new(GzEncoder::new(file, Compression::fast()));
            for (file, bytes) in files {
                let mut header = tar::Header::new_gnu();
                header.set_size(bytes.len() as u64);
                header.set_mode(0o644);
                archive.append_data(&mut header, format!("project2/{file}"), bytes).unwrap();
            }
            archive.into_inner().unwrap().finish().unwrap();
        }
        _ => {
            let mut archive = zip::ZipWriter::new(File::create(dir.join(format!("{name}.zip"))).unwrap());
            for (file, bytes) in files {
                archive.start_file(format!("project2/{file}"), SimpleFileOptions::default()).unwrap();
                archive.write_all(bytes).unwrap();
            }
            archive.finish().unwrap();
        }
    }
}

fn class(name: &str) -> PathBuf {
    let dir = folder(name);
    for (n, (student, capture, answers)) in hand_ins().iter().enumerate() {
        write(&dir, n, student, capture, answers);
    }
    dir
}

#[test]
fn a_class_of_24_shows_every_kind_of_copy_once() {
    let dir = class("class-of-24");
    let (out, error, _) = labkit(&dir, &["check", ".", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {error}"));
    let students = document["students"].as_array().unwrap();
    assert_eq!(students.len(), 24);
    for student in students {
        assert!(!student["answers"].as_array().unwrap().is_empty(), "{student}");
    }
    let groups: Vec<(String, Vec<String>)> = document["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|g| {
            let members = g["members"].as_array().unwrap().iter();
            let number =
                |m: &serde_json::Value| m.as_str().unwrap().trim_start_matches("./")[..2].to_string();
            (g["kind"].as_str().unwrap().to_string(), members.map(number).collect())
        })
        .collect();
    let of =
        |kind: &str| groups.iter().filter(|(k, _)| k == kind).map(|(_, m)| m.join(" ")).collect::<Vec<_>>();
    assert_eq!(of("same recording"), ["01 02 03 04 05 06 07"], "{groups:?}");
    assert_eq!(of("nearly the same text"), ["01 04 05"], "{groups:?}");
    assert_eq!(groups.len(), 2, "{groups:?}");
}

#[test]
fn the_page_of_a_class_holds_every_student_and_nothing_unescaped() {
    let dir = class("class-page");
    write(&dir, 0, "25-<script>alert(1)</script>", b"no capture", "## Q3\n\n<img src=x onerror=alert(1)>\n");
    let (out, error, _) = labkit(&dir, &["check", ".", "--format", "html", "-o", "class.html"]);
    assert_eq!((out.as_str(), error.as_str()), ("", ""));
    let page = fs::read_to_string(dir.join("class.html")).unwrap();
    for (name, ..) in hand_ins() {
        assert!(page.contains(&name), "{name}");
    }
    assert!(!page.contains("<script") && !page.contains("<img") && page.contains("same recording"), "{page}");
    let (_, error, status) = labkit(&dir, &["check", ".", "--format", "html", "-o", "class.html"]);
    assert!(status == 1 && error.contains("class.html"), "an existing page is kept: {error}");
}

#[test]
fn paths_that_climb_out_links_and_bombs_are_refused() {
    let dir = folder("class-harm");
    let mut archive = tar::Builder::new(GzEncoder::new(
        File::create(dir.join("climbs.tar.gz")).unwrap(),
        Compression::fast(),
    ));
    let mut header = tar::Header::new_gnu();
    header.set_size(2);
    header.as_gnu_mut().unwrap().name[..17].copy_from_slice(b"../../capture1.pc");
    header.as_gnu_mut().unwrap().name[17..22].copy_from_slice(b"apng\0");
    header.set_cksum();
    archive.append(&header, &b"hi"[..]).unwrap();
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    archive.append_link(&mut link, "answers.md", "/etc/passwd").unwrap();
    archive.into_inner().unwrap().finish().unwrap();

    let mut bomb = zip::ZipWriter::new(File::create(dir.join("bomb.zip")).unwrap());
    let options = SimpleFileOptions::default();
    bomb.start_file("answers.md", options).unwrap();
    let zeros = vec![b'0'; 1 << 20];
    (0..64).for_each(|_| bomb.write_all(&zeros).unwrap());
    bomb.finish().unwrap();
    fs::write(dir.join("broken.zip"), "PK\u{3}\u{4} nothing").unwrap();

    let (out, error, status) = labkit(&dir, &["check", ".", "--format", "json"]);
    assert_eq!((error.as_str(), status), ("", 1));
    for says in [
        "leads out of the archive, and was refused",
        "answers.md is a link",
        "answers.md is longer than 16 MiB",
        "the archive cannot be read",
    ] {
        assert!(out.contains(says), "{says} is not in\n{out}");
    }
}
