//! Reading bytes into fields.

pub(crate) mod checksum;
pub(crate) mod cursor;
pub(crate) mod options;
pub(crate) mod overlap;
pub(crate) mod read;
pub(crate) mod remark;
pub(crate) mod show;
pub(crate) mod walk;
