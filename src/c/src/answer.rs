//! What C gets for an answer: a number that is not negative, or a negated error number.

use baremap::Errno;
use core::ffi::c_int;

/// Whether a system call returned an error: the last 4,095 values are error numbers, negated.
#[inline(always)]
pub(crate) const fn is_error(result: usize) -> bool {
    result > usize::MAX - 4095
}

/// What a system call returned, which is such a number already.
#[inline(always)]
pub(crate) const fn status(result: usize) -> c_int {
    result as c_int
}

/// The same for calls that count bytes.
#[inline(always)]
pub(crate) const fn count(result: usize) -> isize {
    result as isize
}

/// Does something that gives nothing: 0 is for success.
#[inline(always)]
pub(crate) fn attempt(work: impl FnOnce() -> Result<(), Errno>) -> c_int {
    attempt_number(|| work().map(|()| 0))
}

/// Does something that gives a number of its own, which is not negative.
#[inline(always)]
pub(crate) fn attempt_number(work: impl FnOnce() -> Result<c_int, Errno>) -> c_int {
    work().unwrap_or_else(negated)
}

/// Does something that gives a count. One that C cannot have is not reached: a process has no more bytes.
#[inline(always)]
pub(crate) fn attempt_count(work: impl FnOnce() -> Result<usize, Errno>) -> isize {
    match work() {
        Ok(count) => isize::try_from(count).unwrap_or(isize::MAX),
        Err(errno) => negated(errno) as isize,
    }
}

/// An error as C gets it.
#[inline(always)]
pub(crate) const fn negated(errno: Errno) -> c_int {
    -errno.raw_os_error()
}

/// An error as C gives it: what a function of the program's returned that may refuse.
///
/// # Errors
/// The negated number; `ECANCELED` for what is no error number.
pub(crate) fn verdict(answer: c_int) -> Result<(), Errno> {
    match answer {
        0 => Ok(()),
        number => Err(Errno::from_raw_os_error(number.wrapping_neg()).unwrap_or(Errno::ECANCELED)),
    }
}
