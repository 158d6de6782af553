//! Ways to show packets: list, table, Markdown, CSV, JSON lines, field columns, details and bytes.

pub mod bytes;
pub mod detail_pages;
pub mod details;
pub mod fields;
pub mod list;
pub mod rows;
pub mod table;
pub mod time;
pub mod value;
