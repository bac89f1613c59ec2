//! Maps of files, and of memory that forked children share: checked ranges, and copies that bear a file that shrinks.

use baremap::map::{CopyOnWrite, MapOptions, ReadOnly, ReadWrite};
use baremap::{Errno, File, FileMap, SharedMap};
use core::ffi::{c_int, c_void};
use core::mem;

use crate::answer::attempt;
use crate::descriptor;
use crate::fault::report;
use crate::pointer::{bytes, bytes_mut, give_range};
use crate::storage::{Storage, label, lend, lend_mut, make, take};

/// A map that unmaps itself by bm_map_unmap. Declare one and hand its address in; what is in it is the library's.
#[allow(non_camel_case_types, reason = "as C has it")]
#[repr(C)]
pub struct bm_map_t {
    _opaque: [u64; 16],
}

/// What may lie in it.
pub(crate) enum Map {
    Read(FileMap<ReadOnly>),
    Write(FileMap<ReadWrite>),
    Copy(FileMap<CopyOnWrite>),
    Shared(SharedMap),
}

// SAFETY: integers.
unsafe impl Storage for bm_map_t {
    type Value = Map;
    const LABEL: u64 = label(b"bm_map\0\x01");
}

/// For loads only.
pub const BM_READ_ONLY: c_int = 0;
/// For loads and stores, which reach the file.
pub const BM_READ_WRITE: c_int = 1;
/// For loads and stores, which stay in this process.
pub const BM_COPY_ON_WRITE: c_int = 2;
/// In place of a length: up to the end.
pub const BM_TO_END: usize = usize::MAX;

impl Map {
    #[inline(always)]
    fn range(&self) -> (*const u8, usize) {
        match self {
            Map::Read(map) => (map.as_ptr(), map.len()),
            Map::Write(map) => (map.as_ptr(), map.len()),
            Map::Copy(map) => (map.as_ptr(), map.len()),
            Map::Shared(map) => (map.as_ptr(), map.len()),
        }
    }
}

mod file {
    use super::*;

    /// Maps `len` bytes of a file from `offset`, which need not be multiples of the page size, or with BM_TO_END all from
    /// there; `access` is BM_READ_ONLY, BM_READ_WRITE or BM_COPY_ON_WRITE. A length of 0 is a map too. The descriptor may be
    /// closed afterwards.
    ///
    /// 0, or -EFAULT (`map` is null), -EBADF, -EACCES (the descriptor is not open for that), -EINVAL (`access`, or a range that
    /// ends after the file), -ENODEV (no regular file), -ENOMEM, -EAGAIN, -EPERM (sealed). The kernel is not asked for a map of no
    /// bytes, which files of /proc have: then what the descriptor is open for is not looked at.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_map_file(
        map: *mut bm_map_t,
        fd: c_int,
        access: c_int,
        offset: u64,
        len: usize,
    ) -> c_int {
        let value = || {
            // SAFETY: the caller has the descriptor.
            let file = unsafe { descriptor::borrow(fd) }?;
            let options = MapOptions::new().offset(offset);
            let options = if len == BM_TO_END { options } else { options.len(len) };
            let map = match access {
                BM_READ_ONLY => Map::Read(options.map(file)?),
                BM_READ_WRITE => Map::Write(options.map_mut(file)?),
                BM_COPY_ON_WRITE => Map::Copy(options.map_copy(file)?),
                _ => return Err(Errno::EINVAL),
            };
            Ok(map)
        };
        // SAFETY: the caller's storage.
        unsafe { make(map, value) }
    }
}

mod shared {
    use super::*;

    /// Maps `len` bytes of zeros that this process shares with the children that it forks from now on.
    ///
    /// 0, or -EFAULT (`map` is null), -ENOMEM.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_map_shared(map: *mut bm_map_t, len: usize) -> c_int {
        let value = || {
            let map = Map::Shared(SharedMap::new(len)?);
            Ok(map)
        };
        // SAFETY: the caller's storage.
        unsafe { make(map, value) }
    }
}

mod unmap {
    use super::*;

    /// Unmaps the map, exactly.
    ///
    /// 0, or -EFAULT (`map` is null), -EBADF (there is no map in it, or no more).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_map_unmap(map: *mut bm_map_t) -> c_int {
        // SAFETY: the caller's storage, and nobody uses the map any more.
        attempt(|| unsafe { take(map) }.map(drop))
    }
}

mod address {
    use super::*;

    /// Stores in `*address` where the map begins, and in `*len`, unless `len` is null, how many bytes it has. To touch a page
    /// that the file has lost raises SIGBUS: `bm_map_read_at` and its kin do not.
    ///
    /// 0, or -EFAULT (`map` or `address` is null), -EBADF (there is no map in it).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_map_address(
        map: *const bm_map_t,
        address: *mut *mut c_void,
        len: *mut usize,
    ) -> c_int {
        attempt(|| {
            // SAFETY: the caller's storage, and places for a pointer and a number.
            unsafe {
                let (start, count) = lend(map)?.range();
                give_range(address, len, (start.cast_mut().cast(), count))
            }
        })
    }
}

mod read_at {
    use super::*;

    /// Copies `len` bytes from `offset` of the map into `buffer`. How many bytes have arrived is stored in `*copied`, unless
    /// that is null: after -EFAULT those before the missing page.
    ///
    /// 0, or -EFAULT (a page is gone: the file has shrunk; a pointer is null), -EINVAL (not within the map), -EBADF (there is no
    /// map in it); -EMFILE and -ENFILE only without `bm_fault_install`, where a copy by the kernel takes a descriptor.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_map_read_at(
        map: *const bm_map_t,
        offset: usize,
        buffer: *mut c_void,
        len: usize,
        copied: *mut usize,
    ) -> c_int {
        attempt(|| {
            // SAFETY: the caller's storage and buffer.
            unsafe {
                let (map, buffer) = (lend(map)?, bytes_mut(buffer, len)?);
                let result = match map {
                    Map::Read(map) => map.read_at(offset, buffer),
                    Map::Write(map) => map.read_at(offset, buffer),
                    Map::Copy(map) => map.read_at(offset, buffer),
                    Map::Shared(map) => map.read_at(offset, buffer),
                };
                report(result, len, copied)
            }
        })
    }
}

mod write_at {
    use super::*;

    /// Copies `len` bytes to `offset` of the map. As `bm_map_read_at`; a page is gone also where the disk is full.
    ///
    /// 0, or as `bm_map_read_at`; -EACCES (a map for loads only).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_map_write_at(
        map: *const bm_map_t,
        offset: usize,
        from: *const c_void,
        len: usize,
        copied: *mut usize,
    ) -> c_int {
        attempt(|| {
            // SAFETY: the caller's storage and bytes.
            unsafe {
                let (map, from) = (lend(map)?, bytes(from, len)?);
                let result = match map {
                    Map::Read(_) => return Err(Errno::EACCES),
                    Map::Write(map) => map.write_at(offset, from),
                    Map::Copy(map) => map.write_at(offset, from),
                    Map::Shared(map) => map.write_at(offset, from),
                };
                report(result, len, copied)
            }
        })
    }
}

mod flush {
    use super::*;

    /// Returns when what was stored to `len` bytes from `offset`, or with BM_TO_END to all from there, is in the file on its
    /// disk.
    ///
    /// 0, or -EIO and others of msync(2): what was stored may be lost, and from then on every flush of this map says so;
    /// -EINVAL (not within the map, or not of a file, or a copy), -EBADF (there is no map in it), -EFAULT (`map` is null).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_map_flush(map: *const bm_map_t, offset: usize, len: usize) -> c_int {
        attempt(|| {
            // SAFETY: the caller's storage.
            let map = unsafe { lend(map) }?;
            let len = match len {
                BM_TO_END => map.range().1.checked_sub(offset).ok_or(Errno::EINVAL)?,
                len => len,
            };
            Ok(match map {
                Map::Read(map) => map.flush_range(offset, len),
                Map::Write(map) => map.flush_range(offset, len),
                Map::Copy(map) => map.flush_range(offset, len),
                Map::Shared(_) => return Err(Errno::EINVAL),
            }?)
        })
    }
}

mod remap {
    use super::*;

    /// Makes the map end where the file does now: longer or shorter, in place or elsewhere. After an error it is as it was.
    ///
    /// 0, or -EINVAL (another file, or not of a file), -ENOMEM, -EAGAIN, -EBADF (`fd`, or there is no map), -EFAULT (`map` is
    /// null).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_map_remap(map: *mut bm_map_t, fd: c_int) -> c_int {
        attempt(|| {
            // SAFETY: the caller's storage, which nobody else uses meanwhile, and descriptor.
            let (map, file) = unsafe { (lend_mut(map)?, descriptor::borrow(fd)?) };
            Ok(match map {
                Map::Read(map) => map.remap(file),
                Map::Write(map) => map.remap(file),
                Map::Copy(map) => map.remap(file),
                Map::Shared(_) => return Err(Errno::EINVAL),
            }?)
        })
    }
}

mod set_len {
    use super::*;
    use baremap::fd::{FromRawFd, OwnedFd};

    /// Makes the map `len` bytes, and the file as long as that takes: it ends where the map does. What is new is zero.
    /// After -ENOMEM the map is as it was, and the file has its new length.
    ///
    /// 0, or -EINVAL (another file, or not open for writing), -EACCES (not a map with BM_READ_WRITE), -EFBIG, -ENOMEM, -EPERM
    /// (sealed), -EBADF (`fd`, or there is no map), -EFAULT (`map` is null).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_map_set_len(map: *mut bm_map_t, fd: c_int, len: usize) -> c_int {
        attempt(|| {
            // SAFETY: the caller's storage, which nobody else uses meanwhile, and descriptor.
            let map = unsafe {
                descriptor::borrow(fd)?;
                lend_mut(map)?
            };
            let Map::Write(map) = map else { return Err(Errno::EACCES) };
            // SAFETY: it stays the caller's: it is forgotten before it would be closed.
            let file = mem::ManuallyDrop::new(File::from(unsafe { OwnedFd::from_raw_fd(fd) }));
            Ok(map.set_len(&file, len)?)
        })
    }
}
