//! The newcomer's path of the README, run by its script.

use crate::harness::{Bench, User};
use crate::tools::tool;
use std::process::Stdio;

#[test]
fn the_path_leads_from_an_empty_folder_to_the_report() {
    let bench = Bench::new(User::Me);
    let mut path = tool("sh");
    path.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/newcomer.sh")).arg(bench.dir.join("work"));
    let output = path.env("LABKIT", bench.dir.join("labkit")).stdin(Stdio::null()).output().unwrap();
    let (text, notes) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{text}\n{notes}");
    for line in [
        "Nothing that was found stands in the way.\n",
        "The receiver met all 12 trials, as far as the wire tells.\n",
        "host  │ Message sent successfully.\n",
        "met      guest  step 1   it received, and showed the whole message\n",
        "12 met, 0 not met, 0 cannot be told.\n",
        "\nreport.html\n",
    ] {
        assert!(text.contains(line), "no {line:?} in:\n{text}");
    }
    bench.assert_nothing_runs();
}
