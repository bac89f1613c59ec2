//! Mappings.

use crate::Errno;
use crate::arch::syscall::{syscall2, syscall3, syscall5, syscall6};
use crate::fd::BorrowedFd;
use bitflags::bitflags;
use linux_raw_sys::general as raw;
use sc::nr;

use super::{done, register};

bitflags! {
    /// What a map's pages may be used for; `empty()` is `PROT_NONE`.
    #[repr(transparent)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct ProtFlags: u32 {
        /// Pages may be read.
        const READ = raw::PROT_READ;
        /// Pages may be written; the processor may then let them be read as well.
        const WRITE = raw::PROT_WRITE;
        /// Pages may be executed; the processor may then let them be read as well.
        const EXEC = raw::PROT_EXEC;
        /// Flags that this crate has no name for.
        const _ = !0;
    }
}

bitflags! {
    /// How [`mmap`] maps.
    #[repr(transparent)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct MapFlags: u32 {
        /// Stores reach the object, and whoever else maps it.
        const SHARED = raw::MAP_SHARED;
        /// As `SHARED`, and unknown flags are refused with `EOPNOTSUPP` (Linux 4.15).
        const SHARED_VALIDATE = raw::MAP_SHARED_VALIDATE;
        /// Stores stay in this process.
        const PRIVATE = raw::MAP_PRIVATE;
        /// Exactly at the address, over whatever is there.
        const FIXED = raw::MAP_FIXED;
        /// Exactly at the address or `EEXIST` (Linux 4.17; before, and in QEMU's user mode, only a hint).
        const FIXED_NOREPLACE = raw::MAP_FIXED_NOREPLACE;
        /// No object below; [`mmap_anonymous`] sets it.
        const ANONYMOUS = raw::MAP_ANONYMOUS;
        /// The kernel extends the map downwards, like a stack.
        const GROWSDOWN = raw::MAP_GROWSDOWN;
        /// Huge pages out of the reserved pool, of the default size unless one is named.
        const HUGETLB = raw::MAP_HUGETLB;
        /// With `HUGETLB`: pages of 2 MiB.
        const HUGE_2MB = raw::MAP_HUGE_2MB;
        /// With `HUGETLB`: pages of 1 GiB.
        const HUGE_1GB = raw::MAP_HUGE_1GB;
        /// The pages are locked as by [`mlock`].
        const LOCKED = raw::MAP_LOCKED;
        /// No swap is set aside.
        const NORESERVE = raw::MAP_NORESERVE;
        /// The pages are read in at once, as far as that goes; an error is not reported.
        const POPULATE = raw::MAP_POPULATE;
        /// The map will be a stack.
        const STACK = raw::MAP_STACK;
        /// Stores to a file on persistent memory are durable once flushed from the processor's cache.
        const SYNC = raw::MAP_SYNC;
        /// Flags that this crate has no name for.
        const _ = !0;
    }
}

bitflags! {
    /// How [`mremap`] may resize.
    #[repr(transparent)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct MremapFlags: u32 {
        /// The map may move.
        const MAYMOVE = raw::MREMAP_MAYMOVE;
        /// With `MAYMOVE`: exactly to the new address, over whatever is there.
        const FIXED = raw::MREMAP_FIXED;
        /// With `MAYMOVE`: the old range stays mapped, empty (Linux 5.7).
        const DONTUNMAP = raw::MREMAP_DONTUNMAP;
        /// Flags that this crate has no name for.
        const _ = !0;
    }
}

bitflags! {
    /// What [`msync`] does.
    #[repr(transparent)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct MsyncFlags: u32 {
        /// Returns at once. Linux starts nothing by it: changed pages are written in their own time.
        const ASYNC = raw::MS_ASYNC;
        /// Returns when everything is written.
        const SYNC = raw::MS_SYNC;
        /// Other maps of the file are to show what was written; on Linux they always do.
        const INVALIDATE = raw::MS_INVALIDATE;
        /// Flags that this crate has no name for.
        const _ = !0;
    }
}

bitflags! {
    /// How [`mlock2`] locks.
    #[repr(transparent)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct MlockFlags: u32 {
        /// Pages are locked when they are first touched, not read in now.
        const ONFAULT = raw::MLOCK_ONFAULT;
        /// Flags that this crate has no name for.
        const _ = !0;
    }
}

/// Advice to the kernel about a range of pages, for [`madvise`].
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Advice(pub u32);

macro_rules! advice {
    ($($(#[$doc:meta])* $name:ident = $raw:ident,)*) => {
        impl Advice {
            $($(#[$doc])* pub const $name: Advice = Advice(raw::$raw);)*
        }
    };
}

advice! {
    /// No advice.
    NORMAL = MADV_NORMAL,
    /// Reading ahead is of no use.
    RANDOM = MADV_RANDOM,
    /// Read far ahead, drop soon after.
    SEQUENTIAL = MADV_SEQUENTIAL,
    /// Read in soon.
    WILLNEED = MADV_WILLNEED,
    /// Throw the pages away now: anonymous memory reads as zero, a file's is read again.
    DONTNEED = MADV_DONTNEED,
    /// The pages may be thrown away until they are written again.
    FREE = MADV_FREE,
    /// Punches a hole into the object below.
    REMOVE = MADV_REMOVE,
    /// A child of fork(2) does not get the pages.
    DONTFORK = MADV_DONTFORK,
    /// Undoes `DONTFORK`.
    DOFORK = MADV_DOFORK,
    /// Equal pages may be merged.
    MERGEABLE = MADV_MERGEABLE,
    /// Undoes `MERGEABLE`.
    UNMERGEABLE = MADV_UNMERGEABLE,
    /// Use transparent huge pages.
    HUGEPAGE = MADV_HUGEPAGE,
    /// Use none.
    NOHUGEPAGE = MADV_NOHUGEPAGE,
    /// Leave the pages out of a core dump.
    DONTDUMP = MADV_DONTDUMP,
    /// Undoes `DONTDUMP`.
    DODUMP = MADV_DODUMP,
    /// A child of fork(2) reads zeros (Linux 4.14).
    WIPEONFORK = MADV_WIPEONFORK,
    /// Undoes `WIPEONFORK`.
    KEEPONFORK = MADV_KEEPONFORK,
    /// The pages are the first to go when memory runs short (Linux 5.4).
    COLD = MADV_COLD,
    /// Put the pages out now (Linux 5.4).
    PAGEOUT = MADV_PAGEOUT,
    /// Read every page in, or say why not (Linux 5.14).
    POPULATE_READ = MADV_POPULATE_READ,
    /// Make every page writable now, or say why not (Linux 5.14).
    POPULATE_WRITE = MADV_POPULATE_WRITE,
    /// `DONTNEED` that also drops locked pages (Linux 5.18).
    DONTNEED_LOCKED = MADV_DONTNEED_LOCKED,
    /// Make huge pages now (Linux 6.1).
    COLLAPSE = MADV_COLLAPSE,
    /// Every touch raises SIGSEGV (Linux 6.13).
    GUARD_INSTALL = MADV_GUARD_INSTALL,
    /// Undoes `GUARD_INSTALL`.
    GUARD_REMOVE = MADV_GUARD_REMOVE,
}

/// [mmap(2)](https://man7.org/linux/man-pages/man2/mmap.2.html): maps `len` bytes of a descriptor's object from
/// `offset`, a multiple of the page size; `addr` is a hint, or null, or with [`MapFlags::FIXED`] an order.
///
/// # Safety
/// With `FIXED` the range belongs to the caller and nothing points into it. Every use of the map is the caller's to
/// justify.
///
/// # Errors
/// `EACCES` (the descriptor's mode forbids it), `EAGAIN`, `EBADF`, `EEXIST`, `EINVAL` (address, length or offset),
/// `ENODEV` (the object cannot be mapped), `ENOMEM` (no memory, or too many maps), `EOVERFLOW`, `EPERM`, `ETXTBSY`.
#[inline(always)]
pub unsafe fn mmap(
    addr: *mut u8,
    len: usize,
    prot: ProtFlags,
    flags: MapFlags,
    fd: BorrowedFd<'_>,
    offset: u64,
) -> Result<*mut u8, Errno> {
    let (prot, flags) = (prot.bits() as usize, flags.bits() as usize);
    // SAFETY: passed on to the caller.
    pointer(unsafe {
        syscall6::<{ nr::MMAP }>(addr.expose_provenance(), len, prot, flags, register(fd), offset as usize)
    })
}

/// [mmap(2)](https://man7.org/linux/man-pages/man2/mmap.2.html) without a descriptor: maps `len` bytes of zeros.
///
/// # Safety
/// As [`mmap`].
///
/// # Errors
/// As [`mmap`], as far as no descriptor is concerned.
#[inline(always)]
pub unsafe fn mmap_anonymous(
    addr: *mut u8,
    len: usize,
    prot: ProtFlags,
    flags: MapFlags,
) -> Result<*mut u8, Errno> {
    let (prot, flags) = (prot.bits() as usize, flags.union(MapFlags::ANONYMOUS).bits() as usize);
    const NO_FD: usize = usize::MAX;
    // SAFETY: passed on to the caller.
    pointer(unsafe { syscall6::<{ nr::MMAP }>(addr.expose_provenance(), len, prot, flags, NO_FD, 0) })
}

/// The address that a call returned.
#[inline(always)]
fn pointer(result: usize) -> Result<*mut u8, Errno> {
    Errno::check(result).map(core::ptr::with_exposed_provenance_mut)
}

/// [munmap(2)](https://man7.org/linux/man-pages/man2/munmap.2.html): unmaps the pages that hold the `len` bytes from
/// `addr`, a multiple of the page size.
///
/// # Safety
/// The range belongs to the caller and nothing uses it any more.
///
/// # Errors
/// `EINVAL` (address not a multiple of the page size, or length 0, or a huge page cut in two), `ENOMEM` (it would
/// split a map and there are too many).
#[inline(always)]
pub unsafe fn munmap(addr: *mut u8, len: usize) -> Result<(), Errno> {
    // SAFETY: passed on to the caller.
    done(unsafe { syscall2::<{ nr::MUNMAP }>(addr.expose_provenance(), len) })
}

/// [mprotect(2)](https://man7.org/linux/man-pages/man2/mprotect.2.html): changes what the pages may be used for.
///
/// # Safety
/// Nothing that lives relies on what is taken away, and nothing is made writable that somebody holds as unchanging.
///
/// # Errors
/// `EACCES` (the map's descriptor forbids it), `EINVAL` (address, flags), `ENOMEM` (not mapped, or too many maps).
#[inline(always)]
pub unsafe fn mprotect(addr: *mut u8, len: usize, prot: ProtFlags) -> Result<(), Errno> {
    // SAFETY: passed on to the caller.
    done(unsafe { syscall3::<{ nr::MPROTECT }>(addr.expose_provenance(), len, prot.bits() as usize) })
}

/// [mremap(2)](https://man7.org/linux/man-pages/man2/mremap.2.html): resizes or moves a map and returns where it is.
/// `new_addr` counts only with [`MremapFlags::FIXED`] or [`MremapFlags::DONTUNMAP`].
///
/// # Safety
/// The old range belongs to the caller and nothing points into what goes away; with `FIXED` the same holds for the
/// new range.
///
/// # Errors
/// `EAGAIN` (locked pages beyond the limit), `EFAULT` (not one map), `EINVAL` (address, lengths, flags), `ENOMEM` (no
/// room in place without `MAYMOVE`, no memory, or too many maps).
#[inline(always)]
pub unsafe fn mremap(
    addr: *mut u8,
    old_len: usize,
    new_len: usize,
    flags: MremapFlags,
    new_addr: *mut u8,
) -> Result<*mut u8, Errno> {
    // SAFETY: passed on to the caller.
    pointer(unsafe {
        syscall5::<{ nr::MREMAP }>(
            addr.expose_provenance(),
            old_len,
            new_len,
            flags.bits() as usize,
            new_addr.expose_provenance(),
        )
    })
}

/// [msync(2)](https://man7.org/linux/man-pages/man2/msync.2.html): writes changed pages of a shared map back.
///
/// # Errors
/// `EBUSY` (`INVALIDATE` on locked pages), `EINVAL` (address, flags), `EIO` (writing failed), `ENOMEM` (not mapped).
#[inline(always)]
pub fn msync(addr: *mut u8, len: usize, flags: MsyncFlags) -> Result<(), Errno> {
    // SAFETY: msync changes no memory, whatever the range.
    done(unsafe { syscall3::<{ nr::MSYNC }>(addr.expose_provenance(), len, flags.bits() as usize) })
}

/// [madvise(2)](https://man7.org/linux/man-pages/man2/madvise.2.html): says how a range will be used, or changes it.
///
/// # Safety
/// Some advice destroys contents or makes every touch a fault: the caller owns the range as for [`munmap`].
///
/// # Errors
/// `EACCES`, `EAGAIN`, `EBADF`, `EBUSY`, `EFAULT`, `EINVAL` (address, or the kernel does not know the advice), `EIO`,
/// `ENOMEM` (not mapped), `EPERM`.
#[inline(always)]
pub unsafe fn madvise(addr: *mut u8, len: usize, advice: Advice) -> Result<(), Errno> {
    // SAFETY: passed on to the caller.
    done(unsafe { syscall3::<{ nr::MADVISE }>(addr.expose_provenance(), len, advice.0 as usize) })
}

/// [mlock(2)](https://man7.org/linux/man-pages/man2/mlock.2.html): keeps a range in memory, all of it read in now.
///
/// # Errors
/// `EAGAIN` (some pages could not be), `EINVAL` (the sum overflows), `ENOMEM` (not mapped, or beyond
/// `RLIMIT_MEMLOCK`), `EPERM`.
#[inline(always)]
pub fn mlock(addr: *const u8, len: usize) -> Result<(), Errno> {
    // SAFETY: mlock changes no memory, whatever the range.
    done(unsafe { syscall2::<{ nr::MLOCK }>(addr.expose_provenance(), len) })
}

/// [mlock2(2)](https://man7.org/linux/man-pages/man2/mlock.2.html) (Linux 4.4): [`mlock`] with flags.
///
/// # Errors
/// As [`mlock`]; `ENOSYS` in QEMU's user mode.
#[inline(always)]
pub fn mlock2(addr: *const u8, len: usize, flags: MlockFlags) -> Result<(), Errno> {
    // SAFETY: mlock2 changes no memory, whatever the range.
    done(unsafe { syscall3::<{ nr::MLOCK2 }>(addr.expose_provenance(), len, flags.bits() as usize) })
}

/// [munlock(2)](https://man7.org/linux/man-pages/man2/munlock.2.html): undoes [`mlock`] for a range.
///
/// # Errors
/// `EINVAL` (the sum overflows), `ENOMEM` (not mapped).
#[inline(always)]
pub fn munlock(addr: *const u8, len: usize) -> Result<(), Errno> {
    // SAFETY: munlock changes no memory, whatever the range.
    done(unsafe { syscall2::<{ nr::MUNLOCK }>(addr.expose_provenance(), len) })
}

/// [mincore(2)](https://man7.org/linux/man-pages/man2/mincore.2.html): the lowest bit of each byte of `residency` says
/// whether that page is in memory. `addr` is a multiple of the page size.
///
/// # Safety
/// `residency` has a byte for each page that holds one of the `len` bytes.
///
/// # Errors
/// `EAGAIN`, `EFAULT`, `EINVAL` (address), `ENOMEM` (not mapped).
#[inline(always)]
pub unsafe fn mincore(addr: *const u8, len: usize, residency: &mut [u8]) -> Result<(), Errno> {
    let residency = residency.as_mut_ptr().expose_provenance();
    // SAFETY: the caller answers for the slice's length.
    done(unsafe { syscall3::<{ nr::MINCORE }>(addr.expose_provenance(), len, residency) })
}

/// [mseal(2)](https://docs.kernel.org/userspace-api/mseal.html) (Linux 6.10): the range can never again be unmapped,
/// moved, resized, protected in another way, mapped over or, where it is not writable, thrown away.
///
/// # Safety
/// The range belongs to the caller, who knows that it stays mapped as long as the process lives.
///
/// # Errors
/// `EINVAL` (address not a multiple of the page size, overflow), `ENOMEM` (not mapped, or too many maps), `ENOSYS` (before
/// Linux 6.10, QEMU's user mode).
#[inline(always)]
pub unsafe fn mseal(addr: *mut u8, len: usize) -> Result<(), Errno> {
    // `sc` does not have the number.
    const NUMBER: usize = raw::__NR_mseal as usize;
    const NO_FLAGS: usize = 0;
    // SAFETY: passed on to the caller.
    done(unsafe { syscall3::<NUMBER>(addr.expose_provenance(), len, NO_FLAGS) })
}
