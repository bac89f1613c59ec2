//! Bytes: how many may be taken, and how they are written.

use std::fs;

/// Bytes of memory that are free, or will be when they are needed.
#[must_use]
pub fn available() -> usize {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = text.lines().find_map(|line| line.strip_prefix("MemAvailable:")?.strip_suffix("kB"));
    available.and_then(|kib| kib.trim().parse::<usize>().ok()).map_or(0, |kib| kib << 10)
}

/// `len` bytes or, where memory is short, a half of it, or a half of that: so many that `times` of it leave half of the memory to
/// others. A title that has the length then says so.
#[must_use]
pub fn affordable(mut len: usize, times: usize) -> usize {
    let available = available();
    while len > 1 << 20 && len > available / 2 / times {
        len /= 2;
    }
    len
}

/// A power of two of bytes, or a multiple of one, for people.
#[must_use]
pub fn size(bytes: usize) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let unit = units.into_iter().find(|(_, shift)| bytes >= 1 << shift && bytes.trailing_zeros() >= *shift);
    unit.map_or_else(|| format!("{bytes} bytes"), |(unit, shift)| format!("{} {unit}", bytes >> shift))
}
