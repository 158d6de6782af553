//! The terminal's answer about its background (OSC 11). The answer comes among the keys and is picked out of them.
//! The crates for this question read from the terminal themselves and wait, which loses keys that are typed
//! meanwhile, and delays the first screen on a slow line.

use crate::view::palette::Ground;
use ratatui::crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// The sequence that asks for the colour of the background.
const QUESTION: &str = "\x1b]11;?\x1b\\";
/// The beginnings of an answer, behind Escape and bracket; `rgba` if it has an alpha value.
const BEGINS: [&str; 2] = ["11;rgb:", "11;rgba:"];
/// The longest time until an answer comes.
const SOON: Duration = Duration::from_secs(1);
/// The most characters of an answer.
const LONGEST: usize = 32;

/// The state of waiting for the answer.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// When it was asked for; `None` once it has come, or if the terminal was not asked.
    asked: Option<Instant>,
    /// The events that may be its beginning.
    held: Vec<Event>,
    text: String,
}

/// The result of an event.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The user's events; empty while the last ones may be a part of the answer.
    Events(Vec<Event>),
    /// The terminal's background.
    Ground(Ground),
}

impl Answer {
    /// Asks the terminal, unless it is of a kind that would show the question as text.
    ///
    /// # Errors
    /// If the terminal cannot be written to.
    pub(super) fn ask() -> io::Result<Answer> {
        let terminal = std::env::var("TERM").unwrap_or_default();
        // On Windows, it depends on the console's version whether answers come among the keys.
        let is_due = cfg!(unix) && !["", "dumb", "linux", "Eterm"].contains(&terminal.as_str());
        if is_due {
            let mut out = io::stdout();
            out.write_all(QUESTION.as_bytes())?;
            out.flush()?;
        }
        Ok(Answer { asked: is_due.then(Instant::now), ..Answer::default() })
    }

    /// Whether the answer may still come.
    pub(super) fn is_on_its_way(&self) -> bool {
        self.asked.is_some_and(|at| at.elapsed() < SOON)
    }

    /// Takes an event. A terminal writes its answer in one piece, which appears as Alt-], characters, and Alt-\ or
    /// Ctrl-G.
    pub(super) fn hear(&mut self, event: Event) -> Heard {
        let key = match &event {
            Event::Key(key) if self.asked.is_some() && key.kind != KeyEventKind::Release => *key,
            _ => return Heard::Events(vec![event]),
        };
        let (alt, control) =
            (key.modifiers.contains(KeyModifiers::ALT), key.modifiers.contains(KeyModifiers::CONTROL));
        let KeyCode::Char(c) = key.code else { return self.no_answer(event) };
        let begun = !self.held.is_empty();
        match (begun, c) {
            (false, ']') if alt => {}
            (false, _) => return Heard::Events(vec![event]),
            // The user typed the Alt-] before; this one may begin the answer.
            (true, ']') if alt => {
                self.text.clear();
                return Heard::Events(std::mem::replace(&mut self.held, vec![event]));
            }
            (true, '\\') if alt => return self.end(event),
            (true, 'g') if control => return self.end(event),
            (true, _) if alt || control => return self.no_answer(event),
            (true, _) => {
                self.text.push(c);
                if !may_become_one(&self.text) {
                    return self.no_answer(event);
                }
            }
        }
        self.held.push(event);
        Heard::Events(Vec::new())
    }

    fn end(&mut self, event: Event) -> Heard {
        let Some(rgb) = rgb(&self.text) else { return self.no_answer(event) };
        *self = Answer::default();
        Heard::Ground(Ground::of(rgb))
    }

    /// Returns the held events: the user has typed what looked like the beginning of an answer.
    fn no_answer(&mut self, event: Event) -> Heard {
        self.text.clear();
        let mut events = std::mem::take(&mut self.held);
        events.push(event);
        Heard::Events(events)
    }
}

/// Whether a text is the beginning of an answer.
fn may_become_one(text: &str) -> bool {
    let is_colour = |rest: &str| rest.chars().all(|c| c.is_ascii_hexdigit() || c == '/');
    let fits = |begins: &str| begins.starts_with(text) || text.strip_prefix(begins).is_some_and(is_colour);
    text.len() <= LONGEST && BEGINS.into_iter().any(fits)
}

/// The colour in an answer, as three bytes. The answer has three numbers of one to four hexadecimal digits; the
/// highest number of that length is full brightness. `None` for other texts.
fn rgb(text: &str) -> Option<[u8; 3]> {
    let colour = BEGINS.iter().find_map(|begins| text.strip_prefix(begins))?;
    let mut parts = colour.split('/').map(|digits| {
        let most = 16_u32.checked_pow(u32::try_from(digits.len()).ok()?)? - 1;
        let value = u32::from_str_radix(digits, 16).ok().filter(|_| (1..=4).contains(&digits.len()))?;
        u8::try_from(value * 255 / most).ok()
    });
    Some([parts.next()??, parts.next()??, parts.next()??])
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::crossterm::event::KeyEvent;

    fn key(c: char, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(KeyCode::Char(c), modifiers))
    }

    /// The results of a text as keys: `]` and `\` behind Escape are Alt keys, the rest are plain.
    fn heard(answer: &mut Answer, text: &str) -> Vec<Heard> {
        let mut alt = KeyModifiers::NONE;
        let mut all = Vec::new();
        for c in text.chars() {
            match c {
                '\x1b' => alt = KeyModifiers::ALT,
                '\x07' => all.push(answer.hear(key('g', KeyModifiers::CONTROL))),
                _ => all.push(answer.hear(key(c, std::mem::replace(&mut alt, KeyModifiers::NONE)))),
            }
        }
        all.retain(|heard| *heard != Heard::Events(Vec::new()));
        all
    }

    fn due() -> Answer {
        Answer { asked: Some(Instant::now()), ..Answer::default() }
    }

    #[test]
    fn an_answer_is_picked_out_of_the_keys() {
        let j = || Heard::Events(vec![key('j', KeyModifiers::NONE)]);
        for (answer, ground) in [
            ("\x1b]11;rgb:ffff/ffff/ffff\x1b\\", Ground::Light),
            ("\x1b]11;rgb:00/2B/36\x07", Ground::Dark),
            ("\x1b]11;rgba:fd/f6/e3/ff\x1b\\", Ground::Light),
        ] {
            let all = heard(&mut due(), &format!("j{answer}j"));
            assert_eq!(all, [j(), Heard::Ground(ground), j()], "{answer:?}");
        }
    }

    #[test]
    fn keys_that_are_no_answer_are_not_lost() {
        for typed in ["\x1b]j", "\x1b]11j", "\x1b]11;rgb:ff/zz", "\x1b]11;rgb:ff/ff\x1b\\", "\x1b]\x1b]"] {
            let mut all = heard(&mut due(), &format!("{typed}\x1b]11;rgb:0/0/0\x07"));
            assert_eq!(all.pop(), Some(Heard::Ground(Ground::Dark)), "{typed:?}, and the answer behind it");
            let events = all.into_iter().map(|heard| match heard {
                Heard::Events(events) => events.len(),
                Heard::Ground(_) => panic!("{typed:?} is no answer"),
            });
            assert_eq!(events.sum::<usize>(), typed.replace('\x1b', "").chars().count(), "{typed:?}");
        }
    }

    #[test]
    fn nobody_is_kept_waiting_who_was_not_asked() {
        assert_eq!(heard(&mut Answer::default(), "\x1b]1").len(), 2);
    }
}
