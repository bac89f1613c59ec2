use crate::harness::tests;
use crate::support::blocks::Blocks;
use crate::support::rounds::{self, rounds};
use crate::support::{child, limits, pointer, timer, trace};
use baremap::alloc::{AnonPages, Buffer, Bump, PageSource, Usage};
use baremap::sys::{self, Sigaction, SigactionFlags, Signal, SignalInfo, SignalSet};
use baremap::{MapOptions, eprintln, page, process};
use core::alloc::{GlobalAlloc, Layout};
use core::ffi::c_void;
use core::ptr::{self, NonNull};
use core::slice;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::Relaxed};
use linux_raw_sys::general::RLIMIT_AS;

/// Of this process, which is a test's own. Where it needs another, it has its own.
static HEAP: Bump = Bump::new();

/// The first chunk and the last, and the longest block that is cut off one: what the documentation says.
const FIRST: usize = 16 << 10;
const LAST: usize = 4 << 20;
const LARGEST: usize = 128 << 10;

const OPERATIONS: usize = 2000;

tests! {
    fn nothing_is_mapped_before_the_first_block() {
        assert_eq!(HEAP.usage(), Usage::default());
    }

    fn a_small_program_maps_little() {
        in_both(|| {
            alloc(100, 1);
            let usage = HEAP.usage();
            // 100 bytes, and those that their end is rounded up by.
            assert_eq!((usage.mapped, usage.chunks, usage.used), (FIRST.max(page::size()), 1, 104));
        });
    }

    fn each_chunk_is_four_times_as_long_up_to_a_limit() {
        in_both(|| {
            let mut expected = FIRST;
            while expected < page::size() {
                expected *= 4;
            }
            for _ in 0..8 {
                let before = HEAP.usage();
                while HEAP.usage().chunks == before.chunks {
                    alloc(1024, 1);
                }
                assert_eq!(HEAP.usage().mapped - before.mapped, expected);
                expected = LAST.min(expected * 4);
            }
        });
    }

    fn the_last_block_is_given_back() {
        in_both(|| {
            let (one, two) = (alloc(10, 1), alloc(20, 1));
            let used = HEAP.usage().used;
            free(two, 20, 1);
            assert!(HEAP.usage().used < used);
            assert_eq!(alloc(24, 1), two);
            free(two, 24, 1);
            free(one, 10, 1);
            assert_eq!(alloc(1000, 8), one);
        });
    }

    fn the_last_block_grows_and_shrinks_in_place() {
        in_both(|| {
            let last = alloc(100, 4);
            // SAFETY: the block lives, and has the size that it got last.
            unsafe {
                assert_eq!(HEAP.realloc(last, layout(100, 4), 1000), last);
                assert_eq!(HEAP.realloc(last, layout(1000, 4), 50), last);
                assert_eq!(alloc(8, 8), last.add(56));
                // Now it is not the last any more.
                assert_ne!(HEAP.realloc(last, layout(50, 4), 60), last);
            }
        });
    }

    fn a_large_block_has_pages_of_its_own() {
        in_both(|| {
            alloc(1, 1);
            let before = HEAP.usage();
            for size in [LARGEST + 1, 5 << 20] {
                let block = alloc(size, 8);
                let whole = page::round_up(size).expect("short");
                let usage = HEAP.usage();
                assert_eq!((usage.mapped, usage.used), (before.mapped + whole, before.used + whole));
                assert_eq!(usage.chunks, before.chunks);
                free(block, size, 8);
                assert_eq!(HEAP.usage(), before);
            }
            let block = alloc(1, 2 * LARGEST);
            assert_eq!(HEAP.usage().mapped, before.mapped + page::size());
            free(block, 1, 2 * LARGEST);
            assert_eq!(HEAP.usage(), before);
        });
    }

    fn a_block_changes_between_large_and_small() {
        in_both(|| {
            let sizes = [1, 100, LARGEST, LARGEST + 1, 3 << 20, LARGEST - 5, 2 << 20, LARGEST + 7, 9];
            for pair in sizes.windows(2) {
                let block = alloc(pair[0], 8);
                // SAFETY: the block has this size, and then the other.
                unsafe {
                    block.write_bytes(7, pair[0]);
                    let block = HEAP.realloc(block, layout(pair[0], 8), pair[1]);
                    assert!(!block.is_null());
                    let kept = slice::from_raw_parts(block, pair[0].min(pair[1]));
                    assert!(kept.iter().all(|&byte| byte == 7), "{pair:?}");
                    free(block, pair[1], 8);
                }
            }
        });
    }

    fn zeroed_memory_that_was_used_before_is_zero() {
        in_both(|| {
            for size in [1, 500, LARGEST, LARGEST + 1, 2 << 20] {
                let block = alloc(size, 1);
                // SAFETY: the blocks have this size, and live until here.
                unsafe {
                    block.write_bytes(7, size);
                    free(block, size, 1);
                    let block = HEAP.alloc_zeroed(layout(size, 1));
                    assert!(slice::from_raw_parts(block, size).iter().all(|&byte| byte == 0), "{size}");
                    free(block, size, 1);
                }
            }
        });
    }

    #[timeout(60)]
    fn blocks_do_what_their_model_does() {
        in_both(|| {
            let mut blocks = Blocks::new(&HEAP, 1);
            blocks.run(rounds(OPERATIONS));
            blocks.free_all();
            assert_eq!(blocks.refused, 0);
        });
    }

    #[timeout(60)]
    fn blocks_in_a_buffer_do_what_their_model_does() {
        static BUFFER: Buffer<{ 2 << 20 }> = Buffer::new();
        static IN_BUFFER: Bump<&Buffer<{ 2 << 20 }>> = Bump::over(&BUFFER);
        in_both(|| {
            let mut blocks = Blocks::new(&IN_BUFFER, 2);
            blocks.run(rounds(OPERATIONS));
            blocks.free_all();
            assert_ne!(blocks.refused, 0);
        });
    }

    #[timeout(60)]
    fn blocks_of_a_source_that_fails_do_what_their_model_does() {
        static OVER_FLAKY: Bump<Flaky> = Bump::over(Flaky(AnonPages::new(), AtomicUsize::new(0)));
        in_both(|| {
            let mut blocks = Blocks::new(&OVER_FLAKY, 3);
            blocks.run(rounds(OPERATIONS));
            blocks.free_all();
            assert_ne!(blocks.refused, 0);
        });
    }

    fn out_of_memory_is_null_and_changes_nothing() {
        static LIMITED: Bump = Bump::over(AnonPages::new().limit(300 << 10));
        in_both(|| {
            let null = |size| {
                let before = LIMITED.usage();
                // SAFETY: a layout of more than no bytes.
                assert!(unsafe { LIMITED.alloc(layout(size, 1)) }.is_null());
                assert_eq!(LIMITED.usage(), before);
            };
            null(LAST);
            null(isize::MAX as usize);
            let mut small = 0;
            // SAFETY: as above.
            while !unsafe { LIMITED.alloc(layout(1000, 1)) }.is_null() {
                small += 1;
            }
            // What a chunk of the next kind would need is not there; a shorter one is.
            assert!(small > 200, "{small} blocks of 1000 bytes in 300 KiB");
            null(1000);
            null(LARGEST + 1);
        });
    }

    #[skip(qemu_user, "QEMU does not apply RLIMIT_AS")]
    fn at_the_limit_of_address_space_it_goes_on() {
        in_both(|| {
            limits::set(RLIMIT_AS, 64 << 20).expect("less is allowed");
            let large = alloc(8 << 20, 1);
            // SAFETY: layouts of more than no bytes; the block that is freed is the one from above.
            unsafe {
                let mut last = alloc(100, 1);
                while let Some(block) = NonNull::new(HEAP.alloc(layout(100, 1))) {
                    block.as_ptr().write_bytes(7, 100);
                    last = block.as_ptr();
                }
                let usage = HEAP.usage();
                assert!(usage.mapped > 32 << 20, "{usage:?}");
                assert!(HEAP.realloc(large, layout(8 << 20, 1), 64 << 20).is_null());
                assert_eq!(HEAP.usage(), usage);
                assert_eq!(*last, 7);
                HEAP.dealloc(large, layout(8 << 20, 1));
                let mut blocks = Blocks::new(&HEAP, 4);
                blocks.run(100);
                blocks.free_all();
            }
        });
    }

    #[timeout(60)]
    fn a_child_allocates_and_so_does_its_parent() {
        in_both(|| {
            let mut blocks = Blocks::new(&HEAP, 5);
            blocks.run(200);
            for _ in 0..10 {
                // SAFETY: the child uses the heap, and has one thread as its parent has.
                let child = unsafe {
                    process::spawn(|| {
                        blocks.run(100);
                        blocks.free_all();
                    })
                };
                blocks.run(50);
                assert!(child.expect("a test may have children").wait().expect("nobody else waits").success());
            }
            blocks.free_all();
        });
    }

    #[timeout(60)]
    fn a_handler_allocates_whatever_it_interrupts() {
        in_both(|| {
            on_signal(Signal::ALRM);
            timer::every(100);
            let mut blocks = Blocks::new(&HEAP, 6);
            let mut count = 0_usize;
            while SIGNALS.load(Relaxed) < 300 {
                // Short, so that signals are likely to fall into the midst of it.
                assert_eq!(interrupted(), 0);
                if count.is_multiple_of(4096) {
                    blocks.run(1);
                }
                count += 1;
            }
            timer::every(0);
            blocks.free_all();
            eprintln!("{} signals in {count} rounds", SIGNALS.load(Relaxed));
        });
    }

    #[skip(qemu_user, "QEMU has no ptrace")]
    #[timeout(60)]
    fn a_handler_allocates_at_each_instruction() {
        in_both(|| {
            on_signal(Signal::USR1);
            alloc(8, 8);
            let mut moment = 0;
            // Under a tracer, a loop of exclusive loads and stores never ends. So the child is left to itself after its signal,
            // and there is a last moment.
            while moment < 500 {
                let (came, status) = trace::signal_at(moment, Signal::USR1, interrupted);
                assert!(status.success(), "with the handler at instruction {moment}: {status}");
                if !came {
                    break;
                }
                // Each takes all steps before it.
                moment += if rounds::are_fewer() { 5 } else { 1 };
            }
            eprintln!("{moment} instructions");
            assert!(moment > 50, "these are too few");
        });
    }

    fn large_blocks_are_counted_as_they_grow_and_shrink() {
        child::check(|| {
            let mapped = || HEAP.usage().mapped;
            let (page, before) = (page::size(), mapped());
            let whole = |len: usize| before + len.next_multiple_of(page);
            let sizes = [LARGEST + 1, LARGEST + 10 * page, 3 * LARGEST + 5, 2 * LARGEST, LARGEST + 2];
            let mut block = alloc(sizes[0], 8);
            for pair in sizes.windows(2) {
                assert_eq!(mapped(), whole(pair[0]));
                // SAFETY: the block has this size.
                block = unsafe { HEAP.realloc(block, layout(pair[0], 8), pair[1]) };
                assert!(!block.is_null());
                assert_eq!(mapped(), whole(pair[1]));
            }
            free(block, sizes[4], 8);
            assert_eq!(mapped(), before);
        });
    }

    // Around the length of the first chunk: none of them is one that it has no room for.
    fn a_chunk_has_room_for_the_block_that_it_is_for() {
        for align in [1, 8, 64, 256] {
            // The most that fits, and what does not any more.
            for less in [0, 1, 8, 9, 16, 64, 65, 72, align, align + 1, align + 8, align + 9, align + 64] {
                child::check(|| {
                    assert!(alloc(FIRST - less, align).addr().is_multiple_of(align));
                    assert_eq!(HEAP.usage().chunks, 1, "{} bytes, aligned to {align}", FIRST - less);
                });
            }
        }
    }

    fn a_large_block_that_moves_is_aligned_as_before() {
        const ALIGN: usize = 8 << 20;
        let (old, new) = (LARGEST + 1, 4 * LARGEST);
        let block = alloc(old, ALIGN);
        let behind = block.addr() + old.next_multiple_of(page::size());
        let neighbour = MapOptions::new().len(page::size()).at(behind).map_anon();
        // SAFETY: the block has this size.
        let grown = unsafe {
            block.write_bytes(7, old);
            HEAP.realloc(block, layout(old, ALIGN), new)
        };
        assert!(grown.addr().is_multiple_of(ALIGN));
        // SAFETY: as above.
        assert_eq!(unsafe { *grown.add(old - 1) }, 7);
        free(grown, new, ALIGN);
        drop(neighbour);
    }

    // Of a source whose memory somebody has used before.
    fn a_large_zeroed_block_of_a_buffer_is_zero() {
        static BUFFER: Buffer<{ 4 * LARGEST }> = Buffer::new();
        static IN_BUFFER: Bump<&Buffer<{ 4 * LARGEST }>> = Bump::over(&BUFFER);
        let layout = layout(LARGEST + 1, 8);
        for _ in 0..2 {
            // SAFETY: the block has this layout.
            unsafe {
                let block = IN_BUFFER.alloc_zeroed(layout);
                assert!(!block.is_null());
                assert!(slice::from_raw_parts(block, layout.size()).iter().all(|&byte| byte == 0));
                block.write_bytes(7, layout.size());
                IN_BUFFER.dealloc(block, layout);
            }
        }
    }
}

/// Some of all that one does with blocks. Not 0 if one of them has other bytes than were written, or lies where the
/// handler's does.
fn interrupted() -> u8 {
    let (one, two) = (alloc(16, 8), alloc(24, 8));
    // SAFETY: the blocks have these sizes until they are freed.
    unsafe {
        one.write_bytes(1, 16);
        two.write_bytes(2, 24);
        let two = HEAP.realloc(two, layout(24, 8), 40);
        let three = alloc(8, 8);
        three.write_bytes(3, 8);
        let mut right = *one == 1 && *one.add(15) == 1 && *two == 2 && *two.add(23) == 2 && *three == 3;
        let kept = KEPT.load(Relaxed);
        right &= kept.is_null() || *kept == 5 && *kept.add(23) == 5;
        free(three, 8, 8);
        free(two, 40, 8);
        u8::from(!right)
    }
}

static SIGNALS: AtomicUsize = AtomicUsize::new(0);

fn on_signal(signal: Signal) {
    let action = Sigaction::handler(allocate, SigactionFlags::RESTART, SignalSet::EMPTY);
    // SAFETY: the handler allocates, which handlers may, and nothing else.
    unsafe { sys::rt_sigaction(signal, Some(&action)) }.expect("it can be handled");
}

/// What the handler left the last time.
static KEPT: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());

/// Leaves a block and gives another back, so that the interrupted thread finds its shard changed; now and then it finds it as it
/// was.
unsafe extern "C" fn allocate(_: i32, _: *mut SignalInfo, _: *mut c_void) {
    let (one, two) = (alloc(24, 8), alloc(100, 32));
    // SAFETY: the blocks have these sizes until they are freed.
    unsafe {
        one.write_bytes(5, 24);
        two.write_bytes(6, 100);
        free(two, 100, 32);
        if SIGNALS.fetch_add(1, Relaxed) % 4 == 3 {
            return free(one, 24, 8);
        }
        let kept = KEPT.swap(one, Relaxed);
        if !kept.is_null() {
            let bytes = slice::from_raw_parts(kept, 24);
            assert!(bytes.iter().all(|&byte| byte == 5), "somebody else has the handler's block");
            free(kept, 24, 8);
        }
    }
}

/// Runs assertions in two children: one whose thread has a pointer, and one whose has none.
fn in_both(assertions: impl Fn()) {
    child::check(|| {
        pointer::set();
        assertions();
    });
    child::check(assertions);
}

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("a layout")
}

fn alloc(size: usize, align: usize) -> *mut u8 {
    // SAFETY: a layout of more than no bytes.
    let block = unsafe { HEAP.alloc(layout(size, align)) };
    assert!(!block.is_null() && block.addr().is_multiple_of(align));
    block
}

/// For blocks of `HEAP`, which nobody uses any more.
fn free(block: *mut u8, size: usize, align: usize) {
    // SAFETY: the caller's block.
    unsafe { HEAP.dealloc(block, layout(size, align)) };
}

/// Every third request fails.
struct Flaky(AnonPages, AtomicUsize);

impl Flaky {
    fn is_well(&self) -> bool {
        self.1.fetch_add(1, Relaxed) % 3 != 1
    }
}

// SAFETY: the pages' promises.
unsafe impl PageSource for Flaky {
    const ZEROED: bool = true;

    fn granule(&self) -> usize {
        self.0.granule()
    }

    fn allocate(&self, len: usize, align: usize) -> Option<NonNull<u8>> {
        self.is_well().then(|| self.0.allocate(len, align))?
    }

    unsafe fn resize(
        &self,
        start: NonNull<u8>,
        old: usize,
        new: usize,
        may_move: bool,
    ) -> Option<NonNull<u8>> {
        // SAFETY: passed on to the caller.
        self.is_well().then(|| unsafe { self.0.resize(start, old, new, may_move) })?
    }

    unsafe fn discard(&self, start: NonNull<u8>, len: usize) -> bool {
        // SAFETY: passed on to the caller.
        unsafe { self.0.discard(start, len) }
    }

    unsafe fn release(&self, start: NonNull<u8>, len: usize) {
        // SAFETY: passed on to the caller.
        unsafe { self.0.release(start, len) };
    }
}
