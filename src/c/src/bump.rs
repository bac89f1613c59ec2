//! An allocator for a whole program, or for a range of memory.

use baremap::alloc::{AnonPages, BorrowedBuffer, Bump};
use core::alloc::{GlobalAlloc, Layout};
use core::ffi::{c_int, c_void};
use core::ptr::NonNull;

use crate::answer::attempt;
use crate::layout::{bm_usage_t, give, layout};
use crate::pointer::not_null;
use crate::source::{lent, pages};
use crate::storage::{Storage, label, lend, make};

/// A bump allocator, for any number of threads, without a lock; also in signal handlers and forked children. It is large: declare
/// it static.
#[allow(non_camel_case_types, reason = "as C has it")]
#[repr(C, align(128))]
pub struct bm_bump_t {
    _opaque: [u64; 1408],
}

/// What lies in it.
pub(crate) enum Heap {
    Pages(Bump<AnonPages>),
    Memory(Bump<BorrowedBuffer<'static>>),
}

// SAFETY: integers.
unsafe impl Storage for bm_bump_t {
    type Value = Heap;
    const LABEL: u64 = label(b"bm_bump\x01");
}

/// Does the same with an allocator, whatever its source.
macro_rules! each {
    ($heap:expr, $name:ident => $what:expr) => {
        match $heap {
            Heap::Pages($name) => $what,
            Heap::Memory($name) => $what,
        }
    };
}

mod init {
    use super::*;

    /// Makes an allocator on pages of the kernel, of which it has at most `limit` bytes at once; 0 is no limit. Nothing is mapped
    /// yet. It is never destroyed: what it has mapped goes with the process.
    ///
    /// 0, or -EFAULT (null), -EINVAL (not aligned).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_bump_init(bump: *mut bm_bump_t, limit: usize) -> c_int {
        let value = || Ok(Heap::Pages(Bump::over(pages(limit))));
        // SAFETY: the caller's storage.
        unsafe { make(bump, value) }
    }
}

mod init_over {
    use super::*;

    /// Makes an allocator on `len` bytes of the program's own, of which it takes pieces of 16384 bytes and more, at multiples of
    /// their length.
    ///
    /// 0, or -EFAULT (null), -EINVAL (not aligned; `len` is above PTRDIFF_MAX).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_bump_init_over(
        bump: *mut bm_bump_t,
        memory: *mut c_void,
        len: usize,
    ) -> c_int {
        let value = || {
            // SAFETY: the caller's memory, which is the allocator's from now on.
            let memory = unsafe { lent(memory, len) }?;
            Ok(Heap::Memory(Bump::over(BorrowedBuffer::new(memory))))
        };
        // SAFETY: the caller's storage.
        unsafe { make(bump, value) }
    }
}

/// Stores where a block is that `alloc` finds.
///
/// # Safety
/// The storage is there, and room for a pointer.
#[inline(always)]
unsafe fn hand_out(
    bump: *const bm_bump_t,
    size: usize,
    align: usize,
    block: *mut *mut c_void,
    alloc: impl FnOnce(&Heap, Layout) -> *mut u8,
) -> c_int {
    attempt(|| {
        let (block, layout) = (not_null(block)?, layout(size, align)?);
        // SAFETY: the caller's promise.
        unsafe { give(block, NonNull::new(alloc(lend(bump)?, layout))) }
    })
}

mod alloc {
    use super::*;

    /// Stores in `*block` the address of `size` bytes at a multiple of `align`, a power of two.
    ///
    /// 0, or -ENOMEM, -EINVAL (`size` is 0, or `align`), -EFAULT (null), -EBADF (there is no allocator in it).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_bump_alloc(
        bump: *const bm_bump_t,
        size: usize,
        align: usize,
        block: *mut *mut c_void,
    ) -> c_int {
        // SAFETY: the caller's storage, and place for a pointer; `layout` gives none of no bytes.
        unsafe { hand_out(bump, size, align, block, |heap, layout| each!(heap, heap => heap.alloc(layout))) }
    }
}

mod alloc_zeroed {
    use super::*;

    /// As `bm_bump_alloc`; the bytes are zero.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_bump_alloc_zeroed(
        bump: *const bm_bump_t,
        size: usize,
        align: usize,
        block: *mut *mut c_void,
    ) -> c_int {
        // SAFETY: the caller's storage, and place for a pointer; `layout` gives none of no bytes.
        unsafe {
            hand_out(bump, size, align, block, |heap, layout| each!(heap, heap => heap.alloc_zeroed(layout)))
        }
    }
}

mod resize {
    use super::*;

    /// Makes the block at `*block`, which was allocated here with `size` bytes and that alignment, `new_size` bytes long; stores in
    /// `*block` where it is then. Its bytes are kept, as far as both sizes reach.
    ///
    /// 0, or -ENOMEM (the block is as it was), -EINVAL (a size is 0, or `align`), -EFAULT (null), -EBADF (there is no allocator in
    /// it).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_bump_resize(
        bump: *const bm_bump_t,
        block: *mut *mut c_void,
        size: usize,
        new_size: usize,
        align: usize,
    ) -> c_int {
        attempt(|| {
            let (place, old) = (not_null(block)?, layout(size, align)?);
            layout(new_size, align)?;
            // SAFETY: the caller's storage, place for a pointer, and block, with the size and alignment that it has.
            unsafe {
                let heap = lend(bump)?;
                let block = not_null(place.read())?.cast().as_ptr();
                give(place, NonNull::new(each!(heap, heap => heap.realloc(block, old, new_size))))
            }
        })
    }
}

mod free {
    use super::*;

    /// Takes back a block that was allocated here with that size and alignment; null is nothing to take back. The last block of a
    /// thread, and one of more than 131072 bytes, make room; others stay used.
    ///
    /// 0, or -EINVAL (`size` is 0, or `align`), -EFAULT (`bump` is null), -EBADF (there is no allocator in it).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_bump_free(
        bump: *const bm_bump_t,
        block: *mut c_void,
        size: usize,
        align: usize,
    ) -> c_int {
        attempt(|| {
            // SAFETY: the caller's storage, and block, with the size and alignment that it has.
            unsafe {
                let heap = lend(bump)?;
                if block.is_null() {
                    return Ok(());
                }
                let layout = layout(size, align)?;
                each!(heap, heap => heap.dealloc(block.cast(), layout));
            }
            Ok(())
        })
    }
}

mod usage {
    use super::*;

    /// Stores in `*usage` how much memory it has. 0, or -EFAULT (null), -EBADF (there is no allocator in it).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_bump_usage(bump: *const bm_bump_t, usage: *mut bm_usage_t) -> c_int {
        attempt(|| {
            // SAFETY: the caller's storage, and place for the numbers.
            unsafe {
                let place = not_null(usage)?;
                place.write(each!(lend(bump)?, heap => heap.usage()).into());
            }
            Ok(())
        })
    }
}
