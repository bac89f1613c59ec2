//! `malloc` and its family.
//!
//! All of them come into a program together: a block that one of them gave is not for another allocator to free. That holds for the
//! names that a libc has besides those of POSIX, too (`memalign` and its kin), so that ours are there.

use baremap::page;
use core::ffi::{c_int, c_void};
use core::ptr;
use linux_raw_sys::errno::{EINVAL, ENOMEM};

use super::errno::refuse;
use super::heap::{self, ALIGN};
use super::names;

/// What the caller gets: memory, or null and `errno`.
#[inline(always)]
fn or_enomem(memory: *mut c_void) -> *mut c_void {
    if memory.is_null() {
        refuse(ENOMEM);
    }
    memory
}

/// Memory of an alignment, if it is one.
#[inline(always)]
fn aligned(align: usize, size: usize) -> *mut c_void {
    if !align.is_power_of_two() {
        refuse(EINVAL);
        return ptr::null_mut();
    }
    or_enomem(heap::allocate(size, align, false))
}

names! {
    /// malloc(3). Of 0 bytes it is memory too, which nobody else has.
    fn malloc(size: usize) -> *mut c_void {
        or_enomem(heap::allocate(size, ALIGN, false))
    }
}

names! {
    /// calloc(3).
    fn calloc(count: usize, size: usize) -> *mut c_void {
        let memory = match count.checked_mul(size) {
            Some(size) => heap::allocate(size, ALIGN, true),
            None => ptr::null_mut(),
        };
        or_enomem(memory)
    }
}

names! {
    /// realloc(3). To 0 bytes it frees, and returns null, as glibc has it.
    fn realloc(memory: *mut c_void, size: usize) -> *mut c_void {
        if memory.is_null() {
            return or_enomem(heap::allocate(size, ALIGN, false));
        }
        if size == 0 {
            // SAFETY: the caller's memory.
            unsafe { heap::release(memory) };
            return ptr::null_mut();
        }
        // SAFETY: as above.
        or_enomem(unsafe { heap::resize(memory, size) })
    }
}

names! {
    /// free(3). `errno` stays.
    fn free(memory: *mut c_void) -> () {
        if !memory.is_null() {
            // SAFETY: the caller's memory.
            unsafe { heap::release(memory) };
        }
    }
}

names! {
    /// aligned_alloc(3) and memalign(3): `EINVAL` for what is no power of two. The size may be any.
    fn [aligned_alloc memalign](align: usize, size: usize) -> *mut c_void {
        aligned(align, size)
    }
}

names! {
    /// posix_memalign(3): 0 or the error's number; `errno` and, after an error, `*place` stay.
    fn posix_memalign(place: *mut *mut c_void, align: usize, size: usize) -> c_int {
        if !align.is_power_of_two() || !align.is_multiple_of(size_of::<*mut c_void>()) {
            return EINVAL as c_int;
        }
        let memory = heap::allocate(size, align, false);
        if memory.is_null() {
            return ENOMEM as c_int;
        }
        // SAFETY: the caller's place for a pointer.
        unsafe { place.write(memory) };
        0
    }
}

names! {
    /// valloc(3).
    fn valloc(size: usize) -> *mut c_void {
        aligned(page::size(), size)
    }
}

names! {
    /// pvalloc(3): whole pages.
    fn pvalloc(size: usize) -> *mut c_void {
        match page::round_up(size) {
            Some(size) => aligned(page::size(), size),
            None => or_enomem(ptr::null_mut()),
        }
    }
}

names! {
    /// malloc_usable_size(3).
    fn malloc_usable_size(memory: *mut c_void) -> usize {
        // SAFETY: the caller's memory.
        if memory.is_null() { 0 } else { unsafe { heap::room(memory) } }
    }
}
