//! The memory of this process.

use std::alloc::{GlobalAlloc, Layout};
use std::fs;

use baremap::alloc::AnonPages;

/// Takes so much memory, uses it, and gives it back.
///
/// In a virtual machine the first use of memory that the machine below has taken away costs ten times as much as any other.
/// After this, as much as was used here is there for the task, whatever its allocator is.
pub(super) fn touch(len: usize) {
    let pages = AnonPages::new();
    let Ok(layout) = Layout::from_size_align(len.max(1), 1) else { return };
    // SAFETY: the layout is not empty, and the block has that many bytes.
    unsafe {
        let block = pages.alloc(layout);
        assert!(!block.is_null(), "no {len} bytes of memory are free");
        for offset in (0..len).step_by(baremap::page::size()) {
            block.add(offset).write_volatile(1);
        }
        pages.dealloc(block, layout);
    }
    // Where there is no such file, the peak is this.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The most memory that there was since, in KiB.
pub(super) fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("/proc is mounted");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB"));
    peak.map_or(0, |kib| super::parse(kib.trim()))
}
