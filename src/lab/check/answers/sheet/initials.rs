//! Names that a sheet gives to the machines for itself: "H = host, G = guest", "the host (H)".

use super::super::language::{BUILT_IN, Concept, fold, one_of, regex};
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// `H = host`, `G: the guest`.
static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"\b(?P<name>[A-Z][a-z]?)\s*(?:=|:|stands for|means|is)\s*(?:[Tt]he\s+)?(?P<role>\p{L}{2,})")
});
/// `host (H)`, `guest = G`.
static BEHIND: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"\b(?P<role>\p{L}{2,})\s*(?:\(\s*=?\s*(?P<name>[A-Z][a-z]?)\s*\)|=\s*(?P<other>[A-Z])\b)")
});
/// A word of one or two letters that may be such a name.
static SHORT: LazyLock<Regex> = LazyLock::new(|| regex(r"\b[A-Z][a-z]?\b"));

/// What may follow a machine's name, but no article.
const VERBS: &str =
    "to and or sends send uses has is was listens opens calls gets receives an und sendet hat";

/// The names that a sheet gives to host and guest, and what they stand for; empty if it does not name both.
#[derive(Debug, Default)]
pub(super) struct Initials {
    host: String,
    guest: String,
}

impl Initials {
    /// Finds them in the lines of a sheet.
    pub(super) fn of<'a>(lines: impl Iterator<Item = &'a str>) -> Initials {
        let mut found = Initials::default();
        for line in lines {
            for given in BEFORE.captures_iter(line).chain(BEHIND.captures_iter(line)) {
                let part = |name| given.name(name).map(|m| m.as_str());
                let Some(name) = part("name").or(part("other")) else { continue };
                let role = BUILT_IN.word(&fold(&part("role").unwrap_or_default().to_lowercase()));
                let place = match (role.has(Concept::Host), role.has(Concept::Guest)) {
                    (true, false) => &mut found.host,
                    (false, true) => &mut found.guest,
                    _ => continue,
                };
                if place.is_empty() {
                    *place = name.into();
                }
            }
        }
        let both = !found.host.is_empty() && !found.guest.is_empty() && found.host != found.guest;
        if both { found } else { Initials::default() }
    }

    /// The text with the machines' names instead.
    pub(super) fn written_out(&self, text: &str) -> String {
        if self.host.is_empty() {
            return text.into();
        }
        let name = |found: &Captures<'_>| {
            let (word, behind) =
                (&found[0], found.get(0).map_or("", |m| text.get(m.end()..).unwrap_or_default()));
            // "A packet" is no machine A; "A sends", "from A to B" are.
            let next = behind.split_whitespace().next().unwrap_or_default();
            let article = word == "A" && next.starts_with(char::is_lowercase) && !one_of(next, VERBS);
            match word {
                _ if article => word.to_string(),
                _ if word == self.host => "host".into(),
                _ if word == self.guest => "guest".into(),
                _ => word.to_string(),
            }
        };
        SHORT.replace_all(text, name).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(lines: &[&str], text: &str) -> String {
        Initials::of(lines.iter().copied()).written_out(text)
    }

    #[test]
    fn names_that_the_sheet_explains_are_written_out() {
        for lines in [
            &["H = host = 192.168.56.1", "G = guest = 192.168.56.101"] as &[&str],
            &["the host (H) has 192.168.56.1, the guest (G) has 192.168.56.101"],
            &["host=H, VM=G"],
        ] {
            assert_eq!(
                written(lines, "msg 1: H:37818 -> G:65432"),
                "msg 1: host:37818 -> guest:65432",
                "{lines:?}"
            );
        }
    }

    #[test]
    fn other_letters_stay() {
        assert_eq!(written(&["H = host"], "H and G"), "H and G");
        assert_eq!(written(&["A = host, B = guest"], "A packet from A to B"), "A packet from host to guest");
        assert_eq!(written(&["the host (OS) and the guest (OS)"], "the OS"), "the OS");
    }
}
