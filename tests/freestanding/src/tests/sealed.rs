use crate::harness::tests;
use crate::support::fds::{self, CLOSED};
use crate::support::text::Text;
use crate::support::{child, seccomp};
use baremap::fd::AsFd;
use baremap::sys::{self, MapFlags, Mode, OFlags, SealFlags, SeekFrom};
use baremap::{Errno, File, FileMap, Operation, Reason, Result, SealedMap};
use linux_raw_sys::general::__NR_mmap;

/// More than one piece of a snapshot, and no whole number of them.
const LONG: usize = 200_003;

tests! {
    fn holds_what_it_was_made_of() -> Result<()> {
        let map = SealedMap::new(b"for all to read")?;
        assert_eq!(&*map, b"for all to read");
        assert_eq!(SealedMap::new(b"")?.len(), 0);
        Ok(())
    }

    fn is_built_in_place() -> Result<()> {
        let map = SealedMap::build(LONG, |bytes| bytes.write_at(LONG - 3, b"end"))?;
        assert_eq!((map.len(), &map[LONG - 4..]), (LONG, b"\0end".as_slice()));
        let error = SealedMap::build(3, |bytes| bytes.write_at(1, b"end")).unwrap_err();
        assert_eq!(error.reason(), Reason::OutOfBounds { offset: 1, len: 3, size: 3 });
        Ok(())
    }

    fn too_long_is_an_error() {
        let build = |len| SealedMap::build(len, |_| Ok(())).unwrap_err();
        // ftruncate(2): a length above i64::MAX.
        assert_eq!(build(usize::MAX).errno(), Errno::EINVAL);
        assert_eq!(build(isize::MAX as usize).operation(), Operation::Mmap);
    }

    fn nobody_can_change_it() -> Result<()> {
        let map = SealedMap::new(b"text")?;
        let fd = map.as_fd();
        assert_eq!(sys::pwrite(fd, b"T", 0), Err(Errno::EPERM));
        assert_eq!(sys::ftruncate(fd, 3), Err(Errno::EPERM));
        assert_eq!(sys::ftruncate(fd, 5), Err(Errno::EPERM));
        assert_eq!(sys::fcntl_add_seals(fd, SealFlags::FUTURE_WRITE), Err(Errno::EPERM));
        assert_eq!(FileMap::write(&map).unwrap_err().errno(), Errno::EPERM);
        assert_eq!(&*map, b"text");
        Ok(())
    }

    fn is_not_sealed_while_it_may_be_written() -> Result<()> {
        let file = fds::file(b"text");
        let writer = FileMap::write(&file)?;
        let error = SealedMap::seal(&file).unwrap_err();
        assert_eq!((error.operation(), error.errno()), (Operation::Seal, Errno::EBUSY));
        assert_eq!(
            &*Text::of(error),
            "seal: Device or resource busy: a shared map of the file is still there, by which it may be written (EBUSY)",
        );
        drop(writer);
        assert_eq!(&*SealedMap::seal(&file)?, b"text");
        Ok(())
    }

    fn sealing_twice_is_no_error() -> Result<()> {
        let file = fds::file(b"text");
        let first = SealedMap::seal(&file)?;
        drop(file);
        assert_eq!(&*SealedMap::seal(&first)?, b"text");
        Ok(())
    }

    fn what_takes_no_seals_says_so() -> Result<()> {
        let seal = |fd: &dyn AsFd| SealedMap::seal(fd.as_fd()).unwrap_err();
        let refused = |errno| (Operation::Seal, errno);
        let of = |error: baremap::Error| (error.operation(), error.errno());
        let unsealable = sys::memfd_create(c"name", sys::MemfdFlags::CLOEXEC).map(File::from);
        assert_eq!(of(seal(&unsealable.expect("a file in memory"))), refused(Errno::EPERM));
        assert_eq!(of(seal(&fds::reopen(&fds::file(b"text"), OFlags::RDONLY))), refused(Errno::EPERM));
        assert_eq!(of(seal(&fds::pipe().1)), refused(Errno::EINVAL));
        // Not open for writing, which the kernel looks at first.
        assert_eq!(of(seal(&fds::directory())), refused(Errno::EPERM));
        assert_eq!(of(seal(&CLOSED)), refused(Errno::EBADF));
        Ok(())
    }

    fn open_asks_for_seals_against_writing_and_shrinking() -> Result<()> {
        let opened = |seals| {
            let file = fds::file(b"text");
            sys::fcntl_add_seals(file.as_fd(), seals).expect("nobody maps it");
            SealedMap::open(&file).map(|map| assert_eq!(&*map, b"text"))
        };
        let unsealed = Reason::Unsealed;
        let (write, shrink) = (SealFlags::WRITE, SealFlags::SHRINK);
        assert_eq!(opened(SealFlags::empty()).unwrap_err().reason(), unsealed);
        assert_eq!(opened(write).unwrap_err().reason(), unsealed);
        assert_eq!(opened(shrink | SealFlags::GROW | SealFlags::SEAL).unwrap_err().reason(), unsealed);
        opened(write | shrink)
    }

    fn a_seal_against_future_writes_is_not_enough() -> Result<()> {
        let file = fds::file(b"text");
        let writer = FileMap::write(&file)?;
        sys::fcntl_add_seals(file.as_fd(), SealFlags::FUTURE_WRITE | SealFlags::SHRINK).expect("Linux 5.1");
        let error = SealedMap::open(&file).unwrap_err();
        assert_eq!((error.errno(), error.reason()), (Errno::EPERM, Reason::Unsealed));
        writer.write_at(0, b"T")
    }

    fn what_is_not_sealed_says_what_to_do() -> Result<()> {
        let error = SealedMap::open(fds::file(b"text")).unwrap_err();
        assert_eq!(
            &*Text::of(error),
            "mmap: the file is not sealed, so that it may change; SealedMap::snapshot_of() copies it (EPERM)",
        );
        assert_eq!(SealedMap::open(File::open(c"/proc/self/exe")?).unwrap_err().reason(), Reason::Unsealed);
        assert_eq!(SealedMap::open(fds::directory()).unwrap_err().reason(), Reason::Unsealed);
        assert_eq!(SealedMap::open(CLOSED).unwrap_err().errno(), Errno::EBADF);
        Ok(())
    }

    fn growth_does_not_show() -> Result<()> {
        let file = fds::file(b"text");
        sys::fcntl_add_seals(file.as_fd(), SealFlags::WRITE | SealFlags::SHRINK).expect("nobody maps it");
        let map = SealedMap::open(&file)?;
        file.set_len(1 << 20)?;
        assert_eq!(&*map, b"text");
        assert_eq!(SealedMap::open(&file)?.len(), 1 << 20);
        Ok(())
    }

    fn a_descriptor_for_reading_is_enough_and_one_for_writing_is_not() -> Result<()> {
        let file = fds::file(b"text");
        let (reader, writer) = (fds::reopen(&file, OFlags::RDONLY), fds::reopen(&file, OFlags::WRONLY));
        let _sealed = SealedMap::seal(&file)?;
        assert_eq!(&*SealedMap::open(reader)?, b"text");
        assert_eq!(SealedMap::open(writer).unwrap_err().reason(), Reason::NotReadable);
        Ok(())
    }

    fn outlives_the_descriptor_it_was_opened_by() -> Result<()> {
        let theirs = SealedMap::new(b"text")?;
        let ours = SealedMap::open(&theirs)?;
        drop(theirs);
        assert_eq!(&*ours, b"text");
        assert_eq!(&*SealedMap::open(&ours)?, b"text");
        Ok(())
    }

    fn a_page_can_be_asked_for_without_a_signal() -> Result<()> {
        let map = SealedMap::new(b"text")?;
        let mut bytes = [0; 2];
        map.as_shared().read_at(1, &mut bytes)?;
        assert_eq!(&bytes, b"ex");
        Ok(())
    }

    fn a_snapshot_is_of_the_whole_file_and_leaves_it_alone() -> Result<()> {
        let file = fds::file(b"");
        file.set_len(LONG as u64)?;
        file.write_all_at(b"end", LONG as u64 - 3)?;
        assert_eq!(sys::lseek(file.as_fd(), SeekFrom::Start(7)), Ok(7));
        let map = SealedMap::snapshot_of(&file)?;
        assert_eq!(sys::lseek(file.as_fd(), SeekFrom::Current(0)), Ok(7));
        file.set_len(1)?;
        assert_eq!((map.len(), &map[LONG - 4..]), (LONG, b"\0end".as_slice()));
        Ok(())
    }

    fn a_snapshot_of_nothing_is_empty() -> Result<()> {
        assert!(SealedMap::snapshot_of(fds::file(b""))?.is_empty());
        assert!(SealedMap::snapshot_of(File::open(c"/dev/null")?)?.is_empty());
        Ok(())
    }

    fn a_snapshot_of_a_pipe_is_what_is_still_to_come() -> Result<()> {
        let (reader, writer) = fds::pipe();
        let writer = File::from(writer);
        writer.write_all(b"gone, still to come")?;
        drop(writer);
        let reader = File::from(reader);
        assert_eq!(reader.read(&mut [0; 6])?, 6);
        assert_eq!(&*SealedMap::snapshot_of(&reader)?, b"still to come");
        Ok(())
    }

    fn a_snapshot_of_a_file_of_the_kernel_has_its_text() -> Result<()> {
        // Its length is 0, as fstat(2) has it.
        let file = File::open(c"/proc/self/status")?;
        assert!(SealedMap::snapshot_of(&file)?.starts_with(b"Name:\t"));
        Ok(())
    }

    fn what_cannot_be_read_gives_no_snapshot() -> Result<()> {
        let snapshot = |fd: &dyn AsFd| SealedMap::snapshot_of(fd.as_fd()).unwrap_err().errno();
        let file = fds::file(b"text");
        assert_eq!(snapshot(&fds::reopen(&file, OFlags::WRONLY)), Errno::EBADF);
        assert_eq!(snapshot(&fds::directory()), Errno::EISDIR);
        assert_eq!(snapshot(&CLOSED), Errno::EBADF);
        let (reader, _writer) = sys::pipe2(OFlags::NONBLOCK | OFlags::CLOEXEC).expect("a pipe");
        assert_eq!(snapshot(&reader), Errno::EAGAIN);
        let place = File::open_with(c"/", OFlags::PATH, Mode::empty())?;
        assert_eq!(SealedMap::open(place).unwrap_err().errno(), Errno::EBADF);
        Ok(())
    }

    // As before Linux 6.7, where a shared map counts as one that may be written.
    #[skip(qemu_user, "QEMU passes no filter on")]
    fn where_it_cannot_be_shared_it_is_a_private_map() {
        child::check(|| {
            let made = SealedMap::new(b"text")?;
            seccomp::refuse(__NR_mmap as usize, 3, MapFlags::SHARED.bits(), Errno::EPERM);
            assert_eq!(&*SealedMap::open(&made)?, b"text");
            Ok::<_, baremap::Error>(())
        });
    }
}
