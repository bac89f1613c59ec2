//! One function for each capability, which tries it.

use crate::fd::AsFd;
use crate::sys::{
    self, Advice, MapFlags, MlockFlags, Mode, OFlags, ProtFlags, RemoteRange, RobustListHead, SealFlags,
};
use crate::{AnonMap, Errno, File, FileMap, SharedMap, page};
use core::ptr;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};
use linux_raw_sys::general::{FUTEX_OWNER_DIED, RLIMIT_FSIZE};

use super::{Caps, child};

/// Whether it works; an error of the calls that it takes otherwise.
type Answer = Result<bool, Errno>;

/// What is asked, and by what.
pub(super) const ALL: [(Caps, fn() -> Answer); 13] = [
    (Caps::GUARD_PAGES, guard_pages),
    (Caps::WIPE_ON_FORK, wipe_on_fork),
    (Caps::DONT_FORK, dont_fork),
    (Caps::FIXED_NOREPLACE, fixed_noreplace),
    (Caps::POPULATE, populate),
    (Caps::MEMFD_SEALS, memfd_seals),
    (Caps::PROCESS_VM, process_vm),
    (Caps::ROBUST_LISTS, robust_lists),
    (Caps::MSEAL, mseal),
    (Caps::MEMFD_SECRET, memfd_secret),
    (Caps::LOCK_ON_FAULT, lock_on_fault),
    (Caps::HUGETLB, hugetlb),
    (Caps::TRANSPARENT_HUGE_PAGES, transparent_huge_pages),
];

/// A page with a byte that is not zero.
fn page() -> Result<AnonMap, Errno> {
    let mut page = AnonMap::new(page::size())?;
    page[0] = 1;
    Ok(page)
}

/// A page to which some advice is given.
fn advised(advice: Advice) -> Result<AnonMap, Errno> {
    let mut page = page()?;
    // SAFETY: the page is this function's own, and nothing is borrowed from it; from here on only its address is used.
    unsafe { sys::madvise(page.as_mut_ptr(), page.len(), advice) }?;
    Ok(page)
}

/// Whether a byte can be read: the kernel, which takes it for a pipe, does not die of it.
fn is_readable(address: *const u8) -> Answer {
    let (_reader, writer) = sys::pipe2(OFlags::CLOEXEC)?;
    // SAFETY: one byte, of memory that is this module's own or not there.
    match unsafe { sys::write_raw(writer.as_fd(), address, 1) } {
        Err(Errno::EFAULT) => Ok(false),
        result => result.map(|_| true),
    }
}

fn guard_pages() -> Answer {
    is_readable(advised(Advice::GUARD_INSTALL)?.as_ptr()).map(|readable| !readable)
}

fn wipe_on_fork() -> Answer {
    let page = advised(Advice::WIPEONFORK)?;
    // SAFETY: the child reads a byte. Volatile, since the compiler knows which it was before.
    unsafe { child::ask(|| page.as_ptr().read_volatile() == 0) }
}

fn dont_fork() -> Answer {
    let page = advised(Advice::DONTFORK)?;
    // SAFETY: the child makes system calls.
    unsafe { child::ask(|| is_readable(page.as_ptr()) == Ok(false)) }
}

fn fixed_noreplace() -> Answer {
    let mut page = page()?;
    let (flags, len) = (MapFlags::PRIVATE | MapFlags::FIXED_NOREPLACE, page.len());
    // SAFETY: where the flag is not known the address is only a hint: nothing is replaced in either case.
    match unsafe { sys::mmap_anonymous(page.as_mut_ptr(), len, ProtFlags::empty(), flags) } {
        Err(Errno::EEXIST) => Ok(true),
        // SAFETY: it was mapped just now, somewhere else.
        Ok(other) => unsafe { sys::munmap(other, len) }.map(|()| false),
        Err(errno) => Err(errno),
    }
}

/// A file in memory that may have a byte. Where no file may grow at all, the kernel would end the process by SIGXFSZ; that
/// need not stay so.
fn with_room(file: File) -> Result<File, Errno> {
    if sys::getrlimit(RLIMIT_FSIZE)?.soft == 0 { Err(Errno::ENOMEM) } else { Ok(file) }
}

fn populate() -> Answer {
    let file = with_room(File::unnamed()?)?;
    file.set_len(1)?;
    let map = FileMap::write(&file)?;
    file.set_len(0)?;
    // SAFETY: reading in changes nothing.
    match unsafe { sys::madvise(map.as_mut_ptr(), page::size(), Advice::POPULATE_READ) } {
        Err(Errno::EFAULT) => Ok(true),
        result => result.map(|()| false),
    }
}

fn memfd_seals() -> Answer {
    let file = with_room(File::unnamed()?)?;
    sys::fcntl_add_seals(file.as_fd(), SealFlags::WRITE)?;
    Ok(sys::pwrite(file.as_fd(), b"x", 0) == Err(Errno::EPERM))
}

fn process_vm() -> Answer {
    let (from, mut to) = ([7_u8], [0]);
    let remote = [RemoteRange { address: from.as_ptr().expose_provenance(), len: from.len() }];
    let count = sys::process_vm_readv(sys::getpid(), &mut to, &remote)?;
    Ok(count == 1 && to == from)
}

/// A child dies while it says that it is about to take a futex, which it has.
fn robust_lists() -> Answer {
    const FUTEX: usize = size_of::<RobustListHead>();
    let map = SharedMap::new(page::size())?;
    let futex: &AtomicU32 = map.atomic(FUTEX)?;
    let head: &[AtomicUsize] = map.atomics(0, FUTEX / size_of::<usize>())?;
    let [list, futex_offset, pending] = head else { return Ok(false) };
    let address = map.as_ptr().expose_provenance();
    // The list ends where it begins: it is empty. The futex is counted from its entry, which is taken to be the head.
    list.store(address, Relaxed);
    futex_offset.store(FUTEX, Relaxed);
    pending.store(address, Relaxed);
    // SAFETY: the child sets a list of its own, in memory that it keeps to its end.
    unsafe {
        child::ask(|| {
            futex.store(sys::gettid().as_raw() as u32, Relaxed);
            sys::set_robust_list(map.as_mut_ptr().cast()).is_ok()
        })
    }?;
    Ok(futex.load(Relaxed) & FUTEX_OWNER_DIED != 0)
}

/// In a child, since nothing takes a seal away.
fn mseal() -> Answer {
    let mut page = page()?;
    let (start, len) = (page.as_mut_ptr(), page.len());
    // SAFETY: the child unmaps its own copy of the page, which it does not use any more.
    unsafe { child::ask(|| sys::mseal(start, len).is_ok() && sys::munmap(start, len) == Err(Errno::EPERM)) }
}

fn memfd_secret() -> Answer {
    let file = with_room(sys::memfd_secret(OFlags::CLOEXEC)?.into())?;
    file.set_len(1)?;
    let map = FileMap::write(&file)?;
    is_readable(map.as_ptr())
}

fn lock_on_fault() -> Answer {
    let page = AnonMap::new(page::size())?;
    sys::mlock2(page.as_ptr(), page.len(), MlockFlags::ONFAULT)?;
    is_resident(page.as_ptr()).map(|resident| !resident)
}

/// In a child, since only the kernel knows how much is to be unmapped.
fn hugetlb() -> Answer {
    let (prot, flags) = (ProtFlags::READ, MapFlags::PRIVATE | MapFlags::HUGETLB);
    // SAFETY: the child maps memory where the kernel likes.
    let works = unsafe { child::ask(|| sys::mmap_anonymous(ptr::null_mut(), 1, prot, flags).is_ok()) }?;
    available(works)
}

fn transparent_huge_pages() -> Answer {
    let Some(size) = huge_page_size() else { return Ok(false) };
    // Wherever it comes to lie, there is a whole huge page in it.
    let mut map = AnonMap::new(size.checked_mul(2).ok_or(Errno::ENOMEM)?)?;
    let lead = map.as_ptr().addr().next_multiple_of(size) - map.as_ptr().addr();
    // SAFETY: the advice changes no memory that is borrowed.
    unsafe { sys::madvise(map.as_mut_ptr(), map.len(), Advice::HUGEPAGE) }?;
    map[lead] = 1;
    // Only the first of the pages was touched.
    is_resident(map[lead + size - page::size()..].as_ptr()).and_then(available)
}

/// What there is none of now may be there later.
fn available(works: bool) -> Answer {
    if works { Ok(true) } else { Err(Errno::ENOMEM) }
}

/// Whether a page, by its address, is in memory.
fn is_resident(address: *const u8) -> Answer {
    let mut residency = [0];
    // SAFETY: one byte for one page.
    unsafe { sys::mincore(address, page::size(), &mut residency) }?;
    Ok(residency[0] & 1 != 0)
}

/// The size of a transparent huge page, where there are any.
fn huge_page_size() -> Option<usize> {
    let path = c"/sys/kernel/mm/transparent_hugepage/hpage_pmd_size";
    let file = File::open_with(path, OFlags::RDONLY, Mode::empty()).ok()?;
    let mut digits = [0; 20];
    let len = file.read(&mut digits).ok()?;
    let size: usize = str::from_utf8(&digits[..len]).ok()?.trim().parse().ok()?;
    (size.is_power_of_two() && size >= page::size()).then_some(size)
}
