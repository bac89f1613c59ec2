use crate::harness::tests;
use crate::support::fds::{self, CLOSED};
use crate::support::memory::Pages;
use crate::support::scratch::Scratch;
use crate::support::text::Text;
use crate::support::{child, limits, raw, user};
use baremap::fd::AsFd;
use baremap::process::sleep;
use baremap::sys::{
    self, CloneFlags, Mode, OFlags, Pid, RemoteRange, Signal, WaitFlags, WaitFor, WaitStatus, Waited,
};
use baremap::{AnonMap, Errno, SharedMap, page};
use core::ffi::{CStr, c_char};
use core::ptr;
use core::sync::atomic::{AtomicI32, AtomicU32, Ordering::Relaxed};
use core::time::Duration;
use linux_raw_sys::general::{NAME_MAX, RLIMIT_NPROC};
use linux_raw_sys::prctl::{PR_GET_DUMPABLE, PR_GET_NAME, PR_SET_DUMPABLE, PR_SET_NAME};

type Result = core::result::Result<(), Errno>;

const NULL: *mut i32 = ptr::null_mut();

tests! {
    // The kernel takes -1 for any child.
    fn wait4_of_group_1_is_einval() {
        let one = Pid::from_raw(1).expect("a number");
        assert_eq!(sys::wait4(WaitFor::Group(one), WaitFlags::NOHANG), Err(Errno::EINVAL));
    }

    fn pids_are_positive() {
        assert_eq!(Pid::from_raw(0), None);
        assert_eq!(Pid::from_raw(-1), None);
        assert_eq!(Pid::from_raw(7).map(Pid::as_raw), Some(7));
    }

    fn fork_goes_on_in_both() -> Result {
        let map = SharedMap::new(8).map_err(Errno::from)?;
        let pids: &[AtomicI32] = map.atomics(0, 2).map_err(Errno::from)?;
        let parent = sys::getpid();
        // SAFETY: the child uses nothing that exists once.
        let Some(child) = unsafe { sys::fork() }? else {
            pids[0].store(sys::getpid().as_raw(), Relaxed);
            pids[1].store(sys::getppid().map_or(0, Pid::as_raw), Relaxed);
            sys::exit_group(9)
        };
        let status = WaitStatus::from_raw(9 << 8);
        assert_eq!(sys::wait4(WaitFor::Pid(child), WaitFlags::empty())?, Some((child, status)));
        assert_eq!(pids[0].load(Relaxed), child.as_raw());
        assert_eq!(pids[1].load(Relaxed), parent.as_raw());
        Ok(())
    }

    fn fork_beyond_the_limit_is_eagain() {
        child::check(|| {
            limits::set(RLIMIT_NPROC, 0)?;
            user::drop_privileges();
            // SAFETY: it fails.
            assert_eq!(unsafe { sys::fork() }, Err(Errno::EAGAIN));
            Result::Ok(())
        });
    }

    fn clone_stores_the_childs_number_in_the_child() -> Result {
        let mut number = 0;
        let place = &raw mut number;
        // SAFETY: a fork; the child stores to its copy of the variable.
        let pid = unsafe { sys::clone(CloneFlags::CHILD_SETTID, Some(Signal::CHLD), NULL, place) }?;
        let Some(pid) = pid else {
            // SAFETY: a variable of this function's.
            let number = unsafe { place.read_volatile() };
            sys::exit_group(i32::from(number != sys::gettid().as_raw()))
        };
        let ended = sys::wait4(WaitFor::Pid(pid), WaitFlags::empty())?;
        assert_eq!(ended.map(|(_, status)| status.success()), Some(true));
        // SAFETY: as above.
        assert_eq!(unsafe { place.read_volatile() }, 0);
        Ok(())
    }

    #[skip(qemu_user, "QEMU stores the number in the child's memory")]
    fn clone_stores_the_childs_number_in_the_parent() -> Result {
        let mut number = 0;
        let place = &raw mut number;
        // SAFETY: a fork; the kernel stores to the variable.
        let pid = unsafe { sys::clone(CloneFlags::PARENT_SETTID, Some(Signal::CHLD), place, NULL) }?;
        let Some(pid) = pid else { sys::exit_group(0) };
        // SAFETY: a variable of this function's.
        assert_eq!(unsafe { place.read_volatile() }, pid.as_raw());
        sys::wait4(WaitFor::Pid(pid), WaitFlags::empty()).map(drop)
    }

    fn clone_stores_the_number_in_shared_memory() -> Result {
        let map = SharedMap::new(4).map_err(Errno::from)?;
        let number: &AtomicI32 = map.atomic(0).map_err(Errno::from)?;
        // SAFETY: a fork; the number is in shared memory.
        let pid = unsafe { sys::clone(CloneFlags::CHILD_SETTID, Some(Signal::CHLD), NULL, number.as_ptr()) }?;
        let Some(pid) = pid else { sys::exit_group(0) };
        sys::wait4(WaitFor::Pid(pid), WaitFlags::empty())?;
        assert_eq!(number.load(Relaxed), pid.as_raw());
        Ok(())
    }

    #[skip(qemu_user, "QEMU forks for every clone without CLONE_VM and leaves its flags out")]
    fn clone_with_files_shares_descriptors() -> Result {
        let file = fds::file(b"text");
        // SAFETY: a fork that shares descriptors; the child closes nothing that it uses.
        let pid = unsafe { sys::clone(CloneFlags::FILES, Some(Signal::CHLD), NULL, NULL) }?;
        let number = baremap::fd::AsRawFd::as_raw_fd(&file.as_fd());
        let Some(pid) = pid else {
            // SAFETY: the parent knows that its descriptor goes.
            let result = unsafe { sys::close_raw(number) };
            sys::exit_group(i32::from(result.is_err()))
        };
        sys::wait4(WaitFor::Pid(pid), WaitFlags::empty())?;
        assert_eq!(sys::close(file.into()), Err(Errno::EBADF));
        Ok(())
    }

    fn clone_with_flags_that_need_others_is_einval() {
        // A thread needs its creator's signal handlers.
        let flags = CloneFlags::from_bits_retain(linux_raw_sys::general::CLONE_THREAD);
        // SAFETY: it fails.
        assert_eq!(unsafe { sys::clone(flags, None, NULL, NULL) }, Err(Errno::EINVAL));
    }

    #[skip(qemu_user, "the kernel would run the program without QEMU")]
    fn execve_becomes_another_program() {
        let status = child::run(|| {
            let arguments = [c"freestanding", c"--self-test", c"--exact", c"self_test::passes"];
            let mut pointers = [ptr::null::<c_char>(); 5];
            for (pointer, argument) in pointers.iter_mut().zip(arguments) {
                *pointer = argument.as_ptr();
            }
            // SAFETY: two lists of strings with nulls at their ends.
            Err::<(), _>(unsafe { sys::execve(c"/proc/self/exe", pointers.as_ptr(), &raw const pointers[4]) })
        });
        assert!(status.success(), "{status}");
    }

    fn execve_says_what_is_wrong() -> Result {
        let scratch = Scratch::new();
        let (empty, link, plain) = (scratch.path("a"), scratch.path("b"), scratch.path("c"));
        let create = |path: &Text, mode| {
            sys::open(path.as_c_str(), OFlags::WRONLY | OFlags::CREATE, mode).and_then(sys::close)
        };
        create(&empty, Mode::RUSR | Mode::XUSR)?;
        create(&plain, Mode::RUSR)?;
        raw::symlink(link.as_c_str(), link.as_c_str())?;
        let long = Text::of(format_args!("{:x>1$}", "", NAME_MAX as usize + 1));
        assert_eq!(execve(c"/nonexistent", c""), Errno::ENOENT);
        assert_eq!(execve(c"/dev/null/below", c""), Errno::ENOTDIR);
        assert_eq!(execve(c"/", c""), Errno::EACCES);
        assert_eq!(execve(plain.as_c_str(), c""), Errno::EACCES);
        assert_eq!(execve(empty.as_c_str(), c""), Errno::ENOEXEC);
        assert_eq!(execve(link.as_c_str(), c""), Errno::ELOOP);
        assert_eq!(execve(long.as_c_str(), c""), Errno::ENAMETOOLONG);
        Ok(())
    }

    // A single argument may have 32 pages.
    fn execve_of_too_long_an_argument_is_e2big() -> Result {
        let mut bytes = AnonMap::new(33 * page::size()).map_err(Errno::from)?;
        let (last, rest) = bytes.split_last_mut().expect("many pages");
        rest.fill(b'x');
        *last = 0;
        let argument = CStr::from_bytes_with_nul(&bytes).expect("one null, at the end");
        assert_eq!(execve(c"/proc/self/exe", argument), Errno::E2BIG);
        Ok(())
    }

    fn wait4_says_how_a_child_ended() -> Result {
        let exited = fork(|| sys::exit_group(0x1234))?;
        let (_, status) = sys::wait4(WaitFor::Pid(exited), WaitFlags::empty())?.expect("it waits");
        assert_eq!((status.code(), status.signal(), status.success()), (Some(0x34), None, false));
        let killed = fork(|| sleep(Duration::MAX))?;
        assert_eq!(sys::wait4(WaitFor::Pid(killed), WaitFlags::NOHANG)?, None);
        sys::kill(killed, Some(Signal::TERM))?;
        let (_, status) = sys::wait4(WaitFor::Pid(killed), WaitFlags::empty())?.expect("it waits");
        assert_eq!((status.code(), status.signal(), status.core_dumped()), (None, Some(Signal::TERM), false));
        Ok(())
    }

    fn wait4_says_that_a_child_stopped_and_went_on() -> Result {
        let pid = fork(|| sleep(Duration::MAX))?;
        let wait = |flags| sys::wait4(WaitFor::Pid(pid), flags).map(|ended| ended.expect("it waits").1);
        sys::kill(pid, Some(Signal::STOP))?;
        assert_eq!(wait(WaitFlags::UNTRACED)?.stopped(), Some(Signal::STOP));
        sys::kill(pid, Some(Signal::CONT))?;
        assert!(wait(WaitFlags::CONTINUED)?.continued());
        sys::kill(pid, Some(Signal::KILL))?;
        assert_eq!(wait(WaitFlags::empty())?.signal(), Some(Signal::KILL));
        Ok(())
    }

    fn wait4_waits_for_any_child_and_for_groups() -> Result {
        let one = fork(|| {})?;
        assert_eq!(sys::wait4(WaitFor::Any, WaitFlags::empty())?.map(|(pid, _)| pid), Some(one));
        let two = fork(|| {})?;
        let group = WaitFor::Group(sys::getpid());
        assert_eq!(sys::wait4(group, WaitFlags::empty())?.map(|(pid, _)| pid), Some(two));
        Ok(())
    }

    fn wait4_says_what_is_wrong() {
        assert_eq!(sys::wait4(WaitFor::Any, WaitFlags::empty()), Err(Errno::ECHILD));
        assert_eq!(sys::wait4(WaitFor::Pid(sys::getpid()), WaitFlags::empty()), Err(Errno::ECHILD));
        assert_eq!(sys::wait4(WaitFor::PidFd(CLOSED), WaitFlags::empty()), Err(Errno::EINVAL));
        assert_eq!(sys::wait4(WaitFor::Any, WaitFlags::from_bits_retain(1 << 20)), Err(Errno::EINVAL));
    }

    fn waitid_leaves_the_child_if_told_to() -> Result {
        let pid = fork(|| sys::exit_group(5))?;
        let expected = Waited { pid, status: WaitStatus::from_raw(5 << 8) };
        let wait = |flags| sys::waitid(WaitFor::Pid(pid), WaitFlags::EXITED | flags);
        assert_eq!(wait(WaitFlags::NOWAIT)?, Some(expected));
        assert_eq!(wait(WaitFlags::NOWAIT)?, Some(expected));
        assert_eq!(wait(WaitFlags::empty())?, Some(expected));
        assert_eq!(wait(WaitFlags::empty()), Err(Errno::ECHILD));
        Ok(())
    }

    fn waitid_encodes_as_wait4_does() -> Result {
        let pid = fork(|| sleep(Duration::MAX))?;
        let wait = |flags| sys::waitid(WaitFor::Pid(pid), flags).map(|ended| ended.expect("it waits").status);
        assert_eq!(sys::waitid(WaitFor::Pid(pid), WaitFlags::EXITED | WaitFlags::NOHANG)?, None);
        sys::kill(pid, Some(Signal::STOP))?;
        assert_eq!(wait(WaitFlags::UNTRACED)?, WaitStatus::from_raw(Signal::STOP.as_raw() << 8 | 0x7f));
        sys::kill(pid, Some(Signal::CONT))?;
        assert_eq!(wait(WaitFlags::CONTINUED)?, WaitStatus::from_raw(0xffff));
        sys::kill(pid, Some(Signal::KILL))?;
        assert_eq!(wait(WaitFlags::EXITED)?, WaitStatus::from_raw(Signal::KILL.as_raw()));
        Ok(())
    }

    fn waitid_says_what_is_wrong() {
        assert_eq!(sys::waitid(WaitFor::Any, WaitFlags::EXITED), Err(Errno::ECHILD));
        assert_eq!(sys::waitid(WaitFor::Any, WaitFlags::empty()), Err(Errno::EINVAL));
        assert_eq!(sys::waitid(WaitFor::PidFd(CLOSED), WaitFlags::EXITED), Err(Errno::EBADF));
    }

    fn pidfd_open_gives_a_descriptor_to_wait_for() -> Result {
        let pid = fork(|| sys::exit_group(6))?;
        let fd = sys::pidfd_open(pid)?;
        assert_eq!(sys::fcntl_getfd(fd.as_fd())?, sys::FdFlags::CLOEXEC);
        let ended = sys::waitid(WaitFor::PidFd(fd.as_fd()), WaitFlags::EXITED)?;
        assert_eq!(ended, Some(Waited { pid, status: WaitStatus::from_raw(6 << 8) }));
        assert_eq!(sys::pidfd_open(pid).unwrap_err(), Errno::ESRCH);
        Ok(())
    }

    #[exit(57)]
    fn exit_group_takes_the_lowest_eight_bits() {
        sys::exit_group(0x1200 + 57);
    }

    fn one_thread_has_its_processs_number() {
        assert_eq!(sys::gettid(), sys::getpid());
        child::check(|| assert_eq!(sys::gettid(), sys::getpid()));
    }

    fn setpgid_makes_and_joins_groups() -> Result {
        let child = fork(|| sleep(Duration::MAX))?;
        // In the harness, a test leads its group.
        assert_eq!(sys::wait4(WaitFor::Group(sys::getpid()), WaitFlags::NOHANG)?, None);
        sys::setpgid(Some(child), None)?;
        assert_eq!(sys::wait4(WaitFor::Group(sys::getpid()), WaitFlags::NOHANG), Err(Errno::ECHILD));
        sys::setpgid(Some(child), Some(sys::getpid()))?;
        sys::kill(child, Some(Signal::KILL))?;
        sys::wait4(WaitFor::Group(sys::getpid()), WaitFlags::empty()).map(drop)
    }

    fn setpgid_says_what_is_wrong() -> Result {
        let parent = sys::getppid().expect("the harness");
        assert_eq!(sys::setpgid(Some(parent), None), Err(Errno::ESRCH));
        let nobodys = Pid::from_raw(i32::MAX).expect("a number");
        assert_eq!(sys::setpgid(None, Some(nobodys)), Err(Errno::EPERM));
        Ok(())
    }

    fn prctl_gets_what_it_set() -> Result {
        let mut name = [0_u8; 16];
        // SAFETY: the kernel reads a string, writes 16 bytes, and sets a flag of this process.
        unsafe {
            sys::prctl(PR_SET_NAME, [c"renamed".as_ptr().expose_provenance(), 0, 0, 0])?;
            sys::prctl(PR_GET_NAME, [(&raw mut name).expose_provenance(), 0, 0, 0])?;
            sys::prctl(PR_SET_DUMPABLE, [0; 4])?;
            assert_eq!(sys::prctl(PR_GET_DUMPABLE, [0; 4])?, 0);
            sys::prctl(PR_SET_DUMPABLE, [1, 0, 0, 0])?;
            assert_eq!(sys::prctl(PR_GET_DUMPABLE, [0; 4])?, 1);
            assert_eq!(sys::prctl(u32::MAX, [0; 4]), Err(Errno::EINVAL));
        }
        assert_eq!(&name[..8], b"renamed\0");
        Ok(())
    }

    #[skip(qemu_user, "QEMU has no process_vm_readv")]
    fn process_vm_readv_reads_several_ranges() -> Result {
        let (one, two) = (*b"one", *b"three");
        let ranges = [range(one.as_ptr(), 3), range(two.as_ptr(), 5)];
        let mut buffer = [0; 10];
        assert_eq!(sys::process_vm_readv(sys::getpid(), &mut buffer, &ranges)?, 8);
        assert_eq!(&buffer, b"onethree\0\0");
        Ok(())
    }

    #[skip(qemu_user, "QEMU has no process_vm_readv")]
    fn process_vm_readv_stops_at_what_is_not_mapped() -> Result {
        let pages = Pages::new(2);
        pages.unmap(1);
        let mut buffer = [0xff; 16];
        let me = sys::getpid();
        let mut read = |start, len| sys::process_vm_readv(me, &mut buffer, &[range(start, len)]);
        assert_eq!(read(pages.page(1).wrapping_sub(6), 16)?, 6);
        assert_eq!(read(pages.page(1), 1), Err(Errno::EFAULT));
        assert_eq!(buffer[..8], [0, 0, 0, 0, 0, 0, 0xff, 0xff]);
        Ok(())
    }

    #[skip(qemu_user, "QEMU has no process_vm_writev")]
    fn process_vm_writev_writes_into_a_child() -> Result {
        let map = SharedMap::new(4).map_err(Errno::from)?;
        let go: &AtomicU32 = map.atomic(0).map_err(Errno::from)?;
        let mut value = 0_u32;
        let address = &raw mut value;
        let child = fork(|| {
            while go.load(Relaxed) == 0 {
                sleep(Duration::from_millis(1));
            }
            // SAFETY: the parent has written.
            sys::exit_group(unsafe { address.read_volatile() } as i32)
        })?;
        let bytes = 77_u32.to_ne_bytes();
        // SAFETY: the child waits for its variable to be written.
        assert_eq!(unsafe { sys::process_vm_writev(child, &bytes, &[range(address.cast(), 4)]) }?, 4);
        go.store(1, Relaxed);
        let ended = sys::wait4(WaitFor::Pid(child), WaitFlags::empty())?;
        assert_eq!(ended.and_then(|(_, status)| status.code()), Some(77));
        assert_eq!(value, 0);
        Ok(())
    }

    #[skip(qemu_user, "QEMU has no process_vm_readv")]
    fn process_vm_readv_says_what_is_wrong() {
        let ranges = [range(ptr::dangling(), 1); 1025];
        let read = |pid, ranges: &[RemoteRange]| sys::process_vm_readv(pid, &mut [0; 4], ranges);
        assert_eq!(read(Pid::from_raw(i32::MAX).expect("a number"), &ranges[..1]), Err(Errno::ESRCH));
        // IOV_MAX is 1024.
        assert_eq!(read(sys::getpid(), &ranges), Err(Errno::EINVAL));
        child::check(|| {
            // A process that may not be dumped may not be read by others.
            // SAFETY: sets a flag of this process.
            unsafe { sys::prctl(PR_SET_DUMPABLE, [0; 4]) }?;
            let guarded = sys::getpid();
            child::check_as_nobody(|| assert_eq!(read(guarded, &ranges[..1]), Err(Errno::EPERM)));
            Result::Ok(())
        });
    }

    fn an_exit_code_is_no_stop() {
        for code in 0..=255 {
            let status = WaitStatus::from_raw(code << 8);
            assert_eq!((status.code(), status.stopped(), status.signal()), (Some(code as u8), None, None));
        }
        for signal in 1..=64 {
            assert_eq!(WaitStatus::from_raw(signal).stopped(), None);
        }
    }

    // The kernel would take -1 for any child.
    fn a_wait_for_group_1_takes_nobody_elses_child() -> Result {
        let child = fork(|| ())?;
        let group = WaitFor::Group(Pid::from_raw(1).expect("a number"));
        assert_eq!(sys::wait4(group, WaitFlags::empty()), Err(Errno::EINVAL));
        let waited = sys::wait4(WaitFor::Pid(child), WaitFlags::empty())?;
        assert_eq!(waited, Some((child, WaitStatus::from_raw(0))));
        Ok(())
    }
}

/// A child that runs a closure and exits with 0 if that comes back.
fn fork(run: impl FnOnce()) -> core::result::Result<Pid, Errno> {
    // SAFETY: the children of these tests use nothing that exists once.
    unsafe { baremap::process::spawn(run) }.map(|child| child.pid()).map_err(Errno::from)
}

/// The error of an execve with one argument and no environment.
fn execve(path: &CStr, argument: &CStr) -> Errno {
    let arguments = [argument.as_ptr(), ptr::null()];
    // SAFETY: two lists of strings with nulls at their ends.
    unsafe { sys::execve(path, arguments.as_ptr(), &raw const arguments[1]) }
}

fn range(start: *const u8, len: usize) -> RemoteRange {
    RemoteRange { address: start.expose_provenance(), len }
}
