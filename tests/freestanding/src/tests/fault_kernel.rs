//! The ways by which the kernel copies, one by one, and what may be in their way.

use crate::harness::tests;
use crate::support::engine::{self, Engine, Random, check, check_reads, lengths, pattern};
use crate::support::{child, limits, proc, sandbox, seccomp, trace};
use baremap::fd::{AsFd, BorrowedFd, IntoRawFd, STDERR};
use baremap::map::{AnonMap, FileMap, ReadWrite, SharedBytes};
use baremap::process::{sleep, spawn};
use baremap::sys::{self, FdFlags, SealFlags, Signal};
use baremap::{Errno, File, Reason, Result, page};
use core::time::Duration;
use linux_raw_sys::general::{
    __NR_fallocate, __NR_memfd_create, __NR_pipe2, __NR_process_vm_readv, __NR_pwrite64, RLIMIT_FSIZE,
    RLIMIT_NOFILE,
};

/// Descriptors from this number are out of everybody's way; the pool's is one of them.
const HIGH: i32 = 1000;

tests! {
    #[timeout(60)]
    #[skip(qemu_user, "it has no seccomp, which forbids the other ways")]
    fn the_pool_alone_is_enough() {
        without([__NR_process_vm_readv, __NR_pipe2], all_copies);
    }

    #[timeout(60)]
    #[skip(qemu_user, "it has no process_vm_readv")]
    fn process_vm_readv_alone_is_enough() {
        without([__NR_memfd_create, __NR_pipe2], all_copies);
    }

    #[timeout(60)]
    #[skip(qemu_user, "it has no seccomp, which forbids the other ways")]
    fn a_pipe_alone_is_enough() {
        without([__NR_memfd_create, __NR_process_vm_readv], all_copies);
    }

    // A memfd that cannot be given memory is no pool.
    #[skip(qemu_user, "it has no seccomp, which forbids the call")]
    fn a_pool_without_memory_is_none() {
        without([__NR_fallocate], all_copies);
    }

    // Forbidden after the pool is made.
    #[skip(qemu_user, "it has no seccomp, which forbids the call")]
    fn a_pool_that_is_forbidden_later_is_none() {
        child::check(|| {
            Engine::Kernel.choose();
            let files = (engine::file(3)?, engine::file(3)?);
            all_copies(&files)?;
            sandbox::deny([__NR_pwrite64, __NR_process_vm_readv], Errno::EPERM);
            let ((file, map), _) = &files;
            file.set_len(page::size() as u64)?;
            check_reads(map, page::size(), page::size(), page::size() - 20..page::size() + 2, lengths())
        });
    }

    #[skip(qemu_user, "it has no seccomp, which forbids the calls")]
    fn without_any_way_an_error_says_so() {
        without([__NR_memfd_create, __NR_pipe2, __NR_process_vm_readv], |((_, map), _)| {
            let error = map.read_at(0, &mut [0; 8]).unwrap_err();
            assert_eq!(error.reason(), Reason::NoCopy);
            assert!(matches!(error.errno(), Errno::ENOSYS | Errno::EPERM), "{error}");
            let text = crate::support::text::Text::of(error);
            assert!(text.contains("fault::install()"), "{}", &*text);
            // Which is true.
            Engine::Handler.choose();
            map.read_at(0, &mut [0; 8])
        });
    }

    #[timeout(60)]
    fn few_descriptors_are_enough() {
        child::check(|| {
            Engine::Kernel.choose();
            let files = (engine::file(3)?, engine::file(3)?);
            limits::set(RLIMIT_NOFILE, 64).expect("it may be lowered");
            all_copies(&files)?;
            assert_eq!(high(), None, "beyond the limit");
            Ok::<_, baremap::Error>(())
        });
    }

    // Writes to the pool would raise SIGXFSZ.
    #[timeout(60)]
    fn a_limit_on_the_size_of_files_is_no_obstacle() {
        child::check(|| {
            Engine::Kernel.choose();
            let (file, map) = engine::file(3)?;
            file.set_len(page::size() as u64)?;
            limits::set(RLIMIT_FSIZE, 0).expect("it may be lowered");
            check_reads(&map, page::size(), page::size(), page::size() - 20..page::size() + 2, lengths())?;
            map.write_at(5, &[1; 20])
        });
    }

    // A daemon that closes all that it has inherited, with the pool's descriptors among it.
    #[timeout(60)]
    fn a_pool_whose_descriptors_are_closed_is_left_for_other_ways() {
        child::check(|| {
            Engine::Kernel.choose();
            let files = (engine::file(3)?, engine::file(3)?);
            for _ in 0..3 {
                all_copies(&files)?;
                if let Some(number) = high() {
                    // SAFETY: nobody here uses it but the copies, as said.
                    unsafe { sys::close_raw(number) }.expect("it is open");
                }
                child::check(|| all_copies(&files));
            }
            Ok::<_, baremap::Error>(())
        });
    }

    // Another file has the pool's number: what it holds stays, and copies come out right.
    fn a_descriptor_that_is_anothers_now_is_left_alone() {
        child::check(|| {
            Engine::Kernel.choose();
            let (_, map) = engine::file(3)?;
            let mut bytes = [0; 100];
            map.read_at(7, &mut bytes)?;
            let number = high().expect("the pool is there");
            let (reader, _writer) = crate::support::fds::pipe();
            // SAFETY: nobody here uses it but the copies, as said.
            unsafe { sys::dup3(baremap::fd::AsFd::as_fd(&reader), number, sys::OFlags::CLOEXEC) }.expect("a number");
            let all: [u8; 100] = core::array::from_fn(|index| pattern(index + 9));
            for _ in 0..3 {
                map.read_at(9, &mut bytes)?;
                assert_eq!(bytes, all);
                map.write_at(9, &all)?;
            }
            Ok::<_, baremap::Error>(())
        });
    }

    // Parent and children share the pool's slots.
    #[timeout(60)]
    fn copies_of_parent_and_children_do_not_meet() -> Result<()> {
        child::check(|| {
            Engine::Kernel.choose();
            let (_, map) = engine::file(4)?;
            map.load::<u8>(0)?;
            let run = |seed: u64| {
                let (mut random, mut bytes) = (Random(seed), [0; 600]);
                for _ in 0..3000 {
                    let offset = random.below(map.len() - bytes.len());
                    map.read_at(offset, &mut bytes)?;
                    let at = random.below(bytes.len());
                    assert_eq!(bytes[at], pattern(offset + at));
                    assert_eq!(bytes[bytes.len() - 1], pattern(offset + bytes.len() - 1));
                }
                Ok::<_, baremap::Error>(())
            };
            // SAFETY: the children use nothing that exists once.
            let children = unsafe { [spawn(|| run(1))?, spawn(|| run(2))?, spawn(|| run(3))?] };
            run(4)?;
            for child in children {
                assert!(child.wait()?.success());
            }
            Ok::<_, baremap::Error>(())
        });
        Ok(())
    }

    // Each takes its slot with it, and there are fifteen.
    #[timeout(60)]
    fn children_that_are_killed_while_they_copy_leave_the_others_a_way() -> Result<()> {
        child::check(|| {
            Engine::Kernel.choose();
            let files = (engine::file(3)?, engine::file(3)?);
            let ((_, map), _) = &files;
            map.load::<u8>(0)?;
            for round in 0..40 {
                // SAFETY: the child uses nothing that exists once.
                let child = unsafe {
                    spawn(|| {
                        let mut bytes = [0; 30_000];
                        let len = bytes.len().min(map.len());
                        while map.read_at(0, &mut bytes[..len]).is_ok() {}
                    })
                }?;
                sleep(Duration::from_micros(500 + round * 13));
                child.kill(Signal::KILL)?;
                assert_eq!(child.wait()?.signal(), Some(Signal::KILL));
            }
            all_copies(&files)
        });
        Ok(())
    }

    // More than a room has, and no whole number of rooms.
    #[timeout(60)]
    #[skip(qemu_user, "it has no seccomp, which forbids the other ways")]
    fn the_pool_copies_more_than_a_room_holds() {
        child::check(|| {
            Engine::Kernel.choose();
            let pages = 300_000_usize.div_ceil(page::size());
            let (_, map) = engine::file(pages)?;
            let other = engine::file(pages)?.1;
            sandbox::deny([__NR_process_vm_readv, __NR_pipe2], Errno::EPERM);
            let (written, len) = (map.len(), map.len());
            check_reads(&map, written, len, [0, 3].into_iter(), [130_000, 200_001, 290_000].into_iter())?;
            let mut bytes = AnonMap::new(290_000)?;
            map.read_at(5, &mut bytes)?;
            other.write_at(9, &bytes)?;
            map.copy_to(100_005, &other, 100_009, 190_000)?;
            let mut back = AnonMap::new(290_000)?;
            other.read_at(9, &mut back)?;
            assert!(*bytes == *back);
            Ok::<_, baremap::Error>(())
        });
    }

    // A call that comes to nothing and does not say why.
    #[skip(qemu_user, "it has no seccomp, which makes the call such a one")]
    fn a_call_that_copies_nothing_leaves_the_other_ways() {
        child::check(|| {
            Engine::Kernel.choose();
            let files = (engine::file(3)?, engine::file(3)?);
            all_copies(&files)?;
            seccomp::pretend(__NR_pwrite64 as usize, 2, u32::MAX);
            seccomp::pretend(__NR_process_vm_readv as usize, 2, u32::MAX);
            let mut bytes = [0; 100];
            files.0.1.read_at(7, &mut bytes)?;
            assert_eq!(bytes, core::array::from_fn(|index| pattern(index + 7)));
            Ok::<_, baremap::Error>(())
        });
    }

    // Nobody who gets hold of its descriptor takes the memory away under those that copy.
    fn the_pool_cannot_be_cut_short() {
        child::check(|| {
            Engine::Kernel.choose();
            let (_, map) = engine::file(1)?;
            map.load::<u8>(0)?;
            // SAFETY: open for as long as the process lives.
            let fd = unsafe { BorrowedFd::borrow_raw(high().expect("the pool is there")) };
            let fixed = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
            assert!(sys::fcntl_get_seals(fd).expect("a memfd").contains(fixed));
            assert_eq!(sys::ftruncate(fd, 0), Err(Errno::EPERM));
            assert!(sys::fcntl_getfd(fd).expect("it is open").contains(FdFlags::CLOEXEC));
            Ok::<_, baremap::Error>(())
        });
    }

    // Memory that is only promised would be a signal at the first touch.
    #[skip(qemu_user, "it has no seccomp, which forbids the call")]
    fn without_its_memory_there_is_no_pool() {
        without([__NR_fallocate], |((_, map), _)| {
            map.load::<u8>(0)?;
            assert_eq!(high(), None);
            Ok(())
        });
    }

    // The numbers of all rooms are a file's of the program's own.
    fn the_pool_leaves_files_alone_that_have_its_numbers() {
        child::check(|| {
            Engine::Kernel.choose();
            let files = (engine::file(3)?, engine::file(3)?);
            let own = File::unnamed()?;
            for number in HIGH..HIGH + 15 {
                // SAFETY: nobody has the number.
                unsafe { sys::dup3(own.as_fd(), number, sys::OFlags::CLOEXEC) }.expect("a number");
            }
            all_copies(&files)?;
            assert!(own.is_empty()?);
            Ok::<_, baremap::Error>(())
        });
    }

    // A room whose descriptor was closed is used no more, though its number is open again.
    fn the_pool_leaves_a_file_alone_that_gets_its_number_later() {
        child::check(|| {
            Engine::Kernel.choose();
            let files = (engine::file(3)?, engine::file(3)?);
            all_copies(&files)?;
            for number in (HIGH..HIGH + 15).filter(|&number| proc::is_open(number)) {
                // SAFETY: nobody here uses it but the copies, as said.
                unsafe { sys::close_raw(number) }.expect("it is open");
            }
            // The room is found to be gone, and another one is made.
            for _ in 0..2 {
                files.0.1.load::<u8>(0)?;
            }
            let own = File::unnamed()?;
            for number in (HIGH..HIGH + 15).filter(|&number| !proc::is_open(number)) {
                // SAFETY: nobody has the number.
                unsafe { sys::dup3(own.as_fd(), number, sys::OFlags::CLOEXEC) }.expect("a number");
            }
            all_copies(&files)?;
            assert!(own.is_empty()?);
            Ok::<_, baremap::Error>(())
        });
    }

    // There is no number left for the pool, and later there are some.
    fn a_shortage_of_descriptors_passes() {
        child::check(|| {
            Engine::Kernel.choose();
            let (_, map) = engine::file(1)?;
            let limit = sys::getrlimit(RLIMIT_NOFILE).expect("a limit");
            // Of those that are free below the limit, none is left.
            limits::set_soft(RLIMIT_NOFILE, 40).expect("it may be lowered");
            while sys::fcntl_dupfd_cloexec(STDERR, 0).map(IntoRawFd::into_raw_fd).is_ok() {}
            // By process_vm_readv, or not at all.
            let _ = map.load::<u8>(0);
            limits::set_soft(RLIMIT_NOFILE, limit.soft.max(2000).min(limit.hard)).expect("and raised again");
            map.load::<u8>(0)?;
            assert!(high().is_some());
            Ok::<_, baremap::Error>(())
        });
    }

    // A room that a process has in use when it is killed stays in use.
    #[skip(qemu_user, "QEMU can trace nobody")]
    fn a_room_that_is_in_use_is_nobody_elses() {
        child::check(|| {
            Engine::Kernel.choose();
            let (_, map) = engine::file(1)?;
            map.load::<u8>(0)?;
            assert_eq!((proc::is_open(HIGH), proc::is_open(HIGH + 1)), (true, false));
            // One of its stops is within the copy; it has no more than that.
            for moment in 0..10 {
                trace::kill_at(moment, || map.load::<u8>(0));
            }
            map.load::<u8>(0)?;
            assert!(proc::is_open(HIGH + 1), "the first room is somebody's who died");
            Ok::<_, baremap::Error>(())
        });
    }
}

/// Two files of three pages, mapped.
type Files = ((File, FileMap<ReadWrite>), (File, FileMap<ReadWrite>));

/// Runs assertions in children that may not make these calls: one where the kernel does not know them, and one where a
/// sandbox forbids them.
fn without<const N: usize>(calls: [u32; N], assertions: impl Fn(&Files) -> Result<()>) {
    for errno in [Errno::ENOSYS, Errno::EPERM] {
        child::check(|| {
            Engine::Kernel.choose();
            let files = (engine::file(3)?, engine::file(3)?);
            sandbox::deny(calls, errno);
            assertions(&files)
        });
    }
}

/// Every kind of copy at the end of a file of a page, and before it.
fn all_copies(((file, map), (_, other)): &Files) -> Result<()> {
    let page = page::size();
    file.set_len(map.len() as u64)?;
    engine::fill(file)?;
    file.set_len(page as u64)?;
    check_reads(map, page, page, (page - 70..page + 3).chain([0, 1, 100]), lengths())?;
    let bytes: [u8; 90] = core::array::from_fn(|index| pattern(page - 20 + index));
    for len in 0..bytes.len() {
        check(map.write_at(page - 20, &bytes[..len]), 20, len);
        check(map.copy_to(page - 20, other, 7, len), 20, len);
        check(other.copy_to(7, map, page - 20, len), 20, len);
        arrived(other, 7, &bytes[..len.min(20)])?;
    }
    check(map.load::<u64>(page - 3), 3, 8);
    check(map.store(page, 0_u16), 0, 2);
    check_reads(map, page, page, [0, page - 20].into_iter(), lengths())
}

fn arrived(map: &SharedBytes<ReadWrite>, offset: usize, bytes: &[u8]) -> Result<()> {
    let mut found = [0; 90];
    map.read_at(offset, &mut found[..bytes.len()])?;
    assert_eq!(&found[..bytes.len()], bytes);
    Ok(())
}

/// The number of the pool's descriptor, if there is one.
fn high() -> Option<i32> {
    (HIGH..HIGH + 20).find(|&number| proc::is_open(number))
}
