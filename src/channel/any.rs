//! Waiting for several rings at once.

use crate::Errno;
use crate::error::{Error, Operation, Result};
use crate::share::SharedMemory;
use crate::sync::owner::Owner;
use crate::sync::sleep::{self, LOOK_AGAIN};
use crate::sync::{Deadline, ProcessShared};
use crate::sys::{self, FUTEX_WAITV_MAX, FutexScope, FutexWaiter};
use core::time::Duration;

use super::half::Half;
use super::layout::UNIT;
use super::{Reader, Receiver};

/// An end that [`wait_any`] waits for: a [`Receiver`] or a [`Reader`]; `None`, in an [`Option`], is one that it does not wait for.
#[expect(private_bounds, reason = "nobody else's types")]
pub trait Waits: Sealed {}

impl<T: Sealed + ?Sized> Waits for T {}

trait Sealed {
    /// Where it is, and where it sleeps.
    fn state(&mut self) -> State<'_>;
}

/// What an end that receives may be in.
enum State<'ring> {
    /// It has something, or never will.
    Ready,
    /// It waits for the other end, whose word was this after it was told so.
    Waiting { owner: &'ring Owner, seen: u32 },
    /// It does not count.
    Absent,
}

impl<M: SharedMemory> Sealed for Receiver<M> {
    fn state(&mut self) -> State<'_> {
        State::of(&mut self.0, UNIT)
    }
}

impl<M: SharedMemory> Sealed for Reader<M> {
    fn state(&mut self) -> State<'_> {
        State::of(&mut self.0, 1)
    }
}

impl<T: Sealed + ?Sized> Sealed for &mut T {
    fn state(&mut self) -> State<'_> {
        (**self).state()
    }
}

impl<T: Sealed> Sealed for Option<T> {
    fn state(&mut self) -> State<'_> {
        self.as_mut().map_or(State::Absent, T::state)
    }
}

impl<'ring> State<'ring> {
    /// That of an end that waits for so many bytes.
    fn of<M: SharedMemory>(half: &'ring mut Half<M, false>, len: usize) -> Self {
        if half.has_changed(len) {
            return State::Ready;
        }
        let seen = half.other().owner.announce();
        // Once more: either this sees what the other end has done, or that one sees that somebody sleeps.
        if half.has_changed(len) { State::Ready } else { State::Waiting { owner: &half.other().owner, seen } }
    }
}

/// How long the wait for one of them lasts where it does not wait for all.
const SLICE: Duration = Duration::from_millis(1);

/// Waits until one of the ends has something to receive, or never will have because the other end is gone: the number of the
/// first such one. Its next call without waiting says what it is.
///
/// By futex_waitv(2), which takes Linux 5.16 and up to 128 ends; else it looks at all ends every millisecond.
///
/// ```
/// use baremap::channel::{self, Receiver, Sender};
/// use baremap::SharedMap;
///
/// let maps = [SharedMap::new(1 << 12)?, SharedMap::new(1 << 12)?];
/// let mut receivers = [Receiver::attach(&maps[0])?, Receiver::attach(&maps[1])?];
/// Sender::attach(&maps[1])?.send(b"from the second")?;
/// assert_eq!(channel::wait_any(&mut receivers, None)?, 1);
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # Errors
/// `ETIMEDOUT` (the deadline), `EINVAL` (no end to wait for).
pub fn wait_any<W: Waits>(ends: &mut [W], deadline: Option<Deadline>) -> Result<usize> {
    let failed = |errno| Err(Error::new(Operation::Receive, errno));
    let mut can_wait_for_all = true;
    loop {
        let mut waiters = [const { FutexWaiter::EMPTY }; FUTEX_WAITV_MAX];
        let (mut first, mut count) = (None, 0);
        for (index, end) in ends.iter_mut().enumerate() {
            let (owner, seen) = match end.state() {
                State::Ready => return Ok(index),
                State::Waiting { owner, seen } => (owner, seen),
                State::Absent => continue,
            };
            match waiters.get_mut(count) {
                Some(waiter) => *waiter = FutexWaiter::new(owner.word(), FutexScope::Shared, seen),
                None => can_wait_for_all = false,
            }
            count += 1;
            first.get_or_insert((owner, seen));
        }
        let Some((owner, seen)) = first else { return failed(Errno::EINVAL) };
        let until = match deadline {
            Some(deadline) if deadline.is_over() => return failed(Errno::ETIMEDOUT),
            // After a while it looks again: the other end may have been killed before it came to wake anybody.
            Some(deadline) => deadline.min(Deadline::after(LOOK_AGAIN)),
            None => Deadline::after(LOOK_AGAIN),
        };
        if can_wait_for_all {
            match sys::futex_waitv(&waiters[..count], Some(until.timespec())) {
                Ok(_) | Err(Errno::EAGAIN | Errno::EINTR | Errno::ETIMEDOUT) => continue,
                // An older kernel, or a filter.
                Err(Errno::ENOSYS | Errno::EPERM) => can_wait_for_all = false,
                Err(errno) => return failed(errno),
            }
        }
        sleep::sleep::<ProcessShared>(owner.word(), seen, Some(&until.min(Deadline::after(SLICE))));
    }
}
