//! Output of the evidence and the answers: tables, sentences, JSON, the ladder diagram, the report.

pub mod both;
pub mod flow;
pub mod json;
pub mod narrate;
pub mod narrow;
pub mod prose;
pub mod report;
pub mod tables;
mod way;
