//! Processes.

use crate::Errno;
use crate::arch;
use crate::arch::syscall::{
    syscall0_nomem, syscall1_noreturn, syscall2, syscall3, syscall4, syscall5, syscall6,
};
use crate::fd::{BorrowedFd, OwnedFd, RawFd};
use bitflags::bitflags;
use core::ffi::{CStr, c_char, c_void};
use core::fmt;
use core::mem::MaybeUninit;
use core::num::NonZero;
use core::ptr;
use linux_raw_sys::general as raw;
use sc::nr;
use static_assertions::assert_eq_size;

use super::{Signal, done, owned, register};

/// The number of a process or thread: 1 or more.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Pid(NonZero<i32>);

impl Pid {
    /// The process or thread of that number, if it can be one.
    #[inline]
    #[must_use]
    pub const fn from_raw(number: i32) -> Option<Pid> {
        match NonZero::new(number) {
            Some(number) if number.get() > 0 => Some(Pid(number)),
            _ => None,
        }
    }

    /// The number.
    #[inline(always)]
    #[must_use]
    pub const fn as_raw(self) -> i32 {
        self.0.get()
    }

    /// What a call returned that yields 0 or a process.
    #[inline(always)]
    fn from_result(result: usize) -> Result<Option<Pid>, Errno> {
        Errno::check(result).map(|pid| Pid::from_raw(pid as i32))
    }
}

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pid({})", self.0)
    }
}

bitflags! {
    /// What parent and child share after [`clone`]; the lowest byte is the signal that the parent gets at the end.
    #[repr(transparent)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct CloneFlags: u32 {
        /// The memory; only for [`clone_call`].
        const VM = raw::CLONE_VM;
        /// The parent's thread stands still until the child ends or becomes another program.
        const VFORK = raw::CLONE_VFORK;
        /// The table of descriptors.
        const FILES = raw::CLONE_FILES;
        /// Current directory, root and umask.
        const FS = raw::CLONE_FS;
        /// The parent becomes the child's brother.
        const PARENT = raw::CLONE_PARENT;
        /// The child's number is stored in the parent's memory.
        const PARENT_SETTID = raw::CLONE_PARENT_SETTID;
        /// The child's number is stored in the child's memory.
        const CHILD_SETTID = raw::CLONE_CHILD_SETTID;
        /// The number is cleared, and a futex on it woken, when the child ends.
        const CHILD_CLEARTID = raw::CLONE_CHILD_CLEARTID;
        /// A descriptor of the child is stored where the parent's thread id would go (Linux 5.2).
        const PIDFD = raw::CLONE_PIDFD;
        /// A new namespace of processes.
        const NEWPID = raw::CLONE_NEWPID;
        /// A new namespace of mounts.
        const NEWNS = raw::CLONE_NEWNS;
        /// A new namespace of users.
        const NEWUSER = raw::CLONE_NEWUSER;
        /// Flags that this crate has no name for.
        const _ = !0;
    }
}

bitflags! {
    /// What [`wait4`] and [`waitid`] wait for, and how.
    #[repr(transparent)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct WaitFlags: u32 {
        /// Returns at once if there is nothing to report.
        const NOHANG = raw::WNOHANG;
        /// Children that were stopped; the same bit as `STOPPED`.
        const UNTRACED = raw::WUNTRACED;
        /// [`waitid`]: children that ended.
        const EXITED = raw::WEXITED;
        /// Children that went on.
        const CONTINUED = raw::WCONTINUED;
        /// [`waitid`]: the child stays to be waited for again.
        const NOWAIT = raw::WNOWAIT;
        /// Flags that this crate has no name for.
        const _ = !0;
    }
}

/// Which children to wait for.
#[derive(Clone, Copy, Debug)]
pub enum WaitFor<'fd> {
    /// Any child.
    Any,
    /// This one.
    Pid(Pid),
    /// Any child in this process group.
    Group(Pid),
    /// The one that this descriptor is of (Linux 5.4; only [`waitid`]).
    PidFd(BorrowedFd<'fd>),
}

/// How a child ended, or that it did not: the status of wait(2).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct WaitStatus(i32);

impl WaitStatus {
    /// A status as the kernel encodes it.
    #[must_use]
    pub const fn from_raw(status: i32) -> Self {
        Self(status)
    }

    /// As the kernel encodes it.
    #[must_use]
    pub const fn as_raw(self) -> i32 {
        self.0
    }

    /// The exit code, 0 to 255, if the child exited.
    #[inline]
    #[must_use]
    pub const fn code(self) -> Option<u8> {
        if self.0 & 0x7f == 0 { Some((self.0 >> 8) as u8) } else { None }
    }

    /// The signal that killed the child, if one did.
    #[inline]
    #[must_use]
    pub const fn signal(self) -> Option<Signal> {
        // 0 in the lowest seven bits is an exit, 127 a stop or a continuation.
        match self.0 & 0x7f {
            0 | 0x7f => None,
            signal => Signal::from_raw(signal),
        }
    }

    /// Whether the kernel wrote a core dump.
    #[inline]
    #[must_use]
    pub const fn core_dumped(self) -> bool {
        self.signal().is_some() && self.0 & 0x80 != 0
    }

    /// The signal that stopped the child, if it is stopped.
    #[inline]
    #[must_use]
    pub const fn stopped(self) -> Option<Signal> {
        if self.0 & 0xff == 0x7f { Signal::from_raw((self.0 >> 8) & 0xff) } else { None }
    }

    /// Whether the child went on after a stop.
    #[inline]
    #[must_use]
    pub const fn continued(self) -> bool {
        self.0 == 0xffff
    }

    /// Whether the child exited with code 0.
    #[inline]
    #[must_use]
    pub const fn success(self) -> bool {
        matches!(self.code(), Some(0))
    }
}

impl fmt::Display for WaitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(code) = self.code() {
            write!(f, "exit code {code}")
        } else if let Some(signal) = self.signal() {
            write!(f, "killed by {signal}{}", if self.core_dumped() { " (core dumped)" } else { "" })
        } else if let Some(signal) = self.stopped() {
            write!(f, "stopped by {signal}")
        } else {
            f.write_str("continued")
        }
    }
}

impl fmt::Debug for WaitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WaitStatus({self})")
    }
}

/// What [`waitid`] says of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waited {
    /// The child.
    pub pid: Pid,
    /// How it ended, stopped or went on.
    pub status: WaitStatus,
}

assert_eq_size!(raw::siginfo_t, [u8; 128]);

/// [fork(2)](https://man7.org/linux/man-pages/man2/fork.2.html): `None` in the child, the child in the parent. Where
/// the kernel has no such call, clone with `SIGCHLD`.
///
/// # Safety
/// The child has one thread and a copy of everything else: a lock that another thread held stays locked for ever, a
/// libc's idea of its threads is out of date, and whatever is mapped shared is now reachable twice, exclusive
/// references into it included. The child may use what bears that, and must not run destructors of what is the
/// parent's alone.
///
/// # Errors
/// `EAGAIN` (too many processes), `ENOMEM`, `ENOSYS` (no memory management unit).
#[inline(always)]
pub unsafe fn fork() -> Result<Option<Pid>, Errno> {
    // SAFETY: passed on to the caller.
    Pid::from_result(unsafe { arch::process::fork() })
}

/// [clone(2)](https://man7.org/linux/man-pages/man2/clone.2.html) as a fork with flags: the child goes on here, on
/// its copy of the stack. `signal` is what the parent gets when it ends.
///
/// # Safety
/// As [`fork`]. `flags` leave out `CLONE_VM`: two threads cannot share this stack. The pointers are valid for what
/// the flags make of them.
///
/// # Errors
/// `EAGAIN`, `EINVAL` (flags), `ENOMEM`, `ENOSPC`, `EPERM`, `EUSERS`.
#[inline(always)]
pub unsafe fn clone(
    flags: CloneFlags,
    signal: Option<Signal>,
    parent_tid: *mut i32,
    child_tid: *mut i32,
) -> Result<Option<Pid>, Errno> {
    let flags = flags.bits() as usize | signal.map_or(0, |signal| signal.as_raw() as usize);
    let (parent_tid, child_tid) = (parent_tid.expose_provenance(), child_tid.expose_provenance());
    // SAFETY: passed on to the caller.
    Pid::from_result(unsafe { arch::process::clone(flags, 0, parent_tid, child_tid, 0) })
}

/// [clone(2)](https://man7.org/linux/man-pages/man2/clone.2.html) whose child calls `entry` with `argument`, on a stack of its
/// own that ends before `stack`, a multiple of 16. With [`CloneFlags::VM`] and [`CloneFlags::VFORK`] it is what vfork(2) is
/// meant to be; QEMU's user mode makes a fork of that, whose child has a copy of the memory and does not hold its parent up.
///
/// # Safety
/// As [`fork`]. With `VM` the child touches nothing that any other thread uses, for as long as its parent does not wait for
/// it: it has no thread-local memory of its own. The stack is large enough, and the child's alone.
///
/// # Errors
/// As [`clone`].
#[inline(always)]
pub unsafe fn clone_call(
    flags: CloneFlags,
    signal: Option<Signal>,
    stack: *mut u8,
    entry: unsafe extern "C" fn(*const c_void) -> !,
    argument: *const c_void,
) -> Result<Pid, Errno> {
    let flags = flags.bits() as usize | signal.map_or(0, |signal| signal.as_raw() as usize);
    // SAFETY: passed on to the caller.
    let result = unsafe { arch::process::clone_call(flags, stack.expose_provenance(), entry, argument) };
    // The child does not return from the call: 0 cannot come.
    Errno::check(result).map(nonzero)
}

/// [execve(2)](https://man7.org/linux/man-pages/man2/execve.2.html): becomes another program; returns only an error.
/// Both lists end with a null pointer.
///
/// # Safety
/// Every pointer before the null is of a string that ends with a null.
///
/// # Errors
/// `E2BIG`, `EACCES`, `EFAULT`, `EINVAL`, `EIO`, `EISDIR`, `ELIBBAD`, `ELOOP`, `EMFILE`, `ENAMETOOLONG`, `ENFILE`,
/// `ENOENT`, `ENOEXEC`, `ENOMEM`, `ENOTDIR`, `EPERM`, `ETXTBSY`.
#[inline(always)]
pub unsafe fn execve(
    path: &CStr,
    arguments: *const *const c_char,
    environment: *const *const c_char,
) -> Errno {
    let path = path.as_ptr().expose_provenance();
    // SAFETY: passed on to the caller.
    let result = unsafe {
        syscall3::<{ nr::EXECVE }>(path, arguments.expose_provenance(), environment.expose_provenance())
    };
    match done(result) {
        Err(errno) => errno,
        Ok(()) => unreachable!("execve returns only to say why it could not"),
    }
}

/// [execveat(2)](https://man7.org/linux/man-pages/man2/execveat.2.html) with `AT_EMPTY_PATH`: [`execve`] of an open file. One that is
/// closed by execve(2) cannot be a script: its interpreter would not find it any more.
///
/// # Safety
/// As [`execve`].
///
/// # Errors
/// As [`execve`], and `EBADF`, `ENOSYS`.
#[inline(always)]
pub unsafe fn execveat(
    file: BorrowedFd<'_>,
    arguments: *const *const c_char,
    environment: *const *const c_char,
) -> Errno {
    let (path, flags) = (c"".as_ptr().expose_provenance(), raw::AT_EMPTY_PATH as usize);
    let (arguments, environment) = (arguments.expose_provenance(), environment.expose_provenance());
    // SAFETY: passed on to the caller.
    let result = unsafe { syscall5::<{ nr::EXECVEAT }>(register(file), path, arguments, environment, flags) };
    match done(result) {
        Err(errno) => errno,
        Ok(()) => unreachable!("execveat returns only to say why it could not"),
    }
}

/// [wait4(2)](https://man7.org/linux/man-pages/man2/wait4.2.html) without resource usage: `None` if nothing is to be
/// reported yet, with [`WaitFlags::NOHANG`].
///
/// # Errors
/// `ECHILD` (no such child), `EINTR`, `EINVAL` (flags, or a descriptor or group 1: these are for [`waitid`]).
#[inline(always)]
pub fn wait4(who: WaitFor<'_>, flags: WaitFlags) -> Result<Option<(Pid, WaitStatus)>, Errno> {
    let who = match who {
        WaitFor::Any => -1,
        WaitFor::Pid(pid) => pid.as_raw(),
        // The kernel would take -1 for any child.
        WaitFor::Group(group) if group.as_raw() > 1 => -group.as_raw(),
        WaitFor::Group(_) | WaitFor::PidFd(_) => return Err(Errno::EINVAL),
    };
    let mut status = 0_i32;
    let address = (&raw mut status).expose_provenance();
    // SAFETY: the kernel writes the status.
    let result = unsafe { syscall4::<{ nr::WAIT4 }>(who as usize, address, flags.bits() as usize, 0) };
    Ok(Pid::from_result(result)?.map(|pid| (pid, WaitStatus(status))))
}

/// [waitid(2)](https://man7.org/linux/man-pages/man2/waitid.2.html): `None` if nothing is to be reported yet, with
/// [`WaitFlags::NOHANG`].
///
/// # Errors
/// `EAGAIN`, `EBADF`, `ECHILD` (no such child), `EINTR`, `EINVAL` (flags).
#[inline(always)]
pub fn waitid(who: WaitFor<'_>, flags: WaitFlags) -> Result<Option<Waited>, Errno> {
    let (kind, id) = match who {
        WaitFor::Any => (raw::P_ALL, 0),
        WaitFor::Pid(pid) => (raw::P_PID, pid.as_raw() as usize),
        WaitFor::Group(group) => (raw::P_PGID, group.as_raw() as usize),
        WaitFor::PidFd(fd) => (raw::P_PIDFD, register(fd)),
    };
    let mut info = MaybeUninit::<raw::siginfo_t>::zeroed();
    let address = info.as_mut_ptr().expose_provenance();
    // SAFETY: the kernel writes the structure.
    done(unsafe { syscall5::<{ nr::WAITID }>(kind as usize, id, address, flags.bits() as usize, 0) })?;
    // SAFETY: all zeros is a structure too, and the kernel fills the fields of SIGCHLD.
    let (code, pid, status) = unsafe {
        let info = info.assume_init().__bindgen_anon_1.__bindgen_anon_1;
        (info.si_code as u32, info._sifields._sigchld._pid, info._sifields._sigchld._status)
    };
    let status = match code {
        raw::CLD_EXITED => (status & 0xff) << 8,
        raw::CLD_KILLED => status,
        raw::CLD_DUMPED => status | 0x80,
        raw::CLD_CONTINUED => 0xffff,
        _ => status << 8 | 0x7f,
    };
    Ok(Pid::from_raw(pid).map(|pid| Waited { pid, status: WaitStatus(status) }))
}

/// [exit_group(2)](https://man7.org/linux/man-pages/man2/exit_group.2.html): ends the process, all its threads, with
/// the lowest eight bits of `code`. No destructor runs.
#[inline(always)]
pub fn exit_group(code: i32) -> ! {
    // SAFETY: a process may end anywhere.
    unsafe { syscall1_noreturn::<{ nr::EXIT_GROUP }>(code as usize) }
}

/// [getpid(2)](https://man7.org/linux/man-pages/man2/getpid.2.html): this process.
#[inline(always)]
#[must_use]
pub fn getpid() -> Pid {
    // SAFETY: reads and writes no memory.
    nonzero(unsafe { syscall0_nomem::<{ nr::GETPID }>() })
}

/// [getppid(2)](https://man7.org/linux/man-pages/man2/getpid.2.html): the parent, or `None` if it is outside of this
/// process's namespace.
#[inline(always)]
#[must_use]
pub fn getppid() -> Option<Pid> {
    // SAFETY: reads and writes no memory.
    Pid::from_raw(unsafe { syscall0_nomem::<{ nr::GETPPID }>() } as i32)
}

/// [gettid(2)](https://man7.org/linux/man-pages/man2/gettid.2.html): this thread.
#[inline(always)]
#[must_use]
pub fn gettid() -> Pid {
    // SAFETY: reads and writes no memory.
    nonzero(unsafe { syscall0_nomem::<{ nr::GETTID }>() })
}

/// The answer of a call that always succeeds with a process or thread.
#[inline(always)]
fn nonzero(result: usize) -> Pid {
    // SAFETY: a process and a thread see themselves with a number of 1 or more.
    Pid(unsafe { NonZero::new_unchecked(result as i32) })
}

/// [setpgid(2)](https://man7.org/linux/man-pages/man2/setpgid.2.html): moves a process (`None`: this one) into a
/// process group (`None`: its own).
///
/// # Errors
/// `EACCES` (a child that has become another program), `EINVAL`, `EPERM`, `ESRCH`.
#[inline(always)]
pub fn setpgid(pid: Option<Pid>, group: Option<Pid>) -> Result<(), Errno> {
    let raw = |pid: Option<Pid>| pid.map_or(0, Pid::as_raw) as usize;
    // SAFETY: no memory is named.
    done(unsafe { syscall2::<{ nr::SETPGID }>(raw(pid), raw(group)) })
}

/// [pidfd_open(2)](https://man7.org/linux/man-pages/man2/pidfd_open.2.html) (Linux 5.3): a descriptor of a process,
/// readable when it has ended, closed by execve(2).
///
/// # Errors
/// `EINVAL`, `EMFILE`, `ENFILE`, `ENODEV`, `ENOMEM`, `ESRCH`.
#[inline(always)]
pub fn pidfd_open(pid: Pid) -> Result<OwnedFd, Errno> {
    // SAFETY: no memory is named.
    owned(unsafe { syscall2::<{ nr::PIDFD_OPEN }>(pid.as_raw() as usize, 0) })
}

/// [pidfd_send_signal(2)](https://man7.org/linux/man-pages/man2/pidfd_send_signal.2.html) (Linux 5.1): sends a signal to the
/// process that a descriptor is of, never to another of the same number, or with `None` only asks whether one could.
///
/// # Errors
/// `EBADF`, `EINVAL`, `EPERM`, `ESRCH` (it has been waited for).
#[inline(always)]
pub fn pidfd_send_signal(process: BorrowedFd<'_>, signal: Option<Signal>) -> Result<(), Errno> {
    let signal = signal.map_or(0, Signal::as_raw) as usize;
    // SAFETY: no memory is named; what a handler does was justified when it was set.
    done(unsafe { syscall4::<{ nr::PIDFD_SEND_SIGNAL }>(register(process), signal, 0, 0) })
}

/// [pidfd_getfd(2)](https://man7.org/linux/man-pages/man2/pidfd_getfd.2.html) (Linux 5.6): another descriptor of an open file
/// that another process has by this number, closed by execve(2). It takes the right to trace the process.
///
/// # Errors
/// `EBADF`, `EINVAL`, `EMFILE`, `ENFILE`, `EPERM`, `ESRCH`.
#[inline(always)]
pub fn pidfd_getfd(process: BorrowedFd<'_>, number: RawFd) -> Result<OwnedFd, Errno> {
    // SAFETY: no memory is named.
    owned(unsafe { syscall3::<{ nr::PIDFD_GETFD }>(register(process), number as usize, 0) })
}

/// [prctl(2)](https://man7.org/linux/man-pages/man2/prctl.2.html): one of many operations on this process or thread;
/// the numbers are those of linux/prctl.h.
///
/// # Safety
/// The arguments are what the operation wants, and this process bears what it does.
///
/// # Errors
/// As the operation says; `EINVAL` if the kernel does not know it.
#[inline(always)]
pub unsafe fn prctl(operation: u32, arguments: [usize; 4]) -> Result<usize, Errno> {
    let [a, b, c, d] = arguments;
    // SAFETY: passed on to the caller.
    Errno::check(unsafe { syscall5::<{ nr::PRCTL }>(operation as usize, a, b, c, d) })
}

/// A limit of a process, for [`getrlimit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Rlimit {
    /// What counts.
    pub soft: u64,
    /// How far the process may raise it.
    pub hard: u64,
}

assert_eq_size!(Rlimit, raw::rlimit64);

impl Rlimit {
    /// No limit.
    pub const INFINITY: u64 = u64::MAX;
}

/// [getrlimit(2)](https://man7.org/linux/man-pages/man2/getrlimit.2.html) by prlimit64: a limit (`RLIMIT_…`) of this
/// process.
///
/// # Errors
/// `EINVAL` (no such limit).
#[inline(always)]
pub fn getrlimit(resource: u32) -> Result<Rlimit, Errno> {
    let mut limit = Rlimit { soft: 0, hard: 0 };
    let address = (&raw mut limit).expose_provenance();
    // SAFETY: the kernel writes the structure.
    done(unsafe { syscall4::<{ nr::PRLIMIT64 }>(0, resource as usize, 0, address) })?;
    Ok(limit)
}

/// A range of this process's memory for [`process_vm_readv`] and [`process_vm_writev`].
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct RemoteRange {
    /// The first address, in the other process.
    pub address: usize,
    /// Bytes.
    pub len: usize,
}

assert_eq_size!(RemoteRange, raw::iovec);

/// [process_vm_readv(2)](https://man7.org/linux/man-pages/man2/process_vm_readv.2.html): copies another process's
/// memory, or one's own, one range after the other into `local`; how many bytes it came to. Memory that is not there
/// ends it.
///
/// # Errors
/// `EFAULT` (not even the first range), `EINVAL`, `ENOMEM`, `EPERM`, `ESRCH`; `ENOSYS` in QEMU's user mode.
#[inline(always)]
pub fn process_vm_readv(pid: Pid, local: &mut [u8], remote: &[RemoteRange]) -> Result<usize, Errno> {
    // SAFETY: the kernel writes within the slice.
    unsafe { process_vm_readv_raw(pid, local.as_mut_ptr(), local.len(), remote) }
}

/// [`process_vm_readv`] into memory that others may change or take away: bytes that are not there are an error.
///
/// # Safety
/// The local range is the caller's to write.
///
/// # Errors
/// As [`process_vm_readv`].
#[inline(always)]
pub unsafe fn process_vm_readv_raw(
    pid: Pid,
    address: *mut u8,
    len: usize,
    remote: &[RemoteRange],
) -> Result<usize, Errno> {
    let local = RemoteRange { address: address.expose_provenance(), len };
    // SAFETY: passed on to the caller.
    unsafe { process_vm::<{ nr::PROCESS_VM_READV }>(pid, &local, remote) }
}

/// [process_vm_writev(2)](https://man7.org/linux/man-pages/man2/process_vm_writev.2.html): copies `local` into another
/// process's memory, or one's own, one range after the other; how many bytes it came to.
///
/// # Safety
/// If the process is this one, the ranges are the caller's to write.
///
/// # Errors
/// As [`process_vm_readv`].
#[inline(always)]
pub unsafe fn process_vm_writev(pid: Pid, local: &[u8], remote: &[RemoteRange]) -> Result<usize, Errno> {
    let local = RemoteRange { address: local.as_ptr().expose_provenance(), len: local.len() };
    // SAFETY: passed on to the caller.
    unsafe { process_vm::<{ nr::PROCESS_VM_WRITEV }>(pid, &local, remote) }
}

/// # Safety
/// As the two above.
#[inline(always)]
unsafe fn process_vm<const NUMBER: usize>(
    pid: Pid,
    local: &RemoteRange,
    remote: &[RemoteRange],
) -> Result<usize, Errno> {
    let local = ptr::from_ref(local).expose_provenance();
    let (remote, ranges) = (remote.as_ptr().expose_provenance(), remote.len());
    // SAFETY: the kernel reads both lists; for the rest the caller answers.
    Errno::check(unsafe { syscall6::<NUMBER>(pid.as_raw() as usize, local, 1, remote, ranges, 0) })
}
