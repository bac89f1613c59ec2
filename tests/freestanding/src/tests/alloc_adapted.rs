use crate::harness::tests;
use crate::support::blocks::Blocks;
use crate::support::child;
use allocator_api2::alloc::Allocator;
use baremap::alloc::adapt::{LockedDlmalloc, TalcSource};
use baremap::alloc::{AnonPages, Arena, Bump};
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{self, NonNull};
use spin::Mutex;
use talc::TalcLock;

/// Few: blocks are long, and an emulator fills them slowly.
const OPERATIONS: usize = 300;

/// The trait of both versions, driven by the methods of the other.
macro_rules! by_the_trait {
    ($name:ident, $version:ident) => {
        struct $name<A>(A);

        // SAFETY: the trait's own promises.
        unsafe impl<A: $version::alloc::Allocator> GlobalAlloc for $name<A> {
            unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
                start(self.0.allocate(layout).ok())
            }

            unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
                start(self.0.allocate_zeroed(layout).ok())
            }

            unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
                // SAFETY: passed on to the caller; a block is not null.
                unsafe { self.0.deallocate(NonNull::new_unchecked(block), layout) }
            }

            unsafe fn realloc(&self, block: *mut u8, old: Layout, new_size: usize) -> *mut u8 {
                // SAFETY: passed on to the caller; a block is not null.
                unsafe {
                    let new = Layout::from_size_align_unchecked(new_size, old.align());
                    let block = NonNull::new_unchecked(block);
                    let resized = if new_size < old.size() {
                        self.0.shrink(block, old, new)
                    } else {
                        self.0.grow(block, old, new)
                    };
                    start(resized.ok())
                }
            }
        }
    };
}

by_the_trait!(By04, allocator_api2);
by_the_trait!(By02, allocator_api2_02);

fn start(block: Option<NonNull<[u8]>>) -> *mut u8 {
    block.map_or(ptr::null_mut(), |block| block.cast().as_ptr())
}

/// Random operations, that all succeed, and after which all is freed.
fn operate(heap: &impl GlobalAlloc, seed: u64) {
    let mut blocks = Blocks::new(heap, seed);
    blocks.run(OPERATIONS);
    blocks.free_all();
    assert_eq!(blocks.refused, 0);
}

/// More than all blocks take that live at once.
const MUCH: Layout = Layout::new::<[u8; 64 << 20]>();

tests! {
    fn talc_over_pages() {
        for seed in 1..=2 {
            let pages = AnonPages::new();
            let heap: TalcLock<Mutex<()>, _> = TalcLock::new(TalcSource::over(&pages));
            operate(&heap, seed);
            assert_eq!(pages.mapped(), heap.lock().source.mapped());
            // SAFETY: of more than no bytes, and freed as it was allocated; then the allocator goes, and no block is left.
            unsafe {
                let block = heap.alloc(MUCH);
                assert!(pages.mapped() >= MUCH.size());
                heap.dealloc(block, MUCH);
                assert!(pages.mapped() < MUCH.size(), "{} bytes are left", pages.mapped());
                heap.into_inner().source.release();
            }
            assert_eq!(pages.mapped(), 0);
        }
    }

    fn dlmalloc_over_pages() {
        for seed in 1..=2 {
            // SAFETY: it stays where it is until it goes.
            let heap = unsafe { LockedDlmalloc::over(AnonPages::new()) };
            operate(&heap, seed);
            // SAFETY: what is free goes, and then the allocator, of which no block is left.
            unsafe {
                heap.lock().trim(0);
                let mapped = heap.lock().allocator().pages().mapped();
                // The first segment stays: as much as the first block took, in steps of 64 KiB.
                assert!(mapped <= 1 << 20, "{mapped} bytes are left");
                assert_eq!(heap.destroy(), mapped);
            }
        }
    }

    fn pages_by_the_trait() {
        for seed in 1..=2 {
            let pages = AnonPages::new();
            operate(&By04(&pages), seed);
            operate(&By02(&pages), seed);
            assert_eq!(pages.mapped(), 0);
        }
    }

    fn bump_by_the_trait() {
        child::check(|| {
            let heap = Bump::new();
            operate(&By04(&heap), 1);
            operate(&By02(&heap), 2);
        });
    }

    fn an_arena_by_the_trait() {
        let pages = AnonPages::new();
        let mut arena = Arena::over(&pages);
        operate(&By04(&arena), 1);
        arena.reset();
        operate(&By02(&arena), 2);
        drop(arena);
        assert_eq!(pages.mapped(), 0);
    }

    fn what_a_block_gains_is_zero() {
        let pages = AnonPages::new();
        let page = baremap::page::size();
        let layout = |size| Layout::from_size_align(size, 1).expect("short");
        // SAFETY: the block has the size that it was last given.
        unsafe {
            let block = Allocator::allocate(&pages, layout(3 * page)).expect("there is memory").cast::<u8>();
            block.write_bytes(7, 3 * page);
            // What is left of the page behind its end is not zero now.
            let block = Allocator::shrink(&pages, block, layout(3 * page), layout(page + 10));
            let block = block.expect("there is memory").cast::<u8>();
            let block = Allocator::grow_zeroed(&pages, block, layout(page + 10), layout(9 * page));
            let block = block.expect("there is memory").cast::<u8>();
            assert!((0..page + 10).all(|index| block.add(index).read() == 7));
            assert!((page + 10..9 * page).all(|index| block.add(index).read() == 0));
            Allocator::deallocate(&pages, block, layout(9 * page));
        }
        assert_eq!(pages.mapped(), 0);
    }
}
