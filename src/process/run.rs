//! A closure in a child that gives a result.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::map::{Plain, SharedMap};
use crate::share::words;
use crate::sync::Deadline;
use core::sync::atomic::{
    AtomicU32,
    Ordering::{Acquire, Release},
};

use super::{Child, spawn};

/// The word that says that the result is there, whole.
const DONE: u32 = 1;

/// Runs a closure in a child, waits for it, and hands its result on.
///
/// What crashes, runs out of memory or meddles with the process's state does so in the child; the parent gets an error that says
/// how the child ended. The result comes through memory that both share, and only whole.
///
/// ```
/// use baremap::{Reason, process};
///
/// // SAFETY: the child uses nothing of its parent's.
/// let sum: u64 = unsafe { process::run(|| (1..=100).sum()) }?;
/// assert_eq!(sum, 5050);
///
/// // SAFETY: as above.
/// let error = unsafe { process::run::<u8>(|| process::exit(3)) }.unwrap_err();
/// assert_eq!(error.to_string(), "run: the child gave no result: exit code 3 (ECANCELED)");
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # Safety
/// As [`fork`](super::fork), for what the closure does.
///
/// # Errors
/// `ECANCELED` with [`Reason::Ended`] (the child was killed, panicked or exited before it gave a result), those of
/// [`fork`](super::fork) and of [`SharedMap::new`]; `ECHILD` (somebody else waited for the child).
pub unsafe fn run<T: Plain>(run: impl FnOnce() -> T) -> Result<T> {
    // SAFETY: passed on to the caller.
    unsafe { run_with(None, run) }
}

/// [`run`] that does not wait for longer than until the deadline: then the child is killed.
///
/// ```
/// use baremap::sync::Deadline;
/// use baremap::{Errno, process};
/// use core::time::Duration;
///
/// let deadline = Deadline::after(Duration::from_millis(10));
/// // SAFETY: the child uses nothing of its parent's.
/// let result = unsafe {
///     process::run_until(deadline, || {
///         process::sleep(Duration::MAX);
///         7_u8
///     })
/// };
/// assert_eq!(result.unwrap_err().errno(), Errno::ETIMEDOUT);
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # Safety
/// As [`run`].
///
/// # Errors
/// `ETIMEDOUT` (the deadline was over, and the child is gone), and as [`run`].
pub unsafe fn run_until<T: Plain>(deadline: Deadline, run: impl FnOnce() -> T) -> Result<T> {
    // SAFETY: passed on to the caller.
    unsafe { run_with(Some(deadline), run) }
}

unsafe fn run_with<T: Plain>(deadline: Option<Deadline>, run: impl FnOnce() -> T) -> Result<T> {
    let done_at = size_of::<T>().next_multiple_of(align_of::<AtomicU32>());
    let map = SharedMap::new(done_at + size_of::<AtomicU32>())?;
    let value = map.place::<T>(Operation::Run, 0, 1)?.cast::<T>();
    let done: &AtomicU32 = map.atomic(done_at)?;
    // SAFETY: the child stores in the map, which is made for it; for the rest the caller answers.
    let mut child = unsafe {
        spawn(|| {
            // SAFETY: in the map and aligned; nobody else touches it before it is done, and a plain value has no padding.
            words::store(value.cast_mut(), &run());
            done.store(DONE, Release);
        })
    }?;
    wait(&mut child, deadline, done)?;
    // SAFETY: in the map and aligned; the child has ended, and every pattern of bits is a plain value.
    Ok(unsafe { words::load(value) })
}

/// Waits until the child has given its result, and no longer than until the deadline. It is gone then in any case.
fn wait(child: &mut Child, deadline: Option<Deadline>, done: &AtomicU32) -> Result<()> {
    let ended = match deadline {
        None => child.wait_here(),
        Some(deadline) => child.wait_until(deadline),
    };
    let is_done = done.load(Acquire) == DONE;
    match ended {
        Ok(status) if status.success() && is_done => Ok(()),
        Ok(status) => Err(Error::because(Operation::Run, Errno::ECANCELED, Reason::Ended { status })),
        // It has ended, though nobody here can say how; but it gave its result before.
        Err(error) if error.errno() == Errno::ECHILD && is_done => Ok(()),
        Err(error) => {
            child.end();
            Err(Error::new(Operation::Run, error.errno()))
        }
    }
}
