//! A number of permits.

use crate::Errno;
use crate::error::{Error, Operation, Result};
use crate::share::{LayoutHash, Shared};

use super::scope::Word;
use super::steps::semaphore;
use super::{Deadline, Private, ProcessShared, Scope};

/// Permits that are taken and given back, by whomever. Zeros are one without permits.
///
/// Who gets a permit sees what was stored before it was given.
///
/// ```
/// use baremap::sync::Semaphore;
/// use baremap::{SharedMap, process};
///
/// let map = SharedMap::new(size_of::<Semaphore>())?;
/// let parts: &Semaphore = map.value(0)?;
/// // SAFETY: the child uses nothing but the map.
/// let child = unsafe { process::spawn(|| parts.release(2)) }?;
/// parts.acquire();
/// parts.acquire();
/// assert!(!parts.try_acquire());
/// assert!(child.wait()?.success());
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # Kill and fork
/// A permit has no owner: that of a process that was killed is lost. What lasts until somebody's end is a [`Mutex`](super::Mutex).
/// A process that is killed while it gives permits back has given all or none; who waits is woken, or sees them within a tenth of
/// a second by itself. In a forked child a semaphore in a shared map is the same, and any other one is a copy.
#[derive(Debug)]
#[repr(transparent)]
pub struct Semaphore<S: Scope = ProcessShared>(Word<S>);

// SAFETY: an atomic number.
unsafe impl Shared for Semaphore {
    const LAYOUT: u64 = LayoutHash::of::<Self>().text("semaphore").get();
}

impl Semaphore {
    /// The most permits that one can have.
    pub const MAX: u32 = semaphore::MAX;

    /// One with so many permits, at most [`Semaphore::MAX`].
    #[must_use]
    pub const fn new(permits: u32) -> Self {
        Self(word(permits))
    }
}

impl Semaphore<Private> {
    /// One with so many permits, at most [`Semaphore::MAX`], for threads of this process.
    #[must_use]
    pub const fn private(permits: u32) -> Self {
        Self(word(permits))
    }
}

const fn word<S: Scope>(permits: u32) -> Word<S> {
    Word::new(if permits < semaphore::MAX { permits } else { semaphore::MAX })
}

impl<S: Scope> Semaphore<S> {
    /// The permits that are left at this moment.
    #[inline]
    #[must_use]
    pub fn permits(&self) -> u32 {
        semaphore::permits(&self.0.word)
    }

    /// Takes a permit, if there is one.
    #[inline]
    #[must_use]
    pub fn try_acquire(&self) -> bool {
        semaphore::try_acquire(&self.0.word)
    }

    /// Takes a permit, and waits for one.
    #[inline]
    pub fn acquire(&self) {
        while !semaphore::acquire(&self.0.word, self.0.sleeper(None)) {}
    }

    /// Takes a permit, and waits for one at most until the deadline.
    ///
    /// # Errors
    /// `ETIMEDOUT`.
    #[inline]
    pub fn acquire_until(&self, deadline: Deadline) -> Result<()> {
        match semaphore::acquire(&self.0.word, self.0.sleeper(Some(deadline))) {
            true => Ok(()),
            false => Err(Error::new(Operation::Semaphore, Errno::ETIMEDOUT)),
        }
    }

    /// Gives so many permits, and wakes as many who wait.
    ///
    /// # Errors
    /// `EOVERFLOW` (more than [`Semaphore::MAX`]; none was given).
    #[inline]
    pub fn release(&self, permits: u32) -> Result<()> {
        semaphore::release(&self.0.word, permits, |count| self.0.wake(count))
            .map_err(|()| Error::new(Operation::Semaphore, Errno::EOVERFLOW))
    }
}

impl Default for Semaphore {
    /// One without permits.
    fn default() -> Self {
        Self::new(0)
    }
}
