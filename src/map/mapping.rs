//! A range of addresses that the kernel mapped, and that is unmapped on drop.

use crate::Errno;
use crate::fd::BorrowedFd;
use crate::sys::{self, MapFlags, ProtFlags};
use core::hint::assert_unchecked;
use core::ptr::{self, NonNull};

/// Owns a range of mapped addresses, or nothing.
#[derive(Debug)]
pub(super) struct Mapping {
    start: NonNull<u8>,
    /// 0 where nothing is mapped.
    len: usize,
}

// SAFETY: an address range belongs to the process, not to a thread; what may be done to its bytes, and by how many
// threads at once, is for the types that own a Mapping to say.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps `len` bytes where the kernel likes, of a descriptor's object or of nothing.
    #[inline(always)]
    pub(super) fn new(
        len: usize,
        prot: ProtFlags,
        flags: MapFlags,
        object: Option<(BorrowedFd<'_>, u64)>,
    ) -> Result<Mapping, Errno> {
        if len == 0 {
            return Ok(Mapping { start: NonNull::dangling(), len });
        }
        let anywhere = ptr::null_mut();
        // SAFETY: the kernel chooses an address that is free.
        let start = unsafe {
            match object {
                Some((fd, offset)) => sys::mmap(anywhere, len, prot, flags, fd, offset),
                None => sys::mmap_anonymous(anywhere, len, prot, flags),
            }
        }?;
        // SAFETY: maps begin at the start of a page, which is aligned for every atomic and is not the first page of all
        // unless that was ordered. Said here, it spares the check where an offset is a constant.
        unsafe {
            assert_unchecked(start.addr().is_multiple_of(align_of::<u64>()));
            Ok(Mapping { start: NonNull::new_unchecked(start), len })
        }
    }

    /// The first address.
    #[inline(always)]
    pub(super) fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// Bytes that are mapped.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.len
    }
}

impl Drop for Mapping {
    #[inline(always)]
    fn drop(&mut self) {
        if self.len != 0 {
            // SAFETY: the range is this value's own, and whatever was borrowed from it has ended.
            let result = unsafe { sys::munmap(self.start.as_ptr(), self.len) };
            debug_assert!(result.is_ok(), "unmapping a whole map does not fail: {result:?}");
        }
    }
}
