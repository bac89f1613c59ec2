//! Offsets and lengths at and beyond their limits, through the public interface, against sums in 128 bits.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64};

use baremap::map::Atomic;
use baremap::{Errno, File, FileMap, MapOptions, Reason, SharedBytes, SharedMap, page};
use proptest::prelude::*;

/// Bytes that differ from page to page.
static CONTENT: LazyLock<Vec<u8>> =
    LazyLock::new(|| (0..3 * page::size() + 100).map(|index| (index % 251) as u8).collect());

/// More than a process can map on any of the kernels: the top half of addresses is the kernel's.
const ADDRESS_SPACE: u128 = 1 << 48;

/// Numbers near zero, near the borders of pages, near the limits of types, and any others.
fn number() -> impl Strategy<Value = u64> {
    let near =
        |centre: u64| (0..=4_u64).prop_map(move |distance| centre.wrapping_add(distance).wrapping_sub(2));
    let page = page::size() as u64;
    prop_oneof![
        0..4 * page,
        near(0),
        (0..5_u64).prop_flat_map(move |pages| near(pages * page)),
        near(u64::from(u32::MAX)),
        near(i64::MAX as u64),
        near(u64::MAX - page),
        any::<u64>(),
    ]
}

/// What there is to expect of a map of a part of a file.
#[derive(Debug, PartialEq)]
enum Expected {
    Bytes(usize),
    PastEnd,
    TooLong,
    /// The kernel's own refusal.
    Kernel(Errno),
}

fn expected(size: u64, offset: u64, len: Option<u64>) -> Expected {
    let page = page::size() as u128;
    let (start, wanted) = (u128::from(offset), u128::from(len.unwrap_or(size.saturating_sub(offset))));
    let (end, mapped) = (start + wanted, start % page + wanted);
    if end > u128::from(size) {
        Expected::PastEnd
    } else if mapped > isize::MAX as u128 {
        Expected::TooLong
    } else if mapped >= ADDRESS_SPACE {
        Expected::Kernel(Errno::ENOMEM)
    } else if wanted != 0 && end.next_multiple_of(page) > i64::MAX as u128 {
        // The last page of the largest of files ends after the largest of offsets.
        Expected::Kernel(Errno::EOVERFLOW)
    } else {
        Expected::Bytes(wanted as usize)
    }
}

fn outcome(options: MapOptions, file: &File) -> Expected {
    match options.map(file) {
        Ok(map) => Expected::Bytes(map.len()),
        Err(error) => match (error.errno(), error.reason()) {
            (Errno::EINVAL, Reason::PastEnd { .. }) => Expected::PastEnd,
            (Errno::ENOMEM, Reason::TooLong { .. }) => Expected::TooLong,
            (errno, Reason::Kernel) => Expected::Kernel(errno),
            _ => panic!("{error}"),
        },
    }
}

fn options(offset: u64, len: Option<u64>) -> MapOptions {
    let options = MapOptions::new().offset(offset);
    len.map_or(options, |len| options.len(len as usize))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_part_of_a_file_is_mapped_exactly_where_there_is_one(
        size in number(),
        offset in number(),
        len in proptest::option::of(number()),
    ) {
        let size = size.min(i64::MAX as u64);
        let file = File::unnamed().unwrap();
        file.set_len(size).unwrap();
        // Between the end of what a process surely can map and of what no process can, the kernel decides.
        let expected = expected(size, offset, len);
        prop_assume!(!matches!(expected, Expected::Bytes(len) if len as u128 >= ADDRESS_SPACE >> 4));
        prop_assert_eq!(outcome(options(offset, len), &file), expected);
    }

    #[test]
    fn a_map_has_the_bytes_of_its_part(
        offset in 0..=CONTENT.len(),
        len in proptest::option::of(0..=CONTENT.len()),
        private in any::<bool>(),
    ) {
        let file = File::unnamed().unwrap();
        file.write_all_at(&CONTENT, 0).unwrap();
        let options = options(offset as u64, len.map(|len| len as u64));
        let map = if private { options.map_copy_read_only(&file) } else { options.map(&file) };
        let part = match len {
            Some(len) => CONTENT.get(offset..offset + len),
            None => CONTENT.get(offset..),
        };
        prop_assert_eq!(map.is_ok(), part.is_some());
        if let (Ok(map), Some(part)) = (map, part) {
            let mut bytes = vec![0; map.len()];
            map.read_at(0, &mut bytes).unwrap();
            prop_assert!(bytes == part, "{} bytes from {offset} are others", part.len());
        }
    }

    #[test]
    fn anonymous_memory_has_the_length_that_was_asked_for(len in number()) {
        let expected = expected(u64::MAX, 0, Some(len));
        prop_assume!(!matches!(expected, Expected::Bytes(len) if len > 1 << 32));
        let outcome = match SharedMap::new(len as usize) {
            Ok(map) => Expected::Bytes(map.len()),
            Err(error) if matches!(error.reason(), Reason::TooLong { .. }) => Expected::TooLong,
            Err(error) => Expected::Kernel(error.errno()),
        };
        prop_assert_eq!(outcome, expected);
    }

    #[test]
    fn ranges_are_within_the_bytes_or_refused(size in 0..9000_usize, offset in number(), len in number()) {
        let map = SharedMap::new(size).unwrap();
        let (offset, len) = (offset as usize, len as usize);
        let inside = offset as u128 + len as u128 <= size as u128;
        match map.range(offset, len) {
            Ok(range) => {
                prop_assert!(inside);
                prop_assert_eq!((range.as_ptr(), range.len()), (map.as_ptr().wrapping_add(offset), len));
            }
            Err(error) => {
                prop_assert!(!inside);
                prop_assert_eq!(error.errno(), Errno::EINVAL);
                prop_assert_eq!(error.reason(), Reason::OutOfBounds { offset, len, size });
            }
        }
    }

    #[test]
    fn copies_reach_the_bytes_that_they_name_and_no_others(
        size in 0..9000_usize,
        offset in number(),
        bytes in proptest::collection::vec(any::<u8>(), 0..9000),
    ) {
        let map = SharedMap::new(size).unwrap();
        let mut model = vec![0; size];
        let part = usize::try_from(u128::from(offset) + bytes.len() as u128)
            .ok()
            .and_then(|end| model.get_mut(offset as usize..end));
        let written = map.write_at(offset as usize, &bytes);
        prop_assert_eq!(written.is_ok(), part.is_some());
        if let Some(part) = part {
            part.copy_from_slice(&bytes);
        }
        let mut all = vec![0xff; size];
        map.read_at(0, &mut all).unwrap();
        prop_assert!(all == model, "{} bytes written at {offset}", bytes.len());

        let mut read = vec![0; bytes.len()];
        prop_assert_eq!(map.read_at(offset as usize, &mut read), written.map_err(|_| {
            map.read_at(offset as usize, &mut read.clone()).unwrap_err()
        }));
        if written.is_ok() {
            prop_assert_eq!(read, bytes);
        }
    }

    #[test]
    fn atomics_are_within_the_bytes_and_aligned_or_refused(
        lead in 0..17_u64,
        offset in number(),
        count in number(),
    ) {
        let file = File::unnamed().unwrap();
        file.write_all_at(&CONTENT, 0).unwrap();
        let map: FileMap<_> = MapOptions::new().offset(lead).map_mut(&file).unwrap();
        let (lead, offset, count) = (lead as usize, offset as usize, count as usize);
        atomics::<AtomicU8>(&map, lead, offset, count)?;
        atomics::<AtomicU16>(&map, lead, offset, count)?;
        atomics::<AtomicU32>(&map, lead, offset, count)?;
        atomics::<AtomicU64>(&map, lead, offset, count)?;
    }
}

/// Atomics of one size from `offset` of a map that begins `lead` bytes into a page.
fn atomics<T: Atomic>(
    bytes: &SharedBytes,
    lead: usize,
    offset: usize,
    count: usize,
) -> Result<(), TestCaseError> {
    let width = size_of::<T>();
    let inside = |count: usize| offset as u128 + count as u128 * width as u128 <= bytes.len() as u128;
    let aligned = (lead as u128 + offset as u128).is_multiple_of(width as u128);
    let refused = |count: usize| {
        if !inside(count) {
            let len = count.saturating_mul(width);
            Some(Reason::OutOfBounds { offset, len, size: bytes.len() })
        } else if !aligned {
            Some(Reason::Misaligned { offset, align: width })
        } else {
            None
        }
    };
    let start = bytes.as_ptr().wrapping_add(offset);

    let one = bytes.atomic::<T>(offset);
    prop_assert_eq!(one.as_ref().err().map(|error| error.reason()), refused(1));
    if let Ok(one) = one {
        prop_assert_eq!(std::ptr::from_ref(one).cast(), start);
    }
    let many = bytes.atomics::<T>(offset, count);
    prop_assert_eq!(many.as_ref().err().map(|error| error.reason()), refused(count));
    if let Ok(many) = many {
        prop_assert_eq!((many.as_ptr().cast(), many.len()), (start, count));
    }
    Ok(())
}
