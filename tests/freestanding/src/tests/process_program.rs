use crate::harness::tests;
use crate::support::scratch::Scratch;
use crate::support::text::Text;
use crate::support::twin::{self, output_of, twin};
use crate::support::{child, env, fds, limits, sandbox, storm, user};
use baremap::fd::{AsFd, AsRawFd, OwnedFd};
use baremap::process::{self, Group, Program};
use baremap::sys::{
    self, FdFlags, MaskHow, Mode, OFlags, Pid, Sigaction, SigactionFlags, Signal, SignalInfo, SignalSet,
    WaitFlags, WaitFor,
};
use baremap::{AnonMap, Errno, File, Operation, Reason, Result, eprintln, page};
use core::ffi::{CStr, c_void};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;
use linux_raw_sys::general::{__NR_close_range, RLIMIT_NPROC};

tests! {
    #[skip(qemu_user, "the kernel would run the program without QEMU")]
    fn a_program_gets_arguments_and_environment() {
        let program = twin()
            .arguments(&[twin::NAME, c"one", c"", c"three words here"])
            .environment(&[c"A=1", c"B="]);
        let text = output_of(program, &[]);
        assert!(text.starts_with(
            "argument one\nargument \nargument three words here\nvariable A=1\nvariable B=\ndescriptor 0"
        ), "{}", &*text);
    }

    #[skip(qemu_user, "the kernel would run the program without QEMU")]
    fn without_more_it_gets_its_name_and_the_standard_descriptors() {
        twin::ignore_nothing();
        let kept = open_for_good(b"x");
        let text = output_of(twin(), &[]);
        drop(kept);
        assert_eq!(&*text, "descriptor 0 -\ndescriptor 1 -\ndescriptor 2 -\ngroup of another\n");
    }

    #[skip(qemu_user, "it has no seccomp")]
    fn before_linux_5_11_the_others_are_closed_too() {
        twin::ignore_nothing();
        let kept = open_for_good(b"x");
        sandbox::deny([__NR_close_range], Errno::ENOSYS);
        let text = output_of(twin(), &[]);
        drop(kept);
        assert_eq!(&*text, "descriptor 0 -\ndescriptor 1 -\ndescriptor 2 -\ngroup of another\n");
    }

    #[skip(qemu_user, "the kernel would run the program without QEMU")]
    fn the_environment_of_this_program_can_be_handed_on() {
        let (count, bytes) = twin::size(env::get().vars());
        let text = output_of(twin().environment_of(env::get()), &[]);
        assert_eq!(text.matches("variable ").count(), if count > 4 { 0 } else { count });
        let line = Text::of(format_args!("variables {count} of {bytes} bytes\n"));
        assert_eq!(text.contains(&*line), count > 4, "{}", &*text);
    }

    #[skip(qemu_user, "the kernel would run the program without QEMU")]
    fn descriptors_go_where_they_are_sent_all_at_once() {
        let (a, b, c) = (at(20, b"a"), at(21, b"b"), at(22, b"c"));
        let [a, b, c] = [a.as_fd(), b.as_fd(), c.as_fd()];
        // Two change places; one stays; one goes to two numbers; others take the numbers that the start itself may use.
        let text = output_of(twin(), &[(a, 21), (b, 20), (c, 22), (a, 30), (b, 3), (b, 4), (c, 5)]);
        let lines: &[_] = &[
            "descriptor 3 b\n", "descriptor 4 b\n", "descriptor 5 c\n", "descriptor 20 b\n", "descriptor 21 a\n",
            "descriptor 22 c\n", "descriptor 30 a\n",
        ];
        for line in lines {
            assert!(text.contains(line), "{line} is not in {}", &*text);
        }
        assert_eq!(text.matches("descriptor").count(), 3 + lines.len());
        // Round in a circle.
        let text = output_of(twin(), &[(a, 21), (b, 22), (c, 20)]);
        assert!(text.contains("descriptor 20 c\ndescriptor 21 a\ndescriptor 22 b\n"), "{}", &*text);
        assert_eq!(a.as_raw_fd(), 20);
    }

    fn a_number_that_is_negative_or_there_twice_is_refused() {
        let file = fds::file(b"");
        let fd = file.as_fd();
        for (list, number) in [
            (&[(fd, -1)] as &[_], -1), (&[(fd, 5), (fd, 6), (fd, 5)], 5), (&[(fd, i32::MAX)], i32::MAX),
        ] {
            let error = Program::new(c"/nonexistent").descriptors(list).start().unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::Duplicate, Errno::EBADF));
            assert_eq!(error.reason(), Reason::BadNumber { number });
        }
    }

    fn descriptors_that_cannot_be_are_the_childs_errors() {
        let file = fds::file(b"");
        for (from, to) in [(fds::CLOSED, 5), (file.as_fd(), 1 << 30)] {
            let error = Program::new(c"/nonexistent").descriptors(&[(from, to)]).start().unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::Duplicate, Errno::EBADF));
            assert_no_child();
        }
    }

    fn an_error_comes_back_whatever_number_is_given_away() {
        let file = fds::file(b"");
        // The pipe by which it comes, where there is one, has one of these.
        let list: [_; 12] = core::array::from_fn(|index| (file.as_fd(), index as i32 + 3));
        for _ in 0..2 {
            let error = Program::new(c"/nonexistent").descriptors(&list).start().unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::Exec, Errno::ENOENT));
        }
    }

    fn exec_says_what_is_wrong() -> Result<()> {
        let scratch = Scratch::new();
        let (empty, plain, script) = (scratch.path("a"), scratch.path("b"), scratch.path("c"));
        let create = |path: &Text, mode, bytes: &[u8]| {
            let flags = OFlags::WRONLY | OFlags::CREATE;
            File::open_with(path.as_c_str(), flags, mode)?.write_all(bytes)
        };
        create(&empty, Mode::RUSR | Mode::XUSR, b"")?;
        create(&plain, Mode::RUSR, b"")?;
        create(&script, Mode::RUSR | Mode::XUSR, b"#!/nonexistent\n")?;
        for (path, expected) in [
            (c"/nonexistent", Errno::ENOENT),
            (c"/dev/null/below", Errno::ENOTDIR),
            (c"/", Errno::EACCES),
            (plain.as_c_str(), Errno::EACCES),
            (empty.as_c_str(), Errno::ENOEXEC),
            (script.as_c_str(), Errno::ENOENT),
        ] {
            let error = Program::new(path).start().unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::Exec, expected), "{path:?}");
            assert_no_child();
        }
        Ok(())
    }

    // A single argument may have 32 pages, but for the least that a kernel allows.
    fn too_long_an_argument_is_e2big() -> Result<()> {
        let mut bytes = AnonMap::new(33 * page::size())?;
        let (last, rest) = bytes.split_last_mut().expect("many pages");
        rest.fill(b'x');
        *last = 0;
        let argument = CStr::from_bytes_with_nul(&bytes).expect("one null, at the end");
        let error = twin().arguments(&[argument]).start().unwrap_err();
        assert_eq!((error.operation(), error.errno()), (Operation::Exec, Errno::E2BIG));
        assert_no_child();
        Ok(())
    }

    #[skip(qemu_user, "the kernel would run the program without QEMU")]
    fn many_arguments_have_room() {
        let mut arguments = [c"x"; 5000];
        arguments[0] = twin::NAME;
        let text = output_of(twin().arguments(&arguments).environment(&arguments), &[]);
        assert!(text.starts_with("arguments 4999 of 4999 bytes\nvariables 5000 of 5003 bytes\n"), "{}", &*text);
    }

    #[skip(qemu_user, "the kernel would run the program without QEMU")]
    fn a_program_begins_in_its_directory() -> Result<()> {
        let scratch = Scratch::new();
        let path = scratch.path("a");
        File::open_with(path.as_c_str(), OFlags::WRONLY | OFlags::CREATE, Mode::RUSR)?;
        let line = "in a directory with a\n";
        assert!(!output_of(twin(), &[]).contains(line));
        assert!(output_of(twin().directory(scratch.directory()), &[]).contains(line));
        Ok(())
    }

    fn a_directory_that_is_none_is_an_error() {
        for (path, errno) in [(c"/nonexistent", Errno::ENOENT), (c"/proc/self/maps", Errno::ENOTDIR)] {
            let error = Program::new(c"/nonexistent").directory(path).start().unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::ChangeDirectory, errno));
            assert_no_child();
        }
    }

    #[skip(qemu_user, "the kernel would run the program without QEMU")]
    fn a_path_begins_at_the_programs_directory() -> Result<()> {
        let program = Program::new(c"exe").arguments(&[twin::NAME]).directory(c"/proc/self");
        assert!(output_of(program, &[]).contains("descriptor 0"));
        Ok(())
    }

    #[skip(qemu_user, "the kernel would run the program without QEMU")]
    fn a_program_may_lead_a_group_or_join_one() -> Result<()> {
        assert!(output_of(twin().group(Group::New), &[]).contains("group of its own\n"));
        let sleeper = twin().arguments(&[twin::NAME, twin::SLEEP]);
        let first = sleeper.group(Group::New).start()?;
        let second = sleeper.group(Group::Of(first.pid())).start()?;
        assert_eq!(twin::group(Some(second.pid())), Some(first.pid()));
        for child in [first, second] {
            child.kill(Signal::KILL)?;
            child.wait()?;
        }
        Ok(())
    }

    fn a_group_that_is_not_there_is_an_error() {
        let nobodys = Pid::from_raw(i32::MAX).expect("a number");
        let error = Program::new(c"/nonexistent").group(Group::Of(nobodys)).start().unwrap_err();
        assert_eq!((error.operation(), error.errno()), (Operation::SetGroup, Errno::EPERM));
        assert_no_child();
    }

    #[skip(qemu_user, "the kernel would run the program without QEMU")]
    fn a_program_may_die_with_its_parent() {
        assert!(!output_of(twin(), &[]).contains("dies"));
        assert!(output_of(twin().die_with_parent(), &[]).contains("dies with its parent by 9\n"));
    }

    #[skip(qemu_user, "the kernel would run the program without QEMU")]
    fn a_program_begins_with_no_handlers_and_its_parents_mask() -> core::result::Result<(), Errno> {
        twin::ignore_nothing();
        // SAFETY: the handler does nothing.
        unsafe { sys::rt_sigaction(Signal::USR1, Some(&handler())) }?;
        // SAFETY: no handler runs.
        unsafe { sys::rt_sigaction(Signal::PIPE, Some(&Sigaction::IGNORE)) }?;
        sys::rt_sigprocmask(MaskHow::Block, Some(SignalSet::EMPTY.with(Signal::USR2)))?;
        let lines = |text: &Text| (
            text.contains("blocked SIGUSR2\n"), text.contains("ignored SIGPIPE\n"), text.matches("blocked").count(),
            text.matches("handled").count(), text.matches("ignored").count(),
        );
        assert_eq!(lines(&output_of(twin(), &[])), (true, true, 1, 0, 1));
        let program = twin()
            .blocked_signals(SignalSet::EMPTY.with(Signal::HUP))
            .default_signals(SignalSet::ALL);
        let text = output_of(program, &[]);
        assert!(text.contains("blocked SIGHUP\n"));
        assert_eq!(lines(&text), (false, false, 1, 0, 0));
        // This process's own are as they were.
        assert_eq!(sys::rt_sigprocmask(MaskHow::Block, None)?, SignalSet::EMPTY.with(Signal::USR2));
        // SAFETY: asked, and nothing changed.
        assert!(unsafe { sys::rt_sigaction(Signal::USR1, None) }?.is_handler());
        Ok(())
    }

    #[skip(qemu_user, "the kernel would run the program without QEMU")]
    fn an_open_file_may_be_the_program() -> Result<()> {
        let file = File::open(twin::PATH)?;
        let program = Program::in_file(file.as_fd()).arguments(&[twin::NAME]);
        assert!(output_of(program, &[]).contains("descriptor 0"));
        // Where its number goes to another.
        let other = fds::file(b"x");
        let line = Text::of(format_args!("descriptor {} x\n", file.as_fd().as_raw_fd()));
        assert!(output_of(program, &[(other.as_fd(), file.as_fd().as_raw_fd())]).contains(&*line));
        let error = Program::in_file(other.as_fd()).start().unwrap_err();
        assert_eq!((error.operation(), error.errno()), (Operation::Exec, Errno::ENOEXEC));
        Ok(())
    }

    fn no_more_processes_is_an_error_of_fork() {
        child::check(|| {
            limits::set(RLIMIT_NPROC, 0).expect("a lower limit");
            user::drop_privileges();
            let error = Program::new(c"/nonexistent").start().unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::Fork, Errno::EAGAIN));
            assert_eq!(sys::rt_sigprocmask(MaskHow::Block, None), Ok(SignalSet::EMPTY));
        });
    }

    fn signals_come_when_it_has_started() {
        storm::in_both(|storm| {
            let mut rounds = 0;
            while storm.count() < 10 || rounds < 100 {
                let error = Program::new(c"/nonexistent").start().unwrap_err();
                assert_eq!((error.operation(), error.errno()), (Operation::Exec, Errno::ENOENT));
                rounds += 1;
            }
        });
    }

    // A handler that ran in the child would count here, in the parent's memory.
    #[skip(qemu_user, "the child's memory is a copy there")]
    fn no_handler_runs_in_the_child() -> Result<()> {
        COUNT.store(0, Relaxed);
        // SAFETY: the handler counts.
        unsafe { sys::rt_sigaction(Signal::USR2, Some(&handler())) }.expect("it can be caught");
        let group = sys::getpid();
        // SAFETY: the child uses nothing of its parent's.
        let killer = unsafe {
            process::spawn(|| -> u8 {
                sys::rt_sigprocmask(MaskHow::Set, Some(SignalSet::ALL)).expect("it can be held back");
                loop {
                    // To all of the group: the test, this child, and whatever is started.
                    let _ = sys::kill_group(group, Some(Signal::USR2));
                    process::sleep(Duration::from_micros(50));
                }
            })
        }?;
        let (mut failed, mut ended) = (0, 0);
        while failed + ended < 300 || COUNT.load(Relaxed) < 100 {
            match Program::new(c"/nonexistent").start() {
                Err(error) => {
                    assert_eq!(error.errno(), Errno::ENOENT);
                    failed += 1;
                }
                // The signal has ended it before.
                Ok(child) => {
                    assert_eq!(child.wait()?.signal(), Some(Signal::USR2));
                    ended += 1;
                }
            }
        }
        killer.kill(Signal::KILL)?;
        killer.wait()?;
        assert_eq!(IN_CHILD.load(Relaxed), 0);
        eprintln!("{failed} failed, {ended} ended");
        Ok(())
    }

    #[timeout(120)]
    fn thousands_one_after_another_leave_nothing() {
        for _ in 0..2000 {
            let error = Program::new(c"/nonexistent").start().unwrap_err();
            assert_eq!(error.errno(), Errno::ENOENT);
        }
        assert_no_child();
    }

    // One for QEMU's machine as well, where it is a program of the machine below.
    fn a_program_of_this_system_starts() -> Result<()> {
        let program = if File::open(c"/bin/true").is_ok() { Program::new(c"/bin/true") } else { twin() };
        for _ in 0..3 {
            assert!(program.start()?.wait()?.success());
        }
        Ok(())
    }
}

/// How often a handler has run, and how often in a process that is not the test's.
static COUNT: AtomicU32 = AtomicU32::new(0);
static IN_CHILD: AtomicU32 = AtomicU32::new(0);

fn handler() -> Sigaction {
    unsafe extern "C" fn count(_signal: i32, _info: *mut SignalInfo, _context: *mut c_void) {
        COUNT.fetch_add(1, Relaxed);
        if twin::group(None) != Some(sys::getpid()) {
            IN_CHILD.fetch_add(1, Relaxed);
        }
    }
    Sigaction::handler(count, SigactionFlags::RESTART, SignalSet::EMPTY)
}

/// Asserts that there is no child to wait for.
fn assert_no_child() {
    assert_eq!(sys::wait4(WaitFor::Any, WaitFlags::NOHANG), Err(Errno::ECHILD));
}

/// A file by this number, which is free.
fn at(number: i32, content: &[u8]) -> OwnedFd {
    let file = sys::fcntl_dupfd_cloexec(fds::file(content).as_fd(), number).expect("a descriptor is left");
    assert_eq!(file.as_raw_fd(), number);
    file
}

/// A file that execve(2) does not close by itself.
fn open_for_good(content: &[u8]) -> OwnedFd {
    let file = at(40, content);
    sys::fcntl_setfd(file.as_fd(), FdFlags::empty()).expect("it is open");
    file
}
