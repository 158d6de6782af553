//! Ways to show packets: list, table, Markdown, CSV, JSON lines, field columns, details and bytes; and conversations,
//! with the bytes that they carry.

pub mod bytes;
pub mod colour;
pub mod column;
pub mod conversations;
pub mod csv;
pub mod detail_pages;
pub mod details;
pub mod fields;
pub mod flow;
pub mod follow;
pub mod jsonl;
pub mod list;
pub mod markdown;
pub mod narrow;
pub mod palette;
pub mod rows;
pub mod statistics;
pub mod table;
pub mod time;
pub mod value;
pub mod wrap;
