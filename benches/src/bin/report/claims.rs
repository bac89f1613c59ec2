//! What the README says of speed and size: each line comes from rows of the page, and points to them, with their names as the link's
//! title.

use std::fmt::Write as _;

use baremap_benches::record::{Record, ratio_text};

use crate::files::{Benchmark, Table};
use crate::page::anchor_of;

const BEGIN: &str = "<!-- Written by `cargo xtask bench`: -->\n";
const END: &str = "<!-- Until here. -->\n";

/// A line: a row's best value by another's, in every table whose title begins so.
struct Claim {
    what: &'static str,
    against: &'static str,
    benchmark: &'static str,
    tables: &'static [&'static str],
    row: &'static str,
    of: &'static str,
}

macro_rules! claims {
    ($($benchmark:literal $tables:tt: $row:literal by $of:literal, $what:literal, $against:literal;)*) => {
        &[$(Claim {
            what: $what,
            against: $against,
            benchmark: $benchmark,
            tables: &$tables,
            row: $row,
            of: $of,
        }),*]
    };
}

/// By what the README calls them.
const CLAIMS: &[(&str, &[Claim])] = &[
    (
        "System calls and whole programs",
        claims! {
            "calls" ["getppid"]: "baremap" by "inline assembly", "a cheap system call", "inline assembly by hand";
            "calls" ["getppid"]: "baremap" by "libc", "the same", "glibc";
            "calls" ["instructions of mmap"]: "baremap" by "rustix", "instructions of mmap before the kernel", "rustix";
            "programs" ["tiny, x86_64: bytes"]: "baremap" by "hand assembly", "bytes of `examples/tiny.rs`, x86_64", "assembly by hand";
            "programs" ["tiny, x86_64: bytes"]: "baremap" by "C, nolibc style", "the same", "C in nolibc's style";
            "programs" ["tiny, x86_64: bytes"]: "baremap" by "rustix + origin", "the same", "rustix + origin, as they come";
            "programs" ["tiny, x86_64: bytes"]: "baremap" by "rustix + origin, our link script", "the same", "rustix + origin, our link script";
            "programs" ["tiny, x86_64: bytes"]: "baremap" by "C, musl", "the same", "C with musl";
            "programs" ["tiny, x86_64: bytes"]: "baremap" by "C, glibc, static", "the same", "C with glibc, static";
            "programs" ["tiny: exec to exit"]: "baremap" by "C, glibc, static", "its exec to exit", "C with glibc, static";
        },
    ),
    (
        "Reading files in the page cache, and copies that bear missing pages",
        claims! {
            "files" ["sum of 1 GiB, disk"]: "slice" by "memmap2", "the sum of 1 GiB, by a slice", "memmap2";
            "files" ["sum of 1 GiB, disk"]: "slice" by "read(2), 64 KiB", "the same", "read(2), 64 KiB";
            "files" ["sum of 1 GiB, disk"]: "chunks of 16 KiB" by "read(2), 64 KiB", "the same, by copies", "read(2), 64 KiB";
            "fault" ["copy 4 KiB", "copy 64 KiB", "copy 1 MiB"]: "read_at, handler" by "memcpy", "`read_at`, with the handler", "memcpy";
            "fault" ["copy 8 bytes", "copy 4 KiB"]: "read_at, kernel" by "pread", "`read_at`, by the kernel", "pread(2)";
            "fault" ["a value of 8 bytes"]: "load::<u64>" by "plain loads", "a load of 8 bytes, with the handler", "a plain load";
        },
    ),
    (
        "A program's allocator, `Bump`, and an `Arena`",
        claims! {
            "alloc" ["1 thread, 16 bytes, allocated", "1 thread, 8 to 512 bytes, allocated", "1 thread, 1 KiB, allocated"]:
                "Bump" by "mimalloc", "blocks allocated, one thread", "mimalloc";
            "alloc" ["1 thread, 16 bytes, allocated", "1 thread, 8 to 512 bytes, allocated", "1 thread, 1 KiB, allocated"]:
                "Bump" by "libc", "the same", "glibc";
            "alloc" ["1 thread, 16 bytes, freed at once", "1 thread, 8 to 512 bytes, freed at once", "1 thread, 1 KiB, freed at once",
                "2 threads, 16 bytes, freed at once", "2 threads, 8 to 512 bytes, freed at once", "2 threads, 1 KiB, freed at once"]:
                "Bump" by "mimalloc", "freed at once, one and two threads", "mimalloc";
            "alloc" ["1 thread, 16 bytes, 1,000 freed last", "1 thread, 8 to 512 bytes, 1,000 freed last", "1 thread, 1 KiB, 1,000 freed last"]:
                "Bump" by "mimalloc", "1,000 blocks, freed last to first", "mimalloc";
            "alloc" ["1 thread, 16 bytes, 1,000 freed first", "1 thread, 8 to 512 bytes, 1,000 freed first", "1 thread, 1 KiB, 1,000 freed first"]:
                "Bump" by "mimalloc", "1,000 blocks, **freed first to last**", "mimalloc";
            "alloc" ["first touch, 16 bytes", "first touch, 8 to 512 bytes", "first touch, 1 KiB"]:
                "Bump" by "mimalloc", "first touch of 256 MiB in blocks", "mimalloc";
            "alloc" ["serde_json"]: "Bump" by "mimalloc", "serde_json, a file of 20 MB", "mimalloc";
            "alloc" ["serde_json"]: "Bump" by "libc", "the same", "glibc";
            "alloc" ["a BTreeMap of 2 million"]: "Bump" by "mimalloc", "a BTreeMap of 2 million strings", "mimalloc";
            "arena" ["a layout of 16 bytes", "a layout of 8 to 512 bytes", "a layout of 1 KiB"]:
                "Arena" by "bumpalo", "a block of an arena", "bumpalo";
            "arena" ["values of 16 bytes", "strings of 8 to 63 bytes"]: "Arena" by "bumpalo", "values and strings", "bumpalo";
        },
    ),
    (
        "Between processes",
        claims! {
            "channel" ["round trip, two processors"]: "message rings" by "atomic", "a message there and one back, two processors", "a bare atomic, both spin";
            "channel" ["round trip, two processors"]: "message rings" by "iceoryx2", "the same", "iceoryx2";
            "channel" ["round trip, two processors, beside"]: "message rings" by "pipes", "the same", "two pipes";
            "channel" ["round trip, one processor"]: "message rings" by "pipes", "the same, one processor", "two pipes";
            "channel" ["messages of 1024 bytes"]: "ring of 4 MiB" by "pipe", "messages of 1 KiB, ring of 4 MiB", "a pipe";
            "sync" ["lock and unlock"]: "Mutex" by "glibc robust", "lock and unlock a robust `Mutex`", "glibc's robust, process-shared";
            "sync" ["lock and unlock"]: "Mutex, Private" by "std", "lock and unlock a `Mutex<T, Private>`", "`std::sync::Mutex`";
            "process" ["fork and wait, 0 MiB"]: "spawn" by "libc::fork", "fork and wait of a closure", "libc's `fork`";
            "process" ["a program that is not there, 0 MiB"]: "Program" by "fork, execve", "start of a `Program` that is not there", "`fork` and `execve`";
        },
    ),
];

/// The README, with what was measured between its marks.
///
/// Nothing, if it has no marks.
pub(crate) fn replace(readme: &str, benchmarks: &[Benchmark], page: &str) -> Option<String> {
    let (before, rest) = readme.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{}\n{END}{after}", text(benchmarks, page)))
}

fn text(benchmarks: &[Benchmark], page: &str) -> String {
    let mut text = String::new();
    for (title, claims) in CLAIMS {
        let lines: Vec<String> = claims.iter().filter_map(|claim| line(claim, benchmarks, page)).collect();
        let known = lines.concat();
        if !known.is_empty() {
            write!(text, "\n{title}:\n\n| what | against | ratio |\n|---|---|---|\n{known}")
                .expect("a String takes everything");
        }
    }
    text
}

/// Nothing, if it was not measured here; standard error says so.
fn line(claim: &Claim, benchmarks: &[Benchmark], page: &str) -> Option<String> {
    let benchmark = benchmarks.iter().find(|benchmark| benchmark.header.benchmark == claim.benchmark);
    let tables = benchmark.map_or(&[][..], |benchmark| &benchmark.tables);
    let ratios: Vec<(f64, &Table)> =
        claim.tables.iter().filter_map(|title| ratio(claim, title, tables)).collect();
    if ratios.len() < claim.tables.len() {
        eprintln!("README: {}, {} by {}: a row is missing", claim.benchmark, claim.row, claim.of);
        return None;
    }
    let least = ratios.iter().map(|(ratio, _)| *ratio).fold(f64::INFINITY, f64::min);
    let most = ratios.iter().map(|(ratio, _)| *ratio).fold(0.0, f64::max);
    let [least, most] = [least, most].map(ratio_text);
    let range = if least == most { least } else { format!("{least} to {most}") };
    let (_, first) = ratios.first()?;
    let anchor = anchor_of(claim.benchmark, &first.title);
    let Claim { what, against, row, of, .. } = claim;
    Some(format!("| {what} | {against} | [{range}]({page}#{anchor} \"{row} by {of}\") |\n"))
}

/// The best of one row by that of the other, in the first table of that title.
fn ratio<'a>(claim: &Claim, title: &str, tables: &'a [Table]) -> Option<(f64, &'a Table)> {
    let table = tables.iter().find(|table| table.title.starts_with(title))?;
    let best = |name: &str| {
        let row: &Record = table.rows.iter().find(|row| row.row == name)?;
        Some(row.best)
    };
    Some((best(claim.row)? / best(claim.of)?, table))
}
