//! Arenas from 1 MiB to 8 GiB: each in a process of its own.

use baremap_benches::memory::{affordable, size};
use baremap_benches::way::Program;
use baremap_benches::{Area, bound, ours, peer};

const ARENAS: [Program<'_>; 6] = [
    peer("bumpalo", &[env!("CARGO_BIN_EXE_with_bumpalo")]),
    ours("Arena", &[env!("CARGO_BIN_EXE_with_arena")]),
    ours("Arena, reserved", &[env!("CARGO_BIN_EXE_with_reserved")]),
    ours("Arena, small pages", &[env!("CARGO_BIN_EXE_with_small_pages")]),
    peer("bump-scope", &[env!("CARGO_BIN_EXE_with_bump_scope")]),
    bound("a pointer, huge pages", &[env!("CARGO_BIN_EXE_with_pointer")]),
];

/// Bytes of all blocks, which are all written.
const FULL: [usize; 4] = [1 << 20, 16 << 20, 256 << 20, 1 << 30];
/// The same, where only the first byte of each block is.
const SPARSE: [usize; 3] = [1 << 30, 4 << 30, 8 << 30];
/// Blocks in the latter.
const BLOCKS: usize = 256;

const HUGE: &str = "the first byte of a huge page takes all of it, which the kernel clears: what is used sparsely is for an arena over \
     `AnonPages::no_huge`";

const LONGER: &str = "before it takes another chunk it asks the kernel, more than once, whether the last one can be longer where it is";
const CHUNKS: &str = "all its chunks come from the kernel, which it asks first whether the last one can be longer; the C library has memory \
     for the first ones already. Page faults are most of the time of all";

pub(crate) fn measure(area: &mut Area) {
    let rounds = area.either(7, 2);
    let most = affordable(area.either(1 << 30, 64 << 20), 2);
    for len in FULL.into_iter().filter(|len| *len <= most) {
        if let Some(table) = area.table(format!("blocks of 1 KiB, until an arena has {}", size(len))) {
            let memory = (len + len / 8).to_string();
            table
                .why("Arena", CHUNKS)
                .why("Arena, reserved", "it commits its addresses by mprotect(2), which small arenas feel")
                .why("Arena, small pages", CHUNKS)
                .programs(rounds, &[&memory, "touch", "1024", &len.to_string()], &ARENAS);
        }
    }
    // Of each block a page is touched, or a huge one: of 8 GiB half a GiB at the most. The addresses may still be more than the
    // kernel gives one who does not have the memory.
    let most = affordable(8 << 30, 1);
    for len in SPARSE.into_iter().filter(|len| *len <= most) {
        let block = len / BLOCKS;
        let title = format!(
            "blocks of {}, of which a byte is written, until an arena has {}",
            size(block),
            size(len)
        );
        if let Some(table) = area.table(title) {
            let memory = (BLOCKS << 21).to_string();
            table.why("Arena", HUGE).why("Arena, reserved", HUGE).why("Arena, small pages", LONGER).programs(
                rounds,
                &[&memory, "reach", &block.to_string(), &len.to_string()],
                &ARENAS,
            );
        }
    }
    if most < SPARSE[2] {
        area.missing(&format!("an arena of {}", size(SPARSE[2])), "this machine has too little memory");
    }
}
