//! The allocator as the global one of a program, beside others that people take.
//!
//! `cargo bench -p baremap-benches --bench alloc -- [--quick] [FILTER]`
//!
//! Every round is a process of its own, so that every allocator has fresh memory and none has another's caches.

use std::fmt::Write as _;
use std::io::Write as _;

use baremap_benches::memory;
use baremap_benches::way::Program;
use baremap_benches::{Area, Target, bound, ours, peer};

const BUMP: Program<'_> = ours("Bump", &[env!("CARGO_BIN_EXE_with_bump")]);
const MIMALLOC: Program<'_> = peer("mimalloc", &[env!("CARGO_BIN_EXE_with_mimalloc")]);
const JEMALLOC: Program<'_> = peer("jemalloc", &[env!("CARGO_BIN_EXE_with_jemalloc")]);
const LIBC: Program<'_> = peer("libc", &[env!("CARGO_BIN_EXE_with_libc")]);
const TALC: Program<'_> = peer("talc", &[env!("CARGO_BIN_EXE_with_talc")]);
const DLMALLOC: Program<'_> = peer("dlmalloc", &[env!("CARGO_BIN_EXE_with_dlmalloc")]);
const DLMALLOC_COPYING: Program<'_> =
    peer("dlmalloc without mremap", &[env!("CARGO_BIN_EXE_with_dlmalloc_copying")]);
const LINKED_LIST: Program<'_> = peer("linked_list_allocator", &[env!("CARGO_BIN_EXE_with_linked_list")]);
const ARENA: Program<'_> = ours("Arena", &[env!("CARGO_BIN_EXE_with_arena")]);
/// What no allocator can do better: addresses counted up, in one map that is there already.
const POINTER: Program<'_> = bound("a pointer, huge pages", &[env!("CARGO_BIN_EXE_with_pointer")]);
const BUMPALO: Program<'_> = peer("bumpalo", &[env!("CARGO_BIN_EXE_with_bumpalo")]);
const BUMP_SCOPE: Program<'_> = peer("bump-scope", &[env!("CARGO_BIN_EXE_with_bump_scope")]);

/// Those that serve a whole program; the ratios are to the first.
const ALLOCATORS: [Program<'_>; 6] = [MIMALLOC, BUMP, LIBC, JEMALLOC, TALC, DLMALLOC];
/// With the one that searches a list: as long as that is short.
const WITH_LIST: [Program<'_>; 7] = [MIMALLOC, BUMP, LIBC, JEMALLOC, TALC, DLMALLOC, LINKED_LIST];
/// With those that only ever give out.
const WITH_ARENAS: [Program<'_>; 10] =
    [BUMPALO, BUMP, ARENA, POINTER, MIMALLOC, LIBC, JEMALLOC, TALC, DLMALLOC, BUMP_SCOPE];

const SIZES: [(&str, &str); 3] = [("16", "16 bytes"), ("mixed", "8 to 512 bytes"), ("1024", "1 KiB")];
const FEW_SIZES: [(&str, &str); 1] = [SIZES[1]];
/// Whole lives of blocks.
const ORDERS: [(&str, &str); 3] = [
    ("pair", "freed at once"),
    ("stack", "1,000 freed last to first"),
    ("queue", "1,000 freed first to last"),
];

/// Bytes of all blocks in the tests of memory that is used for the first time.
const TOUCH: usize = 256 << 20;
/// The same where it has been used before: more than a processor has caches of its own.
const WARM: usize = 64 << 20;
/// Bytes that two threads use at most where nothing is used again.
const QUEUES: usize = 128 << 20;
/// Bytes of the file that is parsed.
const JSON: usize = 20_000_000;

// Why `Bump` may be behind.
const IN_REGISTERS: &str = "some fifty instructions find the chunk of the thread and change it";
const NOT_AGAIN: &str = "it uses a block again that is freed last to first, and no other: here all blocks are in new memory, of which the \
     kernel clears every page, and it keeps them all";
const NOT_OTHER_CHUNKS: &str = "it goes back within its newest chunk, of 4 MiB at most, and not into the one before: here nearly all blocks \
     are in new memory, and it keeps them all";
const CLEARING: &str =
    "the kernel's time to clear new pages is most of it: see the row of a pointer, which does nothing else";
const NEW_MEMORY: &str = "the kernel's time to clear new pages is most of it, for all of them";
const LIVES: &str = "it uses a block again that is freed last to first, and no other: what the program frees in another order it has in new \
     memory the next time, as the peaks show, and the kernel clears that";
const WRITING: &str =
    "the kernel's time to clear new pages, which are written once by all of them, is most of it";

const fn bump(of: &'static str, most: f64) -> Target {
    Target::new("Bump", of, most)
}

fn main() {
    let mut area = Area::start(
        "alloc",
        "alloc",
        "The global allocator of a program, and what the program does with it.",
    );
    let sizes = area.either(&SIZES[..], &FEW_SIZES);
    hot(&mut area, sizes);
    warm(&mut area, sizes);
    first_touch(&mut area, sizes);
    growth(&mut area);
    users(&mut area);
}

/// A table of programs that all do the same; `memory` is about what it touches.
fn run(
    area: &mut Area,
    title: &str,
    arguments: &[&str],
    (rounds, memory): (usize, usize),
    programs: &[Program<'_>],
    targets: &[Target],
    why: &str,
) {
    // One process finds the best of many batches: two show whether they agree.
    let rounds = area.either(rounds, rounds.min(2));
    let Some(table) = area.table(title) else { return };
    let memory = memory.to_string();
    let arguments = [&[memory.as_str()], arguments].concat();
    table.targets(targets).why("Bump", why).programs(rounds, &arguments, programs);
}

/// Blocks in memory that is in a cache.
fn hot(area: &mut Area, sizes: &[(&str, &str)]) {
    for (size, text) in sizes {
        let title = format!("1 thread, {text}, allocated");
        let targets = [bump("mimalloc", 1.4), bump("libc", 0.7)];
        run(area, &title, &["alone", size], (11, 0), &WITH_LIST, &targets, IN_REGISTERS);
    }
    for (threads, threads_text, targets) in [
        ("1", "1 thread", &[bump("mimalloc", 1.4), bump("libc", 0.7)][..]),
        ("2", "2 threads", &[bump("mimalloc", 1.0)]),
    ] {
        for (task, how) in ORDERS {
            for (size, text) in sizes {
                let title = format!("{threads_text}, {text}, {how}");
                // What is freed in another order a bump allocator does not use again.
                let (memory, why) = if task == "queue" { (QUEUES, NOT_AGAIN) } else { (0, IN_REGISTERS) };
                run(area, &title, &[task, size, threads], (11, memory), &WITH_LIST, targets, why);
            }
        }
    }
}

/// More than caches hold, again and again.
fn warm(area: &mut Area, sizes: &[(&str, &str)]) {
    let len = area.either(WARM, WARM / 4);
    for (threads, threads_text) in [("1", "1 thread"), ("2", "2 threads")] {
        for (size, text) in sizes {
            let title = format!("{threads_text}, {text}, {} freed last to first", memory::size(len));
            let arguments = ["warm", size, &len.to_string(), threads];
            run(area, &title, &arguments, (5, 5 * len), &ALLOCATORS, &[], NOT_OTHER_CHUNKS);
        }
    }
}

/// Memory that the process never had.
fn first_touch(area: &mut Area, sizes: &[(&str, &str)]) {
    let len = area.either(TOUCH, TOUCH / 4);
    let memory = len + len / 8;
    for (size, text) in sizes {
        let targets = [bump("bumpalo", 0.35), bump("mimalloc", 1.0)];
        let targets = if *size == "1024" { &[][..] } else { &targets };
        let title = format!("first touch, {text}");
        run(area, &title, &["touch", size, &len.to_string()], (5, memory), &WITH_ARENAS, targets, CLEARING);
    }
    for (size, text) in sizes {
        let title = format!("first touch by 2 threads, {text}");
        let arguments = ["touch", size, &len.to_string(), "2"];
        run(area, &title, &arguments, (5, memory), &ALLOCATORS, &[], NEW_MEMORY);
    }
}

/// A vector that becomes longer.
fn growth(area: &mut Area) {
    let (to, to_text) = area.either((1 << 30, "1 GiB"), (256 << 20, "256 MiB"));
    let bounds = [1_usize << 20, to].map(|bound| bound.to_string());
    let programs = [DLMALLOC_COPYING, BUMP, LIBC];
    let targets = [bump("dlmalloc without mremap", 0.1)];
    for (task, text) in [("grow", "alone"), ("grow-and-write", "and being written")] {
        let title = format!("a vector grows from 1 MiB to {to_text}, {text}");
        run(area, &title, &[task, &bounds[0], &bounds[1]], (3, to / 2 * 3), &programs, &targets, WRITING);
    }
}

/// Programs that people write.
fn users(area: &mut Area) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(json(JSON).as_bytes()).expect("room for it");
    let path = file.path().to_str().expect("names of temporary files are text");
    let targets = [bump("mimalloc", 1.0)];
    run(area, "serde_json, 20 MB", &["json", path], (5, 256 << 20), &ALLOCATORS, &targets, LIVES);
    let (strings, text) = area.either((2_000_000, "2 million"), (500_000, "500,000"));
    let (title, arguments) = (format!("a BTreeMap of {text} strings"), ["tree", &strings.to_string()]);
    run(area, &title, &arguments, (3, 256 << 20), &ALLOCATORS, &targets, LIVES);
}

/// Records as a service would send them.
fn json(len: usize) -> String {
    let mut text = String::from("[");
    for id in 0_u64.. {
        let (x, y) = (id * 37 % 3600, id * 91 % 1800);
        write!(
            text,
            r#"{{"id":{id},"name":"record {id}","active":{},"position":{{"x":{}.{},"y":{}.{}}},"#,
            id % 3 == 0,
            x / 10,
            x % 10,
            y / 10,
            y % 10
        )
        .and_then(|()| {
            let tags = ["red", "green", "blue", "a tag with a longer text"];
            let tag = |at: u64| tags[(at % 4) as usize];
            writeln!(text, r#""tags":["{}","{}"],"parent":null,"text":"{:50}"}},"#, tag(id), tag(id / 4), id)
        })
        .expect("a string takes everything");
        if text.len() >= len {
            break;
        }
    }
    text.push_str("{}]");
    text
}
