use crate::harness::tests;
use crate::support::memory::is_mapped;
use baremap::alloc::arena::{AllocOrInitError, Box};
use baremap::alloc::{AllocError, AnonPages, Arena, Buffer, PageSource, Scope};
use baremap::{Result, page};
use core::alloc::Layout;
use core::cell::Cell;
use core::fmt;
use core::ptr::NonNull;
use core::slice;

/// A source that has nothing after so many calls.
struct Failing {
    pages: AnonPages,
    calls: Cell<usize>,
}

impl Failing {
    const fn after(calls: usize) -> Self {
        Self { pages: AnonPages::new(), calls: Cell::new(calls) }
    }

    fn call(&self) -> Option<()> {
        self.calls.set(self.calls.get().checked_sub(1)?);
        Some(())
    }
}

// SAFETY: it is another source, or gives nothing.
unsafe impl PageSource for Failing {
    const ZEROED: bool = AnonPages::ZEROED;

    fn granule(&self) -> usize {
        self.pages.granule()
    }

    fn allocate(&self, len: usize, align: usize) -> Option<NonNull<u8>> {
        self.call()?;
        self.pages.allocate(len, align)
    }

    unsafe fn resize(
        &self,
        start: NonNull<u8>,
        old: usize,
        new: usize,
        may_move: bool,
    ) -> Option<NonNull<u8>> {
        self.call()?;
        // SAFETY: passed on to the caller.
        unsafe { self.pages.resize(start, old, new, may_move) }
    }

    unsafe fn discard(&self, start: NonNull<u8>, len: usize) -> bool {
        // SAFETY: passed on to the caller.
        unsafe { self.pages.discard(start, len) }
    }

    unsafe fn release(&self, start: NonNull<u8>, len: usize) {
        // SAFETY: passed on to the caller.
        unsafe { self.pages.release(start, len) }
    }
}

/// Counts how often it is dropped.
struct Counted<'a>(&'a Cell<usize>);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

fn address<T: ?Sized>(value: &T) -> usize {
    (&raw const *value).addr()
}

/// More than what is left in the first chunk, and less than what the second has.
const MORE: usize = 30_000;

tests! {
    fn values_stay_where_they_are() {
        let arena = Arena::new();
        let mut values = [None; 1000];
        for (index, value) in values.iter_mut().enumerate() {
            *value = Some(&*arena.alloc([index as u64; 9]));
        }
        for (index, value) in values.iter().enumerate() {
            assert_eq!(value, &Some(&[index as u64; 9]));
        }
        assert!(arena.usage().mapped > 72_000);
    }

    fn blocks_are_aligned_to_what_they_want_and_to_the_least() {
        fn check<const MIN_ALIGN: usize>() {
            let arena = Arena::<AnonPages, MIN_ALIGN>::with_min_align();
            assert_eq!(arena.min_align(), MIN_ALIGN);
            for shift in [0, 4, 2, 17, 0, 12, 1, 16, 3] {
                let layout = Layout::from_size_align(3, 1 << shift).expect("a layout");
                let block = arena.alloc_layout(layout);
                assert!(block.addr().get().is_multiple_of(MIN_ALIGN.max(1 << shift)));
                // SAFETY: it has three bytes.
                unsafe { block.write_bytes(7, 3) };
            }
        }
        check::<1>();
        check::<2>();
        check::<8>();
        check::<16>();
    }

    fn small_values_lie_one_behind_the_other() {
        let arena = Arena::<AnonPages, 1>::with_min_align();
        let first = address(arena.alloc(1_u8));
        assert_eq!([address(arena.alloc_str("abc")), address(arena.alloc(2_u8))], [first + 1, first + 4]);
        let arena = Arena::new();
        let first = address(arena.alloc(1_u8));
        assert_eq!([address(arena.alloc_str("abc")), address(arena.alloc(2_u8))], [first + 8, first + 16]);
    }

    fn a_new_arena_has_nothing_and_a_small_one_little() {
        let source = AnonPages::new();
        let arena = Arena::over(&source);
        assert_eq!((source.mapped(), arena.allocated_bytes(), arena.chunk_capacity()), (0, 0, 0));
        arena.alloc(());
        arena.alloc([0_u64; 0]);
        assert_eq!(source.mapped(), 0);
        arena.alloc(1);
        assert_eq!(source.mapped(), page::round_up(16 << 10).expect("a chunk"));
        assert_eq!((source.mapped(), 1), (arena.allocated_bytes(), arena.usage().chunks));
    }

    fn nothing_has_an_aligned_address_too() {
        let arena = Arena::new();
        for align in [1, 8, 1 << 16] {
            let layout = Layout::from_size_align(0, align).expect("a layout");
            for _ in 0..2 {
                assert!(arena.alloc_layout(layout).addr().get().is_multiple_of(align));
            }
            arena.alloc(1_u8);
        }
    }

    fn room_that_was_asked_for_is_one_chunk() {
        let arena = Arena::with_capacity(100_000);
        assert!(arena.chunk_capacity() >= 100_000);
        let capacity = arena.chunk_capacity();
        arena.alloc_slice_fill_copy(capacity, 7_u8);
        assert_eq!((arena.usage().chunks, arena.chunk_capacity()), (1, 0));
        arena.alloc(1_u8);
        assert!(Arena::try_with_capacity(usize::MAX).is_err());
        assert!(Arena::try_with_capacity(isize::MAX as usize).is_err());
    }

    fn a_reset_keeps_what_it_is_told_to() {
        let source = AnonPages::new();
        let mut arena = Arena::over(&source);
        for keep in [0, 1, 100_000, 1 << 20, 4 << 20, usize::MAX] {
            arena.set_keep(keep);
            for _ in 0..600 {
                arena.alloc([7_u8; 10_000]);
            }
            let before = source.mapped();
            assert!(before > 6_000_000);
            arena.reset();
            assert_eq!((source.mapped(), arena.usage().used <= 200), (arena.allocated_bytes(), true));
            assert!(source.mapped() <= keep);
            // Something, if that is a few pages, and all if that is all.
            assert!(keep < 2 * page::size() || source.mapped() > keep.min(before) / 8);
            assert!(keep < usize::MAX || source.mapped() == before);
        }
        drop(arena);
        assert_eq!(source.mapped(), 0);
    }

    fn what_a_reset_keeps_is_used_again() {
        let source = AnonPages::new();
        let mut arena = Arena::over(&source);
        let mut fill = || {
            for _ in 0..100 {
                arena.alloc([7_u8; 10_000]);
            }
            let mapped = source.mapped();
            arena.reset();
            mapped
        };
        fill();
        let mapped = fill();
        assert!((0..5).all(|_| fill() == mapped));
    }

    fn the_source_is_not_asked_while_there_is_a_kept_chunk() {
        let mut arena = Arena::over(Failing::after(usize::MAX));
        // Every chunk is needed, the second time as the first.
        for calls in [usize::MAX, 1000] {
            arena.source().calls.set(calls);
            for _ in 0..130 {
                arena.alloc([7_u8; 10_000]);
            }
            arena.reset();
        }
        assert_eq!(arena.source().calls.get(), 1000);
    }

    fn what_is_given_back_is_unmapped() {
        let mut arena = Arena::new();
        let first = &raw const *arena.alloc([1_u8; 10_000]);
        let second = &raw const *arena.alloc([2_u8; MORE]);
        assert!(is_mapped(first.cast()) && is_mapped(second.cast()));
        arena.set_keep(0);
        arena.reset();
        assert!(!is_mapped(first.cast()) && !is_mapped(second.cast()));
        let third = &raw const *arena.alloc([3_u8; MORE]);
        drop(arena);
        assert!(!is_mapped(third.cast()));
    }

    fn a_scope_gives_back_what_was_allocated_in_it() {
        let arena = Arena::new();
        let stays = arena.alloc(1);
        let scope = arena.scope();
        let first = scope.alloc(2);
        let (first_address, value) = (address(first), *first);
        {
            let inner = scope.scope();
            assert_eq!(address(inner.alloc(3)), first_address + 8);
            assert_eq!((*first, *stays), (value, 1));
        }
        assert_eq!(address(scope.alloc(4)), first_address + 8);
        drop(scope);
        assert_eq!(address(arena.alloc(5)), first_address);
        assert_eq!(*stays, 1);
    }

    fn what_is_allocated_beside_a_scope_stays() {
        let source = AnonPages::new();
        let arena = Arena::over(&source);
        arena.alloc(0);
        let first = arena.scope();
        let second = arena.scope();
        let (in_first, in_second, beside) = (first.alloc([1; 100]), second.alloc([2; 100]), arena.alloc([3; 100]));
        assert_eq!((*in_first, *in_second), ([1; 100], [2; 100]));
        drop(first);
        let more = arena.alloc([4; 100]);
        let third = arena.scope();
        third.alloc([5; 100]);
        drop(second);
        assert_eq!((*beside, *more), ([3; 100], [4; 100]));
        drop(third);
        arena.alloc([6; 100]);
        assert_eq!((*beside, *more), ([3; 100], [4; 100]));
    }

    fn a_scope_keeps_its_chunks_for_the_next_one() {
        let source = AnonPages::new();
        let arena = Arena::over(&source);
        let fill = || {
            let scope = arena.scope();
            for _ in 0..30 {
                scope.alloc([7_u8; 10_000]);
            }
        };
        fill();
        let mapped = source.mapped();
        assert!(mapped > 300_000);
        fill();
        assert_eq!((source.mapped(), arena.allocated_bytes()), (mapped, mapped));
        arena.set_keep(0);
        fill();
        assert_eq!((source.mapped(), arena.allocated_bytes()), (0, 0));
    }

    fn a_function_that_calls_itself_opens_scopes() {
        fn sum(scope: &Scope<'_>, depth: u64) -> u64 {
            let inner = scope.scope();
            let numbers = inner.alloc_slice_fill_with(100, |index| index as u64);
            let below = if depth == 0 { 0 } else { sum(&inner, depth - 1) };
            numbers.iter().sum::<u64>() + below
        }
        let arena = Arena::new();
        assert_eq!(sum(&arena.scope(), 99), 100 * 4950);
        assert!(arena.usage().used <= 64);
    }

    fn a_scope_that_is_forgotten_takes_nothing_from_the_arena_but_room() {
        let mut arena = Arena::new();
        let before = arena.alloc([1; 10]);
        core::mem::forget(arena.scope());
        let after = arena.alloc([2; 10]);
        assert_eq!((*before, *after), ([1; 10], [2; 10]));
        arena.reset();
        arena.alloc([3; 1000]);
    }

    fn a_rollback_gives_up_what_came_after() {
        let source = AnonPages::new();
        let arena = Arena::over(&source);
        let empty = arena.checkpoint();
        arena.alloc([0_u8; MORE]);
        // SAFETY: nobody has what was allocated.
        unsafe { arena.rollback(empty) };
        arena.set_keep(0);
        let stays = arena.alloc(1);
        let checkpoint = arena.checkpoint();
        let next = address(arena.alloc(2));
        arena.alloc([3_u8; 3 * MORE]);
        arena.alloc([3_u8; 9 * MORE]);
        for _ in 0..2 {
            // SAFETY: as above.
            unsafe { arena.rollback(checkpoint) };
            // Another chunk is gone; the one that was there may have become longer.
            assert_eq!((arena.usage().chunks, source.mapped()), (1, arena.allocated_bytes()));
            assert_eq!((address(arena.alloc(4)), *stays), (next, 1));
        }
    }

    fn an_arena_over_a_reservation_is_one_piece() -> Result<()> {
        let mut arena = Arena::reserved(8 << 20)?;
        let mut end = address(arena.alloc([0_u8; 1000])) + 1000;
        for _ in 0..4000 {
            let next = address(arena.alloc([7_u8; 1000]));
            assert_eq!(next, end);
            end = next + 1000;
        }
        assert_eq!(arena.usage().chunks, 1);
        let last = arena.try_alloc_slice_fill_copy(8 << 20, 7_u8);
        assert_eq!(last, Err(AllocError));
        // All of it can be had.
        while arena.try_alloc([7_u8; 1000]).is_ok() {}
        assert!(arena.allocated_bytes() + page::size() > 8 << 20);
        let before = arena.source().used();
        arena.set_keep(1 << 20);
        arena.reset();
        assert!((before, arena.source().used()) == (8 << 20, 1 << 20));
        // What went back is zero.
        let again = arena.alloc_layout(Layout::new::<[u8; 2 << 20]>());
        // SAFETY: it has so many bytes, which the kernel has zeroed or the arena has had.
        let byte = unsafe { again.add((2 << 20) - 1).read_volatile() };
        assert_eq!(byte, 0);
        Ok(())
    }

    fn a_chunk_that_can_grow_doubles_or_takes_what_there_is() -> Result<()> {
        let arena = Arena::reserved(9 * (64 << 10))?;
        let lengths = core::iter::from_fn(|| {
            arena.try_alloc_slice_fill_copy(arena.chunk_capacity() + 1, 7_u8).ok()?;
            Some(arena.allocated_bytes())
        });
        let (count, last) = lengths.fold((0, 0), |(count, last), len| {
            // The least is a page; what is left at the end is half of what is wanted, half of that, and so on.
            assert!(len >= 2 * last || len > 5 * (64 << 10));
            (count + 1, len)
        });
        assert!(last == 9 * (64 << 10) && count < 12);
        Ok(())
    }

    fn an_arena_in_a_buffer_uses_all_of_it() {
        let buffer = Buffer::<4096>::new();
        let mut arena = Arena::over(&buffer);
        for _ in 0..3 {
            let mut count = 0;
            while let Ok(value) = arena.try_alloc(7_u64) {
                assert_eq!(*value, 7);
                count += 1;
            }
            // The header's 32 bytes are not to be had.
            assert_eq!((count, arena.usage().chunks), (4064 / 8, 1));
            arena.reset();
        }
    }

    fn a_block_that_fits_to_the_byte_is_given() {
        fn check<const MIN_ALIGN: usize>() {
            // The header has 32 bytes, so that what is aligned to 64 may begin there or leave a gap of up to 48.
            for (align, most) in [(1, 4064), (8, 4064), (16, 4064), (64, 4016)] {
                let layout = |len| Layout::from_size_align(len, align).expect("a layout");
                let buffer = Buffer::<4096>::new();
                let arena = Arena::<_, MIN_ALIGN>::with_min_align_over(&buffer);
                assert_eq!(arena.try_alloc_layout(layout(4065)), Err(AllocError));
                assert!(arena.try_alloc_layout(layout(most)).is_ok(), "{most} bytes aligned to {align}");
            }
            let buffer = Buffer::<4096>::new();
            assert!(Arena::<_, MIN_ALIGN>::with_min_align_over(&buffer).try_reserve(4064).is_ok());
        }
        check::<1>();
        check::<8>();
        check::<16>();
    }

    fn a_chunk_gets_longer_by_the_gap_and_by_no_more() -> Result<()> {
        let arena = Arena::reserved(128 << 10)?;
        arena.alloc(1_u64);
        // Behind the header and the number are 40 bytes; a multiple of 16 comes 8 bytes later.
        let layout = |len| Layout::from_size_align(len, 16).expect("a layout");
        let most = (128 << 10) - 48;
        assert_eq!(arena.try_alloc_layout(layout(most + 1)), Err(AllocError));
        assert!(arena.try_alloc_layout(layout(most)).is_ok());
        assert_eq!((arena.usage().chunks, arena.chunk_capacity()), (1, 0));
        Ok(())
    }

    fn the_last_block_grows_and_shrinks_where_it_is() {
        let arena = Arena::new();
        let layout = |size| Layout::from_size_align(size, 1).expect("a layout");
        let block = arena.alloc_layout(layout(10));
        // SAFETY: the layouts are those that the block has, one after the other.
        unsafe {
            block.write_bytes(7, 10);
            assert_eq!(arena.grow(block, layout(10), layout(5000)), Ok(block));
            assert_eq!(slice::from_raw_parts(block.as_ptr(), 10), [7; 10]);
            assert_eq!(arena.shrink(block, layout(5000), layout(16)), Ok(block));
            assert_eq!(arena.alloc_layout(layout(1)), block.add(16));
            // No more the last: it moves to grow, and stays to shrink.
            assert_eq!(arena.shrink(block, layout(16), layout(10)), Ok(block));
            let moved = arena.grow(block, layout(10), layout(100)).expect("room");
            assert_eq!((moved == block, slice::from_raw_parts(moved.as_ptr(), 10)), (false, &[7; 10][..]));
            arena.dealloc(moved, layout(100));
            assert_eq!(arena.alloc_layout(layout(1)), moved);
        }
    }

    fn a_block_that_is_to_be_aligned_to_more_moves() {
        let arena = Arena::new();
        let layout = |size, align| Layout::from_size_align(size, align).expect("a layout");
        arena.alloc(1_u64);
        let (old, new) = (layout(64, 8), layout(32, 1 << 13));
        let block = arena.alloc_layout(old);
        // SAFETY: the layouts are those of the blocks.
        unsafe {
            block.write_bytes(7, 64);
            let moved = arena.shrink(block, old, new).expect("room");
            assert!(moved.addr().get().is_multiple_of(1 << 13));
            assert_eq!(slice::from_raw_parts(moved.as_ptr(), 32), [7; 32]);
            let moved = arena.grow(moved, new, layout(100, 1 << 14)).expect("room");
            assert!(moved.addr().get().is_multiple_of(1 << 14));
            assert_eq!(slice::from_raw_parts(moved.as_ptr(), 32), [7; 32]);
        }
    }

    fn slices_hold_what_was_asked_for() {
        let arena = Arena::new();
        assert_eq!(arena.alloc_slice_copy(&[1_u16, 2, 3]), &[1, 2, 3]);
        assert_eq!(arena.alloc_slice_copy::<u64>(&[]), &[]);
        assert_eq!(arena.alloc_slice_clone(&[Some(1), None]), &[Some(1), None]);
        assert_eq!(arena.alloc_str("καλημέρα"), "καλημέρα");
        assert_eq!(arena.alloc_slice_fill_with(3, |index| index), &[0, 1, 2]);
        assert_eq!(arena.alloc_slice_fill_copy(2, 7_u8), &[7, 7]);
        assert_eq!(arena.alloc_slice_fill_clone(2, &Some(7)), &[Some(7), Some(7)]);
        assert_eq!(arena.alloc_slice_fill_default::<u32>(2), &[0, 0]);
        assert_eq!(arena.alloc_slice_fill_iter([1, 2, 3]), &[1, 2, 3]);
        assert_eq!(arena.alloc_slice_fill_iter((0..50_000).filter(|number| number % 2 == 0)).len(), 25_000);
        assert_eq!(arena.alloc_slice_fill_iter((0..9).map(|_| ())).len(), 9);
        let numbers = arena.alloc_slice_try_fill_with(2, u8::try_from);
        assert_eq!(numbers, Ok(&mut [0, 1][..]));
        let error = arena.alloc_slice_try_fill_iter([Ok(1), Err("no"), Ok(2)]);
        assert_eq!(error, Err("no"));
        assert_eq!(arena.alloc_fmt(format_args!("{:>5}|{}", 7, "x")), "    7|x");
    }

    fn an_iterator_may_allocate_too() {
        let arena = Arena::new();
        let strings = arena.alloc_slice_fill_iter(
            (0..100).filter(|number| number % 3 == 0).map(|number| &*arena.alloc_fmt(format_args!("{number}"))),
        );
        assert_eq!((strings.len(), strings[0], strings[33]), (34, "0", "99"));
    }

    fn a_value_that_could_not_be_made_takes_no_room() {
        let arena = Arena::new();
        let next = address(arena.alloc(1)) + 8;
        assert_eq!(arena.alloc_try_with(|| Err::<[u64; 100], _>("no")), Err("no"));
        assert_eq!(arena.try_alloc_try_with(|| Err::<u8, _>("no")), Err(AllocOrInitError::Init("no")));
        assert_eq!(arena.alloc_try_with(|| Ok::<_, ()>(2)), Ok(&mut 2));
        assert_eq!(address(arena.alloc(3)), next + 8);
    }

    fn values_of_an_unfinished_slice_are_dropped() {
        let (arena, dropped) = (Arena::new(), Cell::new(0));
        let next = address(arena.alloc(1)) + 8;
        let make = |index| if index < 5 { Ok(Counted(&dropped)) } else { Err(index) };
        assert_eq!(arena.alloc_slice_try_fill_with(9, make).map(|_| ()), Err(5));
        assert_eq!(dropped.replace(0), 5);
        assert_eq!(arena.alloc_slice_try_fill_iter((0..9).map(make)).map(|_| ()), Err(5));
        assert_eq!(dropped.get(), 5);
        assert_eq!(address(arena.alloc(3)), next);
    }

    fn values_are_not_dropped_but_boxes_are() {
        let (mut arena, dropped) = (Arena::new(), Cell::new(0));
        arena.alloc(Counted(&dropped));
        arena.alloc_slice_fill_with(3, |_| Counted(&dropped));
        let _ = Box::leak(arena.alloc_box(Counted(&dropped)));
        arena.reset();
        assert_eq!(dropped.get(), 0);
        drop(arena.alloc_box(Counted(&dropped)));
        assert_eq!(dropped.get(), 1);
        let value = Box::into_inner(arena.alloc_box(Counted(&dropped)));
        assert_eq!(dropped.get(), 1);
        drop(value);
        let mut number = arena.alloc_box(7);
        *number += 1;
        assert_eq!((*number, dropped.get()), (8, 2));
    }

    fn contents_are_listed_by_chunk() {
        let mut arena = Arena::<AnonPages, 4>::with_min_align();
        assert!(arena.iter_allocated_chunks().next().is_none());
        for number in 0..20_000_u32 {
            arena.alloc(number);
        }
        let (mut end, mut chunks) = (20_000, 0);
        for chunk in arena.iter_allocated_chunks() {
            // SAFETY: there are nothing but u32.
            let numbers = unsafe { slice::from_raw_parts(chunk.as_ptr().cast::<u32>(), chunk.len() / 4) };
            assert!(numbers.iter().copied().eq(end - numbers.len() as u32..end));
            (end, chunks) = (end - numbers.len() as u32, chunks + 1);
        }
        assert_eq!((end, chunks), (0, arena.usage().chunks));
        // SAFETY: nobody allocates meanwhile.
        let raw = unsafe { arena.iter_allocated_chunks_raw() };
        assert_eq!(raw.map(|(_, len)| len).sum::<usize>(), 80_000);
    }

    fn a_limit_is_an_error_and_leaves_what_is_there() {
        let mut arena = Arena::over(AnonPages::new().limit(4 * (64 << 10)));
        for _ in 0..3 {
            let mut count = 0_u64;
            let mut last: Option<&mut [u64; 100]> = None;
            while let Ok(values) = arena.try_alloc([count; 100]) {
                assert!(last.is_none_or(|last| last.iter().all(|&value| value == count - 1)));
                last = Some(values);
                count += 1;
            }
            assert!(count * 800 > 3 * (64 << 10));
            assert!(arena.source().mapped() <= 4 * (64 << 10));
            assert!(arena.scope().try_alloc([count; 1000]).is_err());
            arena.reset();
        }
    }

    fn every_function_says_that_there_is_no_room() {
        let arena = Arena::over(Failing::after(0));
        assert_eq!(arena.try_alloc(1).err(), Some(AllocError));
        let mut called = false;
        assert_eq!(arena.try_alloc_with(|| called = true), Ok(&mut ()));
        assert!(called);
        assert_eq!(arena.try_alloc_with(|| -> u8 { unreachable!() }), Err(AllocError));
        let error = arena.try_alloc_try_with(|| -> core::result::Result<u8, ()> { unreachable!() });
        assert_eq!(error, Err(AllocOrInitError::Alloc(AllocError)));
        assert_eq!(arena.try_alloc_slice_copy(&[1]), Err(AllocError));
        assert_eq!(arena.try_alloc_slice_clone(&[1]), Err(AllocError));
        assert_eq!(arena.try_alloc_str("x"), Err(AllocError));
        assert_eq!(arena.try_alloc_fmt(format_args!("{}", 1)), Err(fmt::Error));
        assert_eq!(arena.try_alloc_slice_fill_with(1, |index| index), Err(AllocError));
        assert_eq!(arena.try_alloc_slice_fill_copy(1, 1), Err(AllocError));
        assert_eq!(arena.try_alloc_slice_fill_clone(1, &1), Err(AllocError));
        assert_eq!(arena.try_alloc_slice_fill_default::<u8>(1), Err(AllocError));
        assert_eq!(arena.try_alloc_slice_fill_iter([1]), Err(AllocError));
        assert_eq!(arena.try_alloc_slice_fill_iter((0..9).filter(|_| true)), Err(AllocError));
        let error = arena.try_alloc_slice_try_fill_with(1, Ok::<_, ()>);
        assert_eq!(error, Err(AllocOrInitError::Alloc(AllocError)));
        let error = arena.try_alloc_slice_try_fill_iter([Ok::<_, ()>(1)]);
        assert_eq!(error, Err(AllocOrInitError::Alloc(AllocError)));
        assert!(arena.try_alloc_layout(Layout::new::<u8>()).is_err());
        assert!(arena.try_alloc_box(1).is_err() && arena.try_reserve(1).is_err());
        assert_eq!((arena.usage().chunks, arena.source().pages.mapped()), (0, 0));
        arena.source().calls.set(1);
        assert_eq!(arena.try_alloc(1), Ok(&mut 1));
    }

    fn whichever_call_fails_nothing_is_broken() {
        for calls in 0..60 {
            let mut arena = Arena::over(Failing::after(calls));
            for _ in 0..2 {
                let mut kept: [Option<&[u64; 500]>; 40] = [None; 40];
                for (index, kept) in kept.iter_mut().enumerate() {
                    *kept = arena.try_alloc([index as u64; 500]).ok().map(|values| &*values);
                    let scope = arena.scope();
                    let _ = scope.try_alloc_slice_fill_iter(0..300_u64);
                    let _ = scope.try_alloc([1_u8; 20_000]);
                }
                for (index, kept) in kept.iter().enumerate() {
                    assert!(kept.is_none_or(|values| *values == [index as u64; 500]));
                }
                assert_eq!(arena.allocated_bytes(), arena.source().pages.mapped());
                arena.reset();
                assert_eq!(arena.allocated_bytes(), arena.source().pages.mapped());
            }
        }
    }

    fn a_length_that_cannot_be_is_an_error() {
        let arena = Arena::new();
        for len in [usize::MAX, isize::MAX as usize, isize::MAX as usize / 8 + 1] {
            assert_eq!(arena.try_alloc_slice_fill_copy(len, 7_u64), Err(AllocError));
            assert_eq!(arena.try_reserve(len), Err(AllocError));
        }
        let longest = Layout::from_size_align(isize::MAX as usize, 1).expect("a layout");
        assert_eq!(arena.try_alloc_layout(longest), Err(AllocError));
        let widest = Layout::from_size_align(1, 1 << 62).expect("a layout");
        assert_eq!(arena.try_alloc_layout(widest), Err(AllocError));
        let hint = (0..usize::MAX).filter(|_| true);
        assert_eq!(arena.try_alloc_slice_fill_iter(hint.take(3)).map(|numbers| numbers.len()), Ok(3));
        assert_eq!(arena.try_alloc_slice_fill_iter(0..usize::MAX), Err(AllocError));
        assert_eq!(*arena.alloc(7), 7);
    }

    #[exit(101)]
    fn without_room_alloc_panics() {
        Arena::over(Failing::after(0)).alloc(1);
    }

    #[exit(101)]
    fn a_capacity_that_there_is_no_room_for_panics() {
        let _ = Arena::with_capacity(usize::MAX);
    }

    fn a_chunk_has_room_for_the_block_that_it_is_for() {
        for size in [page::size(), 16 << 10, 64 << 10, 1 << 20].into_iter().flat_map(|size| size - 40..=size) {
            let arena = Arena::new();
            let layout = Layout::from_size_align(size, 8).expect("short");
            assert!(arena.try_alloc_layout(layout).is_ok(), "{size}");
        }
    }

    fn each_chunk_is_four_times_as_long_up_to_a_limit() {
        const LONGEST: usize = 64 << 20;
        let arena = Arena::new();
        let (mut before, mut last, mut long_ones) = (arena.usage(), 0, 0);
        // Nothing of the blocks is touched.
        while long_ones < 4 {
            arena.alloc_layout(Layout::from_size_align(4000, 8).expect("short"));
            let usage = arena.usage();
            let more = usage.mapped - before.mapped;
            if usage.chunks > before.chunks {
                let first = page::size().max(16 << 10);
                assert_eq!(more, if before.chunks == 0 { first } else { LONGEST.min(4 * last) });
                last = more;
            } else {
                // Where nothing lies behind a chunk it has grown where it is: by a page for the block, and then by its own length, or by
                // as much of that as there is room for.
                assert!(more <= page::size() + LONGEST.min(last + page::size()), "{more} after {last}");
                last += more;
            }
            long_ones += usize::from(more != 0 && last >= LONGEST);
            before = usage;
        }
    }

    fn a_kept_chunk_that_is_too_short_is_left() {
        let arena = Arena::new();
        arena.scope().alloc(1);
        let kept = arena.allocated_bytes();
        assert!(kept > 0 && arena.usage().used == 0);
        let layout = Layout::from_size_align(10 * kept, 8).expect("short");
        assert!(arena.try_alloc_layout(layout).is_ok());
        assert!(arena.allocated_bytes() > 11 * kept - 100);
    }

    fn all_that_is_kept_is_not_more_than_it_may_be() {
        // Each of the first two chunks is less, both are more.
        const KEEP: usize = 70_000;
        let arena = Arena::over(Failing::after(usize::MAX));
        arena.set_keep(KEEP);
        for _ in 0..3 {
            let scope = arena.scope();
            for _ in 0..100 {
                scope.alloc([1_u8; 5000]);
            }
            drop(scope);
            assert!(arena.allocated_bytes() <= KEEP, "{}", arena.allocated_bytes());
        }
    }

    fn nothing_takes_no_memory_whatever_its_alignment() {
        let arena = Arena::new();
        for shift in 0..20 {
            let block = arena.alloc_layout(Layout::from_size_align(0, 1 << shift).expect("short"));
            assert!(block.addr().get().is_multiple_of(1 << shift));
        }
        assert_eq!(arena.allocated_bytes(), 0);
    }

    fn a_chunk_that_has_grown_is_all_there_after_a_rollback() -> Result<()> {
        let arena = Arena::reserved(1 << 24)?;
        arena.alloc(1);
        let (checkpoint, used) = (arena.checkpoint(), arena.usage().used);
        arena.alloc_slice_fill_copy(1 << 20, 1_u8);
        let mapped = arena.usage().mapped;
        // SAFETY: nobody has the bytes.
        unsafe { arena.rollback(checkpoint) };
        assert_eq!((arena.usage().used, arena.usage().mapped), (used, mapped));
        Ok(())
    }

    fn a_slice_gives_back_the_room_that_it_did_not_need() {
        let arena = Arena::new();
        let odd = arena.alloc_slice_fill_iter((0..10_u64).filter(|number| number % 2 == 1));
        assert_eq!(odd.len(), 5);
        assert_eq!(address(arena.alloc(0_u64)), odd.as_ptr_range().end.addr());
    }

    fn a_slice_that_cannot_double_grows_by_what_it_needs() {
        let buffer = Buffer::<1024>::new();
        let arena = Arena::over(&buffer);
        let bytes = arena.try_alloc_slice_fill_iter((0..=u8::MAX).cycle().take(900).filter(|_| true));
        assert_eq!(bytes.map(|bytes| bytes.len()), Ok(900));
    }
}
