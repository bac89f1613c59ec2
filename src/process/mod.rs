//! Processes: making one, what it may share, how it ended, and programs.
//!
//! | what                                  | is for                                                                        |
//! |---------------------------------------|-------------------------------------------------------------------------------|
//! | [`spawn`]                             | a closure in a child, which ends with what the closure returns                 |
//! | [`run`], [`run_until`]                | the same, and its result in the parent                                        |
//! | [`spawn_bound`], [`die_with_parent`]  | children that do not outlive their parent                                     |
//! | [`Children`]                          | several children, of which none is left when their group goes                  |
//! | [`Program`]                           | another program, without a copy of this process                               |
//! | [`Child`]                             | waiting, with a deadline too; signals                                         |
//! | [`fork`]                              | the bare call                                                                 |
//!
//! # What a fork does to the crate's types
//!
//! The tests are in tests/freestanding, in the module `forked`.
//!
//! | type | the child has | test |
//! |------|---------------|------|
//! | [`AnonMap`](crate::AnonMap), [`GrowMap`](crate::map::GrowMap), [`GuardedMap`](crate::map::GuardedMap), reservations | a copy | `private_memory_is_copied` |
//! | [`SharedMap`](crate::SharedMap), [`FileMap`](crate::FileMap) | the same bytes; of a private `FileMap` a copy | `shared_memory_is_the_same` |
//! | [`SealedMap`](crate::SealedMap) | the same bytes, which nobody changes | `sealed_bytes_are_the_same` |
//! | [`SecretMap`](crate::SecretMap) | nothing | `secret::a_child_does_not_have_it` |
//! | [`DeviceMap`](crate::DeviceMap) | the same registers | `device_maps_are_the_same` |
//! | [`CodeMap`](crate::CodeMap) | the same code | `code_is_the_same` |
//! | [`DurableCell`](crate::DurableCell) | the same cell | `a_durable_cell_is_the_same` |
//! | [`SharedArena`](crate::alloc::SharedArena) | the same arena | `shared_arena::several_processes_allocate_at_once` |
//! | [`Arena`](crate::alloc::Arena), [`Bump`](crate::alloc::Bump), [`AnonPages`](crate::alloc::AnonPages) | a copy | `allocators_are_copied` |
//! | [`File`](crate::File), descriptors | the same open file | `an_open_file_is_the_same` |
//! | [`Regions`](crate::map::Regions) | its parent's regions | `regions_are_the_parents` |
//! | [`replace_file`](crate::replace_file) that is at work | a copy of it, which must not come to its end | `a_replacement_is_its_parents` |
//! | [`fault::install`](crate::fault::install) | the same handler | `faults_are_errors_in_a_child_too` |
//! | [`Child`], [`Children`] | nobody to wait for | `a_child_is_its_parents` |

mod bound;
mod child;
mod children;
mod program;
mod run;
mod wait;

pub use bound::{die_with_parent, spawn_bound};
pub use child::Child;
pub use children::Children;
pub use program::{Group, Program};
pub use run::{run, run_until};

use crate::Errno;
use crate::error::{Error, Operation, Result};
use crate::fd::STDERR;
use crate::print;
use crate::sys::{self, Timespec};
use core::fmt;
use core::time::Duration;

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
        Ok(Some(pid)) => Ok(Fork::Parent(Child::new(pid))),
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
