//! Copies by the kernel, which answers with an error where a page is missing.

use crate::Errno;
use crate::fd::{AsFd, BorrowedFd, IntoRawFd, RawFd};
use crate::page;
use crate::sys::{
    self, Advice, FallocateFlags, MapFlags, MemfdFlags, OFlags, ProtFlags, RemoteRange, Rlimit, SealFlags,
};
use core::ptr;
use core::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use linux_raw_sys::general::RLIMIT_FSIZE;

use super::{Ends, Stop};

/// What a round comes to: how many bytes, at least one; `EFAULT` where not all are there and it has copied none; any other
/// error where this way is closed here.
type Round = Result<usize, Errno>;

/// A way to copy.
#[derive(Clone, Copy)]
enum Way {
    Pool,
    Process,
    Pipe,
}

/// Copies by whatever way works.
///
/// # Safety
/// As [`super::copy`].
#[cold]
pub(super) unsafe fn copy(to: *mut u8, from: *const u8, len: usize, ends: Ends) -> Result<(), Stop> {
    /// From so many bytes on, process_vm_readv(2) is faster: it copies once, the pool twice.
    const LONG: usize = 32 * 1024;
    let mut copied = 0;
    // Bytes a round. A call may take a range whole or not at all (the pipe), refuse memory that another takes
    // (process_vm_readv a device's), or look at the range's protections first (QEMU): where one comes to nothing, half of
    // it may be there. Only a single byte that cannot be had is missing.
    let mut most = len;
    while copied < len {
        let left = most.min(len - copied);
        let ways = if left < LONG {
            [Way::Pool, Way::Process, Way::Pipe]
        } else {
            [Way::Process, Way::Pool, Way::Pipe]
        };
        let mut round = Err(Errno::ENOSYS);
        for way in ways {
            // SAFETY: within the ranges that the caller vouches for.
            round = unsafe {
                let (to, from) = (to.add(copied), from.add(copied));
                match way {
                    Way::Pool => by_pool(to, from, left, ends),
                    Way::Process => by_process(to, from, left),
                    Way::Pipe => by_pipe(to, from, left),
                }
            };
            // A missing page is missing for all; another error is the way's own.
            if matches!(round, Ok(_) | Err(Errno::EFAULT)) {
                break;
            }
        }
        match round {
            Ok(count) => copied += count,
            Err(Errno::EFAULT) if left > 1 => most = left / 2,
            Err(Errno::EFAULT) => return Err(Stop::Fault { copied }),
            Err(errno) => return Err(Stop::NoEngine(errno)),
        }
    }
    Ok(())
}

/// Calls again what a signal interrupted.
#[inline(always)]
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
#[inline(never)]
unsafe fn by_process(to: *mut u8, from: *const u8, len: usize) -> Round {
    static MISSING: AtomicBool = AtomicBool::new(false);
    if MISSING.load(Relaxed) {
        return Err(Errno::ENOSYS);
    }
    let remote = [RemoteRange { address: from.expose_provenance(), len }];
    // By its thread: the process has no memory any more in the kernel's eyes once its first thread has ended.
    // SAFETY: passed on to the caller.
    let round = uninterrupted(|| unsafe { sys::process_vm_readv_raw(sys::gettid(), to, len, &remote) });
    if matches!(round, Err(Errno::ENOSYS | Errno::EPERM)) {
        MISSING.store(true, Relaxed);
    }
    round
}

/// A pipe made for this one copy: slow, and in every kernel. One page of the map a round: an empty pipe has room for it.
///
/// # Safety
/// As [`super::copy`].
#[inline(never)]
unsafe fn by_pipe(to: *mut u8, from: *const u8, len: usize) -> Round {
    let left_of_page = |address: usize| page::size() - address % page::size();
    let len = len.min(left_of_page(to.addr())).min(left_of_page(from.addr()));
    // Where a user's pipes have little room, or this machine is emulated, it may have less: then it takes a part.
    let (reader, writer) = sys::pipe2(OFlags::CLOEXEC | OFlags::NONBLOCK)?;
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
    /// The state of each slot. In the shared memory itself: parent and child have the same slots, and must not take one
    /// at once. A slot whose user was killed stays in use.
    slots: [AtomicU32; SLOTS],
}

/// A slot that has no memory yet.
const NEW: u32 = 0;
/// A slot that nobody uses.
const FREE: u32 = 1;
/// A slot that somebody uses.
const USED: u32 = 2;

/// More copies than that at once, in a family of forked processes, take another way.
const SLOTS: usize = 15;
/// Bytes in a slot, and before the first.
const SLOT: usize = 64 * 1024;
/// Bytes in the pool.
const SIZE: usize = SLOT * (1 + SLOTS);
/// A descriptor that nobody gets by chance.
const HIGH: RawFd = 1000;
/// Where the pool is in its memfd. Should the descriptor have become another file's after all, nothing is overwritten:
/// hardly a file has bytes there, and on many file systems none can.
const BASE: u64 = 1 << 44;

/// Where the pool is mapped; null before the first copy, dangling where there can be none.
static POOL: AtomicPtr<Pool> = AtomicPtr::new(ptr::null_mut());
const NONE: *mut Pool = ptr::dangling_mut();

/// In line, and what it calls too: after a system call, each return costs the processor a wrong guess.
///
/// # Safety
/// As [`super::copy`].
#[inline(always)]
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
    let round = header.take().and_then(|slot| {
        let offset = Pool::offset(slot);
        // SAFETY: the slot is this copy's until it is given back; for the rest the caller answers.
        let round = unsafe {
            let (room, len) = (pool.cast::<u8>().add(offset), len.min(SLOT));
            through(header.fd(), BASE + offset as u64, room, to, from, len, ends)
        };
        header.slots[slot].store(FREE, Release);
        round
    });
    let instead = match round {
        Ok(_) | Err(Errno::EFAULT | Errno::EBUSY | Errno::ENOMEM | Errno::ENOSPC) => return round,
        // Somebody closed it: the next copy makes another.
        Err(Errno::EBADF) => ptr::null_mut(),
        // A sandbox forbids the calls, or the descriptor is somebody else's by now.
        Err(_) => NONE,
    };
    let _ = POOL.compare_exchange(pool, instead, Relaxed, Relaxed);
    round
}

/// Copies by way of `room`, which is the memfd's bytes from `offset`.
///
/// # Safety
/// As [`super::copy`]; the room is this copy's alone.
#[inline(always)]
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
                        let _ = sys::munmap(made.cast(), SIZE);
                    }
                }
                other
            }
        }
    }

    fn map() -> Result<*mut Pool, Errno> {
        // Under a limit on the size of files, a write to the memfd would raise SIGXFSZ.
        if sys::getrlimit(RLIMIT_FSIZE)?.soft != Rlimit::INFINITY {
            return Err(Errno::EFBIG);
        }
        let low = sys::memfd_create(c"baremap", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        let fd = sys::fcntl_dupfd_cloexec(low.as_fd(), HIGH)?;
        sys::ftruncate(fd.as_fd(), BASE + SIZE as u64)?;
        // Whoever gets hold of it cannot take the room away.
        sys::fcntl_add_seals(fd.as_fd(), SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        allocate(fd.as_fd(), 0, size_of::<Pool>())?;
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the kernel chooses a free address, and the pool stays mapped for good.
        unsafe {
            let pool: *mut Pool =
                sys::mmap(ptr::null_mut(), SIZE, prot, MapFlags::SHARED, fd.as_fd(), BASE)?.cast();
            (*pool).fd = fd.into_raw_fd();
            Ok(pool)
        }
    }

    fn fd(&self) -> BorrowedFd<'_> {
        // SAFETY: the pool's own. Where somebody has closed it all the same, see [`BASE`].
        unsafe { BorrowedFd::borrow_raw(self.fd) }
    }

    /// Where a slot is in the pool.
    const fn offset(slot: usize) -> usize {
        SLOT * (1 + slot)
    }

    /// Takes a slot that nobody uses, and sees to it that it has memory.
    #[inline(always)]
    fn take(&self) -> Result<usize, Errno> {
        let take = |state| {
            let is_mine = |slot: &AtomicU32| slot.compare_exchange(state, USED, Acquire, Relaxed).is_ok();
            self.slots.iter().position(is_mine)
        };
        if let Some(slot) = take(FREE) {
            return Ok(slot);
        }
        let slot = take(NEW).ok_or(Errno::EBUSY)?;
        self.prepare(slot).map(|()| slot).inspect_err(|_| self.slots[slot].store(NEW, Release))
    }

    /// Gives a slot its memory.
    #[cold]
    fn prepare(&self, slot: usize) -> Result<(), Errno> {
        let offset = Self::offset(slot);
        allocate(self.fd(), offset, SLOT)?;
        let room = ptr::from_ref(self).cast_mut().cast::<u8>().wrapping_add(offset);
        // Mapped all at once, which makes later copies from there faster. A kernel that does not know it does without.
        // SAFETY: the pool's own memory, of which the contents stay.
        let _ = unsafe { sys::madvise(room, SLOT, Advice::POPULATE_READ) };
        Ok(())
    }
}

/// Gives a part of the pool its memory: where there is none, that is an error here, and SIGBUS at the first touch.
fn allocate(fd: BorrowedFd<'_>, offset: usize, len: usize) -> Result<(), Errno> {
    sys::fallocate(fd, FallocateFlags::empty(), BASE + offset as u64, len as u64)
}
