//! How things look: with the terminal's own colours, which can be read on light and on dark, or without any.

use ratatui::style::{Color, Modifier, Style};

/// Which colours there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Theme {
    /// Whether colours are used at all (`NO_COLOR`).
    pub(crate) colour: bool,
}

impl Theme {
    /// Headings and rulers.
    pub(crate) fn title(self, focused: bool) -> Style {
        match (self.colour, focused) {
            (true, true) => Style::new().fg(Color::Black).bg(Color::Cyan).add_modifier(Modifier::BOLD),
            (true, false) => Style::new().fg(Color::Black).bg(Color::Gray),
            (false, true) => Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD),
            (false, false) => Style::new().add_modifier(Modifier::UNDERLINED),
        }
    }

    /// The line under the cursor; paler where the keys go elsewhere.
    pub(crate) fn cursor(self, focused: bool) -> Style {
        if focused {
            Style::new().add_modifier(Modifier::REVERSED)
        } else {
            Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
        }
    }

    /// Bytes of the field under the cursor.
    pub(crate) fn marked(self) -> Style {
        if self.colour {
            Style::new().fg(Color::Black).bg(Color::Yellow)
        } else {
            Style::new().add_modifier(Modifier::REVERSED)
        }
    }

    /// What is of less weight.
    pub(crate) fn faint(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// Names of keys.
    pub(crate) fn key(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// A text on a ground that says how it stands: good, unsure or wrong.
    pub(crate) fn ground(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(Color::Black).bg(colour) } else { Style::new() }
    }

    /// A text that says so by its own colour.
    pub(crate) fn text(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new().add_modifier(Modifier::BOLD) }
    }

    /// A rule's style, as the terminal library has it.
    pub(crate) fn rule(self, style: anstyle::Style) -> Style {
        if !self.colour {
            return Style::new();
        }
        let mut out = Style::new();
        out.fg = style.get_fg_color().map(colour);
        out.bg = style.get_bg_color().map(colour);
        if style.get_effects().contains(anstyle::Effects::BOLD) {
            out = out.add_modifier(Modifier::BOLD);
        }
        out
    }
}

fn colour(colour: anstyle::Color) -> Color {
    match colour {
        anstyle::Color::Ansi(named) => Color::Indexed(anstyle::Ansi256Color::from_ansi(named).index()),
        anstyle::Color::Ansi256(indexed) => Color::Indexed(indexed.index()),
        anstyle::Color::Rgb(rgb) => Color::Rgb(rgb.r(), rgb.g(), rgb.b()),
    }
}
