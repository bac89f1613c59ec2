use crate::harness::tests;
use crate::support::engine;
use crate::support::fds;
use crate::support::memory::Pages;
use crate::support::text::Text;
use crate::support::{child, seccomp};
use baremap::{AnonMap, Errno, FileMap, Operation, Reason, Result, SharedMap, page};
use core::sync::atomic::{
    AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicU8, AtomicU16, AtomicU32, AtomicU64,
    AtomicUsize, Ordering::Relaxed,
};
use linux_raw_sys::general::__NR_write;

tests! {
    // Every length around those at which the copy changes its step, at every alignment.
    fn bytes_are_copied_in_and_out() -> Result<()> {
        let map = SharedMap::new(1000)?;
        let source: [u8; 300] = core::array::from_fn(|index| index as u8 ^ 0x5a);
        for len in (0..70).chain([127, 128, 129, 255, 256, 300]) {
            for offset in 0..20 {
                map.write_at(0, &[0xee; 400])?;
                map.write_at(offset, &source[..len])?;
                let mut all = [0; 400];
                map.read_at(0, &mut all)?;
                for (index, &byte) in all.iter().enumerate() {
                    let copied = index.wrapping_sub(offset);
                    let expected = if copied < len { source[copied] } else { 0xee };
                    assert_eq!(byte, expected, "byte {index} after {len} bytes at {offset}");
                }
                let mut back = [0xdd; 301];
                map.read_at(offset, &mut back[..len])?;
                assert!(back[..len].iter().eq(&source[..len]) && back[len] == 0xdd);
            }
        }
        Ok(())
    }

    fn copies_stay_within_the_map() -> Result<()> {
        let len = 2 * page::size();
        let map = SharedMap::new(len)?;
        let mut buffer = [0; 100];
        // At both ends a byte more would be in another map, or in none.
        for count in 0..100 {
            map.read_at(len - count, &mut buffer[..count])?;
            map.write_at(len - count, &buffer[..count])?;
        }
        let pages = Pages::new(2);
        pages.unmap(1);
        // SAFETY: the page is the test's own.
        let last = unsafe { core::slice::from_raw_parts_mut(pages.page(1).sub(100), 100) };
        for count in 0..100 {
            map.read_at(0, &mut last[100 - count..])?;
            map.write_at(0, &last[100 - count..])?;
        }
        Ok(())
    }

    fn what_is_not_within_is_einval() -> Result<()> {
        let map = SharedMap::new(100)?;
        for (offset, len) in [(0, 101), (100, 1), (101, 0), (99, 2), (usize::MAX, 1), (usize::MAX - 3, 8)] {
            let mut buffer = [0; 128];
            let errors = [
                (Operation::ReadAt, map.read_at(offset, &mut buffer[..len]).unwrap_err()),
                (Operation::WriteAt, map.write_at(offset, &buffer[..len]).unwrap_err()),
                (Operation::Range, map.range(offset, len).unwrap_err()),
                (Operation::Atomic, map.atomics::<AtomicU8>(offset, len).unwrap_err()),
            ];
            for (operation, error) in errors {
                assert_eq!((error.operation(), error.errno()), (operation, Errno::EINVAL));
                assert_eq!(error.reason(), Reason::OutOfBounds { offset, len, size: 100 });
            }
        }
        let error = map.range(1, usize::MAX).unwrap_err();
        assert_eq!(error.reason(), Reason::OutOfBounds { offset: 1, len: usize::MAX, size: 100 });
        Ok(())
    }

    fn a_range_is_a_part_with_bounds_of_its_own() -> Result<()> {
        let map = SharedMap::new(100)?;
        map.write_at(10, b"0123456789")?;
        let range = map.range(12, 5)?;
        assert_eq!((range.len(), range.is_empty()), (5, false));
        assert_eq!(range.as_ptr(), map.as_ptr().wrapping_add(12));
        let mut bytes = [0; 3];
        range.range(1, 3)?.read_at(0, &mut bytes)?;
        assert_eq!(&bytes, b"345");
        assert_eq!(range.read_at(3, &mut bytes).unwrap_err().errno(), Errno::EINVAL);
        assert!(map.range(100, 0)?.is_empty());
        Ok(())
    }

    fn atomics_of_every_size_are_lent() -> Result<()> {
        let map = SharedMap::new(64)?;
        map.atomic::<AtomicU8>(1)?.store(1, Relaxed);
        map.atomic::<AtomicI8>(2)?.store(-2, Relaxed);
        map.atomic::<AtomicU16>(4)?.store(3, Relaxed);
        map.atomic::<AtomicI16>(6)?.store(-4, Relaxed);
        map.atomic::<AtomicU32>(8)?.store(5, Relaxed);
        map.atomic::<AtomicI32>(12)?.store(-6, Relaxed);
        map.atomic::<AtomicU64>(16)?.store(7, Relaxed);
        map.atomic::<AtomicI64>(24)?.store(-8, Relaxed);
        map.atomic::<AtomicUsize>(32)?.store(9, Relaxed);
        map.atomic::<AtomicIsize>(40)?.store(-10, Relaxed);
        let mut bytes = [0; 16];
        map.read_at(0, &mut bytes)?;
        // Both architectures are little-endian.
        assert_eq!(bytes, [0, 1, 0xfe, 0, 3, 0, 0xfc, 0xff, 5, 0, 0, 0, 0xfa, 0xff, 0xff, 0xff]);
        assert_eq!(map.atomic::<AtomicI64>(24)?.swap(0, Relaxed), -8);
        assert_eq!(map.atomic::<AtomicUsize>(32)?.fetch_add(1, Relaxed), 9);
        Ok(())
    }

    fn atomics_are_aligned_or_einval() -> Result<()> {
        let map = SharedMap::new(64)?;
        for offset in 1..8 {
            let error = map.atomic::<AtomicU64>(offset).unwrap_err();
            assert_eq!(error.errno(), Errno::EINVAL);
            assert_eq!(error.reason(), Reason::Misaligned { offset, align: 8 });
            assert_eq!(map.atomics::<AtomicU64>(offset, 2).unwrap_err(), error);
        }
        // In a range, the address counts and not the offset.
        let range = map.range(4, 60)?;
        assert!(range.atomic::<AtomicU64>(0).is_err());
        range.atomic::<AtomicU64>(4)?.store(1, Relaxed);
        Ok(())
    }

    fn several_atomics_are_a_slice() -> Result<()> {
        let map = SharedMap::new(100)?;
        let all: &[AtomicU32] = map.atomics(4, 24)?;
        for (index, atomic) in all.iter().enumerate() {
            atomic.store(index as u32, Relaxed);
        }
        assert_eq!(map.atomic::<AtomicU32>(4 + 23 * 4)?.load(Relaxed), 23);
        assert_eq!(map.atomics::<AtomicU32>(4, 25).unwrap_err().errno(), Errno::EINVAL);
        assert_eq!(map.atomics::<AtomicU32>(4, usize::MAX).unwrap_err().errno(), Errno::EINVAL);
        assert_eq!(map.atomics::<AtomicU32>(4, 1 << 62).unwrap_err().errno(), Errno::EINVAL);
        assert!(map.atomics::<AtomicU32>(100, 0)?.is_empty());
        Ok(())
    }

    fn slices_are_the_bytes() -> Result<()> {
        let mut map = SharedMap::new(4)?;
        // SAFETY: nobody else has the map.
        unsafe { map.as_mut_slice() }.copy_from_slice(b"text");
        // SAFETY: as above.
        assert_eq!(unsafe { map.as_slice() }, b"text");
        assert_eq!(map.as_mut_ptr().cast_const(), map.as_ptr());
        Ok(())
    }

    fn write_to_writes_the_bytes() -> Result<()> {
        let map = FileMap::read(fds::file(b"some text"))?;
        let out = fds::file(b"");
        assert_eq!(map.write_to(&out)?, 9);
        assert_eq!(map.range(5, 4)?.write_to(&out)?, 4);
        let mut bytes = [0; 13];
        out.read_exact_at(&mut bytes, 0)?;
        assert_eq!(&bytes, b"some texttext");
        let error = map.write_to(fds::CLOSED).unwrap_err();
        assert_eq!((error.operation(), error.errno()), (Operation::Write, Errno::EBADF));
        Ok(())
    }

    fn debug_shows_no_bytes() -> Result<()> {
        let map = SharedMap::new(100)?;
        let text = Text::of(format_args!("{map:?}"));
        let expected = format_args!("SharedMap(100 bytes at {:p}, ProtFlags(READ | WRITE))", map.as_ptr());
        assert_eq!(*text, *Text::of(expected));
        Ok(())
    }

    fn copies_between_maps_stay_within_both() -> Result<()> {
        let (from, to) = (SharedMap::new(100)?, SharedMap::new(50)?);
        for (offset, to_offset, len) in [(0, 0, 51), (0, 50, 1), (0, 51, 0), (101, 0, 0), (60, 0, 41), (0, 1, usize::MAX)] {
            let errors = [
                from.copy_to(offset, &to, to_offset, len).unwrap_err(),
                to.copy_from(to_offset, &from, offset, len).unwrap_err(),
            ];
            for error in errors {
                assert_eq!((error.operation(), error.errno()), (Operation::Copy, Errno::EINVAL));
            }
        }
        from.copy_to(100, &to, 50, 0)
    }

    // The second page goes away: what is written is the first one, once.
    fn write_all_to_ends_where_the_file_does() -> Result<()> {
        let page = page::size();
        let (file, map) = engine::file(2)?;
        file.set_len(page as u64)?;
        let out = fds::file(b"");
        let error = map.write_all_to(&out).unwrap_err();
        assert_eq!((error.operation(), error.errno()), (Operation::Write, Errno::EFAULT));
        assert_eq!(out.len()?, page as u64);
        let written = FileMap::read(&out)?;
        engine::check_reads(&written, page, page, [0].into_iter(), [page].into_iter())
    }

    #[skip(qemu_user, "QEMU passes no filter on")]
    fn write_all_to_does_not_wait_for_a_kernel_that_takes_nothing() {
        child::check(|| {
            let (map, out) = (FileMap::read(fds::file(b"some text"))?, fds::file(b""));
            seccomp::pretend(__NR_write as usize, 2, u32::MAX);
            assert_eq!(map.write_all_to(&out).unwrap_err().errno(), Errno::EIO);
            Ok::<_, baremap::Error>(())
        });
    }

    fn chunks_take_a_buffer() -> Result<()> {
        let map = FileMap::read(fds::file(b"text"))?;
        let error = map.chunks(&mut []).next().unwrap_err();
        assert_eq!((error.errno(), error.reason()), (Errno::EINVAL, Reason::NoBuffer));
        assert_eq!(map.for_each_chunk(0, |_| ()).unwrap_err().reason(), Reason::NoBuffer);
        // Of nothing there is no piece, whatever the buffer.
        assert_eq!(map.range(0, 0)?.chunks(&mut []).next()?, None);
        Ok(())
    }

    // The file comes back; the pieces do not.
    fn after_an_error_there_is_no_further_chunk() -> Result<()> {
        let page = page::size();
        let (file, map) = engine::file(3)?;
        let mut buffer = AnonMap::new(page)?;
        let mut chunks = map.chunks(&mut buffer);
        assert_eq!(chunks.next()?.map(<[u8]>::len), Some(page));
        file.set_len(page as u64)?;
        let error = chunks.next().unwrap_err();
        assert_eq!(error.reason(), Reason::Fault { copied: page });
        file.set_len(3 * page as u64)?;
        assert_eq!(chunks.next().unwrap_err(), error);
        Ok(())
    }
}
