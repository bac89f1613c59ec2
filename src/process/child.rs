//! A child, and how it ended.

use crate::Errno;
use crate::error::{Error, Operation, Result};
use crate::fd::{AsFd, OwnedFd};
use crate::sync::Deadline;
use crate::sys::{self, Pid, PollFd, PollFlags, Signal, WaitFlags, WaitFor, WaitStatus};

use super::wait::Pauses;

/// A process that was forked. Dropping this neither ends it nor waits for it: one that nobody waits for stays behind
/// as a zombie until its parent ends. [`Children`](super::Children) ends and waits for what it has.
///
/// # After a fork
/// It is its parent's child and nobody else's: to wait for it elsewhere is `ECHILD`, and [`Child::kill`] reaches whichever process
/// has the number then.
#[derive(Debug)]
pub struct Child {
    pid: Pid,
    /// What waiting for it has come to. Once that is something, the number may be another process's.
    ended: Option<Ended>,
}

/// The end of a child.
#[derive(Clone, Copy, Debug)]
enum Ended {
    /// Waited for here.
    With(WaitStatus),
    /// Nobody knows how: somebody else waited for it, or `SIGCHLD` is ignored.
    Unseen,
}

impl Child {
    /// The child of that number, for which nobody has waited.
    #[inline(always)]
    pub(super) const fn new(pid: Pid) -> Self {
        Self { pid, ended: None }
    }

    /// Its number. It is another process's once this one has been waited for.
    #[inline]
    #[must_use]
    pub const fn pid(&self) -> Pid {
        self.pid
    }

    /// Waits for its end and says how it came.
    ///
    /// # Errors
    /// `ECHILD` (somebody else waited for it, or `SIGCHLD` is ignored).
    #[inline]
    pub fn wait(mut self) -> Result<WaitStatus> {
        self.wait_here()
    }

    /// [`Child::wait`] for one that is still needed.
    #[inline]
    pub(super) fn wait_here(&mut self) -> Result<WaitStatus> {
        loop {
            if let Some(status) = self.wait_with(WaitFlags::empty())? {
                return Ok(status);
            }
        }
    }

    /// How it ended, or `None` if it has not.
    ///
    /// # Errors
    /// As [`Child::wait`].
    #[inline]
    pub fn try_wait(&mut self) -> Result<Option<WaitStatus>> {
        self.wait_with(WaitFlags::NOHANG)
    }

    /// Waits for its end, but not for longer than until the deadline, and says how it came.
    ///
    /// The kernel wakes the waiter by a descriptor of the process. Where there is none (before Linux 5.3, or none is left), this
    /// asks again and again, and may notice the end some 10 ms late.
    ///
    /// ```
    /// use baremap::sync::Deadline;
    /// use baremap::sys::Signal;
    /// use baremap::{Errno, process};
    /// use core::time::Duration;
    ///
    /// // SAFETY: the child uses nothing of its parent's.
    /// let mut child = unsafe { process::spawn(|| process::sleep(Duration::MAX)) }?;
    /// let deadline = Deadline::after(Duration::from_millis(10));
    /// assert_eq!(child.wait_until(deadline).unwrap_err().errno(), Errno::ETIMEDOUT);
    /// child.kill(Signal::KILL)?;
    /// assert_eq!(child.wait()?.signal(), Some(Signal::KILL));
    /// # Ok::<(), baremap::Error>(())
    /// ```
    ///
    /// # Errors
    /// `ETIMEDOUT` (it has not ended by then), and as [`Child::wait`].
    pub fn wait_until(&mut self, deadline: Deadline) -> Result<WaitStatus> {
        if let Some(status) = self.try_wait()? {
            return Ok(status);
        }
        let mut process = self.descriptor();
        let mut pauses = Pauses::new();
        loop {
            let mut processes = [poll_of(process.as_ref())];
            pauses.pause(&mut processes, process.is_none(), Some(deadline))?;
            let [told] = processes.map(|process| !process.returned().is_empty());
            if let Some(status) = self.try_wait()? {
                return Ok(status);
            }
            if told {
                // It has ended, and is not to be waited for yet: a tracer comes first. The descriptor would say so again and again.
                process = None;
            }
        }
    }

    /// A descriptor that says when it ends, where there is one.
    pub(super) fn descriptor(&self) -> Option<OwnedFd> {
        match self.ended {
            None => sys::pidfd_open(self.pid).ok(),
            Some(_) => None,
        }
    }

    fn wait_with(&mut self, flags: WaitFlags) -> Result<Option<WaitStatus>> {
        while self.ended.is_none() {
            match sys::wait4(WaitFor::Pid(self.pid), flags) {
                Ok(Some((_, status))) => self.ended = Some(Ended::With(status)),
                Ok(None) => break,
                Err(Errno::EINTR) => {}
                Err(Errno::ECHILD) => self.ended = Some(Ended::Unseen),
                Err(errno) => return Err(Error::new(Operation::Wait, errno)),
            }
        }
        match self.ended {
            None => Ok(None),
            Some(Ended::With(status)) => Ok(Some(status)),
            Some(Ended::Unseen) => Err(Error::new(Operation::Wait, Errno::ECHILD)),
        }
    }

    /// Sends it a signal. Where somebody else may wait for this process's children, or `SIGCHLD` is ignored, its number
    /// may by then be another process's.
    ///
    /// # Errors
    /// `ESRCH` (it has been waited for), `EPERM`.
    #[inline]
    pub fn kill(&self, signal: Signal) -> Result<()> {
        match self.ended {
            Some(_) => Err(Errno::ESRCH),
            None => sys::kill(self.pid, Some(signal)),
        }
        .map_err(|errno| Error::new(Operation::Kill, errno))
    }

    /// Ends it and waits until it is gone, for what cannot report any more how that went.
    pub(super) fn end(&mut self) {
        // If it has ended, nobody has waited for it: the signal reaches it and no other.
        if self.kill(Signal::KILL).is_ok() {
            let _ = self.wait_here();
        }
    }
}

/// What to wait for where a process's descriptor may be missing.
pub(super) fn poll_of(process: Option<&OwnedFd>) -> PollFd<'_> {
    process.map_or(PollFd::GAP, |process| PollFd::new(process.as_fd(), PollFlags::IN))
}
