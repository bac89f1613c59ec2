//! Descriptors on their way from one process to another.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::file::again;
use crate::sys::{self, Message, MsgFlags, Pid};
use linux_raw_sys::net::{SCM_RIGHTS, SOL_SOCKET, cmsghdr};

use super::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// Descriptors that [`send`] can send at once (`SCM_MAX_FD`).
pub const MAX_PASSED: usize = 253;

/// The kind of control data that is a descriptor of the sender, where a socket's owner has asked for such (Linux 6.5).
const SCM_PIDFD: u32 = 4;

/// What stands before the descriptors, in words of 8 bytes.
const HEADER: usize = size_of::<cmsghdr>() / size_of::<u64>();

/// Room for the most descriptors, in words, and for other control data, which a socket's owner may have asked for.
const ROOM: usize = HEADER + MAX_PASSED.div_ceil(2) + 64;

/// Sends descriptors over a UNIX socket: [`receive`] at its other end gets descriptors of the same open files (`SCM_RIGHTS`).
///
/// With them goes one byte, a zero: without a byte nothing is sent.
///
/// ```
/// use baremap::sys::{SocketKind, socketpair};
/// use baremap::{SealedMap, fd::{self, AsFd}};
///
/// let (ours, theirs) = socketpair(SocketKind::Stream)?;
/// let map = SealedMap::new(b"for all to read")?;
/// fd::send(&ours, &[map.as_fd()])?;
///
/// // In another process:
/// let [file] = fd::receive(&theirs)?;
/// assert_eq!(&SealedMap::open(&file)?[..], b"for all to read");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// `EPIPE` (the other end is closed; no signal is raised), `EINVAL` with [`Reason::Descriptors`] (more than [`MAX_PASSED`]),
/// `ETOOMANYREFS` (more are under way than RLIMIT_NOFILE allows) and others of [`sys::sendmsg`].
pub fn send(socket: impl AsFd, descriptors: &[BorrowedFd<'_>]) -> Result<()> {
    let mut control = [0; ROOM];
    let Some(control) =
        control.get_mut(..words(descriptors.len())).filter(|_| descriptors.len() <= MAX_PASSED)
    else {
        let reason = Reason::Descriptors { found: descriptors.len(), expected: MAX_PASSED };
        return Err(Error::because(Operation::Send, Errno::EINVAL, reason));
    };
    if let [len, kind, numbers @ ..] = control {
        *len = (size_of::<cmsghdr>() + size_of_val(descriptors)) as u64;
        *kind = u64::from(SOL_SOCKET) | u64::from(SCM_RIGHTS) << 32;
        for (index, descriptor) in descriptors.iter().enumerate() {
            numbers[index / 2] |= (descriptor.as_raw_fd() as u64) << (index % 2 * 32);
        }
    }
    // SAFETY: the descriptors are borrowed.
    again(Operation::Send, || unsafe { sys::sendmsg(socket.as_fd(), &[0], control, MsgFlags::NOSIGNAL) })?;
    Ok(())
}

/// Words of control data for so many descriptors; none for none.
const fn words(count: usize) -> usize {
    if count == 0 { 0 } else { HEADER + count.div_ceil(2) }
}

/// Receives as many descriptors as the caller has room for, as [`send`] sends them; see there. They are closed by execve(2).
///
/// ```
/// use baremap::sys::{SocketKind, socketpair};
/// use baremap::{Errno, File, fd::{self, AsFd}};
///
/// let (ours, theirs) = socketpair(SocketKind::Stream)?;
/// let (one, two) = (File::unnamed()?, File::unnamed()?);
/// fd::send(&ours, &[one.as_fd(), two.as_fd()])?;
/// let [_one, _two] = fd::receive(&theirs)?;
///
/// drop(ours);
/// assert_eq!(fd::receive::<1>(&theirs).unwrap_err().errno(), Errno::ECONNRESET);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// After an error none is left open.
/// - `ECONNRESET` with [`Reason::Closed`]: the other end is closed, and nothing is left to be received.
/// - `EBADMSG` with [`Reason::Descriptors`]: a message with more descriptors, or fewer, none for instance.
/// - `EMFILE`: more came than this process may have (RLIMIT_NOFILE). The message is gone.
/// - others of [`sys::recvmsg`].
pub fn receive<const N: usize>(socket: impl AsFd) -> Result<[OwnedFd; N]> {
    let (mut byte, mut control) = ([0], [0; ROOM]);
    let flags = MsgFlags::CMSG_CLOEXEC;
    let message = again(Operation::Receive, || sys::recvmsg(socket.as_fd(), &mut byte, &mut control, flags))?;
    let mut received = [const { None }; N];
    let mut found = 0;
    for (kind, number) in numbers(&message, &control) {
        // SAFETY: the kernel has just made it, for this caller alone.
        let descriptor = unsafe { OwnedFd::from_raw_fd(number) };
        // What was not sent, and what there is no place for, is closed here.
        if kind == SCM_RIGHTS {
            if let Some(place) = received.get_mut(found) {
                *place = Some(descriptor);
            }
            found += 1;
        }
    }
    let failed = |errno, reason| Err(Error::because(Operation::Receive, errno, reason));
    if message.flags.contains(MsgFlags::CTRUNC) {
        // There is room for the most that can be sent.
        return failed(Errno::EMFILE, Reason::Kernel);
    }
    if message.len == 0 {
        return failed(Errno::ECONNRESET, Reason::Closed);
    }
    if found != N || received.iter().any(Option::is_none) {
        return failed(Errno::EBADMSG, Reason::Descriptors { found, expected: N });
    }
    // SAFETY: none of them is none.
    Ok(received.map(|descriptor| unsafe { descriptor.unwrap_unchecked() }))
}

/// The numbers of the descriptors in control data, each once, and of which kind they are.
fn numbers<'control>(
    message: &Message,
    control: &'control [u64],
) -> impl Iterator<Item = (u32, RawFd)> + use<'control> {
    let mut rest = &control[..message.control_len.div_ceil(size_of::<u64>()).min(control.len())];
    let pieces = core::iter::from_fn(move || {
        let [len, kind, data @ ..] = rest else { return None };
        let len = (*len as usize).saturating_sub(size_of::<cmsghdr>());
        // What follows begins at the next word.
        let (data, following) = data.split_at_checked(len.div_ceil(size_of::<u64>()))?;
        rest = following;
        Some((*kind as u32, (*kind >> 32) as u32, len, data))
    });
    let descriptors =
        pieces.filter(|&(level, kind, ..)| level == SOL_SOCKET && [SCM_RIGHTS, SCM_PIDFD].contains(&kind));
    descriptors.flat_map(|(_, kind, len, data)| {
        let halves = data.iter().flat_map(|&word| [word as RawFd, (word >> 32) as RawFd]);
        // Where the kernel could not make a process's descriptor, its error number stands there.
        halves.take(len / size_of::<RawFd>()).filter(|&number| number >= 0).map(move |number| (kind, number))
    })
}

/// Another descriptor of an open file that a process has by this number (pidfd_getfd(2), Linux 5.6): of the same open file,
/// whatever it is, as [`receive`] gives it.
///
/// It takes the right to trace the process, as a debugger does: a parent has it, say, where the system does not restrict that
/// (`kernel.yama.ptrace_scope`). [`File::open_of`](crate::File::open_of) takes less, and opens files anew.
///
/// ```no_run
/// use baremap::{fd, sys::Pid};
///
/// let process = Pid::from_raw(1234).expect("a number of a process");
/// let theirs = fd::take_from(process, 3)?;
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # Errors
/// `ESRCH` (no such process), `EBADF` (it has no such descriptor), `EPERM`, `EMFILE`, `ENFILE`, `ENOSYS` (before Linux 5.6).
pub fn take_from(process: Pid, number: RawFd) -> Result<OwnedFd> {
    let process = again(Operation::TakeFrom, || sys::pidfd_open(process))?;
    again(Operation::TakeFrom, || sys::pidfd_getfd(process.as_fd(), number))
}
