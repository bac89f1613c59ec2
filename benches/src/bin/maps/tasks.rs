//! What is measured of maps.

use std::fs::{self, File};
use std::hint::black_box;
use std::time::{Duration, Instant};

use baremap::map::ReadOnly;
use baremap::{AnonMap, page};

use crate::libraries::Library;

/// Bytes of a map of memory.
const LEN: usize = 64 << 10;
/// Maps between two looks at the clock: few beside those that are there, many beside its resolution.
const MAPS: usize = 64;
/// How often the clock is looked at, if there is time for that; the least of all counts.
const BATCHES: u32 = 60;
const TIME: Duration = Duration::from_millis(60);
/// How long a batch takes at least.
const BATCH: Duration = Duration::from_micros(200);

/// A map of a whole file, and its end.
pub(crate) fn file<L: Library>(path: &str, is_touched: bool) -> f64 {
    let file = File::open(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let map = || {
        let map = L::file(black_box(&file));
        if is_touched {
            let (start, len) = L::bytes(&map);
            for offset in (0..len).step_by(page::size()) {
                // SAFETY: within the map, of a file that nobody shortens.
                unsafe { start.add(offset).read_volatile() };
            }
        }
        black_box(map);
    };
    let mut calls = 1;
    best(|| {
        loop {
            let start = Instant::now();
            (0..calls).for_each(|_| map());
            let time = start.elapsed();
            if time >= BATCH {
                return each(time, calls);
            }
            calls *= 2;
        }
    })
}

/// A map of memory, beside others.
pub(crate) fn map<L: Library>(count: usize) -> f64 {
    let _others = others(count);
    let mut maps = Vec::with_capacity(MAPS);
    best(|| {
        let start = Instant::now();
        maps.extend((0..MAPS).map(|_| L::anonymous(black_box(LEN))));
        let time = start.elapsed();
        maps.clear();
        each(time, MAPS)
    })
}

/// Its end.
pub(crate) fn unmap<L: Library>(count: usize) -> f64 {
    let _others = others(count);
    let mut maps = Vec::with_capacity(MAPS);
    best(|| {
        maps.extend((0..MAPS).map(|_| L::anonymous(black_box(LEN))));
        let start = Instant::now();
        // The last first: it is the one at an end.
        while maps.pop().is_some() {}
        each(start.elapsed(), MAPS)
    })
}

/// The first touch of a page.
pub(crate) fn fault<L: Library>(count: usize) -> f64 {
    let _others = others(count);
    let offsets = || (0..LEN).step_by(page::size());
    best(|| {
        let mut map = L::anonymous(LEN);
        let address = L::start(&mut map);
        let start = Instant::now();
        for offset in offsets() {
            // SAFETY: within the map, which is writable.
            unsafe { address.add(offset).write_volatile(1) };
        }
        each(start.elapsed(), offsets().count())
    })
}

/// Bytes of the kernel's for a map: what it has more of after so many.
pub(crate) fn memory<L: Library>(count: usize) -> f64 {
    let mut maps = Vec::with_capacity(count / 2);
    let before = STRUCTURES.map(Structure::read);
    // Another kind between each two, so that the kernel makes no long one of them.
    maps.extend((0..count / 2).map(|_| (L::anonymous(page::size()), read_only())));
    let more = |(name, before): (&str, Structure)| {
        let after = Structure::read(name);
        (after.used - before.used) * after.len
    };
    STRUCTURES.into_iter().zip(before).map(more).sum::<f64>() / count as f64
}

/// Bytes of one of its structures.
pub(crate) fn structure(name: &str) -> f64 {
    Structure::read(name).len
}

/// What a process has more of with every map: the map, its place in a tree, and what belongs to its pages.
const STRUCTURES: [&str; 4] = ["vm_area_struct", "maple_node", "anon_vma", "anon_vma_chain"];

/// One of the kernel's structures.
struct Structure {
    /// How many are in use, by all processes.
    used: f64,
    /// Bytes.
    len: f64,
}

impl Structure {
    /// As /proc/slabinfo has it: none, where the kernel does without.
    fn read(name: &str) -> Self {
        let text =
            fs::read_to_string("/proc/slabinfo").unwrap_or_else(|error| panic!("/proc/slabinfo: {error}"));
        let line = text.lines().find(|line| line.split_whitespace().next() == Some(name));
        // The name, how many are used, how many there are, and how long one is.
        let column = |index| line.and_then(|line| line.split_whitespace().nth(index)?.parse().ok());
        Self { used: column(1).unwrap_or(0.0), len: column(3).unwrap_or(0.0) }
    }
}

/// So many maps that are there, of two kinds, as above.
fn others(count: usize) -> Vec<(AnonMap, AnonMap<ReadOnly>)> {
    (0..count / 2).map(|_| (memory_of_page(), read_only())).collect()
}

fn memory_of_page() -> AnonMap {
    AnonMap::new(page::size()).expect("fewer maps than a process may have")
}

fn read_only() -> AnonMap<ReadOnly> {
    memory_of_page().make_read_only().expect("fewer maps than a process may have")
}

/// The least of many batches.
fn best(mut batch: impl FnMut() -> f64) -> f64 {
    batch();
    let start = Instant::now();
    let mut best = f64::INFINITY;
    for _ in 0..BATCHES {
        best = best.min(batch());
        if start.elapsed() > TIME {
            break;
        }
    }
    best
}

fn each(time: Duration, count: usize) -> f64 {
    time.as_nanos() as f64 / count as f64
}
