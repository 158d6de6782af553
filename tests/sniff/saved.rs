//! Which packets are listed, which are saved, and with which rights.

use crate::harness::Folder;

/// The lab's first message between two hosts, captured with the roles given.
const LAB: &str = r#"
two_hosts
sniff --host 192.168.56.1 --guest 192.168.56.101 -w lab.pcapng
message "Hello guest operating system"
echo other > /dev/udp/192.168.56.1/9
end_sniff
"#;

#[test]
fn the_labs_exchange_is_listed_and_saved() {
    let folder = Folder::new();
    folder.run(LAB);
    let listed = folder.text("rows");
    let (rows, exchange) = listed.split_once("\n\n").expect("rows, an empty line, the exchange");
    assert!(rows.lines().next().unwrap().contains("TCP"), "no heading in a pipe: {rows}");
    assert!(rows.contains("→ 65432 [SYN] Seq=0") && rows.contains("Len=28"), "{rows}");
    assert!(!rows.contains("UDP"), "the lab's filter lets nothing else pass: {rows}");
    assert!(
        exchange.contains("Hello guest operating system") && exchange.contains("#<<END>>#"),
        "{exchange}"
    );
    let frames = folder.tshark("lab.pcapng", &["-T", "fields", "-e", "frame.number"]);
    assert_eq!(frames.lines().count(), rows.lines().count());
    assert!(rows.lines().count() >= 9, "{rows}");
    let remarks = folder.text("remarks");
    assert!(remarks.contains("because it leads to 192.168.56.1"), "{remarks}");
    let n = rows.lines().count();
    assert!(
        remarks.contains(&format!("{n} frames received, 0 dropped, {n} written to lab.pcapng")),
        "{remarks}"
    );
}

#[test]
fn the_file_says_where_how_and_between_whom_it_was_recorded() {
    let folder = Folder::new();
    folder.run(LAB);
    let about = folder.capinfos("lab.pcapng");
    for said in [
        "Name = guest0",
        "Description = veth, 192.168.56.101/24",
        "Time precision = nanoseconds (9)",
        "Filter string = host 192.168.56.1 and host 192.168.56.101 and tcp port 65432",
        "Number of stat entries = 1",
        "Capture application: labkit",
        "Encapsulation = Ethernet",
    ] {
        assert!(about.contains(said), "{said}:\n{about}");
    }
    let names = folder.tshark("lab.pcapng", &["-q", "-z", "hosts"]);
    assert!(names.contains("192.168.56.1\thost") && names.contains("192.168.56.101\tguest"), "{names}");
}

#[test]
fn the_exchange_at_the_end_needs_no_file_and_no_list_and_can_be_left_out() {
    let folder = Folder::new();
    folder.run(
        r#"
two_hosts
sniff -i guest0 -q
message "Hello guest operating system"
end_sniff
mv rows quiet
sniff -i guest0 -q --no-exchange
message "Hello guest operating system"
end_sniff"#,
    );
    let exchange = folder.text("quiet");
    assert!(exchange.contains("#<<END>>#") && !exchange.contains("[SYN] Seq=0"), "{exchange}");
    assert_eq!(folder.text("rows"), "");
}

#[test]
fn a_name_ending_in_pcap_makes_a_classic_file() {
    let folder = Folder::new();
    folder.run("sniff -i lo -c 2 -w a.pcap -q; datagrams a b; wait $SNIFF");
    let about = folder.capinfos("a.pcap");
    assert!(about.contains("nsecpcap"), "{about}");
    assert_eq!(folder.tshark("a.pcap", &[]).lines().count(), 2);
}

#[test]
fn a_capture_streams_to_another_program() {
    let folder = Folder::new();
    let out = folder.run(
        r#"
("$LABKIT" sniff -i lo -c 2 -w - udp 2> remarks | tshark -l -n -r - > seen 2> tshark-remarks) &
wait_for "capturing on" remarks
datagrams first second
wait %1
cat seen"#,
    );
    assert_eq!(out.lines().count(), 2, "{out}");
    assert!(out.lines().all(|row| row.contains("UDP")), "{out}");
    assert!(folder.text("remarks").contains("2 written"));
}

#[test]
fn each_frame_on_the_loopback_adapter_counts_once() {
    let folder = Folder::new();
    folder.run("sniff -i lo -w lo.pcapng udp; datagrams a b c; wait_for ' 3 ' rows; end_sniff");
    assert!(
        folder.text("remarks").contains("3 frames received, 0 dropped, 3 written"),
        "{}",
        folder.text("remarks")
    );
}

#[test]
fn all_adapters_at_once_are_captured_in_cooked_mode() {
    let folder = Folder::new();
    folder.run("sniff -i any -w any.pcapng udp; datagrams a; wait_for ' 1 ' rows; end_sniff");
    let encapsulation = folder.tshark("any.pcapng", &["-T", "fields", "-e", "frame.encap_type"]);
    assert_eq!(encapsulation.lines().next(), Some("210"));
}

#[test]
fn frames_are_on_the_disk_while_the_capture_waits_for_more() {
    let folder = Folder::new();
    folder.run(
        r#"
sniff -i lo -w idle.pcapng -q udp
before=$(stat -c %s idle.pcapng)
datagrams a
until_ok larger idle.pcapng "$before"
kill -KILL $SNIFF
wait $SNIFF || true"#,
    );
    assert_eq!(folder.tshark("idle.pcapng", &[]).lines().count(), 1);
}

#[test]
fn a_screen_that_takes_nothing_costs_rows_but_no_frames() {
    let folder = Folder::new();
    folder.run(
        r#"
mkfifo screen
sleep 1000 > screen & # Somebody holds the screen open for writing …
exec 3< screen        # … and somebody for reading, who reads nothing.
"$LABKIT" sniff -i lo -w blocked.pcapng udp > screen 2> remarks &
SNIFF=$!
wait_for "capturing on" remarks
python3 - <<'END'
import os, socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for n in range(1, 3001):
    s.sendto(bytes(40000), ("127.0.0.1", 9999))
    # No faster than the disk: what is tested is the screen.
    while n % 100 == 0 and os.path.getsize("blocked.pcapng") < n * 40000:
        time.sleep(0.01)
END
end_sniff"#,
    );
    let remarks = folder.text("remarks");
    assert!(remarks.contains("3000 frames received, 0 dropped, 3000 written"), "{remarks}");
    assert!(remarks.contains("rows not shown: the screen was too slow; the file has them"), "{remarks}");
    assert_eq!(
        folder.tshark("blocked.pcapng", &["-T", "fields", "-e", "frame.number"]).lines().count(),
        3000
    );
}

#[test]
fn an_existing_file_stays_as_it_is_without_force() {
    let folder = Folder::new();
    folder.run(
        r#"
echo precious > a.pcapng
status=0; "$LABKIT" sniff -i lo -w a.pcapng 2> remarks || status=$?
[ $status -eq 1 ]
[ "$(cat a.pcapng)" = precious ]
sniff -i lo -c 1 -w a.pcapng --force udp
datagrams a
wait $SNIFF"#,
    );
    assert_eq!(folder.tshark("a.pcapng", &[]).lines().count(), 1);
}

/// The lines of a process's status about its rights.
const RIGHTS: &str = "grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp):' /proc/$SNIFF/status";

/// Asserts that the process has no right left, and its user id: `root` if root runs the tests, otherwise 0.
fn assert_without_rights(status: &str, root: &str) {
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert!(status.contains(&format!("{set}:\t0000000000000000")), "{set} in {status}");
    }
    assert!(status.contains("NoNewPrivs:\t1") && status.contains("Seccomp:\t2"), "{status}");
    // A user namespace that maps only one user has no other to switch to.
    let id = if nix::unistd::geteuid().is_root() { root } else { "0" };
    assert!(status.contains(&format!("Uid:\t{id}\t{id}\t{id}\t{id}")), "{status}");
}

#[test]
fn rights_are_given_up_and_the_file_belongs_to_the_user_who_called_sudo() {
    let folder = Folder::new();
    let out = folder.run(&format!(
        r#"
export SUDO_UID=12345 SUDO_GID=12346
mkdir theirs && {{ chown 12345:12346 theirs || true; }}
sniff -i lo -w theirs/mine.pcapng -q
{RIGHTS}
end_sniff
stat -c 'file %u %g' theirs/mine.pcapng"#
    ));
    assert_without_rights(&out, "12345");
    let file = if nix::unistd::geteuid().is_root() { "file 12345 12346" } else { "file 0 0" };
    assert!(out.contains(file), "{out}");
}

#[test]
fn root_without_sudo_becomes_nobody_and_keeps_writing_its_file() {
    let folder = Folder::new();
    let out = folder.run(&format!(
        r#"
sniff -i lo -c 2 -w mine.pcapng -q udp
{RIGHTS}
datagrams a b
wait $SNIFF"#
    ));
    let nobody = nix::unistd::User::from_name("nobody").unwrap().map_or(65_534, |user| user.uid.as_raw());
    assert_without_rights(&out, &nobody.to_string());
    assert_eq!(folder.tshark("mine.pcapng", &[]).lines().count(), 2);
}

#[test]
fn a_folder_of_root_alone_is_refused_under_sudo_with_what_to_do() {
    if !nix::unistd::geteuid().is_root() {
        // Only root can switch to the user who called sudo; for other users the system itself refuses access to the
        // folder.
        return;
    }
    let said = Folder::new().run(
        "mkdir -m 700 root && SUDO_UID=12345 SUDO_GID=12346 \"$LABKIT\" sniff -i lo -w root/x.pcapng 2>&1 && exit 97; echo status $?",
    );
    assert!(said.contains("cannot create root/x.pcapng: Permission denied; choose a folder"), "{said}");
    assert!(said.contains("the user who called sudo may write to") && said.ends_with("status 1\n"), "{said}");
}

#[test]
fn a_terminal_gets_a_heading_and_a_pipe_gets_none() {
    let folder = Folder::new();
    folder.run(
        r#"
script -qec 'stty rows 24 cols 74; NO_COLOR=1 "$LABKIT" sniff -i lo -c 1 udp 2> remarks' /dev/null > typescript &
wait_for "capturing on" remarks
datagrams a
wait %1
sniff -i lo -c 1 udp
datagrams a
wait $SNIFF"#,
    );
    let terminal = folder.text("typescript");
    let (first, second) = (terminal.lines().next().unwrap(), terminal.lines().nth(1).unwrap());
    assert!(first.contains("No.") && first.contains("Info"), "{terminal}");
    assert!(second.contains("127.0.0.1") && second.trim_end().chars().count() <= 74, "{terminal}");
    assert_eq!(folder.text("rows").lines().count(), 1);
}

#[test]
fn a_full_disk_ends_it_with_a_reason() {
    let folder = Folder::new();
    let said = folder.run("\"$LABKIT\" sniff -i lo -w /dev/full 2>&1 && exit 97; echo status $?");
    assert!(said.contains("cannot write the capture /dev/full: No space left on device"), "{said}");
    assert!(said.ends_with("status 1\n"), "{said}");
}

#[test]
fn details_bytes_and_times_of_day_are_shown_live() {
    let folder = Folder::new();
    folder.run(
        r#"
ip link set lo up
sniff -i lo -V -x --no-exchange
datagrams one
wait_for "User Datagram Protocol" rows
wait_for "0000  00 00" rows
end_sniff
cp rows details
sniff -i lo -t e --no-exchange
datagrams two
wait_for UDP rows
end_sniff
"#,
    );
    let details = folder.text("details");
    assert!(details.contains("Destination Port: 9999"), "{details}");
    let rows = folder.text("rows");
    let time = rows.split_whitespace().nth(1).and_then(|time| time.parse::<f64>().ok());
    assert!(time.is_some_and(|time| time > 1.7e9), "{rows}");
}
