//! A line that the user types: a filter, a name, a number.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// The text so far, and the position of the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Edit {
    text: String,
    /// Byte offset of the cursor in the text; always between two characters.
    cursor: usize,
}

impl Edit {
    /// A line that holds `text`, with the cursor behind it.
    pub(crate) fn new(text: &str) -> Edit {
        Edit { text: text.to_owned(), cursor: text.len() }
    }

    /// What was typed.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The text before the cursor.
    pub(crate) fn before(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or(&self.text)
    }

    /// Replaces everything, and moves the cursor to the end.
    pub(crate) fn set(&mut self, text: &str) {
        *self = Edit::new(text);
    }

    /// Inserts text at the cursor, without its control characters.
    pub(crate) fn insert(&mut self, text: &str) {
        let clean: String = text.chars().filter(|c| !c.is_control()).collect();
        self.text.insert_str(self.cursor, &clean);
        self.cursor += clean.len();
    }

    /// Replaces the last `len` bytes before the cursor.
    pub(crate) fn replace_before(&mut self, len: usize, with: &str) {
        let from = self.cursor.saturating_sub(len);
        if self.text.is_char_boundary(from) {
            self.text.replace_range(from..self.cursor, with);
            self.cursor = from + with.len();
        }
    }

    /// Handles a key. Returns whether it was an editing key.
    pub(crate) fn key(&mut self, key: &KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('a') if control => self.cursor = 0,
            KeyCode::Char('e') if control => self.cursor = self.text.len(),
            KeyCode::Char('u') if control => {
                self.text.replace_range(..self.cursor, "");
                self.cursor = 0;
            }
            KeyCode::Char('k') if control => self.text.truncate(self.cursor),
            KeyCode::Char('w') if control => self.replace_before(self.word(), ""),
            KeyCode::Char(_) if control || key.modifiers.contains(KeyModifiers::ALT) => return false,
            KeyCode::Char(c) => self.insert(c.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace => {
                let last = self.before().chars().next_back().map_or(0, char::len_utf8);
                self.replace_before(last, "");
            }
            KeyCode::Delete => {
                if self.cursor < self.text.len() {
                    self.text.remove(self.cursor);
                }
            }
            KeyCode::Left => {
                self.cursor -= self.before().chars().next_back().map_or(0, char::len_utf8);
            }
            KeyCode::Right => {
                let next = self.text.get(self.cursor..).and_then(|rest| rest.chars().next());
                self.cursor += next.map_or(0, char::len_utf8);
            }
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.len(),
            _ => return false,
        }
        true
    }

    /// Length in bytes of the word before the cursor, with the spaces behind it.
    fn word(&self) -> usize {
        let before = self.before();
        let end = before.trim_end().len();
        let start = before.get(..end).and_then(|b| b.rfind(' ')).map_or(0, |at| at + 1);
        before.len() - start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[KeyCode]) -> Edit {
        let mut edit = Edit::default();
        for key in keys {
            edit.key(&KeyEvent::new(*key, KeyModifiers::NONE));
        }
        edit
    }

    #[test]
    fn characters_of_any_width_are_whole() {
        use KeyCode::{Backspace, Char, Delete, Home, Left, Right};
        assert_eq!(typed(&[Char('ü'), Char('€'), Backspace]).text(), "ü");
        assert_eq!(typed(&[Char('ü'), Char('€'), Left, Left, Char('a'), Right, Char('b')]).text(), "aüb€");
        assert_eq!(typed(&[Char('日'), Home, Delete, Backspace, Left, Right]).text(), "");
    }

    #[test]
    fn a_word_is_erased_with_the_blanks_behind_it() {
        let mut edit = Edit::new("tcp and ip ");
        edit.key(&KeyEvent::new(KeyCode::Char('w'), KeyModifiers::CONTROL));
        assert_eq!(edit.text(), "tcp and ");
    }

    #[test]
    fn pasted_control_characters_are_left_out() {
        let mut edit = Edit::default();
        edit.insert("tcp\x1b[2J\n.port");
        assert_eq!(edit.text(), "tcp[2J.port");
    }
}
