use crate::harness::tests;
use baremap::fd::AsFd;
use baremap::map::{Advice, Fallback, HugePage, transparent_huge_size};
use baremap::sys::{self, MemfdFlags};
use baremap::{AnonMap, Errno, File, FileMap, MapOptions, Result, println};

/// A size that the processor has.
const SIZE: HugePage = HugePage::Size2M;

tests! {
    fn a_transparent_map_begins_where_a_huge_page_can() -> Result<()> {
        let Some(size) = transparent_huge_size() else {
            println!("this kernel makes no transparent huge pages");
            return Ok(());
        };
        let size = size.get();
        // With several of them, chance does not place all.
        for len in [size, size + 1, 3 * size - 1] {
            let options = MapOptions::new().len(len).transparent_huge();
            let mut maps = [options.map_anon()?, options.populate().map_anon()?, options.map_anon()?];
            for map in &mut maps {
                assert!(map.as_ptr().addr().is_multiple_of(size) && map.len() == len);
                map.fill(7);
            }
            let shared = options.map_shared_anon()?;
            shared.write_at(len - 1, b"7")?;
        }
        let small = MapOptions::new().len(10).transparent_huge().map_anon()?;
        assert_eq!(small.len(), 10);
        Ok(())
    }

    fn collapse_keeps_the_bytes() -> Result<()> {
        let Some(size) = transparent_huge_size() else {
            println!("this kernel makes no transparent huge pages");
            return Ok(());
        };
        let mut map = MapOptions::new().len(size.get()).transparent_huge().map_anon()?;
        map.pages().advise(Advice::NoHugePage)?;
        map.fill(7);
        map.pages().advise(Advice::HugePage)?;
        match map.pages().collapse() {
            Ok(()) => {}
            Err(error) => println!("not collapsed: {error}"),
        }
        assert!(map.iter().all(|&byte| byte == 7));
        Ok(())
    }

    fn without_huge_pages_the_caller_gets_what_it_chose() -> Result<()> {
        // No machine has so many.
        let options = |fallback| MapOptions::new().len((1 << 34) + 1).huge(HugePage::Size16G, fallback);
        for fallback in [Fallback::Small, Fallback::Transparent] {
            let map = options(fallback).map_anon()?;
            assert_eq!(map.len(), (1 << 34) + 1);
        }
        let errno = options(Fallback::Error).map_anon().unwrap_err().errno();
        assert!([Errno::EINVAL, Errno::ENOMEM].contains(&errno), "{errno:?}");
        Ok(())
    }

    fn too_long_for_huge_pages_is_enomem() {
        for len in [usize::MAX, isize::MAX as usize] {
            let options = MapOptions::new().len(len).huge(SIZE, Fallback::Error);
            assert_eq!(options.map_anon().unwrap_err().errno(), Errno::ENOMEM);
        }
    }

    #[skip(qemu_user, "QEMU hands out huge pages and does not know it")]
    fn huge_pages_are_unmapped_as_they_were_mapped() -> Result<()> {
        if !are_free() {
            return Ok(());
        }
        let size = SIZE.size()?;
        for len in [1, size - 1, size, size + 1] {
            let mut map = MapOptions::new().len(len).huge(SIZE, Fallback::Error).map_anon()?;
            assert_eq!((map.len(), map.as_ptr().addr() % size), (len, 0));
            map.fill(7);
            map.pages().advise(Advice::Random)?;
            let map = map.make_read_only()?;
            assert_eq!(map[len - 1], 7);
        }
        Ok(())
    }

    #[skip(qemu_user, "QEMU hands out huge pages and does not know it")]
    fn huge_pages_are_cut_between_two() -> Result<()> {
        if !are_free() {
            return Ok(());
        }
        let size = SIZE.size()?;
        let mut map = MapOptions::new().len(2 * size).huge(SIZE, Fallback::Error).map_anon()?;
        map.fill(7);
        assert_eq!(map.split_off(size / 2).unwrap_err().errno(), Errno::EINVAL);
        let mut back = map.split_off(size)?;
        map.resize(1)?;
        assert_eq!(map.resize(size + 1).unwrap_err().errno(), Errno::EINVAL);
        back.discard(0, size)?;
        assert_eq!((map[0], back[0]), (7, 0));
        map.resize(size)?;
        map.join(back)?;
        map.resize(0)
    }

    #[skip(qemu_user, "QEMU hands out huge pages and does not know it")]
    fn a_file_of_huge_pages_is_mapped_in_whole_ones() -> Result<()> {
        if !are_free() {
            return Ok(());
        }
        let size = SIZE.size()?;
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::HUGETLB;
        let file = File::from(sys::memfd_create(c"huge", flags).expect("there are huge pages"));
        file.set_len(2 * size as u64)?;
        for (offset, len) in [(0, 10), (5, size), (size as u64 + 3, 4), (1, 2 * size - 1)] {
            let map = MapOptions::new().offset(offset).len(len).map_mut(&file)?;
            map.store(len - 1, 7_u8)?;
            map.flush_range(len - 1, 1)?;
            map.pages().advise(Advice::Random)?;
            let map = map.make_read_only()?;
            assert_eq!(map.load::<u8>(len - 1)?, 7);
        }
        let mut map = FileMap::write(&file)?;
        map.set_len(&file, size)?;
        assert_eq!(map.len(), size);
        Ok(())
    }

    fn the_default_size_is_known_where_there_is_one() {
        match HugePage::Default.size() {
            Ok(size) => assert!(size.is_power_of_two() && size > baremap::page::size()),
            Err(error) => println!("no huge pages: {error}"),
        }
    }

    fn ordinary_files_with_large_blocks_are_ordinary() -> Result<()> {
        let file = File::open(c"/proc/self/exe")?;
        let _ = sys::file_system(file.as_fd());
        let map = FileMap::read(&file)?;
        assert_eq!(map.len() as u64, file.len()?);
        drop(AnonMap::new(1)?);
        Ok(())
    }
}

/// Whether there are huge pages for all tests that may run at once. What a test does not unmap, the harness finds.
fn are_free() -> bool {
    let enough = SIZE.free().is_ok_and(|free| free >= 6);
    if !enough {
        println!("nobody has set six huge pages of 2 MiB aside");
    }
    enough
}
