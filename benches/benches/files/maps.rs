//! Maps that come and go: each library in processes of its own.

use std::os::fd::AsRawFd as _;
use std::process;

use baremap_benches::memory::size;
use baremap_benches::way::Program;
use baremap_benches::{Area, EQUAL, Target, ours_against, peer};

use crate::places::{Folder, Place};

const MAPS: &str = env!("CARGO_BIN_EXE_maps");

const LIBRARIES: [Program<'_>; 4] = [
    peer("libc", &[MAPS, "libc"]),
    ours_against("FileMap", "libc", &[MAPS, "baremap"]),
    peer("memmap2", &[MAPS, "memmap2"]),
    peer("mmap-rs", &[MAPS, "mmap-rs"]),
];

const SAME: &str =
    "the same three system calls, as strace shows: what differs is what one run differs by from the next";
const STATX: &str = "it asks for the file's length by statx(2), which takes 20 ns more than fstat(2): the kernel reads a path, though it is \
     empty, and writes twice as much";

/// Bytes of a file: a page, and more.
const LENGTHS: [usize; 6] = [4 << 10, 64 << 10, 1 << 20, 16 << 20, 256 << 20, 1 << 30];

pub(crate) fn measure(area: &mut Area, folder: &Folder, most: usize) {
    let rounds = area.either(15, 3);
    for len in LENGTHS.into_iter().filter(|len| *len <= most) {
        let place = match Place::new(folder, len) {
            Ok(place) => place,
            Err(missing) => return area.missing("map and unmap", &missing.reason),
        };
        // It has no name, but for those who may see this process's descriptors.
        let path = format!("/proc/{}/fd/{}", process::id(), place.file.as_raw_fd());
        for (task, text) in [("file", "untouched"), ("touched-file", "a load from every page")] {
            let title = format!("map and unmap {}, {text}, {}", size(len), place.name);
            let Some(table) = area.table(title) else { continue };
            table
                .targets(&[Target::new("FileMap", "memmap2", EQUAL)])
                .why_beside("FileMap", "libc", STATX)
                .why_beside("FileMap", "memmap2", SAME)
                .programs(rounds, &[task, &path], &LIBRARIES);
        }
    }
}
