//! Rings of files when the disk, the folder, the adapter or a process fails: each file stays readable, one error says
//! why, and lost frames are counted.

use crate::harness::Folder;

/// The numbers at the beginnings of these files' payloads, in order. tshark must read each file without an error.
fn numbers(folder: &Folder, files: &[&str]) -> Vec<u64> {
    let number = |line: &str| {
        let digits = line.as_bytes().chunks(2).take(8).map(|hex| hex[1]);
        String::from_utf8(digits.collect()).unwrap().parse().unwrap()
    };
    let payloads = ["-T", "fields", "-e", "udp.payload"];
    let rows: Vec<String> = files.iter().map(|file| folder.tshark(file, &payloads)).collect();
    rows.iter().flat_map(|rows| rows.lines().map(number)).collect()
}

/// The last lines of the output: one error, and how many frames were received, dropped, written and lost.
struct End {
    error: String,
    counts: [u64; 4],
}

fn end(folder: &Folder) -> End {
    let remarks = folder.text("remarks");
    let [_, counts, error] = remarks.lines().collect::<Vec<_>>()[..] else { panic!("one error: {remarks}") };
    let before = |word: &str| {
        let words: Vec<&str> = counts.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        let at = words.iter().position(|other| *other == word).unwrap_or_else(|| panic!("{word}: {counts}"));
        words[..at].iter().rev().find_map(|word| word.parse().ok()).unwrap()
    };
    let counts = ["received", "dropped", "written", "lost"].map(before);
    End { error: error.to_owned(), counts }
}

/// Asserts that all received frames are in these files, or counted as dropped or lost.
fn assert_counted(folder: &Folder, files: &[&str]) -> End {
    let kept = numbers(folder, files);
    assert!(kept.is_sorted_by(|a, b| a < b), "{kept:?}");
    let end = end(folder);
    let [received, dropped, written, lost] = end.counts;
    assert_eq!(kept.len() as u64, written, "{}", folder.text("remarks"));
    assert_eq!(received, dropped + written + lost, "{}", folder.text("remarks"));
    assert!(lost > 0, "{}", folder.text("remarks"));
    end
}

/// Mounts a small disk at `small`, which only the script sees.
const SMALL_DISK: &str = "mkdir small; mount -t tmpfs -o size=500k none small";

#[test]
fn a_disk_that_is_full_ends_it() {
    let folder = Folder::new();
    let out = folder.run(&format!(
        r#"
{SMALL_DISK}
sniff -i lo -q -w small/ring.pcapng -b filesize:100 udp
flood &
ended 1
find small -name 'ring_*' -size +0 | sort | while read -r file; do cp "$file" .; basename "$file"; done"#
    ));
    let files: Vec<&str> = out.lines().collect();
    assert!(files.len() >= 3, "{out}");
    let end = assert_counted(&folder, &files);
    assert!(end.error.contains("cannot write the capture small/ring_"), "{}", end.error);
    assert!(end.error.ends_with("No space left on device"), "{}", end.error);
}

#[test]
fn a_disk_with_room_for_the_files_that_are_kept_is_never_full() {
    let folder = Folder::new();
    let out = folder.run(&format!(
        r#"
{SMALL_DISK}
sniff -i lo -q -w small/ring.pcapng -b filesize:100 -b files:3 udp
flood &
FLOOD=$!
until_ok eval '[ $(ls small | tail -n 1 | cut -c 6-10) -ge 12 ]'
kill $FLOOD
end_sniff
cp small/* .
ls small"#
    ));
    let files: Vec<&str> = out.lines().collect();
    assert_eq!(files.len(), 3, "{out}");
    let kept = numbers(&folder, &files);
    assert_eq!(kept.last().unwrap() - kept[0] + 1, kept.len() as u64, "no hole: {kept:?}");
    assert!(!folder.text("remarks").contains("lost"), "{}", folder.text("remarks"));
}

#[test]
fn a_file_that_may_not_grow_ends_it() {
    let folder = Folder::new();
    let out = folder.run(
        r#"
sniff_by prlimit --fsize=150000 "$LABKIT" sniff -i lo -q -w ring.pcapng -b filesize:200 udp
flood &
ended 1
stat -c '%n %s' ring_*"#,
    );
    let (file, size) = out.trim_end().split_once(' ').unwrap();
    assert!(size.parse::<u64>().unwrap() <= 150_000, "{out}");
    let end = assert_counted(&folder, &[file]);
    assert!(end.error.ends_with("File too large"), "{}", end.error);
}

#[test]
fn a_folder_that_becomes_read_only_ends_it() {
    let folder = Folder::new();
    let out = folder.run(
        r#"
mkdir there
sniff -i lo -q -w there/ring.pcapng -b filesize:100 udp
mount --bind there there
mount -o remount,ro,bind there
flood &
ended 1
ls there/*"#,
    );
    let end = assert_counted(&folder, &[out.trim_end()]);
    assert!(end.error.contains("cannot create there/ring_00002_"), "{}", end.error);
    assert!(end.error.contains("Read-only file system; choose a folder"), "{}", end.error);
}

#[test]
fn what_was_in_a_file_that_is_removed_is_lost() {
    for (removes, left) in [("rm there/ring_00002_*", 1), ("rm -r there", 0)] {
        let folder = Folder::new();
        let out = folder.run(&format!(
            r#"
mkdir there
sniff -i lo -q -w there/ring.pcapng -b packets:3 udp
datagrams 00000001 00000002 00000003 $(printf "00000004%0900d" 0)
until_ok eval 'larger there/ring_00002_* 800'
cp -r there before
{removes}
ended 1
find there before -name 'ring_*' 2> /dev/null | sort"#
        ));
        let files: Vec<&str> = out.lines().collect();
        let (before, now) = files.split_at(2);
        assert_eq!(now.len(), left, "{out}");
        assert_eq!(numbers(&folder, before), [1, 2, 3, 4]);
        let end = end(&folder);
        assert_eq!(end.counts, [4, 0, 3, 1], "of the file that is written: {}", folder.text("remarks"));
        assert!(end.error.ends_with("the file was removed while it was written"), "{}", end.error);
    }
}

#[test]
fn it_ends_where_the_process_that_makes_the_files_has_ended() {
    let folder = Folder::new();
    let out = folder.run(
        r#"
sniff -i lo -q -w ring.pcapng -b filesize:100 udp
kill -KILL $(pgrep -P $SNIFF)
flood &
ended 1
ls ring_*"#,
    );
    let end = assert_counted(&folder, &[out.trim_end()]);
    let expected = "cannot begin the next file: the process that makes the files has ended";
    assert!(end.error.ends_with(expected), "{}", end.error);
}

#[test]
fn killed_at_any_moment_it_leaves_readable_files_without_a_hole() {
    for moment in ["0.03", "0.11", "0.26", "0.4"] {
        let folder = Folder::new();
        let out = folder.run(&format!(
            r#"
sniff -i lo -q -w ring.pcapng -b packets:200 udp
KEEPER=$(pgrep -P $SNIFF)
flood &
sleep {moment}
until_ok larger "$(ls ring_* | head -1)" 1000
kill -KILL $SNIFF
wait $SNIFF || true
until_ok eval '! kill -0 $KEEPER 2> /dev/null'
find ring_* -size +0"#
        ));
        let files: Vec<&str> = out.lines().collect();
        let kept = numbers(&folder, &files);
        assert!(!kept.is_empty(), "{moment}");
        assert_eq!(kept.last().unwrap() - kept[0] + 1, kept.len() as u64, "no hole: {kept:?}");
    }
}

#[test]
fn an_adapter_that_is_lost_ends_it_with_whole_files() {
    for (how, said) in [
        ("ip link del guest0", "the adapter has gone"),
        ("ip link set guest0 down; ip link set guest0 name other0", "the adapter is called 'other0' now"),
    ] {
        let folder = Folder::new();
        let out = folder.run(&format!(
            r#"
two_hosts
sniff -i guest0 -w ring.pcapng -b packets:2 udp and port 9999
on_host ip neigh replace 192.168.56.101 lladdr 02:00:00:00:00:01 dev host0
for i in 1 2 3 4 5; do on_host bash -c "echo 0000000$i > /dev/udp/192.168.56.101/9999"; done
wait_for ' 5 ' rows
{how}
ended 1
ls ring_*"#
        ));
        let files: Vec<&str> = out.lines().collect();
        assert_eq!(numbers(&folder, &files), [1, 2, 3, 4, 5]);
        for file in &files {
            assert!(folder.capinfos(file).contains("Number of stat entries = 1"), "{file} after {how}");
        }
        let remarks = folder.text("remarks");
        assert!(remarks.contains(&format!("the capture on 'guest0' ended: {said}")), "{remarks}");
        assert!(remarks.contains("5 frames received, 0 dropped, 5 written to 3 files"), "{remarks}");
    }
}

#[test]
fn an_adapter_that_is_switched_off_and_on_again_goes_on_in_the_ring() {
    let folder = Folder::new();
    let out = folder.run(
        r#"
two_hosts
say() { on_host bash -c "echo $1 > /dev/udp/192.168.56.101/9999"; grep -q " $2 " rows; }
learn() { on_host ip neigh replace 192.168.56.101 lladdr 02:00:00:00:00:01 dev host0; }
sniff -i guest0 -w ring.pcapng -b packets:1 udp and port 9999
learn
until_ok say 00000001 1
ip link set guest0 down
wait_for 'guest0 was switched off; the capture goes on' remarks
ip link set guest0 up
until_ok carries guest0
wait_for 'guest0 is up now' remarks
until_ok say 00000002 2
end_sniff
ls ring_*"#,
    );
    let files: Vec<&str> = out.lines().collect();
    let kept = numbers(&folder, &files);
    assert!(kept.contains(&1) && kept.contains(&2), "{kept:?}");
    assert_eq!(kept.len(), files.len());
}
