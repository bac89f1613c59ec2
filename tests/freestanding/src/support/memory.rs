//! Pages that tests map by hand, and questions about addresses.

use baremap::sys::{self, MapFlags, ProtFlags};
use baremap::{Errno, page};
use core::ptr;

/// Whole pages of private memory, readable and writable, unmapped on drop.
pub(crate) struct Pages {
    start: *mut u8,
    count: usize,
}

impl Pages {
    pub(crate) fn new(count: usize) -> Self {
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the kernel chooses an address that is free.
        let start =
            unsafe { sys::mmap_anonymous(ptr::null_mut(), count * page::size(), prot, MapFlags::PRIVATE) };
        Self { start: start.expect("a few pages"), count }
    }

    /// The address of a page, or of the end.
    pub(crate) fn page(&self, index: usize) -> *mut u8 {
        self.start.wrapping_add(index * page::size())
    }

    pub(crate) fn len(&self) -> usize {
        self.count * page::size()
    }

    /// Leaves a gap where a page was.
    pub(crate) fn unmap(&self, index: usize) {
        // SAFETY: the page is this value's own, and no reference into it is ever made.
        unsafe { sys::munmap(self.page(index), page::size()) }.expect("the page is there");
    }

    /// Whether a page is in memory.
    pub(crate) fn is_resident(&self, index: usize) -> bool {
        is_resident(self.page(index))
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: the range is this value's own; what the test unmapped of it is still free.
        unsafe { sys::munmap(self.start, self.len()) }.expect("the range is valid");
    }
}

/// Whether the page that holds the address is mapped: mincore(2) says ENOMEM where it is not.
pub(crate) fn is_mapped(address: *const u8) -> bool {
    match residency(address.wrapping_sub(address.addr() % page::size())) {
        Ok(_) => true,
        Err(Errno::ENOMEM) => false,
        Err(errno) => panic!("mincore: {errno:?}"),
    }
}

/// Whether the page that begins at the address is in memory.
pub(crate) fn is_resident(page: *const u8) -> bool {
    residency(page).expect("the page is there") & 1 != 0
}

/// What mincore(2) says of a page.
fn residency(page: *const u8) -> Result<u8, Errno> {
    let mut byte = [0];
    // SAFETY: one byte is in one page, also where an emulator counts in pages that are smaller than those it shows.
    unsafe { sys::mincore(page, 1, &mut byte) }?;
    Ok(byte[0])
}
