//! Something that happens once.

use crate::Errno;
use crate::error::{Error, Operation, Result};
use crate::share::{LayoutHash, Shared};

use super::scope::Word;
use super::steps::event;
use super::{Deadline, Private, ProcessShared, Scope};

/// A flag that others wait for: a parent tells its children to quit, say. Zeros are one that is not set.
///
/// Whoever sees that it is set sees what was stored before. It stays set until [`Event::reset`].
///
/// ```
/// use baremap::sync::Event;
/// use baremap::{SharedMap, process};
///
/// let map = SharedMap::new(size_of::<Event>())?;
/// let quit: &Event = map.value(0)?;
/// // SAFETY: the child uses nothing but the map.
/// let child = unsafe { process::spawn(|| quit.wait()) }?;
/// quit.set();
/// assert!(child.wait()?.success());
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # Kill and fork
/// A process may be killed anywhere: who waits is woken, or sees within a tenth of a second by itself that the event was set. In a
/// forked child an event in a shared map is the same, and any other one is a copy.
#[derive(Debug)]
#[repr(transparent)]
pub struct Event<S: Scope = ProcessShared>(Word<S>);

// SAFETY: an atomic number.
unsafe impl Shared for Event {
    const LAYOUT: u64 = LayoutHash::of::<Self>().text("event").get();
}

impl Event {
    /// One that is not set.
    #[must_use]
    pub const fn new() -> Self {
        Self(Word::new(0))
    }
}

impl Event<Private> {
    /// One that is not set, for threads of this process.
    #[must_use]
    pub const fn private() -> Self {
        Self(Word::new(0))
    }
}

impl<S: Scope> Event<S> {
    /// Sets it, and wakes all who wait.
    #[inline]
    pub fn set(&self) {
        if event::set(&self.0.word) {
            self.0.wake_all();
        }
    }

    /// Makes it one that is not set. Who waits and has not yet seen that it was set goes on waiting.
    #[inline]
    pub fn reset(&self) {
        event::reset(&self.0.word);
    }

    /// Whether it is set.
    #[inline]
    #[must_use]
    pub fn is_set(&self) -> bool {
        event::is_set(&self.0.word)
    }

    /// Waits until it is set.
    #[inline]
    pub fn wait(&self) {
        while !event::wait(&self.0.word, self.0.sleeper(None)) {}
    }

    /// Waits until it is set, at most until the deadline.
    ///
    /// # Errors
    /// `ETIMEDOUT`.
    #[inline]
    pub fn wait_until(&self, deadline: Deadline) -> Result<()> {
        match event::wait(&self.0.word, self.0.sleeper(Some(deadline))) {
            true => Ok(()),
            false => Err(Error::new(Operation::Event, Errno::ETIMEDOUT)),
        }
    }
}

impl Default for Event {
    fn default() -> Self {
        Self::new()
    }
}
