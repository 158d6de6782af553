//! Reading bytes into fields: one reader for all protocols.
//!
//! - `walk`: the reader. The details tree, the values of fields and filters all come from its visits.
//! - `layer`: a walk over the bytes of one layer.
//! - `read`: numbers and addresses at an offset of any bytes, for values that decoding needs and the details do not
//!   show.
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
