//! Task 3 of the lab in `labkit view`: two hosts in network namespaces, captured live.

use crate::harness::{Folder, Terminal, labkit};
use crate::network;
use std::fs;

/// Two hosts joined by a cable; the script itself runs on the guest. Each line that comes through the pipe `go` makes
/// the host or the guest send a message to the other's receiver. Then `labkit view` runs on the guest.
const SCRIPT: &str = r#"
# Nobody else is to say anything on the cable.
quiet() { "$@" bash -c 'for which in all default; do echo 1 > /proc/sys/net/ipv6/conf/$which/disable_ipv6; done'; }
another_host
quiet env
quiet on_host
cable guest0 host0 192.168.56
mkfifo go
"$LABKIT" receive --count 0 > guest-received 2>&1 &
on_host "$LABKIT" receive --count 0 > host-received 2>&1 &
wait_for Waiting guest-received
wait_for Waiting host-received
while read -r who text < go; do
    case $who in
        host) on_host "$LABKIT" send --to 192.168.56.101 --message "$text" > host-sent 2>&1 < /dev/null ;;
        guest) "$LABKIT" send --to 192.168.56.1 --message "$text" > guest-sent 2>&1 < /dev/null ;;
    esac
done &
status=0
"$LABKIT" view "$@" || status=$?
echo "status $status"
"#;

fn on_the_guest(folder: &Folder, args: &[&str], size: (u16, u16)) -> Terminal {
    // `--foreground`: the script may then read from the terminal.
    let mut command = network::script(SCRIPT, &["--foreground"]);
    Terminal::start(command.args(args).current_dir(&folder.0), size)
}

fn say(folder: &Folder, line: &str) {
    fs::write(folder.0.join("go"), format!("{line}\n")).unwrap();
}

#[test]
fn task_3_from_the_adapters_to_the_saved_capture() {
    let folder = Folder::new();
    let seat = on_the_guest(&folder, &[], (80, 24));
    // The cursor begins at the adapter behind which another machine is likely.
    seat.wait_for("Enter captures on guest0");
    seat.press("\r");
    seat.wait_for("capturing, following");
    say(&folder, "host Hello guest operating system");
    seat.wait_for("FIN,ACK");
    // The filter of Task 2, during the capture; it hides ARP and the like.
    seat.press("fip.addr == 192.168.56.1 and tcp\r");
    seat.wait_for("10 of 1");
    // The ladder grows with the second message.
    seat.press("L");
    seat.wait_for("\"#<<END>>#\"");
    say(&folder, "guest Hello host operating system");
    seat.press("G");
    seat.wait("the second exchange", |screen| {
        screen.contains("operating system\"") && screen.contains("guest 192")
    });
    seat.press("\x1b");
    seat.wait_for("20 of 2");
    seat.press("x");
    seat.wait_for("received, 0 dropped; w saves them");
    // `q` asks before packets are lost.
    seat.press("q");
    seat.wait_for("without saving?");
    seat.press("w");
    seat.wait_for("Save as: capture1.pcapng");
    seat.press("\r");
    seat.wait_for("status 0");
    assert!(!seat.is_taken(), "what a shell would say comes after the screen was given back");
    let file = folder.0.join("capture1.pcapng");
    let answers = labkit().args(["answer", "--format", "json"]).arg(&file).output().unwrap();
    let answers: serde_json::Value = serde_json::from_slice(&answers.stdout).unwrap();
    let exchanges = answers["exchanges"].as_array().unwrap();
    let texts: Vec<_> = exchanges.iter().map(|x| x["message"]["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["Hello guest operating system", "Hello host operating system"]);
    assert!(exchanges.iter().all(|x| x["outcome"] == "confirmed"), "{answers}");
}

#[test]
fn a_capture_that_began_at_once_can_be_restarted_and_thrown_away() {
    let folder = Folder::new();
    let seat = on_the_guest(&folder, &["-i", "guest0", "tcp", "port", "65432"], (60, 20));
    seat.wait_for("capturing, following");
    say(&folder, "host one");
    seat.wait_for("Details of packet 10");
    seat.press("R");
    seat.wait_for("Capture anew without saving");
    seat.press("y");
    seat.wait_for(": 0 packets");
    // Steps through an exchange that has not begun yet.
    seat.press("S");
    seat.wait_for("step by step");
    say(&folder, "host two");
    seat.wait_for("[SYN] Seq=0");
    let so_far = "this is the last packet so far";
    for expected in ["[SYN, ACK]", "[ACK] Seq=1", "\"two\""] {
        let mut screen = seat.screen();
        while !screen.contains(expected) {
            seat.press(" ");
            // If the packet has not come yet, the ladder says so, and does not show it.
            screen = seat.wait(expected, |screen| screen.contains(expected) || screen.contains(so_far));
        }
    }
    seat.press("\x1b");
    // Esc and `q` sent together would be read as one key.
    seat.wait_for("Details of packet");
    seat.press("q");
    seat.wait_for("Quit without saving");
    seat.press("y");
    seat.wait_for("status 0");
    let left: Vec<_> = fs::read_dir(&folder.0).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("pcap")), "{left:?}");
}
