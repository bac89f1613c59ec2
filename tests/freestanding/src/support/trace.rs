//! Children that something happens to at an exact moment: they are killed before or after one of their system calls, or get
//! a signal between two of their instructions.

use baremap::Errno;
use baremap::arch::syscall::syscall4;
use baremap::process::{self, Exit};
use baremap::sys::{self, Pid, Signal, WaitFlags, WaitFor, WaitStatus};
use linux_raw_sys::general::__NR_ptrace;
use linux_raw_sys::ptrace::{PTRACE_CONT, PTRACE_SINGLESTEP, PTRACE_SYSCALL, PTRACE_TRACEME};

use super::raw;

/// Runs a closure in a child and kills it at its `moment`-th stop; it stops before and after each of its system calls. Says
/// which process it was and how it ended: by itself if it has fewer stops.
pub(crate) fn kill_at<T: Exit>(moment: usize, run: impl FnOnce() -> T) -> (Pid, WaitStatus) {
    let child = stopped(run);
    // What is left of the call by which the child stopped itself is a stop too.
    for _ in 0..=moment {
        let status = wait(child.pid());
        if status.stopped().is_none() {
            return (child.pid(), status);
        }
        go_on(PTRACE_SYSCALL, child.pid(), None);
    }
    let mut status = wait(child.pid());
    if status.stopped().is_some() {
        child.kill(Signal::KILL).expect("nobody has waited for it");
        status = wait(child.pid());
    }
    (child.pid(), status)
}

/// Runs a closure in a child, and another one here while the child is at its `moment`-th stop, of those of [`kill_at`]. Says
/// whether it had as many, and how it ended.
pub(crate) fn meanwhile_at<T: Exit>(
    moment: usize,
    run: impl FnOnce() -> T,
    meanwhile: impl FnOnce(),
) -> (bool, WaitStatus) {
    let child = stopped(run);
    for _ in 0..=moment {
        let status = wait(child.pid());
        if status.stopped().is_none() {
            return (false, status);
        }
        go_on(PTRACE_SYSCALL, child.pid(), None);
    }
    let status = wait(child.pid());
    if status.stopped().is_none() {
        return (false, status);
    }
    meanwhile();
    go_on(PTRACE_CONT, child.pid(), None);
    (true, wait(child.pid()))
}

/// More instructions than what is tried step by step has.
pub(crate) const MOST: usize = 2000;

/// Runs a closure in a child and sends it a signal before its `moment`-th instruction. Says whether it had as many, and how
/// it ended.
pub(crate) fn signal_at<T: Exit>(
    moment: usize,
    signal: Signal,
    run: impl FnOnce() -> T,
) -> (bool, WaitStatus) {
    let child = stopped(run);
    let mut status = wait(child.pid());
    for _ in 0..moment {
        go_on(PTRACE_SINGLESTEP, child.pid(), None);
        status = wait(child.pid());
        if status.stopped().is_none() {
            return (false, status);
        }
    }
    assert!(status.stopped().is_some());
    go_on(PTRACE_CONT, child.pid(), Some(signal));
    (true, wait(child.pid()))
}

/// A child that is traced, and stops before it runs a closure.
fn stopped<T: Exit>(run: impl FnOnce() -> T) -> process::Child {
    let traced = || {
        ptrace(PTRACE_TRACEME, 0, 0).expect("a process may be traced by its parent");
        // Its parent counts from here on.
        sys::kill(sys::getpid(), Some(Signal::STOP)).expect("a process may stop itself");
        run().code()
    };
    // SAFETY: a test has one thread and holds no lock; what it owns, the child owns a copy of.
    unsafe { process::spawn(traced) }.expect("a test may have a child")
}

fn go_on(request: u32, pid: Pid, signal: Option<Signal>) {
    let signal = signal.map_or(0, |signal| signal.as_raw() as usize);
    ptrace(request, pid.as_raw() as usize, signal).expect("the child has stopped");
}

fn wait(pid: Pid) -> WaitStatus {
    let (_, status) = sys::wait4(WaitFor::Pid(pid), WaitFlags::empty()).expect("a child").expect("it waits");
    status
}

fn ptrace(request: u32, pid: usize, data: usize) -> Result<(), Errno> {
    // SAFETY: none of the requests names memory.
    raw::done(unsafe { syscall4::<{ __NR_ptrace as usize }>(request as usize, pid, 0, data) })
}
