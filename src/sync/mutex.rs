//! A value that one at a time has.

use crate::Errno;
use crate::error::{Error, Operation, Result};
use crate::share::{LayoutHash, Shared};
use core::cell::UnsafeCell;
use core::fmt;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::Ordering::Relaxed;

use super::owner::{Owner, Refused, Taken};
use super::{Deadline, Private, ProcessShared, Scope, private};

/// A value, and a lock that has to be taken to come to it.
///
/// Among processes the lock is *robust*: when its owner dies, the next one gets the value all the same, and is told; see
/// [`LockError::OwnerDied`]. The value is [`Shared`], and is lent by `&`, since the processes that do not ask the lock cannot be kept
/// from it: numbers go into a [`PlainCell`](crate::share::PlainCell). Zeros are a lock that nobody has, around a value of zeros.
///
/// ```
/// use baremap::share::PlainCell;
/// use baremap::sync::Mutex;
/// use baremap::{SharedMap, process};
///
/// type Counter = Mutex<PlainCell<u64>>;
///
/// let map = SharedMap::new(size_of::<Counter>())?;
/// let counter: &Counter = map.value(0)?;
/// let count = || {
///     for _ in 0..1000 {
///         let number = counter.lock()?;
///         number.set(number.get() + 1);
///     }
///     Ok::<(), baremap::Error>(())
/// };
/// // SAFETY: the child uses nothing but the map.
/// let child = unsafe { process::spawn(count) }?;
/// count()?;
/// assert!(child.wait()?.success());
/// assert_eq!(counter.lock()?.get(), 2000);
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// Among the threads of one process the value may be anything, and is lent by `&mut`:
///
/// ```
/// use baremap::sync::{Mutex, Private};
///
/// static NAMES: Mutex<Vec<String>, Private> = Mutex::private(Vec::new());
///
/// NAMES.lock().push("one".into());
/// assert_eq!(NAMES.lock().len(), 1);
/// ```
///
/// A lock is given up by its guard, once, and by the thread that has taken it:
///
/// ```compile_fail,E0382
/// # use baremap::{share::PlainCell, sync::Mutex};
/// # let mutex = Mutex::new(PlainCell::new(0_u64));
/// let guard = mutex.lock()?;
/// drop(guard);
/// drop(guard);
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// ```compile_fail,E0277
/// # use baremap::{share::PlainCell, sync::Mutex};
/// # static MUTEX: Mutex<PlainCell<u64>> = Mutex::new(PlainCell::new(0));
/// let guard = MUTEX.lock()?;
/// std::thread::spawn(move || drop(guard));
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # Size
/// 40 bytes and the value among processes, whose size is a multiple of 8 bytes; 4 bytes and the value in one process.
///
/// # Kill and fork
/// A forked child owns no lock of its parent's: a guard that it inherits does nothing when it is dropped, and a lock that was taken at
/// the fork is the parent's, in a shared map as in a copy. A copy of a lock of one process that another thread held at the fork
/// stays locked for ever. See [`sync`](super) for what a death leaves.
///
/// # Memory that goes away
/// As long as a lock is held, the kernel has to find it: let the memory stay mapped until the guard is dropped. Do not
/// [`forget`](core::mem::forget) one: if the memory is gone when the thread ends, other locks of the thread may not be marked,
/// and a word there that is this thread's number may be.
#[repr(C)]
pub struct Mutex<T, S: Scope = ProcessShared> {
    lock: S::Lock,
    value: UnsafeCell<T>,
}

// SAFETY: what another process can change is atomic; a value is not made by `new` where there is padding.
unsafe impl<T: Shared> Shared for Mutex<T> {
    const LAYOUT: u64 = LayoutHash::of::<Self>().text("mutex").layout(T::LAYOUT).get();
}
// SAFETY: the value is Sync.
unsafe impl<T: Shared> Sync for Mutex<T> {}
// SAFETY: one thread at a time has the value.
unsafe impl<T: Send> Sync for Mutex<T, Private> {}

/// In [`Owner::state`]: nobody said that what a dead owner left is consistent.
const LOST: u32 = 1;

/// That a lock among processes is taken.
pub struct Token<'a>(Taken<'a>);

impl Drop for Token<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        // Given up now, it leaves an inconsistent value.
        if self.0.was_dead() {
            self.lose();
        }
    }
}

impl Token<'_> {
    #[cold]
    fn lose(&self) {
        // A forked child has no say in it.
        if self.0.is_held() {
            self.0.owner().state.store(LOST, Relaxed);
        }
    }
}

impl<T: Shared> Mutex<T> {
    /// A value and a lock that nobody has, for several processes.
    #[must_use]
    pub const fn new(value: T) -> Self {
        const {
            assert!(
                size_of::<Mutex<T>>() == size_of::<Owner>() + size_of::<T>(),
                "the value's size has to be a multiple of 8 bytes: fill it up by a field"
            );
        }
        Self { lock: Owner::new(), value: UnsafeCell::new(value) }
    }

    /// Takes the lock, and waits for it.
    ///
    /// # Errors
    /// [`LockError::OwnerDied`]; `EDEADLK` (this thread has it already), `ENOTRECOVERABLE` (an owner died, and the next one did not
    /// mark the value consistent).
    #[inline]
    pub fn lock(&self) -> core::result::Result<Guard<'_, T>, LockError<'_, T>> {
        self.lock_or(|| self.lock.take(None))
    }

    /// Takes the lock, and waits for it at most until the deadline.
    ///
    /// # Errors
    /// `ETIMEDOUT`; as [`Mutex::lock`].
    #[inline]
    pub fn lock_until(&self, deadline: Deadline) -> core::result::Result<Guard<'_, T>, LockError<'_, T>> {
        self.lock_or(|| self.lock.take(Some(&deadline)))
    }

    /// Takes the lock, if nobody has it.
    ///
    /// # Errors
    /// `EBUSY` (somebody has it); as [`Mutex::lock`].
    #[inline]
    pub fn try_lock(&self) -> core::result::Result<Guard<'_, T>, LockError<'_, T>> {
        self.lock_or(|| self.lock.try_take())
    }

    /// The guard of a lock that this thread has, for who could not keep it: C code, which gives a lock up by the lock alone.
    /// `died` says that the lock was taken as [`LockError::OwnerDied`] and has not been marked consistent since.
    ///
    /// ```
    /// use baremap::share::PlainCell;
    /// use baremap::sync::Mutex;
    /// use core::mem;
    ///
    /// let mutex = Mutex::new(PlainCell::new(0_u64));
    /// mem::forget(mutex.lock()?);
    /// // SAFETY: the guard is forgotten.
    /// drop(unsafe { mutex.guard_again(false) }?);
    /// assert!(mutex.try_lock().is_ok());
    /// # Ok::<(), baremap::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`LockError::OwnerDied`] if `died`; `EPERM` (this thread does not have the lock, or has it by another address).
    ///
    /// # Safety
    /// The guard that this thread has got of the lock is [forgotten](core::mem::forget).
    pub unsafe fn guard_again(&self, died: bool) -> core::result::Result<Guard<'_, T>, LockError<'_, T>> {
        // SAFETY: passed on to the caller.
        let taken = unsafe { self.lock.taken_again(died) };
        let taken = taken.ok_or(LockError::Failed(Error::new(Operation::Mutex, Errno::EPERM)))?;
        let guard = Guard { mutex: self, token: Token(taken) };
        if died { Err(LockError::OwnerDied(OwnerDied { guard })) } else { Ok(guard) }
    }

    /// Takes the lock, `slowly` if it cannot be done in a few steps.
    ///
    /// What takes its time is called, and nothing but a guard in registers is left of the rest: one that goes through memory takes half
    /// as long again.
    #[inline(always)]
    fn lock_or<'a>(
        &'a self,
        slowly: impl FnOnce() -> core::result::Result<Taken<'a>, Refused>,
    ) -> core::result::Result<Guard<'a, T>, LockError<'a, T>> {
        let taken = match self.lock.take_quickly() {
            Some(taken) => taken,
            None => slowly().map_err(refused)?,
        };
        if self.lock.state.load(Relaxed) == LOST {
            drop(taken);
            return Err(lost());
        }
        let guard = Guard { mutex: self, token: Token(taken) };
        if guard.token.0.was_dead() { Err(LockError::OwnerDied(OwnerDied { guard })) } else { Ok(guard) }
    }
}

#[cold]
#[inline(never)]
fn refused<'a, T: Shared>(refused: Refused) -> LockError<'a, T> {
    LockError::Failed(Error::new(
        Operation::Mutex,
        match refused {
            Refused::Held => Errno::EBUSY,
            Refused::Own => Errno::EDEADLK,
            Refused::TimedOut => Errno::ETIMEDOUT,
        },
    ))
}

#[cold]
#[inline(never)]
fn lost<'a, T: Shared>() -> LockError<'a, T> {
    LockError::Failed(Error::new(Operation::Mutex, Errno::ENOTRECOVERABLE))
}

impl<T> Mutex<T, Private> {
    /// A value and a lock that nobody has, for the threads of this process.
    #[must_use]
    pub const fn private(value: T) -> Self {
        Self { lock: private::Lock::new(), value: UnsafeCell::new(value) }
    }

    /// Takes the lock, and waits for it: for ever, if it is this thread that has it.
    #[inline]
    pub fn lock(&self) -> Guard<'_, T, Private> {
        Guard { mutex: self, token: self.lock.take() }
    }

    /// Takes the lock, and waits for it at most until the deadline.
    ///
    /// # Errors
    /// `ETIMEDOUT`.
    #[inline]
    pub fn lock_until(&self, deadline: Deadline) -> Result<Guard<'_, T, Private>> {
        match self.lock.take_until(deadline) {
            Some(token) => Ok(Guard { mutex: self, token }),
            None => Err(Error::new(Operation::Mutex, Errno::ETIMEDOUT)),
        }
    }

    /// Takes the lock, if nobody has it.
    ///
    /// # Errors
    /// `EBUSY`.
    #[inline]
    pub fn try_lock(&self) -> Result<Guard<'_, T, Private>> {
        match self.lock.try_take() {
            Some(token) => Ok(Guard { mutex: self, token }),
            None => Err(Error::new(Operation::Mutex, Errno::EBUSY)),
        }
    }

    /// The value, which nobody else can come to.
    #[inline]
    #[must_use]
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// The value.
    #[inline]
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

/// A lock that is taken, and its value. Dropping it gives the lock up.
#[must_use = "the lock is given up at once"]
pub struct Guard<'a, T, S: Scope = ProcessShared> {
    mutex: &'a Mutex<T, S>,
    token: S::Token<'a>,
}

// SAFETY: it lends nothing but the value.
unsafe impl<T: Sync, S: Scope> Sync for Guard<'_, T, S> {}

impl<'a, T, S: Scope> Guard<'a, T, S> {
    /// Whose value it is.
    #[inline]
    pub(super) fn mutex(&self) -> &'a Mutex<T, S> {
        self.mutex
    }
}

impl<T: Shared> Guard<'_, T> {
    /// Whether the lock is this thread's: not so in a forked child.
    pub(super) fn is_held(&self) -> bool {
        self.token.0.is_held()
    }
}

impl<T, S: Scope> Deref for Guard<'_, T, S> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: among processes a Shared value is lent as it is anywhere; in one, it is this guard's.
        unsafe { &*self.mutex.value.get() }
    }
}

impl<T> DerefMut for Guard<'_, T, Private> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the value is this guard's.
        unsafe { &mut *self.mutex.value.get() }
    }
}

/// A lock whose last owner died while it had it, so that the value may be half changed. It is taken: look the value over, mend it, and
/// say so by [`OwnerDied::mark_consistent`]. Dropped without that, it leaves a lock that nobody gets any more.
#[must_use = "the lock is lost unless the value is marked consistent"]
pub struct OwnerDied<'a, T: Shared> {
    guard: Guard<'a, T>,
}

impl<'a, T: Shared> OwnerDied<'a, T> {
    /// Says that the value is as it should be. If this thread is killed before it comes to that, the next owner is told again.
    pub fn mark_consistent(self) -> Guard<'a, T> {
        let mut guard = self.guard;
        guard.token.0.forget_death();
        guard
    }
}

impl<T: Shared> Deref for OwnerDied<'_, T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.guard
    }
}

/// Why a lock was not simply taken.
///
/// As an [`Error`], into which `?` makes it, `OwnerDied` is `EOWNERDEAD`, and the lock is lost: who can mend the value has to
/// look for it.
///
/// ```
/// use baremap::share::PlainCell;
/// use baremap::sync::{LockError, Mutex};
/// use baremap::{Errno, SharedMap, process};
///
/// type Even = Mutex<PlainCell<u64>>;
///
/// let map = SharedMap::new(size_of::<Even>())?;
/// let even: &Even = map.value(0)?;
/// // SAFETY: the child uses nothing but the map.
/// let child = unsafe {
///     process::spawn(|| -> baremap::Result<()> {
///         let number = even.lock()?;
///         number.set(number.get() + 1);
///         // Before it comes to the second step.
///         process::exit(0)
///     })
/// }?;
/// child.wait()?;
/// let number = match even.lock() {
///     Ok(_) => unreachable!("the child has died with it"),
///     Err(LockError::OwnerDied(number)) => {
///         number.set(number.get() & !1);
///         number.mark_consistent()
///     }
///     Err(LockError::Failed(error)) => return Err(error),
/// };
/// assert_eq!(number.get(), 0);
/// # Ok::<(), baremap::Error>(())
/// ```
#[derive(Debug)]
pub enum LockError<'a, T: Shared> {
    /// The last owner died; the lock is taken.
    OwnerDied(OwnerDied<'a, T>),
    /// The lock is not taken.
    Failed(Error),
}

impl<T: Shared> LockError<'_, T> {
    fn error(&self) -> Error {
        match self {
            LockError::OwnerDied(_) => Error::new(Operation::Mutex, Errno::EOWNERDEAD),
            LockError::Failed(error) => *error,
        }
    }
}

impl<T: Shared> From<LockError<'_, T>> for Error {
    fn from(error: LockError<'_, T>) -> Error {
        error.error()
    }
}

impl<T: Shared> fmt::Display for LockError<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error().fmt(f)
    }
}

impl<T: Shared + fmt::Debug> core::error::Error for LockError<'_, T> {}

impl<T: Shared + Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: Default> Default for Mutex<T, Private> {
    fn default() -> Self {
        Self::private(T::default())
    }
}

impl<T, S: Scope> fmt::Debug for Mutex<T, S> {
    /// The value may be somebody else's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutex").finish_non_exhaustive()
    }
}

impl<T: fmt::Debug, S: Scope> fmt::Debug for Guard<'_, T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: Shared> fmt::Debug for OwnerDied<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnerDied").finish_non_exhaustive()
    }
}
