//! Bytes: how many may be taken, and how they are written.

use crate::machine::field;

/// A line of /proc/meminfo, in KiB; 0 if it has none.
pub(crate) fn kib(name: &str) -> usize {
    let text = field("/proc/meminfo", name);
    text.and_then(|text| text.trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}

/// `len` bytes or, where memory is short, a half of it, or a half of that: so many that `times` of it leave half of the memory to
/// others. A title that has the length then says so.
#[must_use]
pub fn affordable(mut len: usize, times: usize) -> usize {
    // What is free, or will be when it is needed.
    let available = kib("MemAvailable") << 10;
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
