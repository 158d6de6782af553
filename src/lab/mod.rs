//! The lab: its definition, the evidence in a capture, the answers, the checks, the reports, and the two hosts on one
//! machine.

pub mod answer;
pub mod check;
pub mod definition;
pub mod evidence;
pub mod predict;
pub mod show;
#[cfg(all(target_os = "linux", feature = "capture"))]
pub mod stage;

/// Why this build cannot make the lab's two hosts, and what to use instead.
#[cfg(not(all(target_os = "linux", feature = "capture")))]
pub(crate) const NO_STAGE: &str = if cfg!(target_os = "linux") {
    "this labkit was built without libpcap, and the lab records its traffic; two machines do as well, with Wireshark on one"
} else {
    "only Linux has network namespaces; two machines do as well (labs/unsecure-tcp/machines), or WSL on Windows"
};
