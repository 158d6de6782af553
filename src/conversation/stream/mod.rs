//! One direction of a TCP connection, put together from its segments: which bytes came, which came twice, which are
//! missing, and where the stream begins, ends and was acknowledged.
//!
//! [`Assembler`] keeps bytes by their offsets. [`Half`] turns sequence numbers into offsets, and notes the offsets
//! that SYN, FIN and acknowledgements mark. The first copy of a byte counts.

mod assembler;
mod half;
mod ranges;

pub use assembler::Assembler;
pub use half::{Carried, Half, Lack, News};
pub use ranges::Ranges;
