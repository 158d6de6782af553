//! The style and the script of the page. All files of the script are parts of one function, so they share their names
//! with each other, but not with other scripts.

/// The style sheet.
pub(super) const STYLE: &str = include_str!("page.css");

/// Unpacks the script.
pub(super) const BOOT: &str = include_str!("boot.js");

/// The files of the script, in the order of the page.
pub(super) const SCRIPT: &[&str] = &[
    include_str!("words.js"),
    include_str!("parts.js"),
    include_str!("filter/lex.js"),
    include_str!("filter/parse.js"),
    include_str!("filter/literal.js"),
    include_str!("filter/pattern.js"),
    include_str!("filter/hints.js"),
    include_str!("filter/check.js"),
    include_str!("filter/run.js"),
    include_str!("list.js"),
    include_str!("panes.js"),
    include_str!("follow.js"),
    include_str!("box.js"),
    include_str!("stops.js"),
    include_str!("main.js"),
];

#[cfg(test)]
mod tests {
    use crate::view::colour::Rules;

    #[test]
    fn the_style_sheet_knows_every_rule_of_the_shared_table() {
        for class in Rules::classes() {
            let ends = [" ", ","].map(|end| format!(".{class}{end}"));
            assert!(ends.iter().any(|selector| super::STYLE.contains(selector)), "{class} has no colour");
        }
    }
}
