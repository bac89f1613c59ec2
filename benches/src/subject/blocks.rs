//! Blocks, and nothing else.

use std::alloc::Layout;
use std::hint::{black_box, spin_loop};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Instant;

use super::Heap;
use super::clock::Clock;

/// How large blocks are: all the same, or from 8 to 512 bytes in no order.
#[derive(Clone, Copy)]
pub enum Sizes {
    /// So many bytes each.
    Fixed(usize),
    /// From 8 to 512 bytes, each as often as any other.
    Mixed,
}

/// Sizes before they repeat: few beside a first-level cache, many for a branch predictor.
const TABLE: usize = 1024;
/// Blocks that live at once.
const BLOCKS: usize = 1000;
/// Times that a process measures; the best of them counts.
const BATCHES: usize = 25;
/// Pairs in one of these: a fraction of a time slice.
const PAIRS: usize = 20_000;
/// Bytes of all blocks in one of these: a fraction of a time slice, too, where they are used again.
const BATCH: usize = 1 << 20;
/// Where they may not be: as much as Bump's largest chunk and two huge pages, so that even the best batch pays for new memory.
const NEW_BATCH: usize = 4 << 20;
/// Times that a process measures such a batch.
const NEW_BATCHES: usize = 10;
/// Times that it measures blocks of so many bytes that they leave the caches; the first is in new memory.
const WARM_BATCHES: usize = 4;

impl Sizes {
    /// `mixed`, or a number of bytes.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text == "mixed" { Self::Mixed } else { Self::Fixed(super::parse(text)) }
    }

    /// Layouts in the order in which they are asked for.
    #[must_use]
    pub fn layouts(self) -> Vec<Layout> {
        let mut state = 1_u64;
        let mut size = || match self {
            Self::Fixed(size) => size,
            Self::Mixed => {
                // Knuth's generator; its upper bits are the better ones.
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                8 + (state >> 33) as usize % 505
            }
        };
        (0..TABLE).map(|_| Layout::from_size_align(size(), 8).expect("they are small")).collect()
    }
}

/// Nanoseconds a block that is allocated, written to and freed at once.
pub(super) fn pair(heap: &impl Heap, sizes: Sizes, threads: usize) -> f64 {
    let layouts = sizes.layouts();
    best(threads, BATCHES, PAIRS, || {
        for layout in layouts.iter().cycle().take(PAIRS) {
            let block = black_box(heap.alloc(*layout));
            // SAFETY: a block of at least 8 bytes, which is freed as it was allocated.
            unsafe {
                block.cast::<u64>().write(1);
                heap.free(black_box(block), *layout);
            }
        }
    })
}

/// Nanoseconds a block of which [`BLOCKS`] are allocated, written to, and freed: the last first, or the first first.
pub(super) fn many(heap: &impl Heap, sizes: Sizes, threads: usize, last_first: bool) -> f64 {
    let layouts = &sizes.layouts()[..BLOCKS];
    let bytes: usize = layouts.iter().map(Layout::size).sum();
    let (batches, batch) = if last_first { (BATCHES, BATCH) } else { (NEW_BATCHES, NEW_BATCH) };
    let passes = batch.div_ceil(bytes) + 1;
    best(threads, batches, passes * BLOCKS, || {
        let mut blocks = [ptr::null_mut(); BLOCKS];
        for _ in 0..passes {
            take(heap, &mut blocks, layouts);
            give(heap, &blocks, layouts, last_first);
        }
    })
}

/// Nanoseconds a block of which [`BLOCKS`] are allocated and written to; they are freed beside the clock.
pub(super) fn alone(heap: &impl Heap, sizes: Sizes) -> f64 {
    let layouts = &sizes.layouts()[..BLOCKS];
    let mut blocks = [ptr::null_mut(); BLOCKS];
    let times = (0..8 * BATCHES).map(|_| {
        let start = Instant::now();
        take(heap, &mut blocks, layouts);
        let time = start.elapsed();
        give(heap, &blocks, layouts, true);
        time
    });
    times.min().expect("there are rounds").as_nanos() as f64 / BLOCKS as f64
}

fn take(heap: &impl Heap, blocks: &mut [*mut u8], layouts: &[Layout]) {
    for (block, layout) in blocks.iter_mut().zip(layouts) {
        *block = heap.alloc(*layout);
        // SAFETY: a block of at least 8 bytes.
        unsafe { block.cast::<u64>().write(1) };
    }
    black_box(blocks);
}

fn give(heap: &impl Heap, blocks: &[*mut u8], layouts: &[Layout], last_first: bool) {
    let free = |(block, layout): (&*mut u8, &Layout)| {
        // SAFETY: `take` has allocated them, with these layouts.
        unsafe { heap.free(*block, *layout) };
    };
    if last_first {
        blocks.iter().zip(layouts).rev().for_each(free);
    } else {
        blocks.iter().zip(layouts).for_each(free);
    }
}

/// Nanoseconds a block of memory that this process has had before and that lies in no cache near the processor: `len` bytes of
/// blocks are allocated, written to, and freed, the last first, more than once.
pub(super) fn warm(heap: &impl Heap, sizes: Sizes, len: usize, threads: usize) -> f64 {
    let layouts = sizes.layouts();
    let layouts: Vec<_> = until(&layouts, len / threads).copied().collect();
    best(threads, WARM_BATCHES, layouts.len(), || {
        // Each block has the address of the one before: a list of them would be memory too.
        let last = layouts.iter().fold(ptr::null_mut(), |last: *mut u8, layout| {
            let block = heap.alloc(*layout);
            // SAFETY: a block of at least 8 bytes.
            unsafe { block.cast::<*mut u8>().write(last) };
            block
        });
        let first = layouts.iter().rev().fold(last, |block, layout| {
            // SAFETY: allocated above, with this layout, and freed once.
            unsafe {
                let before = block.cast::<*mut u8>().read();
                heap.free(block, *layout);
                before
            }
        });
        assert!(first.is_null(), "all are freed");
    })
}

/// Nanoseconds a block, until there are `len` bytes of them, all written, in memory that this process never had.
pub(super) fn touch(mut alloc: impl FnMut(Layout) -> *mut u8, sizes: Sizes, len: usize) -> f64 {
    let layouts = sizes.layouts();
    let start = Clock::start();
    let blocks = fill(&mut alloc, &layouts, len);
    start.nanoseconds() / blocks as f64
}

/// The same, by several threads, of which each has its part.
pub(super) fn touch_by_threads(heap: &impl Heap, sizes: Sizes, len: usize, threads: usize) -> f64 {
    let layouts = sizes.layouts();
    let start = Clock::start();
    let blocks: usize = thread::scope(|scope| {
        let work = || fill(&mut |layout| heap.alloc(layout), &layouts, len / threads);
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().expect("no task panics")).sum()
    });
    start.nanoseconds() / blocks as f64
}

/// Nanoseconds a block, until there are `len` bytes of them, of which the first byte is written.
pub(super) fn reach(mut alloc: impl FnMut(Layout) -> *mut u8, sizes: Sizes, len: usize) -> f64 {
    let layouts = sizes.layouts();
    let start = Clock::start();
    let blocks = until(&layouts, len).map(|layout| {
        // SAFETY: no block is empty.
        unsafe { black_box(alloc(*layout)).write(1) };
    });
    let blocks = blocks.count();
    start.nanoseconds() / blocks as f64
}

/// Allocates blocks of `len` bytes in all, and writes to all of them. How many there are.
fn fill(alloc: &mut impl FnMut(Layout) -> *mut u8, layouts: &[Layout], len: usize) -> usize {
    let blocks = until(layouts, len).map(|layout| {
        let block = alloc(*layout);
        // SAFETY: it has that many bytes.
        unsafe { block.write_bytes(1, layout.size()) };
        black_box(block);
    });
    blocks.count()
}

/// Layouts, over and over, until there are `len` bytes.
fn until(layouts: &[Layout], len: usize) -> impl Iterator<Item = &Layout> {
    let mut bytes = 0;
    layouts.iter().cycle().take_while(move |layout| {
        let goes_on = bytes < len;
        bytes += layout.size();
        goes_on
    })
}

/// The best time for one of `things` that a batch does, in which all threads have their batch at the same time.
fn best(threads: usize, batches: usize, things: usize, batch: impl Fn() + Sync) -> f64 {
    let (arrived, batch) = (&AtomicUsize::new(0), &batch);
    let times = thread::scope(|scope| {
        let work = move || {
            let mut times = Vec::with_capacity(batches);
            for round in 1..=batches {
                // Nobody waits in the kernel, so that all start within a cache line's way.
                arrived.fetch_add(1, SeqCst);
                while arrived.load(SeqCst) < round * threads {
                    spin_loop();
                }
                let start = Instant::now();
                batch();
                times.push(start.elapsed().as_nanos());
            }
            times
        };
        let workers: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut times = vec![work()];
        times.extend(workers.into_iter().map(|worker| worker.join().expect("no task panics")));
        times
    });
    let slowest = |round: usize| times.iter().map(|times| times[round]).max();
    (0..batches).filter_map(slowest).min().expect("there are rounds") as f64 / things as f64
}
