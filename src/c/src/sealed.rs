//! Files in memory that nobody can change any more.

use baremap::fd::{AsFd, AsRawFd};
use baremap::{Error, SealedMap};
use core::ffi::{c_int, c_void};

use crate::answer::{attempt, attempt_number, verdict};
use crate::descriptor;
use crate::pointer::{bytes, give_range};
use crate::storage::{Storage, label, lend, make, take};

/// A sealed file and its map, until bm_sealed_close.
#[allow(non_camel_case_types, reason = "as C has it")]
#[repr(C)]
pub struct bm_sealed_t {
    _opaque: [u64; 16],
}

// SAFETY: integers.
unsafe impl Storage for bm_sealed_t {
    type Value = SealedMap;
    const LABEL: u64 = label(b"bm_seal\x01");
}

/// Fills memory, zeros at first, that nobody else can find yet. 0, or a negated error number, which the caller then gets.
#[allow(non_camel_case_types, reason = "as C has it")]
pub type bm_fill_t =
    Option<unsafe extern "C" fn(bytes: *mut c_void, len: usize, context: *mut c_void) -> c_int>;

mod new {
    use super::*;

    /// Makes a sealed file of a copy of these bytes.
    ///
    /// 0, or -EFAULT (a pointer is null), -EINVAL (`len` is above PTRDIFF_MAX), -EFBIG, -EMFILE, -ENFILE, -ENOMEM, -ENOSPC.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_sealed_new(
        sealed: *mut bm_sealed_t,
        from: *const c_void,
        len: usize,
    ) -> c_int {
        // SAFETY: the caller's bytes.
        let value = || Ok(SealedMap::new(unsafe { bytes(from, len) }?)?);
        // SAFETY: the caller's storage.
        unsafe { make(sealed, value) }
    }
}

mod build {
    use super::*;

    /// Makes a sealed file of `len` bytes, which `fill` fills.
    ///
    /// 0, or what `fill` returned, a negated error (-ECANCELED for another number); -EFAULT (a pointer is
    /// null), -EFBIG, -EMFILE, -ENFILE, -ENOMEM, -EBUSY (`fill` has left a map of the file behind).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_sealed_build(
        sealed: *mut bm_sealed_t,
        len: usize,
        fill: bm_fill_t,
        context: *mut c_void,
    ) -> c_int {
        let value = || {
            let fill = fill.ok_or(baremap::Errno::EFAULT)?;
            Ok(SealedMap::build(len, |bytes| {
                // SAFETY: the program's function, as it wants to be called.
                verdict(unsafe { fill(bytes.as_mut_ptr().cast(), bytes.len(), context) }).map_err(Error::from)
            })?)
        };
        // SAFETY: the caller's storage.
        unsafe { make(sealed, value) }
    }
}

mod seal {
    use super::*;

    /// Seals a file in memory for good, and maps it. The descriptor stays the caller's.
    ///
    /// 0, or -EBUSY (there is a map by which it may be written), -EINVAL (not a file in memory), -EPERM (not open for writing,
    /// or it takes no more seals), -EBADF, -EFAULT (`sealed` is null), -EMFILE, -ENOMEM.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_sealed_seal(sealed: *mut bm_sealed_t, fd: c_int) -> c_int {
        // SAFETY: the caller has the descriptor.
        let value = || Ok(SealedMap::seal(unsafe { descriptor::borrow(fd) }?)?);
        // SAFETY: the caller's storage.
        unsafe { make(sealed, value) }
    }
}

mod open {
    use super::*;

    /// Maps a file that somebody else has sealed; who that is need not be trusted. The descriptor stays the caller's.
    ///
    /// 0, or -EPERM (it may change or shrink), -EBADF, -EACCES, -EFAULT (`sealed` is null), -EMFILE, -ENODEV, -ENOMEM.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_sealed_open(sealed: *mut bm_sealed_t, fd: c_int) -> c_int {
        // SAFETY: the caller has the descriptor.
        let value = || Ok(SealedMap::open(unsafe { descriptor::borrow(fd) }?)?);
        // SAFETY: the caller's storage.
        unsafe { make(sealed, value) }
    }
}

mod snapshot {
    use super::*;

    /// Makes a sealed file of what can be read from a descriptor: a file from its start, a pipe up to its end.
    ///
    /// 0, or -EBADF, -EISDIR, -EAGAIN, -EFAULT (`sealed` is null), -EMFILE, -ENFILE, -ENOMEM and others of read(2).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_sealed_snapshot(sealed: *mut bm_sealed_t, fd: c_int) -> c_int {
        // SAFETY: the caller has the descriptor.
        let value = || Ok(SealedMap::snapshot_of(unsafe { descriptor::borrow(fd) }?)?);
        // SAFETY: the caller's storage.
        unsafe { make(sealed, value) }
    }
}

mod address {
    use super::*;

    /// Stores in `*address` where the bytes are, and in `*len`, unless `len` is null, how many. They never change.
    ///
    /// 0, or -EFAULT (`sealed` or `address` is null), -EBADF (there is nothing in it).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_sealed_address(
        sealed: *const bm_sealed_t,
        address: *mut *const c_void,
        len: *mut usize,
    ) -> c_int {
        attempt(|| {
            // SAFETY: the caller's storage, and places for a pointer and a number.
            unsafe {
                let sealed = lend(sealed)?;
                give_range(address.cast(), len, (sealed.as_ptr().cast_mut(), sealed.len()))
            }
        })
    }
}

mod fd {
    use super::*;

    /// The descriptor of the sealed file, to be handed to other processes. It stays the library's.
    ///
    /// A descriptor, or -EFAULT (`sealed` is null), -EBADF (there is nothing in it).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_sealed_fd(sealed: *const bm_sealed_t) -> c_int {
        // SAFETY: the caller's storage.
        attempt_number(|| unsafe { lend(sealed) }.map(|sealed| sealed.as_fd().as_raw_fd()))
    }
}

mod close {
    use super::*;

    /// Unmaps and closes it. 0, or -EFAULT (`sealed` is null), -EBADF (there is nothing in it, or no more).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_sealed_close(sealed: *mut bm_sealed_t) -> c_int {
        // SAFETY: the caller's storage, and nobody uses the bytes any more.
        attempt(|| unsafe { take(sealed) }.map(drop))
    }
}
