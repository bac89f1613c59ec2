//! Waiting on a word of memory.

use crate::Errno;
use crate::arch::syscall::{syscall2, syscall3, syscall5, syscall6};
use core::marker::PhantomData;
use core::ptr;
use core::sync::atomic::AtomicU32;
use linux_raw_sys::general as raw;
use sc::nr;
use static_assertions::assert_eq_size;

use super::{Pid, Timespec, done};

/// Who may wait on a futex.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FutexScope {
    /// Threads of this process: faster.
    Private = raw::FUTEX_PRIVATE_FLAG,
    /// Whoever maps the same memory.
    Shared = 0,
}

/// The head of a thread's list of robust futexes, laid out as glibc lays it out; see get_robust_list(2).
pub type RobustListHead = raw::robust_list_head;

assert_eq_size!(RobustListHead, [usize; 3]);

/// [futex(2)](https://man7.org/linux/man-pages/man2/futex.2.html) `FUTEX_WAIT`: sleeps while the word is `expected`,
/// until it is woken or for as long as `timeout`.
///
/// # Errors
/// `EAGAIN` (the word is not `expected`), `EINTR`, `EINVAL` (timeout), `ETIMEDOUT`.
#[inline(always)]
pub fn futex_wait(
    word: &AtomicU32,
    scope: FutexScope,
    expected: u32,
    timeout: Option<&Timespec>,
) -> Result<(), Errno> {
    let timeout = timeout.map_or(ptr::null(), ptr::from_ref).expose_provenance();
    done(futex(word, raw::FUTEX_WAIT | scope as u32, expected, timeout, 0))
}

/// [futex(2)](https://man7.org/linux/man-pages/man2/futex.2.html) `FUTEX_WAIT_BITSET`: [`futex_wait`] until a point
/// in time of the monotonic clock, for wakes that name one of the bits.
///
/// # Errors
/// As [`futex_wait`]; `EINVAL` (no bits).
#[inline(always)]
pub fn futex_wait_bitset(
    word: &AtomicU32,
    scope: FutexScope,
    expected: u32,
    deadline: Option<&Timespec>,
    bits: u32,
) -> Result<(), Errno> {
    let deadline = deadline.map_or(ptr::null(), ptr::from_ref).expose_provenance();
    done(futex(word, raw::FUTEX_WAIT_BITSET | scope as u32, expected, deadline, bits))
}

/// [futex(2)](https://man7.org/linux/man-pages/man2/futex.2.html) `FUTEX_WAKE`: wakes at most `count` waiters and
/// returns how many.
///
/// # Errors
/// `EINVAL`.
#[inline(always)]
pub fn futex_wake(word: &AtomicU32, scope: FutexScope, count: u32) -> Result<usize, Errno> {
    Errno::check(futex(word, raw::FUTEX_WAKE | scope as u32, count, 0, 0))
}

#[inline(always)]
fn futex(word: &AtomicU32, operation: u32, value: u32, timeout: usize, bits: u32) -> usize {
    let word = word.as_ptr().expose_provenance();
    // SAFETY: the operations above read the word and the time, and write nothing.
    unsafe { syscall6::<{ nr::FUTEX }>(word, operation as usize, value as usize, timeout, 0, bits as usize) }
}

/// [set_robust_list(2)](https://man7.org/linux/man-pages/man2/get_robust_list.2.html): the list that the kernel walks
/// when this thread ends, marking every futex on it.
///
/// # Safety
/// The list stays valid as long as the thread lives or until another is set; a libc's list is not replaced under it. Who takes
/// locks of [`sync`](crate::sync) in this thread has, where the list's offset is glibc's -32, a list that is linked both ways as
/// glibc's is, with a word before the head and before each entry that holds the address of the entry before.
///
/// # Errors
/// `EINVAL` (size); `ENOSYS` in QEMU's user mode.
#[inline(always)]
pub unsafe fn set_robust_list(head: *mut RobustListHead) -> Result<(), Errno> {
    // SAFETY: passed on to the caller.
    done(unsafe {
        syscall2::<{ nr::SET_ROBUST_LIST }>(head.expose_provenance(), size_of::<RobustListHead>())
    })
}

/// [get_robust_list(2)](https://man7.org/linux/man-pages/man2/get_robust_list.2.html): the list of a thread (`None`:
/// this one), null if it has none.
///
/// # Errors
/// `EPERM`, `ESRCH`; `ENOSYS` in QEMU's user mode.
#[inline(always)]
pub fn get_robust_list(thread: Option<Pid>) -> Result<*mut RobustListHead, Errno> {
    let (mut head, mut len) = (ptr::null_mut::<RobustListHead>(), 0_usize);
    let thread = thread.map_or(0, Pid::as_raw) as usize;
    let (head_address, len_address) =
        ((&raw mut head).expose_provenance(), (&raw mut len).expose_provenance());
    // SAFETY: the kernel writes pointer and length.
    done(unsafe { syscall3::<{ nr::GET_ROBUST_LIST }>(thread, head_address, len_address) })?;
    Ok(head)
}

/// The most words that [`futex_waitv`] takes.
pub const FUTEX_WAITV_MAX: usize = raw::FUTEX_WAITV_MAX as usize;

/// A word that [`futex_waitv`] waits on.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct FutexWaiter<'word> {
    waiter: raw::futex_waitv,
    word: PhantomData<&'word AtomicU32>,
}

assert_eq_size!(FutexWaiter<'static>, raw::futex_waitv);

impl<'word> FutexWaiter<'word> {
    /// None; a place to put one.
    pub const EMPTY: Self =
        Self { waiter: raw::futex_waitv { val: 0, uaddr: 0, flags: 0, __reserved: 0 }, word: PhantomData };

    /// To be woken on this word, if it is `expected`.
    #[inline]
    #[must_use]
    pub fn new(word: &'word AtomicU32, scope: FutexScope, expected: u32) -> Self {
        let uaddr = word.as_ptr().expose_provenance() as u64;
        let flags = raw::FUTEX_32 | scope as u32;
        let waiter = raw::futex_waitv { val: expected.into(), uaddr, flags, __reserved: 0 };
        Self { waiter, word: PhantomData }
    }
}

/// [futex_waitv(2)](https://docs.kernel.org/userspace-api/futex2.html): sleeps while each word is what is expected of it, until
/// it is woken on one, whose number it returns, or until a point in time of the monotonic clock.
///
/// # Errors
/// `EAGAIN` (a word is not what was expected), `EINTR`, `EINVAL` (no words, or more than [`FUTEX_WAITV_MAX`]), `ETIMEDOUT`;
/// `ENOSYS` before Linux 5.16 and in QEMU's user mode.
#[inline(always)]
pub fn futex_waitv(waiters: &[FutexWaiter<'_>], deadline: Option<&Timespec>) -> Result<usize, Errno> {
    let deadline = deadline.map_or(ptr::null(), ptr::from_ref).expose_provenance();
    let (address, count) = (waiters.as_ptr().expose_provenance(), waiters.len());
    let clock = raw::CLOCK_MONOTONIC as usize;
    // SAFETY: the kernel reads the words and the time, and writes nothing.
    Errno::check(unsafe {
        syscall5::<{ raw::__NR_futex_waitv as usize }>(address, count, 0, deadline, clock)
    })
}
