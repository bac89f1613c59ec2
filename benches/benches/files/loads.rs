//! Single values of a file, in no order.

use std::hint::black_box;
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use baremap::{FileMap, MapOptions, fault, sys};
use baremap_benches::memory::size;
use baremap_benches::{Area, Target, bound, ours, peer};

use crate::places::{Place, SAME_PAGES, in_memory, word};

/// Loads in a round: so many that a map is worth its page faults, and so few that it is not.
const MANY: usize = 1 << 20;
const FEW: usize = 1 << 10;
/// So many fewer are made by system calls, of which each costs as much as any other.
const CALLS: usize = 8;

pub(crate) fn measure(area: &mut Area, place: &Place) {
    fault::install().expect("nobody else has a handler");
    let many = area.either(MANY, MANY / 4);
    fresh(area, place, many, &targets(0.1));
    fresh(area, place, FEW, &[]);
    kept(area, place, many, &targets(0.02));
}

const CALL: &str = "each is a call of assembly, with a check of its bounds: the processor looks ahead over fewer of them, and has fewer loads \
     under way at once";

/// Both ways of ours, and the fastest way into the kernel.
fn targets(most: f64) -> [Target; 2] {
    ["slice", "load::<u64>"].map(|row| Target::new(row, "pread", most))
}

/// With the page faults, and the map, in the time.
fn fresh(area: &mut Area, place: &Place, loads: usize, targets: &[Target]) {
    let rounds = area.either(12, 3);
    let loads_text = indicatif::HumanCount(loads as u64);
    let title =
        format!("{loads_text} loads of 8 bytes in {}, {}, mapped for them", size(place.len), place.name);
    let Some(table) = area.table(title) else { return };
    let Place { file, len, .. } = place;
    let faults = "page faults, of which each takes longer than a pread: where the file lies in small pieces the kernel maps 16 pages at \
                  once, and so few loads seldom come to the same 16 again";
    table
        .targets(targets)
        .why("slice", faults)
        .why_beside("slice", "memmap2", SAME_PAGES)
        .why("load::<u64>", faults)
        .why_beside("load::<u64>", "memmap2", CALL)
        .rounds(
            rounds,
            &mut [
                peer("pread", &mut || timed(loads / CALLS, *len, |offset| pread(place, offset))),
                peer("std's read_at", &mut || timed(loads / CALLS, *len, |offset| read_at(place, offset))),
                peer("memmap2", &mut || {
                    // SAFETY: nobody else has the file.
                    let map = || unsafe { memmap2::Mmap::map(file) }.expect("a map");
                    timed_with(loads, *len, map, |map, offset| load(map, offset))
                }),
                ours("slice", &mut || {
                    let map = || FileMap::read(file).expect("a map");
                    // SAFETY: nobody else has the file.
                    timed_with(loads, *len, map, |map, offset| load(unsafe { map.as_slice() }, offset))
                }),
                ours("load::<u64>", &mut || {
                    let map = || FileMap::read(file).expect("a map");
                    timed_with(loads, *len, map, |map, offset| {
                        map.load(offset).expect("nobody shortens the file")
                    })
                }),
            ],
        );
}

/// Of pages that are in the map already.
fn kept(area: &mut Area, place: &Place, loads: usize, targets: &[Target]) {
    let rounds = area.either(20, 4);
    let title = format!("a load of 8 bytes in {}, {}, in a map that is kept", size(place.len), place.name);
    let Some(table) = area.table(title) else { return };
    let Place { file, len, .. } = place;
    let map = MapOptions::new().populate().map(file).expect("a map");
    // SAFETY: nobody else has the file.
    let theirs = unsafe { memmap2::MmapOptions::new().populate().map(file) }.expect("a map");
    let memory = in_memory(*len);
    let own = "memory itself takes most of it: see its row, which has the largest pages that there are";
    let table = table.targets(targets).why("slice", own).why_beside("slice", "memmap2", SAME_PAGES);
    table.why("load::<u64>", CALL).rounds(
        rounds,
        &mut [
            peer("pread", &mut || timed(loads / CALLS, *len, |offset| pread(place, offset))),
            peer("std's read_at", &mut || timed(loads / CALLS, *len, |offset| read_at(place, offset))),
            peer("memmap2", &mut || timed(loads, *len, |offset| load(&theirs, offset))),
            // SAFETY: nobody else has the file.
            ours("slice", &mut || timed(loads, *len, |offset| load(unsafe { map.as_slice() }, offset))),
            ours("load::<u64>", &mut || {
                timed(loads, *len, |offset| map.load(offset).expect("nobody shortens the file"))
            }),
            bound("memory", &mut || timed(loads, *len, |offset| load(&memory, offset))),
        ],
    );
}

/// By the stub that costs least.
fn pread(place: &Place, offset: usize) -> u64 {
    let mut bytes = [0; 8];
    sys::pread(place.file.as_fd(), &mut bytes, offset as u64).expect("it is open");
    u64::from_ne_bytes(bytes)
}

/// As people do it.
fn read_at(place: &Place, offset: usize) -> u64 {
    let mut bytes = [0; 8];
    place.file.read_exact_at(&mut bytes, offset as u64).expect("it is open");
    u64::from_ne_bytes(bytes)
}

#[inline]
fn load(bytes: &[u8], offset: usize) -> u64 {
    let bytes = bytes[offset..offset + 8].try_into().expect("8 bytes are 8 bytes");
    u64::from_ne_bytes(bytes)
}

/// Nanoseconds a load, at offsets in no order.
fn timed(loads: usize, len: usize, load: impl Fn(usize) -> u64) -> f64 {
    timed_with(loads, len, || (), |(), offset| load(offset))
}

/// The same, of a map that is made and unmapped within the time.
fn timed_with<M>(loads: usize, len: usize, map: impl FnOnce() -> M, load: impl Fn(&M, usize) -> u64) -> f64 {
    // Knuth's generator; its upper bits are the better ones. It goes on from round to round: nobody finds in a cache what the one
    // before has loaded.
    static STATE: AtomicU64 = AtomicU64::new(1);
    let mut state = STATE.load(Relaxed);
    let bits = (len / 8).ilog2();
    assert!(len.is_power_of_two(), "no division in the time");
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> (u64::BITS - bits)) as usize
    };
    let (mut found, mut expected) = (0_u64, 0_u64);
    let start = Instant::now();
    let map = map();
    for _ in 0..loads {
        let index = next();
        found = found.wrapping_add(load(&map, index * 8));
        expected = expected.wrapping_add(word(index));
    }
    drop(map);
    let time = start.elapsed().as_nanos() as f64 / loads as f64;
    STATE.store(state, Relaxed);
    assert_eq!(black_box(found), expected, "what was loaded is what was written there");
    time
}
