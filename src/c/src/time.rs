//! Time, random bytes, and words to wait on.

use baremap::Errno;
use baremap::arch::syscall::{syscall2, syscall3, syscall6};
use baremap::sync::Deadline;
use baremap::sys::Timespec;
use core::ffi::{c_int, c_uint, c_void};
use core::time::Duration;
use linux_raw_sys::general as raw;

use crate::answer::{attempt, count, status};
use crate::pointer::{address, not_null};

/// A time in seconds and nanoseconds, laid out as struct timespec is.
#[allow(non_camel_case_types, reason = "as C has it")]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct bm_timespec_t {
    /// Seconds.
    pub tv_sec: i64,
    /// Nanoseconds, 0 to 999999999.
    pub tv_nsec: i64,
}

static_assertions::assert_eq_size!(bm_timespec_t, raw::__kernel_timespec);
static_assertions::assert_eq_align!(bm_timespec_t, raw::__kernel_timespec);

/// The deadline that C gives; null is none.
///
/// # Errors
/// `EINVAL` (nanoseconds out of range, seconds below 0, or not aligned).
///
/// # Safety
/// It is null, or one is there.
#[inline(always)]
pub(crate) unsafe fn deadline(time: *const bm_timespec_t) -> Result<Option<Deadline>, Errno> {
    if time.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    let &bm_timespec_t { tv_sec: seconds, tv_nsec: nanoseconds } = unsafe { crate::pointer::value(time) }?;
    match seconds >= 0 && (0..1_000_000_000).contains(&nanoseconds) {
        true => Ok(Some(Deadline::at(Timespec { seconds, nanoseconds }))),
        false => Err(Errno::EINVAL),
    }
}

mod deadline_after {
    use super::*;

    /// Stores in `*deadline` the time of CLOCK_MONOTONIC that it is so many nanoseconds from now: what every function with a
    /// deadline takes.
    ///
    /// 0, or -EFAULT (`deadline` is null).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_deadline_after(nanoseconds: u64, deadline: *mut bm_timespec_t) -> c_int {
        attempt(|| {
            let place = not_null(deadline)?;
            let now = baremap::sys::clock_gettime(baremap::sys::Clock::Monotonic)?;
            let more = Timespec::from(Duration::from_nanos(nanoseconds));
            // Neither sum overflows: 2^64 nanoseconds are 584 years.
            let sum = now.nanoseconds + more.nanoseconds;
            let tv_sec = now.seconds + more.seconds + sum / 1_000_000_000;
            // SAFETY: the caller's place for one.
            unsafe { place.write(bm_timespec_t { tv_sec, tv_nsec: sum % 1_000_000_000 }) };
            Ok(())
        })
    }
}

mod clock_gettime {
    use super::*;

    /// clock_gettime(2): stores the time of a clock, BM_CLOCK_MONOTONIC or another, in `*time`. 0, or -EFAULT, -EINVAL.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_clock_gettime(clock: c_int, time: *mut bm_timespec_t) -> c_int {
        const NUMBER: usize = raw::__NR_clock_gettime as usize;
        // SAFETY: the kernel writes what the caller gave for it.
        status(unsafe { syscall2::<NUMBER>(clock as usize, address(time)) })
    }
}

mod nanosleep {
    use super::*;

    /// nanosleep(2): sleeps at least that long, or until a signal's handler has run; what is left is then stored in
    /// `*remaining`, unless that is null.
    ///
    /// 0, or -EFAULT, -EINTR, -EINVAL (nanoseconds out of range, or seconds below 0).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_nanosleep(
        time: *const bm_timespec_t,
        remaining: *mut bm_timespec_t,
    ) -> c_int {
        const NUMBER: usize = raw::__NR_nanosleep as usize;
        // SAFETY: the kernel reads one time and writes the other.
        status(unsafe { syscall2::<NUMBER>(address(time), address(remaining)) })
    }
}

mod getrandom {
    use super::*;

    /// getrandom(2): random bytes: how many, up to 256 all; or -EAGAIN, -EFAULT, -EINTR, -EINVAL (flags).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_getrandom(buffer: *mut c_void, len: usize, flags: c_uint) -> isize {
        const NUMBER: usize = raw::__NR_getrandom as usize;
        // SAFETY: the kernel writes what the caller gave for it.
        count(unsafe { syscall3::<NUMBER>(address(buffer), len, flags as usize) })
    }
}

mod futex_wait {
    use super::*;

    /// futex(2) FUTEX_WAIT_BITSET: sleeps while `*word` is `expected`, until it is woken or the deadline (null: none) comes.
    /// The word may be shared with other processes.
    ///
    /// 0, or -EAGAIN (`*word` is not `expected`), -EFAULT, -EINTR, -EINVAL, -ETIMEDOUT.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_futex_wait(
        word: *const u32,
        expected: u32,
        deadline: *const bm_timespec_t,
    ) -> c_int {
        const NUMBER: usize = raw::__NR_futex as usize;
        let (operation, bits) = (raw::FUTEX_WAIT_BITSET as usize, raw::FUTEX_BITSET_MATCH_ANY as usize);
        let expected = expected as usize;
        // SAFETY: the kernel reads the word and the time.
        status(unsafe { syscall6::<NUMBER>(address(word), operation, expected, address(deadline), 0, bits) })
    }
}

mod futex_wake {
    use super::*;

    /// futex(2) FUTEX_WAKE: wakes at most `most` of those who sleep on the word: how many, or -EFAULT, -EINVAL.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_futex_wake(word: *const u32, most: c_int) -> c_int {
        const NUMBER: usize = raw::__NR_futex as usize;
        // SAFETY: no byte is changed.
        status(unsafe { syscall3::<NUMBER>(address(word), raw::FUTEX_WAKE as usize, most as usize) })
    }
}
