//! A vector that grows.

use super::clock::Clock;

/// Nanoseconds in which a vector of `from` bytes that are all written grows to `to` by doubling: of the growing alone, or with
/// the writing of what came.
pub(super) fn grow(from: usize, to: usize, with_writing: bool) -> f64 {
    let mut bytes: Vec<u8> = Vec::with_capacity(from);
    bytes.resize(from, 1);
    let mut growing = 0.0;
    let start = Clock::start();
    while bytes.capacity() < to {
        let start = Clock::start();
        bytes.reserve_exact(bytes.len());
        growing += start.nanoseconds();
        bytes.resize(bytes.capacity(), 1);
    }
    let time = if with_writing { start.nanoseconds() } else { growing };
    assert!(bytes[from - 1] == 1 && bytes.len() >= to, "the bytes were kept");
    time
}
