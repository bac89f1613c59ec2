//! Transparent huge pages.

use baremap::{Caps, File, Result};

/// Whether the kernel makes transparent huge pages for those who ask, and for nobody else. There may be none left for a moment.
pub(crate) fn are_made_on_demand() -> Result<bool> {
    let mut text = [0; 64];
    let Ok(file) = File::open(c"/sys/kernel/mm/transparent_hugepage/enabled") else { return Ok(false) };
    let len = file.read(&mut text)?;
    Ok(text[..len].starts_with(b"always [madvise]") && Caps::TRANSPARENT_HUGE_PAGES.work())
}
