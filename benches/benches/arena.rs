//! The arena beside bumpalo and bump-scope, in memory that it has already: what one block costs.
//!
//! `cargo bench -p baremap-benches --bench arena -- [--quick] [FILTER]`; memory that is new is measured by `alloc`.

use std::alloc::Layout;
use std::hint::black_box;

use baremap::alloc::Arena;
use baremap_benches::subject::Sizes;
use baremap_benches::table::Table;
use baremap_benches::{Area, EQUAL, Target, ours, peer};
use bump_scope::traits::BumpAllocatorTyped;

/// bumpalo aligns each block for itself, unless it is told to align all to as much as [`Arena`] does.
const TARGETS: [Target; 2] =
    [Target::new("Arena", "bumpalo", EQUAL), Target::new("Arena", "bumpalo::Bump<8>", EQUAL)];

/// Why it may be behind where it copies.
const COPIES: &str =
    "the copies, of which each is a call of the C library's memcpy, are most of the time of all";

/// Values in a row, between two resets.
const VALUES: usize = 1024;

fn main() {
    let mut area =
        Area::start("alloc", "arena", "What one block of an arena costs, in memory that it has already.");
    for (size, text) in [("16", "16 bytes"), ("mixed", "8 to 512 bytes"), ("1024", "1 KiB")] {
        if let Some(table) = area.table(format!("a layout of {text}")) {
            layouts(table.targets(&TARGETS), &Sizes::parse(size).layouts());
        }
    }
    if let Some(table) = area.table("values of 16 bytes") {
        values(table.targets(&TARGETS));
    }
    if let Some(table) = area.table("strings of 8 to 63 bytes") {
        strings(table.targets(&TARGETS).why("Arena", COPIES));
    }
}

/// Blocks, of which only the layout is known.
fn layouts(table: Table<'_>, layouts: &[Layout]) {
    let (mut bumpalo, mut aligned) = (bumpalo::Bump::new(), bumpalo::Bump::<8>::with_min_align());
    let (mut arena, mut scope) = (Arena::new(), bump_scope::Bump::<bump_scope::alloc::Global>::new());
    let mut reserved = Arena::reserved(1 << 30).expect("addresses are free");
    table.calls(
        layouts.len(),
        &mut [
            peer("bumpalo", &mut || {
                for layout in layouts {
                    black_box(bumpalo.alloc_layout(*layout));
                }
                bumpalo.reset();
            }),
            peer("bumpalo::Bump<8>", &mut || {
                for layout in layouts {
                    black_box(aligned.alloc_layout(*layout));
                }
                aligned.reset();
            }),
            ours("Arena", &mut || {
                for layout in layouts {
                    black_box(arena.alloc_layout(*layout));
                }
                arena.reset();
            }),
            ours("Arena, reserved", &mut || {
                for layout in layouts {
                    black_box(reserved.alloc_layout(*layout));
                }
                reserved.reset();
            }),
            peer("bump-scope", &mut || {
                for layout in layouts {
                    black_box(scope.allocate_layout(*layout));
                }
                scope.reset();
            }),
        ],
    );
}

/// Values of one type.
fn values(table: Table<'_>) {
    let (mut bumpalo, mut aligned) = (bumpalo::Bump::new(), bumpalo::Bump::<8>::with_min_align());
    let (mut arena, mut scope) = (Arena::new(), bump_scope::Bump::<bump_scope::alloc::Global>::new());
    table.calls(
        VALUES,
        &mut [
            peer("bumpalo", &mut || {
                for value in 0..VALUES {
                    black_box(bumpalo.alloc([value, 1]));
                }
                bumpalo.reset();
            }),
            peer("bumpalo::Bump<8>", &mut || {
                for value in 0..VALUES {
                    black_box(aligned.alloc([value, 1]));
                }
                aligned.reset();
            }),
            ours("Arena", &mut || {
                for value in 0..VALUES {
                    black_box(arena.alloc([value, 1]));
                }
                arena.reset();
            }),
            peer("bump-scope", &mut || {
                for value in 0..VALUES {
                    black_box(scope.alloc([value, 1]));
                }
                scope.reset();
            }),
        ],
    );
}

/// Copies of text.
fn strings(table: Table<'_>) {
    let text = "x".repeat(64);
    let (mut bumpalo, mut aligned) = (bumpalo::Bump::new(), bumpalo::Bump::<8>::with_min_align());
    let (mut arena, mut scope) = (Arena::new(), bump_scope::Bump::<bump_scope::alloc::Global>::new());
    let strings: Vec<_> = (0..VALUES).map(|index| &text[..8 + index * 7 % 56]).collect();
    table.calls(
        VALUES,
        &mut [
            peer("bumpalo", &mut || {
                for string in &strings {
                    black_box(bumpalo.alloc_str(string));
                }
                bumpalo.reset();
            }),
            peer("bumpalo::Bump<8>", &mut || {
                for string in &strings {
                    black_box(aligned.alloc_str(string));
                }
                aligned.reset();
            }),
            ours("Arena", &mut || {
                for string in &strings {
                    black_box(arena.alloc_str(string));
                }
                arena.reset();
            }),
            peer("bump-scope", &mut || {
                for string in &strings {
                    black_box(scope.alloc_str(string));
                }
                scope.reset();
            }),
        ],
    );
}
