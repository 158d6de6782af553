//! The overview that `labkit --help` prints: the commands in groups.

use clap::Command;
use std::fmt::Write as _;

/// The groups of commands, in the order of the lab.
const GROUPS: [(&str, &[&str]); 5] = [
    ("Communicate", &["menu", "send", "receive"]),
    ("Capture", &["interfaces", "sniff"]),
    ("Read", &["replay", "show", "conversations", "statistics", "exchange", "follow", "flow", "view"]),
    ("Lab", &["answer", "check", "report", "predict", "lab", "probe"]),
    ("Prepare", &["filter", "doctor", "completions", "man", "help"]),
];

/// Widest line of the overview.
const WIDEST: usize = 100;

/// The command with its subcommands listed in groups.
pub(super) fn grouped(command: Command) -> Command {
    let list = groups(&command);
    command
        .help_template("{about}\n\n{usage-heading} {usage}\n{after-help}\n\nOptions:\n{options}")
        .after_help(list)
}

fn groups(command: &Command) -> String {
    let width = super::input::width().map_or(WIDEST, |width| width.min(WIDEST));
    let mut text = String::new();
    for (heading, names) in GROUPS {
        let commands: Vec<_> = names.iter().filter_map(|name| command.find_subcommand(name)).collect();
        if commands.is_empty() {
            continue;
        }
        let _ = write!(text, "\n{heading}:");
        for sub in commands {
            let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
            let _ = write!(text, "\n  {:<14}{}", sub.get_name(), wrap(&about, 16, width));
        }
        text.push('\n');
    }
    text.trim_end().to_owned()
}

/// Breaks `text` between words for a screen of `width` columns, further lines indented by `indent`.
fn wrap(text: &str, indent: usize, width: usize) -> String {
    let mut lines = String::new();
    let mut column = indent;
    for word in text.split(' ') {
        if column > indent && column + 1 + word.chars().count() > width {
            let _ = write!(lines, "\n{:indent$}", "");
            column = indent;
        } else if column > indent {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += word.chars().count();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_is_left_out_of_the_overview() {
        let command = super::super::command();
        let text = groups(&command);
        for sub in command.get_subcommands().filter(|c| !c.is_hide_set()) {
            assert!(text.contains(&format!("\n  {} ", sub.get_name())), "{} has no group", sub.get_name());
        }
    }
}
