//! `labkit view`: a capture's packets in three panes, full screen.
//!
//! [`index`] keeps 24 bytes for each frame, so that any row can be decoded again; [`session`] is an open capture.
//! [`state`] is everything that the screen shows, [`update`] changes it at keys, [`draw`] draws it, and [`terminal`]
//! connects both with a real terminal.

mod draw;
mod edit;
mod index;
#[cfg(all(unix, feature = "capture"))]
mod live;
#[cfg(not(all(unix, feature = "capture")))]
#[path = "live/elsewhere.rs"]
mod live;
mod origin;
mod panes;
mod seek;
mod session;
mod sift;
mod start;
mod state;
mod terminal;
mod theme;
mod update;
mod verdict;

pub use live::{Keeper, keep};
pub use terminal::{Seat, What, run};
