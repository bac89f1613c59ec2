//! System calls that fail on demand, for the tests of this crate: only there where `--cfg baremap_inject` says so.
//!
//! seccomp(2) does the same for a program as it is. This is for where that is missing, as in QEMU's user mode.

use crate::Errno;
use core::mem;
use core::ptr;
use core::sync::atomic::{
    AtomicPtr,
    Ordering::{Acquire, Release},
};

/// Says of a system call, by its number, with which error it fails; `None` lets the kernel answer. It is asked before every
/// call, so it makes none by this crate.
pub type Hook = fn(number: usize) -> Option<Errno>;

static HOOK: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

/// Asks `hook` from now on.
pub fn set(hook: Hook) {
    HOOK.store(hook as *mut (), Release);
}

/// What a system call returns without being made, if it is to fail.
#[inline(never)]
pub(crate) fn answer(number: usize) -> Option<usize> {
    let hook = HOOK.load(Acquire);
    if hook.is_null() {
        return None;
    }
    // SAFETY: not null, and so what `set` has stored.
    let hook: Hook = unsafe { mem::transmute(hook) };
    hook(number).map(|errno| (errno.raw_os_error() as usize).wrapping_neg())
}
