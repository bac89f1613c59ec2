//! System calls as several libraries make them: four that do little, so that the way to the kernel is what is measured.
//!
//! A system call is timed in a process that makes no other library's: several in one turn bimodal, as what one leaves in the
//! processor's branch predictors slows the next down or not.

mod baremap;
mod by_hand;
mod libc;
mod rustix;
mod sc;
mod syscalls;

use std::fs::File;
use std::hint::black_box;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

pub use self::baremap::Baremap;
pub use self::by_hand::ByHand;
pub use self::libc::Libc;
pub use self::rustix::Rustix;
pub use self::sc::Sc;
pub use self::syscalls::Syscalls;

/// A library's way to make the calls. Flags are the kernel's own numbers, which are the same for all.
///
/// Addresses come from [`map`](Self::map) and are passed back.
pub trait Stubs {
    /// getppid(2).
    fn parent() -> i32;

    /// mmap(2); nothing if it fails.
    fn map(addr: usize, len: usize, prot: u32, flags: u32, fd: BorrowedFd<'_>, offset: u64) -> Option<usize>;

    /// munmap(2).
    ///
    /// # Safety
    /// Nobody uses the pages any more.
    unsafe fn unmap(addr: usize, len: usize) -> bool;

    /// msync(2).
    fn sync(addr: usize, len: usize) -> bool;

    /// ftruncate(2).
    fn truncate(fd: BorrowedFd<'_>, len: u64) -> bool;
}

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// getppid(2): the kernel does next to nothing.
    Parent,
    /// mmap(2) of a page, and munmap(2).
    MapUnmap,
    /// msync(2) of a page that has not changed, of a file in memory.
    Sync,
    /// ftruncate(2) of such a file to the size that it has.
    Truncate,
}

impl Call {
    /// All of them.
    pub const ALL: [Call; 4] = [Call::Parent, Call::MapUnmap, Call::Sync, Call::Truncate];

    /// What it is called on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Call::Parent => "getppid",
            Call::MapUnmap => "mmap+munmap",
            Call::Sync => "msync",
            Call::Truncate => "ftruncate",
        }
    }
}

/// What a map is like: of a file, shared and writable.
const PROT: u32 = linux_raw_sys::general::PROT_READ | linux_raw_sys::general::PROT_WRITE;
const FLAGS: u32 = linux_raw_sys::general::MAP_SHARED;

/// Calls between two looks at the clock, and how often it is looked at: the least of all counts.
const CALLS: usize = 2_000;
const BATCHES: usize = 50;

/// Nanoseconds of a call.
///
/// # Panics
/// If one fails.
#[must_use]
pub fn time<S: Stubs>(call: Call) -> f64 {
    let file = File::from(
        ::rustix::fs::memfd_create("calls", ::rustix::fs::MemfdFlags::CLOEXEC).expect("a file in memory"),
    );
    let len = ::baremap::page::size();
    file.set_len(len as u64).expect("room for a page");
    let fd = file.as_fd();
    let map = S::map(0, len, PROT, FLAGS, fd, 0).expect("room for a map");
    let batch = || match call {
        Call::Parent => repeat(|| S::parent() > 0),
        Call::MapUnmap => repeat(|| {
            let addr = S::map(0, black_box(len), PROT, FLAGS, fd, 0);
            // SAFETY: nobody else has it.
            addr.is_some_and(|addr| unsafe { S::unmap(addr, len) })
        }),
        Call::Sync => repeat(|| S::sync(black_box(map), len)),
        Call::Truncate => repeat(|| S::truncate(fd, black_box(len as u64))),
    };
    batch();
    (0..BATCHES).map(|_| batch()).fold(f64::INFINITY, f64::min)
}

/// Nanoseconds of one.
fn repeat(mut call: impl FnMut() -> bool) -> f64 {
    let start = Instant::now();
    for _ in 0..CALLS {
        assert!(call());
    }
    start.elapsed().as_nanos() as f64 / CALLS as f64
}

/// The addresses of functions that do one call each, for [`instructions`](crate::machine_code::instructions).
#[must_use]
pub fn probes<S: Stubs>() -> [(&'static str, *const u8); 5] {
    [
        ("getppid", parent::<S> as *const u8),
        ("mmap", map::<S> as *const u8),
        ("munmap", unmap::<S> as *const u8),
        ("msync", sync::<S> as *const u8),
        ("ftruncate", truncate::<S> as *const u8),
    ]
}

// Arguments come in registers, in C's order: what a stub has to move about is what it adds.

#[inline(never)]
extern "C" fn parent<S: Stubs>() -> i32 {
    S::parent()
}

#[inline(never)]
extern "C" fn map<S: Stubs>(
    addr: usize,
    len: usize,
    prot: u32,
    flags: u32,
    fd: BorrowedFd<'_>,
    offset: u64,
) -> usize {
    S::map(addr, len, prot, flags, fd, offset).unwrap_or(0)
}

#[inline(never)]
unsafe extern "C" fn unmap<S: Stubs>(addr: usize, len: usize) -> bool {
    // SAFETY: passed on to the caller.
    unsafe { S::unmap(addr, len) }
}

#[inline(never)]
extern "C" fn sync<S: Stubs>(addr: usize, len: usize) -> bool {
    S::sync(addr, len)
}

#[inline(never)]
extern "C" fn truncate<S: Stubs>(fd: BorrowedFd<'_>, len: u64) -> bool {
    S::truncate(fd, len)
}
