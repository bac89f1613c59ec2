//! All bytes of a file, from its start to its end.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::time::Instant;

use baremap::{FileMap, fault};
use baremap_benches::memory::size;
use baremap_benches::{Area, EQUAL, Target, bound, ours_against, peer};

use crate::places::{Place, SAME_PAGES, in_memory, word};

/// What is read at once: so much that a system call for it does not count.
const PIECE: usize = 64 << 10;
/// What is copied at once where no system call is made for it: it stays in the first-level cache.
const SHORT: usize = 16 << 10;
/// What a reader of records would ask for.
const RECORD: usize = 4 << 10;

pub(crate) fn measure(area: &mut Area, place: &Place) {
    let rounds = area.either(12, 4);
    let title = format!("sum of {}, {}", size(place.len), place.name);
    let Some(table) = area.table(title) else { return };
    let Place { file, len, .. } = place;
    let expected = (0..len / 8).map(word).fold(0, u64::wrapping_add);
    let timed = |read: &dyn Fn() -> u64| {
        let start = Instant::now();
        let found = read();
        let time = start.elapsed().as_nanos() as f64;
        assert_eq!(found, expected, "all of the file is read, once");
        time
    };
    let memory = in_memory(*len);
    let by_pieces = "page faults: read(2) copies from the kernel's own map, which has all pages; here they come on top of the copy, and a \
                     buffer that is longer than the first-level cache makes the copy slower as well";
    table
        .bytes(*len)
        .targets(&[
            Target::new("slice", "memmap2", EQUAL),
            Target::new("slice", "read(2), 64 KiB", 1.0 / 1.15),
            Target::new("chunks of 16 KiB", "read(2), 64 KiB", 1.0 / 1.15),
            Target::new("read_at, 4 KiB", "read(2), 64 KiB", 1.0 / 1.15),
        ])
        .why("slice", "page faults: read(2) copies from the kernel's own map, which has all pages")
        .why_beside("slice", "memmap2", SAME_PAGES)
        .why("chunks of 16 KiB", by_pieces)
        .why("chunks of 64 KiB", by_pieces)
        .why("read_at, 4 KiB", by_pieces)
        .why(
            "chunks of 64 KiB, no handler",
            "page faults, and two copies: the kernel's into a memfd, and one from there",
        )
        .rounds(
            rounds,
            &mut [
                peer("memmap2", &mut || {
                    timed(&|| {
                        // SAFETY: nobody else has the file.
                        let map = unsafe { memmap2::Mmap::map(file) }.expect("a map");
                        sum(&map)
                    })
                }),
                ours_against("slice", "memmap2", &mut || {
                    timed(&|| {
                        let map = FileMap::read(file).expect("a map");
                        // SAFETY: nobody else has the file.
                        sum(unsafe { map.as_slice() })
                    })
                }),
                ours_against("chunks of 16 KiB", "read(2), 64 KiB", &mut || {
                    fault::install().expect("nobody else has a handler");
                    timed(&|| sum_of_chunks(file, SHORT))
                }),
                ours_against("chunks of 64 KiB", "read(2), 64 KiB", &mut || {
                    fault::install().expect("nobody else has a handler");
                    timed(&|| sum_of_chunks(file, PIECE))
                }),
                ours_against("read_at, 4 KiB", "read(2), 64 KiB", &mut || {
                    fault::install().expect("nobody else has a handler");
                    timed(&|| sum_of_records(file))
                }),
                ours_against("chunks of 64 KiB, no handler", "read(2), 64 KiB", &mut || {
                    // SAFETY: this program has one thread.
                    unsafe { fault::uninstall() }.expect("nobody has put another over it");
                    timed(&|| sum_of_chunks(file, PIECE))
                }),
                peer("mmap-rs", &mut || {
                    timed(&|| {
                        let options = mmap_rs::MmapOptions::new(*len).expect("some bytes");
                        // SAFETY: nobody else has the file.
                        let map = unsafe { options.with_file(file, 0) }.map().expect("a map");
                        sum(map.as_slice())
                    })
                }),
                peer("read(2), 64 KiB", &mut || timed(&|| sum_of_reads(file))),
                bound("memory", &mut || timed(&|| sum(&memory))),
            ],
        );
}

/// As fast as memory gives them.
#[inline(never)]
fn sum(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks();
    assert!(rest.is_empty(), "whole words");
    words.iter().map(|bytes| u64::from_ne_bytes(*bytes)).fold(0, u64::wrapping_add)
}

fn sum_of_chunks(file: &File, piece: usize) -> u64 {
    let map = FileMap::read(file).expect("a map");
    let (mut buffer, mut total) = (vec![0; piece], 0_u64);
    let mut chunks = map.chunks(&mut buffer);
    while let Some(bytes) = chunks.next().expect("nobody shortens the file") {
        total = total.wrapping_add(sum(bytes));
    }
    total
}

fn sum_of_records(file: &File) -> u64 {
    let map = FileMap::read(file).expect("a map");
    let (mut buffer, mut total) = ([0; RECORD], 0_u64);
    for offset in (0..map.len()).step_by(RECORD) {
        map.read_at(offset, &mut buffer).expect("nobody shortens the file");
        total = total.wrapping_add(sum(&buffer));
    }
    total
}

fn sum_of_reads(mut file: &File) -> u64 {
    file.rewind().expect("it is a file");
    let (mut buffer, mut total) = (vec![0; PIECE], 0_u64);
    loop {
        match file.read(&mut buffer).expect("it is open") {
            0 => return total,
            len => total = total.wrapping_add(sum(&buffer[..len])),
        }
    }
}
