//! Understands the prompts of a student's communicator on its terminal, loosely, since programs word the handout's
//! prompts in their own way.

use regex::Regex;
use std::sync::LazyLock;

/// A question that waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Prompt {
    /// The menu, and the keys of its entries.
    Menu(Menu),
    /// The message to send.
    Message,
    /// The recipient's address.
    Address,
}

/// The text to type for each entry of a menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Menu {
    pub(super) send: String,
    pub(super) receive: String,
    pub(super) exit: String,
}

/// The question at the end of `since`, the text that a program has printed since the last answer; `None` if it ends
/// with no question.
pub(super) fn question(since: &str) -> Option<Prompt> {
    let is_open = !since.ends_with('\n');
    let last = since.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
    let asks = is_open || ASKS.is_match(last);
    if asks && !ENTRY.is_match(last) {
        // An address goes before a message: "Enter IP to send the message to" names both and asks for the address.
        if ADDRESS.is_match(last) {
            return Some(Prompt::Address);
        }
        if OPTION.is_match(last) {
            return Some(Prompt::Menu(menu(since)));
        }
        if MESSAGE.is_match(last) {
            return Some(Prompt::Message);
        }
    }
    // A menu may end without a question; its entries are the last lines then.
    (ENTRY.is_match(last) || is_open && offers(since)).then(|| Prompt::Menu(menu(since)))
}

/// A line such as `1) send message` or `[2] Receive`.
static ENTRY: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\W*[0-9a-z]\s*[\])}.:=-]+\s*\w"));
static ASKS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"[:?>]\s*$|\b(enter|type|input|choose|select|give)\b"));
static ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\bip(v4)?\b|\baddress\b|\brecipient\b|\bdestination\b|\bserver\b"));
static OPTION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\boptions?\b|\bchoices?\b|\bchoose\b|\bselect(ion)?\b|\bmenu\b"));
static MESSAGE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bmessage\b|\btext\b|\bmsg\b"));

fn pattern(text: &str) -> Regex {
    Regex::new(&format!("(?i){text}")).expect("the pattern is ours")
}

fn offers(since: &str) -> bool {
    let entries =
        |word: &str| since.lines().any(|l| ENTRY.is_match(l.trim()) && l.to_lowercase().contains(word));
    entries("send") && entries("rec")
}

/// The keys of the menu's entries; for an entry that cannot be read, the handout's key.
fn menu(since: &str) -> Menu {
    let key = |words: &[&str], else_: &str| {
        let mut lines = since.lines().map(str::trim).filter(|l| ENTRY.is_match(l));
        let line = lines.rfind(|l| words.iter().any(|w| l.to_lowercase().contains(w)));
        let key = line.and_then(|l| l.chars().find(|c| c.is_ascii_alphanumeric()));
        key.map_or(else_.to_owned(), String::from)
    };
    Menu {
        send: key(&["send"], "1"),
        receive: key(&["receive", "recieve", "listen", "get"], "2"),
        exit: key(&["exit", "quit", "leave"], "0"),
    }
}

/// The sentence in which a sender reports the result, and whether that is success; `None` if there is none yet.
pub(super) fn result(since: &str) -> Option<(bool, String)> {
    let failed =
        ["fail", "error", "not sent", "timed out", "timeout", "could not", "unsuccessful", "refused"];
    since.lines().map(str::trim).find_map(|line| {
        let lower = line.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|w| lower.contains(w));
        match () {
            () if says(&failed) => Some((false, line.to_owned())),
            () if says(&["success", "message sent", "delivered", "confirmed"]) => {
                Some((true, line.to_owned()))
            }
            () => None,
        }
    })
}

/// The last lines that a program printed, escaped, to show why it went wrong.
pub(super) fn last_lines(text: &str, most: usize) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|l| !l.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(most);
    lines.get(from..).unwrap_or_default().iter().map(|l| crate::text::harmless(l)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MENU: &str = "===The Python Communicator===\n1) send message\n2) receive message\n0) exit\n";

    fn keys(since: &str) -> (String, String, String) {
        let Some(Prompt::Menu(m)) = question(since) else { panic!("{since:?}: {:?}", question(since)) };
        (m.send, m.receive, m.exit)
    }

    fn of(keys: [&str; 3]) -> (String, String, String) {
        (keys[0].into(), keys[1].into(), keys[2].into())
    }

    #[test]
    fn menus_are_read_however_they_are_worded() {
        assert_eq!(keys(&format!("{MENU}Enter option: ")), of(["1", "2", "0"]));
        assert_eq!(keys(MENU), of(["1", "2", "0"]), "without a question, or before it is there");
        assert_eq!(keys(&format!("{MENU}> ")), of(["1", "2", "0"]));
        assert_eq!(keys(&format!("Message sent successfully.\n{MENU}Enter option:\n")), of(["1", "2", "0"]));
        assert_eq!(keys("[S] Send\n[R] Receive\n[Q] Quit\nYour choice? "), of(["S", "R", "Q"]));
        assert_eq!(keys("1. Receive a message\n2. Send a message\n3. Exit\nSelect: "), of(["2", "1", "3"]));
        assert_eq!(keys("Please choose an option "), of(["1", "2", "0"]));
    }

    #[test]
    fn what_is_asked_for_is_told_apart() {
        assert_eq!(question("Enter Message (max 4096 characters): "), Some(Prompt::Message));
        assert_eq!(question("Type your text:\n"), Some(Prompt::Message));
        assert_eq!(question("Enter Recipient IP: "), Some(Prompt::Address));
        assert_eq!(question("What IP address should the message go to? "), Some(Prompt::Address));
        assert_eq!(question("Error not a valid IPv4 Address:\nEnter Recipient IP: "), Some(Prompt::Address));
        for text in
            ["", "Sending.\n", "Waiting for message on port 65432\n", "Message sent successfully.\n", "\n\n"]
        {
            assert_eq!(question(text), None, "{text:?}");
        }
    }

    #[test]
    fn how_it_went_is_read_from_the_first_sentence_that_says_so() {
        assert_eq!(
            result("Sending.\nMessage sent successfully.\n"),
            Some((true, "Message sent successfully.".into()))
        );
        assert!(matches!(result("Sending.\nMessage receipt failed.\n"), Some((false, _))));
        assert!(matches!(result("Message sending error. Message not sent."), Some((false, _))));
        assert_eq!(result("Sending.\n"), None);
    }

    #[test]
    fn the_last_lines_cannot_drive_the_terminal() {
        assert_eq!(last_lines("a\n\nb\x1b[2J\nc\n", 2), ["b\\x1b[2J", "c"]);
    }
}
