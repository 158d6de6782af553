//! The lab's commands are killed at random moments: `lab down` finds what they leave behind, and removes all of it.

use crate::harness::{Bench, User, stdout, wait_until};
use std::time::{Duration, Instant};

/// Moments spread over `longest` milliseconds and a little beyond, from a generator with a seed, so that a failure
/// can be repeated.
fn moments(longest: u64) -> impl Iterator<Item = Duration> {
    let mut state = 65_432u64;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        Duration::from_micros((state >> 33) % (longest * 1000))
    })
    .take(20)
}

/// How long a command takes here, in milliseconds.
fn duration(bench: &Bench, arguments: &[&str]) -> u64 {
    let begun = Instant::now();
    stdout(bench.labkit(arguments).output().unwrap());
    begun.elapsed().as_millis().max(1).try_into().unwrap()
}

/// Starts a command and kills it at this moment; the command may have ended by then.
fn kill_at(bench: &Bench, arguments: &[&str], moment: Duration) {
    let mut command = bench.labkit(arguments);
    let quiet = || std::process::Stdio::null();
    let mut child = command.stdout(quiet()).stderr(quiet()).spawn().unwrap();
    std::thread::sleep(moment);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn an_up_that_is_killed_leaves_nothing_that_down_does_not_find() {
    let bench = Bench::new(User::Me);
    let name = format!("killed-{}", std::process::id());
    let up = ["lab", "up", "--name", &name];
    let down = ["lab", "down", "--name", &name];
    let longest = duration(&bench, &up) * 5 / 4;
    stdout(bench.labkit(&down).output().unwrap());
    for moment in moments(longest) {
        kill_at(&bench, &up, moment);
        // A host that was being made when its maker was killed may appear only now.
        wait_until(&format!("the end of what was killed after {moment:?}"), || {
            stdout(bench.labkit(&down).output().unwrap());
            bench.processes().is_empty().then_some(())
        });
    }
    stdout(bench.labkit(&up).output().unwrap());
    stdout(bench.labkit(&down).output().unwrap());
    assert_eq!(bench.processes(), [0; 0]);
    assert_eq!(bench.files("."), ["labkit"]);
}

#[test]
fn a_run_that_is_killed_leaves_no_process_and_no_file() {
    let bench = Bench::new(User::Me);
    let longest = duration(&bench, &["lab", "run", "--force"]);
    for moment in moments(longest) {
        kill_at(&bench, &["lab", "run", "--force"], moment);
        bench.assert_nothing_runs();
        let left: Vec<String> = bench.files(".").into_iter().filter(|f| f != "capture1.pcapng").collect();
        assert_eq!(left, ["labkit"], "after {moment:?}");
    }
}

#[test]
fn a_program_on_a_host_ends_with_the_exec_that_is_killed() {
    let bench = Bench::new(User::Me);
    let name = format!("exec-{}", std::process::id());
    stdout(bench.labkit(&["lab", "up", "--name", &name]).output().unwrap());
    let standing = bench.processes().len();
    let exec = ["lab", "exec", "--name", &name, "guest", "--", "labkit", "receive", "--count", "0"];
    for moment in moments(200) {
        kill_at(&bench, &exec, moment);
        let what = format!("the end of what was killed after {moment:?}");
        wait_until(&what, || (bench.processes().len() == standing).then_some(()));
    }
    stdout(bench.labkit(&["lab", "down", "--name", &name]).output().unwrap());
    bench.assert_nothing_runs();
}
