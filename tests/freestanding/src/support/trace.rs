//! Children that are killed at an exact moment: before or after one of their system calls.

use baremap::Errno;
use baremap::arch::syscall::syscall4;
use baremap::process::{self, Exit};
use baremap::sys::{self, Pid, Signal, WaitFlags, WaitFor, WaitStatus};
use linux_raw_sys::general::__NR_ptrace;
use linux_raw_sys::ptrace::{PTRACE_SYSCALL, PTRACE_TRACEME};

use super::raw;

/// Runs a closure in a child and kills it at its `moment`-th stop; it stops before and after each of its system calls. Says
/// which process it was and how it ended: by itself if it has fewer stops.
pub(crate) fn kill_at<T: Exit>(moment: usize, run: impl FnOnce() -> T) -> (Pid, WaitStatus) {
    let traced = || {
        ptrace(PTRACE_TRACEME, None).expect("a process may be traced by its parent");
        // Its parent counts from here on.
        sys::kill(sys::getpid(), Some(Signal::STOP)).expect("a process may stop itself");
        run().code()
    };
    // SAFETY: a test has one thread and holds no lock; what it owns, the child owns a copy of.
    let child = unsafe { process::spawn(traced) }.expect("a test may have a child");
    // What is left of the call by which the child stopped itself is a stop too.
    for _ in 0..=moment {
        let status = wait(child.pid());
        if status.stopped().is_none() {
            return (child.pid(), status);
        }
        ptrace(PTRACE_SYSCALL, Some(child.pid())).expect("the child has stopped");
    }
    let mut status = wait(child.pid());
    if status.stopped().is_some() {
        child.kill(Signal::KILL).expect("nobody has waited for it");
        status = wait(child.pid());
    }
    (child.pid(), status)
}

fn wait(pid: Pid) -> WaitStatus {
    let (_, status) = sys::wait4(WaitFor::Pid(pid), WaitFlags::empty()).expect("a child").expect("it waits");
    status
}

fn ptrace(request: u32, pid: Option<Pid>) -> Result<(), Errno> {
    let pid = pid.map_or(0, |pid| pid.as_raw() as usize);
    // SAFETY: neither request names memory.
    raw::done(unsafe { syscall4::<{ __NR_ptrace as usize }>(request as usize, pid, 0, 0) })
}
