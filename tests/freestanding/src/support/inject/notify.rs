//! The kernel asks the test's process before each of the child's calls; see
//! [seccomp_unotify(2)](https://man7.org/linux/man-pages/man2/seccomp_unotify.2.html) (Linux 5.5).

use baremap::arch::syscall::{syscall1, syscall3, syscall5};
use baremap::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use baremap::process::{self, Exit};
use baremap::sys::{self, CloneFlags, Pid, Signal, WaitFlags, WaitFor, WaitStatus};
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::time::Duration;
use linux_raw_sys::general::{
    __NR_ioctl, __NR_ppoll, __NR_seccomp, __NR_unshare, CLONE_FILES, POLLIN, pollfd,
};
use linux_raw_sys::prctl::PR_SET_NO_NEW_PRIVS;
use linux_raw_sys::ptrace::{
    BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, SECCOMP_FILTER_FLAG_NEW_LISTENER,
    SECCOMP_RET_ALLOW, SECCOMP_RET_USER_NOTIF, SECCOMP_SET_MODE_FILTER, SECCOMP_USER_NOTIF_FLAG_CONTINUE,
    seccomp_notif, seccomp_notif_resp, sock_filter, sock_fprog,
};

use super::{MOST, Shared};
use crate::support::raw;

pub(super) fn run<T: Exit>(shared: &Shared, calls: &[usize], run: impl FnOnce() -> T) -> WaitStatus {
    shared.listener.store(0, Relaxed);
    // With the same table of descriptors at first: what the child gets from the kernel is the parent's too.
    let (flags, none) = (CloneFlags::FILES, ptr::null_mut());
    // SAFETY: a test has one thread and holds no lock; what it owns, the child owns a copy of.
    match unsafe { sys::clone(flags, Some(Signal::CHLD), none, none) }.expect("a test may have a child") {
        None => {
            let listener = listen(calls);
            shared.listener.store(listener.as_raw_fd() as u32 + 1, Release);
            unshare_descriptors();
            drop(listener);
            process::exit(run().code())
        }
        Some(pid) => {
            if let Some(listener) = wait_for_listener(shared, pid) {
                answer_until_end(shared, listener.as_fd(), pid);
            }
            wait(pid)
        }
    }
}

/// Installs the filter in this process, for good.
fn listen(calls: &[usize]) -> OwnedFd {
    let instruction =
        |code: u32, jt: usize, k: u32| sock_filter { code: code as u16, jt: jt as u8, jf: 0, k };
    let mut program = [instruction(BPF_RET | BPF_K, 0, SECCOMP_RET_ALLOW); MOST + 3];
    // The number is the first of what a filter sees. The last instruction asks; the one before allows.
    program[0] = instruction(BPF_LD | BPF_W | BPF_ABS, 0, 0);
    for (index, &call) in calls.iter().enumerate() {
        program[index + 1] = instruction(BPF_JMP | BPF_JEQ | BPF_K, calls.len() - index, call as u32);
    }
    program[calls.len() + 2] = instruction(BPF_RET | BPF_K, 0, SECCOMP_RET_USER_NOTIF);
    let program = sock_fprog { len: calls.len() as u16 + 3, filter: program.as_mut_ptr() };
    let (mode, flags) = (SECCOMP_SET_MODE_FILTER as usize, SECCOMP_FILTER_FLAG_NEW_LISTENER as usize);
    let address = (&raw const program).expose_provenance();
    // SAFETY: the kernel copies the program, which changes what calls return; the descriptor is new.
    unsafe {
        sys::prctl(PR_SET_NO_NEW_PRIVS, [1, 0, 0, 0]).expect("anybody may");
        let result = syscall3::<{ __NR_seccomp as usize }>(mode, flags, address);
        OwnedFd::from_raw_fd(raw::value(result).expect("Linux 5.5 with seccomp filters") as RawFd)
    }
}

fn unshare_descriptors() {
    // SAFETY: a table of one's own with the same descriptors changes nothing for who uses them.
    raw::done(unsafe { syscall1::<{ __NR_unshare as usize }>(CLONE_FILES as usize) }).expect("anybody may");
}

/// The child's descriptor, which is this process's too; `None` if the child ends before it has one.
fn wait_for_listener(shared: &Shared, pid: Pid) -> Option<OwnedFd> {
    loop {
        if let Some(number) = shared.listener.load(Acquire).checked_sub(1) {
            // SAFETY: put into the common table for this process.
            return Some(unsafe { OwnedFd::from_raw_fd(number as RawFd) });
        }
        let flags = WaitFlags::EXITED | WaitFlags::NOHANG | WaitFlags::NOWAIT;
        if sys::waitid(WaitFor::Pid(pid), flags).expect("it is a child").is_some() {
            return None;
        }
        process::sleep(Duration::from_micros(20));
    }
}

fn answer_until_end(shared: &Shared, listener: BorrowedFd<'_>, pid: Pid) {
    let child = sys::pidfd_open(pid).expect("Linux 5.3");
    loop {
        let mut files = [listener, child.as_fd()].map(|fd| pollfd {
            fd: fd.as_raw_fd(),
            events: POLLIN as i16,
            revents: 0,
        });
        let (address, count) = (files.as_mut_ptr().expose_provenance(), files.len());
        // SAFETY: the kernel writes within the array.
        let result = unsafe { syscall5::<{ __NR_ppoll as usize }>(address, count, 0, 0, 0) };
        raw::value(result).expect("both are open");
        match files.map(|file| file.revents & POLLIN as i16 != 0) {
            [true, _] => answer(shared, listener),
            [false, true] => return,
            [false, false] => {}
        }
    }
}

/// Reads one question and answers it. A child that was killed meanwhile needs no answer.
fn answer(shared: &Shared, listener: BorrowedFd<'_>) {
    // The kernel wants to see zeros.
    let mut question = MaybeUninit::<seccomp_notif>::zeroed();
    if ioctl::<seccomp_notif>(listener, 0, question.as_mut_ptr()).is_err() {
        return;
    }
    // SAFETY: written by the kernel, and numbers all.
    let question = unsafe { question.assume_init() };
    let (error, flags) = match shared.decide(question.data.nr as usize) {
        Some(errno) => (-errno.raw_os_error(), 0),
        None => (0, SECCOMP_USER_NOTIF_FLAG_CONTINUE),
    };
    let mut answer = seccomp_notif_resp { id: question.id, val: 0, error, flags };
    let _ = ioctl::<seccomp_notif_resp>(listener, 1, &raw mut answer);
}

/// ioctl(2) for a structure of this type, which the kernel reads and writes: `SECCOMP_IOCTL_NOTIF_RECV` is 0, `_SEND` 1.
fn ioctl<T>(listener: BorrowedFd<'_>, number: usize, argument: *mut T) -> Result<usize, baremap::Errno> {
    const READ_AND_WRITE: usize = 3 << 30;
    let request = READ_AND_WRITE | size_of::<T>() << 16 | usize::from(b'!') << 8 | number;
    let (fd, argument) = (listener.as_raw_fd() as usize, argument.expose_provenance());
    // SAFETY: the kernel writes the structure, whose size the request names.
    raw::value(unsafe { syscall3::<{ __NR_ioctl as usize }>(fd, request, argument) })
}

fn wait(pid: Pid) -> WaitStatus {
    loop {
        match sys::wait4(WaitFor::Pid(pid), WaitFlags::empty()) {
            Ok(Some((_, status))) => return status,
            Ok(None) | Err(baremap::Errno::EINTR) => {}
            Err(errno) => panic!("wait4: {errno:?}"),
        }
    }
}
