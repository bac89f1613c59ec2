//! What a program without a libc begins with: `_start`, which calls `main`, and what compiled C then expects to be there.
//!
//! All of it is one object file. In a program that has a libc, `_start` is the libc's, and these names have to be too: a libc's
//! `exit` writes out what stdio(3) holds, for one. `cargo xtask capi` therefore leaves the others out of the archive's index:
//! a linker that goes by it takes them along with `_start` and otherwise does not find them. One that does not go by it
//! (lld, mold) says that there are two of `_start`; for these there is the archive without this module.

use baremap::arch::thread;
use baremap::rt;
use baremap::sys::exit_group;
use core::cell::UnsafeCell;
use core::ffi::{c_char, c_int, c_ulong, c_void};
use core::mem::offset_of;
use core::ptr;
use linux_raw_sys::auxvec::AT_RANDOM;
use linux_raw_sys::errno::ENOENT;
use static_assertions::const_assert_eq;

use crate::abort::{abort, check_room};

unsafe extern "C" {
    fn main(count: c_int, arguments: *const *const c_char, environment: *const *const c_char) -> c_int;
}

baremap::__start!(entry);

/// A type of the auxiliary vector, and its value.
type Auxiliary = [usize; 2];

/// What a program has to itself, and its first thread's pointer points to.
#[repr(C)]
struct Block {
    /// Its own address, as the ABI has it.
    pointer: *const Block,
    /// environ(7), which C may change.
    environment: *const *const c_char,
    /// The auxiliary vector, whose last type is 0.
    vector: *const Auxiliary,
    _unused: [usize; 2],
    /// What stack protectors look for: by a name, or in the sixth word from the thread pointer.
    guard: usize,
    errno: c_int,
}

const_assert_eq!(offset_of!(Block, guard), 5 * size_of::<usize>());

struct Shared(UnsafeCell<Block>);

// SAFETY: what is in here is C's to share; Rust writes it before there is a second thread.
unsafe impl Sync for Shared {}

static BLOCK: Shared = Shared(UnsafeCell::new(Block {
    pointer: ptr::null(),
    environment: ptr::null(),
    vector: ptr::null(),
    _unused: [0; 2],
    guard: 0,
    errno: 0,
}));

baremap::__alias!(environ = BLOCK, offset_of!(Block, environment), size_of::<usize>());
baremap::__alias!(__stack_chk_guard = BLOCK, offset_of!(Block, guard), size_of::<usize>());

/// What `_start` calls.
///
/// # Safety
/// `stack` is what the kernel made, and nothing has run before.
unsafe extern "C" fn entry(stack: *const usize) -> ! {
    rt::__open_standard_descriptors();
    let block = BLOCK.0.get();
    // SAFETY: the caller's promise; the arguments follow their count, the environment their null, the vector its null. There is one
    // thread, which has no pointer yet.
    unsafe {
        let (count, arguments) = (*stack, stack.add(1).cast::<*const c_char>());
        let variables = arguments.add(count + 1);
        let mut next = variables;
        while !(*next).is_null() {
            next = next.add(1);
        }
        let vector = next.add(1).cast::<Auxiliary>();
        (*block).pointer = block;
        (*block).environment = variables;
        (*block).vector = vector;
        // Sixteen random bytes, of which the lowest becomes null: a text that is too long does not go beyond it unnoticed.
        if let Some(random) = auxiliary(vector, AT_RANDOM as usize) {
            (*block).guard = ptr::with_exposed_provenance::<usize>(random).read_unaligned() & !0xff;
        }
        thread::set_pointer(block.cast());
        construct(count as c_int, arguments, variables);
        // A main of fewer parameters leaves the others alone, by both ABIs.
        exit(main(count as c_int, arguments, variables))
    }
}

/// A value of the auxiliary vector.
///
/// # Safety
/// It is one.
#[inline(always)]
unsafe fn auxiliary(vector: *const Auxiliary, wanted: usize) -> Option<usize> {
    let mut next = vector;
    loop {
        // SAFETY: a pair, or the one at the end, beyond which this does not go.
        let [kind, value] = unsafe { *next };
        match kind {
            _ if kind == wanted => return Some(value),
            0 => return None,
            // SAFETY: as above.
            _ => next = unsafe { next.add(1) },
        }
    }
}

/// What a function calls that finds its own stack overwritten.
#[unsafe(no_mangle)]
extern "C" fn __stack_chk_fail() -> ! {
    abort(b"libbaremap: a function's stack was overwritten\n")
}

/// What compilers call under `_FORTIFY_SOURCE`, where they know how large a buffer is: with that as `room`.
macro_rules! checked {
    ($($name:ident = $plain:ident($second:ty))+) => {
        $(
            #[unsafe(no_mangle)]
            unsafe extern "C" fn $name(to: *mut c_void, second: $second, len: usize, room: usize) -> *mut c_void {
                unsafe extern "C" {
                    fn $plain(to: *mut c_void, second: $second, len: usize) -> *mut c_void;
                }
                check_room(len, room);
                // SAFETY: the caller's memory.
                unsafe { $plain(to, second, len) }
            }
        )+
    };
}

checked! {
    __memcpy_chk = memcpy(*const c_void)
    __memmove_chk = memmove(*const c_void)
    __memset_chk = memset(c_int)
}

/// Calls what the program has with `__attribute__((constructor))`.
#[inline(always)]
fn construct(count: c_int, arguments: *const *const c_char, variables: *const *const c_char) {
    type Constructor = unsafe extern "C" fn(c_int, *const *const c_char, *const *const c_char);
    baremap::__weak!(near first, __init_array_start);
    baremap::__weak!(near end, __init_array_end);

    let (mut next, end) = (first().cast::<Constructor>(), end().cast::<Constructor>());
    while next != end {
        // SAFETY: the linker has made the list of the program's.
        unsafe {
            (*next)(count, arguments, variables);
            next = next.add(1);
        }
    }
}

/// exit(3): calls what the program has with `__attribute__((destructor))`, the last first. There is no stdio(3) whose buffers would have
/// to be written, and no atexit(3).
#[unsafe(no_mangle)]
extern "C" fn exit(code: c_int) -> ! {
    type Destructor = unsafe extern "C" fn();
    baremap::__weak!(near first, __fini_array_start);
    baremap::__weak!(near end, __fini_array_end);

    let (first, mut next) = (first().cast::<Destructor>(), end().cast::<Destructor>());
    while next != first {
        // SAFETY: the linker has made the list of the program's.
        unsafe {
            next = next.sub(1);
            (*next)();
        }
    }
    exit_group(code)
}

/// Where `errno` is, of which there is one: a program that makes threads by itself gives them more.
#[unsafe(no_mangle)]
extern "C" fn __errno_location() -> *mut c_int {
    // SAFETY: within the block.
    unsafe { &raw mut (*BLOCK.0.get()).errno }
}

/// The same, as the POSIX names know it.
#[unsafe(no_mangle)]
extern "C" fn baremap_errno_location() -> *mut c_int {
    __errno_location()
}

/// getauxval(3).
#[unsafe(no_mangle)]
extern "C" fn getauxval(kind: c_ulong) -> c_ulong {
    // SAFETY: `entry` has stored it.
    let value = unsafe { auxiliary((*BLOCK.0.get()).vector, kind as usize) };
    value.unwrap_or_else(|| {
        // SAFETY: the address of a number.
        unsafe { *__errno_location() = ENOENT as c_int };
        0
    }) as c_ulong
}

/// The same, as gcc's helpers for atomics on aarch64 know it.
#[unsafe(no_mangle)]
extern "C" fn __getauxval(kind: c_ulong) -> c_ulong {
    getauxval(kind)
}
