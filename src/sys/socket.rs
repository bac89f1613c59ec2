//! UNIX sockets: how processes on one machine talk, and hand descriptors to each other.

use crate::Errno;
use crate::arch::syscall::{syscall2, syscall3, syscall4};
use crate::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};
use bitflags::bitflags;
use core::fmt;
use core::mem::offset_of;
use core::ptr;
use linux_raw_sys::general::{self, iovec};
use linux_raw_sys::net as raw;
use sc::nr;
use static_assertions::{assert_eq_size, const_assert_eq};

use super::{done, owned, register};

// recvmsg(2), cmsg(3), unix(7): the same on every 64-bit architecture.
assert_eq_size!(raw::msghdr, [u64; 7]);
const_assert_eq!(offset_of!(raw::msghdr, msg_iov), 16);
const_assert_eq!(offset_of!(raw::msghdr, msg_control), 32);
const_assert_eq!(offset_of!(raw::msghdr, msg_flags), 48);
assert_eq_size!(raw::sockaddr_un, [u8; 110]);

/// How the bytes of a socket belong together.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SocketKind {
    /// One after the other, as in a pipe.
    Stream = raw::SOCK_STREAM,
    /// Message by message, to whoever has the address.
    Datagram = raw::SOCK_DGRAM,
    /// Message by message, over a connection.
    SeqPacket = raw::SOCK_SEQPACKET,
}

bitflags! {
    /// How [`sendmsg`] and [`recvmsg`] go about it, and what [`recvmsg`] found.
    #[repr(transparent)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct MsgFlags: u32 {
        /// Descriptors that come in are closed by execve(2).
        const CMSG_CLOEXEC = raw::MSG_CMSG_CLOEXEC;
        /// There was no room for all control data; descriptors that had none are not there.
        const CTRUNC = raw::MSG_CTRUNC;
        /// `EAGAIN` in place of waiting.
        const DONTWAIT = raw::MSG_DONTWAIT;
        /// `EPIPE` without the signal SIGPIPE.
        const NOSIGNAL = raw::MSG_NOSIGNAL;
        /// What is received stays to be received again.
        const PEEK = raw::MSG_PEEK;
        /// There was no room for the whole message.
        const TRUNC = raw::MSG_TRUNC;
        /// Flags that this crate has no name for.
        const _ = !0;
    }
}

/// Where a UNIX socket is found, see [unix(7)](https://man7.org/linux/man-pages/man7/unix.7.html).
#[derive(Clone, Copy)]
pub struct UnixAddress {
    address: raw::sockaddr_un,
    len: usize,
}

impl UnixAddress {
    /// Bytes that a path or name may have.
    pub const MAX: usize = size_of::<raw::sockaddr_un>() - PATH - 1;

    /// A socket in the file system. A relative path is relative to the current directory.
    ///
    /// # Errors
    /// `ENOENT` (empty), `ENAMETOOLONG` (more than [`UnixAddress::MAX`] bytes), `EINVAL` (a null in it).
    pub fn new(path: &[u8]) -> Result<Self, Errno> {
        match path {
            [] => Err(Errno::ENOENT),
            path if path.contains(&0) => Err(Errno::EINVAL),
            // With the null at the end.
            path => Self::of(0, path, 1),
        }
    }

    /// A socket that goes by a name and is in no directory: whoever is in the same network namespace may use it, and it goes
    /// with its last descriptor.
    ///
    /// # Errors
    /// `ENAMETOOLONG` (more than [`UnixAddress::MAX`] bytes).
    pub fn new_abstract(name: &[u8]) -> Result<Self, Errno> {
        Self::of(1, name, 0)
    }

    fn of(nulls_before: usize, bytes: &[u8], nulls_after: usize) -> Result<Self, Errno> {
        let mut address = raw::sockaddr_un { sun_family: raw::AF_UNIX as u16, sun_path: [0; Self::MAX + 1] };
        if bytes.len() > Self::MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        for (to, from) in address.sun_path[nulls_before..].iter_mut().zip(bytes) {
            *to = *from as core::ffi::c_char;
        }
        Ok(Self { address, len: PATH + nulls_before + bytes.len() + nulls_after })
    }

    fn pointer(&self) -> usize {
        (&raw const self.address).expose_provenance()
    }
}

/// Where the path begins in an address.
const PATH: usize = offset_of!(raw::sockaddr_un, sun_path);

impl fmt::Debug for UnixAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.address.sun_path.map(|byte| byte.to_ne_bytes()[0]);
        write!(f, "UnixAddress({})", path[..self.len - PATH].escape_ascii())
    }
}

/// What [`recvmsg`] received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Bytes of the message; 0 at the end of a connection.
    pub len: usize,
    /// Bytes of control data.
    pub control_len: usize,
    /// Whether something was cut off.
    pub flags: MsgFlags,
}

/// [socket(2)](https://man7.org/linux/man-pages/man2/socket.2.html) of the family `AF_UNIX`, closed by execve(2).
///
/// # Errors
/// `EACCES`, `EAFNOSUPPORT` (a kernel without), `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`.
#[inline(always)]
pub fn socket(kind: SocketKind) -> Result<OwnedFd, Errno> {
    // SAFETY: no memory is named.
    owned(unsafe { syscall3::<{ nr::SOCKET }>(raw::AF_UNIX as usize, closed_on_exec(kind), 0) })
}

/// [socketpair(2)](https://man7.org/linux/man-pages/man2/socketpair.2.html) of the family `AF_UNIX`: two connected sockets,
/// closed by execve(2).
///
/// # Errors
/// `EAFNOSUPPORT` (a kernel without), `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`.
#[inline(always)]
pub fn socketpair(kind: SocketKind) -> Result<(OwnedFd, OwnedFd), Errno> {
    let mut ends: [RawFd; 2] = [-1; 2];
    let address = (&raw mut ends).expose_provenance();
    // SAFETY: the kernel writes the two numbers.
    done(unsafe { syscall4::<{ nr::SOCKETPAIR }>(raw::AF_UNIX as usize, closed_on_exec(kind), 0, address) })?;
    // SAFETY: the kernel has just made them, for this caller alone.
    Ok(unsafe { (OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])) })
}

/// A kind of socket with the flag `SOCK_CLOEXEC`, which is the number of `O_CLOEXEC`.
#[inline(always)]
fn closed_on_exec(kind: SocketKind) -> usize {
    (kind as u32 | general::O_CLOEXEC) as usize
}

/// [bind(2)](https://man7.org/linux/man-pages/man2/bind.2.html): gives a socket its address.
///
/// # Errors
/// `EACCES`, `EADDRINUSE` (somebody has it, or a file is there), `EINVAL` (it has one), `ELOOP`, `ENAMETOOLONG`, `ENOENT`,
/// `ENOMEM`, `ENOTDIR`, `EROFS`.
#[inline(always)]
pub fn bind(socket: BorrowedFd<'_>, address: &UnixAddress) -> Result<(), Errno> {
    // SAFETY: the kernel reads the address.
    done(unsafe { syscall3::<{ nr::BIND }>(register(socket), address.pointer(), address.len) })
}

/// [listen(2)](https://man7.org/linux/man-pages/man2/listen.2.html): lets others connect, of which so many may wait for
/// [`accept`].
///
/// # Errors
/// `EADDRINUSE`, `EINVAL` (it has no address), `EOPNOTSUPP` (not for this kind).
#[inline(always)]
pub fn listen(socket: BorrowedFd<'_>, waiting: u32) -> Result<(), Errno> {
    let waiting = waiting.min(i32::MAX as u32);
    // SAFETY: no memory is named.
    done(unsafe { syscall2::<{ nr::LISTEN }>(register(socket), waiting as usize) })
}

/// [accept(2)](https://man7.org/linux/man-pages/man2/accept.2.html), by accept4: the next connection, closed by execve(2).
///
/// # Errors
/// `EAGAIN` (none there, and not to wait), `ECONNABORTED`, `EINTR`, `EINVAL` (it does not listen), `EMFILE`, `ENFILE`,
/// `ENOBUFS`, `ENOMEM`, `EPERM`.
#[inline(always)]
pub fn accept(socket: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    // SAFETY: null: no address is asked for.
    owned(unsafe { syscall4::<{ nr::ACCEPT4 }>(register(socket), 0, 0, general::O_CLOEXEC as usize) })
}

/// [connect(2)](https://man7.org/linux/man-pages/man2/connect.2.html): connects to who listens at an address.
///
/// # Errors
/// `EACCES`, `EAGAIN` (too many wait already), `ECONNREFUSED` (nobody listens), `EINTR`, `EISCONN`, `ENOENT`, `ENOTDIR`,
/// `EPERM`, `EPROTOTYPE` (another kind of socket).
#[inline(always)]
pub fn connect(socket: BorrowedFd<'_>, address: &UnixAddress) -> Result<(), Errno> {
    // SAFETY: the kernel reads the address.
    done(unsafe { syscall3::<{ nr::CONNECT }>(register(socket), address.pointer(), address.len) })
}

/// [sendmsg(2)](https://man7.org/linux/man-pages/man2/send.2.html): sends bytes and, in the form of
/// [cmsg(3)](https://man7.org/linux/man-pages/man3/cmsg.3.html), control data to the other end of a connection. How many
/// bytes were sent, maybe not all.
///
/// # Safety
/// Every descriptor that the control data name is open, and its owner agrees.
///
/// # Errors
/// `EAGAIN`, `EBADF`, `ECONNRESET`, `EINTR`, `EINVAL` (the control data), `EMSGSIZE`, `ENOBUFS`, `ENOMEM`, `ENOTCONN`, `ENOTSOCK`,
/// `EPERM`, `EPIPE` (the other end is closed, and without [`MsgFlags::NOSIGNAL`] the signal SIGPIPE), `ETOOMANYREFS` (too many
/// descriptors are under way).
#[inline(always)]
pub unsafe fn sendmsg(
    socket: BorrowedFd<'_>,
    bytes: &[u8],
    control: &[u64],
    flags: MsgFlags,
) -> Result<usize, Errno> {
    let mut range = iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() as u64 };
    let control_len = size_of_val(control);
    let header = message(&mut range, control.as_ptr().cast_mut(), control_len);
    let address = (&raw const header).expose_provenance();
    // SAFETY: the kernel reads the structures, the bytes and the control data.
    Errno::check(unsafe { syscall3::<{ nr::SENDMSG }>(register(socket), address, flags.bits() as usize) })
}

/// [recvmsg(2)](https://man7.org/linux/man-pages/man2/recv.2.html): receives bytes and control data.
///
/// Descriptors that come in are in the control data, by number; it is the caller who closes them.
///
/// # Errors
/// `EAGAIN`, `EBADF`, `ECONNRESET`, `EINTR`, `EINVAL`, `ENOMEM`, `ENOTCONN`, `ENOTSOCK`.
#[inline(always)]
pub fn recvmsg(
    socket: BorrowedFd<'_>,
    bytes: &mut [u8],
    control: &mut [u64],
    flags: MsgFlags,
) -> Result<Message, Errno> {
    let mut range = iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() as u64 };
    let control_len = size_of_val(control);
    let mut header = message(&mut range, control.as_mut_ptr(), control_len);
    let address = (&raw mut header).expose_provenance();
    // SAFETY: the kernel writes within the bytes, the control data and the header.
    let result = unsafe { syscall3::<{ nr::RECVMSG }>(register(socket), address, flags.bits() as usize) };
    let len = Errno::check(result)?;
    let flags = MsgFlags::from_bits_retain(header.msg_flags);
    Ok(Message { len, control_len: header.msg_controllen, flags })
}

/// A message of one range of bytes.
#[inline(always)]
fn message(range: &mut iovec, control: *mut u64, control_len: usize) -> raw::msghdr {
    let range = ptr::from_mut(range);
    range.expose_provenance();
    control.expose_provenance();
    raw::msghdr {
        msg_name: ptr::null_mut(),
        msg_namelen: 0,
        // The header of the kernel's sockets names the type and leaves its fields to another header.
        msg_iov: range.cast(),
        msg_iovlen: 1,
        msg_control: control.cast(),
        msg_controllen: control_len,
        msg_flags: 0,
    }
}
