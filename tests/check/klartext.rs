//! The example of a lab in another language: its port, marker and three messages, and that all sentences that
//! students see are in its language.

use super::{captures, expect, folder, labkit};
use labkit::lab::definition::vocabulary::Concept;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What `labkit --lab labs/klartext …` writes, and its exit status.
fn say(dir: &Path, args: &[&str]) -> (String, i32) {
    // A folder may hold a variant of the lab.
    let own = dir.join("labs/klartext");
    let lab = if own.exists() { own } else { root().join("labs/klartext") }.display().to_string();
    let (out, err, code) = labkit(dir, &[&["--lab", &lab], args].concat());
    assert_eq!(err, "", "{args:?}");
    (out, code)
}

fn recording() -> String {
    root().join("labs/klartext/aufnahme.pcapng").display().to_string()
}

fn sheet(name: &str) -> String {
    root().join("tests/check/sheets").join(name).display().to_string()
}

/// Words that no German sentence has.
fn assert_german(text: &str) {
    let english = ["the", "is", "of", "and", "which", "right", "wrong", "packet", "frame"];
    let found = text.lines().find(|l| l.split(|c: char| !c.is_alphanumeric()).any(|w| english.contains(&w)));
    assert_eq!(found, None, "in\n{text}");
}

#[test]
fn the_template_asks_in_german_and_an_empty_one_is_read_as_empty() {
    let dir = folder("klartext-template");
    let (template, _) = say(&dir, &["lab", "show", "--template"]);
    expect("klartext-template.md", &template);
    fs::write(dir.join("answers.md"), &template).unwrap();
    let (out, code) = say(&dir, &["check", &recording(), "--answers", "answers.md"]);
    assert!(out.contains("leer         F1: dazu steht nichts da"), "{out}");
    assert_eq!(code, 1);
}

#[test]
fn a_right_sheet_is_right_and_a_wrong_one_is_told_why_in_german() {
    let (out, code) = say(root(), &["check", &recording(), "--answers", &sheet("klartext-richtig.md")]);
    expect("klartext-richtig.txt", &out);
    assert_eq!(code, 0, "{out}");
    let (out, code) = say(root(), &["check", &recording(), "--answers", &sheet("klartext-falsch.md")]);
    expect("klartext-falsch.txt", &out);
    assert_eq!(code, 1);
    // The requirements on the capture come first, and a blank line ends them.
    assert_german(out.split("\n\n").nth(2).unwrap());
}

#[test]
fn answers_are_german() {
    let (out, _) = say(root(), &["answer", &recording()]);
    expect("klartext-answer.txt", &out);
    assert_german(&out);
}

/// The write-up of a wrong sheet.
fn report(format: &str) -> String {
    let (file, answers) = (recording(), sheet("klartext-falsch.md"));
    say(root(), &["report", &file, "--answers", &answers, "--format", format, "-o", "-"]).0
}

/// What a browser shows of a page or reads out: texts and names, without the style, scripts and packed parts.
fn shown(page: &str) -> String {
    let body = page.split_once("</style>").unwrap().1;
    let mut out = String::new();
    for piece in body.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap();
        if tag.starts_with("script") {
            continue;
        }
        for name in ["aria-label=\"", "placeholder=\""] {
            let value = tag.split_once(name).and_then(|(_, rest)| rest.split_once('"'));
            out.push_str(&value.map_or(String::new(), |(value, _)| format!("{value}\n")));
        }
        out.push_str(text);
        out.push('\n');
    }
    out
}

#[test]
fn the_page_is_german_around_the_answers_and_in_its_script() {
    let page = report("html");
    assert!(page.contains("<html lang=\"de\">"));
    let text = shown(&page);
    // A filter is in the language of filters.
    let prose = |text: &str| text.lines().filter(|l| !l.contains("tcp port")).collect::<Vec<_>>().join("\n");
    assert_german(&prose(&text));
    assert!(text.contains(", Aufzeichnungsfilter: host 10.20.30.1 and host"), "{text}");
    assert_german(&prose(&report("markdown")));
    for says in [
        "Auf einen Blick",
        "Was die Aufnahme zeigt",
        "Gastgeber 10.20.30.1:",
        ": bestätigt, der Gast hat die Nachricht vom Gastgeber bestätigt (Strom 0)",
        "Die Regel, und die",
        "Paket für Paket: Gastgeber 10.20.30.1:",
        "Der Gast bestätigt: Sein Programm hat die Nachricht.",
        "14 erfüllt von dem, was das Labor verlangt",
        "0 von 9 Antworten, die bewertet werden, sind richtig.",
        "tcp.port == 50007 oder ein Text",
        "Zur Liste der Pakete springen",
    ] {
        assert!(text.contains(says), "{says} is not in {text}");
    }
    // Frames are links, whatever the word for them is: also those behind a note in brackets.
    let after = page.split_once("Verbindung 1: 4 folgen: Rahmen ").unwrap().1;
    let line = after.split_once("</li>").unwrap().0;
    assert_eq!(line.matches("href=\"#packet-0-").count(), 4, "{line}");
    // What the script says, which begins with a capital or a blank where it is a sentence.
    let about = page.split_once("id=\"about\">").unwrap().1.split_once("</script>").unwrap().0;
    let about: serde_json::Value = serde_json::from_str(about).unwrap();
    let own = about["words"].as_object().unwrap();
    assert!(own.len() > 20, "{own:?}");
    assert_german(&own.values().map(|text| text.as_str().unwrap()).collect::<Vec<_>>().join("\n"));
    assert_eq!(about["headings"][1], "Zeit");
    assert!(about["roles"].as_object().unwrap().values().any(|role| role == "Gastgeber"), "{about}");
}

#[test]
fn exchanges_and_pictures_are_german() {
    let (lab, file) = (root().join("labs/klartext").display().to_string(), recording());
    for command in [&["exchange", &file][..], &["flow", &file], &["follow", &file, "0"]] {
        let (out, err, code) = labkit(root(), &[&["--lab", lab.as_str()], command].concat());
        assert_eq!(code, 0, "{command:?}: {err}");
        assert_german(&format!("{out}{err}"));
    }
    for name in ["retransmitted-syn", "refused", "never-confirmed", "echo", "closes-unread", "confirms-twice"]
    {
        let path = captures(&format!("{name}.pcapng")).display().to_string();
        let (out, _) = say(&ENGLISH_LAB_IN_GERMAN, &["exchange", &path]);
        let told = out.lines().filter(|l| !l.contains("operating system"));
        assert_german(&told.collect::<Vec<_>>().join("\n"));
    }
}

#[test]
fn rules_evidence_and_the_lab_itself_are_german() {
    let (out, _) = say(root(), &["answer", &recording(), "--evidence"]);
    expect("klartext-evidence.txt", &out);
    assert_german(&out);
    let (out, _) = say(root(), &["answer", &recording(), "--format", "markdown"]);
    assert_german(&out);
    let (out, _) = say(root(), &["lab", "show"]);
    expect("klartext-lab.txt", &out);
    assert_german(&out);
}

/// Rare events have German sentences, too: repeats, resets, a port that refuses, a receipt that never comes.
#[test]
fn what_is_said_of_unusual_recordings_is_german() {
    for name in [
        "retransmitted-syn",
        "refused",
        "never-confirmed",
        "echo",
        "stopped-early",
        "started-late",
        "closes-unread",
        "confirms-twice",
        "long-offload",
        "unanswered",
        "loopback",
    ] {
        let path = captures(&format!("{name}.pcapng")).display().to_string();
        // The recordings are of the English lab, so the definition has its port and marker with this lab's words.
        let (out, _) = say(&ENGLISH_LAB_IN_GERMAN, &["answer", &path]);
        let told = out.lines().filter(|l| !l.contains("operating system"));
        assert_german(&told.collect::<Vec<_>>().join("\n"));
    }
}

/// What a capture lacks of what the lab asks for, and what to do about it, on the page's Markdown as well.
#[test]
fn what_is_not_met_is_german() {
    let dir = &*ENGLISH_LAB_IN_GERMAN;
    for name in [
        "unanswered",
        "refused",
        "rejected-by-firewall",
        "rejected-port-unreachable-ipv6",
        "one-direction",
        "reset-before-receipt",
        "never-closed",
        "started-late",
        "unreachable",
        "greeting-then-end",
    ] {
        let path = captures(&format!("{name}.pcapng")).display().to_string();
        let (out, _) = say(dir, &["report", &path, "--format", "markdown", "-o", "-"]);
        // Commands and filters are in no language.
        let told = out.lines().filter(|l| !l.contains("operating system") && !l.contains("tcp port"));
        let bare = |line: &str| line.split('`').step_by(2).collect::<String>();
        let ladders = out.split("```").skip(1).step_by(2).collect::<String>();
        assert_german(&told.filter(|l| !ladders.contains(l)).map(bare).collect::<Vec<_>>().join("\n"));
    }
}

/// A folder whose `labs/klartext` is the German lab with port, marker and messages of the English one. It is written
/// once: several tests read it at the same time.
static ENGLISH_LAB_IN_GERMAN: LazyLock<PathBuf> = LazyLock::new(|| {
    let dir = folder("klartext-english");
    let ours = fs::read_to_string(root().join("labs/klartext/lab.toml")).unwrap();
    let (from, to) = (ours.find("[[steps]]").unwrap(), ours.find("[hand_in]").unwrap());
    let steps = "[[steps]]\nfrom = \"host\"\nmessage = \"Hello guest operating system\"\n\n\
                 [[steps]]\nfrom = \"guest\"\nmessage = \"Hello host operating system\"\n\n";
    let lab = [&ours[..from], steps, &ours[to..]].concat();
    let lab = lab.replace("port = 50007", "port = 65432").replace("##ENDE##", "#<<END>>#");
    fs::create_dir_all(dir.join("labs/klartext")).unwrap();
    fs::write(dir.join("labs/klartext/lab.toml"), lab).unwrap();
    dir
});

#[test]
fn a_class_is_a_german_table_and_page() {
    let dir = folder("klartext-class");
    for (name, answers) in [("anna", "klartext-richtig.md"), ("ben", "klartext-falsch.md")] {
        let own = dir.join("klasse").join(name);
        fs::create_dir_all(&own).unwrap();
        fs::copy(recording(), own.join("aufnahme.pcapng")).unwrap();
        fs::copy(sheet(answers), own.join("answers.md")).unwrap();
    }
    let (out, _) = say(&dir, &["check", "klasse"]);
    expect("klartext-class.txt", &out);
    assert_german(&out);
    let (page, _) = say(&dir, &["check", "klasse", "--format", "html"]);
    assert!(page.contains("<html lang=\"de\">") && page.contains("2 Abgaben"), "{page}");
    let body = page.split("</style>").nth(1).unwrap();
    let text: String = body.split('<').filter_map(|tag| tag.split('>').nth(1)).collect::<Vec<_>>().join("\n");
    assert_german(&text);
}

#[test]
fn the_menu_speaks_german() {
    let lab = root().join("labs/klartext").display().to_string();
    let done = assert_cmd::Command::cargo_bin("labkit")
        .unwrap()
        .args(["--lab", &lab])
        .write_stdin("5\n1\nHallo\n10.20\n")
        .output()
        .unwrap();
    let out = String::from_utf8(done.stdout).unwrap();
    expect("klartext-menu.txt", &out);
    assert_german(&out);
}

#[test]
fn the_instructors_page_lists_all_names_of_the_vocabulary() {
    let page = fs::read_to_string(root().join("labs/unsecure-tcp/instructor.md")).unwrap();
    let words: Vec<&str> = page.split_whitespace().collect();
    let missing: Vec<&&str> = Concept::NAMES.iter().filter(|name| !words.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
