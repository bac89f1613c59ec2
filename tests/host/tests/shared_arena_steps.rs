//! The lock-free part of `SharedArena`, in every order of two or three threads that the memory model allows: loom tries
//! them all. Its own source file is compiled here once more, on loom's atomics.
//!
//! Blocks are offsets: nothing lies there.

#![allow(dead_code, unreachable_pub, reason = "of the crate's file, not all is used here")]

#[path = "../../../src/alloc/shared/header.rs"]
mod header;

use header::{Header, Refusal};
use loom::cell::UnsafeCell;
use loom::sync::atomic::AtomicU64;
use std::alloc::Layout;
use std::rc::Rc;

/// The atomics of `header`.
mod atomic {
    pub(super) use loom::sync::atomic::AtomicU64;
}

/// Where the arena would begin, and the bytes before its first block.
const START: usize = 1 << 20;
const HEADER: usize = 256;
const UNIT: usize = 8;

/// An arena with room for so many blocks of eight bytes, and what is written to them.
struct World {
    header: Header,
    size: usize,
    cells: Vec<UnsafeCell<()>>,
    /// What is written to the first block, by threads that come one after the other.
    word: AtomicU64,
}

impl World {
    fn new(units: usize) -> Rc<World> {
        let cells = (0..units).map(|_| UnsafeCell::new(())).collect();
        let (header, word) = (Header::default(), AtomicU64::new(0));
        Rc::new(World { header, size: HEADER + units * UNIT, cells, word })
    }

    /// Cuts a block off and writes to all of it. If anybody else may do so at the same time, loom says so.
    fn cut(&self, units: usize, align: usize) -> Option<usize> {
        let layout = Layout::from_size_align(units * UNIT, align).unwrap();
        let block = self.header.cut(START, self.size, layout)?;
        assert!(block >= HEADER && block.is_multiple_of(align) && block + units * UNIT <= self.size);
        let first = (block - HEADER) / UNIT;
        for cell in &self.cells[first..first + units] {
            cell.with_mut(|_| ());
        }
        Some(block)
    }
}

/// Runs threads in every order, and then looks at the arena.
fn check(units: usize, threads: &[fn(&World)], after: fn(&World)) {
    let threads = threads.to_vec();
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(move || {
        let world = World::new(units);
        let start = |&run: &fn(&World)| {
            let world = world.clone();
            loom::thread::spawn(move || run(&world))
        };
        for running in threads.iter().map(start).collect::<Vec<_>>() {
            running.join().unwrap();
        }
        after(&world);
    });
}

#[test]
fn blocks_of_two_lie_apart() {
    let cut = |world: &World| {
        assert!(world.cut(1, 8).is_some());
        assert!(world.cut(2, 16).is_some());
    };
    check(16, &[cut, cut], |world| assert!(world.header.used(world.size) >= HEADER + 6 * UNIT));
}

#[test]
fn blocks_of_three_lie_apart() {
    let cut = |world: &World| assert!(world.cut(1, 8).is_some());
    check(8, &[cut, cut, cut], |world| assert_eq!(world.header.used(world.size), HEADER + 3 * UNIT));
}

#[test]
fn the_last_block_is_given_once() {
    let cut = |world: &World| {
        if world.cut(2, 8).is_none() {
            assert!(world.header.used(world.size) > HEADER);
        }
    };
    check(3, &[cut, cut], |world| {
        assert_eq!(world.header.used(world.size), HEADER + 2 * UNIT);
        assert!(world.cut(1, 8).is_some() && world.cut(1, 8).is_none());
    });
}

#[test]
fn one_of_two_creates() {
    let create = |world: &World| match world.header.create(world.size as u64) {
        Ok(()) => world.cells[0].with_mut(|_| ()),
        Err(refusal) => assert_eq!(refusal, Refusal::Exists),
    };
    check(1, &[create, create], |world| assert_eq!(world.header.open(world.size as u64), Ok(())));
}

#[test]
fn who_finds_the_label_finds_the_size() {
    fn create(world: &World) {
        let _ = world.header.create(world.size as u64);
    }
    let open = |world: &World| match world.header.open(world.size as u64) {
        Ok(()) => {}
        Err(refusal) => assert_eq!(refusal, Refusal::NoArena),
    };
    check(1, &[create, open], |world| assert_eq!(world.header.open(7), Err(Refusal::Size(264))));
    check(1, &[create, create, open], |_| {});
}

#[test]
fn of_two_sizes_one_is_the_arenas() {
    const ONE: u64 = 512;
    const OTHER: u64 = 1000;
    fn one(world: &World) {
        make(world, ONE, OTHER);
    }
    fn other(world: &World) {
        make(world, OTHER, ONE);
    }
    fn make(world: &World, size: u64, not: u64) {
        match world.header.create(size) {
            Ok(()) => assert_eq!(world.header.open(size), Ok(())),
            Err(Refusal::Exists) => assert_eq!(world.header.open(not), Ok(())),
            Err(refusal) => assert_eq!(refusal, Refusal::Size(not)),
        }
    }
    check(1, &[one, other], |world| {
        let opened = [ONE, OTHER].map(|size| world.header.open(size).is_ok());
        assert!(opened[0] != opened[1]);
    });
}

#[test]
fn what_was_stored_before_the_arena_was_emptied_is_over() {
    use std::sync::atomic::Ordering::Relaxed;
    /// The first thing that anybody does is one block; a second one comes when the arena is emptied.
    fn fill_and_empty(world: &World) {
        world.word.store(1, Relaxed);
        world.header.reset();
    }
    fn cut(world: &World) {
        let layout = Layout::new::<u64>();
        if let Some(HEADER) = world.header.cut(START, world.size, layout) {
            world.word.store(2, Relaxed);
        }
    }
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let world = World::new(1);
        // Full until it is emptied.
        assert!(world.cut(1, 8).is_some());
        let start = |run: fn(&World)| {
            let world = world.clone();
            loom::thread::spawn(move || run(&world))
        };
        for running in [start(fill_and_empty), start(cut)] {
            running.join().unwrap();
        }
        let was_cut = world.header.used(world.size) > HEADER;
        assert_eq!(world.word.load(Relaxed), if was_cut { 2 } else { 1 });
    });
}
