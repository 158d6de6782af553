//! The dialogue at a terminal and on pipes, exactly as the handout shows it, and how it ends.

use crate::harness::{file, free_port, labkit, peer, python_receiver, run, wait_until};
use crate::terminal::Terminal;

const MENU: &str = "===The Rust Communicator===\n1) send message\n2) receive message\n0) exit\n";

fn menu_at_terminal(port: u16) -> Terminal {
    let terminal = Terminal::start("xterm", &["menu", "--port", &port.to_string()]);
    terminal.wait_for("Enter option: ");
    terminal
}

#[test]
fn menu_at_a_terminal() {
    let mut terminal = Terminal::start("xterm", &[]);
    terminal.wait_for("Enter option: ");
    terminal.press("exit\r");
    terminal.wait_for("Error, invalid input\nEnter option: ");
    terminal.press("0\r");
    let expected = format!("{MENU}Enter option: exit\nError, invalid input\nEnter option: 0\n\nGoodbye!\n");
    assert_eq!(terminal.finish(), (expected, 0));
}

#[test]
fn menu_at_a_terminal_that_cannot_edit_is_plain_text() {
    let mut terminal = Terminal::start("dumb", &[]);
    terminal.wait_for("Enter option: ");
    terminal.press("exit\r");
    terminal.wait_for("Error, invalid input\nEnter option: ");
    terminal.press("0\r");
    terminal.wait_for("Goodbye!\n");
    let expected = format!("{MENU}Enter option: exit\nError, invalid input\nEnter option: 0\n\nGoodbye!\n");
    assert_eq!(terminal.raw(), expected.replace('\n', "\r\n"));
    assert_eq!(terminal.finish().1, 0);
}

#[test]
fn menu_on_a_pipe() {
    let output = run(&[], "exit\n\n0\n");
    let error = "Error, invalid input\nEnter option: ";
    assert_eq!(output.stdout, format!("{MENU}Enter option: {error}{error}\nGoodbye!\n"));
    assert_eq!((output.stderr.as_str(), output.code), ("", 0));
}

const SENDING: &str = "Enter Message (max 4096 characters): Would you like green eggs and ham?
Enter Recipient IP: 192.168.sam
Error not a valid IPv4 Address:
Enter Recipient IP: 192.168.2
Error not a valid IPv4 Address:
Enter Recipient IP: 127.0.0.1
Sending.
Message sent successfully.
";

#[test]
fn sending_at_a_terminal() {
    let (_peer, port) = python_receiver(&[]);
    let mut terminal = menu_at_terminal(port);
    for (keys, prompt) in [
        ("1\r", "Enter Message (max 4096 characters): "),
        ("Would you like green eggs and ham?\r", "Enter Recipient IP: "),
        ("192.168.sam\r", "Address:\nEnter Recipient IP: "),
        ("192.168.2\r", "192.168.2\nError not a valid IPv4 Address:\nEnter Recipient IP: "),
        ("127.0.0.1\r", "Enter option: "),
    ] {
        terminal.press(keys);
        terminal.wait_for(prompt);
    }
    terminal.press("0\r");
    let expected = format!("{MENU}Enter option: 1\n{SENDING}{MENU}Enter option: 0\n\nGoodbye!\n");
    assert_eq!(terminal.finish(), (expected, 0));
}

#[test]
fn sending_at_a_terminal_survives_typing_ahead() {
    let (_peer, port) = python_receiver(&[]);
    let mut terminal = menu_at_terminal(port);
    terminal.press("1\rWould you like green eggs and ham?\r192.168.sam\r192.168.2\r127.0.0.1\r");
    terminal.wait_for(&format!("{MENU}Enter option: "));
    wait_until(|| terminal.screen(), || terminal.screen().contains("successfully").then_some(()));
    terminal.wait_for("Enter option: ");
    terminal.press("0\r");
    let expected = format!("{MENU}Enter option: 1\n{SENDING}{MENU}Enter option: 0\n\nGoodbye!\n");
    assert_eq!(terminal.finish(), (expected, 0));
}

#[test]
fn sending_on_a_pipe() {
    let (_peer, port) = python_receiver(&[]);
    let input = "Would you like green eggs and ham?\n192.168.sam\n192.168.2\n127.0.0.1\n";
    let output = run(&["send", "--port", &port.to_string()], input);
    let expected =
        input.lines().fold(SENDING.to_owned(), |text, line| text.replace(&format!(" {line}\n"), " "));
    assert_eq!((output.stdout, output.code), (expected, 0));
}

#[test]
fn receiving_at_a_terminal() {
    let port = free_port();
    let mut terminal = menu_at_terminal(port);
    terminal.press("2\r");
    terminal.wait_for(&format!("Waiting for message on port {port}\n"));
    let message = file("ham", b"I do not like green eggs and ham.");
    let sender = peer("send", port, &["--file", message.to_str().unwrap()]);
    assert_eq!(sender.finish().stdout, "ANSWER #<<END>>#\n");
    terminal.wait_for("Enter option: ");
    terminal.press("0\r");
    let received = format!(
        "Waiting for message on port {port}\nConnected by (127.0.0.1)\nMessage:\nI do not like green eggs and ham.\n\
         End of message.\n"
    );
    let expected = format!("{MENU}Enter option: 2\n{received}{MENU}Enter option: 0\n\nGoodbye!\n");
    assert_eq!(terminal.finish(), (expected, 0));
}

#[test]
fn a_message_of_4096_characters_can_be_typed_at_a_terminal() {
    let message = "€".repeat(4096);
    let out = file("typed", b"");
    let (peer, port) = python_receiver(&["--whole", "12288", "--out", out.to_str().unwrap()]);
    let mut terminal = Terminal::start("xterm", &["send", "--to", "127.0.0.1", "--port", &port.to_string()]);
    terminal.wait_for("characters): ");
    // Terminals send pasted text between these marks.
    terminal.press(&format!("\x1b[200~{message}\x1b[201~\r"));
    let (screen, code) = terminal.finish();
    assert!(screen.ends_with("Sending.\nMessage sent successfully.\n"), "{screen}");
    assert_eq!((peer.finish().code, code), (0, 0));
    assert!(std::fs::read(out).unwrap() == message.as_bytes());
}

#[test]
fn messages_that_are_empty_or_too_long_are_refused_with_their_count() {
    let (peer, port) = python_receiver(&["--whole", "12288"]);
    let input = format!("\n{}\n{}\n", "€".repeat(4097), "€".repeat(4096));
    let output = run(&["send", "--to", "127.0.0.1", "--port", &port.to_string()], &input);
    let prompt = "Enter Message (max 4096 characters): ";
    let refused =
        |count| format!("{prompt}Error, the message has {count} characters; 1 to 4096 are allowed\n");
    let expected = format!("{}{}{prompt}Sending.\nMessage sent successfully.\n", refused(0), refused(4097));
    assert_eq!((output.stdout, output.code), (expected, 0));
    assert_eq!(peer.finish().stdout, "READY\nGOT 12288\n");
}

#[test]
fn a_message_that_is_not_text_is_refused() {
    let mut program = labkit(&["send", "--to", "127.0.0.1"]);
    program.type_in(b"caf\xe9\n");
    let output = program.finish();
    assert!(output.stdout.contains("Error, the message is not UTF-8 text\nEnter Message"), "{output:?}");
    assert_eq!(output.code, 1);
}

/// The input that leads to each prompt of the menu, and the prompt.
const PROMPTS: [(&str, &str); 3] = [
    ("", "Enter option: "),
    ("1\n", "Enter Message (max 4096 characters): "),
    ("1\nhello\n", "Enter Recipient IP: "),
];

#[test]
fn the_end_of_input_at_any_prompt_says_goodbye() {
    for (input, prompt) in PROMPTS {
        let output = run(&[], input);
        assert!(output.stdout.ends_with(&format!("{prompt}\nGoodbye!\n")), "{output:?}");
        assert_eq!((output.stderr.as_str(), output.code), ("", 0));
        for end in ["\x04", "\x03"] {
            for term in ["xterm", "dumb"] {
                let mut terminal = Terminal::start(term, &[]);
                terminal.wait_for("Enter option: ");
                for line in input.split_inclusive('\n') {
                    terminal.press(&line.replace('\n', "\r"));
                    wait_until(|| terminal.screen(), || terminal.screen().ends_with(": ").then_some(()));
                }
                terminal.wait_for(prompt);
                if end == "\x04" && !input.is_empty() {
                    // At a terminal Ctrl-D does not close the input: the first one leads back to the menu, the second
                    // one ends it.
                    terminal.press(end);
                    terminal.wait_for(&format!("{prompt}\n{MENU}Enter option: "));
                    terminal.press(end);
                    assert!(terminal.finish().0.ends_with("Enter option: \n\nGoodbye!\n"), "{term}");
                    continue;
                }
                terminal.press(end);
                let (screen, code) = terminal.finish();
                let screen = screen.replace("^C", "");
                assert!(screen.ends_with(&format!("{prompt}\n\nGoodbye!\n")), "{term} {end:?} {screen}");
                assert_eq!(code, 0, "{term} {end:?}");
            }
        }
    }
}

#[test]
fn a_signal_at_any_prompt_says_goodbye() {
    for (input, prompt) in PROMPTS {
        let mut program = labkit(&[]);
        program.type_in(input.as_bytes());
        program.wait_for(prompt);
        program.interrupt();
        wait_until(|| program.stdout(), || program.stdout().ends_with("\nGoodbye!\n").then_some(()));
        assert_eq!(program.finish().code, 0);
    }
}

#[test]
fn send_without_what_it_needs_fails() {
    for (args, input, what) in [
        (&["send"][..], "", "message"),
        (&["send"], "hello\n", "recipient"),
        (&["send", "--to", "127.0.0.1"], "", "message"),
        (&["send", "--message", "hello"], "192.168.2\n", "recipient"),
    ] {
        let output = run(args, input);
        assert!(output.stderr.contains(&format!("before a {what} was given")), "{output:?}");
        assert!(!output.stdout.contains("Sending."), "{output:?}");
        assert_eq!(output.code, 1);
    }
}

#[test]
fn ctrl_c_while_receiving_or_sending_goes_back_to_the_menu() {
    let (_peer, silent) = python_receiver(&["--answer", "nothing"]);
    let mut terminal = menu_at_terminal(silent);
    terminal.press("1\r");
    terminal.wait_for("characters): ");
    terminal.press("hello\r");
    terminal.wait_for("IP: ");
    terminal.press("127.0.0.1\r");
    terminal.wait_for("Sending.\n");
    terminal.press("\x03");
    terminal.wait_for("Enter option: ");
    assert!(terminal.screen().contains("Sending.\n^C\nMessage receipt failed.\nStopped before"));
    terminal.press("0\r");
    assert_eq!(terminal.finish().1, 0);

    let port = free_port();
    let mut terminal = menu_at_terminal(port);
    terminal.press("2\r");
    terminal.wait_for(&format!("Waiting for message on port {port}\n"));
    terminal.press("\x03");
    terminal.wait_for(&format!("^C\nStopped; no message came.\n{MENU}Enter option: "));
    terminal.press("0\r");
    assert_eq!(terminal.finish().1, 0);
}

#[test]
fn a_person_sees_that_the_sender_waits_and_the_dialogue_stays_as_it_is() {
    // The system completes the handshake; no program reads or answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    let mut terminal = Terminal::start(
        "xterm",
        &["send", "--to", "127.0.0.1", "--port", &port, "--message", "hi", "--timeout", "60"],
    );
    wait_until(
        || format!("a sign of life on\n{}", terminal.screen()),
        || terminal.screen().contains("labkit: waiting for 127.0.0.1, 5").then_some(()),
    );
    assert!(terminal.screen().trim_end().ends_with("s left (Ctrl-C stops)"), "{}", terminal.screen());
    terminal.press("\x03");
    let (screen, code) = terminal.finish();
    assert!(screen.starts_with("Sending.\n") && screen.contains("\nMessage receipt failed.\n"), "{screen}");
    assert!(!screen.contains("s left") && code == 1, "{screen}");
}
