//! Copies that end with an error at a missing page, beside those that end the process there.
//!
//! `cargo bench -p baremap-benches --bench fault`

use baremap::map::ReadWrite;
use baremap::{FileMap, SharedBytes, fault, sys};
use baremap_benches::compare;
use std::cell::UnsafeCell;
use std::fs::File;
use std::hint::black_box;
use std::os::fd::AsFd;
use std::ptr;

/// Values a call, so that a loop around the call does not count for much.
const VALUES: usize = 64;

fn main() {
    let file = tempfile::tempfile().expect("a temporary file");
    file.set_len(1 << 20).expect("room for it");
    let map = FileMap::write(&file).expect("a map");
    map.write_at(0, &vec![7; map.len()]).expect("the file is as long as the map");

    // The state is the process's: first the kernel, then the handler.
    fault::decline();
    for len in [8, 64, 4096, 32 * 1024, 64 * 1024] {
        kernel(&map, &file, len);
    }
    fault::install().expect("nobody else has a handler");
    for len in [16, 64, 200, 512, 1024, 4096, 8192, 16 * 1024, 64 * 1024, 256 * 1024, 1 << 20] {
        handler(&map, len);
    }
    values(&map);
}

/// The kernel copies, beside pread(2) of the file.
fn kernel(map: &SharedBytes<ReadWrite>, file: &File, len: usize) {
    let buffer = Buffer::new(len);
    compare(
        &format!("the kernel copies {len} bytes"),
        [
            ("pread", &mut || {
                sys::pread(file.as_fd(), buffer.lend(), 0).expect("it is open");
            }),
            ("read_at", &mut || map.read_at(0, buffer.lend()).expect("every page is there")),
            ("write_at", &mut || map.write_at(0, buffer.lend()).expect("every page is there")),
        ],
    );
}

/// The handler is on, beside memcpy.
fn handler(map: &SharedBytes<ReadWrite>, len: usize) {
    let buffer = Buffer::new(len);
    compare(
        &format!("with a handler, {len} bytes"),
        [
            ("memcpy", &mut || {
                let (to, from) = (buffer.lend().as_mut_ptr(), black_box(map.as_ptr()));
                // SAFETY: the map is longer, and nobody else has the file.
                unsafe { ptr::copy_nonoverlapping(from, to, black_box(len)) };
            }),
            ("read_at", &mut || map.read_at(black_box(0), buffer.lend()).expect("every page is there")),
        ],
    );
}

/// The same bytes for all: where in memory a buffer is makes more of a difference than what is measured here.
struct Buffer(UnsafeCell<Vec<u8>>);

impl Buffer {
    fn new(len: usize) -> Self {
        Self(UnsafeCell::new(vec![0; len]))
    }

    #[expect(clippy::mut_from_ref, reason = "one at a time, below")]
    fn lend(&self) -> &mut [u8] {
        // SAFETY: each way takes it for one call, and none runs while another does.
        black_box(unsafe { &mut *self.0.get() })
    }
}

/// Single values.
fn values(map: &SharedBytes<ReadWrite>) {
    let base: *mut u64 = map.as_mut_ptr().cast();
    let times = compare(
        "with a handler, 64 values of 8 bytes",
        [
            ("plain loads", &mut || {
                for index in 0..VALUES {
                    // SAFETY: within the map, aligned, and nobody else has the file.
                    black_box(unsafe { base.add(index).read_volatile() });
                }
            }),
            ("load::<u64>", &mut || {
                for index in 0..VALUES {
                    black_box(map.load::<u64>(index * 8).expect("every page is there"));
                }
            }),
            ("plain stores", &mut || {
                for index in 0..VALUES {
                    // SAFETY: as above.
                    unsafe { base.add(index).write_volatile(black_box(1)) };
                }
            }),
            ("store::<u64>", &mut || {
                for index in 0..VALUES {
                    map.store::<u64>(index * 8, black_box(1)).expect("every page is there");
                }
            }),
        ],
    );
    let more = |at: usize| (times[at] - times[at - 1]) / VALUES as f64;
    println!("    a load takes {:.2} ns more, a store {:.2} ns more", more(1), more(3));
}
