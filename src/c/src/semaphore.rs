//! A number of permits.

use baremap::Errno;
use baremap::sync::Semaphore;
use core::ffi::{c_int, c_uint};

use crate::answer::{attempt, attempt_number};
use crate::pointer::value;
use crate::time::{bm_timespec_t, deadline};

/// Permits that are taken and given back, by whomever, in memory that they share. Zeros are one without permits: give it its
/// first ones by bm_semaphore_release.
#[allow(non_camel_case_types, reason = "as C has it")]
#[repr(C)]
pub struct bm_semaphore_t {
    _opaque: u32,
}

static_assertions::assert_eq_size!(bm_semaphore_t, Semaphore);
static_assertions::assert_eq_align!(bm_semaphore_t, Semaphore);

/// # Errors
/// `EFAULT` (null), `EINVAL` (not aligned).
///
/// # Safety
/// It is there.
#[inline(always)]
unsafe fn inner<'a>(semaphore: *mut bm_semaphore_t) -> Result<&'a Semaphore, Errno> {
    // SAFETY: the caller's promise; any bytes are one.
    unsafe { value(semaphore.cast::<Semaphore>()) }
}

mod release {
    use super::*;

    /// Gives so many permits, and wakes as many who wait.
    ///
    /// 0, or -EOVERFLOW (more than 2147483647; none was given), -EFAULT (null), -EINVAL (not aligned).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_semaphore_release(semaphore: *mut bm_semaphore_t, permits: c_uint) -> c_int {
        // SAFETY: the caller's semaphore.
        attempt(|| Ok(unsafe { inner(semaphore) }?.release(permits)?))
    }
}

mod acquire {
    use super::*;

    /// Takes a permit, and waits for one, at most until a time of CLOCK_MONOTONIC; null is for ever.
    ///
    /// 0, or -ETIMEDOUT, -EFAULT (`semaphore` is null), -EINVAL (not aligned, or no time).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_semaphore_acquire(
        semaphore: *mut bm_semaphore_t,
        until: *const bm_timespec_t,
    ) -> c_int {
        attempt(|| {
            // SAFETY: the caller's semaphore and time.
            let (semaphore, until) = unsafe { (inner(semaphore)?, deadline(until)?) };
            match until {
                Some(until) => Ok(semaphore.acquire_until(until)?),
                None => {
                    semaphore.acquire();
                    Ok(())
                }
            }
        })
    }
}

mod try_acquire {
    use super::*;

    /// Takes a permit, if there is one. 0, or -EAGAIN (there is none), -EFAULT (null), -EINVAL (not aligned).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_semaphore_try_acquire(semaphore: *mut bm_semaphore_t) -> c_int {
        // SAFETY: the caller's semaphore.
        attempt(|| match unsafe { inner(semaphore) }?.try_acquire() {
            true => Ok(()),
            false => Err(Errno::EAGAIN),
        })
    }
}

mod permits {
    use super::*;

    /// The permits that are left at this moment; or -EFAULT (null), -EINVAL (not aligned).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_semaphore_permits(semaphore: *mut bm_semaphore_t) -> c_int {
        // SAFETY: the caller's semaphore.
        let permits = || unsafe { inner(semaphore) }.map(Semaphore::permits);
        attempt_number(|| Ok(c_int::try_from(permits()?).unwrap_or(c_int::MAX)))
    }
}
