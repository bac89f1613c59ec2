//! Random operations, against the model, over every kind of source.

use baremap::alloc::{AnonPages, Buffer, Bump, PageSource};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::alloc::Layout;

use super::scene::{Op, Scene, Step, op};
use super::watched::Watched;

/// Blocks that are larger or aligned to more have a range of their own: what Bump's documentation says.
const LARGE: usize = 128 << 10;

pub(crate) fn config() -> ProptestConfig {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(0);
    }
    config
}

pub(crate) fn ops() -> impl Strategy<Value = Vec<Op>> {
    prop::collection::vec(op(), 1..200)
}

/// Which calls to a source fail: a pattern that repeats.
fn refusals() -> impl Strategy<Value = Vec<bool>> {
    prop::collection::vec(prop::bool::weighted(0.4), 1..20)
}

/// Operations on a bump allocator, and what it says of itself after each.
pub(crate) fn bump<S: PageSource>(source: &Watched<S>, ops: &[Op]) -> Step {
    let heap = Bump::over(source);
    let mut scene = Scene::new(&heap);
    for (index, op) in ops.iter().enumerate() {
        let (usage, refused) = (heap.usage(), source.refused());
        let step = scene.apply(op).and_then(|there_was| {
            if !there_was {
                prop_assert!(source.refused() > refused, "no block, and nobody refused one");
                prop_assert_eq!(heap.usage(), usage, "out of memory changes nothing");
            }
            consistent(&heap, source, &scene)
        });
        step.map_err(|error| TestCaseError::fail(format!("step {index}, {op:?}: {error}")))?;
    }
    scene.verify()?;
    scene.free_all()?;
    consistent(&heap, source, &scene)?;
    prop_assert_eq!(source.ranges().len(), heap.usage().chunks, "chunks are all that is left");
    Ok(())
}

fn is_large(layout: Layout) -> bool {
    layout.size() > LARGE || layout.align() > LARGE
}

/// Asserts that usage, ranges and blocks agree.
fn consistent<S: PageSource>(
    heap: &Bump<&Watched<S>>,
    source: &Watched<S>,
    scene: &Scene<'_, Bump<&Watched<S>>>,
) -> Step {
    let (usage, ranges) = (heap.usage(), source.ranges());
    prop_assert_eq!(source.complaint(), None);
    prop_assert_eq!(usage.mapped, source.mapped());
    let (large, small): (Vec<_>, Vec<_>) = scene.blocks.iter().partition(|block| is_large(block.layout));
    prop_assert_eq!(usage.chunks, ranges.len() - large.len());
    let live: usize = large.iter().chain(&small).map(|block| block.layout.size()).sum();
    prop_assert!(live <= usage.used && usage.used <= usage.mapped, "{live} bytes live, {usage:?}");
    for block in small {
        let (start, end) = block.range();
        let within = |&(at, len): &(usize, usize)| at <= start && end <= at + len;
        prop_assert!(ranges.iter().any(within), "{start:#x} is in no chunk");
    }
    for block in large {
        let (start, end) = block.range();
        prop_assert!(ranges.contains(&(start, end - start)), "{start:#x} has no range of its own");
    }
    Ok(())
}

/// A buffer whose bytes are not what a fresh page has.
pub(crate) fn dirty_buffer<const N: usize>() -> Box<Buffer<N>> {
    let layout = Layout::new::<Buffer<N>>();
    // SAFETY: a buffer is bytes, of any value, and a number, 0.
    unsafe {
        let start = std::alloc::alloc(layout);
        assert!(!start.is_null());
        start.write_bytes(0xA5, N);
        start.add(N).write_bytes(0, layout.size() - N);
        Box::from_raw(start.cast())
    }
}

#[test]
fn bump_over_pages() {
    proptest!(config(), |(ops in ops())| {
        bump(&Watched::new(AnonPages::new(), |_| false), &ops)?;
    });
}

#[test]
fn bump_over_a_buffer() {
    proptest!(config(), |(ops in ops())| {
        bump(&Watched::new(&*dirty_buffer::<{ 3 << 20 }>(), |_| false), &ops)?;
    });
}

#[test]
fn bump_over_few_pages() {
    proptest!(config(), |(ops in ops(), limit in 0..8_usize << 20)| {
        let pages = AnonPages::new().limit(limit);
        bump(&Watched::new(&pages, |_| false), &ops)?;
        prop_assert_eq!(pages.mapped(), 0);
    });
}

#[test]
fn bump_over_a_source_that_fails() {
    proptest!(config(), |(ops in ops(), refusals in refusals())| {
        bump(&Watched::new(AnonPages::new(), move |call| refusals[call % refusals.len()]), &ops)?;
    });
}

#[test]
fn pages_alone() {
    proptest!(config(), |(ops in ops(), limit in prop_oneof![Just(usize::MAX), 0..8_usize << 20])| {
        let pages = AnonPages::new().limit(limit);
        let mut scene = Scene::new(&pages);
        for op in &ops {
            let there_was = scene.apply(op)?;
            prop_assert!(there_was || limit < usize::MAX, "there is memory");
            let whole = |size: usize| size.next_multiple_of(baremap::page::size());
            let live: usize = scene.blocks.iter().map(|block| whole(block.layout.size())).sum();
            prop_assert_eq!(pages.mapped(), live);
            prop_assert!(live <= limit);
        }
        scene.verify()?;
        scene.free_all()?;
        prop_assert_eq!(pages.mapped(), 0);
    });
}
