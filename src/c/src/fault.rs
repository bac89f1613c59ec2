//! Copies that end with an error where a plain copy would end the process.

use baremap::map::{ReadOnly, ReadWrite};
use baremap::{Errno, Error, Reason, SharedBytes};
use core::ffi::{c_int, c_void};

use crate::answer::attempt;
use crate::pointer::{bytes, bytes_mut, give_if_wanted, range};

/// Says how far a copy of `len` bytes came, to who wants to know.
///
/// # Safety
/// `copied` is null, or there is room for a number.
#[inline(always)]
pub(crate) unsafe fn report(result: Result<(), Error>, len: usize, copied: *mut usize) -> Result<(), Errno> {
    let count = match result.map_err(Error::reason) {
        Ok(()) => len,
        Err(Reason::Fault { copied }) => copied,
        Err(_) => 0,
    };
    // SAFETY: the caller's promise.
    unsafe { give_if_wanted(copied, count) };
    Ok(result?)
}

/// Bytes that may change or go away.
///
/// # Errors
/// Those of [`range`].
///
/// # Safety
/// Nobody maps something else there meanwhile.
#[inline(always)]
unsafe fn lend<'a, A: baremap::map::Access>(
    start: *const c_void,
    len: usize,
) -> Result<&'a SharedBytes<A>, Errno> {
    let start = range(start, len)?;
    // SAFETY: not null, not too long; for the rest the caller answers.
    Ok(unsafe { SharedBytes::from_raw_parts(start.as_ptr(), len) })
}

mod install {
    use super::*;

    /// Puts a handler in for SIGBUS and SIGSEGV, for all threads, by which the copies below cost what memcpy(3) does; without
    /// it the kernel copies, which costs a system call or more. Once more is no error.
    ///
    /// A fault that is not one of these copies goes on to what was there before: another handler, or the default, which ends
    /// the process. This and `bm_fault_uninstall` are the only functions that change something of the whole process.
    ///
    /// 0, or -EBUSY (it is in already, and somebody has put another one over it).
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_fault_install() -> c_int {
        attempt(|| Ok(baremap::fault::install()?))
    }
}

mod uninstall {
    use super::*;

    /// Takes the handler out, and puts back what was there. No other thread may be in one of the copies.
    ///
    /// 0, or -ENOENT (it is not in), -EBUSY (somebody has put another one over it).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_fault_uninstall() -> c_int {
        // SAFETY: the caller's promise about other threads.
        attempt(|| Ok(unsafe { baremap::fault::uninstall() }?))
    }
}

mod is_installed {
    use super::*;

    /// Whether the handler is in, with nobody over it: 1 or 0.
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_fault_is_installed() -> c_int {
        baremap::fault::is_installed().into()
    }
}

mod read {
    use super::*;

    /// Copies `len` bytes from memory that may go away, a map of a file that somebody shortens for instance, to memory of the
    /// program's own. The two do not overlap. How many bytes have arrived is stored in `*copied`, unless that is null: after an
    /// error those before the missing page.
    ///
    /// 0, or -EFAULT (a page is gone; a pointer is null), -EINVAL (`len` is above PTRDIFF_MAX, or goes around the end of the address
    /// space).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_fault_read(
        to: *mut c_void,
        from: *const c_void,
        len: usize,
        copied: *mut usize,
    ) -> c_int {
        attempt(|| {
            // SAFETY: the caller's memory, and a copy that bears it if the other one goes.
            unsafe {
                let (to, from) = (bytes_mut(to, len)?, lend::<ReadOnly>(from, len)?);
                report(from.read_at(0, to), len, copied)
            }
        })
    }
}

mod write {
    use super::*;

    /// Copies `len` bytes of the program's own to memory that may go away. As `bm_fault_read`.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_fault_write(
        to: *mut c_void,
        from: *const c_void,
        len: usize,
        copied: *mut usize,
    ) -> c_int {
        attempt(|| {
            // SAFETY: the caller's memory, and a copy that bears it if the other one goes.
            unsafe {
                let (to, from) = (lend::<ReadWrite>(to, len)?, bytes(from, len)?);
                report(to.write_at(0, from), len, copied)
            }
        })
    }
}

mod copy {
    use super::*;

    /// Copies `len` bytes between two ranges that may both go away. As `bm_fault_read`.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_fault_copy(
        to: *mut c_void,
        from: *const c_void,
        len: usize,
        copied: *mut usize,
    ) -> c_int {
        attempt(|| {
            // SAFETY: a copy that bears it if the memory goes; both are the caller's to read and write.
            unsafe {
                let (to, from) = (lend::<ReadWrite>(to, len)?, lend::<ReadOnly>(from, len)?);
                report(from.copy_to(0, to, 0, len), len, copied)
            }
        })
    }
}
