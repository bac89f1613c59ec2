//! dlmalloc over pages.

use baremap::alloc::AnonPages;
use baremap::alloc::adapt::{DlmallocSource, LockedDlmalloc};
use dlmalloc::Allocator;
use proptest::prelude::*;
use std::alloc::{GlobalAlloc, Layout};
use std::ptr;

use super::{config, ops};
use crate::scene::Scene;

/// Boxed, so that it stays where it is.
fn heap(pages: AnonPages) -> Box<LockedDlmalloc> {
    // SAFETY: no block is allocated before it is in its box.
    Box::new(unsafe { LockedDlmalloc::over(pages) })
}

fn mapped(heap: &LockedDlmalloc) -> usize {
    // SAFETY: only a count is read.
    unsafe { heap.lock().allocator().pages().mapped() }
}

#[test]
fn random_operations() {
    proptest!(config(), |(ops in ops(), limit in prop_oneof![Just(usize::MAX), 0..8_usize << 20])| {
        let heap = heap(AnonPages::new().limit(limit));
        let mut scene = Scene::new(&*heap);
        for op in &ops {
            let there_was = scene.apply(op)?;
            prop_assert!(there_was || limit < usize::MAX, "there is memory");
            prop_assert!(mapped(&heap) <= limit);
        }
        scene.verify()?;
        scene.free_all()?;
        // SAFETY: nothing but what is free goes.
        unsafe { heap.lock().trim(0) };
        // The granularity is 64 KiB, unless it is set.
        prop_assert!(mapped(&heap) <= 128 << 10, "{} bytes are left", mapped(&heap));
    });
}

#[test]
fn pages_are_given_back() {
    let heap = heap(AnonPages::new());
    let layout = Layout::from_size_align(1 << 20, 8).unwrap();
    // SAFETY: of more than no bytes, and freed as they were allocated.
    unsafe {
        let blocks: Vec<_> = (0..64).map(|_| heap.alloc(layout)).collect();
        assert!(blocks.iter().all(|block| !block.is_null()) && mapped(&heap) >= 64 << 20);
        blocks.into_iter().for_each(|block| heap.dealloc(block, layout));
    }
    // By itself, without a call to `trim`: no more than dlmalloc's threshold of 2 MiB, and a block that went beyond.
    assert!(mapped(&heap) <= 4 << 20, "{} bytes are left", mapped(&heap));
}

/// The trait's methods, as dlmalloc's documentation has them.
#[test]
fn ranges_are_zero_grow_shrink_and_go() {
    // SAFETY: only what comes from it is given to it.
    let source = unsafe { DlmallocSource::over(AnonPages::new()) };
    let (mapped, page) = (|| source.pages().mapped(), baremap::page::size());
    assert_eq!(source.page_size(), page);
    let (start, len, flags) = source.alloc(page + 1);
    assert_eq!((len, flags, mapped()), (2 * page, 0, 2 * page));
    // SAFETY: within the range, as long as it is.
    unsafe {
        assert!((0..len).all(|index| start.add(index).read() == 0));
        start.write(7);
        let moved = source.remap(start, len, 100 * page, true);
        assert!(!moved.is_null() && moved.read() == 7 && moved.add(100 * page - 1).read() == 0);
        assert_eq!(mapped(), 100 * page);
        assert!(source.free_part(moved, 100 * page, page));
        assert_eq!((moved.read(), mapped()), (7, page));
        assert!(source.free(moved, page));
        assert_eq!(mapped(), 0);
    }
}

#[test]
fn no_memory_is_null() {
    // SAFETY: only what comes from it is given to it.
    let source = unsafe { DlmallocSource::over(AnonPages::new().limit(1 << 20)) };
    assert_eq!(source.alloc(2 << 20), (ptr::null_mut(), 0, 0));
    assert_eq!(source.alloc(usize::MAX), (ptr::null_mut(), 0, 0));
    let (start, len, _) = source.alloc(1 << 20);
    assert!(source.remap(start, len, 2 << 20, true).is_null());
    assert!(source.free(start, len));
}
