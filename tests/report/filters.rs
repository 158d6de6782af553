//! The filter box of the page lets the same packets pass as the binary, and has the same error messages.

use super::{done, place, project};
use labkit::capture::Source as _;
use labkit::capture::reader::FileReader;
use labkit::conversation::Tracker;
use labkit::filter::Filter;
use labkit::packet::Packet;
use labkit::pump;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Captures of different kinds: the lab, browsing, what goes wrong, other services, damaged and nested headers.
const CAPTURES: [&str; 5] = [
    "captures/capture1.pcapng",
    "tests/recordings/site.pcapng",
    "tests/recordings/errors.pcap",
    "tests/recordings/services.pcap",
    "tests/recordings/segments.pcap",
];

fn list(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(project().join(name)).expect("the list is there");
    text.lines().filter(|l| !l.is_empty() && !l.starts_with("# ")).map(str::to_owned).collect()
}

/// The binary's result for each filter: the frames that pass, or the error.
fn outcomes(capture: &Path, filters: &[String]) -> Vec<Value> {
    let mut compiled: Vec<_> =
        filters.iter().map(|text| Filter::compile(text).map(|filter| (filter, Vec::new()))).collect();
    let mut source = FileReader::open(capture).expect("a recording");
    let hindsight = pump::learn(&mut FileReader::open(capture).expect("a recording")).expect("a first pass");
    let mut tracker = Tracker::looking_back(&hindsight);
    while let Some(frame) = source.next().expect("a whole recording") {
        let packet = Packet { context: tracker.track(&frame) };
        for (filter, passed) in compiled.iter_mut().flatten() {
            if filter.matches(&packet) {
                passed.push(frame.no.0);
            }
        }
    }
    let outcome = |(text, result): (&String, Result<(Filter, Vec<u64>), _>)| match result {
        Ok((_, passed)) => json!({ "filter": text, "passed": passed }),
        Err(labkit::filter::FilterError { message, hint, corrected, .. }) => {
            json!({ "filter": text, "error": [message, hint, corrected] })
        }
    };
    filters.iter().zip(compiled).map(outcome).collect()
}

#[test]
fn page_and_binary_agree_on_every_filter() {
    let mut filters = list("tests/filters.txt");
    filters.extend(list("tests/report/list_filters.txt"));
    let wrong = list("tests/report/wrong_filters.txt");
    assert!(wrong.len() >= 40, "forty wrong ones");
    assert!(wrong.iter().all(|text| Filter::compile(text).is_err()), "each of them is wrong");
    filters.extend(wrong);
    let mut expected = BTreeMap::new();
    for (i, capture) in CAPTURES.iter().enumerate() {
        let capture = project().join(capture);
        let page = place(&format!("filters-{i}.html"));
        let names = [capture.to_str(), page.to_str()].map(|name| name.expect("UTF-8"));
        done(&["report", names[0], "-o", names[1]]);
        expected.insert(names[1].to_owned(), outcomes(&capture, &filters));
    }
    let file = place("filters.json");
    std::fs::write(&file, serde_json::to_string(&expected).expect("JSON")).expect("a file");
    super::python("filters.py", &[file.as_path()]);
}
