//! `labkit statistics`, compared with tshark's statistics of the same captures.

#[path = "support/tools.rs"]
mod tools;

use std::process::Command;

/// Captures of several kinds: the lab, errors with quoted packets, fragments, IPv6, services.
const FILES: [&str; 6] = [
    "captures/capture1.pcapng",
    "captures/unreachable-behind-router.pcapng",
    "captures/rejected-by-firewall-ipv6.pcapng",
    "captures/long-segments.pcapng",
    "tests/recordings/handshakes.pcapng",
    "tests/recordings/segments.pcap",
];

fn labkit(args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_labkit"));
    let out = command.current_dir(env!("CARGO_MANIFEST_DIR")).args(args).output().expect("labkit starts");
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).expect("UTF-8")
}

/// The lines that tshark's statistics print.
fn tshark(file: &str, statistics: &[&str]) -> Vec<String> {
    let mut command = tools::tool("tshark");
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["-n", "-q", "-r", file]);
    for one in statistics {
        command.args(["-z", one]);
    }
    let out = command.output().expect("tshark starts");
    String::from_utf8_lossy(&out.stdout).lines().map(str::to_owned).collect()
}

/// The rows of a table that labkit prints, below its heading, split into their cells.
fn rows(table: &str) -> Vec<Vec<String>> {
    table.lines().skip(1).map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

#[test]
fn endpoints_are_tsharks() {
    for file in FILES {
        for (of, names) in [
            ("ip", &["endpoints,ip", "endpoints,ipv6"][..]),
            ("eth", &["endpoints,eth"]),
            ("tcp", &["endpoints,tcp"]),
            ("udp", &["endpoints,udp"]),
        ] {
            let mut theirs: Vec<Vec<String>> = Vec::new();
            for line in tshark(file, names) {
                let cells: Vec<&str> = line.split_whitespace().collect();
                let numbers = |cells: &[&str]| cells.iter().all(|c| c.parse::<u64>().is_ok());
                theirs.push(match cells.as_slice() {
                    [name, rest @ ..] if rest.len() == 6 && numbers(rest) => {
                        [*name].iter().chain(rest).map(|c| (*c).to_owned()).collect()
                    }
                    [name, port, rest @ ..] if rest.len() == 6 && numbers(rest) => {
                        std::iter::once(format!("{name}:{port}"))
                            .chain(rest.iter().map(|c| (*c).to_owned()))
                            .collect()
                    }
                    _ => continue,
                });
            }
            let mut ours = rows(&labkit(&["statistics", file, "endpoints", "--of", of]));
            ours.sort();
            theirs.sort();
            assert_eq!(ours, theirs, "{file}, {of}");
        }
    }
}

#[test]
fn the_hierarchy_counts_as_tshark_does() {
    // tshark nests several TLS records of one packet; labkit counts one packet of TLS.
    for file in FILES.into_iter().filter(|file| !file.contains("handshakes")) {
        // tshark prints the filter names of protocols, labkit their usual names: so only figures and nesting are
        // compared.
        let theirs: Vec<(usize, String, String)> = tshark(file, &["io,phs"])
            .iter()
            .filter_map(|line| {
                let (frames, bytes) = line.split_once("frames:")?.1.split_once(" bytes:")?;
                let depth = line.len() - line.trim_start().len();
                Some((depth / 2, frames.to_owned(), bytes.trim().to_owned()))
            })
            .collect();
        let table = labkit(&["statistics", file, "hierarchy"]);
        let ours: Vec<(usize, String, String)> = table
            .lines()
            .skip(2)
            .map(|line| {
                let depth = (line.len() - line.trim_start().len()) / 2;
                let cells: Vec<&str> = line.split_whitespace().rev().collect();
                (depth - 1, cells[3].to_owned(), cells[1].to_owned())
            })
            .collect();
        let sorted = |mut rows: Vec<(usize, String, String)>| {
            rows.sort();
            rows
        };
        assert_eq!(sorted(ours), sorted(theirs), "{file}:\n{table}");
    }
}

#[test]
fn packets_over_time_are_tsharks() {
    for (file, interval) in [(FILES[0], "0.1"), (FILES[1], "1"), (FILES[4], "0.01")] {
        let theirs: Vec<[String; 2]> = tshark(file, &[&format!("io,stat,{interval}")])
            .iter()
            .filter(|line| line.contains("<>"))
            .map(|line| {
                let cells: Vec<&str> = line.split('|').map(str::trim).collect();
                [cells[2].to_owned(), cells[3].to_owned()]
            })
            .collect();
        let ours: Vec<[String; 2]> = rows(&labkit(&["statistics", file, "io", "--interval", interval]))
            .iter()
            .map(|cells| [cells[3].clone(), cells[4].clone()])
            .collect();
        assert_eq!(ours, theirs, "{file}");
    }
}

#[test]
fn all_three_tables_and_filters() {
    let all = labkit(&["statistics", FILES[0]]);
    let heads: Vec<&str> = all.split("\n\n").filter_map(|table| table.split_whitespace().next()).collect();
    assert_eq!(heads, ["Protocol", "IP", "Seconds"]);
    // However long the capture is, there are at most forty intervals, and together they hold all packets.
    let io = rows(all.rsplit("\n\n").next().expect("a table"));
    assert!(io.len() <= 40, "{all}");
    assert_eq!(io.iter().map(|cells| cells[3].parse::<u64>().expect("a number")).sum::<u64>(), 20);
    let syn = labkit(&["statistics", FILES[0], "endpoints", "-Y", "tcp.flags.syn == 1"]);
    assert_eq!(rows(&syn)[0], ["192.168.56.1", "4", "296", "2", "148", "2", "148"]);
    #[cfg(feature = "capture")]
    assert_eq!(rows(&labkit(&["statistics", FILES[0], "endpoints", "--", "udp"])), Vec::<Vec<String>>::new());
}
