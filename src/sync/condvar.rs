//! Waiting until something has changed that a lock protects.

use crate::Errno;
use crate::error::{Error, Operation};
use crate::share::{LayoutHash, Shared};
use core::sync::atomic::AtomicU32;

use super::scope::Word;
use super::steps::condvar;
use super::{Deadline, Guard, LockError, Private, ProcessShared, Scope};

/// Lets who has taken a [`Mutex`](super::Mutex) give it up and wait for a notification, in one step. Zeros are one that nobody waits
/// at.
///
/// Whoever is woken has the lock again, and looks whether what it waits for has come: others may have been there first, and a wait
/// may also end without a notification.
///
/// ```
/// use baremap::share::PlainCell;
/// use baremap::sync::{Condvar, Mutex};
/// use baremap::{SharedMap, process, shared};
///
/// shared! {
///     struct Mailbox {
///         letters: Mutex<PlainCell<u64>>,
///         delivered: Condvar,
///     }
/// }
///
/// let map = SharedMap::new(size_of::<Mailbox>())?;
/// let mailbox: &Mailbox = map.value(0)?;
/// // SAFETY: the child uses nothing but the map.
/// let child = unsafe {
///     process::spawn(|| {
///         mailbox.letters.lock()?.set(1);
///         mailbox.delivered.notify_one();
///         Ok::<(), baremap::Error>(())
///     })
/// }?;
/// let mut letters = mailbox.letters.lock()?;
/// while letters.get() == 0 {
///     letters = mailbox.delivered.wait(letters)?;
/// }
/// letters.set(0);
/// assert!(child.wait()?.success());
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # Kill and fork
/// If the one that [`Condvar::notify_one`] woke is killed before it does anything, its notification is not lost: among processes,
/// all others that were waiting look by themselves within a tenth of a second. One that is killed while it waits costs a system
/// call with every notification from then on. The owner of the lock may have died meanwhile: then waiting ends with
/// [`LockError::OwnerDied`]. In a forked child a condition variable in a shared map is the same, and any other one is a copy.
#[derive(Debug)]
#[repr(C)]
pub struct Condvar<S: Scope = ProcessShared> {
    notified: Word<S>,
    waiters: AtomicU32,
}

// SAFETY: two atomic numbers.
unsafe impl Shared for Condvar {
    const LAYOUT: u64 = LayoutHash::of::<Self>().text("condition variable").get();
}

/// Whether a wait with a deadline ended because of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Whether the deadline came before a notification.
    #[must_use]
    pub const fn timed_out(self) -> bool {
        self.0
    }
}

impl Condvar {
    /// One that nobody waits at.
    #[must_use]
    pub const fn new() -> Self {
        Self { notified: Word::new(0), waiters: AtomicU32::new(0) }
    }

    /// Gives the lock up, waits for a notification, and takes the lock again.
    ///
    /// # Errors
    /// Those of [`Mutex::lock`](super::Mutex::lock); `EPERM` (the guard came by a fork, and the lock is the parent's).
    pub fn wait<'a, T: Shared>(&self, guard: Guard<'a, T>) -> Result<Guard<'a, T>, LockError<'a, T>> {
        self.wait_shared(guard, None).map(|(guard, _)| guard)
    }

    /// Gives the lock up, waits for a notification at most until the deadline, and takes the lock again, however long that takes.
    ///
    /// # Errors
    /// As [`Condvar::wait`].
    pub fn wait_until<'a, T: Shared>(
        &self,
        guard: Guard<'a, T>,
        deadline: Deadline,
    ) -> Result<(Guard<'a, T>, WaitTimeoutResult), LockError<'a, T>> {
        self.wait_shared(guard, Some(deadline))
    }

    fn wait_shared<'a, T: Shared>(
        &self,
        guard: Guard<'a, T>,
        deadline: Option<Deadline>,
    ) -> Result<(Guard<'a, T>, WaitTimeoutResult), LockError<'a, T>> {
        if !guard.is_held() {
            return Err(LockError::Failed(Error::new(Operation::Condvar, Errno::EPERM)));
        }
        let mutex = guard.mutex();
        let result = self.wait_without(guard, deadline);
        mutex.lock().map(|guard| (guard, result))
    }
}

impl Condvar<Private> {
    /// One that nobody waits at, for threads of this process.
    #[must_use]
    pub const fn private() -> Self {
        Self { notified: Word::new(0), waiters: AtomicU32::new(0) }
    }

    /// Gives the lock up, waits for a notification, and takes the lock again.
    pub fn wait<'a, T>(&self, guard: Guard<'a, T, Private>) -> Guard<'a, T, Private> {
        let mutex = guard.mutex();
        self.wait_without(guard, None);
        mutex.lock()
    }

    /// Gives the lock up, waits for a notification at most until the deadline, and takes the lock again, however long that takes.
    pub fn wait_until<'a, T>(
        &self,
        guard: Guard<'a, T, Private>,
        deadline: Deadline,
    ) -> (Guard<'a, T, Private>, WaitTimeoutResult) {
        let mutex = guard.mutex();
        let result = self.wait_without(guard, Some(deadline));
        (mutex.lock(), result)
    }
}

impl<S: Scope> Condvar<S> {
    /// Wakes one who waits, if anybody does.
    #[inline]
    pub fn notify_one(&self) {
        if condvar::notify(&self.notified.word, &self.waiters) {
            self.notified.wake(1);
        }
    }

    /// Wakes all who wait.
    #[inline]
    pub fn notify_all(&self) {
        if condvar::notify(&self.notified.word, &self.waiters) {
            self.notified.wake_all();
        }
    }

    /// Waits after having given up the lock.
    fn wait_without<T>(&self, guard: Guard<'_, T, S>, deadline: Option<Deadline>) -> WaitTimeoutResult {
        let seen = condvar::begin(&self.notified.word, &self.waiters);
        drop(guard);
        let sleep = self.notified.sleeper(deadline);
        WaitTimeoutResult(!condvar::wait(&self.notified.word, &self.waiters, seen, sleep))
    }
}

impl Default for Condvar {
    fn default() -> Self {
        Self::new()
    }
}
