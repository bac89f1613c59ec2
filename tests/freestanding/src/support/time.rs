//! Time.

use baremap::sys::{self, Clock};
use core::time::Duration;

/// The time on the monotonic clock.
pub(crate) fn now() -> Duration {
    let time = sys::clock_gettime(Clock::Monotonic).expect("every kernel has the clock");
    Duration::new(time.seconds as u64, time.nanoseconds as u32)
}
