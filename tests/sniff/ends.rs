//! How a capture ends.

use crate::hang_up;
use crate::harness::Folder;

#[test]
fn each_way_to_say_enough_ends_it_cleanly() {
    hang_up::reaches_programs();
    for signal in ["INT", "TERM", "HUP"] {
        let folder = Folder::new();
        folder.run(&format!(
            "sniff -i lo -w a.pcapng udp; datagrams a; wait_for ' 1 ' rows; end_sniff {signal}"
        ));
        assert!(folder.text("remarks").ends_with("1 frame received, 0 dropped, 1 written to a.pcapng\n"));
        assert!(folder.capinfos("a.pcapng").contains("Number of stat entries = 1"), "after {signal}");
    }
}

#[test]
fn ctrl_c_works_where_it_was_inherited_as_ignored() {
    // A script without job control starts background jobs with SIGINT ignored, and this is one.
    let folder = Folder::new();
    let out = folder.run("sniff -i lo; grep SigIgn /proc/$SNIFF/status; end_sniff INT");
    let mask = u64::from_str_radix(out.trim().rsplit('\t').next().unwrap(), 16).unwrap();
    assert_eq!(mask & 2, 0, "SIGINT is handled: {out}");
}

#[test]
fn nohup_is_respected() {
    let folder = Folder::new();
    folder.run(
        r#"
nohup "$LABKIT" sniff -i lo -c 1 udp > rows 2> remarks &
SNIFF=$!
wait_for "capturing on" remarks
kill -HUP $SNIFF
datagrams a
wait $SNIFF"#,
    );
    assert_eq!(folder.text("rows").lines().count(), 1);
}

#[test]
fn it_ends_by_count_and_by_time() {
    let folder = Folder::new();
    folder.run(
        r#"
sniff -i lo udp -c 3 and dst port 9999
datagrams a b c d e
wait $SNIFF
mv rows counted
sniff -i lo --seconds 0.3 udp
wait $SNIFF"#,
    );
    assert_eq!(folder.text("counted").lines().count(), 3, "exactly three, options among the filter's words");
    assert_eq!(folder.text("rows"), "");
    assert!(folder.text("remarks").contains("0 frames received, 0 dropped"));
}

#[test]
fn what_was_just_sent_is_in_the_file_when_it_ends() {
    let folder = Folder::new();
    folder.run("sniff -i lo -q -w last.pcapng udp; datagrams a b c d e; end_sniff");
    assert_eq!(folder.tshark("last.pcapng", &[]).lines().count(), 5);
}

#[test]
fn an_adapter_that_goes_away_ends_it_with_a_whole_file() {
    let folder = Folder::new();
    folder.run(
        r#"
ip link add gone0 type veth peer name gone1
ip link set gone0 up
ip link set gone1 up
sniff -i gone0 -q -w gone.pcapng
ip link del gone0
ended 1"#,
    );
    let remarks = folder.text("remarks");
    assert!(remarks.contains("the capture on 'gone0' ended: the adapter has gone"), "{remarks}");
    assert!(folder.capinfos("gone.pcapng").contains("Number of stat entries = 1"));
}

#[test]
fn an_adapter_that_is_switched_off_and_on_again_is_still_captured_on() {
    let folder = Folder::new();
    folder.run(
        r#"
two_hosts
sniff -i guest0 -w off.pcapng udp and port 9999
on_host ip neigh replace 192.168.56.101 lladdr 02:00:00:00:00:01 dev host0
on_host bash -c 'echo a > /dev/udp/192.168.56.101/9999'
ip link set guest0 down
wait_for 'guest0 was switched off; the capture goes on' remarks
ip link set guest0 up
until_ok carries guest0
wait_for 'guest0 is up now' remarks
# What comes behind the first frame has come over the adapter that was off.
wait_for ' 1 ' rows
again() { on_host bash -c 'echo b > /dev/udp/192.168.56.101/9999'; grep -q ' 2 ' rows; }
until_ok again
end_sniff"#,
    );
    assert!(folder.tshark("off.pcapng", &[]).lines().count() > 1);
}

#[test]
fn an_adapter_that_is_renamed_ends_it_with_a_whole_file() {
    let folder = Folder::new();
    folder.run(
        r#"
ip link add old0 type veth peer name old1
ip link set old0 up
sniff -i old0 -q -w old.pcapng
ip link set old0 down
ip link set old0 name new0
ended 1"#,
    );
    let remarks = folder.text("remarks");
    assert!(remarks.contains("the capture on 'old0' ended: the adapter is called 'new0' now"), "{remarks}");
    assert!(folder.capinfos("old.pcapng").contains("Number of stat entries = 1"));
}

#[test]
fn a_file_that_reaches_the_largest_size_ends_with_a_whole_frame_and_the_rest_is_counted() {
    let folder = Folder::new();
    folder.run(
        r#"
sniff_by prlimit --fsize=4096 "$LABKIT" sniff -i lo -q -w small.pcapng udp
while kill -0 $SNIFF 2>/dev/null; do datagrams $(seq 10); sleep 0.02; done
ended 1
[ $(stat -c %s small.pcapng) -le 4096 ]"#,
    );
    let remarks = folder.text("remarks");
    assert!(remarks.contains("cannot write the capture small.pcapng: File too large"), "{remarks}");
    assert!(
        remarks.contains(
            " lost
"
        ),
        "{remarks}"
    );
    let kept = folder.tshark("small.pcapng", &[]).lines().count();
    assert!(remarks.contains(&format!(", {kept} written to small.pcapng, ")), "{kept}: {remarks}");
}

#[test]
fn a_file_that_is_removed_meanwhile_ends_it() {
    let folder = Folder::new();
    folder.run(
        r#"
sniff -i lo -q -w gone.pcapng udp
rm gone.pcapng
ended 1"#,
    );
    let remarks = folder.text("remarks");
    assert!(
        remarks.contains("cannot write the capture gone.pcapng: the file was removed while it was written"),
        "{remarks}"
    );
}

#[test]
fn a_pipe_without_a_reader_is_refused_and_one_with_a_reader_is_not() {
    let folder = Folder::new();
    let out = folder.run(
        r#"
mkfifo pipe
"$LABKIT" sniff -i lo -w pipe 2>&1 && exit 97
echo status $?
cat pipe > read.pcapng &
READER=$!
sniff -i lo -q -w pipe -c 2 udp
datagrams a b
wait $SNIFF
wait $READER"#,
    );
    assert!(
        out.contains("cannot create pipe: it is a pipe, and nothing reads from it; start the program"),
        "{out}"
    );
    assert!(
        out.ends_with(
            "status 1
"
        ),
        "{out}"
    );
    assert_eq!(folder.tshark("read.pcapng", &[]).lines().count(), 2);
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_without_an_error() {
    let folder = Folder::new();
    let out = folder.run(
        r#"
mkfifo rows-pipe
head -n 1 rows-pipe > first &
"$LABKIT" sniff -i lo udp > rows-pipe 2> remarks &
SNIFF=$!
wait_for "capturing on" remarks
while kill -0 $SNIFF 2>/dev/null; do datagrams a; sleep 0.02; done
wait $SNIFF
echo done"#,
    );
    assert_eq!(out, "done\n");
    assert_eq!(folder.text("first").lines().count(), 1);
}

#[test]
fn nothing_for_five_seconds_gives_one_hint() {
    let folder = Folder::new();
    folder.run("sniff -i lo tcp port 7; wait_for 'goes through lo' remarks; end_sniff");
    let remarks = folder.text("remarks");
    assert!(remarks.contains("nothing that passes `tcp port 7` on lo for 5 s"), "{remarks}");
    assert_eq!(remarks.matches("for 5 s").count(), 1);
}
