//! Ways to show packets: list, table, Markdown, CSV, JSON lines, field columns, details and bytes;
//! conversations and what was said in them.

pub mod bytes;
pub mod conversations;
pub mod detail_pages;
pub mod details;
pub mod fields;
pub mod flow;
pub mod follow;
pub mod list;
pub mod rows;
pub mod table;
pub mod time;
pub mod value;
