//! The allocator as the global one of a program, beside others that people take.
//!
//! `cargo bench -p baremap-benches --bench alloc -- [--quick] [FILTER]`
//!
//! Every round is a process of its own, so that every allocator has fresh memory and none has another's caches.

use std::fmt::Write as _;
use std::io::Write as _;

use baremap_benches::options::Options;
use baremap_benches::programs::{Program, compare};
use baremap_benches::table::Target;

const BUMP: Program<'_> = ("Bump", env!("CARGO_BIN_EXE_with_bump"));
const MIMALLOC: Program<'_> = ("mimalloc", env!("CARGO_BIN_EXE_with_mimalloc"));
const JEMALLOC: Program<'_> = ("jemalloc", env!("CARGO_BIN_EXE_with_jemalloc"));
const LIBC: Program<'_> = ("libc", env!("CARGO_BIN_EXE_with_libc"));
const TALC: Program<'_> = ("talc", env!("CARGO_BIN_EXE_with_talc"));
const DLMALLOC: Program<'_> = ("dlmalloc", env!("CARGO_BIN_EXE_with_dlmalloc"));
const DLMALLOC_COPYING: Program<'_> =
    ("dlmalloc without mremap", env!("CARGO_BIN_EXE_with_dlmalloc_copying"));
const LINKED_LIST: Program<'_> = ("linked_list_allocator", env!("CARGO_BIN_EXE_with_linked_list"));
const ARENA: Program<'_> = ("Arena", env!("CARGO_BIN_EXE_with_arena"));
/// What no allocator can do better: addresses counted up, in one map that is there already.
const POINTER: Program<'_> = ("a pointer, huge pages", env!("CARGO_BIN_EXE_with_pointer"));
const BUMPALO: Program<'_> = ("bumpalo", env!("CARGO_BIN_EXE_with_bumpalo"));
const BUMP_SCOPE: Program<'_> = ("bump-scope", env!("CARGO_BIN_EXE_with_bump_scope"));

/// Those that serve a whole program; the ratios are to the first.
const ALLOCATORS: [Program<'_>; 6] = [MIMALLOC, BUMP, LIBC, JEMALLOC, TALC, DLMALLOC];
/// With the one that searches a list: as long as that is short.
const WITH_LIST: [Program<'_>; 7] = [MIMALLOC, BUMP, LIBC, JEMALLOC, TALC, DLMALLOC, LINKED_LIST];
/// With those that only ever give out.
const WITH_ARENAS: [Program<'_>; 10] =
    [BUMPALO, BUMP, ARENA, POINTER, MIMALLOC, LIBC, JEMALLOC, TALC, DLMALLOC, BUMP_SCOPE];

const SIZES: [(&str, &str); 3] = [("16", "16 bytes"), ("mixed", "8 to 512 bytes"), ("1024", "1 KiB")];
/// Whole lives of blocks.
const ORDERS: [(&str, &str); 3] = [
    ("pair", "freed at once"),
    ("stack", "1,000 freed last to first"),
    ("queue", "1,000 freed first to last"),
];

/// Bytes of all blocks in the tests of memory that is used for the first time.
const TOUCH: usize = 256 << 20;
/// Bytes that two threads use at most where nothing is used again.
const QUEUES: usize = 128 << 20;
/// Bytes of the file that is parsed.
const JSON: usize = 20_000_000;
const STRINGS: usize = 2_000_000;

const fn bump(of: &'static str, most: f64) -> Target {
    Target { row: "Bump", of, most }
}

fn main() {
    let options = Options::get();
    let rounds = |rounds: usize| if options.quick { rounds.div_ceil(6) } else { rounds };
    let run = |title: &str, arguments: &[&str], times, memory, programs: &[_], targets: &[_]| {
        if title.contains(&options.filter) {
            compare(title, arguments, rounds(times), memory, programs, targets);
        }
    };

    println!("ratio of the best times, best, median, half the way between the quartiles, peak memory");
    for (size, text) in SIZES {
        let targets = [bump("mimalloc", 1.4), bump("libc", 0.7)];
        let title = format!("1 thread, {text}, allocated");
        run(&title, &["alone", size], 11, 0, &WITH_LIST, &targets);
    }
    for (threads, threads_text, targets) in [
        ("1", "1 thread", &[bump("mimalloc", 1.4), bump("libc", 0.7)][..]),
        ("2", "2 threads", &[bump("mimalloc", 1.0)]),
    ] {
        for (task, how) in ORDERS {
            for (size, text) in SIZES {
                let title = format!("{threads_text}, {text}, {how}");
                // What is freed in another order a bump allocator does not use again.
                let memory = if task == "queue" { QUEUES } else { 0 };
                run(&title, &[task, size, threads], 11, memory, &WITH_LIST, targets);
            }
        }
    }
    for (size, text) in SIZES {
        let targets = [bump("bumpalo", 0.35), bump("mimalloc", 1.0)];
        let targets = if size == "1024" { &[][..] } else { &targets };
        let title = format!("first touch, {text}");
        run(&title, &["touch", size, &TOUCH.to_string()], 5, TOUCH + TOUCH / 8, &WITH_ARENAS, targets);
    }

    let bounds = [1_usize << 20, 1 << 30].map(|bound| bound.to_string());
    let programs = [DLMALLOC_COPYING, BUMP, LIBC];
    let targets = [bump("dlmalloc without mremap", 0.1)];
    for (task, text) in [("grow", "alone"), ("grow-and-write", "and being written")] {
        let title = format!("a vector grows from 1 MiB to 1 GiB, {text}");
        run(&title, &[task, &bounds[0], &bounds[1]], 3, 3 << 29, &programs, &targets);
    }

    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(json(JSON).as_bytes()).expect("room for it");
    let path = file.path().to_str().expect("names of temporary files are text");
    let targets = [bump("mimalloc", 1.0)];
    run("serde_json, 20 MB", &["json", path], 5, 512 << 20, &ALLOCATORS, &targets);
    let arguments = ["tree", &STRINGS.to_string()];
    run("a BTreeMap of 2 million strings", &arguments, 3, 512 << 20, &ALLOCATORS, &targets);
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
