//! What goes wrong before a message is on its way: wrong arguments, no receiver, a port that is taken, Ctrl-C.

use crate::harness::{free_port, labkit, peer, receiver, run};
use std::net::TcpListener;

#[test]
fn wrong_arguments_are_refused_without_a_prompt() {
    let long = "x".repeat(4097);
    for (args, why) in [
        (&["send", "--to", "192.168.sam"][..], "not an IPv4 address"),
        (&["send", "--to", "192.168.2"], "not an IPv4 address"),
        (&["send", "--to", "192.168.1.052"], "not an IPv4 address"),
        (&["send", "--message", ""], "0 characters; 1 to 4096 are allowed"),
        (&["send", "--message", &long], "4097 characters; 1 to 4096 are allowed"),
        (&["send", "--port", "0"], "0 is not in 1..=65535"),
        (&["receive", "--bind", "localhost"], "not an IPv4 address"),
        (&["receive", "--quiet-ms", "0"], "0 is not in 1..=600000"),
        (&["receive", "--timeout=-1"], "not a number of seconds"),
    ] {
        let output = run(args, "");
        assert!(output.stderr.contains(why), "{output:?}");
        assert_eq!((output.stdout.as_str(), output.code), ("", 2), "{args:?}");
    }
}

#[test]
fn a_refused_connection_says_that_nobody_is_listening() {
    let port = free_port().to_string();
    let output = run(&["send", "--to", "127.0.0.1", "--port", &port, "--message", "hello"], "");
    assert_eq!(output.stdout, "Sending.\nMessage sending error. Message not sent.\n");
    assert!(output.stderr.contains("127.0.0.1 refuses connections on port"), "{}", output.stderr);
    assert!(output.stderr.contains(". `labkit doctor --peer 127.0.0.1 --port "), "{}", output.stderr);
    assert_eq!((output.stderr.lines().count(), output.code), (1, 1));
}

#[test]
fn a_connection_that_nobody_answers_ends_at_the_deadline() {
    let port = free_port();
    let deaf = peer("deaf", port, &[]);
    deaf.wait_for("READY\n");
    let args =
        ["send", "--to", "127.0.0.1", "--port", &port.to_string(), "--message", "hello", "--timeout", "0.5"];
    let output = run(&args, "");
    assert_eq!(output.stdout, "Sending.\nMessage sending error. Message not sent.\n");
    assert!(output.stderr.contains("No answer from 127.0.0.1"), "{}", output.stderr);
    assert_eq!(output.code, 1);
}

#[test]
fn ctrl_c_ends_a_connection_attempt() {
    let port = free_port();
    let deaf = peer("deaf", port, &[]);
    deaf.wait_for("READY\n");
    let program = labkit(&["send", "--to", "127.0.0.1", "--port", &port.to_string(), "--message", "hello"]);
    program.wait_for("Sending.\n");
    program.interrupt();
    let output = program.finish();
    assert_eq!(output.stdout, "Sending.\nMessage sending error. Message not sent.\n");
    assert!(output.stderr.contains("Stopped before 127.0.0.1 answered."), "{}", output.stderr);
    assert_eq!(output.code, 1);
}

#[test]
fn a_taken_port_fails_receive_and_leaves_the_menu_running() {
    let port = free_port();
    let _taken = TcpListener::bind(("0.0.0.0", port)).unwrap();
    let output = run(&["receive", "--port", &port.to_string()], "");
    assert!(output.stderr.contains("another program of this machine listens there already"), "{output:?}");
    assert_eq!((output.stdout.as_str(), output.code), ("", 1));
    let output = run(&["menu", "--port", &port.to_string()], "2\n0\n");
    assert!(output.stderr.contains("another program of this machine listens there already"), "{output:?}");
    assert_eq!(output.stdout.matches("Enter option: ").count(), 2, "{output:?}");
    assert_eq!(output.code, 0);
}

#[test]
fn an_address_of_another_machine_cannot_be_received_on() {
    let output = run(&["receive", "--bind", "192.0.2.1"], "");
    assert!(output.stderr.contains("192.0.2.1: it is no address of this machine"), "{output:?}");
    assert_eq!(output.code, 1);
}

#[test]
fn a_port_can_be_had_again_at_once() {
    let (first, port) = receiver(&[]);
    let port = port.to_string();
    let send = ["send", "--to", "127.0.0.1", "--port", &port, "--message", "hello"];
    assert_eq!(run(&send, "").code, 0);
    assert_eq!(first.finish().code, 0);
    let second = labkit(&["receive", "--bind", "127.0.0.1", "--port", &port]);
    second.wait_for(&format!("Waiting for message on port {port}\n"));
    assert_eq!(run(&send, "").code, 0);
    assert_eq!(second.finish().code, 0);
}

#[test]
fn ctrl_c_ends_an_endless_receiver_well_and_a_counting_one_as_unfinished() {
    for (count, code) in [("0", 0), ("1", 1), ("2", 1)] {
        let (program, _) = receiver(&["--count", count]);
        program.interrupt();
        let output = program.finish();
        assert!(output.stderr.contains("Stopped; no message came."), "{output:?}");
        assert_eq!(output.code, code, "--count {count}");
    }
}

#[test]
fn ctrl_c_works_where_the_parent_ignored_it() {
    // A shell without job control starts background jobs with SIGINT ignored.
    let port = free_port();
    let script = "\"$0\" receive --bind 127.0.0.1 --port \"$1\" --count 0 & read go; kill -INT $!; wait $!; echo \"status $?\"";
    let mut command = std::process::Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_labkit"), &port.to_string()]);
    let mut shell = crate::harness::Program::start(&mut command);
    shell.wait_for(&format!("Waiting for message on port {port}\n"));
    shell.type_in(b"go\n");
    let output = shell.finish();
    assert!(output.stdout.ends_with("status 0\n"), "{output:?}");
}
