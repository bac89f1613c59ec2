//! Processes: making one, what it may share, and how it ended.

use crate::Errno;
use crate::error::{Error, Operation, Result};
use crate::fd::STDERR;
use crate::print;
use crate::sys::{self, Pid, Signal, Timespec, WaitFlags, WaitFor, WaitStatus};
use core::fmt;
use core::time::Duration;

/// A process that was forked. Dropping this neither ends it nor waits for it: one that nobody waits for stays behind
/// as a zombie until its parent ends.
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

/// Which of the two processes is running after [`fork`].
#[derive(Debug)]
pub enum Fork {
    /// The one that called.
    Parent(Child),
    /// The new one.
    Child,
}

/// What a program or a child may end with: nothing, a code, or an error, which is printed on standard error and gives
/// the code 1.
pub trait Exit {
    /// The exit code.
    fn code(self) -> u8;
}

impl Exit for () {
    #[inline(always)]
    fn code(self) -> u8 {
        0
    }
}

impl Exit for u8 {
    #[inline(always)]
    fn code(self) -> u8 {
        self
    }
}

impl Exit for core::convert::Infallible {
    fn code(self) -> u8 {
        match self {}
    }
}

impl<T: Exit, E: fmt::Display> Exit for core::result::Result<T, E> {
    fn code(self) -> u8 {
        match self {
            Ok(value) => value.code(),
            Err(error) => {
                // There is nobody left to tell if standard error is gone.
                let _ = print::print(STDERR, format_args!("error: {error}\n"));
                1
            }
        }
    }
}

/// Forks: both processes return from here.
///
/// [`spawn`] is easier to get right: its child cannot return into what its parent was doing.
///
/// # Safety
/// The child has one thread and a copy of all else of this process's.
/// - A lock that another thread held at that moment stays locked in the child for ever, the allocator's included. In a
///   process with several threads the child uses nothing that locks.
/// - A libc does not learn of the fork: its thread numbers are out of date and its handlers for forks do not run.
/// - What is mapped shared can now be reached from two processes, by exclusive references into it too; this crate gives
///   none in safe code.
/// - A [`SecretMap`](crate::SecretMap) is not in the child, which neither uses nor drops what it has of it.
/// - Both processes drop what they own. A child must not drop what exists once: a temporary file's guard, say.
///
/// # Errors
/// `EAGAIN` (too many processes), `ENOMEM`.
#[inline]
pub unsafe fn fork() -> Result<Fork> {
    // SAFETY: passed on to the caller.
    match unsafe { sys::fork() } {
        Ok(Some(pid)) => Ok(Fork::Parent(Child { pid, ended: None })),
        Ok(None) => Ok(Fork::Child),
        Err(errno) => Err(Error::new(Operation::Fork, errno)),
    }
}

/// Runs a closure in a child, which ends with what the closure returns.
///
/// ```
/// use baremap::process;
///
/// // SAFETY: the child uses nothing of its parent's.
/// let child = unsafe { process::spawn(|| 3_u8) }?;
/// assert_eq!(child.wait()?.code(), Some(3));
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # Safety
/// As [`fork`], for what the closure does.
///
/// # Errors
/// As [`fork`].
#[inline]
pub unsafe fn spawn<T: Exit>(run: impl FnOnce() -> T) -> Result<Child> {
    // SAFETY: passed on to the caller.
    match unsafe { fork() }? {
        Fork::Parent(child) => Ok(child),
        Fork::Child => {
            // Where panics unwind, they must not unwind into what the parent was doing.
            let _stop = ExitOnUnwind;
            exit(run().code())
        }
    }
}

/// Ends the process when it is dropped, which happens only while a panic unwinds.
struct ExitOnUnwind;

impl Drop for ExitOnUnwind {
    fn drop(&mut self) {
        exit(PANICKED)
    }
}

/// The exit code of a process that panicked, as the standard library has it.
pub(crate) const PANICKED: u8 = 101;

/// Ends the process, all its threads, at once: no destructor runs.
#[inline(always)]
pub fn exit(code: u8) -> ! {
    sys::exit_group(i32::from(code))
}

impl Child {
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
}

/// Sleeps at least that long, whatever signals come.
pub fn sleep(duration: Duration) {
    let mut left = Timespec::from(duration);
    loop {
        let time = left;
        match sys::nanosleep(&time, &mut left) {
            // A handler ran: the kernel has written what is left.
            Err(Errno::EINTR) => {}
            // No other error is possible: a duration has neither negative seconds nor too many nanoseconds.
            _ => return,
        }
    }
}
