use crate::harness::tests;
use crate::support::fds::{self, CLOSED};
use crate::support::text::Text;
use crate::support::{child, proc, sandbox};
use baremap::fd::{AsFd, AsRawFd};
use baremap::sys::{
    self, FdFlags, LockKind, MapFlags, Mode, OFlags, ProtFlags, SealFlags, SeekFrom, Sigaction, Signal,
};
use baremap::{Errno, File, page, process};
use core::ptr;
use core::time::Duration;
use linux_raw_sys::general::__NR_fsync;

type Result = core::result::Result<(), Errno>;

tests! {
    fn read_and_write_move_the_position() -> Result {
        let file = fds::file(b"");
        assert_eq!(sys::write(file.as_fd(), b"some text")?, 9);
        assert_eq!(sys::lseek(file.as_fd(), SeekFrom::Start(5))?, 5);
        let mut buffer = [0; 16];
        assert_eq!(sys::read(file.as_fd(), &mut buffer)?, 4);
        assert_eq!(&buffer[..4], b"text");
        assert_eq!(sys::read(file.as_fd(), &mut buffer)?, 0);
        Ok(())
    }

    fn read_says_what_is_wrong() {
        let mut buffer = [0; 4];
        let mut read = |fd| sys::read(fd, &mut buffer).unwrap_err();
        let (_reading, writing) = fds::pipe();
        assert_eq!(read(CLOSED), Errno::EBADF);
        assert_eq!(read(writing.as_fd()), Errno::EBADF);
        assert_eq!(read(fds::directory().as_fd()), Errno::EISDIR);
    }

    fn a_pipe_that_would_wait_is_eagain() -> Result {
        let (reading, writing) = sys::pipe2(OFlags::NONBLOCK | OFlags::CLOEXEC)?;
        let mut buffer = [0; 4];
        assert_eq!(sys::read(reading.as_fd(), &mut buffer), Err(Errno::EAGAIN));
        let full = loop {
            if let Err(errno) = sys::write(writing.as_fd(), &[0; 1000]) {
                break errno;
            }
        };
        assert_eq!(full, Errno::EAGAIN);
        Ok(())
    }

    fn write_says_what_is_wrong() {
        let file = fds::reopen(&fds::file(b""), OFlags::RDONLY);
        assert_eq!(sys::write(CLOSED, b"x"), Err(Errno::EBADF));
        assert_eq!(sys::write(file.as_fd(), b"x"), Err(Errno::EBADF));
    }

    fn write_to_a_sealed_file_is_eperm() -> Result {
        let file = fds::file(b"text");
        sys::fcntl_add_seals(file.as_fd(), SealFlags::WRITE)?;
        assert_eq!(sys::write(file.as_fd(), b"x"), Err(Errno::EPERM));
        assert_eq!(sys::pwrite(file.as_fd(), b"x", 0), Err(Errno::EPERM));
        Ok(())
    }

    fn write_to_a_full_device_is_enospc() -> Result {
        let full = sys::open(c"/dev/full", OFlags::WRONLY, Mode::empty())?;
        assert_eq!(sys::write(full.as_fd(), b"x"), Err(Errno::ENOSPC));
        Ok(())
    }

    fn write_to_a_pipe_without_a_reader_is_epipe() -> Result {
        let (reading, writing) = fds::pipe();
        sys::close(reading)?;
        // SAFETY: no handler runs.
        unsafe { sys::rt_sigaction(Signal::PIPE, Some(&Sigaction::IGNORE)) }?;
        assert_eq!(sys::write(writing.as_fd(), b"x"), Err(Errno::EPIPE));
        Ok(())
    }

    #[signal(SIGPIPE)]
    fn write_to_a_pipe_without_a_reader_raises_sigpipe() -> Result {
        let (reading, writing) = fds::pipe();
        sys::close(reading)?;
        sys::write(writing.as_fd(), b"x").map(drop)
    }

    fn write_raw_of_what_is_not_mapped_is_efault() -> Result {
        let (reading, writing) = fds::pipe();
        // SAFETY: the kernel chooses the address; nothing else uses the page.
        unsafe {
            let len = page::size();
            let page = sys::mmap_anonymous(ptr::null_mut(), len, ProtFlags::READ, MapFlags::PRIVATE)?;
            assert_eq!(sys::write_raw(writing.as_fd(), page, 3)?, 3);
            sys::munmap(page, len)?;
            assert_eq!(sys::write_raw(writing.as_fd(), page, 3), Err(Errno::EFAULT));
        }
        let mut buffer = [0xff; 4];
        assert_eq!(sys::read(reading.as_fd(), &mut buffer)?, 3);
        assert_eq!(buffer, [0, 0, 0, 0xff]);
        Ok(())
    }

    fn pread_and_pwrite_leave_the_position() -> Result {
        let file = fds::file(b"");
        assert_eq!(sys::pwrite(file.as_fd(), b"text", 5)?, 4);
        let mut buffer = [0xff; 16];
        assert_eq!(sys::pread(file.as_fd(), &mut buffer, 3)?, 6);
        assert_eq!(&buffer[..6], b"\0\0text");
        assert_eq!(sys::lseek(file.as_fd(), SeekFrom::Current(0))?, 0);
        Ok(())
    }

    fn offsets_need_all_64_bits() -> Result {
        let file = fds::file(b"");
        let far = (1 << 40) + 3;
        assert_eq!(sys::pwrite(file.as_fd(), b"far", far)?, 3);
        let mut buffer = [0; 3];
        assert_eq!(sys::pread(file.as_fd(), &mut buffer, far)?, 3);
        assert_eq!(&buffer, b"far");
        assert_eq!(sys::lseek(file.as_fd(), SeekFrom::End(0))?, far + 3);
        Ok(())
    }

    fn pread_and_pwrite_say_what_is_wrong() {
        let mut buffer = [0; 4];
        let (reading, writing) = fds::pipe();
        let file = fds::file(b"");
        assert_eq!(sys::pread(CLOSED, &mut buffer, 0), Err(Errno::EBADF));
        assert_eq!(sys::pread(reading.as_fd(), &mut buffer, 0), Err(Errno::ESPIPE));
        assert_eq!(sys::pread(file.as_fd(), &mut buffer, 1 << 63), Err(Errno::EINVAL));
        assert_eq!(sys::pread(fds::directory().as_fd(), &mut buffer, 0), Err(Errno::EISDIR));
        assert_eq!(sys::pwrite(CLOSED, b"x", 0), Err(Errno::EBADF));
        assert_eq!(sys::pwrite(writing.as_fd(), b"x", 0), Err(Errno::ESPIPE));
        assert_eq!(sys::pwrite(file.as_fd(), b"x", 1 << 63), Err(Errno::EINVAL));
    }

    fn lseek_counts_from_everywhere() -> Result {
        let file = fds::file(b"0123456789");
        let seek = |to| sys::lseek(file.as_fd(), to);
        assert_eq!(seek(SeekFrom::Start(4))?, 4);
        assert_eq!(seek(SeekFrom::Current(-1))?, 3);
        assert_eq!(seek(SeekFrom::End(-2))?, 8);
        assert_eq!(seek(SeekFrom::End(5))?, 15);
        Ok(())
    }

    fn lseek_finds_data_and_holes() -> Result {
        let page = page::size() as u64;
        let file = fds::file(b"");
        sys::ftruncate(file.as_fd(), 3 * page)?;
        sys::pwrite(file.as_fd(), b"x", page)?;
        let seek = |to| sys::lseek(file.as_fd(), to);
        // The kernel's pages may be smaller than those that an emulator shows.
        let data = seek(SeekFrom::Data(0))?;
        assert_eq!(data, page);
        let hole = seek(SeekFrom::Hole(data))?;
        assert!(hole > page && hole <= 2 * page, "{hole}");
        assert_eq!(seek(SeekFrom::Data(hole)), Err(Errno::ENXIO));
        assert_eq!(seek(SeekFrom::Hole(3 * page)), Err(Errno::ENXIO));
        Ok(())
    }

    fn lseek_says_what_is_wrong() {
        let file = fds::file(b"");
        let (reading, _writing) = fds::pipe();
        assert_eq!(sys::lseek(CLOSED, SeekFrom::Start(0)), Err(Errno::EBADF));
        assert_eq!(sys::lseek(reading.as_fd(), SeekFrom::Start(0)), Err(Errno::ESPIPE));
        assert_eq!(sys::lseek(file.as_fd(), SeekFrom::Current(-1)), Err(Errno::EINVAL));
        assert_eq!(sys::lseek(file.as_fd(), SeekFrom::Start(1 << 63)), Err(Errno::EINVAL));
    }

    fn close_closes_once() -> Result {
        let fd = fds::directory();
        let number = fd.as_raw_fd();
        sys::close(fd)?;
        assert!(!proc::is_open(number));
        // SAFETY: it is nobody's any more.
        assert_eq!(unsafe { sys::close_raw(number) }, Err(Errno::EBADF));
        Ok(())
    }

    fn fsync_and_fdatasync_take_files_and_no_pipes() -> Result {
        let file = fds::file(b"text");
        let (reading, _writing) = fds::pipe();
        for sync in [sys::fsync, sys::fdatasync] {
            sync(file.as_fd())?;
            assert_eq!(sync(reading.as_fd()), Err(Errno::EINVAL));
            assert_eq!(sync(CLOSED), Err(Errno::EBADF));
        }
        Ok(())
    }

    fn pipe2_carries_bytes_and_ends() -> Result {
        let (reading, writing) = sys::pipe2(OFlags::empty())?;
        assert_eq!(sys::fcntl_getfd(reading.as_fd())?, FdFlags::empty());
        sys::write(writing.as_fd(), b"text")?;
        sys::close(writing)?;
        let mut buffer = [0; 8];
        assert_eq!(sys::read(reading.as_fd(), &mut buffer)?, 4);
        assert_eq!(sys::read(reading.as_fd(), &mut buffer)?, 0);
        Ok(())
    }

    fn pipe2_passes_packets_on_whole() -> Result {
        let (reading, writing) = sys::pipe2(OFlags::DIRECT | OFlags::CLOEXEC)?;
        sys::write(writing.as_fd(), b"one")?;
        sys::write(writing.as_fd(), b"two")?;
        let mut buffer = [0; 8];
        assert_eq!(sys::read(reading.as_fd(), &mut buffer)?, 3);
        assert_eq!(sys::fcntl_getfd(reading.as_fd())?, FdFlags::CLOEXEC);
        Ok(())
    }

    fn pipe2_refuses_other_flags() {
        assert_eq!(sys::pipe2(OFlags::APPEND).unwrap_err(), Errno::EINVAL);
    }

    fn dup3_gives_another_name() -> Result {
        let file = fds::file(b"text");
        let target = fds::directory();
        // SAFETY: the test owns the target and expects it to become the file.
        unsafe { sys::dup3(file.as_fd(), target.as_raw_fd(), OFlags::CLOEXEC) }?;
        assert_eq!(sys::fstat(target.as_fd())?.inode(), sys::fstat(file.as_fd())?.inode());
        assert_eq!(sys::fcntl_getfd(target.as_fd())?, FdFlags::CLOEXEC);
        Ok(())
    }

    fn dup3_says_what_is_wrong() {
        let file = fds::file(b"");
        let number = file.as_fd().as_raw_fd();
        // SAFETY: nothing is replaced, since each of these fails.
        let dup3 = |from, to, flags| unsafe { sys::dup3(from, to, flags) };
        assert_eq!(dup3(CLOSED, number, OFlags::empty()), Err(Errno::EBADF));
        assert_eq!(dup3(file.as_fd(), -1, OFlags::empty()), Err(Errno::EBADF));
        assert_eq!(dup3(file.as_fd(), number, OFlags::empty()), Err(Errno::EINVAL));
        assert_eq!(dup3(file.as_fd(), 100, OFlags::APPEND), Err(Errno::EINVAL));
    }

    fn fcntl_duplicates() -> Result {
        let file = fds::file(b"text");
        let other = sys::fcntl_dupfd_cloexec(file.as_fd(), 0)?;
        assert_ne!(other.as_raw_fd(), file.as_fd().as_raw_fd());
        assert_eq!(sys::fcntl_getfd(other.as_fd())?, FdFlags::CLOEXEC);
        assert_eq!(sys::lseek(other.as_fd(), SeekFrom::Start(2))?, 2);
        assert_eq!(sys::lseek(file.as_fd(), SeekFrom::Current(0))?, 2);
        Ok(())
    }

    fn fcntl_sets_flags_of_descriptors_and_files() -> Result {
        let file = fds::file(b"text");
        sys::fcntl_setfd(file.as_fd(), FdFlags::empty())?;
        assert_eq!(sys::fcntl_getfd(file.as_fd())?, FdFlags::empty());
        sys::fcntl_setfd(file.as_fd(), FdFlags::CLOEXEC)?;
        assert_eq!(sys::fcntl_getfd(file.as_fd())?, FdFlags::CLOEXEC);
        sys::fcntl_setfl(file.as_fd(), OFlags::APPEND | OFlags::NONBLOCK)?;
        let flags = sys::fcntl_getfl(file.as_fd())?;
        assert!(flags.contains(OFlags::APPEND | OFlags::NONBLOCK | OFlags::RDWR), "{flags:?}");
        sys::write(file.as_fd(), b"er")?;
        assert_eq!(sys::fstat(file.as_fd())?.size(), 6);
        let read_only = fds::reopen(&file, OFlags::RDONLY);
        assert_eq!(sys::fcntl_getfl(read_only.as_fd())?.intersection(OFlags::ACCMODE), OFlags::RDONLY);
        Ok(())
    }

    fn fcntl_of_a_closed_descriptor_is_ebadf() {
        assert_eq!(sys::fcntl_dupfd_cloexec(CLOSED, 0).unwrap_err(), Errno::EBADF);
        assert_eq!(sys::fcntl_getfd(CLOSED), Err(Errno::EBADF));
        assert_eq!(sys::fcntl_setfd(CLOSED, FdFlags::empty()), Err(Errno::EBADF));
        assert_eq!(sys::fcntl_getfl(CLOSED), Err(Errno::EBADF));
        assert_eq!(sys::fcntl_setfl(CLOSED, OFlags::empty()), Err(Errno::EBADF));
        assert_eq!(sys::fcntl_get_seals(CLOSED), Err(Errno::EBADF));
        assert_eq!(sys::fcntl_add_seals(CLOSED, SealFlags::SEAL), Err(Errno::EBADF));
        assert_eq!(sys::fcntl_ofd_setlk(CLOSED, LockKind::Read, 0, 0), Err(Errno::EBADF));
        assert_eq!(sys::fcntl_ofd_setlkw(CLOSED, LockKind::Read, 0, 0), Err(Errno::EBADF));
    }

    fn seals_add_up_until_they_are_sealed() -> Result {
        let file = fds::file(b"text");
        sys::fcntl_add_seals(file.as_fd(), SealFlags::GROW)?;
        sys::fcntl_add_seals(file.as_fd(), SealFlags::SHRINK | SealFlags::SEAL)?;
        let all = SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
        assert_eq!(sys::fcntl_get_seals(file.as_fd())?, all);
        assert_eq!(sys::fcntl_add_seals(file.as_fd(), SealFlags::WRITE), Err(Errno::EPERM));
        Ok(())
    }

    fn seals_are_for_writers_of_memfds_only() {
        let file = fds::file(b"text");
        let read_only = fds::reopen(&file, OFlags::RDONLY);
        let (_reading, writing) = fds::pipe();
        assert_eq!(sys::fcntl_add_seals(read_only.as_fd(), SealFlags::GROW), Err(Errno::EPERM));
        assert_eq!(sys::fcntl_get_seals(writing.as_fd()), Err(Errno::EINVAL));
        assert_eq!(sys::fcntl_add_seals(writing.as_fd(), SealFlags::GROW), Err(Errno::EINVAL));
        let unknown = SealFlags::from_bits_retain(1 << 31);
        assert_eq!(sys::fcntl_add_seals(file.as_fd(), unknown), Err(Errno::EINVAL));
    }

    fn sealing_against_writing_waits_for_no_writable_map() -> Result {
        let file = fds::file(b"text");
        let (prot, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED);
        // SAFETY: the kernel chooses the address; nothing else uses the map.
        unsafe {
            let map = sys::mmap(ptr::null_mut(), 4, prot, flags, file.as_fd(), 0)?;
            assert_eq!(sys::fcntl_add_seals(file.as_fd(), SealFlags::WRITE), Err(Errno::EBUSY));
            sys::munmap(map, 4)?;
        }
        sys::fcntl_add_seals(file.as_fd(), SealFlags::WRITE)
    }

    fn locks_of_two_open_files_exclude_each_other() -> Result {
        let one = fds::file(b"text");
        let two = fds::reopen(&one, OFlags::RDWR);
        let lock = |file: &File, kind, start, len| sys::fcntl_ofd_setlk(file.as_fd(), kind, start, len);
        lock(&one, LockKind::Write, 0, 10)?;
        assert_eq!(lock(&two, LockKind::Read, 9, 1), Err(Errno::EAGAIN));
        assert_eq!(lock(&two, LockKind::Write, 0, 0), Err(Errno::EAGAIN));
        lock(&two, LockKind::Write, 10, 0)?;
        lock(&one, LockKind::Unlock, 0, 10)?;
        lock(&one, LockKind::Read, 0, 1)?;
        lock(&two, LockKind::Read, 0, 1)?;
        assert_eq!(lock(&one, LockKind::Write, 0, 1), Err(Errno::EAGAIN));
        Ok(())
    }

    // The kernel would take them for negative, and lock what is before the start.
    fn a_lock_of_more_than_a_file_can_have_is_einval() {
        let file = fds::file(b"text");
        let lock = |start, len| sys::fcntl_ofd_setlk(file.as_fd(), LockKind::Write, start, len);
        assert_eq!(lock(100, u64::MAX), Err(Errno::EINVAL));
        assert_eq!(lock(1 << 63, 1), Err(Errno::EINVAL));
    }

    fn locks_need_a_descriptor_of_their_kind() {
        let file = fds::file(b"text");
        let (read, write) = (fds::reopen(&file, OFlags::RDONLY), fds::reopen(&file, OFlags::WRONLY));
        assert_eq!(sys::fcntl_ofd_setlk(read.as_fd(), LockKind::Write, 0, 1), Err(Errno::EBADF));
        assert_eq!(sys::fcntl_ofd_setlk(write.as_fd(), LockKind::Read, 0, 1), Err(Errno::EBADF));
        assert_eq!(sys::fcntl_ofd_setlk(file.as_fd(), LockKind::Read, 1 << 63, 1), Err(Errno::EINVAL));
    }

    fn a_lock_goes_with_its_killed_owner() -> Result {
        let file = fds::file(b"text");
        let (reading, writing) = fds::pipe();
        let name = Text::of(format_args!("/proc/self/fd/{}", file.as_fd().as_raw_fd()));
        // SAFETY: the child uses nothing that exists once.
        let owner = unsafe {
            process::spawn(|| {
                let own = sys::open(name.as_c_str(), OFlags::RDWR, Mode::empty())?;
                sys::fcntl_ofd_setlk(own.as_fd(), LockKind::Write, 0, 0)?;
                sys::write(writing.as_fd(), b"locked")?;
                process::sleep(Duration::MAX);
                Result::Ok(())
            })
        }
        .map_err(Errno::from)?;
        let mut buffer = [0; 8];
        sys::read(reading.as_fd(), &mut buffer)?;
        assert_eq!(sys::fcntl_ofd_setlk(file.as_fd(), LockKind::Write, 0, 0), Err(Errno::EAGAIN));
        owner.kill(Signal::KILL).map_err(Errno::from)?;
        sys::fcntl_ofd_setlkw(file.as_fd(), LockKind::Write, 0, 0)?;
        owner.wait().map_err(Errno::from).map(drop)
    }

    fn a_lock_is_the_open_files_and_not_the_processs() -> Result {
        let file = fds::file(b"text");
        sys::fcntl_ofd_setlk(file.as_fd(), LockKind::Write, 0, 0)?;
        child::check(|| sys::fcntl_ofd_setlk(file.as_fd(), LockKind::Write, 0, 0));
        Ok(())
    }

    // The lock is given back when the other one waits for it, or is about to.
    fn who_waits_for_a_lock_gets_it() -> Result {
        let one = fds::file(b"text");
        let two = fds::reopen(&one, OFlags::RDWR);
        sys::fcntl_ofd_setlk(one.as_fd(), LockKind::Write, 0, 0)?;
        // SAFETY: the child uses nothing that exists once.
        let child = unsafe {
            process::spawn(|| match sys::fcntl_ofd_setlkw(two.as_fd(), LockKind::Write, 0, 0) {
                Ok(()) => 0_u8,
                Err(_) => 1,
            })
        }
        .map_err(Errno::from)?;
        process::sleep(Duration::from_millis(30));
        sys::fcntl_ofd_setlk(one.as_fd(), LockKind::Unlock, 0, 0)?;
        assert!(child.wait().map_err(Errno::from)?.success());
        Ok(())
    }

    // The largest of all (MAX_ERRNO): no call of the kernel returns it, but a filter may.
    #[skip(qemu_user, "it has no seccomp")]
    fn the_largest_error_number_is_an_error() {
        child::check(|| {
            let largest = Errno::from_raw_os_error(4095).expect("an error number");
            sandbox::deny([__NR_fsync], largest);
            assert_eq!(sys::fsync(fds::file(b"").as_fd()), Err(largest));
        });
    }
}
