//! The arena beside bumpalo and bump-scope, in memory that it has already: what one block costs.
//!
//! `cargo bench -p baremap-benches --bench arena -- [--quick] [FILTER]`; memory that is new is measured by `alloc`.

use std::alloc::Layout;
use std::hint::black_box;

use baremap::alloc::Arena;
use baremap_benches::calls::compare_with;
use baremap_benches::options::Options;
use baremap_benches::subject::Sizes;
use baremap_benches::table::Target;
use bump_scope::traits::BumpAllocatorTyped;

/// bumpalo aligns each block for itself, unless it is told to align all to as much as [`Arena`] does.
const TARGETS: [Target; 2] = [
    Target { row: "Arena", of: "bumpalo", most: 1.0 },
    Target { row: "Arena", of: "bumpalo::Bump<8>", most: 1.0 },
];

/// Values in a row, between two resets.
const VALUES: usize = 1024;

fn main() {
    let options = Options::get();
    for (size, title) in [("16", "16 bytes"), ("mixed", "8 to 512 bytes"), ("1024", "1 KiB")]
        .map(|(size, text)| (size, format!("a layout of {text}")))
    {
        if title.contains(&options.filter) {
            layouts(&title, &Sizes::parse(size).layouts(), options.quick);
        }
    }
    for (title, measure) in
        [("values of 16 bytes", values as fn(&str, bool)), ("strings of 8 to 63 bytes", strings)]
    {
        if title.contains(&options.filter) {
            measure(title, options.quick);
        }
    }
}

/// Blocks, of which only the layout is known.
fn layouts(title: &str, layouts: &[Layout], quick: bool) {
    let (mut bumpalo, mut aligned) = (bumpalo::Bump::new(), bumpalo::Bump::<8>::with_min_align());
    let (mut arena, mut scope) = (Arena::new(), bump_scope::Bump::<bump_scope::alloc::Global>::new());
    let mut reserved = Arena::reserved(1 << 30).expect("addresses are free");
    compare_with(
        title,
        layouts.len(),
        quick,
        [
            ("bumpalo", &mut || {
                for layout in layouts {
                    black_box(bumpalo.alloc_layout(*layout));
                }
                bumpalo.reset();
            }),
            ("bumpalo::Bump<8>", &mut || {
                for layout in layouts {
                    black_box(aligned.alloc_layout(*layout));
                }
                aligned.reset();
            }),
            ("Arena", &mut || {
                for layout in layouts {
                    black_box(arena.alloc_layout(*layout));
                }
                arena.reset();
            }),
            ("Arena, reserved", &mut || {
                for layout in layouts {
                    black_box(reserved.alloc_layout(*layout));
                }
                reserved.reset();
            }),
            ("bump-scope", &mut || {
                for layout in layouts {
                    black_box(scope.allocate_layout(*layout));
                }
                scope.reset();
            }),
        ],
        &TARGETS,
    );
}

/// Values of one type.
fn values(title: &str, quick: bool) {
    let (mut bumpalo, mut aligned) = (bumpalo::Bump::new(), bumpalo::Bump::<8>::with_min_align());
    let (mut arena, mut scope) = (Arena::new(), bump_scope::Bump::<bump_scope::alloc::Global>::new());
    compare_with(
        title,
        VALUES,
        quick,
        [
            ("bumpalo", &mut || {
                for value in 0..VALUES {
                    black_box(bumpalo.alloc([value, 1]));
                }
                bumpalo.reset();
            }),
            ("bumpalo::Bump<8>", &mut || {
                for value in 0..VALUES {
                    black_box(aligned.alloc([value, 1]));
                }
                aligned.reset();
            }),
            ("Arena", &mut || {
                for value in 0..VALUES {
                    black_box(arena.alloc([value, 1]));
                }
                arena.reset();
            }),
            ("bump-scope", &mut || {
                for value in 0..VALUES {
                    black_box(scope.alloc([value, 1]));
                }
                scope.reset();
            }),
        ],
        &TARGETS,
    );
}

/// Copies of text.
fn strings(title: &str, quick: bool) {
    let text = "x".repeat(64);
    let (mut bumpalo, mut aligned) = (bumpalo::Bump::new(), bumpalo::Bump::<8>::with_min_align());
    let (mut arena, mut scope) = (Arena::new(), bump_scope::Bump::<bump_scope::alloc::Global>::new());
    let strings: Vec<_> = (0..VALUES).map(|index| &text[..8 + index * 7 % 56]).collect();
    compare_with(
        title,
        VALUES,
        quick,
        [
            ("bumpalo", &mut || {
                for string in &strings {
                    black_box(bumpalo.alloc_str(string));
                }
                bumpalo.reset();
            }),
            ("bumpalo::Bump<8>", &mut || {
                for string in &strings {
                    black_box(aligned.alloc_str(string));
                }
                aligned.reset();
            }),
            ("Arena", &mut || {
                for string in &strings {
                    black_box(arena.alloc_str(string));
                }
                arena.reset();
            }),
            ("bump-scope", &mut || {
                for string in &strings {
                    black_box(scope.alloc_str(string));
                }
                scope.reset();
            }),
        ],
        &TARGETS,
    );
}
