//! What `labkit answer` says of browsing, through the binary: on a recorded visit to a site, compared with tshark, and
//! on captures that are written here byte by byte.

#[path = "support/frames.rs"]
mod frames;
#[path = "support/tools.rs"]
mod tools;

use frames::Segment;
use labkit::frame::LinkType;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use tools::tool;

fn site() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/site.pcapng")
}

fn labkit(file: &Path, args: &[&str]) -> (String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_labkit"));
    let done = command.arg("answer").arg(file).args(args).output().unwrap();
    (String::from_utf8(done.stdout).unwrap(), done.status.code().unwrap())
}

fn json(file: &Path, args: &[&str]) -> Value {
    let (out, code) = labkit(file, &[args, &["--format", "json"]].concat());
    assert_eq!(code, 0);
    serde_json::from_str(&out).unwrap()
}

fn q10(document: &Value) -> Option<&Value> {
    document["answers"].as_array().unwrap().iter().find(|a| a["id"] == "Q10")
}

fn tshark(file: &Path, filter: &str) -> Vec<u64> {
    let mut command = tool("tshark");
    command.arg("-r").arg(file).args(["-Y", filter, "-T", "fields", "-e", "frame.number"]);
    let out = String::from_utf8(command.output().unwrap().stdout).unwrap();
    out.lines().map(|n| n.parse().unwrap()).collect()
}

/// The frames in which a word was found in one kind of place.
fn frames(document: &Value, word: usize, place: &str, exact: bool) -> Vec<u64> {
    let hits = document["browsing"][0]["words"][word]["hits"].as_array().unwrap();
    let hits = hits.iter().filter(|h| h["place"] == place && h["written"].is_null() == exact);
    hits.map(|h| h["frame"].as_u64().unwrap()).collect()
}

#[test]
fn words_are_found_where_tshark_finds_them() {
    let words = ["Sunday", "news.example", "text/html", "reader=42"];
    let document = json(&site(), &["--words", &words.join(",")]);
    for (i, word) in words.iter().enumerate() {
        let expected =
            tshark(&site(), &format!("tcp.payload contains \"{word}\" || udp contains \"{word}\""));
        let found = frames(&document, i, "payload", true);
        assert_eq!(found, expected, "{word}");
        assert!(!found.is_empty(), "{word}");
    }
}

#[test]
fn words_are_found_across_segments_in_compressed_bodies_and_in_dns_names() {
    let document = json(&site(), &["--words", "weather forecast,crossword,news.example"]);
    for (i, place, word) in [
        (0, "across_segments", "weather forecast"),
        (1, "decoded", "crossword"),
        (2, "dns_name", "news.example"),
    ] {
        let found = frames(&document, i, place, true);
        assert!(!found.is_empty(), "{word}");
        let plain = tshark(&site(), &format!("tcp.payload contains \"{word}\" || udp contains \"{word}\""));
        assert!(found.iter().all(|f| !plain.contains(f)), "{word} could be seen anyway");
    }
    let dns = frames(&document, 2, "dns_name", true);
    assert_eq!(dns, tshark(&site(), "dns.qry.name == \"news.example\""));
    let across = frames(&document, 0, "across_segments", true);
    assert_eq!(across, tshark(&site(), "http.file_data contains \"weather forecast\""));
}

#[test]
fn case_matters_and_the_other_case_is_named() {
    let document = json(&site(), &["--words", "SUNDAY"]);
    let word = &document["browsing"][0]["words"][0];
    assert_eq!(word["found"], 0);
    let exact = tshark(&site(), "tcp.payload contains \"Sunday\"");
    let other = tshark(&site(), "tcp.payload contains \"sunday\" || tcp.payload contains \"Sunday\"");
    assert_eq!(frames(&document, 0, "payload", false), other);
    let hits = word["hits"].as_array().unwrap();
    let page = hits.iter().find(|h| h["frame"] == exact[0]).unwrap();
    assert_eq!(page["written"], "Sunday");
    let said = q10(&document).unwrap()["answer"].as_str().unwrap();
    assert!(said.contains("is there in other case only") && said.contains("case sensitive"), "{said}");
}

#[test]
fn what_is_encrypted_cannot_be_told_and_the_reason_is_given() {
    let document = json(&site(), &["--words", "/secret"]);
    let answer = q10(&document).unwrap();
    // The answer is proven by the frames of the other findings.
    assert_eq!(answer["confidence"], "proven");
    let tls = tshark(&site(), "tls").len();
    assert_eq!(document["browsing"][0]["obstacles"]["tls"], tls);
    let said = answer["answer"].as_str().unwrap();
    assert!(said.contains(&format!("{tls} frames carry TLS, whose content is encrypted")), "{said}");
    assert!(said.contains("“/secret”: cannot tell."), "{said}");
}

#[test]
fn protocols_have_the_frames_and_bytes_of_their_conversations() {
    let document = json(&site(), &[]);
    let expected = [("HTTP", "tcp.port == 80"), ("TLS", "tcp.port == 443"), ("DNS", "udp.port == 53")];
    let shares = document["browsing"][0]["shares"].as_array().unwrap();
    assert_eq!(shares.len(), expected.len());
    for (share, (name, filter)) in shares.iter().zip(expected) {
        assert_eq!((&share[0], &share[1]["frames"]), (&name.into(), &tshark(&site(), filter).len().into()));
        let mut lengths = tool("tshark");
        lengths.arg("-r").arg(site()).args(["-Y", filter, "-T", "fields", "-e", "frame.len"]);
        let lengths = String::from_utf8(lengths.output().unwrap().stdout).unwrap();
        let bytes: u64 = lengths.lines().map(|n| n.parse::<u64>().unwrap()).sum();
        assert_eq!(share[1]["bytes"], bytes, "{name}");
    }
}

#[test]
fn the_first_request_names_and_certificates_are_taken_apart() {
    let document = json(&site(), &[]);
    let found = &document["browsing"][0];
    let request = &found["request"];
    assert_eq!(request["frame"], tshark(&site(), "http.request")[0]);
    assert_eq!((&request["method"], &request["target"]), (&"GET".into(), &"/?user=anna".into()));
    let headers = request["headers"].as_array().unwrap();
    let says = |name: &str| headers.iter().find(|h| h["name"] == name).unwrap()["says"].clone();
    assert_eq!(says("User-Agent"), "the browser, Firefox 118.0, and the system, Linux (Ubuntu)");
    assert_eq!(says("Accept-Language"), "the user's languages, first en, and a hint at the country: GB");
    assert!(says("X-Test").is_null());
    assert_eq!(found["asked"][0]["name"], "news.example");
    assert_eq!(found["servers"][0]["name"], "www.news.example");
    assert_eq!(found["servers"][0]["frames"], tshark(&site(), "tls.handshake.type == 1").len());
    let certificates = found["certificates"].as_array().unwrap();
    assert_eq!(certificates.len(), 1);
    assert_eq!(certificates[0]["frame"], tshark(&site(), "tls.handshake.certificate")[0]);
    assert_eq!(certificates[0]["subject"], "news.example");
    assert_eq!(certificates[0]["hosts"], serde_json::json!(["news.example", "www.news.example"]));
}

#[test]
fn a_capture_without_browsing_cannot_tell_unless_words_are_given() {
    let lab = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/capture1.pcapng");
    let document = json(&lab, &[]);
    assert_eq!(q10(&document).unwrap()["confidence"], "cannot tell");
    assert!(document.get("browsing").is_none());
    let document = json(&lab, &["--words", "zebra"]);
    let answer = q10(&document).unwrap();
    let said = answer["answer"].as_str().unwrap();
    assert!(said.contains("no HTTP, TLS or QUIC") && said.contains("“zebra” is not there"), "{said}");
    assert_eq!(answer["confidence"], "proven");
}

#[test]
fn text_and_markdown_say_it_and_empty_words_are_misuse() {
    let (text, _) = labkit(&site(), &["--words", "Sunday"]);
    assert!(text.contains("Q10. ") && text.contains("By protocol: HTTP"), "{text}");
    let (markdown, _) = labkit(&site(), &["--words", "Sunday", "--format", "markdown"]);
    assert!(markdown.contains("## Q10\n") && markdown.contains("- By protocol: HTTP"), "{markdown}");
    assert_eq!(labkit(&site(), &["--words", "Sunday,,x"]).1, 2);
}

/// One UDP or TCP segment in a classic pcap of raw IPv4 packets.
fn raw(protocol: u8, ports: (u16, u16), payload: &[u8]) -> Vec<u8> {
    let packet = match protocol {
        6 => Segment { from: (1, ports.0), to: (2, ports.1), payload, ..Segment::default() }.packet(),
        _ => frames::datagram(ports.0, ports.1, payload),
    };
    frames::pcap(LinkType::RAW, [(0, packet)])
}

fn saved(name: &str, bytes: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn a_header_from_the_network_reaches_the_terminal_escaped() {
    let request = b"GET /\x1b[31m HTTP/1.1\r\nHost: a\x1b]0;x\x07b\r\nCookie: \xff\r\n\r\n";
    let file = saved("browsing-escape.pcap", &raw(6, (40000, 80), request));
    for format in ["text", "markdown", "json"] {
        let (out, code) = labkit(&file, &["--words", "a\x1b]0", "--format", format]);
        assert_eq!(code, 0);
        assert!(!out.contains(['\x1b', '\x07']), "{out:?}");
        assert!(out.contains("Q10"), "{out}");
    }
}

#[test]
fn a_body_under_an_unknown_compression_is_named_as_the_reason() {
    let response = b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 4\r\n\r\n\x01\x02\x03\x04";
    let file = saved("browsing-br.pcap", &raw(6, (80, 40000), response));
    let document = json(&file, &["--words", "weather"]);
    let said = q10(&document).unwrap()["answer"].as_str().unwrap();
    assert!(said.contains("1 HTTP body under a compression that is not unpacked here (br, zstd)"), "{said}");
    assert!(said.contains("no HTTP request in the clear"), "{said}");
}

#[test]
fn a_word_that_is_everywhere_is_counted_and_its_first_places_are_kept() {
    let mut file = raw(17, (5000, 6000), b"again");
    let one: Vec<u8> = file[24..].to_vec();
    (1..100).for_each(|_| file.extend(&one));
    let document = json(&saved("browsing-many.pcap", &file), &["--words", "again"]);
    let word = &document["browsing"][0]["words"][0];
    assert_eq!(word["found"], 100);
    assert_eq!(word["hits"].as_array().unwrap().len(), 12);
    let said = q10(&document).unwrap()["answer"].as_str().unwrap();
    assert!(said.contains("and in 96 more"), "{said}");
}
