//! The size of a page, which on aarch64 is the kernel's choice: 4, 16 or 64 KiB.

use crate::sys::{self, Advice};
#[cfg(not(all(feature = "start", feature = "panic-handler")))]
use crate::{
    fd::AsFd,
    sys::{Mode, OFlags},
};
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
#[cfg(not(all(feature = "start", feature = "panic-handler")))]
use linux_raw_sys::auxvec::AT_NULL;
use linux_raw_sys::auxvec::AT_PAGESZ;

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
    len.checked_add(size() - 1).map(round_down)
}

/// `address` or offset rounded down to the start of its page.
#[inline]
#[must_use]
pub fn round_down(address: usize) -> usize {
    address & !(size() - 1)
}

/// From the auxiliary vector, or else from what the kernel takes for aligned.
#[cold]
fn find() -> usize {
    let size = auxiliary().filter(|size| size.is_power_of_two()).unwrap_or_else(probe);
    SIZE.store(size, Relaxed);
    size
}

/// The auxiliary vector's, where this crate's `_start` saw it, or by its file in /proc.
fn auxiliary() -> Option<usize> {
    #[cfg(feature = "start")]
    if let Some(env) = crate::rt::env() {
        return env.aux_value(AT_PAGESZ as usize);
    }
    by_file()
}

/// A program that has all of `rt` was started by this crate, and need not carry another way.
#[cfg(all(feature = "start", feature = "panic-handler"))]
fn by_file() -> Option<usize> {
    None
}

#[cfg(not(all(feature = "start", feature = "panic-handler")))]
fn by_file() -> Option<usize> {
    let file = sys::open(c"/proc/self/auxv", OFlags::CLOEXEC, Mode::empty()).ok()?;
    let mut bytes = [0; 1024];
    let len = sys::read(file.as_fd(), &mut bytes).ok()?;
    auxiliary_value(bytes.get(..len)?, AT_PAGESZ as usize)
}

/// A value of an auxiliary vector in its file's form: pairs of words, up to a pair of type `AT_NULL`.
#[cfg(not(all(feature = "start", feature = "panic-handler")))]
fn auxiliary_value(bytes: &[u8], wanted: usize) -> Option<usize> {
    const WORD: usize = size_of::<usize>();
    let word = |bytes: &[u8]| bytes.try_into().map_or(0, usize::from_ne_bytes);
    bytes
        .chunks_exact(2 * WORD)
        .map(|pair| (word(&pair[..WORD]), word(&pair[WORD..])))
        .take_while(|&(kind, _)| kind != AT_NULL as usize)
        .find_map(|(kind, value)| (kind == wanted).then_some(value))
}

/// madvise(2) checks the address before it finds that there is nothing to do: the smallest power of two that it takes
/// for aligned is the page size. (mprotect(2) does so too, but not in QEMU's user mode.)
fn probe() -> usize {
    let aligned = |address: &usize| {
        let address = ptr::without_provenance_mut(*address);
        // SAFETY: a length of 0 changes nothing.
        unsafe { sys::madvise(address, 0, Advice::NORMAL) }.is_ok()
    };
    const LARGEST: u32 = 24;
    (12..LARGEST).map(|shift| 1 << shift).find(aligned).unwrap_or(1 << LARGEST)
}
