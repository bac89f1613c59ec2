//! A test in its process.

use crate::support::{limits, scratch, time};
use baremap::fd::{AsFd, AsRawFd, STDERR, STDOUT};
use baremap::sys::{self, Mode, OFlags, Pid, Signal, WaitFlags, WaitFor, WaitStatus};
use baremap::{Errno, File, Result, eprintln, process};
use core::fmt;
use core::time::Duration;
use linux_raw_sys::general::RLIMIT_CORE;
use linux_raw_sys::prctl::PR_SET_PDEATHSIG;

use super::leaks::Resources;
use super::options::Options;
use super::test::End;
use super::{FAILED, Test};

/// A test that is running.
pub(super) struct Running {
    pub(super) test: &'static Test,
    pid: Pid,
    /// What it prints, unless it prints to the harness's own descriptors.
    output: Option<File>,
    limit: Duration,
    start: Duration,
}

/// A test that has ended, with all its descendants.
pub(super) struct Ended {
    pub(super) test: &'static Test,
    pub(super) output: Option<File>,
    pub(super) took: Duration,
    pub(super) failure: Option<Failure>,
}

/// Why a test failed.
pub(super) enum Failure {
    TimedOut(Duration),
    /// It did not end as it should have.
    End {
        expected: End,
        status: WaitStatus,
    },
}

impl Running {
    pub(super) fn start(test: &'static Test, options: &Options) -> Result<Self> {
        let output = if options.capture { Some(File::unnamed()?) } else { None };
        // SAFETY: the harness has one thread and holds no lock; what the child owns, it owns a copy of.
        let child = unsafe { process::spawn(|| in_child(test, output.as_ref())) }?;
        let pid = child.pid();
        // The child does the same: whoever comes first, it leads its group before anybody relies on it.
        let _ = sys::setpgid(Some(pid), None);
        let limit = test.limit.unwrap_or(options.limit).saturating_mul(options.factor);
        Ok(Self { test, pid, output, limit, start: time::now() })
    }

    /// Gives the test back if it is still running and may be.
    pub(super) fn poll(self) -> core::result::Result<Ended, Self> {
        // NOWAIT: as long as nobody has waited for it, its number, and so its group, cannot be another's.
        let flags = WaitFlags::EXITED | WaitFlags::NOHANG | WaitFlags::NOWAIT;
        let has_ended = !matches!(sys::waitid(WaitFor::Pid(self.pid), flags), Ok(None) | Err(Errno::EINTR));
        let took = time::now() - self.start;
        let timed_out = !has_ended && took >= self.limit;
        if !has_ended && !timed_out {
            return Err(self);
        }
        let status = end_group(self.pid);
        scratch::remove(self.pid);
        let failure = match status {
            _ if timed_out => Some(Failure::TimedOut(self.limit)),
            Some(status) if self.test.end.is(status) => None,
            status => Some(Failure::End {
                expected: self.test.end,
                // Somebody else waited for the child, which nobody should: an ending that no test expects.
                status: status.unwrap_or(WaitStatus::from_raw(i32::from(FAILED) << 8)),
            }),
        };
        Ok(Ended { test: self.test, output: self.output, took, failure })
    }
}

/// What the child does.
fn in_child(test: &Test, output: Option<&File>) -> u8 {
    if let Err(errno) = set_up(output) {
        eprintln!("the harness cannot set the test up: {errno}");
        return FAILED;
    }
    let before = Resources::now();
    let code = (test.run)();
    let after = Resources::now();
    if before != after {
        eprintln!("the test leaks: it began with {before} and ends with {after}");
        return FAILED;
    }
    code
}

fn set_up(output: Option<&File>) -> core::result::Result<(), Errno> {
    sys::setpgid(None, None)?;
    // SAFETY: asks for a signal, which ends this process only.
    unsafe { sys::prctl(PR_SET_PDEATHSIG, [Signal::KILL.as_raw() as usize, 0, 0, 0]) }?;
    // Tests that end by a signal would leave their core dumps everywhere.
    limits::set(RLIMIT_CORE, 0)?;
    // Should a test take all memory by mistake, it is the one to be killed, and nothing else on the machine.
    if let Ok(file) = File::open_with(c"/proc/self/oom_score_adj", OFlags::WRONLY, Mode::empty()) {
        let _ = file.write_all(b"1000");
    }
    if let Some(output) = output {
        for standard in [STDOUT, STDERR] {
            // SAFETY: nobody owns these, and whoever prints means the new one.
            unsafe { sys::dup3(output.as_fd(), standard.as_raw_fd(), OFlags::empty()) }?;
        }
    }
    Ok(())
}

/// Kills all that is left of a process group, waits until it is gone, and says how its leader ended.
///
/// Grandchildren whose parent is gone are the harness's own: it is their reaper.
fn end_group(leader: Pid) -> Option<WaitStatus> {
    let _ = sys::kill_group(leader, Some(Signal::KILL));
    let mut status = None;
    loop {
        match sys::wait4(WaitFor::Group(leader), WaitFlags::empty()) {
            Ok(Some((pid, ended))) if pid == leader => status = Some(ended),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return status,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::TimedOut(limit) => write!(f, "timed out after {} s", limit.as_secs()),
            Failure::End { expected, status } => write!(f, "expected: {expected}; came: {status}"),
        }
    }
}
