//! The evidence and the answers as people and programs read them: tables, sentences, JSON, the ladder, the report.

pub mod both;
pub mod flow;
pub mod json;
pub mod narrate;
pub mod narrow;
pub mod prose;
pub mod report;
pub mod tables;
mod way;
