//! Copies by the kernel, which answers with an error where a page is missing.

use crate::Errno;
use crate::fd::{AsFd, BorrowedFd, IntoRawFd, RawFd};
use crate::page;
use crate::sys::{self, MapFlags, MemfdFlags, OFlags, ProtFlags, RemoteRange, SealFlags};
use core::ptr;
use core::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};

use super::{Ends, Stop};

/// What a round of an engine comes to: how many bytes, at least one; `EFAULT` where not even the first is there; any
/// other error where the engine does not work here.
type Round = Result<usize, Errno>;

/// Copies by whatever engine works.
///
/// # Safety
/// As [`super::copy`].
#[cold]
pub(super) unsafe fn copy(to: *mut u8, from: *const u8, len: usize, ends: Ends) -> Result<(), Stop> {
    /// From so many bytes on, process_vm_readv(2) is faster: it copies once, the pool twice.
    const LONG: usize = 32 * 1024;
    let mut copied = 0;
    while copied < len {
        // SAFETY: within the ranges that the caller vouches for.
        let round = unsafe {
            let (to, from, left) = (to.add(copied), from.add(copied), len - copied);
            let by_pool = || by_pool(to, from, left, ends);
            let by_process = || by_process(to, from, left);
            let first = if left < LONG { by_pool() } else { by_process() };
            first
                .or_else(|errno| again(errno, || if left < LONG { by_process() } else { by_pool() }))
                .or_else(|errno| again(errno, || by_pipe(to, from, left)))
        };
        match round {
            Ok(count) => copied += count,
            Err(Errno::EFAULT) => return Err(Stop::Fault { copied }),
            Err(errno) => return Err(Stop::NoEngine(errno)),
        }
    }
    Ok(())
}

/// Asks the next engine where one does not work; a missing page is missing for all.
fn again(errno: Errno, next: impl FnOnce() -> Round) -> Round {
    if errno == Errno::EFAULT { Err(errno) } else { next() }
}

/// Calls again what a signal interrupted.
fn uninterrupted(mut call: impl FnMut() -> Round) -> Round {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            // Nothing copied and no error is no progress.
            Ok(0) => return Err(Errno::EIO),
            result => return result,
        }
    }
}

/// process_vm_readv(2) on oneself: one copy, nothing to keep. Some sandboxes forbid it, QEMU's user mode lacks it.
///
/// # Safety
/// As [`super::copy`].
unsafe fn by_process(to: *mut u8, from: *const u8, len: usize) -> Round {
    static MISSING: AtomicBool = AtomicBool::new(false);
    if MISSING.load(Relaxed) {
        return Err(Errno::ENOSYS);
    }
    let remote = [RemoteRange { address: from.expose_provenance(), len }];
    // SAFETY: passed on to the caller.
    let round = uninterrupted(|| unsafe { sys::process_vm_readv_raw(sys::getpid(), to, len, &remote) });
    if matches!(round, Err(Errno::ENOSYS | Errno::EPERM)) {
        MISSING.store(true, Relaxed);
    }
    round
}

/// A pipe made for this one copy: slow, and in every kernel. One page of the map a round, so that a round is all or
/// nothing: a pipe does not say how far into a page of its own it came.
///
/// # Safety
/// As [`super::copy`].
unsafe fn by_pipe(to: *mut u8, from: *const u8, len: usize) -> Round {
    let left_of_page = |address: usize| page::size() - address % page::size();
    let len = len.min(left_of_page(to.addr())).min(left_of_page(from.addr()));
    let (reader, writer) = sys::pipe2(OFlags::CLOEXEC)?;
    // SAFETY: passed on to the caller.
    unsafe {
        let count = uninterrupted(|| sys::write_raw(writer.as_fd(), from, len))?;
        uninterrupted(|| sys::read_raw(reader.as_fd(), to, count))
    }
}

/// Room in a memfd that is mapped as well: the kernel copies between the map that may fault and the memfd, this process
/// between the memfd and its own memory.
#[repr(C)]
struct Pool {
    /// The memfd's descriptor, the same number in every forked child.
    fd: RawFd,
    /// 1 for each slot that is in use. In the shared memory itself: parent and child have the same slots, and must not
    /// take one at once. A slot whose user was killed stays in use.
    used: [AtomicU32; SLOTS],
}

/// More copies than that at once, in a family of forked processes, take another way.
const SLOTS: usize = 15;
/// Bytes in a slot, and before the first.
const SLOT: usize = 64 * 1024;
/// A descriptor that nobody gets by chance.
const HIGH: RawFd = 1000;

/// Where the pool is mapped; null before the first copy, dangling where there can be none.
static POOL: AtomicPtr<Pool> = AtomicPtr::new(ptr::null_mut());
const NONE: *mut Pool = ptr::dangling_mut();

/// # Safety
/// As [`super::copy`].
unsafe fn by_pool(to: *mut u8, from: *const u8, len: usize, ends: Ends) -> Round {
    let pool = match POOL.load(Acquire) {
        pool if pool.is_null() => Pool::make(),
        pool => pool,
    };
    if pool == NONE {
        return Err(Errno::ENOSYS);
    }
    // SAFETY: mapped for good.
    let header = unsafe { &*pool };
    let Some(slot) = header.take() else { return Err(Errno::EBUSY) };
    let offset = SLOT * (1 + slot);
    // SAFETY: the slot is this copy's until it is given back; for the rest the caller answers.
    let round = unsafe {
        let fd = BorrowedFd::borrow_raw(header.fd);
        let (room, len) = (pool.cast::<u8>().add(offset), len.min(SLOT));
        through(fd, offset as u64, room, to, from, len, ends)
    };
    header.used[slot].store(0, Release);
    if round == Err(Errno::EBADF) {
        // Somebody closed it: the next copy makes another.
        let _ = POOL.compare_exchange(pool, ptr::null_mut(), Relaxed, Relaxed);
    }
    round
}

/// Copies by way of `room`, which is the memfd's bytes from `offset`.
///
/// # Safety
/// As [`super::copy`]; the room is this copy's alone.
unsafe fn through(
    fd: BorrowedFd<'_>,
    offset: u64,
    room: *mut u8,
    to: *mut u8,
    from: *const u8,
    len: usize,
    ends: Ends,
) -> Round {
    // SAFETY: passed on to the caller; where an end is the program's own, a plain copy does.
    unsafe {
        let count = match ends {
            Ends::From | Ends::Both => uninterrupted(|| sys::pwrite_raw(fd, from, len, offset))?,
            Ends::To => {
                ptr::copy_nonoverlapping(from, room, len);
                len
            }
        };
        match ends {
            Ends::To | Ends::Both => uninterrupted(|| sys::pread_raw(fd, to, count, offset)),
            Ends::From => {
                ptr::copy_nonoverlapping(room, to, count);
                Ok(count)
            }
        }
    }
}

impl Pool {
    /// Makes the pool, or takes the one that another thread made meanwhile.
    #[cold]
    fn make() -> *mut Pool {
        let made = Pool::map().unwrap_or(NONE);
        match POOL.compare_exchange(ptr::null_mut(), made, Release, Acquire) {
            Ok(_) => made,
            Err(other) => {
                if made != NONE {
                    // SAFETY: nobody else has seen this one.
                    unsafe {
                        let _ = sys::close_raw((*made).fd);
                        let _ = sys::munmap(made.cast(), SLOT * (1 + SLOTS));
                    }
                }
                other
            }
        }
    }

    fn map() -> Result<*mut Pool, Errno> {
        let len = SLOT * (1 + SLOTS);
        let made = sys::memfd_create(c"baremap", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        let fd = sys::fcntl_dupfd_cloexec(made.as_fd(), HIGH).unwrap_or(made);
        sys::ftruncate(fd.as_fd(), len as u64)?;
        // Whoever gets hold of it cannot take the room away.
        sys::fcntl_add_seals(fd.as_fd(), SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the kernel chooses a free address, and the pool stays mapped for good.
        unsafe {
            let pool: *mut Pool = sys::mmap(ptr::null_mut(), len, prot, MapFlags::SHARED, fd.as_fd(), 0)?.cast();
            (*pool).fd = fd.into_raw_fd();
            Ok(pool)
        }
    }

    /// Takes a slot that nobody uses.
    fn take(&self) -> Option<usize> {
        self.used.iter().position(|slot| slot.compare_exchange(0, 1, Acquire, Relaxed).is_ok())
    }
}
