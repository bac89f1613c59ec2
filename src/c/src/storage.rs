//! Values of Rust's in storage of C's.
//!
//! C declares `bm_map_t map;` and hands its address in. A value is put there behind a label that says of which kind it is; the
//! label goes when the value does. So memory of zeros, what was closed already, and another kind's storage are
//! `EBADF`, as a descriptor would be.

use baremap::Errno;
use core::ffi::c_int;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use crate::answer::attempt;
use crate::pointer::not_null;

/// A type that C sees, and what lies in it.
///
/// # Safety
/// It consists of plain integers, so that any bytes are a value of it.
pub(crate) unsafe trait Storage: Sized {
    /// What lies in it.
    type Value;
    /// A number that no other kind has, and that is neither 0 nor likely by chance.
    const LABEL: u64;
}

/// A label out of a name.
pub(crate) const fn label(name: &[u8; 8]) -> u64 {
    u64::from_be_bytes(*name)
}

#[repr(C)]
struct Slot<T> {
    label: u64,
    value: MaybeUninit<T>,
}

/// Checks that a value can be there.
///
/// # Errors
/// `EFAULT` (null), `EINVAL` (not aligned).
#[inline(always)]
fn place<S: Storage>(storage: *const S) -> Result<NonNull<Slot<S::Value>>, Errno> {
    const {
        assert!(size_of::<Slot<S::Value>>() <= size_of::<S>(), "the storage in C is too small for the value");
        assert!(align_of::<Slot<S::Value>>() <= align_of::<S>(), "the storage in C is not aligned enough");
    }
    let storage = not_null(storage)?;
    if storage.is_aligned() { Ok(storage.cast()) } else { Err(Errno::EINVAL) }
}

/// Makes a value and puts it there; 0 for C. Where it cannot be put, it is not made.
///
/// # Errors
/// Negated: `EFAULT` (null), `EINVAL` (not aligned), and those of `value`.
///
/// # Safety
/// The storage is there, and nobody else uses it meanwhile.
#[inline(always)]
pub(crate) unsafe fn make<S: Storage>(
    storage: *mut S,
    value: impl FnOnce() -> Result<S::Value, Errno>,
) -> c_int {
    attempt(|| {
        let place = place(storage)?;
        let slot = Slot { label: S::LABEL, value: MaybeUninit::new(value()?) };
        // SAFETY: large enough and aligned, as was checked; for the rest the caller answers.
        unsafe { place.write(slot) };
        Ok(())
    })
}

/// The value that lies there.
///
/// # Errors
/// `EFAULT` (null), `EINVAL` (not aligned), `EBADF` (there is none).
///
/// # Safety
/// The storage is there; what lies in it was put there by [`make`] or by nobody, and is not taken away for as long as
/// the reference is used.
#[inline(always)]
pub(crate) unsafe fn lend<'a, S: Storage>(storage: *const S) -> Result<&'a S::Value, Errno> {
    // SAFETY: the label says that there is a value.
    unsafe { find(storage).map(|slot| slot.as_ref().value.assume_init_ref()) }
}

/// The value that lies there, for one who changes it.
///
/// # Errors
/// As [`lend`].
///
/// # Safety
/// As [`lend`]; nobody else uses the value meanwhile.
#[inline(always)]
pub(crate) unsafe fn lend_mut<'a, S: Storage>(storage: *mut S) -> Result<&'a mut S::Value, Errno> {
    // SAFETY: the label says that there is a value; it is the caller's alone.
    unsafe { find(storage).map(|mut slot| slot.as_mut().value.assume_init_mut()) }
}

/// Takes the value out of the storage.
///
/// # Errors
/// As [`lend`].
///
/// # Safety
/// As [`lend_mut`].
#[inline(always)]
pub(crate) unsafe fn take<S: Storage>(storage: *mut S) -> Result<S::Value, Errno> {
    // SAFETY: the label says that there is a value, and from now on it says that there is none.
    unsafe {
        let slot = find(storage)?.as_mut();
        slot.label = 0;
        Ok(slot.value.assume_init_read())
    }
}

/// # Safety
/// The storage is there.
#[inline(always)]
unsafe fn find<S: Storage>(storage: *const S) -> Result<NonNull<Slot<S::Value>>, Errno> {
    let slot = place(storage)?;
    // SAFETY: checked, and there; any bytes are a label.
    let label = unsafe { (*slot.as_ptr()).label };
    if label == S::LABEL { Ok(slot) } else { Err(Errno::EBADF) }
}
