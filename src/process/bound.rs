//! Children that do not outlive their parent.

use crate::error::{Error, Operation, Result};
use crate::sys::{self, Pid, Signal};
use linux_raw_sys::prctl::PR_SET_PDEATHSIG;

use super::{Child, Exit, exit, spawn};

/// [`spawn`] for a child that SIGKILL ends as soon as its parent ends, however that happens; see [`die_with_parent`].
///
/// ```
/// use baremap::process;
///
/// // SAFETY: the child uses nothing of its parent's.
/// let child = unsafe { process::spawn_bound(|| 3_u8) }?;
/// assert_eq!(child.wait()?.code(), Some(3));
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # Safety
/// As [`spawn`].
///
/// # Errors
/// As [`spawn`].
pub unsafe fn spawn_bound<T: Exit>(run: impl FnOnce() -> T) -> Result<Child> {
    let parent = sys::getpid();
    // SAFETY: passed on to the caller.
    unsafe {
        spawn(move || {
            die_with_parent(parent)?;
            Result::Ok(Code(run().code()))
        })
    }
}

/// A code that is one already.
struct Code(u8);

impl Exit for Code {
    fn code(self) -> u8 {
        self.0
    }
}

/// In a child: from now on SIGKILL ends this process when its parent ends (`PR_SET_PDEATHSIG`). `parent` is what
/// [`sys::getpid`] said there, before the fork: if it has ended by now, this does not return.
///
/// To the kernel the parent is the thread that forked. A child ends with it, even if other threads of its parent's go on: fork in
/// one that stays. It does not hold for this process's own children, and not after it becomes a program that is set-user-ID or
/// has capabilities. In a namespace of processes that the parent is outside of, a parent that ended before this call goes
/// unnoticed.
///
/// ```
/// use baremap::{process, sys};
///
/// let parent = sys::getpid();
/// // SAFETY: the child uses nothing of its parent's.
/// let child = unsafe { process::spawn(|| process::die_with_parent(parent)) }?;
/// assert!(child.wait()?.success());
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # Errors
/// None that a caller can bring about.
pub fn die_with_parent(parent: Pid) -> Result<()> {
    // SAFETY: asks for a signal, which ends this process only.
    unsafe { sys::prctl(PR_SET_PDEATHSIG, [Signal::KILL.as_raw() as usize, 0, 0, 0]) }
        .map_err(|errno| Error::new(Operation::DieWithParent, errno))?;
    // If it ended before, nobody sends the signal any more, and somebody else is the parent now.
    if sys::getppid().is_some_and(|now| now != parent) {
        let _ = sys::kill(sys::getpid(), Some(Signal::KILL));
        exit(128 + Signal::KILL.as_raw() as u8);
    }
    Ok(())
}
