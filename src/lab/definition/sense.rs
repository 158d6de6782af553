//! Finds faults in a definition that is valid TOML, and shows each with its line and what to write instead.

use super::misconception::{About, Pattern};
use super::vocabulary::Concept;
use super::{Lab, Role};
use std::net::Ipv4Addr;

/// A fault, and the value in the file that causes it.
struct Fault {
    says: String,
    /// The key in the file, or [`VOCABULARY`]; `value` is its value as text.
    key: &'static str,
    value: String,
    /// Index among the lines with this key and value, from 0.
    nth: usize,
}

impl Fault {
    fn new(says: impl Into<String>, key: &'static str, value: impl ToString, nth: usize) -> Option<Fault> {
        Some(Fault { says: says.into(), key, value: value.to_string(), nth })
    }
}

/// Used as the `key` of a fault whose `value` is itself a key, in the table `[vocabulary]`.
const VOCABULARY: &str = "[vocabulary]";

/// The first fault of a definition, with its line and carets below the value; `None` if it has none. `text` is the
/// content of the file.
pub(super) fn fault(lab: &Lab, text: &str) -> Option<String> {
    let fault = addresses(lab)
        .or_else(|| questions(lab))
        .or_else(|| messages(lab))
        .or_else(|| misconceptions(lab))
        .or_else(|| vocabulary(lab))?;
    Some(pointed(&fault, text))
}

fn addresses(lab: &Lab) -> Option<Fault> {
    let prefix = lab.network.prefix.min(32);
    let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
    for role in [Role::Host, Role::Guest] {
        let address = lab.address(role);
        let bits = u32::from(address);
        let what = if address.is_loopback() {
            "a loopback address, which no other machine reaches"
        } else if address.is_multicast() {
            "a multicast address, which is no machine's own"
        } else if address.is_unspecified() || address.is_broadcast() {
            "no machine's address"
        } else if bits & !mask == 0 {
            "the address of the network itself"
        } else if bits & !mask == !mask {
            "the network's broadcast address"
        } else {
            continue;
        };
        let example = Ipv4Addr::from((bits & mask) | u32::from(role == Role::Guest) | 2);
        let says = format!("network.{} is {what}; write another one, such as {example}", role.name());
        return Fault::new(says, role.name(), address, 0);
    }
    let (host, guest) = (u32::from(lab.network.host), u32::from(lab.network.guest));
    if host & mask == guest & mask {
        return None;
    }
    let example = Ipv4Addr::from((host & mask) | (guest & !mask));
    let says = format!(
        "network.host and network.guest are in different networks of {prefix} bits; write {example}, or a shorter network.prefix"
    );
    Fault::new(says, "guest", lab.network.guest, 0)
}

fn questions(lab: &Lab) -> Option<Fault> {
    let twice = |(i, q): (usize, &super::Question)| {
        let before = lab.questions.iter().take(i).filter(|p| p.id == q.id).count();
        (before > 0).then(|| {
            Fault::new(format!("two questions have the id {}; each needs its own", q.id), "id", &q.id, before)
        })?
    };
    lab.questions.iter().enumerate().find_map(twice)
}

fn messages(lab: &Lab) -> Option<Fault> {
    for (i, step) in lab.steps.iter().enumerate() {
        let before = lab.steps.iter().take(i).filter(|s| s.message == step.message).count();
        if step.message == lab.communicator.marker {
            let says = "a message must not be the marker, which confirms it; write another text";
            return Fault::new(says, "message", &step.message, before);
        }
        if before > 0 {
            let says =
                "two steps have the same message, so a capture cannot tell them apart; write another text";
            return Fault::new(says, "message", &step.message, before);
        }
    }
    None
}

fn misconceptions(lab: &Lab) -> Option<Fault> {
    // Several misconceptions may share an id; `nth` finds the line of the faulty one.
    let nth = |at: usize, id: &str| lab.misconceptions.iter().take(at).filter(|m| m.id == id).count();
    for (at, m) in lab.misconceptions.iter().enumerate() {
        if m.numbers.is_empty() && m.signs.is_empty() && m.pattern.is_none() {
            let says = "nothing shows this misconception; give it numbers, signs or a pattern";
            return Fault::new(says, "id", &m.id, nth(at, &m.id));
        }
        let patterns = [("pattern", &m.pattern), ("unless", &m.unless)];
        let wrong = |(key, pattern): (&'static str, &Option<Pattern>)| {
            let (text, says) = pattern.as_ref()?.problem()?;
            Fault::new(says, key, text, 0)
        };
        if let Some(fault) = patterns.into_iter().find_map(wrong) {
            return Some(fault);
        }
        let About::Question(analysis) = m.about else { continue };
        if lab.questions.iter().all(|q| q.analysis != Some(analysis)) {
            let says = format!(
                "no question has the analysis {}, so this misconception is never shown; leave it out, or ask that question",
                analysis.name()
            );
            let before = lab.misconceptions.iter().take(at).filter(|o| o.about == m.about).count();
            return Fault::new(says, "about", analysis.name(), before);
        }
    }
    None
}

fn vocabulary(lab: &Lab) -> Option<Fault> {
    let name = lab.vocabulary.keys().find(|name| Concept::named(name).is_none())?;
    let near = Concept::NAMES.iter().map(|known| (strsim::osa_distance(name, known), known)).min();
    let says = match near.filter(|(distance, _)| *distance <= 2) {
        Some((_, known)) => format!("[vocabulary] has no such name; did you mean {known}?"),
        None => format!("[vocabulary] has no such name; those that it has are {}", Concept::NAMES.join(", ")),
    };
    Fault::new(says, VOCABULARY, name, 0)
}

/// The fault below the line that causes it.
fn pointed(fault: &Fault, text: &str) -> String {
    let is_line = |line: &&(usize, &str)| {
        let (key, value) = line.1.split_once('=').unwrap_or_default();
        match fault.key {
            VOCABULARY => key.trim().trim_matches('"') == fault.value,
            wanted => key.trim() == wanted && value.contains(&fault.value),
        }
    };
    let first = match fault.key {
        VOCABULARY => text.lines().position(|l| l.trim() == VOCABULARY).unwrap_or_default(),
        _ => 0,
    };
    let lines: Vec<(usize, &str)> = text.lines().enumerate().skip(first).collect();
    let Some((number, line)) = lines.iter().filter(is_line).nth(fault.nth) else { return fault.says.clone() };
    let column = line.find(&fault.value).unwrap_or_default();
    let shown: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let (number, gutter) = (number + 1, " ".repeat((number + 1).to_string().len()));
    let before = " ".repeat(line.get(..column).unwrap_or_default().chars().count());
    let carets = "^".repeat(fault.value.chars().count().max(1));
    format!(
        "line {number}, column {}\n{gutter} |\n{number} | {shown}\n{gutter} | {before}{carets}\n{}",
        before.len() + 1,
        fault.says
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fault of the built-in definition after replacing `from` with `to`.
    fn changed(from: &str, to: &str) -> Option<String> {
        let text = super::super::BUILT_IN.replacen(from, to, 1);
        assert_ne!(text, super::super::BUILT_IN, "{from}");
        fault(&toml::from_str(&text).unwrap(), &text)
    }

    #[test]
    fn every_pattern_of_the_built_in_definition_is_one_and_a_wrong_one_is_shown_with_its_line() {
        assert_eq!(fault(&super::super::Lab::built_in(), super::super::BUILT_IN), None);
        let text = format!(
            "{}\n[[misconceptions]]\nid = \"x\"\nabout = \"filter\"\npattern = 'tcp('\nhint = \"No.\"\n",
            super::super::BUILT_IN
        );
        let says = fault(&toml::from_str(&text).unwrap(), &text).unwrap();
        assert!(says.contains("| pattern = 'tcp('\n") && says.contains("|            ^^^^\n"), "{says}");
        assert!(says.contains("\"tcp(\" is no regular expression: "), "{says}");
    }

    #[test]
    fn a_name_that_vocabulary_does_not_have_is_shown_with_the_nearest() {
        let text =
            format!("{}\n[vocabulary]\nhost = [\"laptop\"]\ngeust = [\"vm\"]\n", super::super::BUILT_IN);
        let says = fault(&toml::from_str(&text).unwrap(), &text).unwrap();
        assert!(
            says.contains("| geust = ")
                && says.contains("| ^^^^^\n")
                && says.ends_with("did you mean guest?"),
            "{says}"
        );
        let text = text.replace("geust", "printer");
        assert!(
            fault(&toml::from_str(&text).unwrap(), &text)
                .unwrap()
                .contains("those that it has are host, guest")
        );
    }

    #[test]
    fn a_misconception_about_what_nobody_asks_is_refused() {
        let text = super::super::BUILT_IN.replace("analysis = \"syn\"\n", "");
        let says = fault(&toml::from_str(&text).unwrap(), &text).unwrap();
        assert!(
            says.contains("about = \"syn\"") && says.contains("^^^\nno question has the analysis syn"),
            "{says}"
        );
    }

    #[test]
    fn each_fault_is_shown_with_its_line_and_what_to_write() {
        let lab = Lab::built_in();
        assert_eq!(fault(&lab, super::super::BUILT_IN), None);
        for (from, to, caret, says) in [
            (
                "\"192.168.56.101\"",
                "\"192.168.57.101\"",
                "^^^^^^^^^^^^^^",
                "different networks of 24 bits; write 192.168.56.101",
            ),
            ("\"192.168.56.101\"", "\"192.168.56.255\"", "^^^^^^^^^^^^^^", "broadcast"),
            ("\"192.168.56.1\"", "\"192.168.56.0\"", "^^^^^^^^^^^^", "of the network itself"),
            ("\"192.168.56.1\"", "\"127.0.0.1\"", "^^^^^^^^^", "loopback"),
            ("\"192.168.56.101\"", "\"224.0.0.1\"", "^^^^^^^^^", "multicast"),
            ("id = \"Q2\"", "id = \"Q1\"", "^^", "two questions have the id"),
            ("Hello host operating system", "#<<END>>#", "^^^^^^^^^", "must not be the marker"),
            ("Hello host operating system", "Hello guest operating system", "^^^^^", "the same message"),
            ("signs = [\"incomplete-address\"]\n", "", "^^^^", "nothing shows"),
        ] {
            let said = changed(from, to).unwrap_or_else(|| panic!("nothing is said of {to}"));
            assert!(said.contains(says) && said.contains(caret) && said.starts_with("line "), "{said}");
        }
    }
}
