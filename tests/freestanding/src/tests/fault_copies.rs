//! What copies come to at a page that is gone, by the kernel and with the handler.

use crate::harness::tests;
use crate::support::child;
use crate::support::engine::{self, Engine, Random, check, check_reads, in_both, lengths, pattern};
use baremap::map::{AnonMap, FileMap, Plain, ReadWrite, SharedBytes};
use baremap::sys::{self, ProtFlags};
use baremap::{Errno, File, Reason, Result, SharedMap, page};

tests! {
    #[timeout(120)]
    fn read_at_comes_to_the_end_of_whole_pages() {
        in_both(|| {
            let (file, map) = engine::file(4)?;
            let end = 2 * page::size();
            file.set_len(end as u64)?;
            check_reads(&map, end, end, end - 90..end + 10, lengths())
        });
    }

    // What follows in the file's last page is zeros, and there.
    #[timeout(120)]
    fn read_at_reads_zeros_to_the_end_of_the_last_page() {
        in_both(|| {
            let (file, map) = engine::file(4)?;
            let end = 2 * page::size();
            for short in [1, 7, 64, 100, 511] {
                file.set_len(end as u64)?;
                engine::fill(&file)?;
                file.set_len((end - short) as u64)?;
                check_reads(&map, end - short, end, (end - 120..end + 2).step_by(7), lengths())?;
            }
            Ok::<_, baremap::Error>(())
        });
    }

    fn maps_of_every_kind_report_a_fault() {
        in_both(|| {
            let (file, _) = engine::file(2)?;
            let (read, copy) = (FileMap::read(&file)?, FileMap::copy(&file)?);
            let page = page::size();
            file.set_len(page as u64)?;
            check_reads(&read, page, page, page - 20..page + 1, lengths())?;
            check_reads(&copy, page, page, page - 20..page + 1, lengths())?;
            // A file without a byte.
            file.set_len(0)?;
            check_reads(&read, 0, 0, 0..3, lengths())
        });
    }

    #[timeout(120)]
    fn write_at_comes_to_the_end_and_writes_nothing_else() {
        in_both(|| {
            let (file, map) = engine::file(4)?;
            let end = 2 * page::size();
            file.set_len(end as u64)?;
            let mut bytes = AnonMap::new(map.len())?;
            for (index, byte) in bytes.iter_mut().enumerate() {
                *byte = !pattern(index);
            }
            for offset in (end - 90..end + 10).chain([0, 1]) {
                for len in lengths().filter(|len| len + offset <= map.len()) {
                    let there = end.saturating_sub(offset);
                    check(map.write_at(offset, &bytes[..len]), there, len);
                    written(&file, offset, &bytes[..len.min(there)])?;
                }
            }
            Ok::<_, baremap::Error>(())
        });
    }

    #[timeout(120)]
    fn copy_to_comes_to_the_end_of_either() {
        in_both(|| {
            let (short_file, short) = engine::file(4)?;
            let (long_file, long) = engine::file(4)?;
            let end = 2 * page::size();
            short_file.set_len(end as u64)?;
            let mut bytes = AnonMap::new(long.len())?;
            for offset in end - 70..end + 3 {
                for len in lengths().filter(|len| len + offset <= short.len()) {
                    let there = end.saturating_sub(offset);
                    // To where nothing is on a boundary with it.
                    check(short.copy_to(offset, &long, 5, len), there, len);
                    for (index, byte) in bytes[..len.min(there)].iter_mut().enumerate() {
                        *byte = pattern(offset + index);
                    }
                    written(&long_file, 5, &bytes[..len.min(there)])?;

                    check(short.copy_from(offset, &long, 3, len), there, len);
                    for (index, byte) in bytes[..len.min(there)].iter_mut().enumerate() {
                        *byte = pattern(3 + index);
                    }
                    written(&short_file, offset, &bytes[..len.min(there)])?;
                }
            }
            Ok::<_, baremap::Error>(())
        });
    }

    // As memmove does, where the target begins first.
    fn values_of_all_sizes_are_there_or_not() {
        in_both(|| {
            let (file, map) = engine::file(3)?;
            let end = 2 * page::size();
            file.set_len(end as u64)?;
            for offset in end - 40..end + 3 {
                value::<u8, 1>(&file, &map, offset, end, u8::from_ne_bytes)?;
                value::<u16, 2>(&file, &map, offset, end, u16::from_ne_bytes)?;
                value::<u32, 4>(&file, &map, offset, end, u32::from_ne_bytes)?;
                value::<f32, 4>(&file, &map, offset, end, f32::from_ne_bytes)?;
                value::<u64, 8>(&file, &map, offset, end, u64::from_ne_bytes)?;
                value::<i64, 8>(&file, &map, offset, end, i64::from_ne_bytes)?;
                value::<u128, 16>(&file, &map, offset, end, u128::from_ne_bytes)?;
            }
            Ok::<_, baremap::Error>(())
        });
    }

    fn protections_are_faults() {
        in_both(|| {
            let page = page::size();
            let map = SharedMap::new(3 * page)?;
            let mut bytes = AnonMap::new(3 * page)?;
            let second = map.as_mut_ptr().wrapping_add(page);
            for (prot, readable) in [(ProtFlags::empty(), false), (ProtFlags::READ, true)] {
                // SAFETY: the map's own page; only copies touch it.
                unsafe { sys::mprotect(second, page, prot) }.expect("it is mapped");
                for offset in page - 70..page + 2 {
                    let there = page.saturating_sub(offset);
                    for len in lengths().filter(|len| len + offset <= map.len()) {
                        let readable = if readable { len } else { there };
                        check(map.read_at(offset, &mut bytes[..len]), readable, len);
                        check(map.write_at(offset, &bytes[..len]), there, len);
                        check(map.copy_to(offset, &map, 0, len.min(there)), there, len.min(there));
                    }
                    check(map.store(offset, 0_u64), there, 8);
                    check(map.load::<u64>(offset), if readable { 8 } else { there }, 8);
                }
                // Behind it all is as it was.
                map.write_at(2 * page, &[1])?;
            }
            Ok::<_, baremap::Error>(())
        });
    }

    fn chunks_end_where_the_file_does() {
        in_both(|| {
            let (file, map) = engine::file(4)?;
            let end = 2 * page::size();
            file.set_len(end as u64)?;
            for size in [1000, page::size(), page::size() + 1, end, 3 * page::size()] {
                let mut buffer = AnonMap::new(size)?;
                let mut chunks = map.chunks(&mut buffer);
                let mut found = 0;
                let error = loop {
                    match chunks.next() {
                        Ok(Some(bytes)) => {
                            for &byte in bytes {
                                assert_eq!(byte, pattern(found), "byte {found}");
                                found += 1;
                            }
                        }
                        Ok(None) => panic!("the end of the map, which is gone"),
                        Err(error) => break error,
                    }
                };
                assert_eq!((found, error.reason()), (end, Reason::Fault { copied: end }));
                assert_eq!((chunks.offset(), chunks.next().unwrap_err()), (end, error));

                let mut sum = 0;
                let error = map.for_each_chunk(size, |bytes| sum += bytes.len()).unwrap_err();
                assert_eq!((sum, error.reason()), (end, Reason::Fault { copied: end }));
            }
            Ok::<_, baremap::Error>(())
        });
    }

    fn an_error_says_what_has_happened() {
        in_both(|| {
            let (file, map) = engine::file(1)?;
            file.set_len(0)?;
            let error = map.read_at(0, &mut [0; 12]).unwrap_err();
            assert_eq!(error.errno(), Errno::EFAULT);
            let text = crate::support::text::Text::of(error);
            assert!(text.contains("after 0 bytes: the file has shrunk"), "{}", &*text);
            // Out of bounds is another matter.
            let error = map.read_at(map.len(), &mut [0]).unwrap_err();
            assert_eq!(error.errno(), Errno::EINVAL);
            // No byte is always there.
            map.read_at(map.len(), &mut [])?;
            map.write_at(3, &[])
        });
    }

    // The same cases, first by the kernel, then with the handler: the same results, and the same files afterwards.
    #[timeout(120)]
    fn both_ways_come_to_the_same() {
        child::check(|| {
            let mut by_kernel = AnonMap::new(CASES * 16)?;
            Engine::Kernel.choose();
            cases(|case, result| by_kernel[case * 16..][..16].copy_from_slice(&result.to_ne_bytes()))?;
            Engine::Handler.choose();
            cases(|case, result| {
                let before = u128::from_ne_bytes(by_kernel[case * 16..][..16].try_into().expect("16 bytes"));
                assert_eq!(before, result, "case {case}: what came, and a checksum of the bytes");
            })?;
            Ok::<_, baremap::Error>(())
        });
    }
}

/// Asserts that bytes are in a file, with the pattern around them, and puts the pattern back.
fn written(file: &File, offset: usize, bytes: &[u8]) -> Result<()> {
    const AROUND: usize = 16;
    let (start, end) =
        (offset.saturating_sub(AROUND), (offset + bytes.len() + AROUND).min(file.len()? as usize));
    if start >= end {
        return Ok(());
    }
    let mut found = AnonMap::new(end - start)?;
    file.read_exact_at(&mut found, start as u64)?;
    for (index, byte) in found.iter_mut().enumerate() {
        let at = start + index;
        let expected = match at.checked_sub(offset).and_then(|at| bytes.get(at)) {
            Some(&byte) => byte,
            None => pattern(at),
        };
        assert_eq!(*byte, expected, "byte {at}, of {} written to {offset}", bytes.len());
        *byte = pattern(at);
    }
    file.write_all_at(&found, start as u64)
}

/// Loads and stores a value at an offset, where the file ends at `end`.
fn value<T: Plain + PartialEq + core::fmt::Debug, const SIZE: usize>(
    file: &File,
    map: &SharedBytes<ReadWrite>,
    offset: usize,
    end: usize,
    from_bytes: fn([u8; SIZE]) -> T,
) -> Result<()> {
    let there = end.saturating_sub(offset);
    let loaded = map.load::<T>(offset);
    if let Ok(loaded) = loaded {
        assert_eq!(loaded, from_bytes(core::array::from_fn(|index| pattern(offset + index))));
    }
    check(loaded, there, SIZE);
    let bytes = core::array::from_fn(|index| index as u8 + 100);
    check(map.store(offset, from_bytes(bytes)), there, SIZE);
    written(file, offset, &bytes[..SIZE.min(there)])
}

/// How many cases [`cases`] has.
const CASES: usize = 3000;

/// Copies of random lengths at random offsets, by random operations, of files whose ends move; hands over for each what it
/// came to, with a checksum of the bytes.
fn cases(mut each: impl FnMut(usize, u128)) -> Result<()> {
    let ((file, map), (other_file, other)) = (engine::file(4)?, engine::file(4)?);
    let mut random = Random(20);
    let mut buffer = AnonMap::new(map.len())?;
    for case in 0..CASES {
        if case % 10 == 0 {
            for file in [&file, &other_file] {
                // Pages, since QEMU's hold less than a page where it emulates larger ones than the machine's.
                let pages = random.below(5);
                file.set_len((pages * page::size()) as u64)?;
                engine::fill(file)?;
            }
        }
        let offset = random.below(map.len());
        let most = [20, 300, map.len()][random.below(3)].min(map.len() - offset);
        let (len, to) = (random.below(most + 1), random.below(map.len() - most));
        let result = match random.below(7) {
            0 | 1 => map.read_at(offset, &mut buffer[..len]),
            2 => map.write_at(offset, &buffer[..len]),
            3 => map.copy_to(offset, &other, to, len),
            4 => other.copy_to(offset, &map, to, len),
            5 => map.load::<u64>(offset).map(|value| buffer[..8].copy_from_slice(&value.to_ne_bytes())),
            _ => map.store(offset, case as u32),
        };
        let copied = match result.map_err(|error| error.reason()) {
            Ok(()) => -1,
            Err(Reason::Fault { copied }) => {
                // What a buffer has behind the bytes that came is nobody's promise.
                buffer[..len].fill(0);
                copied as i128
            }
            Err(_) => -2,
        };
        let mut sum = 0_u64;
        let mut add = |bytes: &[u8]| {
            for &byte in bytes {
                sum = (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
            }
        };
        add(&buffer[..len]);
        for file in [&file, &other_file] {
            let mut bytes = [0; 512];
            for start in [offset.saturating_sub(100), to] {
                let count = file.read_at(&mut bytes, start as u64)?;
                add(&bytes[..count]);
            }
        }
        each(case, (copied as u128) << 64 | u128::from(sum));
    }
    Ok(())
}
