//! The lab, in rooms: its definition, the evidence in a capture, the answers, the check, the pages, the stage.

pub mod answer;
pub mod check;
pub mod definition;
pub mod evidence;
pub mod predict;
pub mod show;
#[cfg(all(target_os = "linux", feature = "capture"))]
pub mod stage;

/// Why the lab's two hosts cannot be made here, and what does as well.
#[cfg(not(all(target_os = "linux", feature = "capture")))]
pub(crate) const NO_STAGE: &str = if cfg!(target_os = "linux") {
    "this labkit was built without libpcap, and the lab records its traffic; two machines do as well, with Wireshark on one"
} else {
    "only Linux has network namespaces; two machines do as well (labs/unsecure-tcp/machines), or WSL on Windows"
};
