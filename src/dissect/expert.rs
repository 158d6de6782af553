//! Remarks about a packet, as Wireshark's expert information words them.

use super::Flow;
use crate::field::{At, Field, Value, Visit};

/// How much a remark matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Severity {
    /// Part of the normal course.
    Chat,
    /// Worth knowing.
    Note,
    /// Unusual.
    Warning,
}

/// Shows a remark: its line, and under it the message, how much it matters, and its `group`.
pub(super) fn remark(
    field: &'static Field,
    at: At,
    severity: Severity,
    group: &str,
    message: &str,
    v: &mut dyn Visit,
) -> Flow {
    v.line(field, at, Value::None, format_args!("[Expert Info ({severity:?}/{group}): {message}]"))?;
    v.open();
    v.text(at, format_args!("[{message}]"))?;
    v.text(at, format_args!("[Severity level: {severity:?}]"))?;
    v.text(at, format_args!("[Group: {group}]"))?;
    v.close();
    Flow::Continue(())
}
