//! Mappings, against rustix.

use std::fs;
use std::os::fd::AsFd;
use std::ptr;

use baremap::sys::{self, Advice, MapFlags, MlockFlags, MremapFlags, MsyncFlags, ProtFlags};
use baremap::{File, page};
use rustix::mm;

use crate::{Outcome, ours, theirs};

/// The line of /proc/self/maps for the map at an address, without the address: permissions, offset, object.
fn described(address: *mut u8) -> Option<(usize, String)> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().find_map(|line| {
        let (range, rest) = line.split_once(' ')?;
        let (start, end) = range.split_once('-')?;
        let hex = |digits| usize::from_str_radix(digits, 16).unwrap();
        let (start, end) = (hex(start), hex(end));
        (start <= address.addr() && address.addr() < end).then(|| (end - address.addr(), rest.into()))
    })
}

/// A map as what the kernel says of it, and away with it.
fn taken_down(len: usize) -> impl Fn(*mut u8) -> Option<(usize, String)> {
    move |address| {
        let description = described(address).map(|(_, rest)| (len, rest));
        // SAFETY: made by the test, and used by nobody.
        unsafe { sys::munmap(address, len) }.unwrap();
        description
    }
}

fn file(pages: usize) -> File {
    let file = File::unnamed().unwrap();
    file.set_len((pages * page::size()) as u64).unwrap();
    file
}

/// Among the first pages, which nobody maps.
fn unmapped() -> *mut u8 {
    ptr::without_provenance_mut(page::size() * 3)
}

#[test]
fn mmap_of_a_file() {
    let file = file(4);
    let page = page::size();
    let (read, write) = (ProtFlags::READ, ProtFlags::WRITE);
    for (len, prot, flags, offset) in [
        (page, read, MapFlags::SHARED, 0),
        (page, read | write, MapFlags::SHARED, page as u64),
        (1, ProtFlags::empty(), MapFlags::PRIVATE, 2 * page as u64),
        (3 * page, read | write | ProtFlags::EXEC, MapFlags::PRIVATE | MapFlags::POPULATE, page as u64),
        (page, read, MapFlags::SHARED_VALIDATE, 0),
        (page, read, MapFlags::SHARED_VALIDATE | MapFlags::SYNC, 0),
        (0, read, MapFlags::SHARED, 0),
        (page, read, MapFlags::empty(), 0),
        (page, read, MapFlags::SHARED, 1),
        (page, read, MapFlags::SHARED, u64::MAX),
        (page, read, MapFlags::SHARED, i64::MAX as u64 & !(page as u64 - 1)),
        (usize::MAX, read, MapFlags::SHARED, 0),
        (usize::MAX / 4, read, MapFlags::SHARED, 0),
    ] {
        // SAFETY: where the kernel likes, and used by nobody.
        let (result, expected) = unsafe {
            (
                ours(sys::mmap(ptr::null_mut(), len, prot, flags, file.as_fd(), offset)),
                theirs(mm::mmap(
                    ptr::null_mut(),
                    len,
                    mm::ProtFlags::from_bits_retain(prot.bits()),
                    mm::MapFlags::from_bits_retain(flags.bits()),
                    &file,
                    offset,
                ))
                .map(|address| address.cast()),
            )
        };
        assert_eq!(
            result.map(taken_down(len)),
            expected.map(taken_down(len)),
            "{len} {prot:?} {flags:?} {offset}"
        );
    }
}

#[test]
fn mmap_of_what_cannot_be_mapped() {
    let folder = fs::File::open("/").unwrap();
    let read_only = fs::File::open("/proc/self/exe").unwrap();
    let (reader, _writer) = rustix::pipe::pipe().unwrap();
    // SAFETY: no process of this machine has so many descriptors; nothing is done but to be refused.
    let closed = unsafe { std::os::fd::BorrowedFd::borrow_raw(i32::MAX) };
    let write = (ProtFlags::WRITE, mm::ProtFlags::WRITE);
    let read = (ProtFlags::READ, mm::ProtFlags::READ);
    for (fd, (prot, their_prot), errno) in [
        (folder.as_fd(), read, libc::ENODEV),
        (reader.as_fd(), read, libc::ENODEV),
        (closed, read, libc::EBADF),
        (read_only.as_fd(), write, libc::EACCES),
    ] {
        // SAFETY: the kernel refuses.
        let (result, expected) = unsafe {
            (
                ours(sys::mmap(ptr::null_mut(), 1, prot, MapFlags::SHARED, fd, 0)).map(drop),
                theirs(mm::mmap(ptr::null_mut(), 1, their_prot, mm::MapFlags::SHARED, fd, 0)).map(drop),
            )
        };
        assert_eq!((result, expected), (Err(errno), Err(errno)));
    }
}

#[test]
fn mmap_anonymous() {
    let page = page::size();
    for (len, flags) in [
        (page, MapFlags::PRIVATE),
        (1, MapFlags::SHARED),
        (3 * page, MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::STACK),
        (0, MapFlags::PRIVATE),
        (page, MapFlags::empty()),
        (usize::MAX - page, MapFlags::PRIVATE),
    ] {
        let prot = (ProtFlags::READ | ProtFlags::WRITE, mm::ProtFlags::READ | mm::ProtFlags::WRITE);
        let their_flags = mm::MapFlags::from_bits_retain(flags.bits());
        // SAFETY: where the kernel likes, and used by nobody.
        let (result, expected) = unsafe {
            (
                ours(sys::mmap_anonymous(ptr::null_mut(), len, prot.0, flags)),
                theirs(mm::mmap_anonymous(ptr::null_mut(), len, prot.1, their_flags))
                    .map(|address| address.cast()),
            )
        };
        // Shared memory has an inode of its own each time.
        let kind = |map: Option<(usize, String)>| map.map(|(len, rest)| (len, rest[..4].to_owned()));
        assert_eq!(
            result.map(taken_down(len)).map(kind),
            expected.map(taken_down(len)).map(kind),
            "{len} {flags:?}"
        );
    }
}

/// Three anonymous pages for a test to change.
struct Pages(*mut u8);

impl Pages {
    fn new() -> Pages {
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: where the kernel likes.
        Pages(
            unsafe { sys::mmap_anonymous(ptr::null_mut(), 3 * page::size(), prot, MapFlags::PRIVATE) }
                .unwrap(),
        )
    }

    fn at(&self, offset: usize) -> *mut u8 {
        self.0.wrapping_add(offset)
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: this value's own.
        unsafe { sys::munmap(self.0, 3 * page::size()) }.unwrap();
    }
}

/// A range that both implementations are given: in pages of each one's own, or at a bad address.
fn ranges() -> Vec<(usize, usize)> {
    let page = page::size();
    vec![(0, page), (page, 1), (0, 0), (1, page), (page, 2 * page), (0, usize::MAX)]
}

/// The same call on the same range of both implementations' pages, and of no pages at all.
#[track_caller]
fn agree<T: std::fmt::Debug + PartialEq>(
    our: impl Fn(*mut u8, usize) -> Outcome<T>,
    their: impl Fn(*mut u8, usize) -> Outcome<T>,
) {
    for (offset, len) in ranges() {
        let pages = [Pages::new(), Pages::new()];
        assert_eq!(our(pages[0].at(offset), len), their(pages[1].at(offset), len), "{len} at {offset}");
        let [ours, theirs] = pages.each_ref().map(|pages| described(pages.at(page::size())));
        assert_eq!(ours.map(|map| map.1), theirs.map(|map| map.1), "{len} at {offset}");
    }
    assert_eq!(our(unmapped(), 1), their(unmapped(), 1), "unmapped");
}

#[test]
fn mprotect() {
    for prot in [ProtFlags::empty(), ProtFlags::READ, ProtFlags::WRITE | ProtFlags::READ | ProtFlags::EXEC] {
        let same = mm::MprotectFlags::from_bits_retain(prot.bits());
        agree(
            // SAFETY: the test's own pages, used by nobody.
            |addr, len| ours(unsafe { sys::mprotect(addr, len, prot) }),
            // SAFETY: as above.
            |addr, len| theirs(unsafe { mm::mprotect(addr.cast(), len, same) }),
        );
    }
}

#[test]
fn msync() {
    let all = MsyncFlags::SYNC | MsyncFlags::ASYNC;
    for flags in [MsyncFlags::SYNC, MsyncFlags::ASYNC, MsyncFlags::INVALIDATE, MsyncFlags::empty(), all] {
        let same = mm::MsyncFlags::from_bits_retain(flags.bits());
        agree(
            |addr, len| ours(sys::msync(addr, len, flags)),
            // SAFETY: msync changes no memory.
            |addr, len| theirs(unsafe { mm::msync(addr.cast(), len, same) }),
        );
    }
}

#[test]
fn madvise() {
    for (advice, same) in [
        (Advice::NORMAL, mm::Advice::Normal),
        (Advice::RANDOM, mm::Advice::Random),
        (Advice::WILLNEED, mm::Advice::WillNeed),
        (Advice::DONTNEED, mm::Advice::LinuxDontNeed),
        (Advice::FREE, mm::Advice::LinuxFree),
        (Advice::DONTFORK, mm::Advice::LinuxDontFork),
        (Advice::REMOVE, mm::Advice::LinuxRemove),
        (Advice::POPULATE_WRITE, mm::Advice::LinuxPopulateWrite),
    ] {
        agree(
            // SAFETY: the test's own pages, used by nobody.
            |addr, len| ours(unsafe { sys::madvise(addr, len, advice) }),
            // SAFETY: as above.
            |addr, len| theirs(unsafe { mm::madvise(addr.cast(), len, same) }),
        );
    }
    // SAFETY: the kernel refuses.
    assert_eq!(ours(unsafe { sys::madvise(Pages::new().0, 1, Advice(9999)) }), Err(libc::EINVAL));
}

#[test]
fn mlock_and_munlock() {
    agree(
        |addr, len| ours(sys::mlock(addr, len)),
        // SAFETY: mlock changes no memory.
        |addr, len| theirs(unsafe { mm::mlock(addr.cast(), len) }),
    );
    agree(
        |addr, len| ours(sys::mlock2(addr, len, MlockFlags::ONFAULT)),
        // SAFETY: mlock changes no memory.
        |addr, len| theirs(unsafe { mm::mlock_with(addr.cast(), len, mm::MlockFlags::ONFAULT) }),
    );
    agree(
        |addr, len| ours(sys::munlock(addr, len)),
        // SAFETY: munlock changes no memory.
        |addr, len| theirs(unsafe { mm::munlock(addr.cast(), len) }),
    );
}

#[test]
fn mincore() {
    agree(
        |addr, len| {
            let mut residency = [0xff; 3];
            // SAFETY: a byte for each of the pages that there are; longer ranges are refused.
            ours(unsafe { sys::mincore(addr, len, &mut residency) }).map(|()| residency)
        },
        |addr, len| {
            let mut residency = [0xff; 3];
            // SAFETY: as above.
            match unsafe { libc::mincore(addr.cast(), len, residency.as_mut_ptr()) } {
                0 => Ok(residency),
                _ => Err(std::io::Error::last_os_error().raw_os_error().unwrap()),
            }
        },
    );
}

#[test]
fn munmap_refuses_what_is_no_range() {
    for (addr, len) in [(1, page::size()), (page::size(), 0), (0, usize::MAX)] {
        let addr: *mut u8 = ptr::without_provenance_mut(addr);
        // SAFETY: the kernel refuses.
        let results = unsafe { (ours(sys::munmap(addr, len)), theirs(mm::munmap(addr.cast(), len))) };
        assert_eq!(results, (Err(libc::EINVAL), Err(libc::EINVAL)));
    }
}

#[test]
fn mremap() {
    let page = page::size();
    for (old, new, flags) in [
        (3 * page, page, MremapFlags::empty()),
        (3 * page, 5 * page, MremapFlags::MAYMOVE),
        (3 * page, 0, MremapFlags::MAYMOVE),
        (3 * page, usize::MAX, MremapFlags::MAYMOVE),
        (4 * page, 5 * page, MremapFlags::MAYMOVE),
        (3 * page, 3 * page, MremapFlags::FIXED),
        (3 * page, page, MremapFlags::from_bits_retain(64)),
    ] {
        let run = |call: &dyn Fn(*mut u8) -> Outcome<*mut u8>| {
            let prot = ProtFlags::READ | ProtFlags::WRITE;
            // The fourth page is another map: without it the third one's may be one with somebody else's memory behind it.
            // SAFETY: where the kernel likes; the first byte is the test's own.
            let start = unsafe {
                let start = sys::mmap_anonymous(ptr::null_mut(), 4 * page, prot, MapFlags::PRIVATE).unwrap();
                sys::mprotect(start.wrapping_add(3 * page), page, ProtFlags::empty()).unwrap();
                start.write(42);
                start
            };
            let moved = call(start);
            let (at, len) = moved.map_or((start, 3 * page), |moved| (moved, new));
            // SAFETY: what is mapped now, with the byte that moved along.
            unsafe {
                assert_eq!(at.read(), 42);
                sys::munmap(at, len).unwrap();
                sys::munmap(start.wrapping_add(3 * page), page).unwrap();
            }
            moved.map(|at| at == start || flags.contains(MremapFlags::MAYMOVE))
        };
        let their_flags = mm::MremapFlags::from_bits_retain(flags.bits());
        let our = |addr| {
            // SAFETY: nothing points into the old range.
            ours(unsafe { sys::mremap(addr, old, new, flags, ptr::null_mut()) })
        };
        let their = |addr: *mut u8| {
            // SAFETY: as above.
            let moved = unsafe { mm::mremap(addr.cast(), old, new, their_flags) };
            theirs(moved).map(|at| at.cast())
        };
        let (result, expected) = (run(&our), run(&their));
        assert_eq!(result, expected, "{old} to {new}, {flags:?}");
    }
}
