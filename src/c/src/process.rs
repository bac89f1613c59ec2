//! Processes and threads, by the bare system calls.

use baremap::arch::syscall::{syscall0_nomem, syscall2, syscall3, syscall4};
use core::ffi::{c_char, c_int, c_uint, c_void};
use linux_raw_sys::general as raw;

use crate::answer::status;
use crate::pointer::address;

mod fork {
    use super::*;

    /// fork(2), as the kernel has it: 0 in the child, the child's number in the parent; or -EAGAIN (too many processes), -ENOMEM.
    ///
    /// In a program that has a libc, the child's libc knows nothing of it: handlers of pthread_atfork(3) do not run, locks that other
    /// threads held stay locked (that of malloc(3) among them), and what the libc has kept of thread numbers is the parent's. Such
    /// a child should only use functions that begin by `bm_`, system calls, and `bm_execve` or `bm_exit`. Otherwise call fork(3).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_fork() -> c_int {
        crate::answer::attempt_number(|| {
            // SAFETY: what the child may use is the caller's to know.
            unsafe { baremap::sys::fork() }.map(|child| child.map_or(0, baremap::sys::Pid::as_raw))
        })
    }
}

mod execve {
    use super::*;

    /// execve(2): becomes another program; both lists end with a null pointer. Returns only an error: -E2BIG, -EACCES, -EFAULT, -EINVAL,
    /// -EIO, -EISDIR, -ELIBBAD, -ELOOP, -EMFILE, -ENAMETOOLONG, -ENFILE, -ENOENT, -ENOEXEC, -ENOMEM, -ENOTDIR, -EPERM, -ETXTBSY.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_execve(
        path: *const c_char,
        arguments: *const *const c_char,
        environment: *const *const c_char,
    ) -> c_int {
        const NUMBER: usize = raw::__NR_execve as usize;
        // SAFETY: the kernel reads the lists and what they lead to.
        status(unsafe { syscall3::<NUMBER>(address(path), address(arguments), address(environment)) })
    }
}

mod wait4 {
    use super::*;

    /// wait4(2): waits for a child, `pid`, or any one with -1, or one of a group with its negated number; stores how it ended in `*status`
    /// unless that is null, and what it used (struct rusage) in `*usage` unless that is null.
    ///
    /// The child's number, 0 (with BM_WNOHANG: there is nothing to report yet), or -ECHILD, -EFAULT, -EINTR, -EINVAL (options).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_wait4(
        pid: c_int,
        status: *mut c_int,
        options: c_int,
        usage: *mut c_void,
    ) -> c_int {
        const NUMBER: usize = raw::__NR_wait4 as usize;
        // SAFETY: the kernel writes what the caller gave for it.
        crate::answer::status(unsafe {
            syscall4::<NUMBER>(pid as usize, address(status), options as usize, address(usage))
        })
    }
}

mod exit {
    /// exit_group(2): ends the process, all its threads, with the lowest eight bits of `code`. Nothing else runs: no handler of
    /// atexit(3), and no buffer of stdio(3) is written.
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_exit(code: core::ffi::c_int) -> ! {
        baremap::sys::exit_group(code)
    }
}

mod getpid {
    use super::*;

    /// getpid(2): this process.
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_getpid() -> c_int {
        const NUMBER: usize = raw::__NR_getpid as usize;
        // SAFETY: reads and writes no memory.
        status(unsafe { syscall0_nomem::<NUMBER>() })
    }
}

mod getppid {
    use super::*;

    /// getppid(2): the parent, or 0 if it is outside of this process's namespace.
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_getppid() -> c_int {
        const NUMBER: usize = raw::__NR_getppid as usize;
        // SAFETY: reads and writes no memory.
        status(unsafe { syscall0_nomem::<NUMBER>() })
    }
}

mod gettid {
    use super::*;

    /// gettid(2): this thread.
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_gettid() -> c_int {
        const NUMBER: usize = raw::__NR_gettid as usize;
        // SAFETY: reads and writes no memory.
        status(unsafe { syscall0_nomem::<NUMBER>() })
    }
}

mod kill {
    use super::*;

    /// kill(2): sends a signal to a process, or to a group by its negated number; 0 as the signal only asks whether one could.
    ///
    /// 0, or -EINVAL (signal), -EPERM, -ESRCH.
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_kill(pid: c_int, signal: c_int) -> c_int {
        const NUMBER: usize = raw::__NR_kill as usize;
        // SAFETY: no memory is named.
        status(unsafe { syscall2::<NUMBER>(pid as usize, signal as usize) })
    }
}

mod tgkill {
    use super::*;

    /// tgkill(2): sends a signal to one thread of a process. 0, or -EAGAIN, -EINVAL, -EPERM, -ESRCH.
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_tgkill(process: c_int, thread: c_int, signal: c_int) -> c_int {
        const NUMBER: usize = raw::__NR_tgkill as usize;
        // SAFETY: no memory is named.
        status(unsafe { syscall3::<NUMBER>(process as usize, thread as usize, signal as usize) })
    }
}

mod setpgid {
    use super::*;

    /// setpgid(2): moves a process (0: this one) into a process group (0: its own). 0, or -EACCES, -EINVAL, -EPERM, -ESRCH.
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_setpgid(pid: c_int, group: c_int) -> c_int {
        const NUMBER: usize = raw::__NR_setpgid as usize;
        // SAFETY: no memory is named.
        status(unsafe { syscall2::<NUMBER>(pid as usize, group as usize) })
    }
}

mod pidfd_open {
    use super::*;

    /// pidfd_open(2), Linux 5.3: a descriptor of a process, readable when it has ended, closed by execve(2).
    ///
    /// A descriptor, or -EINVAL, -EMFILE, -ENFILE, -ENOMEM, -ENOSYS, -ESRCH.
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_pidfd_open(pid: c_int, flags: c_uint) -> c_int {
        const NUMBER: usize = raw::__NR_pidfd_open as usize;
        // SAFETY: no memory is named.
        status(unsafe { syscall2::<NUMBER>(pid as usize, flags as usize) })
    }
}

mod pidfd_send_signal {
    use super::*;

    /// pidfd_send_signal(2), Linux 5.1: sends a signal to the process that a descriptor is of, never to another of the same number.
    ///
    /// 0, or -EBADF, -EINVAL, -ENOSYS, -EPERM, -ESRCH (it has been waited for).
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_pidfd_send_signal(process: c_int, signal: c_int) -> c_int {
        const NUMBER: usize = raw::__NR_pidfd_send_signal as usize;
        // SAFETY: no memory is named.
        status(unsafe { syscall4::<NUMBER>(process as usize, signal as usize, 0, 0) })
    }
}

mod die_with_parent {
    use super::*;

    /// prctl(2) PR_SET_PDEATHSIG with SIGKILL: this process, a child, is killed when the thread that forked it ends. 0, or -EINVAL.
    ///
    /// The parent may have ended before: compare `bm_getppid` with what it was before the fork.
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_die_with_parent() -> c_int {
        const NUMBER: usize = raw::__NR_prctl as usize;
        let (operation, signal) = (linux_raw_sys::prctl::PR_SET_PDEATHSIG as usize, raw::SIGKILL as usize);
        // SAFETY: no memory is named.
        status(unsafe { syscall2::<NUMBER>(operation, signal) })
    }
}

/// A limit of a process.
#[allow(non_camel_case_types, reason = "as C has it")]
#[repr(C)]
pub struct bm_limit_t {
    /// What counts; UINT64_MAX is no limit.
    pub soft: u64,
    /// How far the process may raise it.
    pub hard: u64,
}

static_assertions::assert_eq_size!(bm_limit_t, raw::rlimit64);

mod getrlimit {
    use super::*;

    /// getrlimit(2), by prlimit64: stores a limit of this process, BM_RLIMIT_MEMLOCK or another. 0, or -EFAULT, -EINVAL (no
    /// such limit).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_getrlimit(resource: c_int, limit: *mut bm_limit_t) -> c_int {
        const NUMBER: usize = raw::__NR_prlimit64 as usize;
        if limit.is_null() {
            // The kernel would take that for no question at all.
            return crate::answer::negated(baremap::Errno::EFAULT);
        }
        // SAFETY: the kernel writes what the caller gave for it.
        status(unsafe { syscall4::<NUMBER>(0, resource as usize, 0, address(limit)) })
    }
}
