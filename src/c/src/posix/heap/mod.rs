//! The memory behind `malloc` and its family: blocks of a [`Bump`] allocator, which are used again once they are freed.
//!
//! A block begins with a header of 16 bytes, and has one of 48 sizes, four to each power of two. What is freed is kept by its size;
//! more than 128 KiB goes back to the kernel at once. There is no lock anywhere, so that it works in a signal's handler, and in a
//! forked child whatever other threads of its parent were doing.

mod freed;
mod size;

use baremap::alloc::Bump;
use core::alloc::{GlobalAlloc, Layout};
use core::ffi::c_void;
use core::ptr::{self, NonNull};

use freed::Freed;
use size::Class;

/// What every block is aligned to, as the largest type of C wants it: `max_align_t`.
pub(super) const ALIGN: usize = 16;

static HEAP: Bump = Bump::new();
static FREED: [Freed; Class::COUNT] = [const { Freed::none() }; Class::COUNT];

unsafe extern "C" {
    fn malloc();
    fn calloc();
    fn realloc();
    fn free();
    fn aligned_alloc();
    fn memalign();
    fn posix_memalign();
    fn valloc();
    fn pvalloc();
    fn malloc_usable_size();
}

/// A linker that takes one of the names out of the archive takes all: half of them a libc's would be two allocators that free each
/// other's blocks. Nobody reads it, and what a program does not call, `--gc-sections` leaves out again.
#[used]
static FAMILY: [unsafe extern "C" fn(); 10] = [
    malloc,
    calloc,
    realloc,
    free,
    aligned_alloc,
    memalign,
    posix_memalign,
    valloc,
    pvalloc,
    malloc_usable_size,
];

/// What stands before the bytes that the program has.
#[repr(C, align(16))]
struct Header {
    /// Bytes of the whole block.
    len: usize,
    /// Bytes of it before those that the program has, this header included.
    before: usize,
}

/// A block that the program has, by what it knows of it.
#[derive(Clone, Copy)]
struct Block {
    start: *mut u8,
    len: usize,
    before: usize,
}

impl Block {
    /// The block that this is a pointer to.
    ///
    /// # Safety
    /// It came from [`Block::give`], and has not been freed since.
    unsafe fn of(memory: *mut c_void) -> Block {
        // SAFETY: the header stands before what was given.
        let Header { len, before } = unsafe { memory.cast::<Header>().sub(1).read() };
        Block { start: memory.cast::<u8>().wrapping_sub(before), len, before }
    }

    /// Writes the header; what the program gets.
    ///
    /// # Safety
    /// The block is the caller's, and large enough; `before` is a multiple of 16 and not 0.
    unsafe fn give(self) -> *mut c_void {
        // SAFETY: within the block.
        unsafe {
            let memory = self.start.add(self.before);
            memory.cast::<Header>().sub(1).write(Header { len: self.len, before: self.before });
            memory.cast()
        }
    }

    /// Bytes that the program has.
    const fn room(self) -> usize {
        self.len - self.before
    }
}

/// The layout of a block of that many bytes in all.
fn layout(len: usize) -> Option<Layout> {
    Layout::from_size_align(len, ALIGN).ok()
}

/// Memory of that size and alignment, a power of two; null if there is none.
#[inline(never)]
pub(super) fn allocate(size: usize, align: usize, is_zeroed: bool) -> *mut c_void {
    let Some(block) = find(size, align, is_zeroed) else { return ptr::null_mut() };
    // SAFETY: the block was found for this.
    let memory = unsafe { block.give() };
    if is_zeroed && Class::of(block.len).is_some() {
        // SAFETY: the block has that much room. A large one is fresh.
        unsafe { memory.cast::<u8>().write_bytes(0, size) };
    }
    memory
}

fn find(size: usize, align: usize, is_zeroed: bool) -> Option<Block> {
    // The header, and with a larger alignment the way to the first multiple of it behind the header.
    let most_before = if align <= ALIGN { ALIGN } else { align.checked_add(ALIGN)? };
    let len = size.checked_add(most_before)?;
    let (start, len) = match Class::of(len) {
        Some(class) => (freed_or_new(class)?, class.len()),
        None => {
            let layout = layout(len)?;
            // SAFETY: it is not empty.
            let start = unsafe { if is_zeroed { HEAP.alloc_zeroed(layout) } else { HEAP.alloc(layout) } };
            (NonNull::new(start)?, len)
        }
    };
    let start = start.as_ptr();
    let before = if align <= ALIGN { ALIGN } else { ALIGN + start.wrapping_add(ALIGN).align_offset(align) };
    Some(Block { start, len, before })
}

fn freed_or_new(class: Class) -> Option<NonNull<u8>> {
    if let Some(block) = FREED[class.index()].take() {
        return Some(block.cast());
    }
    // SAFETY: it is not empty.
    NonNull::new(unsafe { HEAP.alloc(layout(class.len())?) })
}

/// Frees memory.
///
/// # Safety
/// It came from here and has not been freed since; nobody uses it any more.
#[inline(never)]
pub(super) unsafe fn release(memory: *mut c_void) {
    // SAFETY: the caller's promise.
    let block = unsafe { Block::of(memory) };
    // SAFETY: a block is not null; it is not used any more, and has room for a link.
    unsafe {
        match (Class::of(block.len), layout(block.len)) {
            (Some(class), _) => FREED[class.index()].put(NonNull::new_unchecked(block.start.cast())),
            (None, Some(layout)) => HEAP.dealloc(block.start, layout),
            (None, None) => {}
        }
    }
}

/// Bytes of memory that the program may use: at least as many as it asked for.
///
/// # Safety
/// As [`release`], but that it stays in use.
pub(super) unsafe fn room(memory: *mut c_void) -> usize {
    // SAFETY: the caller's promise.
    unsafe { Block::of(memory) }.room()
}

/// Memory of another size with the same contents, as far as they fit; null, and everything as it was, if there is none.
///
/// # Safety
/// As [`release`] if it is not null.
#[inline(never)]
pub(super) unsafe fn resize(memory: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: the caller's promise.
    let block = unsafe { Block::of(memory) };
    let Some(len) = size.checked_add(block.before) else { return ptr::null_mut() };
    match (Class::of(block.len), Class::of(len)) {
        (Some(old), Some(new)) if old == new => return memory,
        // Grown and shrunk by the kernel, which copies nothing. Where it moves, more than 16 bytes of alignment would be lost.
        (None, None) if block.before == ALIGN => {
            if let Some(moved) = resize_large(block, len) {
                return moved;
            }
        }
        _ => {}
    }
    let new = allocate(size, ALIGN, false);
    if !new.is_null() {
        // SAFETY: both have as many bytes, and they are two blocks.
        unsafe {
            ptr::copy_nonoverlapping(memory.cast::<u8>(), new.cast(), size.min(block.room()));
            release(memory);
        }
    }
    new
}

fn resize_large(block: Block, len: usize) -> Option<*mut c_void> {
    let old = layout(block.len)?;
    layout(len)?;
    // SAFETY: it is of this layout, and the new one has been checked.
    let start = NonNull::new(unsafe { HEAP.realloc(block.start, old, len) })?;
    // SAFETY: the block has that length now.
    Some(unsafe { Block { start: start.as_ptr(), len, before: block.before }.give() })
}
