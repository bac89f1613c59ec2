use crate::harness::tests;
use crate::support::blocks::Blocks;
use crate::support::rounds::rounds;
use crate::support::{child, fds, text::Text};
use baremap::alloc::{AnonPages, Buffer, Bump, Checked};
use baremap::fd::{AsFd, AsRawFd, STDERR};
use baremap::sys::{self, OFlags, Signal};
use core::alloc::{GlobalAlloc, Layout};
use core::slice;

/// Of this process, which is a test's own. What is freed in it stays readable, and no map is left.
static MEMORY: Buffer<{ 1 << 20 }> = Buffer::new();
static HEAP: Checked<Bump<&Buffer<{ 1 << 20 }>>> = Checked::new(Bump::over(&MEMORY));

const ALIGNS: [usize; 4] = [1, 16, 64, 4096];

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("a short block")
}

fn alloc(layout: Layout) -> *mut u8 {
    // SAFETY: of more than no bytes.
    let block = unsafe { HEAP.alloc(layout) };
    assert!(!block.is_null());
    block
}

/// Does what is wrong to a block, in a child: what it says of the block.
fn complains(layout: Layout, damage: impl FnOnce(*mut u8), expected: &str) {
    let said = fds::file(b"");
    let block = alloc(layout);
    let status = child::run(|| {
        // SAFETY: whoever complains now means this one.
        unsafe { sys::dup3(said.as_fd(), STDERR.as_raw_fd(), OFlags::empty()) }.expect("both are open");
        damage(block);
    });
    assert_eq!(status.signal(), Some(Signal::ABRT), "{expected}");
    let expected = Text::of(format_args!("baremap: block {block:p} of {} bytes {expected}\n", layout.size()));
    let expected = expected.as_c_str().to_bytes();
    let mut buffer = [0; 512];
    let len = said.read_at(&mut buffer, 0).expect("it is a file");
    // An emulator may say more.
    assert!(buffer[..len].starts_with(expected), "{:?}", core::str::from_utf8(&buffer[..len]));
}

tests! {
    fn blocks_are_what_was_asked_for() {
        child::check(|| {
            let heap = Checked::new(Bump::new());
            let mut blocks = Blocks::new(&heap, 1);
            blocks.run(rounds(2000));
            blocks.free_all();
            assert_eq!(blocks.refused, 0);
        });

        let pages = Checked::new(AnonPages::new());
        let mut blocks = Blocks::new(&pages, 2);
        blocks.run(200);
        blocks.free_all();
        assert_eq!((blocks.refused, pages.heap().mapped()), (0, 0));
    }

    fn new_and_freed_blocks_are_poisoned() {
        for align in ALIGNS {
            let layout = layout(100, align);
            let block = alloc(layout);
            // SAFETY: the block has so many bytes. Freed, it is memory still, of a chunk that nobody else uses.
            unsafe {
                assert!(slice::from_raw_parts(block, 100).iter().all(|&byte| byte == Checked::NEW));
                HEAP.dealloc(block, layout);
                assert!(slice::from_raw_parts(block, 100).iter().all(|&byte| byte == Checked::FREED));
            }
        }
    }

    fn a_block_that_grows_moves_and_is_poisoned() {
        let block = alloc(layout(100, 8));
        // SAFETY: the blocks have so many bytes. The old one is memory still.
        unsafe {
            block.write_bytes(1, 100);
            let moved = HEAP.realloc(block, layout(100, 8), 200);
            assert_ne!(moved, block);
            assert!(slice::from_raw_parts(moved, 100).iter().all(|&byte| byte == 1));
            assert!(slice::from_raw_parts(moved.add(100), 100).iter().all(|&byte| byte == Checked::NEW));
            assert!(slice::from_raw_parts(block, 100).iter().all(|&byte| byte == Checked::FREED));
            let shrunk = HEAP.realloc(moved, layout(200, 8), 50);
            assert!(shrunk != moved && slice::from_raw_parts(shrunk, 50).iter().all(|&byte| byte == 1));
        }
    }

    fn a_store_before_the_start_is_seen() {
        for align in ALIGNS {
            for byte in [-1, -2, -16] {
                let damage = |block: *mut u8| {
                    // SAFETY: damages what is the allocator's, in a child that is about to end.
                    unsafe {
                        block.offset(byte).write(0);
                        HEAP.dealloc(block, layout(100, align));
                    }
                };
                let expected = Text::of(format_args!("is damaged: byte {byte}, before its start"));
                complains(layout(100, align), damage, expected.as_c_str().to_str().expect("text"));
            }
        }
    }

    fn a_store_after_the_end_is_seen() {
        // A size that ends at no word, and one that does.
        for size in [99, 128] {
            for distance in [0, 1, 15, 31] {
                let damage = |block: *mut u8| {
                    // SAFETY: damages what is the allocator's, in a child that is about to end.
                    unsafe {
                        block.add(size + distance).write(0);
                        HEAP.dealloc(block, layout(size, 8));
                    }
                };
                let expected = Text::of(format_args!("is damaged: byte {}, after its end", size + distance));
                complains(layout(size, 8), damage, expected.as_c_str().to_str().expect("text"));
            }
        }
    }

    fn growing_checks_too() {
        let damage = |block: *mut u8| {
            // SAFETY: damages what is the allocator's, in a child that is about to end.
            unsafe {
                block.add(100).write(0);
                HEAP.realloc(block, layout(100, 8), 200);
            }
        };
        complains(layout(100, 8), damage, "is damaged: byte 100, after its end");
    }

    fn freeing_twice_is_seen() {
        let damage = |block: *mut u8| {
            // SAFETY: wrong, in a child that is about to end.
            unsafe {
                HEAP.dealloc(block, layout(100, 8));
                HEAP.dealloc(block, layout(100, 8));
            }
        };
        complains(layout(100, 8), damage, "has been freed before");
    }

    fn another_layout_is_seen() {
        for wrong in [layout(99, 8), layout(100, 16)] {
            let said = fds::file(b"");
            let block = alloc(layout(100, 8));
            let status = child::run(|| {
                // SAFETY: whoever complains now means this one; the layout is wrong, in a child that is about to end.
                unsafe {
                    sys::dup3(said.as_fd(), STDERR.as_raw_fd(), OFlags::empty()).expect("both are open");
                    HEAP.dealloc(block, wrong);
                }
            });
            assert_eq!(status.signal(), Some(Signal::ABRT));
            let mut buffer = [0; 512];
            let len = said.read_at(&mut buffer, 0).expect("it is a file");
            let text = core::str::from_utf8(&buffer[..len]).expect("text");
            assert!(text.contains(" was allocated with 100 bytes, aligned to 8\n"), "{text}");
        }
    }

    fn no_memory_is_null() {
        static FEW: Buffer<65536> = Buffer::new();
        static SMALL: Checked<Bump<&Buffer<65536>>> = Checked::new(Bump::over(&FEW));
        // SAFETY: of more than no bytes; what cannot grow stays.
        unsafe {
            assert!(SMALL.alloc(layout(1 << 20, 8)).is_null());
            assert!(SMALL.alloc_zeroed(layout(isize::MAX as usize, 1)).is_null());
            let block = SMALL.alloc(layout(10, 1));
            block.write_bytes(3, 10);
            assert!(SMALL.realloc(block, layout(10, 1), 1 << 20).is_null());
            assert!(slice::from_raw_parts(block, 10).iter().all(|&byte| byte == 3));
            SMALL.dealloc(block, layout(10, 1));
        }
    }
}
