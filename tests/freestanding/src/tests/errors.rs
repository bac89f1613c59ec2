use crate::harness::tests;
use crate::support::fds::{self, CLOSED};
use crate::support::text::Text;
use baremap::fd::AsFd;
use baremap::sys::{self, OFlags};
use baremap::{
    AnonMap, Errno, Error, File, FileMap, MapOptions, Operation, Reason, SharedMap, shm,
};
use core::sync::atomic::AtomicU32;

tests! {
    fn errnos_have_numbers_names_and_sentences() {
        assert_eq!(Errno::from_raw_os_error(0), None);
        assert_eq!(Errno::from_raw_os_error(-1), None);
        assert_eq!(Errno::from_raw_os_error(4096), None);
        let last = Errno::from_raw_os_error(4095).expect("the last that the kernel may return");
        assert_eq!((last.name(), last.sentence()), (None, "Unknown error"));
        assert_eq!(&*Text::of(format_args!("{last:?}")), "Errno(4095)");
        assert_eq!((Errno::EINVAL.raw_os_error(), Errno::EINVAL.name()), (22, Some("EINVAL")));
        assert_eq!(&*Text::of(Errno::EINVAL), "Invalid argument");
        assert_eq!(&*Text::of(format_args!("{:?}", Errno::EINVAL)), "EINVAL");
        assert_eq!(Errno::EWOULDBLOCK, Errno::EAGAIN);
        assert_eq!(Errno::EDEADLOCK, Errno::EDEADLK);
    }

    fn an_error_keeps_what_was_tried_and_why() {
        let error = File::open(c"/nonexistent").unwrap_err();
        assert_eq!(error.operation(), Operation::Open);
        assert_eq!(error.errno(), Errno::ENOENT);
        assert_eq!(error.reason(), Reason::Kernel);
        assert_eq!(Errno::from(error), Errno::ENOENT);
        says(error, "open: No such file or directory (ENOENT)");
        assert_eq!(
            &*Text::of(format_args!("{error:?}")),
            "Error(open: No such file or directory (ENOENT))"
        );
    }

    fn operations_have_names() {
        assert_eq!(Operation::Mmap.name(), "mmap");
        assert_eq!(&*Text::of(Operation::SetLen), "ftruncate");
    }

    fn errors_say_what_is_wrong_with_a_range() {
        let map = SharedMap::new(100).expect("a page");
        says(
            map.read_at(90, &mut [0; 20]).unwrap_err(),
            "read_at: 20 bytes from offset 90 are not within the 100 bytes of the map (EINVAL)",
        );
        says(
            map.write_at(101, b"").unwrap_err(),
            "write_at: 0 bytes from offset 101 are not within the 100 bytes of the map (EINVAL)",
        );
        says(
            map.range(1, 100).unwrap_err(),
            "range: 100 bytes from offset 1 are not within the 100 bytes of the map (EINVAL)",
        );
        says(
            map.atomic::<AtomicU32>(98).unwrap_err(),
            "atomic: 4 bytes from offset 98 are not within the 100 bytes of the map (EINVAL)",
        );
        says(
            map.atomic::<AtomicU32>(2).unwrap_err(),
            "atomic: the address at offset 2 is not a multiple of 4 (EINVAL)",
        );
    }

    fn errors_say_what_is_wrong_with_a_part_of_a_file() {
        let file = fds::file(b"0123456789");
        says(
            MapOptions::new().offset(5).len(6).map(&file).unwrap_err(),
            "mmap: 6 bytes from offset 5 end after the file's 10 bytes (EINVAL)",
        );
        says(
            MapOptions::new().offset(u64::MAX).len(1).map(&file).unwrap_err(),
            "mmap: 1 bytes from offset 18446744073709551615 end after the file's 10 bytes (EINVAL)",
        );
        says(
            FileMap::write(&file).and_then(|map| map.flush_range(10, 1)).unwrap_err(),
            "flush: 1 bytes from offset 10 are not within the 10 bytes of the map (EINVAL)",
        );
        says(
            file.read_exact_at(&mut [0; 4], 8).unwrap_err(),
            "read: the file ends before the buffer is full (ENODATA)",
        );
    }

    fn errors_say_what_cannot_be_mapped() {
        let file = fds::file(b"text");
        let (reading, _writing) = fds::pipe();
        says(
            FileMap::read(fds::directory()).unwrap_err(),
            "mmap: a directory cannot be mapped, only a regular file (ENODEV)",
        );
        says(
            FileMap::read(&reading).unwrap_err(),
            "mmap: a pipe cannot be mapped, only a regular file (ENODEV)",
        );
        says(
            FileMap::read(fds::reopen(&file, OFlags::WRONLY)).unwrap_err(),
            "mmap: the descriptor is not open for reading, which every map takes (EACCES)",
        );
        says(
            FileMap::write(fds::reopen(&file, OFlags::RDONLY)).unwrap_err(),
            "mmap: the descriptor is not open for reading and writing (EACCES)",
        );
        says(FileMap::read(CLOSED).unwrap_err(), "statx: Bad file descriptor (EBADF)");
        says(
            AnonMap::new(usize::MAX).unwrap_err(),
            "mmap: a length of 18446744073709551615 bytes is more than a process can map (ENOMEM)",
        );
        says(
            MapOptions::new().offset(1).len(1).map_anon().unwrap_err(),
            "mmap: an offset is only for a map of a file (EINVAL)",
        );
    }

    fn errors_say_what_the_kernel_means() {
        says(
            AnonMap::new(1 << 60).unwrap_err(),
            "mmap: Cannot allocate memory: no memory, more maps than vm.max_map_count, \
             or more address space than RLIMIT_AS (ENOMEM)",
        );
        let sealed = fds::file(b"text");
        sys::fcntl_add_seals(sealed.as_fd(), sys::SealFlags::WRITE).expect("a memfd");
        says(
            FileMap::write(&sealed).unwrap_err(),
            "mmap: Operation not permitted: the file is sealed against writing (EPERM)",
        );
    }

    fn errors_say_what_is_wrong_with_a_name() {
        says(shm::open(b"").unwrap_err(), "shm: the name is empty, or only dots (EINVAL)");
        says(shm::open(b"a/b").unwrap_err(), "shm: the name has a slash or a null in it (EINVAL)");
        says(
            shm::open(&[b'x'; 256]).unwrap_err(),
            "shm: the name has 256 bytes, more than 255 (ENAMETOOLONG)",
        );
    }
}

fn says(error: Error, sentence: &str) {
    assert_eq!(&*Text::of(error), sentence);
}
