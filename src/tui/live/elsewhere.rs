//! `view` without live capture: there is never a [`Keeper`].

#[path = "news.rs"]
mod news;

pub(crate) use news::News;

use crate::capture::{NO_CAPTURE, privilege};
use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Why not, and what to do instead.
const WHY: &str = if privilege::CAN_CAPTURE {
    "on Windows `view` shows only files; capture with `labkit sniff -w FILE`, then show it with `labkit view FILE`"
} else {
    NO_CAPTURE
};

/// The process that captures, which cannot exist here.
pub struct Keeper(Infallible);

impl Keeper {
    /// Fails with the reason.
    ///
    /// # Errors
    /// Always.
    pub fn start() -> io::Result<Keeper> {
        Err(io::Error::new(ErrorKind::Unsupported, WHY))
    }
}

/// Fails: there is no keeper.
///
/// # Errors
/// Always.
pub fn keep(_: &Path) -> io::Result<()> {
    Keeper::start().map(|_| ())
}

/// A capture, which cannot exist here.
pub(crate) struct Capture {
    keeper: Keeper,
    pub(crate) interface: String,
    pub(crate) running: bool,
    pub(crate) saved: bool,
}

impl Capture {
    pub(crate) fn new(keeper: Keeper) -> Capture {
        match keeper.0 {}
    }

    pub(crate) fn may(&self) -> bool {
        match self.keeper.0 {}
    }

    pub(crate) fn start(&mut self, _: &str, _: &[String]) -> Result<(), String> {
        match self.keeper.0 {}
    }

    pub(crate) fn again(&mut self) -> Result<(), String> {
        match self.keeper.0 {}
    }

    pub(crate) fn stop(&mut self) {
        match self.keeper.0 {}
    }

    pub(crate) fn save(&mut self, _: &str) -> Result<u64, String> {
        match self.keeper.0 {}
    }

    pub(crate) fn news(&mut self) -> News {
        match self.keeper.0 {}
    }
}
