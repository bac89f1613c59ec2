//! Waiting for descriptors.

use crate::Errno;
use crate::arch::syscall::syscall5;
use crate::fd::{AsRawFd, BorrowedFd, RawFd};
use bitflags::bitflags;
use core::marker::PhantomData;
use core::mem::offset_of;
use core::ptr;
use linux_raw_sys::general as raw;
use sc::nr;
use static_assertions::{assert_eq_size, const_assert_eq};

use super::{SignalSet, Timespec};

bitflags! {
    /// What [`ppoll`] waits for, and what has come.
    #[repr(transparent)]
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct PollFlags: u16 {
        /// There is something to read; for a process: it has ended.
        const IN = raw::POLLIN as u16;
        /// There is room to write.
        const OUT = raw::POLLOUT as u16;
        /// An error; reported in any case.
        const ERR = raw::POLLERR as u16;
        /// The other end is closed; reported in any case.
        const HUP = raw::POLLHUP as u16;
        /// No such descriptor; reported in any case.
        const NVAL = raw::POLLNVAL as u16;
        /// Flags that this crate has no name for.
        const _ = !0;
    }
}

/// A descriptor to wait for, or a gap in the list.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct PollFd<'fd> {
    fd: RawFd,
    events: PollFlags,
    returned: PollFlags,
    lent: PhantomData<BorrowedFd<'fd>>,
}

assert_eq_size!(PollFd<'_>, raw::pollfd);
const_assert_eq!(offset_of!(PollFd<'_>, events), offset_of!(raw::pollfd, events));
const_assert_eq!(offset_of!(PollFd<'_>, returned), offset_of!(raw::pollfd, revents));

impl<'fd> PollFd<'fd> {
    /// Nothing to wait for.
    pub const GAP: PollFd<'static> =
        PollFd { fd: -1, events: PollFlags::empty(), returned: PollFlags::empty(), lent: PhantomData };

    /// Waits for these events of a descriptor.
    #[must_use]
    pub fn new(fd: BorrowedFd<'fd>, events: PollFlags) -> Self {
        PollFd { fd: fd.as_raw_fd(), events, ..PollFd::GAP }
    }

    /// What has come.
    #[must_use]
    pub const fn returned(&self) -> PollFlags {
        self.returned
    }
}

/// [ppoll(2)](https://man7.org/linux/man-pages/man2/poll.2.html): waits until something has come for one of the descriptors, at
/// most for as long as `timeout`, with another signal mask meanwhile if one is given; for how many something has come.
///
/// # Errors
/// `EINTR`, `EINVAL` (more descriptors than a process may open, or the timeout), `ENOMEM`.
#[inline(always)]
pub fn ppoll(
    fds: &mut [PollFd<'_>],
    timeout: Option<Timespec>,
    mask: Option<SignalSet>,
) -> Result<usize, Errno> {
    // The kernel stores what is left in its copy.
    let mut timeout = timeout;
    let time = timeout.as_mut().map_or(ptr::null_mut(), ptr::from_mut).expose_provenance();
    let set = mask.as_ref().map_or(ptr::null(), ptr::from_ref).expose_provenance();
    let (address, count) = (fds.as_mut_ptr().expose_provenance(), fds.len());
    // SAFETY: the kernel reads the set, and writes within the slice and the time.
    let result = unsafe { syscall5::<{ nr::PPOLL }>(address, count, time, set, size_of::<SignalSet>()) };
    Errno::check(result)
}
