//! The words of tcpdump, tshark and nc, for people who know those programs. An option that means the same is
//! translated before clap reads the command line; for any other the error names labkit's own word.

use super::UsageError;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::OsString;
use std::path::Path;

/// Options of `sniff` and `replay` whose next argument is a value, which is never translated.
const WITH_VALUE: &[&str] =
    &["-i", "-w", "-c", "-s", "-b", "-Y", "-e", "--format", "--host", "--guest", "--seconds", "--lab", "-t"];

/// How a foreign option is translated.
enum Word {
    /// To nothing: labkit does this anyway.
    Nothing,
    /// To these arguments.
    Own(&'static [&'static str]),
    /// By its value, to these arguments or to advice.
    Value(fn(&str) -> Result<Vec<String>, String>),
    /// Not at all: the text names labkit's own way.
    Advice(&'static str),
}

use Word::{Advice, Nothing, Own, Value};

/// Options that `sniff` and `replay` translate alike.
const READING: &[(&str, Word)] = &[
    // labkit never asks a name server, and flushes each row at once.
    ("-n", Nothing),
    ("-nn", Nothing),
    ("-l", Nothing),
    ("-U", Nothing),
    ("-R", Own(&["-Y"])),
    ("-f", Value(|filter| Ok(vec![filter.to_owned()]))),
    ("-A", Own(&["-x"])),
    ("-X", Own(&["-x"])),
    ("-XX", Own(&["-x"])),
    ("-xx", Own(&["-x"])),
    ("-v", Own(&["-V"])),
    ("-vv", Own(&["-V"])),
    ("-vvv", Own(&["-V"])),
    ("-tt", Own(&["-t", "e"])),
    ("-ttt", Own(&["-t", "d"])),
    ("-tttt", Own(&["-t", "a"])),
    ("-T", Value(output_format)),
    ("-a", Value(autostop)),
    ("-z", Value(statistics)),
    (
        "-O",
        Advice(
            "-O chooses protocols in tshark; `-V` shows the details of all of them, `labkit show FILE N` those of one packet",
        ),
    ),
    ("-G", Advice("`labkit replay --fields-list PATTERN` prints the known fields")),
    ("-E", Advice("--format fields separates values by tabs; `--format csv` writes the columns with commas")),
];

/// Options that concern capturing alone, where `replay` reads a file.
const FROM_A_FILE: &[(&str, Word)] = &[
    ("-p", Nothing),
    (
        "-s",
        Advice(
            "-s cuts packets while they are captured, with `labkit sniff`; a file's are shown as they are",
        ),
    ),
    ("-b", Advice("-b begins a new file while capturing, with `labkit sniff`")),
];

/// The arguments with foreign options translated.
///
/// # Errors
/// An option that labkit knows under another word, or not at all.
pub(super) fn translate(args: Vec<OsString>) -> Result<Vec<OsString>, UsageError> {
    // An argument that is not UTF-8 can only be the name of a file.
    let Some(words) = args.iter().map(|arg| arg.to_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
    else {
        return Ok(args);
    };
    let (program, mut rest) = match words.split_first() {
        Some((program, rest)) => (program.clone(), rest.to_vec()),
        None => return Ok(args),
    };
    choose_command(&mut rest);
    let mut done = vec![program];
    match rest.first().map(String::as_str) {
        Some("sniff" | "replay") => done.extend(options(rest)?),
        Some("receive" | "send") => done.extend(rest.into_iter().map(netcat)),
        _ => done.extend(rest),
    }
    Ok(done.into_iter().map(OsString::from).collect())
}

/// Inserts the command that an option implies where none is given: `-D`, `-r FILE`, `-i IF`, `-nn`.
fn choose_command(rest: &mut Vec<String>) {
    const OWN: [&str; 8] = ["-i", "-w", "-r", "-D", "-c", "-s", "-p", "-Y"];
    let command = match rest.first().map(String::as_str) {
        Some("sniff" | "replay") => rest.remove(0),
        // Many programs print their version at a single `-v`; nc listens at `-l`.
        Some("-v" | "-l") if rest.len() == 1 => return,
        Some(first) if OWN.contains(&first) || READING.iter().any(|(option, _)| *option == first) => {
            "sniff".to_owned()
        }
        _ => return,
    };
    if rest.iter().any(|word| word == "-D" || word == "--list-interfaces") {
        *rest = vec!["interfaces".to_owned()];
        return;
    }
    // `-r FILE` reads a file, with either command.
    match rest.iter().position(|word| word == "-r") {
        Some(at) if at + 1 < rest.len() => {
            let file = rest.remove(at + 1);
            rest.remove(at);
            rest.splice(0..0, ["replay".to_owned(), file]);
        }
        _ => rest.insert(0, command),
    }
}

/// Translates the options of `sniff` and `replay`.
fn options(words: Vec<String>) -> Result<Vec<String>, UsageError> {
    let mut done = Vec::new();
    let reads = words.first().is_some_and(|command| command == "replay");
    let known = || READING.iter().chain(FROM_A_FILE.iter().filter(|_| reads));
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        if word == "--" {
            done.push(word);
            break;
        }
        let Some((_, meaning)) = known().find(|(option, _)| *option == word) else {
            let has_value = WITH_VALUE.contains(&word.as_str());
            done.push(word);
            if has_value {
                done.extend(words.next());
            }
            continue;
        };
        match meaning {
            Nothing => {}
            Own(own) => done.extend(own.iter().map(|&own| own.to_owned())),
            Advice(text) => return Err(UsageError((*text).to_owned())),
            Value(value) => {
                let Some(given) = words.next() else {
                    return Err(UsageError(format!("{word} needs a value")));
                };
                done.extend(value(&given).map_err(UsageError)?);
            }
        }
    }
    done.extend(words);
    Ok(done)
}

/// `-T`: tshark's forms of output.
fn output_format(form: &str) -> Result<Vec<String>, String> {
    let own = match form {
        "fields" => "fields",
        "text" => return Ok(Vec::new()),
        "tabs" => return Err("-T tabs: `--format csv` writes the columns with commas".into()),
        "json" | "jsonraw" | "ek" => "jsonl",
        other => {
            return Err(format!(
                "-T {other}: labkit writes --format list, table, markdown, csv, jsonl or fields"
            ));
        }
    };
    Ok(vec!["--format".into(), own.into()])
}

/// `-a`: when tshark and dumpcap stop.
fn autostop(condition: &str) -> Result<Vec<String>, String> {
    match condition.split_once(':') {
        Some(("duration", seconds)) => Ok(vec!["--seconds".into(), seconds.into()]),
        Some(("packets", count)) => Ok(vec!["-c".into(), count.into()]),
        // labkit has these itself.
        Some(("filesize" | "files", _)) => Ok(vec!["--autostop".into(), condition.into()]),
        _ => Err(format!(
            "-a {condition}: labkit stops after `--seconds S`, `-c FRAMES`, `-a filesize:KB` or `-a files:N`"
        )),
    }
}

/// `-z`: tshark's statistics are commands here.
fn statistics(what: &str) -> Result<Vec<String>, String> {
    let command = match what.split(',').next().unwrap_or("") {
        "conv" => "labkit conversations FILE",
        "endpoints" | "ip_hosts" | "hosts" => "labkit statistics FILE endpoints",
        "io" if what.starts_with("io,phs") => "labkit statistics FILE hierarchy",
        "io" => "labkit statistics FILE io",
        "follow" => "labkit follow FILE STREAM",
        "flow" => "labkit flow FILE",
        "expert" => "labkit replay FILE -Y _ws.expert",
        _ => "labkit help",
    };
    Err(format!("-z {what}: labkit has a command for each table; `{command}`"))
}

/// nc's `-l`, `-p` and `-v` beside labkit's own words.
fn netcat(word: String) -> String {
    match word.as_str() {
        "-p" => "--port".to_owned(),
        _ => word,
    }
}

/// clap's error, with advice if a habit from another program explains it.
pub(super) fn explain(mut error: clap::Error, args: &[OsString]) -> clap::Error {
    // "to pass '-D' as a value, use '-- -D'" leads nowhere: no labkit command takes an option as a value.
    if error.kind() == ErrorKind::UnknownArgument {
        error.remove(ContextKind::Suggested);
    }
    let words: Vec<_> = args.iter().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    let unknown = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(word)) => word.clone(),
        _ => String::new(),
    };
    let hint = match (words.first().map(String::as_str), error.kind()) {
        (Some("send"), ErrorKind::UnknownArgument) if !unknown.starts_with('-') => {
            let text = words.iter().skip_while(|word| **word != unknown).skip(1);
            let text = text.map(String::as_str).collect::<Vec<_>>().join(" ");
            let text = if text.is_empty() { String::new() } else { format!(" --message '{text}'") };
            Some(format!("address and message are options: labkit send --to {unknown}{text}"))
        }
        (Some("show"), ErrorKind::ValueValidation) => match words.get(1..) {
            Some([number, file, ..]) if number.parse::<u64>().is_ok() && Path::new(file).exists() => {
                Some(format!("the file comes first: labkit show {file} {number}"))
            }
            _ => None,
        },
        (Some("receive"), ErrorKind::UnknownArgument) if unknown == "-l" => {
            Some("receive always listens: leave -l out".to_owned())
        }
        _ => None,
    };
    if let Some(hint) = hint {
        let hint = clap::builder::StyledStr::from(hint);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint]));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(line: &str) -> String {
        let words = shlex::split(line).expect("quotes are closed");
        match translate(words.into_iter().map(OsString::from).collect()) {
            Ok(words) => {
                let words: Vec<_> = words.iter().skip(1).map(|w| w.to_string_lossy().into_owned()).collect();
                shlex::try_join(words.iter().map(String::as_str)).expect("no zero bytes")
            }
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn options_of_tcpdump_and_tshark_that_mean_the_same_are_translated() {
        for (line, own) in [
            ("labkit -D", "interfaces"),
            ("labkit sniff -D", "interfaces"),
            ("labkit -n -r a.pcap", "replay a.pcap"),
            ("labkit -nn -i lo port 80", "sniff -i lo port 80"),
            ("labkit -v", "-v"),
            ("labkit -V", "-V"),
            ("labkit replay a.pcap -p -n", "replay a.pcap"),
            ("labkit -r a.pcap", "replay a.pcap"),
            ("labkit sniff -nn -r a.pcap -c 3", "replay a.pcap -c 3"),
            ("labkit -i eth0 -nn -l tcp port 65432", "sniff -i eth0 tcp port 65432"),
            (
                "labkit sniff -i eth0 -f 'tcp port 80' -a duration:2",
                "sniff -i eth0 'tcp port 80' --seconds 2",
            ),
            ("labkit sniff -a packets:7", "sniff -c 7"),
            ("labkit sniff -a files:3", "sniff --autostop files:3"),
            ("labkit replay a.pcap -T fields -e tcp.port", "replay a.pcap --format fields -e tcp.port"),
            ("labkit replay a.pcap -T json", "replay a.pcap --format jsonl"),
            ("labkit replay a.pcap -X -vv -ttt", "replay a.pcap -x -V -t d"),
            ("labkit replay a.pcap -R tcp", "replay a.pcap -Y tcp"),
        ] {
            assert_eq!(translated(line), own, "{line}");
        }
    }

    #[test]
    fn values_and_what_follows_two_dashes_stay_as_they_are() {
        for own in [
            "replay a.pcap -Y -n",
            "replay a.pcap -- -n",
            "sniff -w -X",
            "show a.pcap 6",
            "send --to 10.0.0.1",
        ] {
            assert_eq!(translated(&format!("labkit {own}")), own);
        }
    }

    #[test]
    fn an_option_with_another_word_here_is_answered_with_it() {
        for (line, word) in [
            ("labkit replay a.pcap -z conv,tcp", "labkit conversations FILE"),
            ("labkit replay a.pcap -T pdml", "--format list, table, markdown, csv, jsonl or fields"),
            ("labkit sniff -a blocks:3", "--seconds S"),
            ("labkit replay a.pcap -s 96", "`labkit sniff`"),
            ("labkit replay a.pcap -G", "--fields-list"),
        ] {
            let said = translated(line);
            assert!(said.starts_with("error: ") && said.contains(word), "{line}: {said}");
        }
    }

    #[test]
    fn a_wrong_order_of_arguments_is_answered_with_the_right_one() {
        for (line, word) in [
            (
                "labkit send 192.168.56.101 Hello there",
                "labkit send --to 192.168.56.101 --message 'Hello there'",
            ),
            ("labkit show 6 Cargo.toml", "labkit show Cargo.toml 6"),
            ("labkit receive -l", "leave -l out"),
        ] {
            let args: Vec<_> = line.split(' ').map(OsString::from).collect();
            let error = super::super::command().try_get_matches_from(&args).expect_err(line);
            let said = explain(error, &args).to_string();
            assert!(said.contains(word) && !said.contains("as a value"), "{line}: {said}");
        }
    }
}
