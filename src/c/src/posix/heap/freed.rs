//! Blocks of one size that have been freed.

use core::ptr::{self, NonNull};
use core::sync::atomic::{
    AtomicPtr,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

/// Freed blocks.
///
/// They lie on several stacks, each block on the one that its address says. Whoever takes a block has for a moment the whole stack, and
/// may be interrupted in that moment for as long as the system likes; others meanwhile find theirs on the other stacks. From a single
/// one they would get new blocks each time, and a program of several threads would grow for as long as it runs.
pub(super) struct Freed([Stack; Freed::STACKS]);

/// Blocks of which each knows the next.
///
/// Whoever wants one takes the whole stack, and puts the rest back: nobody else can have looked at a block that he takes, as those
/// do who would exchange the first for the second.
///
/// Each has a line of the processor's cache to itself: threads begin at different ones, and what a thread takes from one goes back to it.
#[repr(align(64))]
struct Stack(AtomicPtr<Link>);

/// What a freed block begins with.
pub(super) struct Link {
    next: *mut Link,
}

impl Freed {
    /// A power of two.
    const STACKS: usize = 8;

    /// No block.
    pub(super) const fn none() -> Freed {
        Freed([const { Stack(AtomicPtr::new(ptr::null_mut())) }; Freed::STACKS])
    }

    /// Takes a block.
    pub(super) fn take(&self) -> Option<NonNull<Link>> {
        let first = Freed::of_thread();
        (first..first + Freed::STACKS).find_map(|index| self.0[index % Freed::STACKS].take())
    }

    /// Keeps a block.
    ///
    /// # Safety
    /// It is of this size, and nobody uses it any more.
    pub(super) unsafe fn put(&self, block: NonNull<Link>) {
        // SAFETY: passed on to the caller.
        unsafe { self.0[Freed::index(block.addr().get() / 16)].push(block, block) };
    }

    /// Where this thread begins to look. Threads have stacks of their own, most of them of 64 KiB and more.
    fn of_thread() -> usize {
        let on_stack = 0_u8;
        Freed::index((&raw const on_stack).addr() >> 16)
    }

    /// Spreads numbers that lie at regular distances over all stacks, by the highest bits of a product (Knuth).
    const fn index(number: usize) -> usize {
        let hash = (number as u32).wrapping_mul(0x9e37_79b9);
        (hash >> (u32::BITS - Freed::STACKS.ilog2())) as usize
    }
}

impl Stack {
    /// Takes a block.
    fn take(&self) -> Option<NonNull<Link>> {
        // A look first: an exchange costs as much as all the rest.
        if self.0.load(Relaxed).is_null() {
            return None;
        }
        let first = NonNull::new(self.0.swap(ptr::null_mut(), Acquire))?;
        // SAFETY: all that was taken belongs to this thread.
        self.put_back(unsafe { first.as_ref() }.next);
        Some(first)
    }

    /// Puts the rest of the stack back.
    fn put_back(&self, rest: *mut Link) {
        if rest.is_null() {
            return;
        }
        // What was freed meanwhile, as a rule nothing.
        let Some(first) = NonNull::new(self.0.swap(rest, AcqRel)) else { return };
        let mut last = first;
        // SAFETY: all that was taken belongs to this thread.
        while let Some(next) = NonNull::new(unsafe { last.as_ref() }.next) {
            last = next;
        }
        // SAFETY: as above.
        unsafe { self.push(first, last) };
    }

    /// Puts blocks on top, of which each but the last knows the next.
    ///
    /// # Safety
    /// They belong to this thread.
    unsafe fn push(&self, first: NonNull<Link>, last: NonNull<Link>) {
        let mut top = self.0.load(Relaxed);
        loop {
            // SAFETY: the block belongs to this thread until the exchange.
            unsafe { last.write(Link { next: top }) };
            match self.0.compare_exchange_weak(top, first.as_ptr(), Release, Relaxed) {
                Ok(_) => return,
                Err(now) => top = now,
            }
        }
    }
}
