//! Blocks that are allocated, resized and freed, beside a model that knows what is in them.

use proptest::prelude::*;
use std::alloc::{GlobalAlloc, Layout};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What a step comes to.
pub(crate) type Step = Result<(), TestCaseError>;

/// The longest block.
const MOST: usize = 1 << 20;
/// Blocks that live at once.
const BLOCKS: usize = 60;
/// What is in blocks: never 0. A block has a part of it, from an offset of its own.
static PATTERN: LazyLock<Vec<u8>> =
    LazyLock::new(|| (0..2 * MOST).map(|index| (index % 251 + 1) as u8).collect());
static ZEROS: [u8; MOST] = [0; MOST];

#[derive(Clone, Debug)]
pub(crate) enum Op {
    Alloc { size: usize, align: usize, zeroed: bool },
    Realloc { index: usize, size: usize },
    Free { index: usize },
}

pub(crate) fn op() -> impl Strategy<Value = Op> {
    // The last block is the one that most is promised of.
    let index = || prop_oneof![1 => Just(0_usize), 2 => any::<usize>()];
    prop_oneof![
        4 => (size(), align(), any::<bool>())
            .prop_map(|(size, align, zeroed)| Op::Alloc { size, align, zeroed }),
        3 => (index(), size()).prop_map(|(index, size)| Op::Realloc { index, size }),
        3 => index().prop_map(|index| Op::Free { index }),
    ]
}

/// From 1 B to 1 MiB: small ones, as many of each magnitude, and such as are near a page, a chunk or a limit.
fn size() -> impl Strategy<Value = usize> {
    let near = (12_u32..=20, 0..40_usize).prop_map(|(shift, by)| (1 << shift) + by - 20);
    let magnitude = (0_u32..20).prop_flat_map(|shift| (1_usize << shift)..(2 << shift));
    prop_oneof![4 => 1..=100_usize, 4 => magnitude, 2 => near].prop_map(|size| size.min(MOST))
}

fn align() -> impl Strategy<Value = usize> {
    // A few are more than any block that is cut off a chunk may have.
    prop_oneof![6 => 0..=4_u32, 4 => 0..=16_u32, 1 => 17..=19_u32].prop_map(|shift| 1 << shift)
}

/// A block that lives.
pub(crate) struct Block {
    pub(crate) start: *mut u8,
    pub(crate) layout: Layout,
    /// Where in the pattern its bytes begin.
    offset: usize,
}

impl Block {
    pub(crate) fn range(&self) -> (usize, usize) {
        (self.start.addr(), self.start.addr() + self.layout.size())
    }

    fn bytes(&self, len: usize) -> &[u8] {
        // SAFETY: the block lives and has at least so many bytes, which were written.
        unsafe { std::slice::from_raw_parts(self.start, len) }
    }

    fn fill(&self) {
        let bytes = &PATTERN[self.offset..][..self.layout.size()];
        // SAFETY: the block lives and has so many bytes.
        unsafe { self.start.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }

    /// Asserts that the first `len` bytes are what was written.
    fn check(&self, len: usize) -> Step {
        let whole = *self.bytes(len) == PATTERN[self.offset..][..len];
        prop_assert!(whole, "other bytes in {:?} at {:?}", self.layout, self.start);
        Ok(())
    }
}

/// The blocks of an allocator.
pub(crate) struct Scene<'heap, A> {
    heap: &'heap A,
    pub(crate) blocks: Vec<Block>,
    /// Their starts and ends.
    taken: BTreeMap<usize, usize>,
    count: usize,
}

impl<'heap, A: GlobalAlloc> Scene<'heap, A> {
    pub(crate) fn new(heap: &'heap A) -> Self {
        Self { heap, blocks: Vec::new(), taken: BTreeMap::new(), count: 0 }
    }

    /// Whether there was memory.
    pub(crate) fn apply(&mut self, op: &Op) -> Result<bool, TestCaseError> {
        match *op {
            Op::Alloc { size, align, zeroed } if self.blocks.len() < BLOCKS => {
                self.alloc(Layout::from_size_align(size, align).expect("a short block"), zeroed)
            }
            Op::Realloc { index, size } if !self.blocks.is_empty() => self.realloc(self.index(index), size),
            Op::Free { index } if !self.blocks.is_empty() => {
                self.free(self.index(index))?;
                Ok(true)
            }
            _ => Ok(true),
        }
    }

    /// From the last: so 0 is what was allocated last, also after the test case has got shorter.
    fn index(&self, index: usize) -> usize {
        self.blocks.len() - 1 - index % self.blocks.len()
    }

    fn alloc(&mut self, layout: Layout, zeroed: bool) -> Result<bool, TestCaseError> {
        // SAFETY: a layout of more than no bytes.
        let start = unsafe { if zeroed { self.heap.alloc_zeroed(layout) } else { self.heap.alloc(layout) } };
        if start.is_null() {
            return Ok(false);
        }
        self.count += 1;
        let block = Block { start, layout, offset: self.count * 31 % 997 };
        if zeroed {
            prop_assert!(*block.bytes(layout.size()) == ZEROS[..layout.size()], "{layout:?} is not zero");
        }
        self.add(block)?;
        Ok(true)
    }

    fn realloc(&mut self, index: usize, size: usize) -> Result<bool, TestCaseError> {
        let block = &self.blocks[index];
        // SAFETY: the block lives, and the new size is short.
        let start = unsafe { self.heap.realloc(block.start, block.layout, size) };
        if start.is_null() {
            block.check(block.layout.size())?;
            return Ok(false);
        }
        let Block { start: old, layout, offset } = self.blocks.remove(index);
        self.taken.remove(&old.addr());
        let layout_now = Layout::from_size_align(size, layout.align()).expect("a short block");
        let block = Block { start, layout: layout_now, offset };
        block.check(size.min(layout.size()))?;
        self.add(block)?;
        Ok(true)
    }

    fn free(&mut self, index: usize) -> Step {
        let block = self.blocks.remove(index);
        self.taken.remove(&block.start.addr());
        block.check(block.layout.size())?;
        // SAFETY: it lives, and nobody has it any more.
        unsafe { self.heap.dealloc(block.start, block.layout) };
        Ok(())
    }

    fn add(&mut self, block: Block) -> Step {
        let (start, end) = block.range();
        prop_assert!(start.is_multiple_of(block.layout.align()), "{start:#x} for {:?}", block.layout);
        let before = self.taken.range(..end).next_back();
        prop_assert!(before.is_none_or(|(_, &other)| other <= start), "{start:#x}..{end:#x}, {before:x?}");
        self.taken.insert(start, end);
        block.fill();
        self.blocks.push(block);
        Ok(())
    }

    /// Asserts that every block has what was written into it.
    pub(crate) fn verify(&self) -> Step {
        self.blocks.iter().try_for_each(|block| block.check(block.layout.size()))
    }

    pub(crate) fn free_all(&mut self) -> Step {
        while !self.blocks.is_empty() {
            self.free(self.index(0))?;
        }
        Ok(())
    }
}
