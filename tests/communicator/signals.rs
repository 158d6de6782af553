//! SIGTERM and SIGHUP: the communicator ends in order, and restores the terminal.

use crate::hang_up;
use crate::harness::{free_port, labkit, receiver, run, wait_until};
use crate::terminal::Terminal;
use nix::sys::signal::Signal::{SIGHUP, SIGTERM};

/// The signals that end a program in order.
fn ending_signals() -> [nix::sys::signal::Signal; 2] {
    hang_up::reaches_programs();
    [SIGTERM, SIGHUP]
}

#[test]
fn a_receiver_says_what_came_and_ends_well() {
    for signal in ending_signals() {
        let (program, port) = receiver(&["--count", "0"]);
        let sent = run(&["send", "--to", "127.0.0.1", "--port", &port.to_string(), "--message", "hello"], "");
        assert_eq!(sent.code, 0);
        wait_until(|| program.stdout(), || program.stdout().contains("End of message.").then_some(()));
        program.signal(signal);
        let output = program.finish();
        assert_eq!((output.stderr.as_str(), output.code), ("Stopped; 1 message came.\n", 0), "{signal}");
    }
}

#[test]
fn the_menu_ends_and_does_not_only_go_back() {
    for signal in ending_signals() {
        let port = free_port();
        let mut program = labkit(&["menu", "--bind", "127.0.0.1", "--port", &port.to_string()]);
        program.type_in(b"2\n");
        program.wait_for(&format!("Waiting for message on port {port}\n"));
        program.signal(signal);
        // Its input stays open: the signal alone ends it.
        wait_until(|| program.stdout(), || program.stdout().ends_with("\nGoodbye!\n").then_some(()));
        let output = program.finish();
        assert_eq!((output.stderr.as_str(), output.code), ("Stopped; no message came.\n", 0), "{signal}");
    }
}

#[test]
fn a_line_that_is_edited_leaves_the_terminal_as_it_was() {
    for signal in ending_signals() {
        let terminal = Terminal::shell("xterm", "stty -g; \"$0\" menu; stty -g; echo over");
        terminal.wait_for("Enter option: ");
        terminal.signal_child(signal);
        wait_until(|| terminal.screen(), || terminal.screen().contains("\nover").then_some(()));
        let raw = terminal.raw();
        let settings: Vec<&str> =
            raw.lines().map(str::trim).filter(|l| l.matches(':').count() > 20).collect();
        assert_eq!(settings.len(), 2, "{raw}");
        assert_eq!(settings[0], settings[1], "{signal}");
        // Bracketed paste is off again.
        assert!(raw.rfind("\x1b[?2004l") > raw.rfind("\x1b[?2004h"), "{raw:?}");
    }
}
