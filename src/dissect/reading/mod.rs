//! Reading bytes into fields: one reader for all protocols.
//!
//! - `walk`: the reader. What it visits serves the details tree, the values of fields and filters alike.
//! - `layer`: a walk over the bytes of one layer.
//! - `read`: numbers and addresses at an offset of any bytes, for what decides and is not shown.
//! - `der`: elements of ASN.1.
//! - `options`, `checksum`, `overlap`, `remark`, `wording`: what several protocols show in the same way.

pub(crate) mod checksum;
pub(crate) mod der;
pub(crate) mod layer;
pub(crate) mod options;
pub(crate) mod overlap;
pub(crate) mod read;
pub(crate) mod remark;
pub(crate) mod walk;
pub(crate) mod wording;
