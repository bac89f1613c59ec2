//! When a wait is to end.

use crate::sys::{self, Clock, Timespec};
use core::time::Duration;

/// A point in time on the monotonic clock, until which something waits. What waits until one that is over tries once.
///
/// ```
/// use baremap::sync::Deadline;
/// use core::time::Duration;
///
/// let deadline = Deadline::after(Duration::from_secs(60));
/// assert!(!deadline.is_over());
/// assert!(deadline.left() <= Some(Duration::from_secs(60)));
/// assert!(Deadline::PASSED.is_over());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deadline(Timespec);

const NANOSECONDS: i64 = 1_000_000_000;

impl Deadline {
    /// One that is over.
    pub const PASSED: Self = Self(Timespec { seconds: 0, nanoseconds: 0 });

    /// So much later than now. What is too far away to be a point in time is as far away as one can be.
    #[must_use]
    pub fn after(duration: Duration) -> Self {
        let (now, more) = (now(), Timespec::from(duration));
        let nanoseconds = now.nanoseconds + more.nanoseconds;
        Self(Timespec {
            seconds: now.seconds.saturating_add(more.seconds).saturating_add(nanoseconds / NANOSECONDS),
            nanoseconds: nanoseconds % NANOSECONDS,
        })
    }

    /// This time of [`Clock::Monotonic`]. Nanoseconds out of range count as the next ones within it, a time before 0 as 0.
    #[must_use]
    pub const fn at(time: Timespec) -> Self {
        if time.seconds < 0 || time.nanoseconds < 0 {
            return Self::PASSED;
        }
        let most = NANOSECONDS - 1;
        let nanoseconds = if time.nanoseconds > most { most } else { time.nanoseconds };
        Self(Timespec { seconds: time.seconds, nanoseconds })
    }

    /// Whether it has come.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.0 <= now()
    }

    /// How long it is until then; `None` when it is over.
    #[must_use]
    pub fn left(&self) -> Option<Duration> {
        let now = now();
        if self.0 <= now {
            return None;
        }
        // Neither is negative, and the later one is larger.
        let duration = |time: Timespec| Duration::new(time.seconds as u64, time.nanoseconds as u32);
        duration(self.0).checked_sub(duration(now))
    }

    /// The time on the monotonic clock, as the kernel takes it.
    pub(crate) const fn timespec(&self) -> &Timespec {
        &self.0
    }
}

fn now() -> Timespec {
    // Every kernel has the clock.
    sys::clock_gettime(Clock::Monotonic).unwrap_or_default()
}
