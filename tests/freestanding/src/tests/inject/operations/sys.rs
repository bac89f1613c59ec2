//! The functions of `sys`, each of which hands on what the kernel says.

use super::{Operation, file, memory, system_call};
use crate::support::fds;
use crate::support::scratch::Scratch;
use crate::support::text::Text;
use baremap::fd::AsFd;
use baremap::sys::{
    self, Advice, AtFlags, CWD, Clock, CloneFlags, FallocateFlags, FdFlags, FutexScope, GetRandomFlags,
    LockKind, MapFlags, MaskHow, MlockFlags, Mode, MremapFlags, MsgFlags, MsyncFlags, OFlags, ProtFlags,
    RemoteRange, RenameFlags, SeekFrom, Signal, SocketKind, Timespec, UnixAddress, WaitFlags, WaitFor,
};
use baremap::{AnonMap, Caps, Errno, File, FileMap, page, process};
use core::ptr;
use core::sync::atomic::AtomicU32;
use linux_raw_sys::general::RLIMIT_AS;
use linux_raw_sys::prctl::PR_GET_DUMPABLE;

use super::super::sweep::Calls;

type Result<T> = core::result::Result<T, Errno>;

pub(super) const OPERATIONS: &[Operation] = &[
    system_call("sys::clock_gettime", |calls| call(calls, || sys::clock_gettime(Clock::Monotonic))),
    system_call("sys::chdir", |calls| call(calls, || sys::chdir(c"/"))),
    system_call("sys::close", |calls| {
        let (reader, _writer) = fds::pipe();
        call(calls, || sys::close(reader))
    }),
    // Beyond all that are open.
    system_call("sys::cloexec_from", |calls| call(calls, || sys::cloexec_from(1 << 20))),
    system_call("sys::dup3", |calls| {
        let (from, to) = (File::unnamed()?, File::unnamed()?);
        let number = baremap::fd::AsRawFd::as_raw_fd(&to.as_fd());
        // SAFETY: the owner of that number expects it to become another.
        call(calls, || unsafe { sys::dup3(from.as_fd(), number, OFlags::CLOEXEC) })
    }),
    system_call("sys::fallocate", |calls| {
        let file = File::unnamed()?;
        call(calls, || sys::fallocate(file.as_fd(), FallocateFlags::empty(), 0, 10))
    }),
    system_call("sys::fchmod", |calls| {
        let file = File::unnamed()?;
        call(calls, || sys::fchmod(file.as_fd(), Mode::RUSR))
    }),
    system_call("sys::fcntl_dupfd_cloexec", |calls| {
        let file = File::unnamed()?;
        call(calls, || sys::fcntl_dupfd_cloexec(file.as_fd(), 0))
    }),
    system_call("sys::fcntl_getfd", |calls| {
        let file = File::unnamed()?;
        call(calls, || sys::fcntl_getfd(file.as_fd()))
    }),
    system_call("sys::fcntl_setfd", |calls| {
        let file = File::unnamed()?;
        call(calls, || sys::fcntl_setfd(file.as_fd(), FdFlags::empty()))
    }),
    system_call("sys::fcntl_getfl", |calls| {
        let file = File::unnamed()?;
        call(calls, || sys::fcntl_getfl(file.as_fd()))
    }),
    system_call("sys::fcntl_setfl", |calls| {
        let file = File::unnamed()?;
        call(calls, || sys::fcntl_setfl(file.as_fd(), OFlags::APPEND))
    }),
    system_call("sys::fcntl_ofd_setlkw", |calls| {
        let file = File::unnamed()?;
        call(calls, || sys::fcntl_ofd_setlkw(file.as_fd(), LockKind::Write, 0, 0))
    }),
    system_call("sys::fdatasync", |calls| {
        let file = File::unnamed()?;
        call(calls, || sys::fdatasync(file.as_fd()))
    }),
    system_call("sys::clone", |calls| {
        let (flags, none) = (CloneFlags::empty(), ptr::null_mut());
        // SAFETY: the child ends at once.
        let forked = calls.fail(|| unsafe { sys::clone(flags, Some(Signal::CHLD), none, none) })?;
        wait_for(forked)
    }),
    system_call("sys::file_system", |calls| {
        let file = File::unnamed()?;
        call(calls, || sys::file_system(file.as_fd()))
    }),
    system_call("sys::fork", |calls| {
        // SAFETY: the child ends at once.
        let forked = calls.fail(|| unsafe { sys::fork() })?;
        wait_for(forked)
    }),
    system_call("sys::fsync", |calls| {
        let file = File::unnamed()?;
        call(calls, || sys::fsync(file.as_fd()))
    }),
    system_call("sys::ftruncate", |calls| {
        let file = File::unnamed()?;
        call(calls, || sys::ftruncate(file.as_fd(), 10))
    }),
    system_call("sys::futex_wake", |calls| {
        let word = AtomicU32::new(0);
        call(calls, || sys::futex_wake(&word, FutexScope::Private, 1))
    }),
    system_call("sys::get_robust_list", |calls| call(calls, || sys::get_robust_list(None)))
        .needs(Caps::ROBUST_LISTS),
    system_call("sys::set_robust_list", |calls| {
        // SAFETY: there is no list.
        call(calls, || unsafe { sys::set_robust_list(ptr::null_mut()) })
    })
    .needs(Caps::ROBUST_LISTS),
    system_call("sys::getdents64", |calls| {
        let directory = fds::directory();
        call(calls, || sys::getdents64(directory.as_fd(), &mut [0; 1024]))
    }),
    system_call("sys::getrandom", |calls| {
        call(calls, || sys::getrandom(&mut [0; 8], GetRandomFlags::empty()))
    }),
    system_call("sys::kill", |calls| call(calls, || sys::kill(sys::getpid(), None))),
    system_call("sys::tgkill", |calls| call(calls, || sys::tgkill(sys::getpid(), sys::gettid(), None))),
    system_call("sys::linkat and renameat2", |calls| {
        let scratch = Scratch::in_memory();
        let (a, b, c) = (scratch.path("a"), scratch.path("b"), scratch.path("c"));
        let (a, b, c) = (a.as_c_str(), b.as_c_str(), c.as_c_str());
        File::create(a)?;
        call(calls, || {
            sys::linkat(CWD, a, CWD, b, AtFlags::empty())?;
            sys::renameat2(CWD, b, CWD, c, RenameFlags::NOREPLACE)
        })
    }),
    system_call("sys::lseek", |calls| {
        let file = File::unnamed()?;
        call(calls, || sys::lseek(file.as_fd(), SeekFrom::End(0)))
    }),
    system_call("sys::madvise", |calls| {
        let mut map = memory()?;
        // SAFETY: no byte changes.
        call(calls, || unsafe { sys::madvise(map.as_mut_ptr(), map.len(), Advice::NORMAL) })
    }),
    system_call("sys::mincore", |calls| {
        let (map, mut residency) = (memory()?, [0; 3 * 16]);
        // SAFETY: a byte for each page, also where those of the machine are smaller.
        call(calls, || unsafe { sys::mincore(map.as_ptr(), map.len(), &mut residency) })
    }),
    system_call("sys::mkdir and unlinkat", |calls| {
        let scratch = Scratch::in_memory();
        let directory = scratch.path("a");
        let directory = directory.as_c_str();
        call(calls, || {
            sys::mkdir(directory, Mode::RUSR)?;
            sys::unlinkat(CWD, directory, AtFlags::REMOVEDIR)
        })
    }),
    system_call("sys::mlock and munlock", |calls| {
        let map = memory()?;
        call(calls, || {
            sys::mlock(map.as_ptr(), map.len())?;
            sys::munlock(map.as_ptr(), map.len())
        })
    }),
    system_call("sys::mlock2", |calls| {
        let map = memory()?;
        call(calls, || sys::mlock2(map.as_ptr(), map.len(), MlockFlags::ONFAULT))
    })
    .needs(Caps::LOCK_ON_FAULT),
    system_call("sys::mmap, mprotect, mremap and munmap", |calls| {
        let (len, flags) = (page::size(), MapFlags::PRIVATE);
        // SAFETY: the kernel chooses the address, and nobody else uses the page.
        call(calls, || unsafe {
            let page = sys::mmap_anonymous(ptr::null_mut(), len, ProtFlags::READ, flags)?;
            let result = sys::mprotect(page, len, ProtFlags::empty());
            let moved = sys::mremap(page, len, len, MremapFlags::MAYMOVE, ptr::null_mut());
            sys::munmap(moved.unwrap_or(page), len)?;
            result.and(moved.map(drop))
        })
    }),
    system_call("sys::mseal", |calls| {
        let mut map = memory()?;
        // SAFETY: it stays mapped until the process ends.
        call(calls, || unsafe { sys::mseal(map.as_mut_ptr(), map.len()) })
    })
    .stays()
    .needs(Caps::MSEAL),
    system_call("sys::memfd_secret", |calls| call(calls, || sys::memfd_secret(OFlags::CLOEXEC)))
        .needs(Caps::MEMFD_SECRET),
    system_call("sys::msync", |calls| {
        let map = FileMap::write(file()?)?;
        call(calls, || sys::msync(map.as_mut_ptr(), map.len(), MsyncFlags::SYNC))
    }),
    system_call("sys::nanosleep", |calls| {
        let mut left = Timespec::default();
        call(calls, || sys::nanosleep(&Timespec::default(), &mut left))
    }),
    system_call("sys::openat", |calls| call(calls, || sys::openat(CWD, c"/", OFlags::PATH, Mode::empty()))),
    system_call("sys::pidfd_open", |calls| call(calls, || sys::pidfd_open(sys::getpid()))),
    system_call("sys::pidfd_send_signal", |calls| {
        let process = sys::pidfd_open(sys::getpid())?;
        call(calls, || sys::pidfd_send_signal(process.as_fd(), None))
    }),
    system_call("sys::ppoll", |calls| {
        call(calls, || sys::ppoll(&mut [sys::PollFd::GAP], Some(Timespec::default()), None))
    }),
    system_call("sys::pidfd_getfd", |calls| {
        let (file, own) = (File::unnamed()?, sys::pidfd_open(sys::getpid())?);
        let number = baremap::fd::AsRawFd::as_raw_fd(&file.as_fd());
        call(calls, || sys::pidfd_getfd(own.as_fd(), number))
    }),
    system_call("sys::pipe2", |calls| call(calls, || sys::pipe2(OFlags::CLOEXEC))),
    system_call("sys::prctl", |calls| {
        // SAFETY: only asks.
        call(calls, || unsafe { sys::prctl(PR_GET_DUMPABLE, [0; 4]) })
    }),
    system_call("sys::pread and pwrite", |calls| {
        let file = File::unnamed()?;
        call(calls, || {
            sys::pwrite(file.as_fd(), b"text", 0)?;
            sys::pread(file.as_fd(), &mut [0; 4], 0)
        })
    }),
    system_call("sys::read and write", |calls| {
        let (reader, writer) = fds::pipe();
        call(calls, || {
            sys::write(writer.as_fd(), b"text")?;
            sys::read(reader.as_fd(), &mut [0; 4])
        })
    }),
    system_call("sys::getrlimit", |calls| call(calls, || sys::getrlimit(RLIMIT_AS))),
    system_call("sys::process_vm_readv and process_vm_writev", |calls| {
        let mut map = AnonMap::new(1)?;
        let range = [RemoteRange { address: map.as_mut_ptr().expose_provenance(), len: 1 }];
        call(calls, || {
            sys::process_vm_readv(sys::getpid(), &mut [0], &range)?;
            // SAFETY: the byte is this function's own, and not borrowed.
            unsafe { sys::process_vm_writev(sys::getpid(), &[7], &range) }
        })
    })
    .needs(Caps::PROCESS_VM),
    system_call("sys::rt_sigaction", |calls| {
        // SAFETY: only asks.
        call(calls, || unsafe { sys::rt_sigaction(Signal::USR1, None) })
    }),
    system_call("sys::rt_sigprocmask", |calls| call(calls, || sys::rt_sigprocmask(MaskHow::Block, None))),
    system_call("sys::setpgid", |calls| call(calls, || sys::setpgid(None, None))),
    system_call("sys::sigaltstack", |calls| {
        // SAFETY: only asks.
        call(calls, || unsafe { sys::sigaltstack(None) })
    }),
    system_call("sys::socket, bind, listen, connect and accept", |calls| {
        let name = Text::of(format_args!("baremap-inject-{}", sys::getpid()));
        let address = UnixAddress::new_abstract(name.as_bytes())?;
        call(calls, || {
            let listener = sys::socket(SocketKind::Stream)?;
            sys::bind(listener.as_fd(), &address)?;
            sys::listen(listener.as_fd(), 1)?;
            let socket = sys::socket(SocketKind::Stream)?;
            sys::connect(socket.as_fd(), &address)?;
            let accepted = sys::accept(listener.as_fd())?;
            Ok((listener, socket, accepted))
        })
    }),
    system_call("sys::socketpair, sendmsg and recvmsg", |calls| {
        call(calls, || {
            let (one, other) = sys::socketpair(SocketKind::Stream)?;
            // SAFETY: no descriptor is named.
            unsafe { sys::sendmsg(one.as_fd(), b"x", &[], MsgFlags::empty()) }?;
            sys::recvmsg(other.as_fd(), &mut [0; 1], &mut [], MsgFlags::empty())?;
            Ok((one, other))
        })
    }),
    system_call("sys::statx", |calls| call(calls, || sys::statx(CWD, c"/", AtFlags::empty()))),
    system_call("sys::execve", |calls| {
        // A program that is not there: what it says without a failure is what this asks for.
        call(calls, || {
            let nothing = [ptr::null()];
            // SAFETY: both lists end at once.
            match unsafe { sys::execve(c"/nowhere/at-all", nothing.as_ptr(), nothing.as_ptr()) } {
                Errno::ENOENT => Ok(()),
                errno => Err(errno),
            }
        })
    }),
    system_call("sys::execveat", |calls| {
        let file = File::unnamed()?;
        call(calls, || {
            let nothing = [ptr::null()];
            // SAFETY: both lists end at once. The file is empty; QEMU's user mode lacks the call.
            match unsafe { sys::execveat(file.as_fd(), nothing.as_ptr(), nothing.as_ptr()) } {
                Errno::ENOEXEC | Errno::ENOSYS => Ok(()),
                errno => Err(errno),
            }
        })
    }),
    system_call("sys::wait4", |calls| {
        let child = spawn()?;
        let result = call(calls, || sys::wait4(WaitFor::Pid(child), WaitFlags::empty()));
        if result.is_err() {
            sys::wait4(WaitFor::Pid(child), WaitFlags::empty()).expect("it is a child");
        }
        result
    }),
    system_call("sys::waitid", |calls| {
        let child = spawn()?;
        let flags = WaitFlags::EXITED | WaitFlags::NOWAIT;
        let result = call(calls, || sys::waitid(WaitFor::Pid(child), flags));
        sys::wait4(WaitFor::Pid(child), WaitFlags::empty()).expect("it is a child");
        result
    }),
];

/// Makes calls that fail, of which nothing is kept.
fn call<T>(calls: &Calls<'_>, run: impl FnOnce() -> Result<T>) -> Result<()> {
    calls.fail(run).map(drop)
}

/// Waits for the child, or ends it, of a fork.
fn wait_for(forked: Option<sys::Pid>) -> Result<()> {
    let Some(pid) = forked else { process::exit(0) };
    sys::wait4(WaitFor::Pid(pid), WaitFlags::empty())?;
    Ok(())
}

fn spawn() -> Result<sys::Pid> {
    // SAFETY: the child uses nothing of its parent's.
    Ok(unsafe { process::spawn(|| ()) }?.pid())
}
