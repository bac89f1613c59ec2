//! What the kernel knows of ranges of pages.

use baremap::alloc::{AnonPages, PageSource};
use std::fs;
use std::ptr::NonNull;

/// As `show_smap_vma_flags` of the kernel's fs/proc/task_mmu.c writes what madvise(2) set: `hg` for `MADV_HUGEPAGE`.
fn is_advised_huge(range: NonNull<u8>) -> bool {
    let smaps = fs::read_to_string("/proc/self/smaps").unwrap();
    let mut within = false;
    for line in smaps.lines() {
        let bounds = line.split_once(' ').and_then(|(bounds, _)| bounds.split_once('-'));
        if let Some((start, end)) = bounds
            && let (Ok(start), Ok(end)) = (usize::from_str_radix(start, 16), usize::from_str_radix(end, 16))
        {
            within = (start..end).contains(&range.addr().get());
        } else if let Some(flags) = line.strip_prefix("VmFlags:")
            && within
        {
            return flags.split_whitespace().any(|flag| flag == "hg");
        }
    }
    panic!("{range:?} is not mapped");
}

const LONG: usize = 4 << 20;

#[test]
fn long_ranges_may_have_huge_pages() {
    let pages = AnonPages::new();
    let range = pages.allocate(LONG, 1).unwrap();
    assert!(is_advised_huge(range));
    assert!(range.addr().get().is_multiple_of(2 << 20));
    // SAFETY: it is the range from above.
    unsafe { pages.release(range, LONG) };
}

#[test]
fn short_ranges_have_none_until_they_grow() {
    let pages = AnonPages::new();
    let range = pages.allocate(1 << 20, 1).unwrap();
    assert!(!is_advised_huge(range));
    // SAFETY: it is the range from above, and then its successor.
    unsafe {
        let range = pages.resize(range, 1 << 20, LONG, true).unwrap();
        assert!(is_advised_huge(range));
        pages.release(range, LONG);
    }
}

#[test]
fn huge_pages_can_be_declined() {
    let pages = AnonPages::new().no_huge();
    let range = pages.allocate(LONG, 1).unwrap();
    assert!(!is_advised_huge(range));
    // SAFETY: it is the range from above, and then its successor.
    unsafe {
        let range = pages.resize(range, LONG, 2 * LONG, true).unwrap();
        assert!(!is_advised_huge(range));
        pages.release(range, 2 * LONG);
    }
}
