//! Two machines with one address, as `labkit replay` and tshark report them. tshark must be installed.

#[path = "support/tools.rs"]
mod tools;

use std::path::{Path, PathBuf};
use std::process::Command;
use tools::tool;

/// Operation, then hardware and IP address of sender and target by their last octets; 0 is none, 255 broadcast.
type Packet = (u8, (u8, u8), (u8, u8));

/// Requests and replies of machines that share addresses, announcements, probes, and packets without an address.
const PACKETS: [Packet; 20] = [
    (1, (1, 1), (0, 9)),
    (1, (2, 1), (0, 9)),
    (1, (1, 1), (0, 9)),
    (2, (2, 1), (9, 9)),
    (2, (9, 9), (2, 1)),
    (2, (8, 9), (3, 1)),
    (1, (4, 0), (0, 20)),
    (1, (4, 20), (0, 20)),
    (1, (5, 20), (0, 20)),
    (2, (7, 20), (7, 20)),
    (1, (255, 40), (0, 9)),
    (1, (6, 40), (0, 9)),
    (2, (0, 40), (3, 3)),
    (2, (3, 3), (255, 40)),
    (2, (3, 0), (4, 0)),
    (3, (11, 1), (7, 9)),
    (9, (11, 1), (7, 9)),
    (2, (22, 80), (23, 80)),
    (2, (24, 80), (25, 80)),
    (2, (24, 80), (25, 1)),
];

fn capture(name: &str) -> PathBuf {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4u32, 0x0004_0002, 0, 0, 262_144, 1] {
        file.extend(word.to_le_bytes());
    }
    let mac = |last: u8| match last {
        0 | 255 => [last; 6],
        _ => [2, 0, 0, 0, 0, last],
    };
    let ip = |last: u8| if last == 0 { [0; 4] } else { [10, 0, 0, last] };
    for (i, (operation, sender, target)) in PACKETS.iter().enumerate() {
        let mut frame = [[255; 6], [2, 0, 0, 0, 0, 1]].concat();
        frame.extend([8, 6, 0, 1, 8, 0, 6, 4, 0, *operation]);
        for (hardware, protocol) in [sender, target] {
            frame.extend(mac(*hardware));
            frame.extend(ip(*protocol));
        }
        // 700 ms apart: the remark gives whole seconds, cut off and not rounded.
        let millis = 400 + 700 * i as u32;
        for word in
            [1_700_000_000 + millis / 1000, millis % 1000 * 1000, frame.len() as u32, frame.len() as u32]
        {
            file.extend(word.to_le_bytes());
        }
        file.extend(frame);
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, file).expect("the capture can be written");
    path
}

fn lines(command: &mut Command) -> Vec<String> {
    let done = command.env("TZ", "UTC").output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
}

#[test]
fn duplicate_addresses_are_found_where_tshark_finds_them() {
    let file = capture("duplicates.pcap");
    let fields = [
        "frame.number",
        "arp.duplicate-address-detected",
        "arp.duplicate-address-frame",
        "arp.seconds-since-duplicate-address-frame",
        "_ws.col.Info",
    ];
    let fields: Vec<&str> = fields.iter().flat_map(|f| ["-e", f]).collect();
    let labkit = || Command::new(env!("CARGO_BIN_EXE_labkit"));
    let ours = lines(labkit().arg("replay").arg(&file).args(["--format", "fields"]).args(&fields));
    let theirs = lines(tool("tshark").args(["-n", "-T", "fields"]).args(&fields).arg("-r").arg(&file));
    assert_eq!(ours, theirs);
    let found = ours.iter().filter(|line| line.split('\t').nth(1).is_some_and(|n| !n.is_empty())).count();
    assert_eq!(found, 8, "{ours:#?}");
    let ours = lines(labkit().arg("replay").arg(&file).arg("-V"));
    let theirs = lines(tool("tshark").args(["-n", "-V", "-r"]).arg(&file));
    assert_eq!(ours.join("\n").trim_end(), theirs.join("\n").trim_end());
}
