//! `labkit lab run --with`: another program takes the place of labkit's communicator.

use crate::harness::{Bench, User, payload, users};
use std::path::Path;

/// Puts a copy of the tests' Python communicator where the bench's user may read it.
fn communicator(bench: &Bench) {
    let of_ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/communication.py");
    std::fs::write(bench.dir.join("communication.py"), std::fs::read(of_ours).unwrap()).unwrap();
}

/// Runs the lab with the communicator that has this habit; returns the lab's output and exit status.
fn run(bench: &Bench, habit: &str, on: &str) -> (String, Option<i32>) {
    communicator(bench);
    let with = format!("python3 communication.py {habit}");
    let output = bench.labkit(&["lab", "run", "--out", habit, "--with", &with, "--on", on]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains('\u{1b}'), "what the program prints cannot drive the terminal");
    (text, output.status.code())
}

/// The lines of the output about the program.
fn seen(text: &str) -> Vec<&str> {
    let (_, end) = text.split_once("── The program, on its terminal\n").unwrap_or_else(|| panic!("{text}"));
    end.lines().take_while(|l| !l.is_empty()).collect()
}

#[test]
fn a_communicator_as_the_handout_asks_for_plays_both_sides() {
    for &user in users() {
        let bench = Bench::new(user);
        let (text, code) = run(&bench, "none", "both");
        assert_eq!(
            seen(&text),
            [
                "met      host   step 1   it sent, and said: Message sent successfully.",
                "met      guest  step 1   it received, and showed the whole message",
                "met      guest  step 2   it sent, and said: Message sent successfully.",
                "met      host   step 2   it received, and showed the whole message",
                "met      host   the end  it left through its menu",
                "met      guest  the end  it left through its menu",
            ]
        );
        assert_eq!(code, Some(0), "{text}");
        assert!(text.contains("guest │ Enter option: 2\n"), "what is typed is seen: {text}");
        assert!(text.contains("12 met, 0 not met"), "the capture is checked: {text}");
        let capture = bench.dir.join("none/capture1.pcapng");
        assert_eq!(payload(&capture, 0, "192.168.56.1"), b"Hello guest operating system");
        assert_eq!(payload(&capture, 1, "192.168.56.1"), b"#<<END>>#");
        bench.assert_nothing_runs();
    }
}

#[test]
fn other_words_and_programs_that_end_after_each_message_are_understood() {
    for (habit, on) in [("other-words", "guest"), ("once", "host"), ("once-late", "host")] {
        let bench = Bench::new(User::Me);
        let (text, code) = run(&bench, habit, on);
        let content = seen(&text).iter().filter(|l| l.starts_with("met ")).count();
        assert!(content >= 2, "{text}");
        assert_eq!(code, Some(0), "{habit}: {text}");
        assert!(text.contains("12 met, 0 not met"), "{text}");
        bench.assert_nothing_runs();
    }
}

#[test]
fn what_goes_wrong_on_the_terminal_is_said_with_the_last_lines() {
    let habits = [
        ("crashes", "guest", "NOT MET  guest  step 1   it crashed (exit status: 1)"),
        ("hangs", "guest", "NOT MET  guest  step 1   it hangs: it does not ask what a communicator asks"),
        ("local", "guest", "NOT MET  guest  step 1   it listens on 127.0.0.1 alone"),
        (
            "asks-again",
            "guest",
            "NOT MET  guest  step 2   it asks for the address again, after 192.168.56.1 and the message",
        ),
        ("shows-nothing", "guest", "NOT MET  guest  step 1   it did not show the message"),
        ("misses", "host", "NOT MET  host   step 1   it said that it failed: Message receipt failed."),
    ];
    // At the same time, because each of them waits most of its time.
    std::thread::scope(|all| {
        for (habit, on, expected) in habits {
            all.spawn(move || {
                let bench = Bench::new(User::Me);
                let (text, code) = run(&bench, habit, on);
                let seen = seen(&text);
                assert!(seen.iter().any(|line| line.starts_with(expected)), "{habit}: {text}");
                assert_eq!(code, Some(1), "{habit}: {text}");
                if habit == "crashes" {
                    let last = "           ValueError: cannot go on \\x1b[2J";
                    assert!(seen.contains(&"         its last lines:") && seen.contains(&last), "{seen:#?}");
                }
                assert!(bench.dir.join(habit).join("capture1.pcapng").is_file(), "the capture is kept");
                bench.assert_nothing_runs();
            });
        }
    });
}

#[test]
fn a_program_that_is_not_there_is_said_and_a_wrong_command_line_refused() {
    let bench = Bench::new(User::Me);
    for program in ["no-such-program", "./communication.py"] {
        let output = bench.labkit(&["lab", "run", "--with", program]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.contains(&format!("cannot play with `{program}`: there is no such program here")),
            "{said}"
        );
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    }
    for arguments in [&["--with", "python3 'x"][..], &["--with", ""], &["--on", "guest"]] {
        let status =
            bench.labkit(&[&["lab", "run", "--out", "no"], arguments].concat()).output().unwrap().status;
        assert_eq!(status.code(), Some(2), "{arguments:?}");
    }
    bench.assert_nothing_runs();
}
