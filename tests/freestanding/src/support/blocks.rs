//! Blocks that are allocated, resized and freed at random, and what is to be true of them.

use core::alloc::{GlobalAlloc, Layout};
use core::{ptr, slice};

use super::engine::Random;

/// Blocks that live at once.
const COUNT: usize = 40;
/// The longest block: 1 MiB.
const LONGEST: u32 = 20;
/// The strictest alignment: 64 KiB.
const STRICTEST: usize = 16;

#[derive(Clone, Copy)]
struct Block {
    start: *mut u8,
    size: usize,
    align: usize,
    /// What each of its bytes is; not 0.
    byte: u8,
}

impl Block {
    const NONE: Block = Block { start: ptr::null_mut(), size: 0, align: 1, byte: 0 };

    fn layout(self) -> Layout {
        Layout::from_size_align(self.size, self.align).expect("a short block")
    }

    fn bytes(self, len: usize) -> &'static [u8] {
        // SAFETY: it lives as long as this is looked at, and has so many bytes.
        unsafe { slice::from_raw_parts(self.start, len) }
    }

    #[track_caller]
    fn check(self, len: usize) {
        assert!(self.bytes(len).iter().all(|&byte| byte == self.byte), "other bytes in {:?}", self.layout());
    }

    fn overlaps(self, other: Block) -> bool {
        let (start, other_start) = (self.start.addr(), other.start.addr());
        other.size > 0 && start < other_start + other.size && other_start < start + self.size
    }
}

/// The blocks of an allocator.
pub(crate) struct Blocks<'heap, A> {
    heap: &'heap A,
    blocks: [Block; COUNT],
    random: Random,
    /// How often there was no memory.
    pub(crate) refused: usize,
}

impl<'heap, A: GlobalAlloc> Blocks<'heap, A> {
    pub(crate) fn new(heap: &'heap A, seed: u64) -> Self {
        Self { heap, blocks: [Block::NONE; COUNT], random: Random(seed), refused: 0 }
    }

    /// So many operations, each checked.
    pub(crate) fn run(&mut self, operations: usize) {
        for _ in 0..operations {
            let index = self.random.below(COUNT);
            match (self.blocks[index].size, self.random.below(3)) {
                (0, _) => self.alloc(index),
                (_, 0) => self.free(index),
                _ => self.resize(index),
            }
        }
    }

    /// As many of each magnitude.
    fn size(&mut self) -> usize {
        let shift = self.random.below(LONGEST as usize + 1);
        (1 << shift) + self.random.below(1 << shift) * usize::from(shift < LONGEST as usize)
    }

    fn alloc(&mut self, index: usize) {
        let align = 1 << self.random.below(STRICTEST + 1).min(self.random.below(STRICTEST + 1));
        let byte = self.random.below(255) as u8 + 1;
        let mut block = Block { start: ptr::null_mut(), size: self.size(), align, byte };
        let zeroed = self.random.below(2) == 0;
        // SAFETY: a layout of more than no bytes.
        block.start = unsafe {
            if zeroed { self.heap.alloc_zeroed(block.layout()) } else { self.heap.alloc(block.layout()) }
        };
        if block.start.is_null() {
            self.refused += 1;
            return;
        }
        assert!(!zeroed || block.bytes(block.size).iter().all(|&byte| byte == 0), "{:?}", block.layout());
        self.put(index, block);
    }

    fn resize(&mut self, index: usize) {
        let (size, mut block) = (self.size(), self.blocks[index]);
        // SAFETY: it lives, and the new size is short.
        let start = unsafe { self.heap.realloc(block.start, block.layout(), size) };
        if start.is_null() {
            self.refused += 1;
            return block.check(block.size);
        }
        let kept = block.size.min(size);
        self.blocks[index] = Block::NONE;
        (block.start, block.size) = (start, size);
        block.check(kept);
        self.put(index, block);
    }

    fn free(&mut self, index: usize) {
        let block = core::mem::replace(&mut self.blocks[index], Block::NONE);
        block.check(block.size);
        // SAFETY: it lives, and nobody has it any more.
        unsafe { self.heap.dealloc(block.start, block.layout()) };
    }

    fn put(&mut self, index: usize, block: Block) {
        assert!(block.start.addr().is_multiple_of(block.align), "{:?} at {:?}", block.layout(), block.start);
        assert!(!self.blocks.iter().any(|&other| block.overlaps(other)), "{:?} overlaps", block.layout());
        // SAFETY: it has so many bytes, and nobody else has them.
        unsafe { block.start.write_bytes(block.byte, block.size) };
        self.blocks[index] = block;
    }

    /// Checks and frees all.
    pub(crate) fn free_all(&mut self) {
        for index in 0..COUNT {
            if self.blocks[index].size > 0 {
                self.free(index);
            }
        }
    }
}
