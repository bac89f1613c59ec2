//! Something that happens once.

use baremap::Errno;
use baremap::sync::Event;
use core::ffi::c_int;

use crate::answer::{attempt, attempt_number};
use crate::pointer::value;
use crate::time::{bm_timespec_t, deadline};

/// A flag that others wait for, in memory that they share. Zeros are one that is not set.
#[allow(non_camel_case_types, reason = "as C has it")]
#[repr(C)]
pub struct bm_event_t {
    _opaque: u32,
}

static_assertions::assert_eq_size!(bm_event_t, Event);
static_assertions::assert_eq_align!(bm_event_t, Event);

/// # Errors
/// `EFAULT` (null), `EINVAL` (not aligned).
///
/// # Safety
/// It is there.
#[inline(always)]
unsafe fn inner<'a>(event: *mut bm_event_t) -> Result<&'a Event, Errno> {
    // SAFETY: the caller's promise; any bytes are one.
    unsafe { value(event.cast::<Event>()) }
}

mod set {
    use super::*;

    /// Sets it, and wakes all who wait. 0, or -EFAULT (null), -EINVAL (not aligned).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_event_set(event: *mut bm_event_t) -> c_int {
        // SAFETY: the caller's event.
        attempt(|| unsafe { inner(event) }.map(Event::set))
    }
}

mod reset {
    use super::*;

    /// Makes it one that is not set. 0, or -EFAULT (null), -EINVAL (not aligned).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_event_reset(event: *mut bm_event_t) -> c_int {
        // SAFETY: the caller's event.
        attempt(|| unsafe { inner(event) }.map(Event::reset))
    }
}

mod is_set {
    use super::*;

    /// Whether it is set: 1 or 0; or -EFAULT (null), -EINVAL (not aligned).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_event_is_set(event: *mut bm_event_t) -> c_int {
        // SAFETY: the caller's event.
        attempt_number(|| unsafe { inner(event) }.map(|event| event.is_set().into()))
    }
}

mod wait {
    use super::*;

    /// Waits until it is set, at most until a time of CLOCK_MONOTONIC; null is for ever.
    ///
    /// 0, or -ETIMEDOUT, -EFAULT (`event` is null), -EINVAL (not aligned, or no time).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_event_wait(event: *mut bm_event_t, until: *const bm_timespec_t) -> c_int {
        attempt(|| {
            // SAFETY: the caller's event and time.
            let (event, until) = unsafe { (inner(event)?, deadline(until)?) };
            match until {
                Some(until) => Ok(event.wait_until(until)?),
                None => {
                    event.wait();
                    Ok(())
                }
            }
        })
    }
}
