//! Windows' console.

/// Asks the console to understand escape sequences, which colours are made of; one that cannot (before Windows 10) shows
/// them, and NO_COLOR takes them away. Text reaches the console as UTF-16, whatever its code page is.
pub(super) fn prepare() {
    let _ = anstyle_query::windows::enable_ansi_colors();
}
