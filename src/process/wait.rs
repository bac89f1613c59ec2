//! Waiting until one of several children may have ended.

use crate::Errno;
use crate::error::{Error, Operation, Result};
use crate::sync::Deadline;
use crate::sys::{self, PollFd};
use core::time::Duration;

use super::sleep;

/// The pauses between two questions, where no descriptor tells when to ask: the first, and the longest.
const FIRST: Duration = Duration::from_micros(100);
const LONGEST: Duration = Duration::from_millis(10);

/// Pauses between questions whether a child has ended.
pub(super) struct Pauses {
    next: Duration,
}

impl Pauses {
    pub(super) const fn new() -> Self {
        Self { next: FIRST }
    }

    /// Waits until one of these processes has ended; if there are others of which no descriptor tells, only for a while that
    /// grows.
    pub(super) fn pause(
        &mut self,
        processes: &mut [PollFd<'_>],
        is_blind: bool,
        deadline: Option<Deadline>,
    ) -> Result<()> {
        let mut time = match deadline {
            None => None,
            Some(deadline) => match deadline.left() {
                None => return Err(Error::new(Operation::Wait, Errno::ETIMEDOUT)),
                left => left,
            },
        };
        if is_blind {
            time = Some(time.map_or(self.next, |left| left.min(self.next)));
            self.next = (self.next * 2).min(LONGEST);
        }
        match sys::ppoll(processes, time.map(Into::into), None) {
            Ok(_) | Err(Errno::EINTR) => {}
            // More descriptors than the limit allows, or a sandbox.
            Err(_) => sleep(time.unwrap_or(LONGEST).min(LONGEST)),
        }
        Ok(())
    }
}
