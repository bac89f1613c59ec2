//! A lock that survives its owner.

use baremap::Errno;
use baremap::share::PlainCell;
use baremap::sync::{Guard, LockError, Mutex};
use core::ffi::c_int;
use core::mem;

use crate::answer::attempt;
use crate::pointer::value;
use crate::time::{bm_timespec_t, deadline};

/// A lock among processes, in memory that they share, or among threads. Zeros are one that nobody has; there is nothing to
/// destroy. The memory stays mapped, at the same address, as long as the lock is held.
#[allow(non_camel_case_types, reason = "as C has it")]
#[repr(C)]
pub struct bm_mutex_t {
    _opaque: [u64; 8],
}

/// What lies in it. The value is the owner's: [`DOUBTFUL`] if the owner before has died, until what the lock protects was marked
/// consistent.
type Inner = Mutex<PlainCell<u64>>;
const DOUBTFUL: u64 = 1;

const _: () = assert!(size_of::<Inner>() <= size_of::<bm_mutex_t>());
const _: () = assert!(align_of::<Inner>() <= align_of::<bm_mutex_t>());

/// The lock in C's memory, of which any bytes are one.
///
/// # Errors
/// `EFAULT` (null), `EINVAL` (not aligned).
///
/// # Safety
/// It is there until it is unlocked.
#[inline(always)]
unsafe fn inner<'a>(mutex: *mut bm_mutex_t) -> Result<&'a Inner, Errno> {
    // SAFETY: the caller's promise; large enough, and the value is shared, so that any bytes do.
    unsafe { value(mutex.cast::<Inner>()) }
}

/// Keeps the lock for C, which has no guards.
#[inline(always)]
fn keep(locked: Result<Guard<'_, PlainCell<u64>>, LockError<'_, PlainCell<u64>>>) -> Result<(), Errno> {
    match locked {
        Ok(guard) => {
            mem::forget(guard);
            Ok(())
        }
        Err(LockError::OwnerDied(died)) => {
            let guard = died.mark_consistent();
            guard.set(DOUBTFUL);
            mem::forget(guard);
            Err(Errno::EOWNERDEAD)
        }
        Err(LockError::Failed(error)) => Err(error.into()),
    }
}

mod lock {
    use super::*;

    /// Takes the lock, and waits for it.
    ///
    /// 0; -EOWNERDEAD: the lock is taken, but its last owner died while it had it: look over what the lock protects, mend it, and
    /// say so by `bm_mutex_consistent` before `bm_mutex_unlock`, or else nobody gets the lock any more. Not taken: -EDEADLK (this
    /// thread has it), -ENOTRECOVERABLE (an owner died, and the next one did not say that it had mended it), -EFAULT (null),
    /// -EINVAL (not aligned).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_mutex_lock(mutex: *mut bm_mutex_t) -> c_int {
        // SAFETY: the caller's lock.
        attempt(|| keep(unsafe { inner(mutex) }?.lock()))
    }
}

mod lock_until {
    use super::*;

    /// Takes the lock, and waits for it at most until a time of CLOCK_MONOTONIC, see `bm_deadline_after`; null is for ever.
    ///
    /// As `bm_mutex_lock`; -ETIMEDOUT. Where there are no robust lists (QEMU's user mode, musl), a dead owner is looked for every tenth
    /// of a second, and not by who waits for less: ask `bm_mutex_try_lock` then.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_mutex_lock_until(
        mutex: *mut bm_mutex_t,
        until: *const bm_timespec_t,
    ) -> c_int {
        attempt(|| {
            // SAFETY: the caller's lock and time.
            let (mutex, until) = unsafe { (inner(mutex)?, deadline(until)?) };
            keep(match until {
                Some(until) => mutex.lock_until(until),
                None => mutex.lock(),
            })
        })
    }
}

mod try_lock {
    use super::*;

    /// Takes the lock, if nobody has it.
    ///
    /// As `bm_mutex_lock`; -EBUSY (somebody has it).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_mutex_try_lock(mutex: *mut bm_mutex_t) -> c_int {
        // SAFETY: the caller's lock.
        attempt(|| keep(unsafe { inner(mutex) }?.try_lock()))
    }
}

mod unlock {
    use super::*;

    /// Gives the lock up. After -EOWNERDEAD without `bm_mutex_consistent`, nobody gets it any more.
    ///
    /// 0, or -EPERM (this thread does not have it; a forked child has none of its parent's), -EFAULT (null), -EINVAL (not
    /// aligned).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_mutex_unlock(mutex: *mut bm_mutex_t) -> c_int {
        // SAFETY: the caller's lock; what `keep` got was forgotten, and so is the first guard before the second one is made.
        attempt(|| unsafe {
            let mutex = inner(mutex)?;
            let guard = mutex.guard_again(false).map_err(|_| Errno::EPERM)?;
            if guard.get() == DOUBTFUL {
                mem::forget(guard);
                drop(mutex.guard_again(true));
            }
            Ok(())
        })
    }
}

mod consistent {
    use super::*;

    /// Says that what the lock protects is as it should be, after -EOWNERDEAD.
    ///
    /// 0, or -EINVAL (there was nothing to be said; not aligned), -EPERM (this thread does not have the lock), -EFAULT (null).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_mutex_consistent(mutex: *mut bm_mutex_t) -> c_int {
        attempt(|| {
            // SAFETY: the caller's lock; what `keep` got was forgotten.
            let guard = unsafe { inner(mutex)?.guard_again(false) };
            let guard = mem::ManuallyDrop::new(guard.map_err(|_| Errno::EPERM)?);
            if guard.get() != DOUBTFUL {
                return Err(Errno::EINVAL);
            }
            guard.set(0);
            Ok(())
        })
    }
}
