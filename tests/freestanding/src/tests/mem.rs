use crate::harness::tests;
use core::ffi::{CStr, c_char, c_int};

// The functions themselves, by their names, so that the compiler cannot put its own code in their place.
unsafe extern "C" {
    fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8;
    fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8;
    fn memset(to: *mut u8, byte: c_int, len: usize) -> *mut u8;
    fn memcmp(one: *const u8, two: *const u8, len: usize) -> c_int;
    fn bcmp(one: *const u8, two: *const u8, len: usize) -> c_int;
    fn strlen(text: *const c_char) -> usize;
}

/// Bytes before and after what is written, where nothing may change.
const MARGIN: usize = 32;
const SIZE: usize = 12_000;
/// Each is a case of its own in one of the functions, or beside one.
const LONG: [usize; 11] = [511, 512, 513, 1023, 1024, 1025, 2047, 2048, 2049, 3001, 5000];

tests! {
    #[timeout(120)]
    fn memcpy_copies_every_length_at_every_alignment() {
        let from = pattern(1);
        for len in (0..300).chain(LONG) {
            for (to_offset, from_offset) in alignments(len) {
                let mut to = pattern(2);
                let expected = |index: usize| {
                    let copied = index.wrapping_sub(to_offset);
                    if copied < len { byte(1, from_offset + copied) } else { byte(2, index) }
                };
                let place = to[to_offset..].as_mut_ptr();
                // SAFETY: both ranges are within their arrays.
                let result = unsafe { memcpy(place, from[from_offset..].as_ptr(), len) };
                assert_eq!(result, place);
                check(&to, to_offset, len, expected);
            }
        }
    }

    #[timeout(120)]
    fn memmove_copies_overlapping_ranges_both_ways() {
        for len in (0..300).chain(LONG) {
            for distance in (0..=40).chain([len / 2, len.saturating_sub(1), len, len + 1]) {
                for (to_offset, from_offset) in [(MARGIN, MARGIN + distance), (MARGIN + distance, MARGIN)] {
                    let mut bytes = pattern(3);
                    let expected = |index: usize| {
                        let copied = index.wrapping_sub(to_offset);
                        byte(3, if copied < len { from_offset + copied } else { index })
                    };
                    let start = bytes.as_mut_ptr();
                    // SAFETY: both ranges are within the array.
                    let result = unsafe { memmove(start.add(to_offset), start.add(from_offset), len) };
                    assert_eq!(result, start.wrapping_add(to_offset));
                    check(&bytes, to_offset, len, expected);
                }
            }
        }
    }

    #[timeout(120)]
    fn memset_fills_every_length_at_every_alignment() {
        for len in (0..300).chain(LONG) {
            for offset in MARGIN..=MARGIN + 17 {
                // Only the lowest eight bits count.
                for (value, stored) in [(0, 0), (0xa5, 0xa5), (0x1ff, 0xff), (-2, 0xfe)] {
                    let mut bytes = pattern(4);
                    let place = bytes[offset..].as_mut_ptr();
                    // SAFETY: the range is within the array.
                    let result = unsafe { memset(place, value, len) };
                    assert_eq!(result, place);
                    let expected =
                        |index: usize| if index.wrapping_sub(offset) < len { stored } else { byte(4, index) };
                    check(&bytes, offset, len, expected);
                }
            }
        }
    }

    #[timeout(120)]
    fn memcmp_finds_the_first_difference() {
        let one = pattern(5);
        for len in (0..70).chain([255, 256, 257, 1024, 5000]) {
            for offset in 0..=8 {
                let mut two = [0; SIZE];
                two[offset..][..len].copy_from_slice(&one[..len]);
                // What comes after the range differs, and does not count.
                two[offset + len] = !one[len];
                let compare = |two: &[u8; SIZE]| compare(&one, &two[offset..], len);
                assert_eq!(compare(&two), 0, "{len} equal bytes at {offset}");
                for at in (0..len).step_by(1 + len / 70) {
                    let (place, original) = (offset + at, one[at]);
                    for other in [0, 1, 0x7f, 0x80, 0xff].into_iter().filter(|&other| other != original) {
                        two[place] = other;
                        let expected = if original < other { -1 } else { 1 };
                        assert_eq!(compare(&two).signum(), expected, "byte {at} of {len} at {offset}");
                        if at + 1 < len {
                            // A later difference, the other way around, does not count.
                            two[place + 1] = if original < other { 0 } else { 255 };
                            assert_eq!(compare(&two).signum(), expected, "byte {at} of {len} at {offset}");
                            two[place + 1] = one[at + 1];
                        }
                    }
                    two[place] = original;
                }
            }
        }
    }

    fn strlen_counts_up_to_the_null() {
        let mut text = [b'x'; 600];
        for len in 0..500 {
            for offset in 0..16 {
                text[offset + len] = 0;
                // SAFETY: there is a null.
                assert_eq!(unsafe { strlen(text[offset..].as_ptr().cast()) }, len);
                text[offset + len] = b'x';
            }
        }
        // SAFETY: as above.
        assert_eq!(unsafe { CStr::from_ptr(c"text".as_ptr()) }, c"text");
    }

    fn nothing_beyond_the_range_is_touched() {
        use crate::support::memory::Pages;
        let pages = Pages::new(3);
        pages.unmap(0);
        pages.unmap(2);
        let (start, end) = (pages.page(1), pages.page(2));
        let mut buffer = [0; 300];
        for len in 0..300 {
            for edge in [start, end.wrapping_sub(len)] {
                // SAFETY: all ranges are within the page or the buffer.
                unsafe {
                    memset(edge, 1, len);
                    memcpy(buffer.as_mut_ptr(), edge, len);
                    memcpy(edge, buffer.as_ptr(), len);
                    memmove(edge, edge, len);
                    assert_eq!(memcmp(edge, buffer.as_ptr(), len), 0);
                    assert_eq!(bcmp(buffer.as_ptr(), edge, len), 0);
                }
            }
        }
    }
}

/// A byte that depends on its place, so that a misplaced one shows.
fn byte(seed: u8, index: usize) -> u8 {
    (index as u8).wrapping_mul(31) ^ (index >> 8) as u8 ^ seed
}

fn pattern(seed: u8) -> [u8; SIZE] {
    core::array::from_fn(|index| byte(seed, index))
}

/// Pairs of offsets: all for short lengths, some for long ones.
fn alignments(len: usize) -> impl Iterator<Item = (usize, usize)> {
    let step = if len < 80 { 1 } else { 5 };
    (0..=17).step_by(step).flat_map(move |to| (0..=17).step_by(step).map(move |from| (MARGIN + to, from)))
}

/// Compares what was written, and some bytes around it, with what it should be.
fn check(bytes: &[u8; SIZE], offset: usize, len: usize, expected: impl Fn(usize) -> u8) {
    let range = offset - MARGIN..(offset + len + MARGIN).min(SIZE);
    for (index, &byte) in range.clone().zip(&bytes[range]) {
        assert_eq!(byte, expected(index), "byte {index} after {len} bytes at {offset}");
    }
}

/// What memcmp says, with which bcmp has to agree.
fn compare(one: &[u8], two: &[u8], len: usize) -> c_int {
    assert!(one.len() >= len && two.len() >= len);
    // SAFETY: both are long enough.
    let (order, difference) = unsafe {
        (memcmp(one.as_ptr(), two.as_ptr(), len), bcmp(one.as_ptr(), two.as_ptr(), len))
    };
    assert_eq!(order == 0, difference == 0);
    order
}
