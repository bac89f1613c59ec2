//! Error numbers as text.

use baremap::Errno;
use core::ffi::{c_char, c_int};

use crate::answer::attempt_number;
use crate::pointer::bytes_mut;

/// Copies a text to the start of a buffer, with a null behind it, and says how long it is.
///
/// # Errors
/// `EFAULT` (null), `ERANGE` (no room).
///
/// # Safety
/// The buffer is there.
#[inline(always)]
unsafe fn put(text: &str, buffer: *mut c_char, size: usize) -> Result<c_int, Errno> {
    // SAFETY: the caller's promise.
    let buffer = unsafe { bytes_mut(buffer.cast(), size) }?;
    let (place, rest) = buffer.split_at_mut_checked(text.len()).ok_or(Errno::ERANGE)?;
    let end = rest.first_mut().ok_or(Errno::ERANGE)?;
    place.copy_from_slice(text.as_bytes());
    *end = 0;
    Ok(c_int::try_from(text.len()).unwrap_or(c_int::MAX))
}

/// The error of a number, negated or not.
#[inline(always)]
fn error(number: c_int) -> Result<Errno, Errno> {
    let number = i32::try_from(number.unsigned_abs()).unwrap_or(0);
    Errno::from_raw_os_error(number).ok_or(Errno::EINVAL)
}

mod name {
    use super::*;

    /// Stores the name of an error, such as "ENOENT" for -2 or 2, in `text`, with a null behind it.
    ///
    /// Its length, or -EINVAL (no such error), -ERANGE (`size` is too small; 32 is enough), -EFAULT (null).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_error_name(number: c_int, text: *mut c_char, size: usize) -> c_int {
        // SAFETY: the caller's buffer.
        attempt_number(|| unsafe { put(error(number)?.name().ok_or(Errno::EINVAL)?, text, size) })
    }
}

mod sentence {
    use super::*;

    /// Stores what an error means, such as "No such file or directory" for -2 or 2, in `text`, with a null behind it.
    ///
    /// Its length, or -EINVAL (no such error), -ERANGE (`size` is too small; 64 is enough), -EFAULT (null).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_error_text(number: c_int, text: *mut c_char, size: usize) -> c_int {
        // SAFETY: the caller's buffer.
        attempt_number(|| unsafe { put(error(number)?.sentence(), text, size) })
    }
}
