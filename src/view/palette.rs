//! The colours of text on a terminal, chosen for readability: on a dark background, on a light one, or on an unknown
//! one.

use anstyle::{Ansi256Color, AnsiColor, Color, Style};
use std::env;

/// The background of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Dark, such as black.
    Dark,
    /// Light, such as white.
    Light,
}

impl Ground {
    /// Whether a background colour counts as light or dark: the kind on which the contrast with text of the other
    /// kind is higher (WCAG 2.1, relative luminance).
    pub fn of(rgb: [u8; 3]) -> Ground {
        if luminance(rgb) > 0.179 { Ground::Light } else { Ground::Dark }
    }

    /// Reads the variable `COLORFGBG`, which some terminals set: numbers of the 16 colours, the background last.
    /// `None` if it says nothing.
    fn told(variable: &str) -> Option<Ground> {
        match variable.rsplit(';').next()?.parse().ok()? {
            0..=6 | 8 => Some(Ground::Dark),
            7 | 9..=15 => Some(Ground::Light),
            _ => None,
        }
    }
}

/// Relative luminance of an sRGB colour, 0 (black) to 1 (white), as WCAG 2.1 defines it.
fn luminance(rgb: [u8; 3]) -> f64 {
    let linear = rgb.map(|part| match f64::from(part) / 255.0 {
        part if part <= 0.04045 => part / 12.92,
        part => ((part + 0.055) / 1.055).powf(2.4),
    });
    linear[0] * 0.2126 + linear[1] * 0.7152 + linear[2] * 0.0722
}

/// The approximate colour of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hue {
    /// Red.
    Red,
    /// Green.
    Green,
    /// Yellow, which is brown on a light background.
    Yellow,
    /// Blue.
    Blue,
    /// Magenta.
    Magenta,
    /// Cyan.
    Cyan,
    /// Grey, for less important text.
    Grey,
}

/// The colours of a terminal, and its background.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    /// Its background; `None` if it is unknown.
    pub ground: Option<Ground>,
    /// Whether it has 256 colours, the last 240 of which are the same on every terminal.
    pub many: bool,
}

impl Palette {
    /// The palette of this process's terminal, according to its environment variables. `chosen` is the background
    /// that the user has named.
    pub fn here(chosen: Option<Ground>) -> Palette {
        let variable = |name| env::var(name).unwrap_or_default();
        let has_many =
            |text: String| ["256", "truecolor", "24bit", "direct"].iter().any(|w| text.contains(w));
        Palette {
            ground: chosen.or_else(|| Ground::told(&variable("COLORFGBG"))),
            many: has_many(variable("TERM")) || has_many(variable("COLORTERM")),
        }
    }

    /// The colour for a hue; `None` for the terminal's own text colour.
    pub fn colour(self, hue: Hue) -> Option<Color> {
        if self.many {
            return Some(Color::Ansi256(Ansi256Color(fixed(self.ground, hue))));
        }
        named(self.ground, hue).map(Color::Ansi)
    }

    /// The style for text of a hue.
    pub fn style(self, hue: Hue) -> Style {
        let faint = if hue == Hue::Grey && !self.many { Style::new().dimmed() } else { Style::new() };
        faint.fg_color(self.colour(hue))
    }
}

/// The number of a hue among the colours that are the same on every terminal with 256. The contrast is at least 4.5
/// on usual light or dark backgrounds; for an unknown background, at least 3.9 on black and on white.
fn fixed(ground: Option<Ground>, hue: Hue) -> u8 {
    let [light, dark, either] = match hue {
        Hue::Red => [124, 203, 196],
        Hue::Green => [22, 77, 28],
        Hue::Yellow => [94, 179, 130],
        Hue::Blue => [19, 75, 63],
        Hue::Magenta => [90, 176, 164],
        Hue::Cyan => [23, 80, 30],
        Hue::Grey => [240, 248, 243],
    };
    match ground {
        Some(Ground::Light) => light,
        Some(Ground::Dark) => dark,
        None => either,
    }
}

/// A hue among the 16 colours, whose exact shades every terminal and every user can choose. On dark backgrounds,
/// colours that are often too dark have their bright variant; on light backgrounds, colours that are often too light
/// are avoided.
fn named(ground: Option<Ground>, hue: Hue) -> Option<AnsiColor> {
    let [light, dark, either] = match hue {
        Hue::Red => [AnsiColor::Red, AnsiColor::BrightRed, AnsiColor::Red],
        Hue::Green => [AnsiColor::Green; 3],
        Hue::Yellow => [AnsiColor::Magenta, AnsiColor::Yellow, AnsiColor::Yellow],
        Hue::Blue => [AnsiColor::Blue, AnsiColor::BrightBlue, AnsiColor::Blue],
        Hue::Magenta => [AnsiColor::Magenta, AnsiColor::BrightMagenta, AnsiColor::Magenta],
        Hue::Cyan => [AnsiColor::Blue, AnsiColor::Cyan, AnsiColor::Cyan],
        Hue::Grey => return None,
    };
    Some(match ground {
        Some(Ground::Light) => light,
        Some(Ground::Dark) => dark,
        None => either,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUES: [Hue; 7] = [Hue::Red, Hue::Green, Hue::Yellow, Hue::Blue, Hue::Magenta, Hue::Cyan, Hue::Grey];

    /// The colour of an index in xterm's colour cube or greys.
    fn rgb(index: u8) -> [u8; 3] {
        const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
        match index {
            232.. => [8 + (index - 232) * 10; 3],
            _ => [36, 6, 1].map(|place| STEPS[usize::from((index - 16) / place % 6)]),
        }
    }

    fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_hue_can_be_read_on_usual_backgrounds() {
        // Backgrounds: white, Solarized, GNOME and a grey; black, Solarized, Ubuntu and One Dark.
        let light = [[255; 3], [0xfd, 0xf6, 0xe3], [0xf6, 0xf5, 0xf4], [0xe8; 3]];
        let dark = [[0; 3], [0x00, 0x2b, 0x36], [0x30, 0x0a, 0x24], [0x28, 0x2c, 0x34]];
        for hue in HUES {
            for (ground, all, least) in [
                (Some(Ground::Light), light.to_vec(), 4.5),
                (Some(Ground::Dark), dark.to_vec(), 4.5),
                (None, vec![[0; 3], [255; 3]], 3.9),
            ] {
                for background in all {
                    let reached = contrast(rgb(fixed(ground, hue)), background);
                    assert!(reached >= least, "{hue:?} on {background:02x?}, {ground:?}: {reached:.2}");
                }
            }
        }
    }

    #[test]
    fn hues_differ() {
        for ground in [Some(Ground::Light), Some(Ground::Dark), None] {
            let all: std::collections::BTreeSet<u8> = HUES.iter().map(|hue| fixed(ground, *hue)).collect();
            assert_eq!(all.len(), HUES.len());
        }
    }

    #[test]
    fn the_background_is_known_from_its_colour_or_from_a_variable() {
        assert_eq!(Ground::of([0xfd, 0xf6, 0xe3]), Ground::Light);
        assert_eq!(Ground::of([0x30, 0x0a, 0x24]), Ground::Dark);
        assert_eq!(Ground::told("0;15"), Some(Ground::Light));
        assert_eq!(Ground::told("15;default;0"), Some(Ground::Dark));
        assert_eq!(Ground::told("0;default"), None);
        assert_eq!(Ground::told(""), None);
    }
}
