//! Sizes and alignments of blocks.

use baremap::Errno;
use baremap::alloc::Usage;
use core::alloc::Layout;
use core::ptr::NonNull;

/// How much memory an allocator has.
#[allow(non_camel_case_types, reason = "as C has it")]
#[repr(C)]
pub struct bm_usage_t {
    /// Bytes that it has of its source.
    pub mapped: usize,
    /// Bytes of these that no new block can have.
    pub used: usize,
    /// Pieces that it has of its source.
    pub chunks: usize,
}

impl From<Usage> for bm_usage_t {
    fn from(Usage { mapped, used, chunks }: Usage) -> Self {
        Self { mapped, used, chunks }
    }
}

/// What C asks for.
///
/// # Errors
/// `EINVAL` (no bytes, or an alignment that is no power of two), `ENOMEM` (more than there can be).
#[inline(always)]
pub(crate) fn layout(size: usize, align: usize) -> Result<Layout, Errno> {
    if size == 0 || !align.is_power_of_two() {
        return Err(Errno::EINVAL);
    }
    Layout::from_size_align(size, align).map_err(|_| Errno::ENOMEM)
}

/// A block as C gets it.
///
/// # Errors
/// `ENOMEM` (there is none).
///
/// # Safety
/// There is room for a pointer.
#[inline(always)]
pub(crate) unsafe fn give(
    to: NonNull<*mut core::ffi::c_void>,
    block: Option<NonNull<u8>>,
) -> Result<(), Errno> {
    let block = block.ok_or(Errno::ENOMEM)?;
    // SAFETY: the caller's promise.
    unsafe { to.write(block.as_ptr().cast()) };
    Ok(())
}
