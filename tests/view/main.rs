//! `labkit view` on a pseudo-terminal: tests send keys and mouse events, and check the screen.

mod ends;
#[path = "../support/frames.rs"]
mod frames;
#[path = "../support/hang_up.rs"]
mod hang_up;
mod harness;
mod hostile;
#[cfg(feature = "capture")]
mod live;
#[cfg(feature = "capture")]
#[path = "../support/network.rs"]
mod network;
#[path = "../support/tools.rs"]
mod tools;
#[path = "../support/wait.rs"]
mod wait;

use harness::{Folder, Terminal, capture, labkit};
use std::process::Command;

#[test]
fn a_capture_file_alone_opens_the_panes_and_a_click_chooses_a_packet() {
    let mut seat = Terminal::labkit(&[&capture("capture1.pcapng")]);
    seat.wait_for("20 packets");
    seat.click("PSH,ACK Seq=1 Ack=1 Len=28");
    seat.wait_for("Details of packet 4");
    seat.press("q");
    assert!(seat.finish().success());
    assert!(!seat.is_taken());
}

#[test]
fn a_resize_at_any_moment_draws_everything_anew() {
    let seat = Terminal::labkit(&["view", &capture("capture1.pcapng")]);
    seat.wait_for("20 packets");
    seat.resize((60, 20));
    seat.wait("the keys of 60 columns", |s| s.lines().nth(19).is_some_and(|l| l.ends_with("? keys  q quit")));
    seat.resize((120, 40));
    seat.wait_for("[PSH, ACK] Seq=1 Ack=1 Win=");
}

#[test]
fn a_key_that_comes_together_with_a_resize_is_answered() {
    let seat = Terminal::labkit(&["view", &capture("capture1.pcapng")]);
    seat.wait_for("20 packets");
    for round in 0..60 {
        let (columns, key, shows) =
            if round % 2 == 0 { (100, "j", "Details of packet 2") } else { (80, "k", "Details of packet 1") };
        std::thread::scope(|scope| {
            scope.spawn(|| seat.resize((columns, 24)));
            seat.press(key);
        });
        seat.wait_for(shows);
    }
}

#[test]
fn without_colours_there_are_none_and_the_panes_can_still_be_told_apart() {
    let file = capture("capture1.pcapng");
    let seat = Terminal::start(labkit().args(["view", &file]).env("NO_COLOR", "1"), (80, 24));
    seat.wait_for("20 packets");
    seat.press("jjjf");
    seat.press("tcp.len > 0");
    seat.wait_for("a display filter");
    assert!(!seat.is_coloured());
    let mut seat = Terminal::labkit(&["view", &file]);
    seat.wait_for("20 packets");
    assert!(seat.is_coloured());
    seat.press("q");
    seat.finish();
}

/// The question for the terminal's background (OSC 11).
const ASKED: &[u8] = b"\x1b]11;?\x1b\\";
const PAYLOAD: &str = "37818→65432 PSH,ACK";

#[test]
fn a_light_terminal_is_known_by_its_answer_and_no_key_is_lost_to_it() {
    let seat = Terminal::labkit(&["view", &capture("capture1.pcapng")]);
    wait::wait_until(
        || "the question for the background".to_owned(),
        || seat.raw().windows(ASKED.len()).any(|part| part == ASKED).then_some(()),
    );
    assert_eq!(seat.colour_of(PAYLOAD), vt100::Color::Idx(28), "either");
    seat.press("jj\x1b]11;rgb:fdfd/f6f6/e3e3\x1b\\j");
    seat.wait_for("Details of packet 4");
    // The cursor's row has another background.
    seat.press("j");
    seat.wait_for("Details of packet 5");
    assert_eq!(seat.colour_of(PAYLOAD), vt100::Color::Idx(22), "on light");
}

#[test]
fn an_answer_that_comes_as_the_user_leaves_does_not_reach_the_shell() {
    let mut shell = Command::new("sh");
    let view = format!("{} view {}", labkit().get_program().display(), capture("capture1.pcapng"));
    shell.args([
        "-c",
        &format!("{view}; stty -icanon min 0 time 5; echo left; head -c 1 | od -c; echo all over"),
    ]);
    let seat = Terminal::start(&shell, (80, 24));
    wait::wait_until(
        || "the question for the background".to_owned(),
        || seat.raw().windows(ASKED.len()).any(|part| part == ASKED).then_some(()),
    );
    seat.press("q\x1b]11;rgb:0000/0000/0000\x1b\\");
    let screen = seat.wait_for("all over");
    assert!(screen.contains("left") && screen.contains("0000000"), "{screen}");
    assert!(!screen.contains("033"), "the Escape of the answer: {screen}");
}

#[test]
fn what_the_user_says_of_the_background_is_not_asked_for() {
    for (setting, option, colour) in [(None, Some("light"), 22), (Some("dark"), None, 77)] {
        let mut command = labkit();
        command.args(["view", &capture("capture1.pcapng")]);
        command.args(option.iter().flat_map(|theme| ["--theme", theme]));
        command.envs(setting.map(|theme| ("LABKIT_THEME", theme)));
        let mut seat = Terminal::start(&command, (80, 24));
        assert_eq!(seat.colour_of(PAYLOAD), vt100::Color::Idx(colour));
        seat.press("q");
        assert!(seat.finish().success());
        assert!(!seat.raw().windows(ASKED.len()).any(|part| part == ASKED));
    }
    let mut command = labkit();
    command.args(["replay", &capture("capture1.pcapng")]).env("COLORFGBG", "0;15");
    let list = Terminal::start(&command, (80, 24));
    assert_eq!(list.colour_of(PAYLOAD), vt100::Color::Idx(22), "the list is told by COLORFGBG");
}

#[test]
fn what_is_copied_reaches_the_clipboard_and_the_file() {
    let folder = Folder::new();
    let copied = folder.0.join("copied");
    let file = capture("capture1.pcapng");
    let mut seat = Terminal::labkit(&["view", &file, "--copy-to", copied.to_str().unwrap()]);
    seat.wait_for("20 packets");
    // Copies the value of a field: the source port, in the line below its protocol.
    seat.press("\tjjjljy");
    seat.wait_for("copied the line");
    seat.press("\t\tftcp.len > 0\rP");
    seat.wait_for("copied the filter");
    assert_eq!(std::fs::read_to_string(&copied).unwrap(), "37818\ntcp.len > 0\n");
    let raw = String::from_utf8_lossy(&seat.raw()).into_owned();
    // OSC 52 with "37818" and "tcp.len > 0" in Base64.
    assert!(raw.contains("\x1b]52;c;Mzc4MTg=\x07") && raw.contains("\x1b]52;c;dGNwLmxlbiA+IDA=\x07"));
    seat.press("q");
    assert!(seat.finish().success());
}

#[test]
fn filters_are_saved_imported_named_and_applied_by_a_click() {
    let folder = Folder::new();
    let filters = |args: &[&str]| {
        let mut command = labkit();
        command.arg("filter").args(args).env("XDG_CONFIG_HOME", &folder.0).current_dir(&folder.0);
        let done = command.output().unwrap();
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    };
    filters(&["save", "data", "tcp.len > 0", "--comment", "what is said"]);
    std::fs::write(folder.0.join("dfilters"), "\"begins\" tcp.flags.syn == 1\n").unwrap();
    filters(&["import", "dfilters"]);
    let list = filters(&["list"]);
    assert!(list.contains("data") && list.contains("what is said") && list.contains("begins"), "{list}");
    let file = capture("capture1.pcapng");
    let seat = |args: &[&str]| {
        let mut command = labkit();
        command.arg("view").args(args).env("XDG_CONFIG_HOME", &folder.0);
        Terminal::start(&command, (80, 24))
    };
    let mut one = seat(&[&file, "-Y", "@data and ip.src == 192.168.56.1"]);
    one.wait_for("2 of 20");
    one.click("[2] begins");
    one.wait_for("4 of 20");
    one.press("ffoo\x15tcp.flags.fin == 1\r");
    one.wait_for("Filter: tcp.flags.fin == 1");
    one.press("\x1bOQ");
    one.wait_for("Save the filter under the label");
    one.press("ends\r");
    one.wait_for("Comment on it");
    one.press("the last words\r");
    one.wait_for("[3] ends");
    one.press("q");
    assert!(one.finish().success());
    let list = filters(&["list"]);
    assert!(list.contains("tcp.flags.fin == 1") && list.contains("the last words"), "{list}");
    filters(&["rm", "data"]);
    let mut other = seat(&[&file]);
    other.wait_for("[1] begins  [2] ends");
    other.press("q");
    other.finish();
}

#[test]
fn rows_that_do_not_fit_are_those_of_replay_at_the_same_width() {
    let file = capture("capture1.pcapng");
    for (columns, last) in [(80, "Seq=29 Ack=11"), (60, "S=29 A=11")] {
        let mut list = Terminal::start(labkit().args(["replay", &file]), (columns, 30));
        list.finish();
        let listed = list.wait_for(last);
        for line in listed.lines().skip(1).filter(|line| !line.is_empty()) {
            assert!(line.contains(" Len=") || line.contains(" L="), "{line}");
            let cut = line.split_whitespace().any(|word| word.ends_with('…'));
            assert!(!cut && (line.contains("Seq=") || line.contains("S=")), "{line}");
        }
    }
}

#[test]
fn columns_counts_where_there_is_no_terminal() {
    let run = |args: &[&str], columns: &str| {
        let done =
            Command::new(env!("CARGO_BIN_EXE_labkit")).args(args).env("COLUMNS", columns).output().unwrap();
        String::from_utf8(done.stdout).unwrap()
    };
    let file = capture("capture1.pcapng");
    for args in [&["conversations", &file][..], &["interfaces"], &["exchange", &file], &["--help"]] {
        let wide = run(args, "200");
        let narrow = run(args, "60");
        // The adapters of a machine that has the loopback one alone fit into 60 columns.
        let is_wide = wide.lines().any(|line| line.chars().count() > 60);
        assert!(is_wide || args == ["interfaces"], "{args:?}\n{wide}");
        assert!(!is_wide || narrow.lines().count() > wide.lines().count(), "{args:?}\n{narrow}");
        for line in narrow.lines() {
            assert!(line.chars().count() <= 60 || !line.trim().contains(' '), "{args:?}: {line}");
        }
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        if args[0] == "--help" {
            assert_eq!(words(&narrow), words(&wide), "no word is broken");
        }
    }
    // The list in a pipe does not depend on the columns.
    assert_eq!(run(&["replay", &file], "40"), run(&["replay", &file], "200"));
}
