//! Files that are read through maps, beside read(2), pread(2), memmap2 and mmap-rs.
//!
//! `cargo bench -p baremap-benches --bench files -- [--quick] [FILTER]`
//!
//! All ways read one file, which is in the page cache from the start: how it came there decides how large the kernel's pieces of
//! it are, and so what a page fault maps at once.

mod loads;
mod maps;
mod places;
mod sums;

use baremap_benches::Area;
use baremap_benches::memory::affordable;

use places::{Missing, Place};

fn main() {
    let mut area =
        Area::start("files", "files", "Files in the page cache, read through maps and by system calls.");
    // An own name space for mounts, if it takes one, is only for a process of one thread: before all else.
    let folders = places::folders();
    let len = affordable(area.either(1 << 30, 256 << 20), 3);
    for folder in &folders {
        match folder.as_ref().map_err(Missing::clone).and_then(|folder| Place::new(folder, len)) {
            Ok(place) => {
                sums::measure(&mut area, &place);
                loads::measure(&mut area, &place);
            }
            Err(Missing { place, reason }) => area.missing(&format!("files on {place}"), &reason),
        }
    }
    // What a map costs apart from its pages depends little on the file system.
    if let Some(folder) = folders.iter().flatten().next() {
        maps::measure(&mut area, folder, len);
    }
}
