//! Colour rules for packets: one table for all lists, like Wireshark's `colorfilters`.

use super::palette::{Hue, Palette};
use crate::filter::Filter;
use crate::packet::Packet;
use anstyle::{Ansi256Color, Color, Style};

/// One rule: how packets that match its filter look.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name, such as `TCP RST`.
    pub name: String,
    /// Its display filter, as it was written.
    pub text: String,
    look: Look,
    /// The class of matching rows in style sheets of pages; empty for rules from a file.
    pub class: &'static str,
    filter: Filter,
}

/// How rows look.
#[derive(Clone, Copy, Debug)]
enum Look {
    /// As rows without a rule.
    Plain,
    /// Text of this hue; the terminal's background decides on the exact colour.
    Of(Hue),
    /// Bold text of this hue.
    Bold(Hue),
    /// With the colours that a file gives.
    Given(Style),
}

impl Rule {
    /// The style of rows in the colours of a terminal.
    pub fn style(&self, palette: Palette) -> Style {
        match self.look {
            Look::Plain => Style::new(),
            Look::Of(hue) => palette.style(hue),
            Look::Bold(hue) => palette.style(hue).bold(),
            Look::Given(style) => style,
        }
    }
}

/// Rules in their order; the first one that matches decides.
#[derive(Clone, Debug)]
pub struct Rules {
    rules: Vec<Rule>,
}

/// The rules without a file of other rules. Pages have a background for each class.
const BUILT_IN: &[(&str, &str, &str, Look)] = &[
    (
        "Bad TCP",
        "bad",
        "tcp.analysis.flags && !tcp.analysis.window_update && !tcp.analysis.keep_alive && !tcp.analysis.keep_alive_ack",
        Look::Bold(Hue::Red),
    ),
    (
        "ICMP errors",
        "icmp-error",
        "icmp.type in {3..5, 11} || icmpv6.type in {1..4}",
        Look::Bold(Hue::Magenta),
    ),
    ("TCP RST", "rst", "tcp.flags.reset == 1", Look::Of(Hue::Red)),
    ("TCP SYN/FIN", "syn", "tcp.flags.syn == 1 || tcp.flags.fin == 1", Look::Of(Hue::Cyan)),
    ("ARP", "arp", "arp", Look::Of(Hue::Yellow)),
    ("ICMP", "icmp", "icmp || icmpv6", Look::Of(Hue::Magenta)),
    ("HTTP", "http", "http", Look::Bold(Hue::Green)),
    ("DNS", "dns", "dns || mdns", Look::Of(Hue::Blue)),
    ("TCP with payload", "data", "tcp.len > 0", Look::Of(Hue::Green)),
    ("TCP without payload", "tcp", "tcp", Look::Plain),
    ("UDP", "udp", "udp", Look::Of(Hue::Blue)),
];

impl Default for Rules {
    fn default() -> Rules {
        let rule = |(name, class, text, look): &(&str, &'static str, &str, Look)| {
            // A test compiles every filter in the table.
            let filter = Filter::compile(text).ok()?;
            Some(Rule { name: (*name).to_owned(), text: (*text).to_owned(), look: *look, class, filter })
        };
        Rules { rules: BUILT_IN.iter().filter_map(rule).collect() }
    }
}

impl Rules {
    /// The index of the first rule that a packet matches; `None` if there is none.
    pub fn of(&mut self, packet: &Packet<'_>) -> Option<usize> {
        self.rules.iter_mut().position(|rule| rule.filter.matches(packet))
    }

    /// The rule at an index.
    pub fn get(&self, index: usize) -> Option<&Rule> {
        self.rules.get(index)
    }

    /// The class of the rule that a packet matches; empty if there is none.
    pub fn class(&mut self, packet: &Packet<'_>) -> &'static str {
        self.of(packet).and_then(|index| self.get(index)).map_or("", |rule| rule.class)
    }

    /// The classes of the built-in rules, in their order.
    pub fn classes() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(_, class, ..)| *class)
    }

    /// The style of a packet; `None` if no rule matches, or the rule leaves it plain.
    pub fn style(&mut self, packet: &Packet<'_>, palette: Palette) -> Option<Style> {
        let index = self.of(packet)?;
        self.get(index).map(|rule| rule.style(palette)).filter(|style| *style != Style::new())
    }

    /// Reads rules in the form of Wireshark's files: `@name@filter@[r,g,b][r,g,b]` in each line, with background and
    /// foreground colour in numbers from 0 to 65535. `!` at the beginning switches a rule off. Returns the rules, and
    /// a message for each line that cannot be used.
    pub fn read(text: &str) -> (Rules, Vec<String>) {
        let (mut rules, mut refused) = (Vec::new(), Vec::new());
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') || line.starts_with('!') {
                continue;
            }
            match rule(line) {
                Ok(rule) => rules.push(rule),
                Err(why) => refused.push(format!("line {number}: {why}")),
            }
        }
        (Rules { rules }, refused)
    }
}

fn rule(line: &str) -> Result<Rule, String> {
    let shape = || "it is not of the form @name@filter@[r,g,b][r,g,b]".to_owned();
    let (rest, colours) = line.strip_prefix('@').and_then(|l| l.rsplit_once('@')).ok_or_else(shape)?;
    let (name, text) = rest.split_once('@').ok_or_else(shape)?;
    let (back, front) = colours.split_once("][").ok_or_else(shape)?;
    let back = colour(back.trim_start_matches('[')).ok_or_else(shape)?;
    let front = colour(front.trim_end_matches(']')).ok_or_else(shape)?;
    let filter = Filter::compile(text).map_err(|e| format!("{name}: {}", e.message))?;
    let look = Look::Given(Style::new().fg_color(Some(front)).bg_color(Some(back)));
    Ok(Rule { name: name.to_owned(), text: text.to_owned(), look, class: "", filter })
}

/// A colour of three numbers from 0 to 65535, as the nearest of the colour cube's 216 colours or of the greys that
/// most terminals have; `None` if the text is no such colour.
fn colour(text: &str) -> Option<Color> {
    let mut parts = text.split(',').map(|part| part.trim().parse::<u16>().ok());
    let [r, g, b] = [parts.next()??, parts.next()??, parts.next()??].map(|c| u32::from(c) / 257);
    if parts.next().is_some() {
        return None;
    }
    const STEPS: [u32; 6] = [0, 95, 135, 175, 215, 255];
    let nearest = |value: u32| (0..6).min_by_key(|i| STEPS[*i].abs_diff(value)).unwrap_or(0);
    let far = |[x, y, z]: [u32; 3]| x.abs_diff(r).pow(2) + y.abs_diff(g).pow(2) + z.abs_diff(b).pow(2);
    let cube = [r, g, b].map(nearest);
    let grey = ((r + g + b) / 3).saturating_sub(3).min(230) / 10;
    let index = if far([8 + grey * 10; 3]) < far(cube.map(|i| STEPS[i])) {
        232 + grey as usize
    } else {
        16 + 36 * cube[0] + 6 * cube[1] + cube[2]
    };
    Some(Color::Ansi256(Ansi256Color(u8::try_from(index).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_rule_compiles() {
        assert_eq!(Rules::default().rules.len(), BUILT_IN.len());
    }

    #[test]
    fn a_file_of_wiresharks_is_read_and_what_cannot_be_used_is_named() {
        let text = "# DO NOT EDIT THIS FILE!\n\
                    @Bad TCP@tcp.analysis.flags && !tcp.analysis.window_update@[4626,10023,11822][63479,34695,34695]\n\
                    !@off@ip@[0,0,0][0,0,0]\n\
                    @Odd@no.such.field@[0,0,0][65535,65535,65535]\n\
                    @torn@ip";
        let (rules, refused) = Rules::read(text);
        assert_eq!(rules.rules.len(), 1);
        assert_eq!(rules.rules[0].name, "Bad TCP");
        assert_eq!(rules.rules[0].style(Palette::default()).get_bg_color(), Some(Ansi256Color(235).into()));
        assert_eq!(refused.len(), 2, "{refused:?}");
        assert!(refused[0].starts_with("line 4: Odd: "), "{refused:?}");
    }

    #[test]
    fn colours_are_the_nearest_of_the_palette() {
        assert_eq!(colour("65535,65535,65535"), Some(Ansi256Color(231).into()));
        assert_eq!(colour("0,0,0"), Some(Ansi256Color(16).into()));
        assert_eq!(colour("65535, 0, 0"), Some(Ansi256Color(196).into()));
        assert_eq!(colour("1,2"), None);
        assert_eq!(colour("1,2,70000"), None);
    }
}
