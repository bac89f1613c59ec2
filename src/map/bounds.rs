//! The one place where lengths, offsets and alignments are checked.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::page;

/// The part of a file that is to be mapped, in the pages that hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileSpan {
    /// Where the first page is in the file.
    pub(super) page_offset: u64,
    /// How far into the first page the bytes begin.
    pub(super) lead: usize,
    /// Bytes that were asked for.
    pub(super) len: usize,
}

impl FileSpan {
    /// Bytes to map: from the start of the first page.
    #[inline(always)]
    pub(super) const fn mapped_len(&self) -> usize {
        self.lead + self.len
    }
}

/// Checks a part of a file of `size` bytes: `len` bytes, or what there is, from `offset`.
#[inline(always)]
pub(super) fn file_span(offset: u64, len: Option<usize>, size: u64) -> Result<FileSpan> {
    let wanted = match len {
        Some(len) => len as u64,
        None => size.saturating_sub(offset),
    };
    if offset.checked_add(wanted).is_none_or(|end| end > size) {
        let reason = Reason::PastEnd { offset, len: wanted, size };
        return Err(Error::because(Operation::Mmap, Errno::EINVAL, reason));
    }
    // A whole file needs no page size; this way a program that only maps whole files does not carry the code for it.
    let lead = if offset == 0 { 0 } else { offset as usize & (page::size() - 1) };
    let len = length(wanted, lead)?;
    Ok(FileSpan { page_offset: offset - lead as u64, lead, len })
}

/// Checks a length: with the `lead` before it, it is an object that Rust can address.
#[inline(always)]
pub(super) fn length(len: u64, lead: usize) -> Result<usize> {
    match usize::try_from(len) {
        Ok(small) if small <= isize::MAX as usize - lead => Ok(small),
        _ => Err(Error::because(Operation::Mmap, Errno::ENOMEM, Reason::TooLong { len })),
    }
}

/// Checks that `len` bytes from `offset` are within `size`.
#[inline(always)]
pub(super) fn within(operation: Operation, offset: usize, len: usize, size: usize) -> Result<()> {
    // No sum that could overflow: what is left after the offset is compared with the length.
    if offset <= size && len <= size - offset {
        return Ok(());
    }
    Err(Error::because(operation, Errno::EINVAL, Reason::OutOfBounds { offset, len, size }))
}

/// Checks that the address of `offset` is a multiple of `align`.
#[inline(always)]
pub(super) fn aligned(operation: Operation, address: *const u8, offset: usize, align: usize) -> Result<()> {
    if address.addr().is_multiple_of(align) {
        return Ok(());
    }
    Err(Error::because(operation, Errno::EINVAL, Reason::Misaligned { offset, align }))
}
