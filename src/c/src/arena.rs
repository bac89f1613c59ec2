//! Blocks that go together, of one thread.

use baremap::alloc::{AnonPages, Arena, BorrowedBuffer, MapPages};
use baremap::map::GrowMap;
use core::ffi::{c_int, c_void};

use crate::answer::attempt;
use crate::layout::{bm_usage_t, give, layout};
use crate::pointer::not_null;
use crate::source::{lent, pages};
use crate::storage::{Storage, label, lend, lend_mut, make, take};

/// An arena: blocks are allocated one after the other and given up all at once. One thread at a time uses it.
#[allow(non_camel_case_types, reason = "as C has it")]
#[repr(C)]
pub struct bm_arena_t {
    _opaque: [u64; 24],
}

/// What lies in it.
pub(crate) enum AnyArena {
    Pages(Arena<AnonPages>),
    Memory(Arena<BorrowedBuffer<'static>>),
    Reserved(Arena<MapPages<GrowMap>>),
}

// SAFETY: integers.
unsafe impl Storage for bm_arena_t {
    type Value = AnyArena;
    const LABEL: u64 = label(b"bm_aren\x01");
}

/// Does the same with an arena, whatever its source.
macro_rules! each {
    ($arena:expr, $name:ident => $what:expr) => {
        match $arena {
            AnyArena::Pages($name) => $what,
            AnyArena::Memory($name) => $what,
            AnyArena::Reserved($name) => $what,
        }
    };
}

mod init {
    use super::*;

    /// Makes an arena on pages of the kernel, of which it has at most `limit` bytes at once; 0 is no limit. Nothing is mapped
    /// yet.
    ///
    /// 0, or -EFAULT (null), -EINVAL (not aligned).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_arena_init(arena: *mut bm_arena_t, limit: usize) -> c_int {
        let value = || Ok(AnyArena::Pages(Arena::over(pages(limit))));
        // SAFETY: the caller's storage.
        unsafe { make(arena, value) }
    }
}

mod init_over {
    use super::*;

    /// Makes an arena on `len` bytes of the program's own: no system call.
    ///
    /// 0, or -EFAULT (null), -EINVAL (not aligned; `len` is above PTRDIFF_MAX).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_arena_init_over(
        arena: *mut bm_arena_t,
        memory: *mut c_void,
        len: usize,
    ) -> c_int {
        let value = || {
            // SAFETY: the caller's memory, which is the arena's from now on.
            let memory = unsafe { lent(memory, len) }?;
            Ok(AnyArena::Memory(Arena::over(BorrowedBuffer::new(memory))))
        };
        // SAFETY: the caller's storage.
        unsafe { make(arena, value) }
    }
}

mod init_reserved {
    use super::*;

    /// Makes an arena in one piece: addresses for `capacity` bytes are reserved, and memory is committed as it grows.
    ///
    /// 0, or -ENOMEM, -EFAULT (null), -EINVAL (not aligned).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_arena_init_reserved(arena: *mut bm_arena_t, capacity: usize) -> c_int {
        let value = || {
            let reserved = Arena::reserved(capacity)?;
            Ok(AnyArena::Reserved(reserved))
        };
        // SAFETY: the caller's storage.
        unsafe { make(arena, value) }
    }
}

mod alloc {
    use super::*;

    /// Stores in `*block` the address of `size` bytes at a multiple of `align`, a power of two; at least of 8.
    ///
    /// 0, or -ENOMEM, -EINVAL (`size` is 0, or `align`), -EFAULT (null), -EBADF (there is no arena in it).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_arena_alloc(
        arena: *mut bm_arena_t,
        size: usize,
        align: usize,
        block: *mut *mut c_void,
    ) -> c_int {
        attempt(|| {
            let (block, layout) = (not_null(block)?, layout(size, align)?);
            // SAFETY: the caller's storage, and place for a pointer.
            unsafe { give(block, each!(lend(arena)?, arena => arena.try_alloc_layout(layout)).ok()) }
        })
    }
}

mod resize {
    use super::*;
    use core::cmp::Ordering;

    /// Makes the block at `*block`, which was allocated here with `size` bytes and that alignment, `new_size` bytes long; stores in
    /// `*block` where it is then. The last block grows where it is, if there is room.
    ///
    /// 0, or -ENOMEM (the block is as it was), -EINVAL (a size is 0, or `align`), -EFAULT (null), -EBADF (there is no arena in
    /// it).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_arena_resize(
        arena: *mut bm_arena_t,
        block: *mut *mut c_void,
        size: usize,
        new_size: usize,
        align: usize,
    ) -> c_int {
        attempt(|| {
            let (place, old, new) = (not_null(block)?, layout(size, align)?, layout(new_size, align)?);
            // SAFETY: the caller's storage, place for a pointer, and block, with the size and alignment that it has.
            unsafe {
                let arena = lend(arena)?;
                let block = not_null(place.read())?.cast();
                let resized = each!(arena, arena => match new_size.cmp(&size) {
                    Ordering::Less => arena.shrink(block, old, new),
                    Ordering::Equal => Ok(block),
                    Ordering::Greater => arena.grow(block, old, new),
                });
                give(place, resized.ok())
            }
        })
    }
}

mod free {
    use super::*;

    /// Takes the last block back, which was allocated here with that size and alignment; every other stays where it is until the
    /// arena is reset. Null is nothing to take back.
    ///
    /// 0, or -EINVAL (`size` is 0, or `align`), -EFAULT (`arena` is null), -EBADF (there is no arena in it).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_arena_free(
        arena: *mut bm_arena_t,
        block: *mut c_void,
        size: usize,
        align: usize,
    ) -> c_int {
        attempt(|| {
            // SAFETY: the caller's storage, and block, with the size and alignment that it has.
            unsafe {
                let arena = lend(arena)?;
                let Ok(block) = not_null(block) else { return Ok(()) };
                let layout = layout(size, align)?;
                each!(arena, arena => arena.dealloc(block.cast(), layout));
            }
            Ok(())
        })
    }
}

mod reset {
    use super::*;

    /// Gives up all blocks, and returns memory beyond 4194304 bytes to the source.
    ///
    /// 0, or -EFAULT (null), -EBADF (there is no arena in it).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_arena_reset(arena: *mut bm_arena_t) -> c_int {
        attempt(|| {
            // SAFETY: the caller's storage, and nobody uses its blocks any more.
            let arena = unsafe { lend_mut(arena) }?;
            each!(arena, arena => arena.reset());
            Ok(())
        })
    }
}

mod usage {
    use super::*;

    /// Stores in `*usage` how much memory it has. 0, or -EFAULT (null), -EBADF (there is no arena in it).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_arena_usage(arena: *const bm_arena_t, usage: *mut bm_usage_t) -> c_int {
        attempt(|| {
            // SAFETY: the caller's storage, and place for the numbers.
            unsafe {
                let place = not_null(usage)?;
                place.write(each!(lend(arena)?, arena => arena.usage()).into());
            }
            Ok(())
        })
    }
}

mod destroy {
    use super::*;

    /// Gives up all blocks, and all memory. 0, or -EFAULT (null), -EBADF (there is no arena in it, or no more).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_arena_destroy(arena: *mut bm_arena_t) -> c_int {
        // SAFETY: the caller's storage, and nobody uses its blocks any more.
        attempt(|| unsafe { take(arena) }.map(drop))
    }
}
