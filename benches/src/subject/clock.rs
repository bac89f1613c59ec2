//! The clock for what takes longer than a time slice.

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Counts the time in which this process had a processor, in its own code and in the kernel: who else runs does not matter.
pub(super) struct Clock(Timespec);

impl Clock {
    pub(super) fn start() -> Self {
        Self(now())
    }

    pub(super) fn nanoseconds(&self) -> f64 {
        let now = now();
        (now.tv_sec - self.0.tv_sec) as f64 * 1e9 + (now.tv_nsec - self.0.tv_nsec) as f64
    }
}

fn now() -> Timespec {
    clock_gettime(ClockId::ProcessCPUTime)
}
