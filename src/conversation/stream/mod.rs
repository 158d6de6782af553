//! One direction of a TCP connection, put together from its segments: which bytes came, which came twice, which are
//! missing, and where the stream begins, ends and was acknowledged.
//!
//! [`Assembler`] holds bytes by their offsets. [`Half`] turns sequence numbers into offsets, and adds the marks that SYN,
//! FIN and acknowledgements set. The first copy of a byte counts.

mod assembler;
mod half;
mod ranges;

pub use assembler::Assembler;
pub use half::{Carried, Half, Lack, News};
pub use ranges::Ranges;
