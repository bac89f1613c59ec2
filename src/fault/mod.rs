//! Copies that end with an error where a plain copy would end the process.
//!
//! A map's pages can go away under it: the file shrinks, the disk fails, somebody changes a protection. To touch them
//! then raises SIGBUS or SIGSEGV. Every safe access of [`SharedBytes`](crate::SharedBytes) but the atomics goes through
//! this module and reports [`Reason::Fault`] with the number of bytes that were copied.
//!
//! There are two ways, with the same results:
//!
//! | | the kernel copies | a handler mends the fault |
//! |---|---|---|
//! | takes | nothing | [`install`], once |
//! | costs | a system call a copy | nothing a copy |
//! | is on | by default | after [`install`], and from the first copy in a program that began by [`entry!`](crate::entry) |
//!
//! The kernel copies by whatever call is there: into a memfd that is mapped as well, by process_vm_readv(2), by a pipe.
//! The memfd is made when it is first needed and kept, under a descriptor of 1000 or more, closed by execve(2); a process
//! that may not have so many, or only files of a limited size (`RLIMIT_FSIZE`), does without. Three kinds of process should
//! use the handler: one that closes descriptors that it did not open, and then opens more than a thousand files, of which
//! one may get the number; one that limits the size of its files after its first copy, which SIGXFSZ would end; and one
//! that forks children which it does not trust, since parent and children see what the others copy by the memfd, and can
//! change it on its way.
//!
//! The handler takes SIGBUS and SIGSEGV. A fault that is not one of this crate's copies goes to what was there before:
//! another handler, with its own flags, or the default, which ends the process by the right signal. It allocates
//! nothing, takes no lock, and works in all threads, in forked children, in other signals' handlers and beside a libc.
//!
//! Two things it cannot do. A thread that holds SIGBUS or SIGSEGV back, by its mask or by that of a handler which it is
//! running, is ended by the kernel at a fault, with a handler or without: let such a thread's mask go without the two. And
//! since the handlers before this one may copy as well, the two signals are not held back in them: one that faults itself
//! is called again, until its stack ends, where the kernel would have ended the process at once.
//!
//! ```
//! use baremap::{File, FileMap, Reason, fault};
//!
//! fault::install()?;
//! let file = File::unnamed()?;
//! file.write_all_at(b"going, going", 0)?;
//! let map = FileMap::read(&file)?;
//! file.set_len(0)?;
//! let error = map.read_at(0, &mut [0; 12]).unwrap_err();
//! assert_eq!(error.reason(), Reason::Fault { copied: 0 });
//! # Ok::<(), baremap::Error>(())
//! ```

mod handler;
mod kernel;

pub(crate) use handler::is_ready;
pub use handler::{decline, install, is_installed, uninstall};

use crate::arch;
use crate::error::{Error, Operation, Reason};
use crate::{Errno, Result};
use core::mem::MaybeUninit;
use core::ptr;

/// Which end of a copy may go away; the other is this process's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// Where the bytes come from.
    From,
    /// Where they go.
    To,
    /// Both.
    Both,
}

/// Why a copy stopped before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// The byte after those that were copied is not there, or may not be touched like that.
    Fault { copied: usize },
    /// No way to copy works here: the kernel's last word.
    NoEngine(Errno),
}

/// Copies `len` bytes, which may change or go away meanwhile.
///
/// # Errors
/// `EFAULT` with [`Reason::Fault`]; what the kernel says where neither way is open.
///
/// # Safety
/// Both ranges were mapped for their access, or are the program's own; what others write to them is meant to be shared.
/// They do not overlap.
#[inline]
pub(crate) unsafe fn copy(
    operation: Operation,
    to: *mut u8,
    from: *const u8,
    len: usize,
    ends: Ends,
) -> Result<()> {
    let result = if handler::is_ready() {
        // SAFETY: passed on to the caller; the handler is there for a fault.
        match unsafe { arch::copy::copy(to, from, len) } {
            0 => Ok(()),
            missing => Err(Stop::Fault { copied: len - missing }),
        }
    } else {
        // SAFETY: passed on to the caller.
        unsafe { kernel::copy(to, from, len, ends) }
    };
    result.map_err(|stop| explain(operation, stop))
}

/// [`copy`] of bytes that stay, as those of shared memory whose room was set aside: it never asks the kernel. Where a page is gone
/// all the same, that is an error with the handler, and SIGBUS without.
///
/// # Errors
/// `EFAULT` with [`Reason::Fault`], where the handler is on.
///
/// # Safety
/// As [`copy`].
#[inline(always)]
pub(crate) unsafe fn copy_in_place(
    operation: Operation,
    to: *mut u8,
    from: *const u8,
    len: usize,
) -> Result<()> {
    // SAFETY: passed on to the caller.
    match unsafe { arch::copy::copy(to, from, len) } {
        0 => Ok(()),
        missing => Err(explain(operation, Stop::Fault { copied: len - missing })),
    }
}

#[cold]
fn explain(operation: Operation, stop: Stop) -> Error {
    match stop {
        Stop::Fault { copied } => Error::because(operation, Errno::EFAULT, Reason::Fault { copied }),
        Stop::NoEngine(errno) => Error::because(operation, errno, Reason::NoCopy),
    }
}

/// Loads a value of 1, 2, 4, 8 or any other number of bytes. The first four go by one instruction each where the handler
/// is on.
///
/// # Errors
/// As [`copy`].
///
/// # Safety
/// As [`copy`]; every pattern of bits is a `T`.
#[inline]
pub(crate) unsafe fn load<T: Copy>(operation: Operation, from: *const u8) -> Result<T> {
    if !handler::is_ready() || !matches!(size_of::<T>(), 1 | 2 | 4 | 8) {
        // SAFETY: passed on to the caller.
        return unsafe { load_bytes(operation, from) };
    }
    // SAFETY: passed on to the caller; the handler is there for a fault.
    let loaded = unsafe {
        match size_of::<T>() {
            1 => arch::copy::load_u8(from),
            2 => arch::copy::load_u16(from),
            4 => arch::copy::load_u32(from),
            _ => arch::copy::load_u64(from),
        }
    };
    if loaded.fault != 0 {
        // Some of its bytes may be there: the copy counts them, as it does without a handler.
        // SAFETY: passed on to the caller.
        return unsafe { load_bytes(operation, from) };
    }
    // SAFETY: the lowest bytes come first on both architectures; every pattern of bits is a T.
    Ok(unsafe { ptr::from_ref(&loaded.value).cast::<T>().read_unaligned() })
}

/// [`load`] by a copy.
///
/// # Safety
/// As [`load`].
#[cold]
unsafe fn load_bytes<T: Copy>(operation: Operation, from: *const u8) -> Result<T> {
    let mut value = MaybeUninit::<T>::uninit();
    // SAFETY: passed on to the caller.
    unsafe { copy(operation, value.as_mut_ptr().cast(), from, size_of::<T>(), Ends::From)? };
    // SAFETY: all of it is written, and every pattern of bits is a T.
    Ok(unsafe { value.assume_init() })
}

/// Stores a value; see [`load`].
///
/// # Errors
/// As [`copy`].
///
/// # Safety
/// As [`copy`]; a `T` has no padding.
#[inline]
pub(crate) unsafe fn store<T: Copy>(operation: Operation, to: *mut u8, value: T) -> Result<()> {
    let from = ptr::from_ref(&value).cast::<u8>();
    if !handler::is_ready() || !matches!(size_of::<T>(), 1 | 2 | 4 | 8) {
        // SAFETY: passed on to the caller.
        return unsafe { copy(operation, to, from, size_of::<T>(), Ends::To) };
    }
    let mut word = 0_u64;
    // SAFETY: a value of at most 8 bytes, without padding; the lowest bytes come first on both architectures.
    unsafe { ptr::copy_nonoverlapping(from, ptr::from_mut(&mut word).cast::<u8>(), size_of::<T>()) };
    // SAFETY: passed on to the caller; the handler is there for a fault.
    let fault = unsafe {
        match size_of::<T>() {
            1 => arch::copy::store_u8(to, word),
            2 => arch::copy::store_u16(to, word),
            4 => arch::copy::store_u32(to, word),
            _ => arch::copy::store_u64(to, word),
        }
    };
    if fault != 0 {
        // SAFETY: as in `load`.
        return unsafe { copy(operation, to, from, size_of::<T>(), Ends::To) };
    }
    Ok(())
}
