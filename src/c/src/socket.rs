//! Waiting for descriptors, and handing them to other processes.

use baremap::arch::syscall::syscall5;
use baremap::fd::{self, IntoRawFd};
use baremap::sys::{self, SocketKind};
use core::ffi::{c_int, c_short};
use core::ptr;
use linux_raw_sys::general as raw;

use crate::answer::{attempt, attempt_number, status};
use crate::descriptor;
use crate::pointer::{address, not_null};
use crate::time::bm_timespec_t;

/// A descriptor to wait for, laid out as struct pollfd is; a negative one is passed over.
#[allow(non_camel_case_types, reason = "as C has it")]
#[repr(C)]
pub struct bm_poll_t {
    /// The descriptor.
    pub fd: c_int,
    /// What to wait for: BM_POLLIN, BM_POLLOUT.
    pub events: c_short,
    /// What has come.
    pub revents: c_short,
}

static_assertions::assert_eq_size!(bm_poll_t, raw::pollfd);

mod poll {
    use super::*;

    /// ppoll(2): waits until something has come for one of the descriptors, at most for as long as `timeout`; null is for ever.
    ///
    /// For how many something has come, 0 when the time is over; or -EFAULT, -EINTR, -EINVAL, -ENOMEM.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_poll(
        fds: *mut bm_poll_t,
        count: usize,
        timeout: *const bm_timespec_t,
    ) -> c_int {
        const NUMBER: usize = raw::__NR_ppoll as usize;
        // The kernel stores what is left in its copy.
        // SAFETY: the caller's time.
        let mut copy = match unsafe { timeout.as_ref() } {
            Some(&time) => time,
            None => bm_timespec_t { tv_sec: 0, tv_nsec: 0 },
        };
        let time = if timeout.is_null() { ptr::null_mut() } else { &raw mut copy };
        // SAFETY: the kernel writes within the list and the time.
        status(unsafe { syscall5::<NUMBER>(address(fds), count, address(time), 0, 0) })
    }
}

mod socketpair {
    use super::*;

    /// socketpair(2): two ends of a UNIX socket, closed by execve(2), stored in `ends`; what is sent at one arrives at the other, as a
    /// stream of bytes.
    ///
    /// 0, or -EFAULT (null), -EMFILE, -ENFILE, -ENOMEM.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_socketpair(ends: *mut c_int) -> c_int {
        attempt(|| {
            let place = not_null(ends)?.cast::<[c_int; 2]>();
            let (one, other) = sys::socketpair(SocketKind::Stream)?;
            // SAFETY: the caller's place for two numbers.
            unsafe { place.write([one.into_raw_fd(), other.into_raw_fd()]) };
            Ok(())
        })
    }
}

mod send {
    use super::*;

    /// Sends a descriptor over a UNIX socket: `bm_fd_receive` at its other end gets one of the same open file. It stays the
    /// caller's as well.
    ///
    /// 0, or -EBADF, -EPIPE (the other end is closed; no signal is raised), -ETOOMANYREFS, -ENOTSOCK and others of sendmsg(2).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_fd_send(socket: c_int, fd: c_int) -> c_int {
        attempt(|| {
            // SAFETY: the caller's descriptors.
            let (socket, sent) = unsafe { (descriptor::borrow(socket)?, descriptor::borrow(fd)?) };
            Ok(fd::send(socket, &[sent])?)
        })
    }
}

mod receive {
    use super::*;

    /// Receives a descriptor that `bm_fd_send` has sent; it is closed by execve(2).
    ///
    /// A descriptor, or -EBADF, -EBADMSG (a message with none or with more), -ECONNRESET (the other end is closed), -EMFILE,
    /// -ENOTSOCK and others of recvmsg(2).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_fd_receive(socket: c_int) -> c_int {
        attempt_number(|| {
            // SAFETY: the caller's descriptor.
            let [fd] = fd::receive(unsafe { descriptor::borrow(socket) }?)?;
            Ok(fd.into_raw_fd())
        })
    }
}

mod take {
    use super::*;
    use baremap::Errno;
    use baremap::sys::Pid;

    /// Another descriptor of an open file that a process has by this number (pidfd_getfd(2), Linux 5.6), closed by execve(2). It
    /// takes the right to trace the process.
    ///
    /// A descriptor, or -EBADF, -EMFILE, -ENFILE, -ENOSYS, -EPERM, -ESRCH.
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_fd_take(pid: c_int, number: c_int) -> c_int {
        attempt_number(|| {
            let process = Pid::from_raw(pid).ok_or(Errno::ESRCH)?;
            Ok(fd::take_from(process, number)?.into_raw_fd())
        })
    }
}
