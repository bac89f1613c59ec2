//! Copies by the kernel, which answers with an error where a page is missing.

use crate::Errno;
use crate::errno::uninterrupted;
use crate::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, RawFd};
use crate::page;
use crate::sys::{
    self, Advice, FallocateFlags, MapFlags, MemfdFlags, OFlags, ProtFlags, RemoteRange, Rlimit, SealFlags,
};
use core::mem::offset_of;
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
fn progress(call: impl FnMut() -> Round) -> Round {
    match uninterrupted(call) {
        // Nothing copied and no error is none.
        Ok(0) => Err(Errno::EIO),
        result => result,
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
    let round = progress(|| unsafe { sys::process_vm_readv_raw(sys::gettid(), to, len, &remote) });
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
        let count = progress(|| sys::write_raw(writer.as_fd(), from, len))?;
        progress(|| sys::read_raw(reader.as_fd(), to, count))
    }
}

/// Rooms in memfds that are mapped as well: the kernel copies between the map that may fault and a room, this process
/// between the room and its own memory.
///
/// A memfd for each, so that a copy that waits for a page (a file server that hangs) keeps no other copy waiting: the kernel
/// locks a file while it is written.
static POOL: [Room; ROOMS] = [const { Room::new() }; ROOMS];

/// Where a room is mapped; null before it is needed, dangling where there is none.
///
/// Its descriptor has the room's own number, [`HIGH`] and its place in the pool, or there is no room: so no room can get the
/// number of one whose descriptor somebody has closed, and no forked child can change which file its parent writes to.
struct Room {
    shared: AtomicPtr<Shared>,
}

/// What is mapped: processes that have forked from each other see the same, and must not use it at once.
#[repr(C)]
struct Shared {
    /// First, so that a copy of a page is one page to the kernel as well.
    bytes: [u8; ROOM],
    /// 1 while somebody uses it. If that one is killed, it stays in use.
    used: AtomicU32,
}

/// More copies than that at once, in a family of forked processes, take another way.
const ROOMS: usize = 15;
/// Bytes in a room.
const ROOM: usize = 64 * 1024;
/// The first room's descriptor: a number that nobody gets by chance.
const HIGH: RawFd = 1000;
/// Where a room is in its memfd. Should the descriptor have become another file's after all, nothing is overwritten: hardly
/// a file has bytes there, and on many file systems none can.
const BASE: u64 = 1 << 44;
/// A room that somebody is making, and one that cannot be made.
const MAKING: *mut Shared = ptr::without_provenance_mut(1);
const NONE: *mut Shared = ptr::without_provenance_mut(2);

/// In line, and what it calls too: after a system call, each return costs the processor a wrong guess.
///
/// # Safety
/// As [`super::copy`].
#[inline(always)]
unsafe fn by_pool(to: *mut u8, from: *const u8, len: usize, ends: Ends) -> Round {
    for (number, room) in (HIGH..).zip(&POOL) {
        let shared = match room.shared.load(Acquire) {
            NONE | MAKING => continue,
            shared if shared.is_null() => room.make(number)?,
            shared => shared,
        };
        // SAFETY: mapped for good.
        let used = unsafe { &(*shared).used };
        if used.compare_exchange(0, 1, Acquire, Relaxed).is_err() {
            continue;
        }
        // SAFETY: the room is this copy's until it is given back; for the rest the caller answers.
        let round = unsafe {
            let (fd, bytes) = (BorrowedFd::borrow_raw(number), (&raw mut (*shared).bytes).cast());
            through(fd, bytes, to, from, len.min(ROOM), ends)
        };
        used.store(0, Release);
        if !matches!(round, Ok(_) | Err(Errno::EFAULT | Errno::ENOMEM | Errno::ENOSPC)) {
            // A sandbox forbids the calls, or somebody has closed the descriptor or made it another file's. There is no
            // telling whose it is from now on.
            room.shared.store(NONE, Release);
        }
        return round;
    }
    Err(Errno::EBUSY)
}

/// Copies by way of a room's bytes.
///
/// # Safety
/// As [`super::copy`]; the room is this copy's alone.
#[inline(always)]
unsafe fn through(
    fd: BorrowedFd<'_>,
    bytes: *mut u8,
    to: *mut u8,
    from: *const u8,
    len: usize,
    ends: Ends,
) -> Round {
    const OFFSET: u64 = BASE + offset_of!(Shared, bytes) as u64;
    // SAFETY: passed on to the caller; where an end is the program's own, a plain copy does.
    unsafe {
        let count = match ends {
            Ends::From | Ends::Both => progress(|| sys::pwrite_raw(fd, from, len, OFFSET))?,
            Ends::To => {
                ptr::copy_nonoverlapping(from, bytes, len);
                len
            }
        };
        match ends {
            Ends::To | Ends::Both => progress(|| sys::pread_raw(fd, to, count, OFFSET)),
            Ends::From => {
                ptr::copy_nonoverlapping(bytes, to, count);
                Ok(count)
            }
        }
    }
}

impl Room {
    const fn new() -> Self {
        Self { shared: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Makes the room, unless another thread is at it.
    #[cold]
    fn make(&self, number: RawFd) -> Result<*mut Shared, Errno> {
        if self.shared.compare_exchange(ptr::null_mut(), MAKING, Acquire, Relaxed).is_err() {
            return Err(Errno::EBUSY);
        }
        let made = Self::map(number);
        let shared = match made {
            Ok(shared) => shared,
            Err(errno) if is_final(errno) => NONE,
            // A shortage, which may pass.
            Err(_) => ptr::null_mut(),
        };
        self.shared.store(shared, Release);
        made
    }

    fn map(number: RawFd) -> Result<*mut Shared, Errno> {
        let len = size_of::<Shared>();
        // Under a limit on the size of files, a write to the memfd would raise SIGXFSZ.
        if sys::getrlimit(RLIMIT_FSIZE)?.soft != Rlimit::INFINITY {
            return Err(Errno::EFBIG);
        }
        let low = sys::memfd_create(c"baremap", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        let fd = sys::fcntl_dupfd_cloexec(low.as_fd(), number)?;
        if fd.as_raw_fd() != number {
            return Err(Errno::EBUSY);
        }
        sys::ftruncate(fd.as_fd(), BASE + len as u64)?;
        // Whoever gets hold of it cannot take the room away.
        sys::fcntl_add_seals(fd.as_fd(), SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        // Where there is no memory, that is an error here, and SIGBUS at the first touch.
        uninterrupted(|| sys::fallocate(fd.as_fd(), FallocateFlags::empty(), BASE, len as u64))?;
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the kernel chooses a free address, and the room stays mapped for good.
        let start = unsafe { sys::mmap(ptr::null_mut(), len, prot, MapFlags::SHARED, fd.as_fd(), BASE) }?;
        // Mapped all at once, which makes later copies from there faster. A kernel that does not know it does without.
        // SAFETY: the room's own memory, of which the contents stay.
        let _ = unsafe { sys::madvise(start, len, Advice::POPULATE_READ) };
        // Kept open for good.
        let _ = fd.into_raw_fd();
        Ok(start.cast())
    }
}

/// Whether a call that failed will fail again: it is missing, forbidden, or not for files as large as that.
fn is_final(errno: Errno) -> bool {
    !matches!(errno, Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM | Errno::ENOSPC | Errno::EINTR)
}
