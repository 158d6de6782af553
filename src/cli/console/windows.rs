//! Windows' console.

/// Switches the console to understand escape sequences, which colours need. A console before Windows 10 cannot, and
/// shows them as text; NO_COLOR removes them. Text reaches the console as UTF-16, independent of its code page.
pub(super) fn prepare() {
    let _ = anstyle_query::windows::enable_ansi_colors();
}
