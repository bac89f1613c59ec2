//! The size of a page, which on aarch64 is the kernel's choice: 4, 16 or 64 KiB.

use crate::fd::AsFd;
use crate::sys::{self, Mode, OFlags, ProtFlags};
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use linux_raw_sys::auxvec::{AT_NULL, AT_PAGESZ};

/// 0 until it is known. No lock: whoever comes first finds the same size as whoever comes second.
static SIZE: AtomicUsize = AtomicUsize::new(0);

/// The bytes in a page: the auxiliary vector's `AT_PAGESZ`. Asks the kernel once.
///
/// ```
/// let page = baremap::page::size();
/// assert!(page.is_power_of_two() && page >= 4096);
/// ```
#[inline]
#[must_use]
pub fn size() -> usize {
    match SIZE.load(Relaxed) {
        0 => find(),
        size => size,
    }
}

/// `len` rounded up to whole pages; `None` if that overflows.
#[inline]
#[must_use]
pub fn round_up(len: usize) -> Option<usize> {
    len.checked_next_multiple_of(size())
}

/// `address` or offset rounded down to the start of its page.
#[inline]
#[must_use]
pub fn round_down(address: usize) -> usize {
    address & !(size() - 1)
}

/// From the auxiliary vector that the kernel put on the stack, if this crate's `_start` saw it, else from its file in
/// /proc, else from what the kernel takes for aligned.
#[cold]
fn find() -> usize {
    let size = from_stack().or_else(from_proc).filter(|size| size.is_power_of_two()).unwrap_or_else(probe);
    SIZE.store(size, Relaxed);
    size
}

#[cfg(feature = "start")]
fn from_stack() -> Option<usize> {
    crate::rt::env()?.aux_value(AT_PAGESZ as usize)
}

#[cfg(not(feature = "start"))]
fn from_stack() -> Option<usize> {
    None
}

/// The kernel hands every process its auxiliary vector in a file.
fn from_proc() -> Option<usize> {
    let file = sys::open(c"/proc/self/auxv", OFlags::CLOEXEC, Mode::empty()).ok()?;
    let mut bytes = [0; 1024];
    let len = sys::read(file.as_fd(), &mut bytes).ok()?;
    auxiliary_value(&bytes[..len], AT_PAGESZ as usize)
}

/// A value of an auxiliary vector in its file's form: pairs of words, up to a pair of type `AT_NULL`.
fn auxiliary_value(bytes: &[u8], wanted: usize) -> Option<usize> {
    const WORD: usize = size_of::<usize>();
    let word = |bytes: &[u8]| bytes.try_into().map_or(0, usize::from_ne_bytes);
    bytes
        .chunks_exact(2 * WORD)
        .map(|pair| (word(&pair[..WORD]), word(&pair[WORD..])))
        .take_while(|&(kind, _)| kind != AT_NULL as usize)
        .find_map(|(kind, value)| (kind == wanted).then_some(value))
}

/// mprotect(2) checks the address before it finds that there is nothing to do: the smallest power of two that it takes
/// for aligned is the page size.
fn probe() -> usize {
    let aligned = |address: &usize| {
        let address = ptr::without_provenance_mut(*address);
        // SAFETY: a length of 0 changes nothing.
        unsafe { sys::mprotect(address, 0, ProtFlags::empty()) }.is_ok()
    };
    const LARGEST: u32 = 24;
    (12..LARGEST).map(|shift| 1 << shift).find(aligned).unwrap_or(1 << LARGEST)
}
