//! The lab, in rooms: its definition, the evidence in a capture, the answers, the check, the pages, the stage.

pub mod answer;
pub mod check;
pub mod definition;
pub mod evidence;
pub mod predict;
pub mod show;
#[cfg(target_os = "linux")]
pub mod stage;
