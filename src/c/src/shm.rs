//! Named objects of shared memory, published whole, and found when their users are gone.

use baremap::fd::{AsFd, AsRawFd, IntoRawFd, OwnedFd};
use baremap::shm::{self, NAME_MAX, Object, ObjectOptions};
use baremap::sys::{Mode, OFlags};
use baremap::{Errno, Error, shared};
use core::ffi::{c_char, c_int, c_uint, c_void};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::answer::{attempt, attempt_number, verdict};
use crate::pointer::{give_range, text};
use crate::sealed::bm_fill_t;
use crate::storage::{Storage, label, lend, make, take};

/// An object that is open, until bm_shm_close.
#[allow(non_camel_case_types, reason = "as C has it")]
#[repr(C)]
pub struct bm_shm_t {
    _opaque: [u64; 16],
}

shared! {
    /// What stands before the bytes of an object of C's.
    pub(crate) struct Kind {
        /// The program's own number for what the bytes are.
        kind: AtomicU64,
    }
}

// SAFETY: integers.
unsafe impl Storage for bm_shm_t {
    type Value = Object<Kind>;
    const LABEL: u64 = label(b"bm_shm\0\x01");
}

/// What does something with a name: it goes on with 0.
#[allow(non_camel_case_types, reason = "as C has it")]
pub type bm_name_t = Option<unsafe extern "C" fn(name: *const c_char, context: *mut c_void) -> c_int>;

/// Calls with a name, behind which C wants a null.
#[inline(always)]
fn say(
    name: &[u8],
    each: unsafe extern "C" fn(*const c_char, *mut c_void) -> c_int,
    context: *mut c_void,
) -> c_int {
    let mut text = [0_u8; NAME_MAX + 1];
    // No directory has longer ones.
    for (place, &byte) in text[..NAME_MAX].iter_mut().zip(name) {
        *place = byte;
    }
    // SAFETY: the program's function, as it wants to be called.
    unsafe { each(text.as_ptr().cast(), context) }
}

/// What fills an object before anybody can find it.
#[inline(always)]
fn filler(
    kind: u64,
    fill: bm_fill_t,
    context: *mut c_void,
) -> impl FnMut(&Object<Kind>) -> Result<(), Error> {
    move |object| {
        object.kind.store(kind, Relaxed);
        let Some(fill) = fill else { return Ok(()) };
        let bytes = object.tail();
        // SAFETY: the program's function, as it wants to be called.
        verdict(unsafe { fill(bytes.as_mut_ptr().cast(), bytes.len(), context) }).map_err(Error::from)
    }
}

/// An object that is of the kind that was meant.
#[inline(always)]
fn checked(object: Object<Kind>, kind: u64) -> Result<Object<Kind>, Errno> {
    if object.kind.load(Relaxed) == kind { Ok(object) } else { Err(Errno::EINVAL) }
}

#[inline(always)]
fn options(size: usize) -> ObjectOptions {
    let mut options = ObjectOptions::new();
    options.tail(size);
    options
}

/// Puts an object into C's storage that `find` has by a name.
///
/// # Safety
/// The storage and the text are there, and nobody else uses the storage meanwhile.
#[inline(always)]
unsafe fn have(
    shm: *mut bm_shm_t,
    name: *const c_char,
    find: impl FnOnce(&[u8]) -> Result<Object<Kind>, Errno>,
) -> c_int {
    // SAFETY: the caller's promise.
    let object = || find(unsafe { text(name) }?.to_bytes());
    // SAFETY: as above.
    unsafe { make(shm, object) }
}

mod create {
    use super::*;

    /// Makes an object of `size` bytes, zeros at first, which `fill` fills (null: they stay zeros) before anybody can find it:
    /// whoever opens it finds it finished, or not at all. All its memory is set aside. `kind` is a number of the program's own for
    /// what the bytes are. The mode is 0600.
    ///
    /// `name` is that of a file in /dev/shm: 1 to 255 bytes without a slash; shm_open(3)'s "/name" is "name" here.
    ///
    /// 0, or what `fill` returned, a negated error (-ECANCELED for another number); -EEXIST (the name is taken), -ENOSPC, -EFAULT
    /// (`shm` or `name` is null), -EINVAL (name, size), -ENAMETOOLONG, -EACCES, -EFBIG, -EMFILE, -ENFILE, -ENOENT (no /dev/shm), -ENOMEM,
    /// -EROFS. Nothing is left behind after an error.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_shm_create(
        shm: *mut bm_shm_t,
        name: *const c_char,
        size: usize,
        kind: u64,
        fill: bm_fill_t,
        context: *mut c_void,
    ) -> c_int {
        // SAFETY: the caller's storage and text.
        unsafe { have(shm, name, |name| Ok(options(size).create(name, filler(kind, fill, context))?)) }
    }
}

mod open {
    use super::*;

    /// Opens an object that was made with the same size and kind.
    ///
    /// 0, or -ENOENT, -EACCES, -EINVAL (it is something else, or of another kind or size; name), -ELOOP (a symbolic link), -EBUSY
    /// (somebody keeps it locked as if to remove it), -EFAULT (`shm` or `name` is null), -ENAMETOOLONG, -EMFILE, -ENFILE,
    /// -ENOMEM.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_shm_open(
        shm: *mut bm_shm_t,
        name: *const c_char,
        size: usize,
        kind: u64,
    ) -> c_int {
        // SAFETY: the caller's storage and text.
        unsafe { have(shm, name, |name| checked(options(size).open(name)?, kind)) }
    }
}

mod open_or_create {
    use super::*;

    /// Opens an object, or makes it if it is not there. Of several processes that do, one makes it, and all have the same.
    /// `fill` may be called more than once, if others make and remove the object meanwhile.
    ///
    /// 0, or as `bm_shm_open` and `bm_shm_create`.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_shm_open_or_create(
        shm: *mut bm_shm_t,
        name: *const c_char,
        size: usize,
        kind: u64,
        fill: bm_fill_t,
        context: *mut c_void,
    ) -> c_int {
        let find =
            |name: &[u8]| checked(options(size).open_or_create(name, filler(kind, fill, context))?, kind);
        // SAFETY: the caller's storage and text.
        unsafe { have(shm, name, find) }
    }
}

mod address {
    use super::*;

    /// Stores in `*address` where the object's bytes are, at a multiple of 64, and in `*len`, unless `len` is null, how many.
    ///
    /// 0, or -EFAULT (`shm` or `address` is null), -EBADF (there is nothing in it).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_shm_address(
        shm: *const bm_shm_t,
        address: *mut *mut c_void,
        len: *mut usize,
    ) -> c_int {
        attempt(|| {
            // SAFETY: the caller's storage, and places for a pointer and a number.
            unsafe {
                let bytes = lend(shm)?.tail();
                give_range(address, len, (bytes.as_mut_ptr().cast(), bytes.len()))
            }
        })
    }
}

mod fd {
    use super::*;

    /// The descriptor of the object's file. It stays the library's.
    ///
    /// A descriptor, or -EFAULT (`shm` is null), -EBADF (there is nothing in it).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_shm_fd(shm: *const bm_shm_t) -> c_int {
        // SAFETY: the caller's storage.
        attempt_number(|| unsafe { lend(shm) }.map(|object| object.as_fd().as_raw_fd()))
    }
}

mod close {
    use super::*;

    /// Unmaps and closes the object; its name stays. 0, or -EFAULT (`shm` is null), -EBADF (there is nothing in it, or no more).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_shm_close(shm: *mut bm_shm_t) -> c_int {
        // SAFETY: the caller's storage, and nobody uses the bytes any more.
        attempt(|| unsafe { take(shm) }.map(drop))
    }
}

mod unlink {
    use super::*;

    /// Removes a name, whatever has it and whoever uses that.
    ///
    /// 0, or -ENOENT, -EACCES, -EPERM, -EFAULT (null), -EINVAL (name), -ENAMETOOLONG, -EROFS.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_shm_unlink(name: *const c_char) -> c_int {
        // SAFETY: the caller's text.
        attempt(|| Ok(shm::unlink(unsafe { text(name) }?.to_bytes())?))
    }
}

mod remove_unused {
    use super::*;

    /// Removes the name of an object that nobody uses, because all who did have closed it or were killed.
    ///
    /// 1 if it did, 0 if somebody uses it; or -ENOENT, -EINVAL (not an object of `bm_shm_create`; name), -EACCES, -EPERM, -EBUSY,
    /// -EFAULT (null), -ENAMETOOLONG.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_shm_remove_unused(name: *const c_char) -> c_int {
        // SAFETY: the caller's text.
        attempt_number(|| Ok(shm::remove_unused(unsafe { text(name) }?.to_bytes())?.into()))
    }
}

mod open_file {
    use super::*;

    /// Opens or makes a bare file in /dev/shm, as shm_open(3) does: `flags` are BM_O_RDWR, BM_O_CREAT and their kin, BM_O_CLOEXEC
    /// and BM_O_NOFOLLOW are added.
    ///
    /// A descriptor, or -EACCES, -EEXIST, -EFAULT (null), -EINVAL (name), -ELOOP, -EMFILE, -ENAMETOOLONG, -ENFILE, -ENOENT,
    /// -ENOSPC, -EROFS.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_shm_open_file(name: *const c_char, flags: c_int, mode: c_uint) -> c_int {
        attempt_number(|| {
            // SAFETY: the caller's text.
            let name = unsafe { text(name) }?.to_bytes();
            let (flags, mode) = (OFlags::from_bits_retain(flags as u32), Mode::from_bits_retain(mode));
            Ok(OwnedFd::from(shm::open_with(name, flags, mode)?).into_raw_fd())
        })
    }
}

mod list {
    use super::*;

    /// Calls `each` with every name in /dev/shm that is one of a regular file, until it returns something else than 0. The name
    /// is there until it returns.
    ///
    /// What `each` returned last, or -ENOENT (no /dev/shm), -EFAULT (`each` is null), -EMFILE, -ENFILE, -ENOMEM.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_shm_list(each: bm_name_t, context: *mut c_void) -> c_int {
        attempt_number(|| {
            let each = each.ok_or(Errno::EFAULT)?;
            let mut list = shm::list()?;
            while let Some(name) = list.next()? {
                match say(name, each, context) {
                    0 => {}
                    answer => return Ok(answer),
                }
            }
            Ok(0)
        })
    }
}

mod remove_all_unused {
    use super::*;

    /// Removes all objects that nobody uses and for whose names `pick` returns something else than 0: those that crashed programs
    /// of one's own have left behind. What is no object, and what may not be removed, is passed over.
    ///
    /// How many, or -ENOENT (no /dev/shm), -EFAULT (`pick` is null), -EMFILE, -ENFILE, -ENOMEM.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_shm_remove_all_unused(pick: bm_name_t, context: *mut c_void) -> c_int {
        attempt_number(|| {
            let pick = pick.ok_or(Errno::EFAULT)?;
            let removed = shm::remove_all_unused(|name| say(name, pick, context) != 0)?;
            Ok(c_int::try_from(removed).unwrap_or(c_int::MAX))
        })
    }
}
