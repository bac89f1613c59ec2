use crate::harness::tests;
use crate::support::memory::{Pages, is_mapped};
use crate::support::{child, fds};
use baremap::fd::{AsFd, AsRawFd};
use baremap::map::regions;
use baremap::process::{self, Fork, sleep};
use baremap::sys::{
    self, Clock, LockKind, MaskHow, MsyncFlags, OFlags, ProtFlags, SeekFrom, Sigaction, SigactionFlags,
    Signal, SignalInfo, SignalSet,
};
use baremap::{AnonMap, Errno, FileMap, SharedMap, page};
use core::ffi::c_void;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;
use linux_raw_sys::general::SIGKILL;
use linux_raw_sys::prctl::PR_GET_PDEATHSIG;

type Result = core::result::Result<(), Errno>;

/// How many signals a handler has seen.
static COUNT: AtomicU32 = AtomicU32::new(0);

tests! {
    fn what_is_stored_after_it_is_ones_own() -> Result {
        let mut map = AnonMap::new(2)?;
        let stored = SharedMap::new(4)?;
        let stored: &AtomicU32 = stored.atomic(0)?;
        // SAFETY: the child uses nothing that exists once.
        match unsafe { process::fork() }? {
            Fork::Child => {
                map[1] = 2;
                while stored.load(Relaxed) == 0 {
                    sleep(Duration::from_millis(1));
                }
                process::exit(u8::from(map[..] != [0, 2]));
            }
            Fork::Parent(child) => {
                map[0] = 1;
                stored.store(1, Relaxed);
                assert!(child.wait()?.success());
                assert_eq!(map[..], [1, 0]);
            }
        }
        Ok(())
    }

    fn maps_made_and_unmapped_after_it_are_ones_own() -> Result {
        let (there, gone) = (Pages::new(1), Pages::new(1));
        gone.unmap(0);
        child::check(|| {
            there.unmap(0);
            // SAFETY: nothing is there.
            let map = unsafe {
                let flags = sys::MapFlags::PRIVATE | sys::MapFlags::FIXED;
                sys::mmap_anonymous(gone.page(0), page::size(), ProtFlags::READ, flags)
            }?;
            assert!(is_mapped(map) && !is_mapped(there.page(0)));
            Result::Ok(())
        });
        assert!(is_mapped(there.page(0)) && !is_mapped(gone.page(0)));
        Ok(())
    }

    fn maps_are_what_they_were() -> Result {
        let file = fds::file(b"text");
        let read_only = AnonMap::new(1)?.make_read_only().map_err(|failed| failed.error())?;
        let (private, shared, none) =
            (FileMap::copy(&file)?, FileMap::write(&file)?, AnonMap::reserve(page::size())?);
        let maps = [read_only.as_ptr(), private.as_ptr(), shared.as_ptr(), none.as_ptr()];
        let before = maps.map(attributes);
        let read_write = ProtFlags::READ | ProtFlags::WRITE;
        assert_eq!(before.map(|(protection, _)| protection), [
            ProtFlags::READ, read_write, read_write, ProtFlags::empty(),
        ]);
        assert_eq!(before.map(|(_, is_shared)| is_shared), [false, false, true, false]);
        child::check(|| assert_eq!(maps.map(attributes), before));
        Ok(())
    }

    fn a_child_has_a_number_of_its_own() -> Result {
        let (parent, group) = (sys::getpid(), sys::getpid());
        // SAFETY: the child uses nothing that exists once.
        let first = unsafe { process::spawn(|| sleep(Duration::MAX)) }?;
        // SAFETY: as above.
        let second = unsafe { process::spawn(|| sleep(Duration::MAX)) }?;
        assert!(first.pid() != second.pid() && first.pid() != parent && second.pid() != parent);
        // Its number is no group's: the group is its parent's.
        assert_eq!(sys::kill_group(first.pid(), None), Err(Errno::ESRCH));
        assert_eq!(sys::kill_group(group, None), Ok(()));
        for child in [first, second] {
            child.kill(Signal::KILL)?;
            child.wait()?;
        }
        Ok(())
    }

    fn locks_on_memory_stay_with_the_parent() -> Result {
        let pages = Pages::new(1);
        // What is locked cannot be declared stale.
        let stale = || sys::msync(pages.page(0), page::size(), MsyncFlags::SYNC | MsyncFlags::INVALIDATE);
        sys::mlock(pages.page(0), page::size())?;
        child::check(stale);
        assert_eq!(stale(), Err(Errno::EBUSY));
        Ok(())
    }

    fn a_child_begins_with_no_processor_time() -> Result {
        let used = |clock| sys::clock_gettime(clock).map(|time| (time.seconds, time.nanoseconds));
        // A fifth of a second, which a child does not need to come to its first line.
        let enough = (0, 200_000_000);
        while used(Clock::ProcessCpu)? < enough {}
        child::check(|| {
            assert!(used(Clock::ProcessCpu)? < enough && used(Clock::ThreadCpu)? < enough);
            Result::Ok(())
        });
        Ok(())
    }

    fn signals_that_wait_for_the_parent_do_not_wait_for_the_child() -> Result {
        let (signal, set) = (Signal::USR1, SignalSet::EMPTY.with(Signal::USR1));
        sys::rt_sigprocmask(MaskHow::Block, Some(set))?;
        sys::kill(sys::getpid(), Some(signal))?;
        child::check(|| {
            // It would end by the signal.
            let blocked = sys::rt_sigprocmask(MaskHow::Unblock, Some(set))?;
            // What is blocked, the child has of its parent.
            assert!(blocked.contains(signal));
            Result::Ok(())
        });
        count(signal)?;
        sys::rt_sigprocmask(MaskHow::Unblock, Some(set))?;
        assert_eq!(COUNT.load(Relaxed), 1);
        Ok(())
    }

    fn handlers_are_the_childs_too() -> Result {
        count(Signal::USR2)?;
        child::check(|| {
            sys::kill(sys::getpid(), Some(Signal::USR2))?;
            assert_eq!(COUNT.load(Relaxed), 1);
            Result::Ok(())
        });
        assert_eq!(COUNT.load(Relaxed), 0);
        Ok(())
    }

    fn the_signal_at_the_parents_death_is_not_inherited() -> Result {
        // The harness asks for it.
        assert_eq!(signal_at_parents_death()?, SIGKILL as i32);
        child::check(|| {
            assert_eq!(signal_at_parents_death()?, 0);
            core::result::Result::<(), Errno>::Ok(())
        });
        Ok(())
    }

    fn a_child_that_ends_says_so_by_sigchld() -> Result {
        count(Signal::CHLD)?;
        assert!(child::run(|| ()).success());
        assert_eq!(COUNT.load(Relaxed), 1);
        Ok(())
    }

    fn descriptors_are_the_childs_own_and_what_they_mean_is_shared() -> Result {
        let file = fds::file(b"some text");
        child::check(|| {
            file.read(&mut [0; 5])?;
            sys::fcntl_setfl(file.as_fd(), OFlags::APPEND)?;
            // SAFETY: the child uses it no more.
            unsafe { sys::close_raw(file.as_fd().as_raw_fd()) }
        });
        assert_eq!(sys::lseek(file.as_fd(), SeekFrom::Current(0))?, 5);
        assert!(sys::fcntl_getfl(file.as_fd())?.contains(OFlags::APPEND));
        Ok(())
    }

    fn a_lock_of_an_open_file_is_the_childs_too() -> Result {
        let file = fds::file(b"text");
        let lock = |file: &baremap::File| sys::fcntl_ofd_setlk(file.as_fd(), LockKind::Write, 0, 0);
        lock(&file)?;
        child::check(|| {
            lock(&file)?;
            assert_eq!(lock(&fds::reopen(&file, OFlags::RDWR)), Err(Errno::EAGAIN));
            Result::Ok(())
        });
        // Nor did it go with the child.
        assert_eq!(lock(&fds::reopen(&file, OFlags::RDWR)), Err(Errno::EAGAIN));
        Ok(())
    }
}

/// What the kernel says of the map at an address: its protection, and whether it is shared.
fn attributes(address: *const u8) -> (ProtFlags, bool) {
    let mut regions = regions().expect("/proc is mounted");
    while let Some(region) = regions.next().expect("a line of the kernel's") {
        if region.range().contains(&address.addr()) {
            return (region.protection(), region.is_shared());
        }
    }
    panic!("nothing is mapped at {address:?}");
}

fn signal_at_parents_death() -> core::result::Result<i32, Errno> {
    let mut signal = -1_i32;
    // SAFETY: the kernel writes the number.
    unsafe { sys::prctl(PR_GET_PDEATHSIG, [(&raw mut signal).expose_provenance(), 0, 0, 0]) }?;
    Ok(signal)
}

/// Counts a signal whenever it comes.
fn count(signal: Signal) -> Result {
    unsafe extern "C" fn handler(_signal: i32, _info: *mut SignalInfo, _context: *mut c_void) {
        COUNT.fetch_add(1, Relaxed);
    }
    let action = Sigaction::handler(handler, SigactionFlags::RESTART, SignalSet::EMPTY);
    // SAFETY: the handler counts, and does nothing else.
    unsafe { sys::rt_sigaction(signal, Some(&action)) }.map(drop)
}
