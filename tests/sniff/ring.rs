//! Rings of files, and several adapters at once.

use crate::harness::Folder;

/// The ring's files, in order.
const FILES: &str = "ls | grep '^ring_'";

#[test]
fn a_ring_keeps_the_latest_files_and_loses_no_frame_where_they_meet() {
    let folder = Folder::new();
    let out = folder.run(&format!(
        r#"
sniff -i lo -q -w ring.pcapng -b packets:10 -b files:3 udp
datagrams $(seq 1 47)
wait_for 'capturing' remarks
end_sniff
{FILES}"#
    ));
    let files: Vec<&str> = out.lines().collect();
    assert_eq!(files.len(), 3, "{out}");
    for (file, number) in files.iter().zip(3..) {
        let (name, time) = file.strip_suffix(".pcapng").unwrap().rsplit_once('_').unwrap();
        assert_eq!(name, format!("ring_{number:05}"));
        assert!(time.len() == 14 && time.bytes().all(|b| b.is_ascii_digit()), "{file}");
        let about = folder.capinfos(file);
        assert!(about.contains("Number of stat entries = 1"), "{about}");
    }
    let texts: Vec<String> = files.iter().flat_map(|file| texts(&folder, file)).collect();
    assert_eq!(texts, (21..=47).map(|n| n.to_string()).collect::<Vec<_>>());
    let remarks = folder.text("remarks");
    assert!(
        remarks.contains("47 frames received, 0 dropped, 47 written to 5 files, the last 3 of them kept, the latest ring_00005_"),
        "{remarks}"
    );
}

/// The payloads of a capture's datagrams.
fn texts(folder: &Folder, file: &str) -> Vec<String> {
    let payloads = folder.tshark(file, &["-T", "fields", "-e", "udp.payload"]);
    let text = |line: &str| {
        let bytes = (0..line.len() / 2).map(|i| u8::from_str_radix(&line[2 * i..2 * i + 2], 16).unwrap());
        String::from_utf8(bytes.collect()).unwrap().trim().to_owned()
    };
    payloads.lines().map(text).collect()
}

#[test]
fn files_end_by_size_and_by_time_and_the_capture_by_their_number() {
    let folder = Folder::new();
    let out = folder.run(&format!(
        r#"
sniff -i lo -q -w ring.pcap -b filesize:1 -a files:3 udp
datagrams $(seq 1000 1100)
wait $SNIFF
{FILES}
stat -c %s ring_*
rm ring_*
sniff -i lo -q -w ring -b duration:0.3 -c 2 udp
datagrams a
until_ok eval '[ $(ls | grep -c ^ring_) -ge 2 ]'
datagrams b
wait $SNIFF
{FILES} | wc -l"#
    ));
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines[0].starts_with("ring_00001_") && lines[0].ends_with(".pcap"), "{out}");
    assert_eq!(lines[2].get(..11), Some("ring_00003_"), "{out}");
    for size in &lines[3..6] {
        let size: u32 = size.parse().unwrap();
        assert!((1000..1000 + 16 + 47).contains(&size), "the frame that passes the limit is the last: {out}");
    }
    assert!(lines[6].parse::<u32>().unwrap() >= 2, "{out}");
}

#[test]
fn a_file_may_have_a_size_at_which_the_capture_ends() {
    let folder = Folder::new();
    folder.run("sniff -i lo -q -w a.pcap -a filesize:1 udp; datagrams $(seq 1000 1100); wait $SNIFF");
    let remarks = folder.text("remarks");
    assert!(remarks.contains("16 frames received, 0 dropped, 16 written to a.pcap"), "{remarks}");
}

#[test]
fn a_next_file_that_cannot_be_made_ends_it_and_what_was_written_stays() {
    let folder = Folder::new();
    folder.run(
        r#"
mkdir there
sniff -i lo -q -w there/ring.pcapng -b packets:2 udp
datagrams a b
until_ok larger there/ring_00001_* 300
mv there elsewhere
datagrams c d e
ended 1
mv elsewhere/ring_00001_* first.pcapng"#,
    );
    assert_eq!(texts(&folder, "first.pcapng"), ["a", "b"]);
    let remarks = folder.text("remarks");
    assert!(
        remarks.contains("cannot create there/ring_00002_") && remarks.contains("make the folder first"),
        "{remarks}"
    );
    assert!(remarks.contains("lost"), "{remarks}");
}

#[test]
fn the_files_of_a_ring_belong_to_the_user_who_called_sudo_and_no_right_is_left() {
    let folder = Folder::new();
    let out = folder.run(
        r#"
export SUDO_UID=12345 SUDO_GID=12346
mkdir theirs && { chown 12345:12346 theirs || true; }
sniff -i lo -w theirs/ring.pcapng -b packets:1 -q udp
grep -E '^(CapEff|CapBnd|Seccomp):' /proc/$SNIFF/status
KEEPER=$(pgrep -P $SNIFF)
grep -E '^(CapEff):' /proc/$KEEPER/status
datagrams a b
until_ok eval '[ $(ls theirs | wc -l) -ge 2 ]'
end_sniff
until_ok eval '! kill -0 $KEEPER 2>/dev/null'
stat -c '%u %g' theirs/*"#,
    );
    let none = "0000000000000000";
    assert_eq!(out.matches(none).count(), 3, "{out}");
    let owner = if nix::unistd::geteuid().is_root() { "12345 12346" } else { "0 0" };
    assert!(out.lines().filter(|line| *line == owner).count() >= 2, "{out}");
}

/// Two cables: one to a host, one to another.
const TWO: &str = r#"
two_hosts
cable other0 other1 192.168.57
to() { on_host bash -c "echo $2 > /dev/udp/$1/9999" || true; }
mac() { ip -o link show $1 | grep -o 'ether [^ ]*' | cut -d' ' -f2; }
on_host ip neigh replace 192.168.56.101 lladdr $(mac guest0) dev host0
on_host ip neigh replace 192.168.57.101 lladdr $(mac other0) dev other1
"#;

#[test]
fn several_adapters_are_one_capture_in_order_of_time() {
    let folder = Folder::new();
    folder.run(&format!(
        r#"{TWO}
sniff -i guest0 -i other0 -w both.pcapng udp and dst port 9999
for i in $(seq 20); do to 192.168.56.101 a; to 192.168.57.101 b; done
end_sniff"#
    ));
    let fields = ["-T", "fields", "-e", "frame.interface_name", "-e", "frame.time_epoch"];
    let frames = folder.tshark("both.pcapng", &fields);
    let names: Vec<&str> = frames.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(names, ["guest0", "other0"].repeat(20), "{frames}");
    let times: Vec<&str> = frames.lines().map(|line| line.split('\t').nth(1).unwrap()).collect();
    assert!(times.is_sorted(), "{frames}");
    assert_eq!(folder.text("rows").lines().count(), 40);
    let about = folder.capinfos("both.pcapng");
    assert!(about.contains("Number of interfaces in file: 2"), "{about}");
    assert_eq!(about.matches("Number of stat entries = 1").count(), 2, "{about}");
    assert_eq!(about.matches("Filter string = udp and dst port 9999").count(), 2, "{about}");
    let remarks = folder.text("remarks");
    assert!(
        remarks.contains("capturing on guest0 (veth, 192.168.56.101/24")
            && remarks.contains(" and other0 (veth"),
        "{remarks}"
    );
    assert!(remarks.contains("40 frames received, 0 dropped, 40 written to both.pcapng"), "{remarks}");
    assert!(remarks.contains("guest0: 20 received, 0 dropped; other0: 20 received, 0 dropped"), "{remarks}");
}

#[test]
fn of_several_adapters_one_may_go() {
    let folder = Folder::new();
    folder.run(&format!(
        r#"{TWO}
sniff -i guest0 -i other0 -w both.pcapng udp and dst port 9999
to 192.168.57.101 b
wait_for ' 1 ' rows
ip link del other0
wait_for 'the others go on' remarks
to 192.168.56.101 a
wait_for ' 2 ' rows
end_sniff INT 1"#
    ));
    let remarks = folder.text("remarks");
    assert!(
        remarks.contains("the capture on 'other0' ended: the adapter has gone; the others go on"),
        "{remarks}"
    );
    assert_eq!(folder.tshark("both.pcapng", &[]).lines().count(), 2);
    assert!(folder.text("rows").lines().count() == 2);
}

#[test]
fn an_adapter_is_named_once() {
    let out = Folder::new().run("\"$LABKIT\" sniff -i lo -i lo 2>&1 && exit 97; echo status $?");
    assert!(out.contains("-i lo is there twice") && out.ends_with("status 2\n"), "{out}");
}
