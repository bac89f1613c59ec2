//! An allocator that finds out who writes where nobody may.

use core::alloc::{GlobalAlloc, Layout};
use core::{fmt, ptr, slice};

use crate::fd::STDERR;
use crate::print::print;
use crate::process;
use crate::sys::{self, Signal};

/// Another allocator's blocks with a red zone on both sides, and poison in what is new or freed.
///
/// ```
/// use baremap::alloc::{Bump, Checked};
///
/// #[global_allocator]
/// static HEAP: Checked<Bump> = Checked::new(Bump::new());
///
/// let new = Vec::<u8>::with_capacity(3);
/// // SAFETY: the first byte of a block that has been filled.
/// assert_eq!(unsafe { *new.as_ptr() }, Checked::NEW);
/// ```
///
/// A new block is full of [`Checked::NEW`], so that who reads before writing does not find zeros by luck; a freed one, of
/// [`Checked::FREED`]. When a block is freed, grown or shrunk, both zones must be as they were, it must not have been freed before, and
/// it must be of the layout that it was allocated with. If not, a line on standard error says which block and what about it, and
/// the program ends by `SIGABRT`:
///
/// ```text
/// baremap: block 0x7f6c2a4000a0 of 100 bytes is damaged: byte 100, after its end
/// ```
///
/// Growing and shrinking always move a block, so that a pointer to the old place shows. A block takes 64 bytes more, or 32 and
/// its alignment. Nothing is allocated, so that this may be used wherever the other allocator may.
///
/// It does not see a store beyond the zones, or one to a block that is free. A large block that the other allocator unmaps when it
/// is freed leaves nothing to look at: freeing it again ends the program by `SIGSEGV`, without a line.
#[derive(Debug, Default)]
pub struct Checked<A> {
    heap: A,
}

/// Bytes of either zone that are checked; more in front of a block of a larger alignment.
const ZONE: usize = 16;
/// What is in the zones.
const INTACT: u8 = 0xbb;
/// Bytes in front of a block: its layout, and the zone.
const FRONT: usize = size_of::<Layout>() + ZONE;
/// Bytes behind it.
const BACK: usize = 2 * ZONE;

impl Checked<()> {
    /// What each byte of a new block is.
    pub const NEW: u8 = 0xa5;
    /// What each byte of a freed block is, until the allocator writes something else.
    pub const FREED: u8 = 0x5a;
}

/// What is wrong with a block.
enum Damage {
    /// A byte of a zone, counted from the block's start.
    At(isize),
    FreedBefore,
    /// Its layout is another.
    Layout(Layout),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Damage::At(byte @ ..0) => write!(f, "is damaged: byte {byte}, before its start"),
            Damage::At(byte) => write!(f, "is damaged: byte {byte}, after its end"),
            Damage::FreedBefore => write!(f, "has been freed before"),
            Damage::Layout(layout) => {
                let (size, align) = (layout.size(), layout.align());
                write!(f, "was allocated with {size} bytes, aligned to {align}")
            }
        }
    }
}

impl<A> Checked<A> {
    /// Checks the blocks of an allocator, from its first on.
    #[must_use]
    pub const fn new(heap: A) -> Self {
        Self { heap }
    }

    /// The allocator.
    #[must_use]
    pub const fn heap(&self) -> &A {
        &self.heap
    }
}

/// A block with what is around it: the layout of all, and where in it the block begins.
fn around(layout: Layout) -> Option<(Layout, usize)> {
    let align = layout.align().max(align_of::<Layout>());
    let before = FRONT.next_multiple_of(align);
    let size = before.checked_add(layout.size())?.checked_add(BACK)?;
    Some((Layout::from_size_align(size, align).ok()?, before))
}

/// Ends the program, unless the block is as it was given out.
///
/// # Safety
/// `block` is a block, or was one and is still memory.
unsafe fn check(block: *mut u8, layout: Layout) {
    // SAFETY: zones and layout are around the block.
    let damage = unsafe { find_damage(block, layout) };
    if let Some(damage) = damage {
        let size = layout.size();
        let _ = print(STDERR, format_args!("baremap: block {block:p} of {size} bytes {damage}\n"));
        let _ = sys::kill(sys::getpid(), Some(Signal::ABRT));
        // If the signal is held back: what a shell shows of it.
        process::exit(134);
    }
}

/// # Safety
/// As [`check`].
unsafe fn find_damage(block: *mut u8, layout: Layout) -> Option<Damage> {
    // SAFETY: the caller's promise; what is behind the block is looked at only after its length has been found right.
    unsafe {
        let zone = slice::from_raw_parts(block.sub(ZONE), ZONE);
        if zone.iter().all(|&byte| byte == Checked::FREED) {
            return Some(Damage::FreedBefore);
        }
        // From the block on: the nearest byte is the likeliest.
        if let Some(distance) = zone.iter().rev().position(|&byte| byte != INTACT) {
            return Some(Damage::At(-1 - distance as isize));
        }
        let noted = block.sub(FRONT).cast::<[usize; 2]>().read_unaligned();
        let noted = Layout::from_size_align(noted[0], noted[1]).ok();
        if noted != Some(layout) {
            return Some(noted.map_or(Damage::At(-1 - ZONE as isize), Damage::Layout));
        }
        let zone = slice::from_raw_parts(block.add(layout.size()), BACK);
        let distance = zone.iter().position(|&byte| byte != INTACT)?;
        Some(Damage::At((layout.size() + distance) as isize))
    }
}

impl<A: GlobalAlloc> Checked<A> {
    /// A block in its zones, of which `alloc` has made all.
    ///
    /// # Safety
    /// `alloc` is a function of the allocator.
    unsafe fn allocate(&self, layout: Layout, alloc: unsafe fn(&A, Layout) -> *mut u8) -> *mut u8 {
        let Some((all, before)) = around(layout) else { return ptr::null_mut() };
        // SAFETY: of more than no bytes, of which the block is a part and the zones are others.
        unsafe {
            let start = alloc(&self.heap, all);
            if start.is_null() {
                return start;
            }
            let block = start.add(before);
            start.write_bytes(INTACT, before);
            block.sub(FRONT).cast::<[usize; 2]>().write_unaligned([layout.size(), layout.align()]);
            block.add(layout.size()).write_bytes(INTACT, BACK);
            block
        }
    }
}

// SAFETY: blocks lie in blocks of the other allocator, and are as long and aligned as was asked for.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Checked<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: a function of the allocator; the block is as long as its layout says.
        unsafe {
            let block = self.allocate(layout, A::alloc);
            if !block.is_null() {
                block.write_bytes(Checked::NEW, layout.size());
            }
            block
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: a function of the allocator.
        unsafe { self.allocate(layout, A::alloc_zeroed) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: passed on to the caller, as far as it cannot be checked.
        unsafe {
            check(block, layout);
            if let Some((all, before)) = around(layout) {
                let start = block.sub(before);
                start.write_bytes(Checked::FREED, all.size());
                self.heap.dealloc(start, all);
            }
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: passed on to the caller, as far as it cannot be checked.
        unsafe {
            check(block, layout);
            super::move_block(self, block, layout, new_size)
        }
    }
}
