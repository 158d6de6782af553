//! A field that is asked for alone has the values that it has among all others, since a walk for one field leaves out
//! the layers that do not have it.

use labkit::capture::reader::FileReader;
use labkit::dissect::PROTOCOLS;
use labkit::pump::{self, Open};
use labkit::view::fields::Fields;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The values of the fields in each packet of a capture, as `replay --format fields` writes them.
fn values(file: &Path, names: &[String]) -> Vec<Vec<String>> {
    let mut source = FileReader::open(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let mut rows = Vec::new();
    let mut sink = Fields::new(&mut rows, names, false).expect("the fields are known");
    // Of a damaged capture, the packets before the damage count.
    let _ = pump::run(&mut source, &mut Open, None, &mut sink);
    drop(sink);
    let text = String::from_utf8_lossy(&rows);
    text.split_terminator('\n').map(|row| row.split('\t').map(str::to_owned).collect()).collect()
}

fn captures() -> Vec<PathBuf> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["captures", "tests/rows"].map(|folder| std::fs::read_dir(project.join(folder)).unwrap());
    let files = folders.into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut all: Vec<PathBuf> = files.filter(|path| path.to_string_lossy().contains(".pcap")).collect();
    all.sort();
    all
}

#[test]
fn a_field_alone_has_the_values_that_it_has_among_all_others() {
    let fields = PROTOCOLS.iter().flat_map(|protocol| protocol.fields);
    let names: Vec<String> = fields.map(|f| f.name.to_owned()).collect::<BTreeSet<_>>().into_iter().collect();
    let mut seen = BTreeSet::new();
    for file in captures() {
        let rows = values(&file, &names);
        for (i, name) in names.iter().enumerate() {
            let among: Vec<&str> = rows.iter().map(|row| row[i].as_str()).collect();
            if among.iter().all(|value| value.is_empty()) || !seen.insert(name) {
                continue;
            }
            let alone = values(&file, std::slice::from_ref(name));
            let alone: Vec<&str> = alone.iter().map(|row| row[0].as_str()).collect();
            assert_eq!(alone, among, "{}: {name}", file.display());
        }
    }
    assert!(seen.len() > 1000, "only {} fields have values", seen.len());
}
