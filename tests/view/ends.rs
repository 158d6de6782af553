//! `labkit view` restores the terminal however it ends.

use crate::hang_up;
use crate::harness::{Terminal, capture, labkit, wait_until};
use crate::tools::tool;
use nix::sys::signal::Signal;
use std::process::Command;

/// A shell that starts labkit in the terminal, and prints the terminal's settings before and after.
fn in_shell(args: &str) -> Terminal {
    let mut command = Command::new("sh");
    let script = format!("stty -g; \"$0\" {args}; echo \"status $?\"; stty -g; read end");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_labkit")]);
    Terminal::start(&command, (80, 24))
}

/// The process of the program that a shell runs.
fn child_of(pid: u32) -> Option<i32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    children.split_whitespace().next()?.parse().ok()
}

fn assert_restored(shell: &Terminal, status: &str) {
    let screen = shell.wait("the settings, twice", |screen| {
        let mut settings = screen.lines().filter(|line| line.matches(':').count() > 20);
        settings.next().is_some_and(|before| settings.next() == Some(before))
    });
    assert!(screen.contains(status), "{screen}");
    wait_until(|| "a terminal that is free".into(), || (!shell.is_taken()).then_some(()));
}

#[test]
fn signals_give_the_terminal_back() {
    hang_up::reaches_programs();
    for (signal, status) in [(Signal::SIGTERM, "status 143"), (Signal::SIGHUP, "status 129")] {
        let shell = in_shell(&format!("view '{}'", capture("capture1.pcapng")));
        shell.wait_for("20 packets");
        assert!(shell.is_taken());
        let pid = child_of(shell.pid()).unwrap();
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal).unwrap();
        assert_restored(&shell, status);
    }
}

#[test]
fn it_stops_for_the_shell_and_comes_back() {
    let mut command = tool("bash");
    command.args(["--norc", "--noprofile", "-i"]).env("PS1", "prompt> ").env("HISTFILE", "");
    let mut shell = Terminal::start(&command, (80, 24));
    shell.wait_for("prompt> ");
    // `is_taken` would also count the shell's own bracketed paste.
    shell.press("bind 'set enable-bracketed-paste off'\r");
    let file = capture("capture1.pcapng");
    shell.press(&format!("{} view '{file}'\r", env!("CARGO_BIN_EXE_labkit")));
    shell.wait_for("20 packets");
    shell.press("jj\x1a");
    shell.wait_for("Stopped");
    wait_until(|| "a terminal that is free".into(), || (!shell.is_taken()).then_some(()));
    shell.press("echo $((6 * 7))\r");
    shell.wait_for("\n42");
    shell.press("fg\r");
    shell.wait_for("Details of packet 3");
    assert!(shell.is_taken());
    shell.press("q");
    wait_until(|| "a terminal that is free again".into(), || (!shell.is_taken()).then_some(()));
    shell.press("echo status $?\r");
    shell.wait_for("status 0");
    assert!(!shell.is_taken());
    shell.press("exit\r");
    shell.finish();
}

/// Clock ticks of processor time that a process has used.
fn ticks(pid: i32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
}

#[test]
fn a_terminal_that_goes_away_ends_it_also_where_nobody_says_so() {
    let mut command = Command::new("sh");
    // The kernel sends SIGHUP to the shell alone, the leader of the session; the shell ignores it.
    command.args([
        "-c",
        "trap '' HUP; \"$0\" view \"$1\" < /dev/tty; exec sleep 1000",
        env!("CARGO_BIN_EXE_labkit"),
    ]);
    command.arg(capture("capture1.pcapng"));
    let mut terminal = Terminal::start(&command, (80, 24));
    terminal.wait_for("20 packets");
    let pid = child_of(terminal.pid()).unwrap();
    let before = ticks(pid).unwrap();
    terminal.hang_up();
    let gone = || {
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok();
        state.is_none_or(|stat| stat.contains("(labkit) Z")).then_some(())
    };
    wait_until(|| format!("its end, after {:?} ticks ({before} before)", ticks(pid)), gone);
}

#[test]
fn an_error_before_the_panes_leaves_the_terminal_alone() {
    let mut seat = Terminal::start(labkit().args(["view", "no-such-file.pcapng"]), (80, 24));
    assert_eq!(seat.finish().code(), Some(1));
    seat.wait_for("cannot open no-such-file.pcapng");
    assert!(!seat.is_taken());
    assert!(!String::from_utf8_lossy(&seat.raw()).contains("\x1b[?1049h"));
}
