use crate::harness::tests;
use crate::support::huge;
use baremap::fd::AsFd;
use baremap::map::{Advice, Fallback, HugePage, transparent_huge_size};
use baremap::sys::{self, MemfdFlags};
use baremap::{AnonMap, Caps, Errno, File, FileMap, MapOptions, Operation, Result, page, println};

/// A size that the processor has.
const SIZE: HugePage = HugePage::Size2M;

/// The largest huge page of which a test may take some: with pages of 64 KiB, one takes 512 MiB.
const AFFORDABLE: usize = 32 << 20;

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
            let populated = if size <= AFFORDABLE { options.populate() } else { options };
            let mut maps = [options.map_anon()?, populated.map_anon()?, options.map_anon()?];
            for map in &mut maps {
                assert!(map.as_ptr().addr().is_multiple_of(size) && map.len() == len);
                if size <= AFFORDABLE {
                    map.fill(7);
                }
            }
            let shared = options.map_shared_anon()?;
            if size <= AFFORDABLE {
                shared.write_at(len - 1, b"7")?;
            }
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
        // No machine has one to spare. The length is one that small pages have room for on every machine.
        const LEN: usize = (1 << 20) + 1;
        let options = |fallback| MapOptions::new().len(LEN).huge(HugePage::Size16G, fallback);
        for fallback in [Fallback::Small, Fallback::Transparent] {
            let map = options(fallback).map_anon()?;
            assert_eq!(map.len(), LEN);
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
        back[0] = 8;
        assert_eq!((map[0], back[0]), (7, 8));
        map.resize(size)?;
        map.join(back)?;
        map.resize(0)
    }

    #[skip(qemu_user, "QEMU hands out huge pages and does not know it")]
    #[since(5, 18, "MADV_DONTNEED for huge pages of the pool")]
    fn huge_pages_are_discarded() -> Result<()> {
        if !are_free() {
            return Ok(());
        }
        let size = SIZE.size()?;
        let mut map = MapOptions::new().len(2 * size).huge(SIZE, Fallback::Error).map_anon()?;
        map.fill(7);
        map.discard(size, size)?;
        assert_eq!((map[0], map[size]), (7, 0));
        Ok(())
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

    // A size of which the processor has no pages.
    #[skip(qemu_user, "QEMU knows no huge pages")]
    fn a_size_that_is_not_there_is_einval() {
        for size in [HugePage::Size64K, HugePage::Size2M, HugePage::Size32M, HugePage::Size512M, HugePage::Size16G] {
            if size.free().is_err_and(|error| error.errno() == Errno::ENOENT) {
                let error = MapOptions::new().len(1).huge(size, Fallback::Error).map_anon().unwrap_err();
                assert_eq!((error.operation(), error.errno()), (Operation::MapHuge, Errno::EINVAL), "{size:?}");
            }
        }
    }

    #[skip(qemu_user, "MADV_POPULATE_WRITE is 0 and does nothing")]
    fn a_populated_map_that_may_have_huge_pages_is_in_memory() -> Result<()> {
        let map = MapOptions::new().len(4 * page::size()).transparent_huge().populate().map_anon()?;
        // Linux 5.14.
        if Caps::POPULATE.work() {
            assert!(map.pages().is_resident()?);
        }
        Ok(())
    }

    #[skip(qemu_user, "QEMU's pages are not the kernel's")]
    fn one_touch_of_a_transparent_map_is_a_huge_page() -> Result<()> {
        // There may be none left, which is not remembered.
        if transparent_huge_size().is_some_and(|size| size.get() <= AFFORDABLE) && huge::are_made_on_demand()? {
            let size = transparent_huge_size().expect("as just asked").get();
            let touched = |options: MapOptions| {
                let mut map = options.len(2 * size).map_anon()?;
                map[0] = 1;
                Ok::<_, baremap::Error>((map.as_ptr().addr() % size, map.pages().range(page::size(), 1)?.is_resident()?))
            };
            let options = MapOptions::new();
            assert_eq!(touched(options.transparent_huge())?, (0, true));
            assert_eq!(touched(options.huge(HugePage::Size16G, Fallback::Transparent))?, (0, true));
            assert!(!touched(options)?.1 && !touched(options.huge(HugePage::Size16G, Fallback::Small))?.1);
        }
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
