//! talc over any source of pages.

use allocator_api2::vec::Vec as VecIn;
use baremap::alloc::adapt::TalcSource;
use baremap::alloc::{AnonPages, MapPages, PageSource};
use baremap::map::GrowMap;
use proptest::prelude::*;
use spin::Mutex;
use std::alloc::{GlobalAlloc, Layout};
use std::sync::Arc;
use talc::TalcLock;

use super::{config, ops};
use crate::model::dirty_buffer;
use crate::scene::{Op, Scene, Step};
use crate::watched::Watched;

type Heap<S> = TalcLock<Mutex<()>, TalcSource<S>>;

/// What TalcSource's documentation says of empty heaps.
const KEPT: usize = 8 << 20;
const SHORTEST: usize = 64 << 10;

fn mapped<S: PageSource>(heap: &Heap<S>) -> usize {
    heap.lock().source.mapped()
}

fn random<S: PageSource>(source: &Watched<S>, ops: &[Op]) -> Step {
    let heap: Heap<_> = TalcLock::new(TalcSource::over(source));
    let mut scene = Scene::new(&heap);
    for (index, op) in ops.iter().enumerate() {
        let refused = source.refused();
        let step = scene.apply(op).and_then(|there_was| {
            prop_assert!(there_was || source.refused() > refused, "no block, and nobody refused one");
            prop_assert_eq!(source.complaint(), None);
            prop_assert_eq!(mapped(&heap), source.mapped());
            Ok(())
        });
        step.map_err(|error| TestCaseError::fail(format!("step {index}, {op:?}: {error}")))?;
    }
    scene.verify()?;
    scene.free_all()?;
    let first = source.ranges().iter().map(|&(_, len)| len).max().unwrap_or(0);
    prop_assert!(mapped(&heap) <= KEPT + first, "{} bytes are left", mapped(&heap));
    // SAFETY: no block is left, and the allocator is gone.
    unsafe { heap.into_inner().source.release() };
    prop_assert_eq!(source.complaint(), None);
    prop_assert_eq!(source.ranges(), []);
    Ok(())
}

#[test]
fn random_operations_over_pages() {
    proptest!(config(), |(ops in ops())| random(&Watched::new(AnonPages::new(), |_| false), &ops)?);
}

#[test]
fn random_operations_over_a_buffer() {
    proptest!(config(), |(ops in ops())| {
        random(&Watched::new(&*dirty_buffer::<{ 3 << 20 }>(), |_| false), &ops)?;
    });
}

#[test]
fn random_operations_over_a_source_that_fails() {
    let refusals = prop::collection::vec(prop::bool::weighted(0.4), 1..20);
    proptest!(config(), |(ops in ops(), refusals in refusals)| {
        random(&Watched::new(AnonPages::new(), move |call| refusals[call % refusals.len()]), &ops)?;
    });
}

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, 8).unwrap()
}

#[test]
fn a_small_program_has_a_small_heap() {
    let heap: Heap<AnonPages> = TalcLock::new(TalcSource::new());
    assert_eq!(mapped(&heap), 0);
    // SAFETY: of more than no bytes, and freed as it was allocated.
    unsafe {
        let block = heap.alloc(layout(100));
        assert!(!block.is_null());
        assert_eq!(mapped(&heap), SHORTEST.max(baremap::page::size()));
        heap.dealloc(block, layout(100));
        heap.into_inner().source.release();
    }
}

#[test]
fn empty_heaps_are_given_back() {
    let pages = AnonPages::new();
    let heap: Heap<&AnonPages> = TalcLock::new(TalcSource::over(&pages));
    for size in [1 << 20, 10 << 20, 100 << 20] {
        // SAFETY: of more than no bytes, and freed as they were allocated.
        unsafe {
            let blocks: Vec<_> = (0..10).map(|_| heap.alloc(layout(size))).collect();
            assert!(blocks.iter().all(|block| !block.is_null()) && pages.mapped() >= 10 * size);
            blocks.into_iter().for_each(|block| heap.dealloc(block, layout(size)));
        }
        // The first heap is no longer than the first block takes.
        assert!(pages.mapped() <= KEPT + (4 << 20), "{size}: {} bytes are left", pages.mapped());
    }
    // SAFETY: no block is left, and the allocator is gone.
    unsafe { heap.into_inner().source.release() };
    assert_eq!(pages.mapped(), 0);
}

#[test]
fn the_end_of_a_heap_is_given_back() {
    let pages = AnonPages::new();
    let heap: Heap<&AnonPages> = TalcLock::new(TalcSource::over(&pages));
    // SAFETY: of more than no bytes, within the block, and freed as it is at last.
    unsafe {
        let block = heap.alloc(layout(100 << 20));
        block.write_bytes(7, 1000);
        let before = pages.mapped();
        assert_eq!(heap.realloc(block, layout(100 << 20), 1000), block);
        assert!(pages.mapped() < before - (90 << 20), "{} of {before} bytes are left", pages.mapped());
        assert!((0..1000).all(|index| block.add(index).read() == 7));

        // What is left of the heap is still one, to its end.
        let more: Vec<_> = (0..100).map(|_| heap.alloc(layout(40_000))).collect();
        more.iter().for_each(|block| block.write_bytes(8, 40_000));
        more.into_iter().for_each(|block| heap.dealloc(block, layout(40_000)));
        heap.dealloc(block, layout(1000));
        heap.into_inner().source.release();
    }
    assert_eq!(pages.mapped(), 0);
}

#[test]
fn out_of_memory_is_null() {
    let heap: Heap<AnonPages> = TalcLock::new(TalcSource::over(AnonPages::new().limit(1 << 20)));
    // SAFETY: of more than no bytes, and freed as they were allocated.
    unsafe {
        assert!(heap.alloc(layout(2 << 20)).is_null());
        assert!(heap.alloc(layout(isize::MAX as usize - 7)).is_null());
        let aligned = Layout::from_size_align(1, 1 << 62).unwrap();
        assert!(heap.alloc(aligned).is_null());
        let block = heap.alloc(layout(500_000));
        assert!(!block.is_null());
        heap.dealloc(block, layout(500_000));
        heap.into_inner().source.release();
    }
}

/// Sources can be exchanged in safe code: then a heap stays with who made it.
#[test]
fn sources_that_are_exchanged_do_no_harm() {
    let (one, other) = (Watched::new(AnonPages::new(), |_| false), Watched::new(AnonPages::new(), |_| false));
    let heaps: [Heap<_>; 2] = [&one, &other].map(|source| TalcLock::new(TalcSource::over(source)));
    let long = layout(10 << 20);
    // SAFETY: of more than no bytes, and freed as they were allocated.
    unsafe {
        let blocks = [0, 1].map(|index| [0; 4].map(|_| heaps[index].alloc(long)));
        std::mem::swap(&mut heaps[0].lock().source, &mut heaps[1].lock().source);
        for (heap, blocks) in heaps.iter().zip(blocks) {
            let more = [0; 4].map(|_| heap.alloc(long));
            blocks.into_iter().chain(more).for_each(|block| {
                block.write_bytes(7, 10 << 20);
                heap.dealloc(block, long);
            });
        }
        for heap in heaps {
            heap.into_inner().source.release();
        }
    }
    for source in [one, other] {
        assert_eq!((source.complaint(), source.ranges()), (None, Vec::new()));
    }
}

/// A map that goes when it is dropped, and with it all ranges.
fn own_map() -> Heap<MapPages<GrowMap>> {
    let map = GrowMap::new(1 << 30).unwrap();
    TalcLock::new(TalcSource::over(MapPages::new(map).unwrap()))
}

#[test]
fn blocks_outlast_a_source_that_is_replaced() {
    let heap = own_map();
    let mut values = VecIn::new_in(&heap);
    values.extend_from_slice(&[1_u64; 1000]);
    heap.lock().source = own_map().into_inner().source;
    assert_eq!(values.iter().sum::<u64>(), 1000);
    values.extend_from_slice(&[2; 100_000]);
    assert_eq!(values.iter().sum::<u64>(), 201_000);
}

#[test]
fn blocks_outlast_a_heap_that_has_their_source() {
    let heap = own_map();
    let mut values = VecIn::new_in(&heap);
    values.extend_from_slice(&[1_u64; 1000]);
    {
        let other = own_map();
        std::mem::swap(&mut heap.lock().source, &mut other.lock().source);
    }
    assert_eq!(values.iter().sum::<u64>(), 1000);
}

#[test]
fn only_release_drops_the_pages() {
    let alive = Arc::new(());
    let source = || {
        let alive = Arc::clone(&alive);
        TalcSource::over(Watched::new(AnonPages::new(), move |_| Arc::strong_count(&alive) == 0))
    };
    let _ = source();
    assert_eq!(Arc::strong_count(&alive), 2);
    // SAFETY: it has no heap.
    unsafe { source().release() };
    assert_eq!(Arc::strong_count(&alive), 2);
}
