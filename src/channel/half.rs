//! One end of a ring: its place, and waiting for the other end.

use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};

use super::awake::Habits;
use super::layout::{Header, Kind, Side, UNIT};
use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::fault;
use crate::map::SharedBytes;
use crate::share::SharedMemory;
use crate::sync::Deadline;
use crate::sync::owner::{Owner, Seen, Taken};
use crate::sync::sleep::Slept;

/// How long a function may wait.
#[derive(Clone, Copy)]
pub(super) enum Patience {
    /// Not at all.
    None,
    Until(Deadline),
    Endless,
}

/// What waiting has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// As many bytes as were wanted.
    Enough,
    /// The other end was dropped, and there are not so many.
    Closed,
}

/// The end that sends, or the one that receives.
///
/// Nothing is believed of what lies in the shared memory: its own position is kept here, the other's is checked whenever it is
/// looked at.
pub(super) struct Half<M: SharedMemory, const SENDS: bool> {
    /// That this end is this thread's. It borrows from the map, which stays where it is, and goes before it.
    taken: Option<Taken<'static>>,
    map: M,
    /// Bytes of the ring.
    capacity: usize,
    /// How many bytes were sent or taken in all.
    position: u64,
    /// What of that the other end knows.
    published: u64,
    /// Where in the ring that is.
    at: usize,
    /// The other end's position, when it was last looked at.
    seen: u64,
    habits: Habits,
}

impl<M: SharedMemory, const SENDS: bool> Half<M, SENDS> {
    /// Takes an end for this thread.
    pub(super) fn attach(map: M, kind: Kind) -> Result<Self> {
        let bytes = map.bytes();
        let header: *const Header = bytes.value(0)?;
        // SAFETY: the map lends the same bytes as long as it is there, moved or not, and it is dropped after what borrows from this.
        let header: &'static Header = unsafe { &*header };
        let capacity = header.open(kind, bytes.len())?;
        let (own, _) = sides::<SENDS>(header);
        // Where the end before was killed, its work is as whole as if it had been dropped.
        let taken = own.owner.try_take().map_err(|_| Error::new(Operation::Attach, Errno::EBUSY))?;
        let position = own.position.load(Acquire);
        let at = (position % capacity as u64) as usize;
        own.is_closed.store(0, Relaxed);
        // The other end may be waiting for this one.
        taken.wake();
        let (taken, habits) = (Some(taken), Habits::new());
        let mut half =
            Self { taken, map, capacity, position, published: position, at, seen: position, habits };
        half.look()?;
        Ok(half)
    }

    #[inline(always)]
    fn header(&self) -> &Header {
        let start = self.map.bytes().as_mut_ptr().cast::<Header>();
        // SAFETY: `attach` found it there, within the bytes and aligned, and a map stays where it is; a header is shared.
        unsafe { &*start }
    }

    #[inline(always)]
    fn own(&self) -> &Side {
        sides::<SENDS>(self.header()).0
    }

    #[inline(always)]
    pub(super) fn other(&self) -> &Side {
        sides::<SENDS>(self.header()).1
    }

    /// Bytes that the ring has room for.
    #[inline(always)]
    pub(super) const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Where in the ring the next byte goes or is.
    #[inline(always)]
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Bytes from there to the end of the ring.
    #[inline(always)]
    pub(super) const fn to_end(&self) -> usize {
        self.capacity - self.at
    }

    /// The bytes that may be sent, or taken, as far as is known: never more than the capacity.
    #[inline(always)]
    pub(super) const fn available(&self) -> usize {
        if SENDS {
            self.capacity - self.position.wrapping_sub(self.seen) as usize
        } else {
            self.seen.wrapping_sub(self.position) as usize
        }
    }

    /// The address of a byte of the ring, with `len` behind it.
    #[inline(always)]
    fn address(&self, at: usize, len: usize) -> *mut u8 {
        debug_assert!(len <= self.capacity && at <= self.capacity - len);
        self.map.bytes().as_mut_ptr().wrapping_add(size_of::<Header>() + at)
    }

    /// Lends bytes of the ring.
    #[inline(always)]
    pub(super) fn lend(&self, at: usize, len: usize) -> &SharedBytes {
        // SAFETY: the callers have it from `at`, `available` and `to_end`: within the ring, whose bytes are shared.
        unsafe { SharedBytes::new(self.address(at, len), len) }
    }

    /// Lends a number in the ring, at a multiple of 8 before its end.
    #[inline(always)]
    pub(super) fn number(&self, at: usize) -> &AtomicU64 {
        // SAFETY: as in `lend`; the bytes begin at a multiple of 8, and so does the ring.
        unsafe { &*self.address(at, UNIT).cast() }
    }

    /// Copies into the ring, at a place that is free.
    #[inline(always)]
    pub(super) fn put(&self, at: usize, from: &[u8]) -> Result<()> {
        let to = self.address(at, from.len());
        // SAFETY: as in `lend`; the other bytes are borrowed, and thus no part of it.
        unsafe { fault::copy_in_place(Operation::Send, to, from.as_ptr(), from.len()) }
    }

    /// Copies out of the ring.
    #[inline(always)]
    pub(super) fn get(&self, at: usize, to: &mut [u8]) -> Result<()> {
        let from = self.address(at, to.len());
        // SAFETY: as in `lend`; the other bytes are borrowed exclusively, and thus no part of it.
        unsafe { fault::copy_in_place(Operation::Receive, to.as_mut_ptr(), from, to.len()) }
    }

    /// Goes on by so many bytes, which are available, without telling the other end.
    #[inline(always)]
    pub(super) const fn advance(&mut self, len: usize) {
        self.position = self.position.wrapping_add(len as u64);
        self.at += len;
        if self.at >= self.capacity {
            self.at -= self.capacity;
        }
    }

    /// Tells the other end how far this one is.
    #[inline(always)]
    pub(super) fn publish(&mut self) {
        self.published = self.position;
        // Not a store: on x86_64 the exchange is the barrier that a look at the waiting flag after a store would need anyway.
        self.own().position.swap(self.position, SeqCst);
        if let Some(taken) = &self.taken {
            taken.wake_after_exchange();
        }
    }

    /// Tells the other end what it does not know yet.
    #[inline]
    pub(super) fn publish_rest(&mut self) {
        if self.published != self.position {
            self.publish();
        }
    }

    /// Looks how far the other end is.
    #[inline(always)]
    fn look(&mut self) -> Result<()> {
        let seen = self.other().position.load(Acquire);
        let distance =
            if SENDS { self.position.wrapping_sub(seen) } else { seen.wrapping_sub(self.position) };
        if distance > self.capacity as u64 {
            return Err(broken(SENDS));
        }
        self.seen = seen;
        Ok(())
    }

    /// Whether the other end has been dropped; `EOWNERDEAD` if it was killed.
    fn other_has_ended(&self) -> Result<bool> {
        let other = self.other();
        // Who it is, before whether it was dropped: another may attach in between, and then it is the other's turn.
        let seen = other.owner.look();
        match seen {
            _ if other.is_closed.load(Acquire) != 0 => Ok(true),
            Seen::Died => Err(Error::new(operation(SENDS), Errno::EOWNERDEAD)),
            Seen::Free | Seen::Held => Ok(false),
        }
    }

    /// Waits until so many bytes are available, which are not more than the capacity.
    #[inline(always)]
    pub(super) fn wait_for(&mut self, len: usize, patience: Patience) -> Result<Found> {
        if self.available() >= len { Ok(Found::Enough) } else { self.wait_long(len, patience) }
    }

    /// Waits until one byte is available, and looks for as many as `len`.
    #[inline(always)]
    pub(super) fn wait_for_some(&mut self, len: usize, patience: Patience) -> Result<Found> {
        if self.available() < len {
            self.look()?;
        }
        self.wait_for(len.min(1), patience)
    }

    #[cold]
    fn wait_long(&mut self, len: usize, patience: Patience) -> Result<Found> {
        // What was put off, the other end may be waiting for.
        self.publish_rest();
        self.look()?;
        if self.available() >= len {
            return Ok(Found::Enough);
        }
        if let Patience::None = patience {
            self.other().owner.look_closely();
        } else {
            // What is wrong, the loop finds out again.
            let mut habits = self.habits;
            habits.wait_awake(|| self.look().map_or(true, |()| self.available() >= len));
            self.habits = habits;
            if self.available() >= len {
                return Ok(Found::Enough);
            }
        }
        loop {
            // First whether it has ended, then how far it came: what it did before counts.
            let ended = self.other_has_ended();
            self.look()?;
            if self.available() >= len {
                return Ok(Found::Enough);
            }
            if ended? {
                return Ok(Found::Closed);
            }
            let deadline = match patience {
                Patience::None => return Err(Error::new(operation(SENDS), Errno::EAGAIN)),
                // Here too, for an end that says now this and now that and so keeps this one from sleeping.
                Patience::Until(deadline) if deadline.is_over() => {
                    return Err(Error::new(operation(SENDS), Errno::ETIMEDOUT));
                }
                Patience::Until(deadline) => Some(deadline),
                Patience::Endless => None,
            };
            let owner: *const Owner = &self.other().owner;
            // SAFETY: in the map, as in `attach`.
            let owner = unsafe { &*owner };
            let is_ready = || self.has_changed(len);
            if owner.sleep(deadline.as_ref(), is_ready) == Slept::Over {
                return Err(Error::new(operation(SENDS), Errno::ETIMEDOUT));
            }
        }
    }

    /// Whether waiting for `len` bytes would come to an end at once, whatever that is.
    pub(super) fn has_changed(&mut self, len: usize) -> bool {
        self.other().owner.look_closely();
        let ended = self.other_has_ended();
        self.look().is_err() || self.available() >= len || ended != Ok(false)
    }
}

impl<M: SharedMemory, const SENDS: bool> Drop for Half<M, SENDS> {
    fn drop(&mut self) {
        // In a forked child it is not the child's, and neither is what was put off.
        if self.taken.as_ref().is_some_and(Taken::is_held) {
            self.publish_rest();
            self.own().is_closed.store(1, Release);
        }
        self.taken = None;
    }
}

/// The end's own side, and the other.
#[inline(always)]
const fn sides<const SENDS: bool>(header: &Header) -> (&Side, &Side) {
    if SENDS { (&header.sender, &header.receiver) } else { (&header.receiver, &header.sender) }
}

const fn operation(sends: bool) -> Operation {
    if sends { Operation::Send } else { Operation::Receive }
}

/// Positions or lengths that cannot be.
#[cold]
pub(super) const fn broken(sends: bool) -> Error {
    Error::because(operation(sends), Errno::EBADMSG, Reason::BrokenRing)
}
