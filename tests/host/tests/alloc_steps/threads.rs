//! Two and three threads, in every order that the memory model allows: loom tries them all.

#![allow(dead_code, unreachable_pub, reason = "of the crate's files, not all is used here")]

#[path = "../../../../src/alloc/bump.rs"]
mod bump;
#[path = "../../../../src/alloc/shard.rs"]
mod shard;

use crate::addresses::{Addresses, BASE, GRANULE, layout, move_block};
use baremap::alloc::{AnonPages, PageSource};
use bump::{Bump, OWN, hash};
use loom::cell::UnsafeCell;
use std::alloc::GlobalAlloc;
use std::ptr;
use std::rc::Rc;

/// The atomics of `shard`.
mod atomic {
    use loom::sync::atomic as checked;
    use std::cell::{OnceCell, RefCell};
    use std::mem::ManuallyDrop;
    use std::sync::atomic::Ordering;

    /// One that becomes one of loom's when it is first used: most shards never are. It is not dropped, as nothing is in the
    /// constant function that makes it.
    pub(super) struct AtomicUsize(ManuallyDrop<OnceCell<checked::AtomicUsize>>);

    // SAFETY: loom's threads are one thread of the system, in turns.
    unsafe impl Sync for AtomicUsize {}

    thread_local! {
        static FRESH: RefCell<Vec<checked::AtomicUsize>> = const { RefCell::new(Vec::new()) };
    }

    /// Makes as many of loom's as a test uses. What a thread made, loom would not let another have without an order between
    /// the two.
    pub(super) fn prepare() {
        FRESH.set((0..8).map(|_| checked::AtomicUsize::new(0)).collect());
    }

    impl AtomicUsize {
        pub(super) const fn new(value: usize) -> Self {
            assert!(value == 0, "as all of a shard is");
            Self(ManuallyDrop::new(OnceCell::new()))
        }

        fn get(&self) -> &checked::AtomicUsize {
            let fresh = || FRESH.with_borrow_mut(Vec::pop).unwrap_or_else(|| checked::AtomicUsize::new(0));
            self.0.get_or_init(fresh)
        }

        pub(super) fn load(&self, order: Ordering) -> usize {
            self.get().load(order)
        }

        pub(super) fn store(&self, value: usize, order: Ordering) {
            self.get().store(value, order);
        }

        pub(super) fn compare_exchange(
            &self,
            old: usize,
            new: usize,
            success: Ordering,
            failure: Ordering,
        ) -> Result<usize, usize> {
            self.get().compare_exchange(old, new, success, failure)
        }
    }

    /// For signals' handlers, of which there are none here.
    pub(super) fn compiler_fence(_: Ordering) {}
}

/// Threads' numbers: those that a test gives them.
mod thread {
    use std::cell::Cell;

    loom::thread_local! {
        pub(super) static ID: Cell<usize> = Cell::new(Ids::NONE);
    }

    pub(super) struct Ids;

    impl Ids {
        pub(super) const NONE: usize = 1;

        pub(super) const fn new() -> Self {
            Self
        }

        pub(super) fn of_this_thread(&self) -> usize {
            ID.with(Cell::get)
        }

        /// All threads that have no shard of their own share one.
        pub(super) fn of_this_stack() -> usize {
            0
        }

        pub(super) fn find(&self) {}
    }
}

use thread::Ids;

/// An allocator that threads share, and what is written to its blocks: a cell for each granule.
struct World {
    heap: Box<Bump<&'static Addresses>>,
    source: &'static Addresses,
    cells: Vec<UnsafeCell<()>>,
}

impl World {
    fn new() -> Rc<World> {
        let source: &Addresses = Box::leak(Box::new(Addresses::new(|| ())));
        // As many granules as the first three chunks have, and what lies between them.
        let cells = (0..256).map(|_| UnsafeCell::new(())).collect();
        atomic::prepare();
        // On a stack that is long enough: loom's are short.
        let heap = std::thread::spawn(move || Box::new(Bump::over(source))).join().unwrap();
        Rc::new(World { heap, source, cells })
    }

    /// Writes to all of a block. If anybody else may do so at the same time, or did so before and may not have ended yet,
    /// loom says so.
    fn write(&self, block: *mut u8, granules: usize) {
        assert!(!block.is_null());
        let first = (block.addr() - BASE) / GRANULE;
        for cell in &self.cells[first..first + granules] {
            cell.with_mut(|_| ());
        }
    }

    fn alloc(&self, granules: usize) -> *mut u8 {
        // SAFETY: a layout of more than no bytes.
        let block = unsafe { self.heap.alloc(layout(granules * GRANULE)) };
        self.write(block, granules);
        block
    }

    fn resize(&self, block: *mut u8, old: usize, new: usize) -> *mut u8 {
        // SAFETY: the block has `old` granules.
        let block = unsafe { self.heap.realloc(block, layout(old * GRANULE), new * GRANULE) };
        self.write(block, new);
        block
    }

    fn free(&self, block: *mut u8, granules: usize) {
        self.write(block, granules);
        // SAFETY: the block has so many granules, and nobody uses it any more.
        unsafe { self.heap.dealloc(block, layout(granules * GRANULE)) };
    }
}

/// What a thread does.
type Run = fn(&World);

/// Runs threads with these numbers, each with what it does, in every order that preempts them so often; more takes hours.
fn check(threads: &[(usize, Run)]) {
    let threads = threads.to_vec();
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(if threads.len() > 2 { 1 } else { 2 });
    model.check(move || {
        let world = World::new();
        let start = |&(id, run): &(usize, Run)| {
            let world = world.clone();
            loom::thread::spawn(move || {
                thread::ID.with(|own| own.set(id));
                run(&world);
            })
        };
        for running in threads.iter().map(start).collect::<Vec<_>>() {
            running.join().unwrap();
        }
        assert_eq!(world.source.ranges(), world.heap.usage().chunks, "a chunk was lost");
    });
}

/// Another number whose shard is the same.
fn colliding(id: usize) -> usize {
    let other = (id + 2..).step_by(2).find(|&other| hash(other, OWN) == hash(id, OWN));
    other.expect("there are more numbers than shards")
}

const A: usize = 0x1001;
const B: usize = 0x2001;
/// For threads without a number.
const N: usize = Ids::NONE;

fn cut(world: &World) {
    let one = world.alloc(1);
    let two = world.alloc(1);
    world.write(one, 1);
    world.write(two, 1);
}

fn cut_and_give_back(world: &World) {
    let one = world.alloc(1);
    world.free(one, 1);
    let two = world.alloc(1);
    world.write(two, 1);
}

fn grow_and_shrink(world: &World) {
    let one = world.alloc(1);
    let two = world.resize(one, 1, 2);
    world.resize(two, 2, 1);
}

/// Two of the first chunk's four granules are too many: it gives at most three.
fn replace(world: &World) {
    let one = world.alloc(2);
    let two = world.alloc(2);
    world.write(one, 2);
    world.write(two, 2);
}

fn cut_once(world: &World) {
    world.alloc(2);
}

#[test]
fn without_numbers_two_cut() {
    check(&[(N, cut), (N, cut)]);
}

#[test]
fn without_numbers_two_cut_and_give_back() {
    check(&[(N, cut_and_give_back), (N, cut_and_give_back)]);
}

#[test]
fn without_numbers_one_resizes_what_is_last() {
    check(&[(N, grow_and_shrink), (N, cut)]);
    check(&[(N, grow_and_shrink), (N, cut_and_give_back)]);
}

#[test]
fn without_numbers_two_replace_the_chunk() {
    check(&[(N, replace), (N, replace)]);
}

#[test]
fn without_numbers_three_begin() {
    check(&[(N, cut_once), (N, cut_once), (N, cut_once)]);
}

#[test]
fn with_numbers_each_has_a_shard() {
    assert_ne!(hash(A, OWN), hash(B, OWN));
    check(&[(A, cut_and_give_back), (B, cut_and_give_back)]);
}

#[test]
fn one_of_two_claims_a_shard() {
    check(&[(A, cut_once), (colliding(A), cut_once)]);
}

#[test]
fn one_claims_a_shard_and_one_without_a_number_shares() {
    check(&[(A, cut_and_give_back), (N, cut_and_give_back)]);
}

#[test]
fn who_has_a_shard_replaces_its_chunk() {
    check(&[(A, replace), (colliding(A), cut_once)]);
}

// What one thread left, the next one with its number goes on with.
#[test]
fn a_number_comes_again() {
    loom::model(|| {
        let world = World::new();
        for _ in 0..2 {
            let world = world.clone();
            let running = loom::thread::spawn(move || {
                thread::ID.with(|own| own.set(A));
                cut_and_give_back(&world);
            });
            running.join().unwrap();
        }
        assert_eq!(world.heap.usage().chunks, 1);
    });
}

// A block may be freed by another thread than the one that it was allocated by.
#[test]
fn another_thread_frees() {
    for (first, second) in [(N, N), (A, N), (A, B), (A, colliding(A))] {
        loom::model(move || {
            let world = World::new();
            thread::ID.with(|own| own.set(first));
            let block = world.alloc(1);
            let address = block.expose_provenance();
            let other = {
                let world = world.clone();
                loom::thread::spawn(move || {
                    thread::ID.with(|own| own.set(second));
                    world.free(ptr::with_exposed_provenance_mut(address), 1);
                    cut_once(&world);
                })
            };
            cut_once(&world);
            other.join().unwrap();
        });
    }
}
