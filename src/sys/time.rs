//! Clocks and sleeping.

use crate::Errno;
use crate::arch::syscall::syscall2;
use core::mem::offset_of;
use core::ptr;
use core::time::Duration;
use linux_raw_sys::general as raw;
use sc::nr;
use static_assertions::{assert_eq_size, const_assert_eq};

use super::done;

/// A time in seconds and nanoseconds, as the kernel has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(C)]
pub struct Timespec {
    /// Seconds.
    pub seconds: i64,
    /// Nanoseconds, 0 to 999,999,999.
    pub nanoseconds: i64,
}

assert_eq_size!(Timespec, raw::__kernel_timespec);
const_assert_eq!(offset_of!(Timespec, nanoseconds), offset_of!(raw::__kernel_timespec, tv_nsec));

impl From<Duration> for Timespec {
    /// A duration of more than `i64::MAX` seconds is cut to that.
    fn from(duration: Duration) -> Self {
        Self {
            seconds: duration.as_secs().min(i64::MAX as u64) as i64,
            nanoseconds: i64::from(duration.subsec_nanos()),
        }
    }
}

/// A clock; see clock_gettime(2).
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Clock {
    /// Since 1970, may be set.
    Realtime = raw::CLOCK_REALTIME,
    /// Since some point in the past, never set, stands still while the machine sleeps.
    Monotonic = raw::CLOCK_MONOTONIC,
    /// `Monotonic` that goes on while the machine sleeps.
    Boottime = raw::CLOCK_BOOTTIME,
    /// Processor time of this process.
    ProcessCpu = raw::CLOCK_PROCESS_CPUTIME_ID,
    /// Processor time of this thread.
    ThreadCpu = raw::CLOCK_THREAD_CPUTIME_ID,
}

/// [clock_gettime(2)](https://man7.org/linux/man-pages/man2/clock_gettime.2.html), as a system call (the kernel's
/// vDSO is faster and not used here).
///
/// # Errors
/// `EINVAL` (the kernel lacks the clock).
#[inline(always)]
pub fn clock_gettime(clock: Clock) -> Result<Timespec, Errno> {
    let mut time = Timespec::default();
    // SAFETY: the kernel writes the structure.
    done(unsafe { syscall2::<{ nr::CLOCK_GETTIME }>(clock as usize, (&raw mut time).expose_provenance()) })?;
    Ok(time)
}

/// [nanosleep(2)](https://man7.org/linux/man-pages/man2/nanosleep.2.html): sleeps at least that long, or until a
/// signal's handler has run; then `remaining` says what is left.
///
/// # Errors
/// `EINTR`, `EINVAL` (nanoseconds out of range, or seconds below 0).
#[inline(always)]
pub fn nanosleep(time: &Timespec, remaining: &mut Timespec) -> Result<(), Errno> {
    let time = ptr::from_ref(time).expose_provenance();
    // SAFETY: the kernel reads one structure and writes the other.
    done(unsafe { syscall2::<{ nr::NANOSLEEP }>(time, ptr::from_mut(remaining).expose_provenance()) })
}
