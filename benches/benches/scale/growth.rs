//! Maps that become twice as long.

use std::hint::black_box;
use std::time::Instant;

use baremap::map::GrowMap;
use baremap::{AnonMap, MapOptions, page};
use baremap_benches::memory::{affordable, size};
use baremap_benches::table::Table;
use baremap_benches::way::Round;
use baremap_benches::{Area, EQUAL, Target, ours, ours_against, peer};
use memmap2::{MmapMut, RemapOptions};

/// Bytes before, from 64 KiB; the longest become 4 GiB.
const LENGTHS: [usize; 6] = [64 << 10, 1 << 20, 16 << 20, 256 << 20, 1 << 30, 2 << 30];
/// So many of them are in memory.
const TOUCHED: usize = 1 << 30;
/// More are not copied: that takes a tenth of a second each time.
const COPIED: usize = 16 << 20;
/// Maps that are there at the same time.
const MAPS: usize = 4;

pub(crate) fn measure(area: &mut Area) {
    let most = affordable(area.either(TOUCHED, 64 << 20), MAPS);
    let rounds = area.either(300, 50);
    for len in LENGTHS {
        let touched = len.min(most);
        let in_memory =
            if touched < len { format!(", {} of them touched", size(touched)) } else { String::new() };
        let title = format!("grow from {} to {}{in_memory}", size(len), size(2 * len));
        if let Some(table) = area.table(format!("{title}, in place")) {
            in_place(table, rounds, len, touched);
        }
        if let Some(table) = area.table(format!("{title}, moved")) {
            // Where it is copied, a round takes its time.
            let rounds = if len == COPIED { rounds / 5 } else { rounds };
            moved(table, rounds, len, touched);
        }
    }
}

const SAME: &str =
    "the same mremap(2) of the same pages: what differs is what one run differs by from the next";

/// There is room behind.
fn in_place(table: Table<'_>, rounds: usize, len: usize, touched: usize) {
    let mut ours_grows = Growing::<AnonMap>::new(len, touched);
    let mut theirs = Growing::<MmapMut>::new(len, touched);
    let mut reserved = Growing::<GrowMap>::new(len, touched);
    table
        .targets(&[Target::new("AnonMap", "memmap2", EQUAL)])
        .why("AnonMap", SAME)
        .why("GrowMap", "mprotect(2) of what is new parts one map of the kernel's and joins another; in return it never moves")
        .rounds(
            rounds,
            &mut [
                peer("memmap2", &mut || theirs.time(false)),
                ours("AnonMap", &mut || ours_grows.time(false)),
                ours("GrowMap", &mut || reserved.time(false)),
            ],
        );
}

/// There is none, and no byte is copied for all that; or each is. A block of the C library's may have room behind it that no neighbour
/// takes, so that nothing is measured against it.
fn moved(table: Table<'_>, rounds: usize, len: usize, touched: usize) {
    let mut ours_grows = Growing::<AnonMap>::new(len, touched);
    let mut theirs = Growing::<MmapMut>::new(len, touched);
    let mut block = Growing::<Block>::new(len, touched);
    let table = table.targets(&[Target::new("AnonMap", "memmap2", EQUAL)]).why("AnonMap", SAME);
    let (mut memmap2, mut anon, mut realloc) =
        (|| theirs.time(true), || ours_grows.time(true), || block.time(false));
    let mut ways: Vec<Round<'_>> = vec![
        peer("memmap2", &mut memmap2),
        ours_against("AnonMap", "memmap2", &mut anon),
        peer("libc's realloc", &mut realloc),
    ];
    if len > COPIED {
        table.missing("a new map and a copy", "it takes too long").rounds(rounds, &mut ways);
        return;
    }
    let mut copied = Growing::<Copied>::new(len, touched);
    let mut copy = || copied.time(false);
    ways.push(peer("a new map and a copy", &mut copy));
    table.rounds(rounds, &mut ways);
}

/// Memory that becomes longer and shorter.
trait Resize {
    /// Whether it moves where there is no room behind it, and nowhere else.
    const IS_PLAIN: bool = true;

    fn new(len: usize) -> Self;
    fn start(&mut self) -> *mut u8;
    fn resize(&mut self, len: usize);
}

/// Memory, and how long it is before it grows. Between two rounds it is long, so that nobody takes the room that it grows into.
struct Growing<M> {
    memory: M,
    len: usize,
}

impl<M: Resize> Growing<M> {
    fn new(len: usize, touched: usize) -> Self {
        let mut memory = M::new(2 * len);
        touch(memory.start(), touched);
        Self { memory, len }
    }

    /// Nanoseconds in which it becomes twice as long.
    fn time(&mut self, moves: bool) -> f64 {
        self.memory.resize(self.len);
        let end = self.memory.start().addr() + self.len;
        // With a neighbour there is no room behind it. That there is one already is as good.
        let _neighbour = moves.then(|| MapOptions::new().len(page::size()).at(end).map_anon());
        let start = Instant::now();
        self.memory.resize(black_box(2 * self.len));
        let time = start.elapsed();
        let stayed = self.memory.start().addr() + self.len == end;
        assert!(stayed != moves || !M::IS_PLAIN, "it grew in place, or had to move");
        time.as_nanos() as f64
    }
}

/// Writes to all pages up to here.
fn touch(start: *mut u8, len: usize) {
    for offset in (0..len).step_by(page::size()) {
        // SAFETY: within memory that is writable.
        unsafe { start.add(offset).write_volatile(1) };
    }
}

impl Resize for AnonMap {
    fn new(len: usize) -> Self {
        AnonMap::new(len).expect("addresses are free")
    }

    fn start(&mut self) -> *mut u8 {
        self.as_mut_ptr()
    }

    fn resize(&mut self, len: usize) {
        AnonMap::resize(self, len).expect("addresses are free");
    }
}

impl Resize for GrowMap {
    fn new(len: usize) -> Self {
        let mut map = GrowMap::new(len).expect("addresses are free");
        map.grow_to(len).expect("there is room");
        map
    }

    fn start(&mut self) -> *mut u8 {
        self.as_mut_ptr()
    }

    fn resize(&mut self, len: usize) {
        if len > self.len() { self.grow_to(len) } else { self.shrink_to(len) }.expect("there is room");
    }
}

impl Resize for MmapMut {
    fn new(len: usize) -> Self {
        MmapMut::map_anon(len).expect("addresses are free")
    }

    fn start(&mut self) -> *mut u8 {
        self.as_mut_ptr()
    }

    fn resize(&mut self, len: usize) {
        // SAFETY: nobody has its bytes, and there are as many as it says.
        unsafe { self.remap(len, RemapOptions::new().may_move(true)) }.expect("addresses are free");
    }
}

/// A block of the C library's.
struct Block(*mut u8);

impl Resize for Block {
    const IS_PLAIN: bool = false;

    fn new(len: usize) -> Self {
        // SAFETY: a block is anybody's who has it.
        let start = unsafe { libc::malloc(len) };
        assert!(!start.is_null(), "addresses are free");
        Self(start.cast())
    }

    fn start(&mut self) -> *mut u8 {
        self.0
    }

    fn resize(&mut self, len: usize) {
        // SAFETY: a block of malloc's, which nobody else has.
        let start = unsafe { libc::realloc(self.0.cast(), len) };
        assert!(!start.is_null(), "addresses are free");
        self.0 = start.cast();
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: as above.
        unsafe { libc::free(self.0.cast()) };
    }
}

/// A map, and a longer one that takes its place.
struct Copied(AnonMap);

impl Resize for Copied {
    const IS_PLAIN: bool = false;

    fn new(len: usize) -> Self {
        Self(<AnonMap as Resize>::new(len))
    }

    fn start(&mut self) -> *mut u8 {
        self.0.as_mut_ptr()
    }

    fn resize(&mut self, len: usize) {
        let mut longer = <AnonMap as Resize>::new(len);
        let kept = len.min(self.0.len());
        longer[..kept].copy_from_slice(&self.0[..kept]);
        self.0 = longer;
    }
}
