//! `labkit report`: the page in a real browser, hostile content of packets, and the Markdown. Chromium must be
//! installed.

mod filters;
#[path = "../support/frames.rs"]
mod frames;
#[path = "../support/tools.rs"]
mod tools;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::read::GzDecoder;
use frames::Segment;
use labkit::capture::info::{Interface, Section};
use labkit::capture::writer::FileWriter;
use labkit::frame::{LinkType, Timestamp};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tools::tool;

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The path of a file for one test.
fn place(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("report-{}-{name}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path
}

/// Runs labkit in the folder of the recordings, so that their names are the same on every machine.
fn labkit(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_labkit"));
    command.current_dir(project().join("captures")).args(arguments).output().expect("labkit runs")
}

fn done(arguments: &[&str]) -> String {
    let output = labkit(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn browser(page: &Path, options: &[&str]) {
    let options = options.iter().map(Path::new);
    python("browser.py", &std::iter::once(page).chain(options).collect::<Vec<_>>());
}

/// Runs one of the scripts beside this file; a script that finds a fault fails with a message.
fn python(script: &str, arguments: &[&Path]) {
    let script = project().join("tests/report").join(script);
    let mut command = tool("python3");
    let output = command.env("PYTHONDONTWRITEBYTECODE", "1").arg(script).args(arguments).output();
    let output = output.expect("python3 is there");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the page does not behave: {said}");
}

/// Writes a capture of one conversation of the lab's port whose message is `payload`; the interface's name and the
/// section's hardware are `payload`, too.
fn capture(path: &Path, payload: &[u8]) {
    let name = String::from_utf8_lossy(payload).into_owned();
    let interface = Interface { name: Some(name.clone()), ..Interface::new(LinkType::ETHERNET) };
    let section = Section { hardware: Some(name), ..Section::default() };
    let mut writer = FileWriter::create(path, true, &section).expect("a file");
    writer.interface(&interface).expect("an interface");
    let end = 101 + payload.len() as u32;
    let rows: [(bool, u8, u32, u32, &[u8]); 7] = [
        (true, 0x02, 100, 0, b""),
        (false, 0x12, 900, 101, b""),
        (true, 0x10, 101, 901, b""),
        (true, 0x18, 101, 901, payload),
        (false, 0x18, 901, end, b"#<<END>>#"),
        (true, 0x11, end, 910, b""),
        (false, 0x11, 910, end + 1, b""),
    ];
    for (i, (client, flags, seq, ack, payload)) in rows.into_iter().enumerate() {
        let bytes = Segment::of_lab(i, client, (flags, seq, ack, payload)).frame();
        let time = Timestamp::from_nanos(1_700_000_000_000_000_000 + i as i64 * 1_000_000);
        let frame = frames::captured(i as u64 + 1, Some(time), LinkType::ETHERNET, &bytes);
        writer.frame(0, &frame).expect("a frame");
    }
    writer.finish().expect("the file is whole");
}

#[test]
fn the_page_is_used_in_a_browser() {
    let page = place("used.html");
    done(&["report", "capture1.pcapng", "-o", page.to_str().expect("UTF-8")]);
    browser(&page, &[]);
}

#[test]
fn by_keyboard_the_list_is_near_and_nothing_out_of_reach() {
    let pages = [place("keys.html"), place("keys-answers.html"), place("keys-two.html")];
    let sheet = project().join("tests/check/sheets/wrong.md");
    let both = ["both-ends-guest.pcapng", "both-ends-host.pcapng"];
    let answers = ["--answers", sheet.to_str().expect("UTF-8")];
    let more: [&[&str]; 3] = [&["capture1.pcapng"], &["capture1.pcapng", answers[0], answers[1]], &both];
    for (page, arguments) in pages.iter().zip(more) {
        done(&[&["report", "-o", page.to_str().expect("UTF-8")], arguments].concat());
    }
    python("stops.py", &pages.each_ref().map(|page| page.as_path()));
}

#[test]
fn what_packets_hold_is_text_and_nothing_else() {
    let (file, page) = (place("hostile.pcapng"), place("hostile.html"));
    let payload = b"</script><script>window.pwned = 1</script><img src=x onerror=\"window.pwned = 2\"><!-- ]]> '\"&lt; \x1b[31m";
    capture(&file, payload);
    done(&["report", file.to_str().expect("UTF-8"), "-o", page.to_str().expect("UTF-8")]);
    browser(&page, &["--hostile"]);
    let text = std::fs::read_to_string(&page).expect("UTF-8");
    assert!(!text.contains('\x1b') && !text.contains("<img"), "a payload has become a part of the page");
    let markdown = done(&["report", file.to_str().expect("UTF-8"), "-o", "-", "--format", "markdown"]);
    assert!(!markdown.contains('\x1b') && !markdown.contains(" <img"), "{markdown}");
}

#[test]
fn the_markdown_is_the_one_that_was_read_and_found_right() {
    let markdown = done(&["report", "capture1.pcapng", "-o", "-", "--format", "markdown"]);
    let expected = project().join("tests/expected/report/capture1.md");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::create_dir_all(expected.parent().expect("a folder")).expect("a folder");
        std::fs::write(&expected, &markdown).expect("the expected file can be written");
    }
    let expected = std::fs::read_to_string(expected).expect("the expected file is there");
    assert!(markdown == expected, "tests/expected/report/capture1.md says something else:\n{markdown}");
}

#[test]
fn a_capture_without_traffic_of_the_lab_gets_one_notice() {
    let page = done(&["report", "unreachable.pcapng", "-o", "-"]);
    assert_eq!(page.matches("there is no TCP traffic of port 65432 here.").count(), 1, "one notice");
    for part in ["exchanges", "filters"] {
        assert!(!page.contains(&format!("id=\"{part}\"")) && !page.contains(&format!("#{part}\"")), "{part}");
    }
    let page = done(&["report", "capture1.pcapng", "-o", "-"]);
    assert!(page.contains("id=\"exchanges\"") && page.contains("href=\"#filters\""));
}

#[test]
fn a_connection_in_two_captures_is_one_ladder_by_one_clock() {
    let page = done(&["report", "both-ends-guest.pcapng", "both-ends-host.pcapng", "-o", "-"]);
    let exchanges = page.split_once("<section id=\"exchanges\" data-stops>").expect("exchanges").1;
    let figures: Vec<&str> = exchanges.split("<figure class=\"ladder\">").skip(1).collect();
    assert_eq!(figures.len(), 1, "one picture");
    let figure = figures[0].split_once("</figure>").expect("its end").0;
    // The host is on the left, and so is the host's capture, in either order of the files.
    assert!(figure.contains("On the left frames and times of both-ends-host.pcapng, on the right those of both-ends-guest.pcapng, whose clock is "), "{figure}");
    assert_eq!(figure.matches("lost: it did not arrive").count(), 2, "in the picture and in words: {figure}");
    assert_eq!(figure.matches("class=\"stop\"").count(), 1, "{figure}");
    for capture in [0, 1] {
        assert!(figure.matches(&format!("href=\"#packet-{capture}-")).count() > 9, "{figure}");
    }
    assert_eq!(exchanges.matches("<summary>Packet by packet</summary>").count(), 2, "both tables");
    // Markdown draws the same picture.
    let both =
        ["report", "both-ends-guest.pcapng", "both-ends-host.pcapng", "--format", "markdown", "-o", "-"];
    let text = done(&both);
    let exchanges = text.split_once("\n## Exchanges\n").expect("exchanges").1;
    assert_eq!(exchanges.matches("\n```text\n").count(), 1, "one picture: {exchanges}");
    assert!(exchanges.contains("of the other capture"), "with the frames of both: {exchanges}");
    assert_eq!(exchanges.matches("| Phase |").count(), 2, "both tables: {exchanges}");
}

/// A packed part of a page.
fn part(page: &str, name: &str) -> Value {
    let begin = format!("id=\"part-{name}\">");
    let packed =
        page.split_once(&begin).and_then(|(_, rest)| rest.split_once("</script>")).expect("the part").0;
    let packed = BASE64_STANDARD.decode(packed).expect("Base64");
    serde_json::from_reader(GzDecoder::new(packed.as_slice())).expect("JSON")
}

/// The numbers of the frames that the list of a page has.
fn numbers(page: &str) -> Vec<u64> {
    let rows = part(page, "rows");
    let numbers = rows["cells"][0].as_array().expect("the first column").iter();
    numbers.map(|cell| cell.as_str().expect("text").parse().expect("a number")).collect()
}

#[test]
fn a_page_holds_ten_thousand_packets_and_says_what_it_leaves_out() {
    let (file, page) = (place("many.pcapng"), place("many.html"));
    let script = project().join("tests/bench/make_capture.py");
    let made =
        tool("python3").env("PYTHONDONTWRITEBYTECODE", "1").arg(script).arg(&file).arg("16000").status();
    assert!(made.expect("python3 is there").success());
    let (name, page) = (file.to_str().expect("UTF-8"), page.to_str().expect("UTF-8"));
    let left_out = "<p>6000 packets are not in this list: a page holds 10000";
    let report = |more: &[&str]| {
        done(&[&["report", name, "-o", page, "--force"], more].concat());
        let text = std::fs::read_to_string(page).expect("UTF-8");
        assert!(text.contains(left_out), "what is left out is not said");
        text
    };
    // The list prefers the lab's conversations to other packets.
    let text = report(&[]);
    assert!(text.len() < 3_500_000, "a page of ten thousand packets weighs {}", text.len());
    let list = numbers(&text);
    let lab = done(&["replay", name, "-Y", "tcp.port == 65432", "--format", "fields", "-e", "frame.number"]);
    let lab: Vec<u64> = lab.lines().take(10_000).map(|line| line.parse().expect("a number")).collect();
    assert_eq!(list, lab);
    let rows: BTreeSet<u64> = list.into_iter().collect();
    let links: Vec<u64> = text
        .split("href=\"#packet-0-")
        .skip(1)
        .map(|rest| rest.split('"').next().expect("a number").parse().expect("a number"))
        .collect();
    assert!(links.len() > 100 && links.iter().all(|frame| rows.contains(frame)), "a link leads nowhere");
    // Without traffic of the lab the list has the first packets.
    let text = report(&["--port", "9"]);
    assert_eq!(numbers(&text), (1..=10_000).collect::<Vec<u64>>());
}

#[test]
fn nothing_is_overwritten_and_a_capture_that_cannot_be_read_twice_is_refused() {
    let page = place("kept.html");
    std::fs::write(&page, "mine").expect("a file");
    let kept = page.to_str().expect("UTF-8");
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let pipe = pipe.to_str().expect("UTF-8");
    for (arguments, code, says) in [
        (vec!["report", "capture1.pcapng", "-o", kept], 1, "exists"),
        (
            vec!["report", "capture1.pcapng", "-o", "./capture1.pcapng", "--force"],
            2,
            "-o names one of the captures",
        ),
        (vec!["report", "-", "-o", kept, "--force"], 2, "a page with packets reads a capture twice"),
        (vec!["report", pipe, "-o", kept, "--force"], 2, "which standard input and pipes cannot be"),
    ] {
        let output = labkit(&arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
        assert!(error.contains(says), "{arguments:?}: {error}");
    }
    assert_eq!(std::fs::read_to_string(&page).expect("a file"), "mine");
}

#[test]
fn a_page_that_may_not_grow_is_an_error_and_leaves_the_one_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("page.html");
    for arguments in [
        &["report", "captures/capture1.pcapng", "-o", "PAGE"][..],
        &["flow", "captures/capture1.pcapng", "--svg", "PAGE"],
        &["check", "captures", "--format", "html", "-o", "PAGE"],
        &["check", "--pack", "captures", "-o", "PAGE"],
    ] {
        std::fs::write(&page, "mine").expect("a file");
        let words =
            arguments.iter().map(|word| if *word == "PAGE" { page.as_os_str() } else { word.as_ref() });
        let mut command = tool("prlimit");
        command.args(["--fsize=2000", env!("CARGO_BIN_EXE_labkit")]).args(words).arg("--force");
        let output = command.current_dir(project()).output().expect("it runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {error}");
        let last = error.lines().last().unwrap_or_default();
        let expected = format!("{}: File too large", page.display());
        assert!(
            last.starts_with("labkit: cannot write") && last.ends_with(&expected),
            "{arguments:?}: {error}"
        );
        assert_eq!(std::fs::read_to_string(&page).expect("a file"), "mine");
        assert_eq!(
            folder.path().read_dir().expect("a folder").count(),
            1,
            "{arguments:?} leaves a half file"
        );
    }
}

#[test]
fn markdown_needs_the_capture_only_once() {
    let capture = std::fs::File::open(project().join("captures/capture1.pcapng")).expect("a recording");
    let mut command = Command::new(env!("CARGO_BIN_EXE_labkit"));
    command.args(["report", "-", "-o", "-", "--format", "markdown"]).stdin(capture);
    let piped = command.output().expect("labkit runs");
    assert!(piped.status.success(), "{}", String::from_utf8_lossy(&piped.stderr));
    let named = done(&["report", "capture1.pcapng", "-o", "-", "--format", "markdown"]);
    let piped = String::from_utf8(piped.stdout).expect("UTF-8");
    // Standard input has no name and no hash; it is checked like any other.
    let of_file = |line: &&str| {
        ["- SHA-256:", "capture1.pcapng: 12 met", "-: 12 met"].iter().any(|begin| line.starts_with(begin))
    };
    let lines = |text: &str| -> Vec<String> {
        let all = text.lines().filter(|line| !line.is_empty());
        all.filter(|line| !of_file(line)).map(|line| line.replace("### -", "### capture1.pcapng")).collect()
    };
    assert_eq!(lines(&piped), lines(&named));
    assert_eq!(
        (named.lines().filter(of_file).count(), piped.lines().filter(of_file).count()),
        (2, 1),
        "{piped}"
    );
    assert!(named.contains("\n- Frames: 20\n"), "{named}");
}

const SHEET: &str = "# Answers\n\n## Q1\n\nThe receiver listens on 65432 <script>always</script> &amp;.\n\n## Q3\n\n4 packets.\n\n## Q5\n\n";

/// The page or the Markdown of a capture in a folder with a telling name, with a head for the grader.
fn graded(format: &str, more: &[&str]) -> String {
    let folder = place(&format!("private folder {format}{}", more.len()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let (capture, sheet) = (folder.join("mine.pcapng"), folder.join("answers.md"));
    std::fs::copy(project().join("captures/capture1.pcapng"), &capture).expect("a copy");
    std::fs::write(&sheet, SHEET).expect("a sheet");
    let (capture, sheet) = (capture.to_str().expect("UTF-8"), sheet.to_str().expect("UTF-8"));
    let fixed = ["report", capture, "-o", "-", "--format", format, "--answers", sheet];
    let who = ["--name", "Ada <Lovelace>\u{1b}[31m", "--course", "Networks & I", "--line", "Group 7"];
    done(&[&fixed[..], &who[..], more].concat())
}

#[test]
fn the_head_says_whose_it_is_and_how_it_was_graded() {
    let page = graded("html", &[]);
    for says in [
        "<title>Ada &lt;Lovelace&gt;\\x1b[31m – Unsecure TCP/IP communication</title>",
        "Networks &amp; I<br>Group 7</p>",
        "<dt>SHA-256</dt><dd>179827",
        "<dt>Captured</dt><dd>from 20",
        "<summary>mine.pcapng: 12 met of what the lab asks for</summary>",
        "<blockquote>The receiver listens on 65432 &lt;script&gt;always&lt;/script&gt; &amp;amp;.</blockquote>",
        "<strong class=\"not-met\">wrong</strong>",
        "<a href=\"#answer-Q3\">Q3</a></th><td>3: the handshake, SYN, SYN,ACK and ACK.</td><td>proven</td><td class=\"not-met\">wrong</td>",
        "<td>host 192.168.56.1, guest 192.168.56.101</td><td></td><td class=",
        "<details id=\"answer-Q10\" open><summary><h3>Q10</h3> <span class=\"question\">",
        "<p>Nothing was written.</p>",
        "content: \"Ada\\20 \\3c Lovelace\\3e ",
    ] {
        assert!(page.contains(says), "{says} is not in the page");
    }
    assert!(!page.contains("private folder"), "a path of the author's machine");
    let markdown = graded("markdown", &[]);
    for says in [
        "Ada \\<Lovelace\\>\\\\x1b\\[31m  \nNetworks \\& I  \nGroup 7  \n",
        "- SHA-256: 179827",
        "| Q3 | 3: the handshake, SYN, SYN,ACK and ACK. | proven | wrong |",
        "> The receiver listens on 65432 \\<script\\>always\\</script\\> \\&amp;.",
        "\n```text\n",
    ] {
        assert!(markdown.contains(says), "{says} is not in {markdown}");
    }
    assert!(!markdown.contains("private folder"), "a path of the author's machine");
    // The student's words only.
    for text in [graded("html", &["--no-verdicts"]), graded("markdown", &["--no-verdicts"])] {
        assert!(
            text.contains("4 packets.") && !text.contains(">wrong<") && !text.contains("**wrong**"),
            "{text}"
        );
    }
}

#[test]
fn an_answer_that_is_not_right_stands_open() {
    let page = |more: &[&str]| {
        let sheet = place("verdicts.md");
        let wrote = "## Q2\n\n65432 stays, because the receiver listens there; the sender's port changes each time.\n\n\
                     ## Q3\n\n3 packets.\n\n## Q4\n\n5 packets.\n\n## Q6\n\nYes, it closes the connection.\n\n## Q9\n\n";
        std::fs::write(&sheet, wrote).expect("a sheet");
        let fixed = ["report", "capture1.pcapng", "-o", "-", "--answers", sheet.to_str().expect("UTF-8")];
        done(&[&fixed[..], more].concat())
    };
    // Each question of the overview, whether it stands open below, and the last cell of its row.
    let questions = |page: &str| -> Vec<(String, bool, String)> {
        let rows = page.split("<tr><th scope=\"row\"><a href=\"#answer-").skip(1);
        let question = |row: &str| {
            let row = row.split_once("</tr>").expect("its end").0;
            let id = row.split_once('"').expect("a label").0;
            let open = page.contains(&format!("<details id=\"answer-{id}\" open>"));
            assert!(open || page.contains(&format!("<details id=\"answer-{id}\">")), "{id} is no answer");
            let last = row.trim_end().trim_end_matches("</td>").rsplit_once('>').expect("a cell").1;
            (id.to_owned(), open, last.to_owned())
        };
        rows.map(question).collect()
    };
    let shown = questions(&page(&[]));
    let verdict = |id: &str| shown.iter().find(|q| q.0 == id).map(|q| q.2.as_str());
    let expected = [("Q2", "right"), ("Q3", "right"), ("Q4", "partly"), ("Q6", "wrong"), ("Q9", "empty")];
    for (id, wanted) in expected {
        assert_eq!(verdict(id), Some(wanted), "{id}");
    }
    for (id, open, verdict) in &shown {
        assert_eq!(*open, verdict != "right", "{id}, which is {verdict}");
    }
    // Without verdicts nothing gives them away: neither words nor what stands open.
    let silent = page(&["--no-verdicts"]);
    assert!(silent.contains("<blockquote>3 packets.</blockquote>"), "the words are gone");
    assert!(questions(&silent).iter().all(|(_, open, _)| !open), "an open answer is a verdict");
    let body = silent.split_once("<main>").expect("the page").1.split_once("<section id=\"packets\">");
    let text = body.expect("the list").0;
    for verdict in ["right", "partly", "wrong", "empty"] {
        for around in [format!(">{verdict}<"), format!("class=\"{verdict}\"")] {
            assert!(!text.contains(&around), "{around}");
        }
    }
    for says in ["can be graded", "Misconception", "To look for", "not-met"] {
        assert!(!text.contains(says), "{says}");
    }
}

#[test]
fn captures_are_named_without_their_folders() {
    let folder = place("private folder of two");
    std::fs::create_dir_all(folder.join("again")).expect("a folder");
    let copies = ["one.pcapng", "again/one.pcapng", "cut.pcapng"].map(|name| folder.join(name));
    for (copy, of) in copies.iter().zip(["capture1.pcapng", "second-run.pcapng", "refused.pcapng"]) {
        std::fs::copy(project().join("captures").join(of), copy).expect("a copy");
    }
    let cut = std::fs::OpenOptions::new().write(true).open(&copies[2]).expect("a file");
    cut.set_len(cut.metadata().expect("a length").len() - 7).expect("a shorter file");
    let files = copies.each_ref().map(|copy| copy.to_str().expect("UTF-8"));
    for format in ["html", "markdown"] {
        let output = labkit(&[&["report", "-o", "-", "--format", format], &files[..]].concat());
        assert_eq!(output.status.code(), Some(1), "one of them is damaged");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        for says in ["Connection 1 of one.pcapng: ", "Connection 1 of one.pcapng (2): ", "cut.pcapng"] {
            assert!(text.contains(says), "{says} is not in {text}");
        }
        assert!(!text.contains("private folder"), "a path of the author's machine");
        if format == "html" {
            assert!(text.contains("one.pcapng (2): 3 (frames <a href=\"#packet-1-1\">1</a>"), "{text}");
        }
    }
}

#[test]
fn what_a_payload_holds_reads_the_same_in_markdown() {
    let file = place("entities.pcapng");
    capture(&file, b"&amp;&lt; `*_[x](y)_*`");
    let markdown = done(&["report", file.to_str().expect("UTF-8"), "-o", "-", "--format", "markdown"]);
    assert!(markdown.contains("\\&amp;\\&lt; \\`\\*\\_\\[x\\](y)\\_\\*\\`"), "{markdown}");
    // In a code block Markdown's characters are not escaped.
    assert!(markdown.contains("&amp;&lt; `*_[x](y)_*`"), "{markdown}");
}
