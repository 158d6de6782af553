//! Findings about offload, which makes captures surprising: segments that the adapter cuts or joins, and checksums
//! that it fills in.

use super::{Finding, Topic, ipv4};
use crate::capture::interfaces::{Interface, Kind, State};
use crate::programs;
use crate::text::harmless;

/// The features that change what a capture shows: ethtool's long names, and the short names for `ethtool -K`.
const FEATURES: [(&str, &str); 4] = [
    ("tcp-segmentation-offload", "tso"),
    ("generic-segmentation-offload", "gso"),
    ("generic-receive-offload", "gro"),
    ("large-receive-offload", "lro"),
];

/// The findings about the adapters that carry the lab: those that are up and have an IPv4 address.
pub(super) fn look(adapters: &[Interface]) -> Vec<Finding> {
    let used = |a: &&Interface| a.kind != Kind::Loopback && a.state == State::Up && ipv4(a).next().is_some();
    let used: Vec<&Interface> = adapters.iter().filter(used).collect();
    let Some(ethtool) = programs::find("ethtool") else {
        let says = "whether adapters cut and join segments (offload) was not found out: ethtool is missing";
        return match used.is_empty() {
            true => Vec::new(),
            false => {
                vec![Finding::undecided(Topic::Offload, "offload", says).mend("sudo apt install ethtool")]
            }
        };
    };
    used.iter()
        .map(|a| match programs::output(&ethtool, &["-k", &a.name]) {
            Ok(features) => judge(&harmless(&a.name), &features),
            Err(why) => {
                let says = format!(
                    "whether {} cuts and joins segments was not found out: {}",
                    harmless(&a.name),
                    harmless(&why)
                );
                Finding::undecided(Topic::Offload, "offload", says)
            }
        })
        .collect()
}

fn judge(adapter: &str, features: &str) -> Finding {
    let is_on = |name: &str| {
        features
            .lines()
            .filter_map(|l| l.trim().split_once(": "))
            .any(|(n, v)| n == name && v.starts_with("on"))
    };
    let on: Vec<&str> = FEATURES.iter().filter(|(name, _)| is_on(name)).map(|(_, short)| *short).collect();
    if on.is_empty() {
        let says = format!("{adapter} shows segments as the cable carries them");
        return Finding::good(Topic::Offload, "offload", says);
    }
    let says = format!(
        "{adapter} cuts and joins segments itself ({}): a capture here shows segments larger than the cable carries, and \
         wrong checksums of what is sent; a message of 4,096 characters looks like one packet",
        on.join(", ")
    );
    let off: Vec<String> = on.iter().map(|short| format!("{short} off")).collect();
    Finding::note(Topic::Offload, "offload", says).mend(format!(
        "to see what the cable carries (until the next start): sudo ethtool -K {adapter} {}",
        off.join(" ")
    ))
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn only_what_is_on_is_switched_off() {
        let features = "Features for enp0s3:\nrx-checksumming: off\ntcp-segmentation-offload: on\n\
                        generic-segmentation-offload: off [requested on]\ngeneric-receive-offload: on\n\
                        large-receive-offload: off [fixed]\n";
        let finding = judge("enp0s3", features);
        assert_eq!(finding.verdict, Verdict::Note);
        assert!(finding.remedies[0].ends_with("sudo ethtool -K enp0s3 tso off gro off"), "{finding:?}");
        assert_eq!(judge("enp0s3", "generic-receive-offload: off\n").verdict, Verdict::Good);
    }
}
