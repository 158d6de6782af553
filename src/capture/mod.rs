//! temporary
pub mod reader;
use crate::frame::Frame;
/// e
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CaptureError(pub String);
/// s
pub trait Source {
    /// n
    fn next(&mut self) -> Result<Option<Frame<'_>>, CaptureError>;
}
