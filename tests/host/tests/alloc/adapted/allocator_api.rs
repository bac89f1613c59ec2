//! Both versions of allocator-api2's trait.

use allocator_api2::vec::Vec as Vec04;
use allocator_api2_02::vec::Vec as Vec02;
use baremap::alloc::{AnonPages, Arena, Bump};
use hashbrown::HashMap;
use proptest::prelude::*;
use std::alloc::Layout;

use super::{config, ops};
use crate::model::dirty_buffer;
use crate::scene::Scene;

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).unwrap()
}

/// The tests of one version of the trait.
macro_rules! version {
    ($name:ident, $crate_name:ident) => {
        mod $name {
            use super::*;
            use $crate_name::alloc::Allocator;
            use std::alloc::GlobalAlloc;
            use std::ptr::{self, NonNull};

            /// The trait's methods by those that the model drives.
            struct By<A>(A);

            // SAFETY: the trait's own promises; no layout is of no bytes.
            unsafe impl<A: Allocator> GlobalAlloc for By<A> {
                unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
                    start(self.0.allocate(layout).ok(), layout.size())
                }

                unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
                    start(self.0.allocate_zeroed(layout).ok(), layout.size())
                }

                unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
                    // SAFETY: passed on to the caller; a block is not null.
                    unsafe { self.0.deallocate(NonNull::new_unchecked(block), layout) }
                }

                unsafe fn realloc(&self, block: *mut u8, old: Layout, size: usize) -> *mut u8 {
                    let new = layout(size, old.align());
                    // SAFETY: passed on to the caller; a block is not null.
                    unsafe {
                        let block = NonNull::new_unchecked(block);
                        let resized = match size {
                            _ if size < old.size() => self.0.shrink(block, old, new),
                            // Every other time, for what it has in common with `grow`.
                            _ if size % 2 == 0 => self.0.grow_zeroed(block, old, new),
                            _ => self.0.grow(block, old, new),
                        };
                        let start = start(resized.ok(), size);
                        if !start.is_null() && size > old.size() && size % 2 == 0 {
                            let zeros = (old.size()..size).all(|index| start.add(index).read() == 0);
                            assert!(zeros, "{old:?} to {size}");
                        }
                        start
                    }
                }
            }

            fn start(block: Option<NonNull<[u8]>>, size: usize) -> *mut u8 {
                block.map_or(ptr::null_mut(), |block| {
                    assert!(block.len() >= size);
                    block.cast().as_ptr()
                })
            }

            fn random(heap: impl Allocator, ops: &[crate::scene::Op]) -> crate::scene::Step {
                let heap = By(heap);
                let mut scene = Scene::new(&heap);
                for op in ops {
                    prop_assert!(scene.apply(op)?, "there is memory");
                }
                scene.verify()?;
                scene.free_all()
            }

            #[test]
            fn random_operations() {
                // Three allocators in a case.
                proptest!(ProptestConfig { cases: 64, ..config() }, |(ops in ops())| {
                    let pages = AnonPages::new();
                    random(&pages, &ops)?;
                    prop_assert_eq!(pages.mapped(), 0);
                    let pages = AnonPages::new();
                    random(&Bump::over(&pages), &ops)?;
                    random(&Arena::over(AnonPages::new()), &ops)?;
                });
            }

            fn no_bytes(heap: impl Allocator) {
                for align in [1, 8, 1 << 16] {
                    let none = layout(0, align);
                    let block = heap.allocate(none).unwrap();
                    assert_eq!((block.len(), block.cast::<u8>().addr().get() % align), (0, 0));
                    // SAFETY: each block is as large as its layout says, and used as long as it is one.
                    unsafe {
                        let some = layout(100, align);
                        let block = heap.grow_zeroed(block.cast(), none, some).unwrap().cast::<u8>();
                        assert!((0..100).all(|index| block.add(index).read() == 0));
                        let block = heap.shrink(block, some, none).unwrap();
                        let block = heap.grow(block.cast(), none, none).unwrap();
                        heap.deallocate(block.cast(), none);
                    }
                }
                assert_eq!(heap.allocate_zeroed(layout(0, 1)).unwrap().len(), 0);
            }

            #[test]
            fn blocks_of_no_bytes() {
                let pages = AnonPages::new();
                no_bytes(&pages);
                assert_eq!(pages.mapped(), 0);
                no_bytes(&Bump::new());
                no_bytes(&Arena::new());
            }

            fn other_alignment(heap: impl Allocator) {
                // SAFETY: each block is as large as its layout says, and used as long as it is one.
                unsafe {
                    let mut old = layout(100, 1);
                    let mut block = heap.allocate(old).unwrap().cast::<u8>();
                    (0..100).for_each(|index| block.add(index).write(index as u8));
                    for (size, align) in [(100, 64), (200, 1 << 17), (200, 1), (300_000, 1 << 18), (300_000, 8)] {
                        let new = layout(size, align);
                        block = heap.grow(block, old, new).unwrap().cast();
                        assert_eq!(block.addr().get() % align, 0);
                        assert!((0..100).all(|index| block.add(index).read() == index as u8));
                        old = new;
                    }
                    for (size, align) in [(200_000, 1 << 18), (100, 1 << 19), (50, 1)] {
                        let new = layout(size, align);
                        block = heap.shrink(block, old, new).unwrap().cast();
                        assert_eq!(block.addr().get() % align, 0);
                        assert!((0..50).all(|index| block.add(index).read() == index as u8));
                        old = new;
                    }
                    heap.deallocate(block, old);
                }
            }

            #[test]
            fn another_alignment() {
                let pages = AnonPages::new();
                other_alignment(&pages);
                assert_eq!(pages.mapped(), 0);
                let heap = Bump::over(&pages);
                other_alignment(&heap);
                assert_eq!(pages.mapped(), heap.usage().mapped);
                other_alignment(&Arena::new());
            }

            fn no_memory(heap: impl Allocator) {
                assert!(heap.allocate(layout(2 << 20, 1)).is_err());
                assert!(heap.allocate_zeroed(layout(isize::MAX as usize, 1)).is_err());
                let old = layout(10, 1);
                let block = heap.allocate(old).unwrap().cast::<u8>();
                // SAFETY: the block stays as it is where growing fails.
                unsafe {
                    block.write(7);
                    assert!(heap.grow(block, old, layout(2 << 20, 1)).is_err());
                    assert!(heap.grow_zeroed(block, old, layout(2 << 20, 1)).is_err());
                    assert_eq!(block.read(), 7);
                    heap.deallocate(block, old);
                }
            }

            #[test]
            fn no_memory_is_an_error() {
                no_memory(AnonPages::new().limit(1 << 20));
                no_memory(&Bump::over(AnonPages::new().limit(1 << 20)));
                no_memory(&Bump::over(&*dirty_buffer::<{ 1 << 20 }>()));
                no_memory(&Arena::over(AnonPages::new().limit(1 << 20)));
            }
        }
    };
}

version!(version_04, allocator_api2);
version!(version_02, allocator_api2_02);

#[test]
fn vectors_grow_by_remapping() {
    let pages = AnonPages::new();
    let mut numbers = Vec04::new_in(&pages);
    numbers.extend(0..1_000_000_u32);
    assert!(pages.mapped() >= 4_000_000);
    numbers.truncate(10);
    numbers.shrink_to_fit();
    assert_eq!(
        (numbers.as_slice(), pages.mapped()),
        (&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9][..], baremap::page::size())
    );
    drop(numbers);
    assert_eq!(pages.mapped(), 0);

    let mut numbers = Vec02::new_in(AnonPages::new());
    numbers.extend(0..1_000_000_u32);
    assert_eq!(
        numbers.allocator().mapped(),
        (numbers.capacity() * 4).next_multiple_of(baremap::page::size())
    );
}

#[test]
fn hash_maps() {
    let (heap, arena, pages) = (Bump::new(), Arena::new(), AnonPages::new());
    let mut maps = (HashMap::new_in(&heap), HashMap::new_in(&arena), HashMap::new_in(&pages));
    for number in 0..10_000 {
        maps.0.insert(number, number * 7);
        maps.1.insert(number, number * 7);
        maps.2.insert(number, number * 7);
    }
    for number in 0..10_000 {
        let expected = Some(&(number * 7));
        assert_eq!([maps.0.get(&number), maps.1.get(&number), maps.2.get(&number)], [expected; 3]);
    }
    drop(maps);
    assert_eq!(pages.mapped(), 0);
}
