//! A range of addresses that the kernel mapped, and that is unmapped on drop.

use crate::Errno;
use crate::fd::BorrowedFd;
use crate::page;
use crate::sys::{self, Advice, MapFlags, MremapFlags, ProtFlags};
use core::hint::assert_unchecked;
use core::mem;
use core::num::NonZero;
use core::ptr::{self, NonNull};

/// What is mapped: a descriptor's object from an offset, or nothing but zeros.
pub(super) type Object<'fd> = Option<(BorrowedFd<'fd>, u64)>;

/// Owns a range of mapped addresses, or nothing.
#[derive(Debug)]
pub(super) struct Mapping {
    start: NonNull<u8>,
    /// Bytes; the kernel rounds them up to whole pages, but not to whole huge pages. 0 where nothing is mapped.
    len: usize,
    /// Bytes in a page, where they are huge pages out of the reserved pool: the kernel cuts none in two.
    huge: Option<NonZero<usize>>,
}

// SAFETY: an address range belongs to the process, not to a thread; what may be done to its bytes, and by how many
// threads at once, is for the types that own a Mapping to say.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Nothing.
    #[inline(always)]
    pub(super) const fn empty() -> Mapping {
        Mapping { start: NonNull::dangling(), len: 0, huge: None }
    }

    /// Maps `len` bytes where the kernel likes.
    #[inline(always)]
    pub(super) fn new(
        len: usize,
        prot: ProtFlags,
        flags: MapFlags,
        object: Object<'_>,
    ) -> Result<Mapping, Errno> {
        Self::map(ptr::null_mut(), len, prot, flags, object)
    }

    /// Maps `len` bytes at an address or not at all: `EEXIST` where something is mapped there.
    pub(super) fn at(
        address: NonZero<usize>,
        len: usize,
        prot: ProtFlags,
        flags: MapFlags,
        object: Object<'_>,
    ) -> Result<Mapping, Errno> {
        let start = ptr::without_provenance_mut(address.get());
        let mapping = Self::map(start, len, prot, flags.union(MapFlags::FIXED_NOREPLACE), object)?;
        // To kernels before 4.17 and to QEMU the address is only a hint.
        if len != 0 && mapping.start.addr() != address { Err(Errno::EEXIST) } else { Ok(mapping) }
    }

    /// Maps `len` bytes of zeros at a multiple of `align`, a power of two: more than that, of which both ends go again.
    pub(super) fn aligned(
        len: usize,
        align: usize,
        prot: ProtFlags,
        flags: MapFlags,
    ) -> Result<Mapping, Errno> {
        let padded = len.checked_add(align).ok_or(Errno::ENOMEM)?;
        let mut before = Self::new(padded, prot, flags, None)?;
        let lead = before.start.addr().get().wrapping_neg() & (align - 1);
        let mut mapping = before.split_off(lead);
        if let Some(end) = page::round_up(len).filter(|&end| end < mapping.len) {
            drop(mapping.split_off(end));
        }
        Ok(mapping)
    }

    #[inline(always)]
    fn map(
        start: *mut u8,
        len: usize,
        prot: ProtFlags,
        flags: MapFlags,
        object: Object<'_>,
    ) -> Result<Mapping, Errno> {
        if len == 0 {
            return Ok(Mapping::empty());
        }
        // SAFETY: without MAP_FIXED the kernel maps over nothing.
        let start = unsafe {
            match object {
                Some((fd, offset)) => sys::mmap(start, len, prot, flags, fd, offset),
                None => sys::mmap_anonymous(start, len, prot, flags),
            }
        }?;
        // SAFETY: maps begin at the start of a page, which is aligned for every atomic and is not the first page of all
        // unless that was ordered. Said here, it spares the check where an offset is a constant.
        unsafe {
            assert_unchecked(start.addr().is_multiple_of(align_of::<u64>()));
            Ok(Mapping { start: NonNull::new_unchecked(start), len, huge: None })
        }
    }

    /// Says that these are huge pages, and whole ones.
    #[inline(always)]
    pub(super) const fn of_huge_pages(mut self, size: Option<NonZero<usize>>) -> Mapping {
        self.huge = size;
        self
    }

    /// The first address.
    #[inline(always)]
    pub(super) const fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// Bytes that are mapped.
    #[inline(always)]
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Bytes in a huge page, if these are such.
    #[inline(always)]
    pub(super) const fn huge(&self) -> Option<NonZero<usize>> {
        self.huge
    }

    /// Where the kernel may cut: at multiples of this.
    #[inline(always)]
    pub(super) fn page_size(&self) -> usize {
        self.huge.map_or_else(page::size, NonZero::get)
    }

    /// Whether `next` begins where this ends.
    pub(super) fn is_followed_by(&self, next: &Mapping) -> bool {
        let end = self.start.addr().get() + self.len.next_multiple_of(self.page_size());
        end == next.start.addr().get() && self.huge == next.huge
    }

    /// Changes the protection of all pages from `before`, or leaves it as it was. Nothing is borrowed.
    #[inline(always)]
    pub(super) fn protect(&mut self, before: ProtFlags, after: ProtFlags) -> Result<(), Errno> {
        self.protect_range(0, self.len, before, after)
    }

    /// Changes the protection of the pages of `len` bytes from `first`, the start of one, or leaves it as it was. Nothing of
    /// them is borrowed.
    pub(super) fn protect_range(
        &mut self,
        first: usize,
        len: usize,
        before: ProtFlags,
        after: ProtFlags,
    ) -> Result<(), Errno> {
        debug_assert!(first + len <= self.len);
        if len == 0 {
            return Ok(());
        }
        // SAFETY: within the range, which is this value's own, and exclusively borrowed.
        unsafe {
            let start = self.start.add(first).as_ptr();
            sys::mprotect(start, len, after).inspect_err(|_| {
                // Where advice has cut the range into several maps, the first of them may be changed by now. To change
                // them back cuts nothing, so that it does not fail for what the change has failed for.
                let _ = sys::mprotect(start, len, before);
            })
        }
    }

    /// Takes access to pages of private anonymous memory, and then the memory, or leaves all as it was; see
    /// [`Mapping::protect_range`].
    pub(super) fn decommit(&mut self, first: usize, len: usize, before: ProtFlags) -> Result<(), Errno> {
        self.protect_range(first, len, before, ProtFlags::empty())?;
        if len == 0 {
            return Ok(());
        }
        let start = self.start.as_ptr().wrapping_add(first);
        // SAFETY: within the range, which is exclusively borrowed, and its memory is nobody else's.
        let throw_away = || unsafe { sys::madvise(start, len, Advice::DONTNEED) };
        // Locked pages are not thrown away.
        throw_away().or_else(|_| sys::munlock(start, len).and_then(|()| throw_away())).inspect_err(|_| {
            let _ = self.protect_range(first, len, ProtFlags::empty(), before);
        })
    }

    /// Makes a mapping of some bytes one of `len`, not 0, which may move; on failure it stays as it was. Nothing is
    /// borrowed.
    pub(super) fn resize(&mut self, len: usize) -> Result<(), Errno> {
        // Whole pages: QEMU's user mode rounds to those of the machine below, which may be smaller.
        let round = |len: usize| len.checked_next_multiple_of(self.page_size()).ok_or(Errno::ENOMEM);
        let (start, none) = (self.start.as_ptr(), ptr::null_mut());
        // SAFETY: the range is this value's own, and exclusively borrowed.
        let start = unsafe { sys::mremap(start, round(self.len)?, round(len)?, MremapFlags::MAYMOVE, none) }?;
        // SAFETY: it is not the first page of all.
        self.start = unsafe { NonNull::new_unchecked(start) };
        self.len = len;
        Ok(())
    }

    /// Puts this mapping in the place of another of as many pages, which goes. On failure this one goes, and the other is
    /// given back: empty where the kernel may have unmapped it before it failed.
    pub(super) fn move_over(mut self, place: Mapping) -> Result<Mapping, (Mapping, Errno)> {
        let len = self.len.next_multiple_of(self.page_size());
        let flags = MremapFlags::MAYMOVE | MremapFlags::FIXED;
        // SAFETY: both ranges belong to this function.
        match unsafe { sys::mremap(self.start.as_ptr(), len, len, flags, place.start.as_ptr()) } {
            Ok(_) => {
                self.start = place.leak();
                Ok(self)
            }
            // Found before anything was touched; of huge pages, only since Linux 5.16.
            Err(errno @ Errno::EINVAL) if self.huge.is_none() => Err((place, errno)),
            // The kernel unmaps the target first and runs out of memory later. Somebody else may have the addresses by
            // now: they are not this crate's to unmap, nor to hand out.
            Err(errno) => {
                place.leak();
                Err((Mapping::empty(), errno))
            }
        }
    }

    /// Cuts in two: this keeps what is before `at`, which is within it and a multiple of the page size, or its end.
    #[inline(always)]
    pub(super) fn split_off(&mut self, at: usize) -> Mapping {
        debug_assert!(at <= self.len && (at == self.len || at.is_multiple_of(self.page_size())));
        // SAFETY: within the range, or its end.
        let rest = Mapping { start: unsafe { self.start.add(at) }, len: self.len - at, huge: self.huge };
        self.len = at;
        rest
    }

    /// Takes over the mapping that follows.
    pub(super) fn join(&mut self, next: Mapping) {
        debug_assert!(self.is_followed_by(&next));
        self.len = (next.start.addr().get() - self.start.addr().get()) + next.len;
        next.leak();
    }

    /// Leaves the range mapped for good.
    pub(super) fn leak(self) -> NonNull<u8> {
        let start = self.start;
        mem::forget(self);
        start
    }
}

impl Drop for Mapping {
    #[inline(always)]
    fn drop(&mut self) {
        if self.len != 0 {
            let (start, len) = (self.start.as_ptr(), self.len);
            // SAFETY: the range is this value's own, and whatever was borrowed from it has ended.
            if unsafe { sys::munmap(start, len) }.is_err() {
                // SAFETY: as above.
                unsafe { give_back(start, len) };
            }
        }
    }
}

/// The kernel makes one map of neighbours that are alike. To unmap one of them is then to cut that map in two, which cannot
/// be done where there are vm.max_map_count already: the addresses stay taken, the memory goes.
///
/// # Safety
/// As for unmapping.
#[cold]
unsafe fn give_back(start: *mut u8, len: usize) {
    // SAFETY: passed on to the caller.
    let _ = unsafe { sys::madvise(start, len, Advice::DONTNEED) };
}
