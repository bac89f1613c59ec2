//! A place where several wait for each other.

use crate::Errno;
use crate::error::{Error, Operation, Result};
use crate::share::{LayoutHash, Shared};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::scope::Word;
use super::steps::barrier::{self, Arrival};
use super::{Deadline, Private, ProcessShared, Scope};

/// Opens when as many have arrived as take part, and is closed again at once, for the next round. Zeros are one for nobody.
///
/// As many take part as the barrier was made for, each of them in every round. Who has passed sees what each of the others stored
/// before it arrived.
///
/// ```
/// use baremap::sync::{Barrier, Deadline};
/// use baremap::alloc::SharedArena;
/// use baremap::{SharedMap, process};
/// use core::time::Duration;
///
/// let arena = SharedArena::create(SharedMap::new(1 << 12)?)?;
/// let barrier = arena.alloc(Barrier::new(2))?;
/// let arrive = || barrier.wait_until(Deadline::after(Duration::from_secs(60)));
/// // SAFETY: the child uses nothing but the map.
/// let child = unsafe { process::spawn(|| arrive().map(drop)) }?;
/// arrive()?;
/// assert!(child.wait()?.success());
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # Kill and fork
/// One who is killed before it arrives never does: the others wait for ever, or until the first deadline of theirs. Then the
/// barrier is *broken*: all who wait and all who come get an error, until [`Barrier::reset`]. One who is killed after it has
/// arrived has arrived. In a forked child a barrier in a shared map is the same, and any other one is a copy.
#[derive(Debug)]
#[repr(C)]
pub struct Barrier<S: Scope = ProcessShared> {
    word: Word<S>,
    participants: AtomicU32,
}

// SAFETY: two atomic numbers.
unsafe impl Shared for Barrier {
    const LAYOUT: u64 = LayoutHash::of::<Self>().text("barrier").get();
}

/// That all have arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarrierWaitResult {
    is_leader: bool,
}

impl BarrierWaitResult {
    /// Whether this was the last to arrive: true for one in each round.
    #[must_use]
    pub const fn is_leader(self) -> bool {
        self.is_leader
    }
}

impl Barrier {
    /// The most participants.
    pub const MAX: u32 = barrier::MAX;

    /// One for so many: 1 to [`Barrier::MAX`], or waiting at it is an error.
    #[must_use]
    pub const fn new(participants: u32) -> Self {
        Self { word: Word::new(0), participants: AtomicU32::new(participants) }
    }
}

impl Barrier<Private> {
    /// One for so many threads of this process; see [`Barrier::new`].
    #[must_use]
    pub const fn private(participants: u32) -> Self {
        Self { word: Word::new(0), participants: AtomicU32::new(participants) }
    }
}

impl<S: Scope> Barrier<S> {
    /// Arrives, and waits for the others.
    ///
    /// # Errors
    /// `EINVAL` (it is for nobody, or for too many), `ECANCELED` (it is broken).
    #[inline]
    pub fn wait(&self) -> Result<BarrierWaitResult> {
        self.arrive(None)
    }

    /// Arrives, and waits for the others at most until the deadline. When that has come the barrier is broken.
    ///
    /// # Errors
    /// `ETIMEDOUT`; as [`Barrier::wait`].
    #[inline]
    pub fn wait_until(&self, deadline: Deadline) -> Result<BarrierWaitResult> {
        self.arrive(Some(deadline))
    }

    fn arrive(&self, deadline: Option<Deadline>) -> Result<BarrierWaitResult> {
        let participants = self.participants.load(Relaxed);
        if participants == 0 || participants > barrier::MAX {
            return Err(Error::new(Operation::Barrier, Errno::EINVAL));
        }
        let arrival = barrier::wait(&self.word.word, participants, self.word.sleeper(deadline));
        if matches!(arrival, Arrival::Last | Arrival::Late) {
            self.word.wake_all();
        }
        match arrival {
            Arrival::Last => Ok(BarrierWaitResult { is_leader: true }),
            Arrival::Other => Ok(BarrierWaitResult { is_leader: false }),
            Arrival::Late => Err(Error::new(Operation::Barrier, Errno::ETIMEDOUT)),
            Arrival::Broken => Err(Error::new(Operation::Barrier, Errno::ECANCELED)),
        }
    }

    /// Whether somebody did not wait to the end.
    #[inline]
    #[must_use]
    pub fn is_broken(&self) -> bool {
        barrier::is_broken(&self.word.word)
    }

    /// Mends a broken barrier: a new round begins, to which nobody has come yet. Where it is not broken, nothing happens.
    ///
    /// # Errors
    /// `EBUSY` (it is not broken, and somebody waits at it).
    #[inline]
    pub fn reset(&self) -> Result<()> {
        match barrier::reset(&self.word.word) {
            true => Ok(()),
            false => Err(Error::new(Operation::Barrier, Errno::EBUSY)),
        }
    }
}
