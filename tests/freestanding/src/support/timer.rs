//! Signals that come again and again.

use baremap::arch::syscall::syscall3;
use linux_raw_sys::general::{__NR_setitimer, __kernel_old_itimerval, __kernel_old_timeval, ITIMER_REAL};

use super::raw;

/// Sends this process SIGALRM whenever so many microseconds are over; never again after 0.
pub(crate) fn every(microseconds: i64) {
    let time = __kernel_old_timeval { tv_sec: 0, tv_usec: microseconds };
    let timer = __kernel_old_itimerval { it_interval: time, it_value: time };
    let timer = (&raw const timer).expose_provenance();
    // SAFETY: the kernel reads the times.
    raw::done(unsafe { syscall3::<{ __NR_setitimer as usize }>(ITIMER_REAL as usize, timer, 0) })
        .expect("a timer");
}
