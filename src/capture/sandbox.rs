//! A seccomp filter that allows only the system calls that a capture needs once adapter and files are open.
//!
//! Packets come from untrusted machines. If one ever takes over the code that decodes it, the process can neither run
//! programs, nor open files for writing, nor use the network: the kernel answers other calls with EPERM.

use nix::libc;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as ArgLen, SeccompCmpOp as Op, SeccompCondition as Condition,
    SeccompFilter, SeccompRule, TargetArch,
};
use std::collections::BTreeMap;

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
#[error("no sandbox: {0}; the capture goes on without it")]
pub struct NoSandbox(String);

impl From<seccompiler::Error> for NoSandbox {
    fn from(error: seccompiler::Error) -> NoSandbox {
        NoSandbox(format!("the kernel refuses the seccomp filter ({error})"))
    }
}

/// System calls that are allowed with any arguments.
const ALLOWED: &[libc::c_long] = &[
    // Reading and writing open files.
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_lseek,
    // After a failed write, the file is cut to its last whole block.
    libc::SYS_ftruncate,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_fcntl,
    libc::SYS_ppoll,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_getsockopt,
    libc::SYS_setsockopt,
    // Asking the kernel for adapters, over a netlink socket, which a rule below allows to open.
    libc::SYS_bind,
    libc::SYS_getsockname,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    // The size of the terminal; adapters' names and flags.
    libc::SYS_ioctl,
    // Memory and threads.
    libc::SYS_brk,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    // The second filter answers this call.
    libc::SYS_clone3,
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_prctl,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_gettid,
    libc::SYS_getpid,
    libc::SYS_exit,
    libc::SYS_exit_group,
    // Signals.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_tgkill,
    libc::SYS_restart_syscall,
    // Time, random numbers, identity.
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_getrandom,
    libc::SYS_uname,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_readlinkat,
    libc::SYS_getdents64,
];

/// Older variants of calls above, which only x86_64 has.
#[cfg(target_arch = "x86_64")]
const OLD: &[libc::c_long] =
    &[libc::SYS_poll, libc::SYS_stat, libc::SYS_lstat, libc::SYS_readlink, libc::SYS_access];
#[cfg(not(target_arch = "x86_64"))]
const OLD: &[libc::c_long] = &[];

/// Confines this thread, and all threads that it starts, to the calls above. Files can be opened for reading only,
/// and sockets for netlink only. Call it after [`drop_rights`](super::privilege::drop_rights), which sets
/// `no_new_privs`.
///
/// # Errors
/// If the kernel has no seccomp, or the filter does not support the processor.
pub fn confine() -> Result<(), NoSandbox> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)
        .map_err(|_| NoSandbox(format!("it knows no processor of the kind {}", std::env::consts::ARCH)))?;
    let of = |made: Result<BpfProgram, seccompiler::BackendError>| made.map_err(|e| NoSandbox(e.to_string()));
    seccompiler::apply_filter(&of(without_clone3(arch))?)?;
    Ok(seccompiler::apply_filter(&of(filter(arch))?)?)
}

/// A filter that answers clone3 as if the kernel did not have it (ENOSYS); the C library then uses clone. The
/// arguments of clone3 are in memory, where no filter can check them.
fn without_clone3(arch: TargetArch) -> Result<BpfProgram, seccompiler::BackendError> {
    let rules = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let missing = SeccompAction::Errno(libc::ENOSYS as u32);
    SeccompFilter::new(rules, SeccompAction::Allow, missing, arch)?.try_into()
}

fn filter(arch: TargetArch) -> Result<BpfProgram, seccompiler::BackendError> {
    let writing = (libc::O_WRONLY | libc::O_RDWR | libc::O_CREAT | libc::O_TRUNC) as u64;
    let only = |argument, op, value| -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
        Ok(vec![SeccompRule::new(vec![Condition::new(argument, ArgLen::Dword, op, value)?])?])
    };
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        ALLOWED.iter().chain(OLD).map(|&call| (call, Vec::new())).collect();
    rules.insert(libc::SYS_openat, only(2, Op::MaskedEq(writing), 0)?);
    rules.insert(libc::SYS_socket, only(0, Op::Eq, libc::AF_NETLINK as u64)?);
    // clone may make threads, but no processes or namespaces.
    let thread = libc::CLONE_THREAD as u64;
    rules.insert(libc::SYS_clone, only(0, Op::MaskedEq(thread), thread)?);
    let denied = SeccompAction::Errno(libc::EPERM as u32);
    SeccompFilter::new(rules, denied, SeccompAction::Allow, arch)?.try_into()
}
