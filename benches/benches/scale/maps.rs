//! Maps beside many others: each measurement in a process of its own.

use std::fs::{self, File};

use baremap::{AnonMap, FileMap, SharedMap};
use baremap_benches::{Area, Unit, bound, ours, ours_against, peer};
use indicatif::HumanCount;

const MAPS: &str = env!("CARGO_BIN_EXE_maps");

/// Maps that are there already.
const COUNTS: [usize; 4] = [0, 1_000, 10_000, 60_000];
/// The same, where there is little time.
const FEW: [usize; 2] = [0, 60_000];
/// Maps that a program has besides: its own parts, its libraries', its heap and its stack.
const OWN: usize = 500;

const WHY_LONGER: &str = "it knows the bytes that were asked for and those that are mapped, and the size of its huge pages: what is \
     mapped is unmapped";
const WHY_LONGEST: &str = "besides, it knows which part of which file it shows, so that nobody makes it as long as another one, and \
     whether a flush has failed";

/// As many as a process may have: 65,530, if nobody has set that.
fn counts(wanted: &[usize]) -> Vec<usize> {
    let allowed = fs::read_to_string("/proc/sys/vm/max_map_count").ok();
    let allowed = allowed.and_then(|text| text.trim().parse().ok()).unwrap_or(65_530);
    wanted.iter().copied().filter(|count| count + OWN <= allowed).collect()
}

/// A library's maps beside so many others.
struct Row {
    library: &'static str,
    name: String,
    /// The name of libc's row beside as many.
    libc: String,
    count: String,
}

/// How long it takes to make a map, to touch it, and to unmap it.
pub(crate) fn times(area: &mut Area) {
    let rounds = area.either(15, 2);
    let counts = counts(area.either(&COUNTS, &FEW));
    let most = *counts.last().expect("none is allowed everywhere");
    let of_ours = counts.iter().map(|count| ("baremap", *count));
    let of_others =
        ["libc", "memmap2", "mmap-rs"].into_iter().flat_map(|library| [(library, 0), (library, most)]);
    let name = |library: &str, count: usize| format!("{library}, {} others", HumanCount(count as u64));
    let row = |(library, count)| Row {
        library,
        name: name(library, count),
        libc: name("libc", count),
        count: count.to_string(),
    };
    let rows: Vec<Row> = of_ours.chain(of_others).map(row).collect();
    for (task, title) in
        [("map", "map 64 KiB"), ("unmap", "unmap 64 KiB"), ("fault", "first touch of a page")]
    {
        let Some(mut table) = area.table(title) else { continue };
        let words: Vec<_> = rows.iter().map(|row| [MAPS, row.library, task, &row.count]).collect();
        let ways: Vec<_> = rows
            .iter()
            .zip(&words)
            .map(|(row, words)| match row.library {
                "baremap" => ours_against(&row.name, &row.libc, words.as_slice()),
                _ => peer(&row.name, words.as_slice()),
            })
            .collect();
        for row in &rows {
            table = table.why(&row.name, "the same system call with the same arguments: what differs is what one run differs by from the next");
        }
        table.programs(rounds, &[], &ways);
    }
}

/// What a map takes: of the kernel's memory, and of its owner's.
pub(crate) fn memory(area: &mut Area) {
    let most = *counts(&COUNTS).last().expect("none is allowed everywhere");
    let title = "memory of the kernel's for a map";
    if File::open("/proc/slabinfo").is_err() {
        area.missing(title, "only root may read /proc/slabinfo");
    } else if let Some(table) = area.table(title) {
        let count = most.to_string();
        table.unit(Unit::Bytes).programs(
            3,
            &[],
            &[
                bound("its vm_area_struct", &[MAPS, "baremap", "structure", "vm_area_struct"]),
                bound("all that it takes", &[MAPS, "baremap", "memory", &count]),
            ],
        );
    }
    if let Some(table) = area.table("size of the owner of a map of memory") {
        table.unit(Unit::Bytes).why("AnonMap", WHY_LONGER).why("SharedMap", WHY_LONGER).values(&[
            bound("an address and a length", (size_of::<usize>() * 2) as f64),
            ours("AnonMap", size_of::<AnonMap>() as f64),
            ours("SharedMap", size_of::<SharedMap>() as f64),
            peer("memmap2::MmapMut", size_of::<memmap2::MmapMut>() as f64),
            peer("mmap_rs::MmapMut", size_of::<mmap_rs::MmapMut>() as f64),
        ]);
    }
    if let Some(table) = area.table("size of the owner of a map of a file") {
        table.unit(Unit::Bytes).why("FileMap", WHY_LONGEST).values(&[
            bound("an address and a length", (size_of::<usize>() * 2) as f64),
            ours("FileMap", size_of::<FileMap>() as f64),
            peer("memmap2::Mmap", size_of::<memmap2::Mmap>() as f64),
            peer("mmap_rs::Mmap", size_of::<mmap_rs::Mmap>() as f64),
        ]);
    }
}
