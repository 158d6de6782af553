//! A faulty cable between the two hosts: what it does to frames, and the process that does it.

pub mod checksum;
pub mod faults;
pub mod line;
pub mod relay;
