//! What C gives: pointers, which may be null, and lengths.

use baremap::Errno;
use core::ffi::{CStr, c_char, c_void};
use core::ptr::NonNull;
use core::slice;

/// An address as the register that holds it.
#[inline(always)]
pub(crate) fn address<T>(pointer: *const T) -> usize {
    pointer.expose_provenance()
}

/// Where something goes, or comes from.
///
/// # Errors
/// `EFAULT` (null).
#[inline(always)]
pub(crate) fn not_null<T>(pointer: *const T) -> Result<NonNull<T>, Errno> {
    NonNull::new(pointer.cast_mut()).ok_or(Errno::EFAULT)
}

/// A value that lies where C says.
///
/// # Errors
/// `EFAULT` (null), `EINVAL` (not aligned for the type).
///
/// # Safety
/// There is one, for as long as the reference is used.
#[inline(always)]
pub(crate) unsafe fn value<'a, T>(pointer: *const T) -> Result<&'a T, Errno> {
    let pointer = not_null(pointer)?;
    // SAFETY: not null and aligned; for the rest the caller answers.
    if pointer.is_aligned() { Ok(unsafe { pointer.as_ref() }) } else { Err(Errno::EINVAL) }
}

/// A text.
///
/// # Errors
/// `EFAULT` (null).
///
/// # Safety
/// It ends with a null, and stays as it is for as long as the reference is used.
#[inline(always)]
pub(crate) unsafe fn text<'a>(pointer: *const c_char) -> Result<&'a CStr, Errno> {
    // SAFETY: the caller's promise.
    not_null(pointer).map(|text| unsafe { CStr::from_ptr(text.as_ptr()) })
}

/// Bytes to be read. Where there are none, they may be anywhere.
///
/// # Errors
/// `EFAULT` (null), `EINVAL` (more than `PTRDIFF_MAX`).
///
/// # Safety
/// They are there, and stay as they are for as long as the slice is used.
#[inline(always)]
pub(crate) unsafe fn bytes<'a>(start: *const c_void, len: usize) -> Result<&'a [u8], Errno> {
    let start = range(start, len)?;
    // SAFETY: not null and not too long; for the rest the caller answers.
    Ok(unsafe { slice::from_raw_parts(start.as_ptr(), len) })
}

/// Bytes to be written, which C may have left without a value: to be written is all that is done with them.
///
/// # Errors
/// As [`bytes`].
///
/// # Safety
/// They are there, and nobody else uses them for as long as the slice is used.
#[inline(always)]
pub(crate) unsafe fn bytes_mut<'a>(start: *mut c_void, len: usize) -> Result<&'a mut [u8], Errno> {
    let start = range(start, len)?;
    // SAFETY: not null and not too long; for the rest the caller answers.
    Ok(unsafe { slice::from_raw_parts_mut(start.as_ptr(), len) })
}

/// Where a range of bytes begins, if it can be one.
///
/// # Errors
/// As [`bytes`].
#[inline(always)]
pub(crate) fn range(start: *const c_void, len: usize) -> Result<NonNull<u8>, Errno> {
    if len == 0 {
        return Ok(NonNull::dangling());
    }
    let start = not_null(start.cast())?;
    let fits = isize::try_from(len).is_ok() && start.addr().get().checked_add(len).is_some();
    if fits { Ok(start) } else { Err(Errno::EINVAL) }
}

/// Stores a number, for who wants to know it.
///
/// # Safety
/// `place` is null, or there is room for a number.
#[inline(always)]
pub(crate) unsafe fn give_if_wanted(place: *mut usize, number: usize) {
    if !place.is_null() {
        // SAFETY: the caller's promise.
        unsafe { place.write(number) };
    }
}

/// Stores where bytes begin, and how many they are, for who wants to know that.
///
/// # Errors
/// `EFAULT` (`place` is null).
///
/// # Safety
/// There is room for a pointer; `len` is null, or there is room for a number.
#[inline(always)]
pub(crate) unsafe fn give_range<T>(
    place: *mut *mut T,
    len: *mut usize,
    (start, count): (*mut T, usize),
) -> Result<(), Errno> {
    // SAFETY: the caller's promise.
    unsafe {
        not_null(place)?.write(start);
        give_if_wanted(len, count);
    }
    Ok(())
}
