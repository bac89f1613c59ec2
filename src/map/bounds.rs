//! The one place where lengths, offsets and alignments are checked.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::page;
use core::num::NonZero;

use super::mapping::Mapping;

/// The part of a file that is to be mapped, in the pages that hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileSpan {
    /// Where the first page is in the file.
    pub(super) page_offset: u64,
    /// How far into the first page the bytes begin.
    pub(super) lead: usize,
    /// Bytes that were asked for.
    pub(super) len: usize,
    /// Bytes to map, from the start of the first page.
    pub(super) mapped_len: usize,
}

/// Checks a part of a file of `size` bytes, which may consist of huge pages: `len` bytes, or what there is, from `offset`.
#[inline(always)]
pub(super) fn file_span(
    offset: u64,
    len: Option<usize>,
    size: u64,
    huge: Option<NonZero<usize>>,
) -> Result<FileSpan> {
    let wanted = match len {
        Some(len) => len as u64,
        None => size.saturating_sub(offset),
    };
    if offset.checked_add(wanted).is_none_or(|end| end > size) {
        let reason = Reason::PastEnd { offset, len: wanted, size };
        return Err(Error::because(Operation::Mmap, Errno::EINVAL, reason));
    }
    // A whole file needs no page size; this way a program that only maps whole files does not carry the code for it.
    let page_size = || huge.map_or_else(page::size, NonZero::get);
    let lead = if offset == 0 { 0 } else { offset as usize & (page_size() - 1) };
    let len = length(wanted, lead)?;
    // An empty part maps nothing, not even the page that it would be in.
    let mapped_len = if len == 0 { 0 } else { huge_length(lead + len, huge)? };
    Ok(FileSpan { page_offset: offset - lead as u64, lead, len, mapped_len })
}

/// The number of bytes to map for `len`: whole pages if they are huge, since the kernel rounds up only to ordinary ones.
#[inline(always)]
pub(super) fn huge_length(len: usize, huge: Option<NonZero<usize>>) -> Result<usize> {
    // A power of two, and the length is at most isize::MAX: the sum does not overflow.
    match huge {
        Some(size) => length(((len + (size.get() - 1)) & !(size.get() - 1)) as u64, 0),
        None => Ok(len),
    }
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
pub(crate) fn within(operation: Operation, offset: usize, len: usize, size: usize) -> Result<()> {
    // No sum that could overflow: what is left after the offset is compared with the length.
    if offset <= size && len <= size - offset {
        return Ok(());
    }
    Err(Error::because(operation, Errno::EINVAL, Reason::OutOfBounds { offset, len, size }))
}

/// Checks that the address of `offset` is a multiple of `align`.
#[inline(always)]
pub(crate) fn aligned(operation: Operation, address: *const u8, offset: usize, align: usize) -> Result<()> {
    if address.addr().is_multiple_of(align) {
        return Ok(());
    }
    Err(Error::because(operation, Errno::EINVAL, Reason::Misaligned { offset, align }))
}

/// A `lead` and the `len` bytes after it, rounded up to a multiple of `grain`; two of these are an object that Rust can
/// address.
pub(super) fn rounded(operation: Operation, lead: usize, len: usize, grain: usize) -> Result<usize> {
    lead.checked_add(len)
        .and_then(|sum| sum.checked_next_multiple_of(grain))
        .filter(|&rounded| rounded <= isize::MAX as usize / 2)
        .ok_or(Error::because(operation, Errno::ENOMEM, Reason::TooLong { len: len as u64 }))
}

/// The start of the page of a mapping that holds the byte at `offset`.
#[inline(always)]
pub(super) fn first_page(mapping: &Mapping, offset: usize) -> usize {
    // At the start of the mapping no page size is needed.
    if offset == 0 { 0 } else { offset & !(mapping.page_size() - 1) }
}

/// The pages of a mapping that hold the `len` bytes from `offset`: where the first begins, and bytes from there.
#[inline(always)]
pub(super) fn pages(mapping: &Mapping, offset: usize, len: usize) -> (usize, usize) {
    let first = first_page(mapping, offset);
    // The kernel rounds up to ordinary pages itself, but not to huge ones, and QEMU not to its own.
    (first, (offset - first + len).next_multiple_of(mapping.page_size()))
}

/// Checks that the `len` bytes from `offset` of a mapping are whole pages: that what is done to them is done to no
/// others. The last page of the mapping may be meant by a part of it, if `or_end`.
pub(super) fn whole_pages(
    operation: Operation,
    mapping: &Mapping,
    offset: usize,
    len: usize,
    or_end: Option<usize>,
) -> Result<()> {
    let align = mapping.page_size();
    let ends = [Some(offset), Some(offset + len).filter(|&end| Some(end) != or_end)];
    match ends.into_iter().flatten().find(|end| !end.is_multiple_of(align)) {
        None => Ok(()),
        Some(offset) => Err(Error::because(operation, Errno::EINVAL, Reason::Misaligned { offset, align })),
    }
}

/// Checks an address to map at.
pub(super) fn address(address: usize) -> Result<NonZero<usize>> {
    let align = page::size();
    NonZero::new(address).filter(|address| address.get().is_multiple_of(align)).ok_or(Error::because(
        Operation::MapAt,
        Errno::EINVAL,
        Reason::BadAddress { address, align },
    ))
}

/// Where `len` bytes from `offset` of a file end.
pub(super) fn file_end(offset: u64, len: usize) -> Result<u64> {
    let too_long = Error::because(Operation::SetLen, Errno::EFBIG, Reason::TooLong { len: len as u64 });
    offset.checked_add(len as u64).ok_or(too_long)
}

/// Bytes to map for `len` bytes in whole pages, one page before and one behind them.
pub(super) fn guarded(len: usize) -> Result<usize> {
    let too_long = Error::because(Operation::Mmap, Errno::ENOMEM, Reason::TooLong { len: len as u64 });
    let guards = 2 * page::size();
    let mapped = page::round_up(len).and_then(|len| len.checked_add(guards)).ok_or(too_long)?;
    length(mapped as u64, 0).map_err(|_| too_long)
}
