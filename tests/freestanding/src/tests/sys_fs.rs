use crate::harness::tests;
use crate::support::fds::{self, CLOSED};
use crate::support::scratch::Scratch;
use crate::support::text::Text;
use crate::support::{child, limits, raw, user};
use baremap::fd::{AsFd, AsRawFd, STDIN};
use baremap::sys::{
    self, AtFlags, CWD, FallocateFlags, FdFlags, FileKind, MemfdFlags, Mode, OFlags, RenameFlags, SealFlags,
    Sigaction, Signal,
};
use baremap::Errno;
use core::ffi::CStr;
use linux_raw_sys::general::{NAME_MAX, RLIMIT_FSIZE, RLIMIT_NOFILE};

type Result = core::result::Result<(), Errno>;

const OWNER: Mode = Mode::RUSR.union(Mode::WUSR);
const CREATE: OFlags = OFlags::RDWR.union(OFlags::CREATE).union(OFlags::CLOEXEC);

tests! {
    fn open_creates_and_opens() -> Result {
        let scratch = Scratch::new();
        let path = scratch.path("a");
        let made = sys::open(path.as_c_str(), CREATE | OFlags::EXCL, OWNER)?;
        assert_eq!(sys::write(made.as_fd(), b"text")?, 4);
        let again = sys::open(path.as_c_str(), OFlags::RDONLY, Mode::empty())?;
        let mut buffer = [0; 8];
        assert_eq!(sys::read(again.as_fd(), &mut buffer)?, 4);
        assert_eq!(&buffer[..4], b"text");
        assert_eq!(sys::statx(CWD, path.as_c_str(), AtFlags::empty())?.mode(), OWNER);
        Ok(())
    }

    fn open_adds_no_flags_of_its_own() -> Result {
        let open = sys::open(c"/", OFlags::DIRECTORY, Mode::empty())?;
        assert_eq!(sys::fcntl_getfd(open.as_fd())?, FdFlags::empty());
        let closed_on_exec = sys::open(c"/", OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        assert_eq!(sys::fcntl_getfd(closed_on_exec.as_fd())?, FdFlags::CLOEXEC);
        Ok(())
    }

    fn open_truncates_and_appends() -> Result {
        let scratch = Scratch::new();
        let path = scratch.path("a");
        let file = sys::open(path.as_c_str(), CREATE, OWNER)?;
        sys::write(file.as_fd(), b"long")?;
        let append = sys::open(path.as_c_str(), OFlags::WRONLY | OFlags::APPEND, Mode::empty())?;
        sys::write(append.as_fd(), b"er")?;
        assert_eq!(sys::fstat(file.as_fd())?.size(), 6);
        sys::close(sys::open(path.as_c_str(), OFlags::WRONLY | OFlags::TRUNC, Mode::empty())?)?;
        assert_eq!(sys::fstat(file.as_fd())?.size(), 0);
        Ok(())
    }

    // The four flags whose numbers differ between the architectures, beside O_LARGEFILE.
    fn open_knows_the_architectures_own_flags() -> Result {
        let scratch = Scratch::new();
        let (file, link) = (scratch.path("a"), scratch.path("b"));
        sys::close(sys::open(file.as_c_str(), CREATE, OWNER)?)?;
        raw::symlink(file.as_c_str(), link.as_c_str())?;
        let open = |path: &CStr, flags| sys::open(path, flags, Mode::empty());
        assert_eq!(open(file.as_c_str(), OFlags::DIRECTORY).unwrap_err(), Errno::ENOTDIR);
        assert_eq!(open(link.as_c_str(), OFlags::NOFOLLOW).unwrap_err(), Errno::ELOOP);
        sys::close(open(link.as_c_str(), OFlags::empty())?)
    }

    fn open_without_a_file_is_enoent() {
        let open = |path| sys::open(path, OFlags::RDONLY, Mode::empty()).unwrap_err();
        assert_eq!(open(c"/nonexistent"), Errno::ENOENT);
        assert_eq!(open(c"/nonexistent/file"), Errno::ENOENT);
        assert_eq!(open(c""), Errno::ENOENT);
    }

    fn open_exclusively_of_what_is_there_is_eexist() {
        assert_eq!(sys::open(c"/", OFlags::CREATE | OFlags::EXCL, OWNER).unwrap_err(), Errno::EEXIST);
    }

    fn open_of_a_directory_for_writing_is_eisdir() {
        assert_eq!(sys::open(c"/", OFlags::WRONLY, Mode::empty()).unwrap_err(), Errno::EISDIR);
    }

    fn open_through_a_file_is_enotdir() -> Result {
        let scratch = Scratch::new();
        sys::close(sys::open(scratch.path("a").as_c_str(), CREATE, OWNER)?)?;
        let below = sys::open(scratch.path("a/b").as_c_str(), OFlags::RDONLY, Mode::empty());
        assert_eq!(below.unwrap_err(), Errno::ENOTDIR);
        Ok(())
    }

    fn open_around_links_is_eloop() -> Result {
        let scratch = Scratch::new();
        let (a, b) = (scratch.path("a"), scratch.path("b"));
        raw::symlink(a.as_c_str(), b.as_c_str())?;
        raw::symlink(b.as_c_str(), a.as_c_str())?;
        assert_eq!(sys::open(a.as_c_str(), OFlags::RDONLY, Mode::empty()).unwrap_err(), Errno::ELOOP);
        Ok(())
    }

    fn open_of_a_long_name_is_enametoolong() {
        let open = |path: &Text| sys::open(path.as_c_str(), OFlags::RDONLY, Mode::empty()).unwrap_err();
        assert_eq!(open(&long_name(NAME_MAX as usize)), Errno::ENOENT);
        assert_eq!(open(&long_name(NAME_MAX as usize + 1)), Errno::ENAMETOOLONG);
    }

    fn open_without_permission_is_eacces() -> Result {
        let scratch = Scratch::new();
        let path = scratch.path("a");
        sys::close(sys::open(path.as_c_str(), CREATE, Mode::empty())?)?;
        sys::close(sys::open(c"/", OFlags::RDONLY, Mode::empty())?)?;
        child::check_as_nobody(|| {
            let open = |path: &CStr| sys::open(path, OFlags::RDONLY, Mode::empty()).unwrap_err();
            assert_eq!(open(path.as_c_str()), Errno::EACCES);
        });
        Ok(())
    }

    fn open_noatime_of_anothers_file_is_eperm() {
        child::check_as_nobody(|| {
            let open = sys::open(c"/", OFlags::RDONLY | OFlags::NOATIME, Mode::empty());
            assert_eq!(open.unwrap_err(), Errno::EPERM);
        });
    }

    fn too_many_descriptors_are_emfile() {
        child::check(|| {
            limits::set(RLIMIT_NOFILE, 3)?;
            assert_eq!(sys::open(c"/", OFlags::RDONLY, Mode::empty()).unwrap_err(), Errno::EMFILE);
            assert_eq!(sys::memfd_create(c"name", MemfdFlags::empty()).unwrap_err(), Errno::EMFILE);
            assert_eq!(sys::pipe2(OFlags::empty()).unwrap_err(), Errno::EMFILE);
            assert_eq!(sys::fcntl_dupfd_cloexec(STDIN, 0).unwrap_err(), Errno::EMFILE);
            assert_eq!(sys::pidfd_open(sys::getpid()).unwrap_err(), Errno::EMFILE);
            Result::Ok(())
        });
    }

    fn open_of_a_temporary_file_for_reading_is_einval() {
        let flags = OFlags::TMPFILE | OFlags::RDONLY;
        assert_eq!(sys::open(c"/dev/shm", flags, OWNER).unwrap_err(), Errno::EINVAL);
    }

    fn open_of_a_temporary_file_where_there_are_none_is_eopnotsupp() {
        // Who may not write there hears of that first.
        let expected = if user::is_root() { Errno::EOPNOTSUPP } else { Errno::EACCES };
        let flags = OFlags::TMPFILE | OFlags::RDWR;
        assert_eq!(sys::open(c"/proc", flags, OWNER).unwrap_err(), expected);
    }

    fn openat_is_relative_to_its_directory() -> Result {
        let scratch = Scratch::new();
        let dir = sys::open(scratch.directory(), OFlags::DIRECTORY, Mode::empty())?;
        sys::close(sys::openat(dir.as_fd(), c"a", CREATE, OWNER)?)?;
        sys::close(sys::open(scratch.path("a").as_c_str(), OFlags::RDONLY, Mode::empty())?)
    }

    fn openat_of_no_directory() {
        let openat = |fd| sys::openat(fd, c"a", OFlags::RDONLY, Mode::empty()).unwrap_err();
        assert_eq!(openat(CLOSED), Errno::EBADF);
        assert_eq!(openat(fds::file(b"").as_fd()), Errno::ENOTDIR);
    }

    fn ftruncate_sets_the_length() -> Result {
        let file = fds::file(b"text");
        sys::ftruncate(file.as_fd(), 2)?;
        sys::ftruncate(file.as_fd(), 6)?;
        let mut buffer = [0xff; 8];
        assert_eq!(sys::pread(file.as_fd(), &mut buffer, 0)?, 6);
        assert_eq!(&buffer, b"te\0\0\0\0\xff\xff");
        Ok(())
    }

    fn ftruncate_of_what_has_no_length_is_einval() {
        let (reading, _writing) = fds::pipe();
        assert_eq!(sys::ftruncate(reading.as_fd(), 1), Err(Errno::EINVAL));
        assert_eq!(sys::ftruncate(fds::directory().as_fd(), 1), Err(Errno::EINVAL));
        assert_eq!(sys::ftruncate(CLOSED, 1), Err(Errno::EBADF));
    }

    fn ftruncate_beyond_the_signed_range_is_einval() {
        assert_eq!(sys::ftruncate(fds::file(b"").as_fd(), 1 << 63), Err(Errno::EINVAL));
    }

    fn ftruncate_of_a_descriptor_for_reading_is_einval() {
        let file = fds::reopen(&fds::file(b"text"), OFlags::RDONLY);
        assert_eq!(sys::ftruncate(file.as_fd(), 0), Err(Errno::EINVAL));
    }

    fn ftruncate_beyond_the_limit_is_efbig() -> Result {
        let file = fds::file(b"");
        // SAFETY: no handler runs.
        unsafe { sys::rt_sigaction(Signal::XFSZ, Some(&Sigaction::IGNORE)) }?;
        child::check(|| {
            limits::set(RLIMIT_FSIZE, 100)?;
            sys::ftruncate(file.as_fd(), 100)?;
            assert_eq!(sys::ftruncate(file.as_fd(), 101), Err(Errno::EFBIG));
            assert_eq!(sys::pwrite(file.as_fd(), b"x", 100), Err(Errno::EFBIG));
            Result::Ok(())
        });
        Ok(())
    }

    #[signal(SIGXFSZ)]
    fn ftruncate_beyond_the_limit_raises_sigxfsz() -> Result {
        let file = fds::file(b"");
        limits::set(RLIMIT_FSIZE, 100)?;
        sys::ftruncate(file.as_fd(), 101)
    }

    fn ftruncate_of_a_sealed_file_is_eperm() -> Result {
        let file = fds::file(b"text");
        sys::fcntl_add_seals(file.as_fd(), SealFlags::GROW | SealFlags::SHRINK)?;
        assert_eq!(sys::ftruncate(file.as_fd(), 3), Err(Errno::EPERM));
        assert_eq!(sys::ftruncate(file.as_fd(), 5), Err(Errno::EPERM));
        sys::ftruncate(file.as_fd(), 4)
    }

    fn fallocate_takes_up_room() -> Result {
        let file = fds::file(b"");
        sys::fallocate(file.as_fd(), FallocateFlags::empty(), 100, 1000)?;
        let stat = sys::fstat(file.as_fd())?;
        assert_eq!(stat.size(), 1100);
        assert!(stat.blocks() * 512 >= 1000, "{stat:?}");
        Ok(())
    }

    fn fallocate_keeps_the_size_if_told_to() -> Result {
        let file = fds::file(b"text");
        sys::fallocate(file.as_fd(), FallocateFlags::KEEP_SIZE, 0, 1 << 20)?;
        assert_eq!(sys::fstat(file.as_fd())?.size(), 4);
        Ok(())
    }

    fn fallocate_punches_holes() -> Result {
        let file = fds::file(b"text");
        sys::fallocate(file.as_fd(), FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, 1, 2)?;
        let mut buffer = [0xff; 4];
        sys::pread(file.as_fd(), &mut buffer, 0)?;
        assert_eq!(&buffer, b"t\0\0t");
        Ok(())
    }

    fn fallocate_says_what_is_wrong() {
        let none = FallocateFlags::empty();
        let file = fds::file(b"text");
        let read_only = fds::reopen(&file, OFlags::RDONLY);
        let (_reading, writing) = fds::pipe();
        assert_eq!(sys::fallocate(CLOSED, none, 0, 1), Err(Errno::EBADF));
        assert_eq!(sys::fallocate(read_only.as_fd(), none, 0, 1), Err(Errno::EBADF));
        assert_eq!(sys::fallocate(writing.as_fd(), none, 0, 1), Err(Errno::ESPIPE));
        assert_eq!(sys::fallocate(file.as_fd(), none, 0, 0), Err(Errno::EINVAL));
        assert_eq!(sys::fallocate(file.as_fd(), none, 1 << 63, 1), Err(Errno::EINVAL));
        assert_eq!(sys::fallocate(file.as_fd(), none, 1, i64::MAX as u64), Err(Errno::EFBIG));
        assert_eq!(sys::fallocate(file.as_fd(), FallocateFlags::PUNCH_HOLE, 0, 1), Err(Errno::EOPNOTSUPP));
    }

    fn fallocate_of_a_device_is_enodev() -> Result {
        let null = sys::open(c"/dev/null", OFlags::RDWR, Mode::empty())?;
        assert_eq!(sys::fallocate(null.as_fd(), FallocateFlags::empty(), 0, 1), Err(Errno::ENODEV));
        Ok(())
    }

    fn fallocate_of_a_sealed_file_is_eperm() -> Result {
        let file = fds::file(b"text");
        sys::fcntl_add_seals(file.as_fd(), SealFlags::GROW)?;
        assert_eq!(sys::fallocate(file.as_fd(), FallocateFlags::empty(), 0, 5), Err(Errno::EPERM));
        Ok(())
    }

    fn fallocate_of_more_than_there_is_is_enospc() -> Result {
        let file = sys::open(c"/dev/shm", OFlags::TMPFILE | OFlags::RDWR, OWNER)?;
        // Where it has no limit, the call would take all of the machine's memory.
        assert_ne!(raw::blocks(file.as_fd())?, 0, "/dev/shm has no limit");
        assert_eq!(sys::fallocate(file.as_fd(), FallocateFlags::empty(), 0, 1 << 50), Err(Errno::ENOSPC));
        Ok(())
    }

    fn statx_tells_the_kinds_apart() -> Result {
        let scratch = Scratch::new();
        let link = scratch.path("a");
        raw::symlink(c"/", link.as_c_str())?;
        let kind = |path: &CStr, flags| sys::statx(CWD, path, flags).map(|stat| stat.kind());
        let (reading, _writing) = fds::pipe();
        assert_eq!(kind(c"/", AtFlags::empty())?, FileKind::Directory);
        assert_eq!(kind(c"/dev/null", AtFlags::empty())?, FileKind::CharacterDevice);
        assert_eq!(kind(link.as_c_str(), AtFlags::SYMLINK_NOFOLLOW)?, FileKind::Symlink);
        assert_eq!(kind(link.as_c_str(), AtFlags::empty())?, FileKind::Directory);
        assert_eq!(sys::fstat(reading.as_fd())?.kind(), FileKind::Fifo);
        assert_eq!(sys::fstat(fds::file(b"").as_fd())?.kind(), FileKind::Regular);
        assert_eq!(sys::fstat(sys::pidfd_open(sys::getpid())?.as_fd())?.size(), 0);
        Ok(())
    }

    fn statx_tells_size_links_and_number() -> Result {
        let scratch = Scratch::new();
        let (a, b) = (scratch.path("a"), scratch.path("b"));
        let file = sys::open(a.as_c_str(), CREATE, OWNER)?;
        sys::write(file.as_fd(), b"text")?;
        sys::linkat(CWD, a.as_c_str(), CWD, b.as_c_str(), AtFlags::empty())?;
        let stat = sys::fstat(file.as_fd())?;
        assert_eq!((stat.size(), stat.links(), stat.mode()), (4, 2, OWNER));
        assert_eq!(sys::statx(CWD, b.as_c_str(), AtFlags::empty())?.inode(), stat.inode());
        assert_eq!(sys::fstat(fds::file(b"").as_fd())?.links(), 0);
        Ok(())
    }

    fn statx_says_what_is_wrong() -> Result {
        let scratch = Scratch::new();
        let loop_ = scratch.path("a");
        raw::symlink(loop_.as_c_str(), loop_.as_c_str())?;
        let statx = |path: &CStr, flags| sys::statx(CWD, path, flags).unwrap_err();
        assert_eq!(statx(c"/nonexistent", AtFlags::empty()), Errno::ENOENT);
        assert_eq!(statx(c"", AtFlags::empty()), Errno::ENOENT);
        assert_eq!(statx(c"/dev/null/below", AtFlags::empty()), Errno::ENOTDIR);
        assert_eq!(statx(loop_.as_c_str(), AtFlags::empty()), Errno::ELOOP);
        assert_eq!(statx(long_name(256).as_c_str(), AtFlags::empty()), Errno::ENAMETOOLONG);
        assert_eq!(statx(c"/", AtFlags::from_bits_retain(1 << 31)), Errno::EINVAL);
        assert_eq!(sys::fstat(CLOSED).unwrap_err(), Errno::EBADF);
        let below = below_what_is_closed(&scratch)?;
        child::check_as_nobody(|| assert_eq!(statx(below.as_c_str(), AtFlags::empty()), Errno::EACCES));
        Ok(())
    }

    fn unlink_removes_a_name() -> Result {
        let scratch = Scratch::new();
        let path = scratch.path("a");
        let file = sys::open(path.as_c_str(), CREATE, OWNER)?;
        sys::unlink(path.as_c_str())?;
        assert_eq!(sys::fstat(file.as_fd())?.links(), 0);
        assert_eq!(sys::unlink(path.as_c_str()), Err(Errno::ENOENT));
        Ok(())
    }

    fn unlink_says_what_is_wrong() -> Result {
        let scratch = Scratch::new();
        let (loop_, dir) = (scratch.path("a"), scratch.path("b"));
        raw::symlink(loop_.as_c_str(), loop_.as_c_str())?;
        sys::mkdir(dir.as_c_str(), Mode::RUSR)?;
        assert_eq!(sys::unlink(dir.as_c_str()), Err(Errno::EISDIR));
        assert_eq!(sys::unlink(c"/dev/null/below"), Err(Errno::ENOTDIR));
        assert_eq!(sys::unlink(scratch.path("a/below").as_c_str()), Err(Errno::ELOOP));
        assert_eq!(sys::unlink(long_name(256).as_c_str()), Err(Errno::ENAMETOOLONG));
        let below = below_what_is_closed(&scratch)?;
        child::check_as_nobody(|| assert_eq!(sys::unlink(below.as_c_str()), Err(Errno::EACCES)));
        Ok(())
    }

    fn unlinkat_removes_directories() -> Result {
        let scratch = Scratch::new();
        let dir = sys::open(scratch.directory(), OFlags::DIRECTORY, Mode::empty())?;
        sys::mkdir(scratch.path("a").as_c_str(), Mode::RUSR | Mode::WUSR | Mode::XUSR)?;
        sys::mkdir(scratch.path("a/b").as_c_str(), Mode::RUSR)?;
        let rmdir = |path| sys::unlinkat(dir.as_fd(), path, AtFlags::REMOVEDIR);
        assert_eq!(rmdir(c"a"), Err(Errno::ENOTEMPTY));
        rmdir(c"a/b")?;
        rmdir(c"a")?;
        assert_eq!(rmdir(c"a"), Err(Errno::ENOENT));
        sys::close(sys::open(scratch.path("a").as_c_str(), CREATE, OWNER)?)?;
        assert_eq!(rmdir(c"a"), Err(Errno::ENOTDIR));
        assert_eq!(sys::unlinkat(CWD, c"a", AtFlags::from_bits_retain(1 << 31)), Err(Errno::EINVAL));
        assert_eq!(sys::unlinkat(CLOSED, c"a", AtFlags::empty()), Err(Errno::EBADF));
        Ok(())
    }

    fn linkat_publishes_a_file_without_a_name() -> Result {
        let name = Text::of(format_args!("/dev/shm/baremap-test-{}", sys::getpid()));
        let file = sys::open(c"/dev/shm", OFlags::TMPFILE | OFlags::RDWR, OWNER)?;
        sys::write(file.as_fd(), b"all of it")?;
        let link = Text::of(format_args!("/proc/self/fd/{}", file.as_raw_fd()));
        let publish = || sys::linkat(CWD, link.as_c_str(), CWD, name.as_c_str(), AtFlags::SYMLINK_FOLLOW);
        publish()?;
        let second = publish();
        let size = sys::statx(CWD, name.as_c_str(), AtFlags::empty())?.size();
        sys::unlink(name.as_c_str())?;
        assert_eq!((second, size), (Err(Errno::EEXIST), 9));
        Ok(())
    }

    fn linkat_says_what_is_wrong() -> Result {
        let scratch = Scratch::new();
        let (a, b) = (scratch.path("a"), scratch.path("b"));
        sys::close(sys::open(a.as_c_str(), CREATE, OWNER)?)?;
        let link = |from: &CStr, to: &CStr| sys::linkat(CWD, from, CWD, to, AtFlags::empty());
        assert_eq!(link(b.as_c_str(), a.as_c_str()), Err(Errno::ENOENT));
        assert_eq!(link(a.as_c_str(), a.as_c_str()), Err(Errno::EEXIST));
        assert_eq!(link(scratch.directory(), b.as_c_str()), Err(Errno::EPERM));
        assert_eq!(link(c"/proc/version", b.as_c_str()), Err(Errno::EXDEV));
        assert_eq!(link(c"/dev/null/below", b.as_c_str()), Err(Errno::ENOTDIR));
        let flags = AtFlags::from_bits_retain(1 << 31);
        assert_eq!(sys::linkat(CWD, a.as_c_str(), CWD, b.as_c_str(), flags), Err(Errno::EINVAL));
        assert_eq!(sys::linkat(CLOSED, c"a", CWD, b.as_c_str(), AtFlags::empty()), Err(Errno::EBADF));
        Ok(())
    }

    fn mkdir_makes_a_directory() -> Result {
        let scratch = Scratch::new();
        let path = scratch.path("a");
        sys::mkdir(path.as_c_str(), Mode::RUSR | Mode::XUSR)?;
        let stat = sys::statx(CWD, path.as_c_str(), AtFlags::empty())?;
        assert_eq!((stat.kind(), stat.mode()), (FileKind::Directory, Mode::RUSR | Mode::XUSR));
        Ok(())
    }

    fn mkdir_says_what_is_wrong() -> Result {
        let scratch = Scratch::new();
        let mkdir = |path: &CStr| sys::mkdir(path, Mode::RUSR);
        raw::symlink(c"a", scratch.path("a").as_c_str())?;
        assert_eq!(mkdir(c"/"), Err(Errno::EEXIST));
        assert_eq!(mkdir(c"/nonexistent/below"), Err(Errno::ENOENT));
        assert_eq!(mkdir(c"/dev/null/below"), Err(Errno::ENOTDIR));
        assert_eq!(mkdir(long_name(256).as_c_str()), Err(Errno::ENAMETOOLONG));
        assert_eq!(mkdir(scratch.path("a/below").as_c_str()), Err(Errno::ELOOP));
        let below = below_what_is_closed(&scratch)?;
        child::check_as_nobody(|| assert_eq!(mkdir(below.as_c_str()), Err(Errno::EACCES)));
        Ok(())
    }

    fn rename_replaces() -> Result {
        let scratch = Scratch::new();
        let (a, b) = (scratch.path("a"), scratch.path("b"));
        let file = sys::open(a.as_c_str(), CREATE, OWNER)?;
        sys::close(sys::open(b.as_c_str(), CREATE, OWNER)?)?;
        sys::rename(a.as_c_str(), b.as_c_str())?;
        let renamed = sys::statx(CWD, b.as_c_str(), AtFlags::empty())?;
        assert_eq!(renamed.inode(), sys::fstat(file.as_fd())?.inode());
        assert_eq!(sys::rename(a.as_c_str(), b.as_c_str()), Err(Errno::ENOENT));
        Ok(())
    }

    fn rename_says_what_is_wrong() -> Result {
        let scratch = Scratch::new();
        let rename = |old, new| sys::rename(scratch.path(old).as_c_str(), scratch.path(new).as_c_str());
        let all = Mode::RUSR | Mode::WUSR | Mode::XUSR;
        sys::close(sys::open(scratch.path("a").as_c_str(), CREATE, OWNER)?)?;
        sys::mkdir(scratch.path("b").as_c_str(), all)?;
        sys::mkdir(scratch.path("c").as_c_str(), all)?;
        sys::mkdir(scratch.path("c/d").as_c_str(), all)?;
        assert_eq!(rename("a", "b"), Err(Errno::EISDIR));
        assert_eq!(rename("b", "a"), Err(Errno::ENOTDIR));
        assert_eq!(rename("b", "c"), Err(Errno::ENOTEMPTY));
        assert_eq!(rename("b", "b/a"), Err(Errno::EINVAL));
        assert_eq!(sys::rename(scratch.path("a").as_c_str(), c"/proc/version"), Err(Errno::EXDEV));
        sys::unlinkat(CWD, scratch.path("c/d").as_c_str(), AtFlags::REMOVEDIR)
    }

    fn renameat2_does_not_replace_if_told_so() -> Result {
        let scratch = Scratch::new();
        let dir = sys::open(scratch.directory(), OFlags::DIRECTORY, Mode::empty())?;
        let rename = |old, new, flags| sys::renameat2(dir.as_fd(), old, dir.as_fd(), new, flags);
        for name in [c"a", c"b"] {
            sys::close(sys::openat(dir.as_fd(), name, CREATE, OWNER)?)?;
        }
        let inode = |name| sys::statx(dir.as_fd(), name, AtFlags::empty()).map(|stat| stat.inode());
        let (a, b) = (inode(c"a")?, inode(c"b")?);
        assert_eq!(rename(c"a", c"b", RenameFlags::NOREPLACE), Err(Errno::EEXIST));
        rename(c"a", c"b", RenameFlags::EXCHANGE)?;
        assert_eq!((inode(c"a")?, inode(c"b")?), (b, a));
        rename(c"a", c"c", RenameFlags::NOREPLACE)?;
        assert_eq!(rename(c"b", c"c", RenameFlags::NOREPLACE | RenameFlags::EXCHANGE), Err(Errno::EINVAL));
        assert_eq!(sys::renameat2(CLOSED, c"a", CLOSED, c"b", RenameFlags::empty()), Err(Errno::EBADF));
        Ok(())
    }

    fn memfd_create_makes_an_empty_file() -> Result {
        let file = sys::memfd_create(c"name", MemfdFlags::CLOEXEC)?;
        let stat = sys::fstat(file.as_fd())?;
        assert_eq!((stat.kind(), stat.size(), stat.links()), (FileKind::Regular, 0, 0));
        assert_eq!(sys::fcntl_getfd(file.as_fd())?, FdFlags::CLOEXEC);
        assert_eq!(sys::fcntl_get_seals(file.as_fd())?, SealFlags::SEAL);
        let sealable = sys::memfd_create(c"name", MemfdFlags::ALLOW_SEALING)?;
        assert_eq!(sys::fcntl_get_seals(sealable.as_fd())?, SealFlags::empty());
        Ok(())
    }

    fn memfd_create_refuses_long_names_and_unknown_flags() -> Result {
        let create = |len| sys::memfd_create(long_name(len).as_c_str(), MemfdFlags::CLOEXEC);
        sys::close(create(249)?)?;
        assert_eq!(create(250).unwrap_err(), Errno::EINVAL);
        let unknown = MemfdFlags::from_bits_retain(1 << 24);
        assert_eq!(sys::memfd_create(c"name", unknown).unwrap_err(), Errno::EINVAL);
        Ok(())
    }
}

fn long_name(len: usize) -> Text {
    Text::of(format_args!("{:x>len$}", ""))
}

/// A path in a directory that lets nobody in but root.
fn below_what_is_closed(scratch: &Scratch) -> core::result::Result<Text, Errno> {
    sys::mkdir(scratch.path("c").as_c_str(), Mode::empty())?;
    Ok(scratch.path("c/d"))
}
