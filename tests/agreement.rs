//! All commands that show an exchange agree about it, for every recording: outcome, receipt, closing and
//! retransmissions.

use assert_cmd::Command;
use labkit::capture::Source as _;
use labkit::capture::reader::FileReader;
use labkit::conversation::Tracker;
use labkit::filter::Filter;
use labkit::lab::answer::{self, Capture, Report};
use labkit::lab::definition::Lab;
use labkit::lab::evidence::collect::Collector;
use labkit::lab::show::flow;
use labkit::packet::Packet;
use labkit::pump::{self, Open};
use labkit::view::flow::{Kind, Row};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn captures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures")
}

fn recordings() -> Vec<String> {
    let files = std::fs::read_dir(captures()).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap());
    files.filter(|f| f.ends_with(".pcapng")).collect()
}

/// labkit's standard output and standard error.
fn labkit(args: &[&str]) -> (String, String) {
    let done = Command::cargo_bin("labkit").unwrap().current_dir(captures()).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(done.stdout), text(done.stderr))
}

fn report(name: &str) -> Report {
    let mut source = labkit::capture::reader::Reader::open(&captures().join(name)).unwrap();
    let lab = Lab::built_in();
    let mut collector = Collector::new(lab.communicator.port);
    pump::run(&mut source, &mut Open, None, &mut collector).unwrap();
    let names = labkit::capture::Source::info(&source).names.clone();
    let capture = Capture { name: name.into(), evidence: collector.into_evidence(), names };
    answer::report(&lab, lab.communicator.port, vec![capture], (None, None))
}

fn numbers(value: &Value) -> BTreeSet<u64> {
    value.as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect()
}

/// The line of an output that is a stream's title, and the outcome in that line.
fn outcome<'a>(output: &'a str, stream: &Value) -> (&'a str, &'a str) {
    let end = format!("(stream {stream})");
    let title =
        output.lines().find(|line| line.contains(&end)).unwrap_or_else(|| panic!("{end} in {output}"));
    let words = title.rsplit_once(&end).unwrap().0.rsplit_once(": ").unwrap().1;
    (title, words.split(',').next().unwrap())
}

/// Frames in the table's rows of a phase with payload, and the frames whose sentence says that they repeat others.
fn rows(markdown: &str, title: &str) -> (BTreeSet<u64>, BTreeSet<u64>) {
    let (mut receipt, mut again, mut phase) = (BTreeSet::new(), BTreeSet::new(), String::new());
    let table =
        markdown.lines().skip_while(|l| !l.contains(title)).skip(4).take_while(|l| l.starts_with('|'));
    for row in table {
        let cells: Vec<&str> = row.split(" | ").map(|c| c.trim_matches(['|', ' '])).collect();
        let (Ok(frame), Ok(len)) = (cells[1].parse(), cells[7].parse::<u64>()) else { continue };
        if !cells[0].is_empty() {
            phase = cells[0].to_owned();
        }
        let says = *cells.last().unwrap();
        if phase == "receipt" && len > 0 && !says.contains("again") && !says.contains("once more") {
            receipt.insert(frame);
        }
        if says.contains(" again") || says.contains("once more") {
            again.insert(frame);
        }
    }
    (receipt, again)
}

/// Frames that the ladder marks as sent or recorded before, and those of a receipt.
fn marks(report: &Report, at: usize) -> (BTreeSet<u64>, BTreeSet<u64>) {
    let (mut again, mut receipt, mut phase) = (BTreeSet::new(), BTreeSet::new(), "");
    for row in &flow::ladders(report)[at].rows {
        match row {
            Row::Phase(name) => phase = name.as_str(),
            Row::Arrow(arrow) if arrow.is(Kind::Again) => {
                again.insert(arrow.frame);
            }
            Row::Arrow(arrow) if phase == "receipt" && !arrow.payload.is_empty() => {
                receipt.insert(arrow.frame);
            }
            Row::Arrow(_) | Row::LeftOut(_) => {}
        }
    }
    (again, receipt)
}

/// Says where the outputs about one exchange differ from the document.
fn compare(name: &str, at: usize, x: &Value, outputs: &[(&str, &str)], report: &Report) -> Vec<String> {
    let stream = &x["stream"];
    let mut wrong = Vec::new();
    let mut expect = |what: &str, ok: bool, said: String| {
        if !ok {
            wrong.push(format!("{name}, stream {stream}: {what} {said}"));
        }
    };
    for (command, output) in outputs {
        let said = outcome(output, stream).1;
        expect(command, x["outcome"] == said, format!("says {said}, answer {}", x["outcome"]));
    }
    let (_, markdown) = outputs.iter().find(|o| o.0 == "report").unwrap();
    let (title, _) = outcome(markdown, stream);
    let marker = numbers(&x["marker"]);
    let repeats = numbers(&x["retransmitted"]);
    let (receipt, again) = rows(markdown, title);
    expect("the table's receipt", receipt == marker, format!("is {receipt:?}, answer {marker:?}"));
    let unnamed: Vec<&u64> = repeats.difference(&again).collect();
    expect("the table's repeats", unnamed.is_empty(), format!("lack {unnamed:?}"));
    let (again, receipt) = marks(report, at);
    expect("the ladder's receipt", receipt == marker, format!("is {receipt:?}, answer {marker:?}"));
    expect("the ladder's repeats", again.is_superset(&repeats), format!("are {again:?}, answer {repeats:?}"));
    wrong
}

/// Says where the check's verdicts differ from the document.
fn verdicts(name: &str, check: &str, exchanges: &[Value]) -> Vec<String> {
    let check: Value = serde_json::from_str(check).unwrap();
    let met =
        |id: &str| check["checks"].as_array().unwrap().iter().any(|c| c["id"] == id && c["verdict"] == "met");
    let closed = |x: &Value| x["fin"].as_array().unwrap().len() == 2;
    let mut wrong = Vec::new();
    for (n, step) in Lab::built_in().steps.iter().enumerate() {
        let with = || exchanges.iter().filter(|x| x["message"]["text"] == step.message.as_str());
        let confirmed = with().any(|x| x["outcome"] == "confirmed");
        if met(&format!("receipt-{}", n + 1)) != confirmed {
            wrong.push(format!("{name}: receipt-{} is {}, answer {confirmed}", n + 1, !confirmed));
        }
    }
    if met("closes") && !exchanges.iter().any(closed) {
        wrong.push(format!("{name}: closes is met, answer has no two FINs"));
    }
    wrong
}

#[test]
fn all_commands_say_the_same_of_every_recording() {
    let mut wrong = Vec::new();
    for name in recordings() {
        let name = name.as_str();
        let document: Value = serde_json::from_str(&labkit(&["answer", "--format", "json", name]).0).unwrap();
        let exchanges = document["exchanges"].as_array().unwrap();
        let (table, _) = labkit(&["exchange", name]);
        let (page, _) = labkit(&["report", "--format", "markdown", "-o", "-", name]);
        let report = report(name);
        for (at, x) in exchanges.iter().enumerate() {
            let (_, followed) = labkit(&["follow", name, &x["stream"].to_string()]);
            let ladder = &flow::ladders(&report)[at].title;
            let outputs =
                [("exchange", table.as_str()), ("report", &page), ("follow", &followed), ("flow", ladder)];
            wrong.extend(compare(name, at, x, &outputs, &report));
        }
        wrong.extend(verdicts(name, &labkit(&["check", "--format", "json", name]).0, exchanges));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A page opens the field that a piece of evidence names, so its packet has to have it.
#[test]
fn each_proof_names_a_field_of_its_packet() {
    let further = ["order", "segments"].map(|name| format!("../tests/recordings/{name}.pcap"));
    let (mut proofs, mut wrong) = (0, Vec::new());
    for name in recordings().into_iter().chain(further) {
        let report = report(&name);
        let mut fields: BTreeMap<u64, BTreeSet<&str>> = BTreeMap::new();
        for proof in report.answers.iter().flat_map(|answer| &answer.evidence) {
            fields.entry(proof.frame.0).or_default().insert(proof.field);
        }
        let mut source = FileReader::open(&captures().join(&name)).unwrap();
        let mut tracker = Tracker::new();
        while let Ok(Some(frame)) = source.next() {
            let packet = Packet { context: tracker.track(&frame) };
            for field in fields.remove(&frame.no.0).unwrap_or_default() {
                proofs += 1;
                if !Filter::compile(field).unwrap().matches(&packet) {
                    wrong.push(format!("{name}: frame {} has no {field}", frame.no));
                }
            }
        }
        assert!(fields.is_empty(), "{name} has no frames {fields:?}");
    }
    assert!(proofs > 1000 && wrong.is_empty(), "of {proofs} fields {}", wrong.join("\n"));
}
