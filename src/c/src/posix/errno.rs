//! `errno`: the libc's, where a program has one, else our own.

use baremap::Errno;
use core::ffi::c_int;

use crate::answer::is_error;

/// The register that a function returns in. C reads as much of it as it has declared: an `int`, a `ssize_t`, an address. One type for all
/// of them lets a function end by a jump to [`answer`].
pub(super) type Answer = isize;

/// What a system call returned as C wants it: the value, or -1 and `errno`.
///
/// Every function ends by a jump to it: a copy in each would be half of their code.
#[inline(never)]
pub(super) extern "C" fn answer(result: usize) -> Answer {
    if !is_error(result) {
        return result as Answer;
    }
    // SAFETY: this thread's `errno`, or the only one.
    unsafe { *location() = (result as c_int).wrapping_neg() };
    -1
}

/// What a system call returned, for functions that leave `errno` alone: 0 or the error's number.
#[inline(always)]
pub(super) fn number(result: usize) -> c_int {
    if is_error(result) { (result as c_int).wrapping_neg() } else { 0 }
}

/// Refuses: sets `errno`; -1.
#[inline(always)]
pub(super) fn refuse(number: u32) -> Answer {
    answer((number as usize).wrapping_neg())
}

/// The same for an error of the crate's.
#[inline(always)]
pub(super) fn failed(errno: Errno) -> Answer {
    refuse(errno.raw_os_error() as u32)
}

unsafe extern "C" {
    /// Where this thread's `errno` is: that of our own `_start`, or else what [`elsewhere`] finds.
    #[link_name = "baremap_errno_location"]
    safe fn location() -> *mut c_int;
}

/// In programs that do not begin with our `_start`, which has the same name and goes before this one.
mod elsewhere {
    use core::ffi::c_int;
    use core::sync::atomic::AtomicI32;

    baremap::__second!(baremap_errno_location = location);

    /// Where this thread's `errno` is: a libc's, or in a program that has none the only one.
    extern "C" fn location() -> *mut c_int {
        baremap::__weak!(hook, __errno_location);
        static OWN: AtomicI32 = AtomicI32::new(0);

        let hook = hook();
        if hook.is_null() {
            return OWN.as_ptr();
        }
        // SAFETY: every libc has it so: its headers define `errno` by it.
        let hook = unsafe { core::mem::transmute::<*const (), extern "C" fn() -> *mut c_int>(hook) };
        hook()
    }
}
