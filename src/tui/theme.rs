//! Styles: with colours that are readable on the terminal's background, or without colours.

use crate::view::colour::Rule;
use crate::view::palette::{Ground, Hue, Palette};
use ratatui::style::{Color, Modifier, Style};

/// The colours to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Theme {
    /// The colours; `None` where none are wanted (`NO_COLOR`).
    pub(crate) palette: Option<Palette>,
}

/// Black, whatever the user has made of the first of the 16 colours.
const BLACK: Color = Color::Indexed(16);

impl Theme {
    /// Sets the terminal's background, as it has answered.
    pub(crate) fn set_ground(&mut self, ground: Ground) {
        if let Some(palette) = &mut self.palette {
            palette.ground = Some(ground);
        }
    }

    /// Black text on the colour `many` of 256, or on `few` where there are only 16; `None` without colours.
    fn on(self, many: u8, few: Color) -> Option<Style> {
        let palette = self.palette?;
        Some(match palette.many {
            true => Style::new().fg(BLACK).bg(Color::Indexed(many)),
            false => Style::new().fg(Color::Black).bg(few),
        })
    }

    /// Headings and rulers.
    pub(crate) fn title(self, focused: bool) -> Style {
        let coloured = if focused { self.on(116, Color::Cyan) } else { self.on(251, Color::Gray) };
        match coloured {
            Some(style) if focused => style.add_modifier(Modifier::BOLD),
            Some(style) => style,
            None if focused => Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD),
            None => Style::new().add_modifier(Modifier::UNDERLINED),
        }
    }

    /// The line under the cursor; paler without the focus.
    pub(crate) fn cursor(self, focused: bool) -> Style {
        if focused {
            Style::new().add_modifier(Modifier::REVERSED)
        } else {
            Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
        }
    }

    /// Bytes of the field under the cursor.
    pub(crate) fn marked(self) -> Style {
        self.on(221, Color::Yellow).unwrap_or(Style::new().add_modifier(Modifier::REVERSED))
    }

    /// Less important text.
    pub(crate) fn faint(self) -> Style {
        match self.palette {
            Some(palette) => styled(palette.style(Hue::Grey)),
            None => Style::new().add_modifier(Modifier::DIM),
        }
    }

    /// Names of keys.
    pub(crate) fn key(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Text on a background that shows whether it is good, unsure or wrong.
    pub(crate) fn ground(self, standing: Standing) -> Style {
        let style = match standing {
            Standing::Good => self.on(114, Color::Green),
            Standing::Unsure => self.on(221, Color::Yellow),
            // The red of the 16 is often too dark for black.
            Standing::Wrong => self.on(210, Color::Red).map(|style| match style.bg {
                Some(Color::Red) => style.fg(Color::White),
                _ => style,
            }),
        };
        style.unwrap_or_default()
    }

    /// Text in a colour.
    pub(crate) fn text(self, hue: Hue) -> Style {
        match self.palette {
            Some(palette) => styled(palette.style(hue)),
            None => Style::new().add_modifier(Modifier::BOLD),
        }
    }

    /// Rows that a rule colours.
    pub(crate) fn rule(self, rule: &Rule) -> Style {
        self.palette.map_or(Style::new(), |palette| styled(rule.style(palette)))
    }
}

/// The verdict on a filter, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It can be used.
    Good,
    /// It can be used, but means something else than it seems to, or is not complete.
    Unsure,
    /// It cannot be used.
    Wrong,
}

/// A style of anstyle as one of ratatui.
fn styled(style: anstyle::Style) -> Style {
    let mut out = Style::new();
    out.fg = style.get_fg_color().map(colour);
    out.bg = style.get_bg_color().map(colour);
    for (effect, modifier) in
        [(anstyle::Effects::BOLD, Modifier::BOLD), (anstyle::Effects::DIMMED, Modifier::DIM)]
    {
        if style.get_effects().contains(effect) {
            out = out.add_modifier(modifier);
        }
    }
    out
}

fn colour(colour: anstyle::Color) -> Color {
    match colour {
        anstyle::Color::Ansi(named) => Color::Indexed(anstyle::Ansi256Color::from_ansi(named).index()),
        anstyle::Color::Ansi256(indexed) => Color::Indexed(indexed.index()),
        anstyle::Color::Rgb(rgb) => Color::Rgb(rgb.r(), rgb.g(), rgb.b()),
    }
}
