//! Examples of every command, which the help and the manual pages show.

use clap::Command;

/// A command by its path, as in `lab run`, and its examples.
type Examples = (&'static str, &'static [&'static str]);

const EXAMPLES: &[Examples] = &[
    ("menu", &["labkit", "labkit menu --port 65433"]),
    (
        "send",
        &[
            "labkit send --to 192.168.56.101",
            "labkit send --to 192.168.56.101 --message 'Hello guest operating system'",
        ],
    ),
    ("receive", &["labkit receive", "labkit receive --bind 192.168.56.101 --count 0    # until Ctrl-C"]),
    ("interfaces", &["labkit interfaces", "COLUMNS=200 labkit interfaces | grep up"]),
    (
        "sniff",
        &[
            "labkit sniff --host 192.168.56.1 --guest 192.168.56.101 -w capture1.pcapng",
            "labkit sniff -i eth0 -w capture1.pcapng tcp port 65432",
            "labkit sniff -i any -c 10 -Y 'dns or tcp.flags.syn == 1'",
            "labkit sniff -i lo -w - | tshark -r -",
            "labkit sniff -i eth0 -i lo -w long.pcapng -b filesize:100000 -b files:10",
        ],
    ),
    (
        "replay",
        &[
            "labkit replay capture1.pcapng -Y 'tcp contains \"guest\"'",
            "labkit replay capture1.pcapng -V -c 1",
            "labkit replay capture1.pcapng --explain --step",
            "labkit replay capture1.pcapng --live -Y 'tcp.port == 65432'",
            "labkit replay capture1.pcapng -2 --names",
            "labkit replay capture1.pcapng --format fields -e frame.number -e tcp.flags.str",
            "labkit replay big.pcapng.gz -w lab.pcapng tcp port 65432",
            "labkit replay host.pcapng guest.pcapng -w both.pcapng --dedup",
            "labkit replay capture1.pcapng -Y 'frame.number in {10..20}' -w part.pcapng",
        ],
    ),
    ("show", &["labkit show capture1.pcapng 4", "labkit show capture1.pcapng 4 --field tcp.payload"]),
    ("conversations", &["labkit conversations capture1.pcapng", "labkit conversations - < capture1.pcapng"]),
    (
        "statistics",
        &[
            "labkit statistics capture1.pcapng",
            "labkit statistics capture1.pcapng endpoints --of tcp",
            "labkit statistics big.pcapng io --interval 60 -Y 'tcp.port == 65432'",
        ],
    ),
    ("exchange", &["labkit exchange capture1.pcapng", "labkit exchange browsing.pcapng | less"]),
    ("follow", &["labkit follow capture1.pcapng 0", "labkit follow capture1.pcapng 1 | less"]),
    ("flow", &["labkit flow capture1.pcapng", "labkit flow capture1.pcapng --svg ladder.svg"]),
    (
        "answer",
        &[
            "labkit answer capture1.pcapng",
            "labkit answer host.pcapng guest.pcapng --host 192.168.56.1 --guest 192.168.56.101",
            "labkit answer capture1.pcapng --format json",
        ],
    ),
    (
        "report",
        &[
            "labkit report capture1.pcapng -o report.html",
            "labkit report capture1.pcapng --name \"Ada Lovelace\" --answers answers.md -o report.html",
            "labkit report capture1.pcapng --format markdown -o report.md",
        ],
    ),
    (
        "check",
        &[
            "labkit check capture1.pcapng",
            "labkit check capture1.pcapng --answers answers.md",
            "labkit check class/ --format html -o class.html",
            "labkit check --pack project2 -o project2.tar.gz",
        ],
    ),
    (
        "filter",
        &[
            "labkit filter between 192.168.56.1 192.168.56.101",
            "labkit filter explain 'ip.addr == 192.168.56'",
        ],
    ),
    (
        "filter between",
        &["labkit filter between 192.168.56.1 192.168.56.101", "labkit filter between fe80::1 fe80::2"],
    ),
    (
        "filter explain",
        &[
            "labkit filter explain 'host 192.168.56.1'",
            "labkit filter explain 'ip.addr != 192.168.56.1'",
            "labkit filter explain --on capture1.pcapng 'ip.addr == 192.168.56.1 and tcp'",
        ],
    ),
    (
        "filter save",
        &[
            "labkit filter save lab 'tcp.port == 65432' --comment 'the messages of the lab'",
            "labkit filter save lab 'tcp.port == 65433' --force",
        ],
    ),
    ("filter list", &["labkit filter list", "labkit filter list | grep lab"]),
    ("filter rm", &["labkit filter rm lab", "labkit filter rm 'my own'"]),
    (
        "filter import",
        &["labkit filter import ~/.config/wireshark/dfilters", "labkit filter import dfilters"],
    ),
    (
        "view",
        &[
            "labkit view capture1.pcapng",
            "labkit view -i eth0 tcp port 65432",
            "labkit view -Y 'tcp.flags.syn == 1' capture1.pcapng",
        ],
    ),
    ("doctor", &["sudo labkit doctor", "labkit doctor --peer 192.168.56.101", "labkit doctor --format json"]),
    (
        "probe",
        &[
            "labkit probe 192.168.56.101",
            "labkit probe --listen",
            "labkit probe 192.168.56.101 --format json > trials.json",
        ],
    ),
    ("lab", &["labkit lab run --out /tmp/lab", "labkit lab up && labkit lab exec guest -- labkit receive"]),
    ("lab list", &["labkit lab list", "labkit lab list --lab labs/unsecure-tcp"]),
    ("lab show", &["labkit lab show", "labkit lab show --template > answers.md"]),
    (
        "lab run",
        &[
            "labkit lab run --out /tmp/lab",
            "labkit lab run --out /tmp/lab --force --with 'python3 communication.py' --on guest",
        ],
    ),
    (
        "predict",
        &[
            "labkit predict --message-bytes 4096",
            "labkit predict --message-bytes 3000 --mtu 600 --no-offload --run",
        ],
    ),
    (
        "lab set",
        &[
            "labkit lab set --delay 20ms --loss 10%",
            "labkit lab set --reject",
            "labkit lab set    # whole again",
        ],
    ),
    (
        "lab up",
        &[
            "labkit lab up",
            "labkit lab up --mtu 600 --no-offload",
            "labkit lab up && labkit lab exec guest -- labkit receive",
        ],
    ),
    (
        "lab exec",
        &[
            "labkit lab exec host -- labkit send --to 192.168.56.101 --message Hello",
            "labkit lab exec guest -- bash",
        ],
    ),
    ("lab down", &["labkit lab down", "labkit lab up && labkit lab down"]),
    (
        "completions",
        &[
            "labkit completions bash > ~/.local/share/bash-completion/completions/labkit",
            "labkit completions fish > ~/.config/fish/completions/labkit.fish",
        ],
    ),
    (
        "man",
        &["labkit man ~/.local/share/man/man1 && man labkit-sniff", "labkit man pages && man pages/labkit.1"],
    ),
];

/// The command with the examples behind the help of its subcommands.
pub(super) fn added(command: Command) -> Command {
    EXAMPLES.iter().fold(command, |command, (path, examples)| {
        let text = examples.iter().fold("Examples:".to_owned(), |text, example| text + "\n  " + example);
        add(command, &path.split(' ').collect::<Vec<_>>(), text)
    })
}

fn add(command: Command, path: &[&str], text: String) -> Command {
    match path {
        [] => command.after_help(text),
        // A command that this build lacks is skipped.
        [first, rest @ ..] if command.find_subcommand(first).is_some() => {
            command.mut_subcommand(first, |sub| add(sub, rest, text))
        }
        _ => command,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The paths of all commands that the help shows.
    fn paths(command: &Command, before: &str, found: &mut Vec<String>) {
        for sub in command.get_subcommands().filter(|c| !c.is_hide_set() && c.get_name() != "help") {
            let path = format!("{before}{}", sub.get_name());
            paths(sub, &format!("{path} "), found);
            found.push(path);
        }
    }

    #[test]
    fn every_command_has_two_examples_or_more() {
        let mut all = Vec::new();
        paths(&super::super::command(), "", &mut all);
        for path in all {
            let examples =
                EXAMPLES.iter().find(|(known, _)| *known == path).map(|(_, examples)| examples.len());
            assert!(examples >= Some(2), "{path} has {} examples", examples.unwrap_or(0));
        }
    }

    #[test]
    fn the_command_line_accepts_every_example() {
        for example in EXAMPLES.iter().flat_map(|(_, examples)| *examples) {
            for command in example.split(" && ").map(|c| c.split(['|', '>', '<', '#']).next().unwrap_or("")) {
                let words = shlex::split(command).expect("quotes are closed");
                let words = words.into_iter().skip_while(|word| word.contains('=')).collect::<Vec<_>>();
                if words.first().is_some_and(|word| word == "labkit") {
                    let parsed = super::super::command().try_get_matches_from(words);
                    assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
                }
            }
        }
    }
}
