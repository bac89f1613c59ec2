//! A thread, and a signal's handler that allocates too: at every step of the one, each thing that the other may do.

#![allow(dead_code, unreachable_pub, reason = "of the crate's files, not all is used here")]

#[path = "../../../../src/alloc/bump.rs"]
mod bump;
#[path = "../../../../src/alloc/shard.rs"]
mod shard;

use crate::addresses::{Addresses, GRANULE, layout, move_block};
use baremap::alloc::{AnonPages, PageSource};
use bump::Bump;
use std::alloc::GlobalAlloc;
use std::cell::{Cell, RefCell};
use thread::Ids;

/// The atomics of `shard`: before each, the handler may come. None of them can be interrupted itself.
mod atomic {
    use std::sync::atomic::{self, Ordering};

    pub(super) struct AtomicUsize(atomic::AtomicUsize);

    impl AtomicUsize {
        pub(super) const fn new(value: usize) -> Self {
            Self(atomic::AtomicUsize::new(value))
        }

        pub(super) fn load(&self, order: Ordering) -> usize {
            super::step();
            self.0.load(order)
        }

        pub(super) fn store(&self, value: usize, order: Ordering) {
            super::step();
            self.0.store(value, order);
        }

        pub(super) fn compare_exchange(
            &self,
            old: usize,
            new: usize,
            success: Ordering,
            failure: Ordering,
        ) -> Result<usize, usize> {
            super::step();
            self.0.compare_exchange(old, new, success, failure)
        }
    }

    /// The handler comes between any two accesses as they are written.
    pub(super) fn compiler_fence(_: Ordering) {}
}

/// The one thread's number.
mod thread {
    use std::cell::Cell;

    thread_local! {
        pub(super) static ID: Cell<usize> = const { Cell::new(Ids::NONE) };
    }

    pub(super) struct Ids;

    impl Ids {
        pub(super) const NONE: usize = 1;

        pub(super) const fn new() -> Self {
            Self
        }

        pub(super) fn of_this_thread(&self) -> usize {
            super::step();
            ID.get()
        }

        pub(super) fn of_this_stack() -> usize {
            0
        }

        pub(super) fn find(&self) {
            super::step();
        }
    }
}

thread_local! {
    /// Steps before the handler comes.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    static HANDLER: RefCell<Option<Box<dyn Fn()>>> = const { RefCell::new(None) };
}

/// A moment at which the handler may come. It does not interrupt itself.
fn step() {
    match LEFT.get() {
        Some(0) => {
            LEFT.set(None);
            HANDLER.with_borrow(|handler| handler.as_ref().expect("it is set before the steps are")());
        }
        left => LEFT.set(left.map(|left| left - 1)),
    }
}

/// An allocator and the blocks that live in it.
struct World {
    heap: Bump<&'static Addresses>,
    source: &'static Addresses,
    /// Starts and ends.
    blocks: RefCell<Vec<(usize, usize)>>,
}

impl World {
    fn new() -> Self {
        let source: &Addresses = Box::leak(Box::new(Addresses::new(step)));
        Self { heap: Bump::over(source), source, blocks: RefCell::default() }
    }

    fn add(&self, block: *mut u8, size: usize) -> *mut u8 {
        let (start, end) = (block.addr(), block.addr() + size);
        assert_ne!(start, 0);
        let mut blocks = self.blocks.borrow_mut();
        assert!(blocks.iter().all(|&(other, other_end)| end <= other || other_end <= start), "they overlap");
        blocks.push((start, end));
        block
    }

    /// Before a block goes: who comes after that may have it.
    fn remove(&self, block: *mut u8) {
        self.blocks.borrow_mut().retain(|&(start, _)| start != block.addr());
    }

    fn alloc(&self, size: usize) -> *mut u8 {
        // SAFETY: a layout of more than no bytes.
        let block = unsafe { self.heap.alloc(layout(size)) };
        self.add(block, size)
    }

    fn free(&self, block: *mut u8, size: usize) {
        self.remove(block);
        // SAFETY: the block has this size, and nobody uses it any more.
        unsafe { self.heap.dealloc(block, layout(size)) };
    }

    fn resize(&self, block: *mut u8, old: usize, new: usize) -> *mut u8 {
        // What stays of it is the thread's all the time, unless it moves: that is seen by what the handler gets.
        // SAFETY: the block has this size.
        let moved = unsafe { self.heap.realloc(block, layout(old), new) };
        self.remove(block);
        self.add(moved, new)
    }
}

type Scene = fn(&World);

/// What a thread does, and what a handler does too.
const SCENES: [Scene; 6] = [
    |world| {
        world.alloc(16);
    },
    |world| world.free(world.alloc(100), 100),
    |world| {
        let (one, two) = (world.alloc(24), world.alloc(40));
        world.free(two, 40);
        world.alloc(8);
        world.free(one, 24);
    },
    |world| {
        let block = world.resize(world.alloc(16), 16, 200);
        let block = world.resize(block, 200, 64);
        world.alloc(8);
        world.resize(block, 64, 300);
    },
    // More than is left of a first chunk.
    |world| {
        world.alloc(3 * GRANULE);
        world.alloc(3 * GRANULE);
    },
    |world| world.free(world.alloc(1 << 20), 1 << 20),
];

/// Runs the scene with the handler at one moment. Whether it came to that moment.
fn interrupt(id: usize, warm: bool, scene: Scene, handler: Scene, moment: usize) -> bool {
    thread::ID.set(id);
    let world: &World = Box::leak(Box::new(World::new()));
    if warm {
        world.alloc(8);
    }
    HANDLER.set(Some(Box::new(move || handler(world))));
    LEFT.set(Some(moment));
    scene(world);
    let came = LEFT.replace(None).is_none();
    // The allocator goes on.
    world.alloc(32);
    let large = world.source.ranges() - world.heap.usage().chunks;
    assert_eq!(large, 0, "a range was lost");
    came
}

#[test]
fn a_handler_at_every_step() {
    for id in [Ids::NONE, 0x1001] {
        for (number, scene) in SCENES.into_iter().enumerate() {
            for handler in SCENES {
                for warm in [false, true] {
                    let moments = (0..).take_while(|&at| interrupt(id, warm, scene, handler, at)).count();
                    assert!(moments >= 1, "scene {number} has no step");
                }
            }
        }
    }
}
