//! Maps of several libraries.

use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::ptr;

use baremap::{AnonMap, FileMap};

/// A library that makes maps.
pub(crate) trait Library {
    /// A map of a file, for reading.
    type OfFile;
    /// Memory of this process alone.
    type Anonymous;

    /// All of a file, whose length is to be found out.
    fn file(file: &File) -> Self::OfFile;

    /// The bytes' address, and how many there are.
    fn bytes(map: &Self::OfFile) -> (*const u8, usize);

    fn anonymous(len: usize) -> Self::Anonymous;

    fn start(map: &mut Self::Anonymous) -> *mut u8;
}

pub(crate) struct Baremap;

impl Library for Baremap {
    type OfFile = FileMap;
    type Anonymous = AnonMap;

    fn file(file: &File) -> FileMap {
        FileMap::read(file).expect("a map")
    }

    fn bytes(map: &FileMap) -> (*const u8, usize) {
        (map.as_ptr(), map.len())
    }

    fn anonymous(len: usize) -> AnonMap {
        AnonMap::new(len).expect("a map")
    }

    fn start(map: &mut AnonMap) -> *mut u8 {
        map.as_mut_ptr()
    }
}

pub(crate) struct Memmap2;

impl Library for Memmap2 {
    type OfFile = memmap2::Mmap;
    type Anonymous = memmap2::MmapMut;

    fn file(file: &File) -> memmap2::Mmap {
        // SAFETY: nobody writes to the file.
        unsafe { memmap2::Mmap::map(file) }.expect("a map")
    }

    fn bytes(map: &memmap2::Mmap) -> (*const u8, usize) {
        (map.as_ptr(), map.len())
    }

    fn anonymous(len: usize) -> memmap2::MmapMut {
        memmap2::MmapMut::map_anon(len).expect("a map")
    }

    fn start(map: &mut memmap2::MmapMut) -> *mut u8 {
        map.as_mut_ptr()
    }
}

pub(crate) struct MmapRs;

impl Library for MmapRs {
    type OfFile = mmap_rs::Mmap;
    type Anonymous = mmap_rs::MmapMut;

    fn file(file: &File) -> mmap_rs::Mmap {
        // It wants to be told.
        let len = file.metadata().expect("it is open").len();
        let options = mmap_rs::MmapOptions::new(len as usize).expect("some bytes");
        // SAFETY: nobody writes to the file.
        unsafe { options.with_file(file, 0) }.map().expect("a map")
    }

    fn bytes(map: &mmap_rs::Mmap) -> (*const u8, usize) {
        (map.as_ptr(), map.len())
    }

    fn anonymous(len: usize) -> mmap_rs::MmapMut {
        mmap_rs::MmapOptions::new(len).expect("some bytes").map_mut().expect("a map")
    }

    fn start(map: &mut mmap_rs::MmapMut) -> *mut u8 {
        map.as_mut_ptr()
    }
}

pub(crate) struct Libc;

/// As a program in C does it.
pub(crate) struct Range {
    start: *mut u8,
    len: usize,
}

impl Range {
    fn new(len: usize, prot: i32, flags: i32, fd: i32) -> Self {
        // SAFETY: where the kernel likes, over nothing that is there.
        let start = unsafe { libc::mmap(ptr::null_mut(), len, prot, flags, fd, 0) };
        assert_ne!(start, libc::MAP_FAILED, "a map");
        Self { start: start.cast(), len }
    }
}

impl Drop for Range {
    fn drop(&mut self) {
        // SAFETY: mapped above, and nobody has it any more.
        assert_eq!(unsafe { libc::munmap(self.start.cast(), self.len) }, 0);
    }
}

impl Library for Libc {
    type OfFile = Range;
    type Anonymous = Range;

    fn file(file: &File) -> Range {
        let fd = file.as_raw_fd();
        // SAFETY: numbers, of which zeros are some; the kernel writes them.
        let stat = unsafe {
            let mut stat: libc::stat = std::mem::zeroed();
            assert_eq!(libc::fstat(fd, &mut stat), 0);
            stat
        };
        Range::new(stat.st_size as usize, libc::PROT_READ, libc::MAP_SHARED, fd)
    }

    fn bytes(map: &Range) -> (*const u8, usize) {
        (map.start, map.len)
    }

    fn anonymous(len: usize) -> Range {
        Range::new(len, libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1)
    }

    fn start(map: &mut Range) -> *mut u8 {
        map.start
    }
}
