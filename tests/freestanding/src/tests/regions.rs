use crate::harness::tests;
use crate::support::fds;
use crate::support::text::Text;
use baremap::map::{Region, Regions, regions};
use baremap::sys::{self, MemfdFlags, OFlags, ProtFlags};
use baremap::{AnonMap, Errno, File, FileMap, MapOptions, Reason, Result, page};
use core::ops::Range;

tests! {
    fn each_kind_of_map_is_listed_as_it_is() -> Result<()> {
        let file = fds::file(&[1; 3 * 64 * 1024]);
        let (anonymous, shared, private) = (
            AnonMap::new(page::size())?,
            FileMap::read(&file)?,
            MapOptions::new().offset(64 * 1024).map_copy(&file)?,
        );
        let (read, both) = (ProtFlags::READ, ProtFlags::READ | ProtFlags::WRITE);
        assert_eq!(kind(anonymous.as_ptr())?, (both, false, 0, 0));
        let inode = file.stat()?.inode();
        assert_eq!(kind(shared.as_ptr())?, (read, true, 0, inode));
        assert_eq!(kind(private.as_ptr())?, (both, false, 64 * 1024, inode));
        Ok(())
    }

    #[skip(qemu_user, "for x86_64 it lists [vsyscall] twice")]
    fn regions_ascend_and_do_not_overlap() -> Result<()> {
        let mut regions = regions()?;
        let (mut last, mut count) = (0, 0);
        while let Some(region) = regions.next()? {
            let Range { start, end } = region.range();
            assert!(last <= start && start < end, "{region:?} after {last:#x}");
            (last, count) = (end, count + 1);
        }
        assert!(count > 2, "code, data and stack at least, and not {count}");
        Ok(())
    }

    fn a_newline_in_a_name_does_not_end_the_line() -> Result<()> {
        let file = File::from(sys::memfd_create(c"a\nb", MemfdFlags::CLOEXEC).expect("a memfd"));
        file.set_len(1)?;
        let map = FileMap::read(&file)?;
        let mut regions = regions()?;
        while let Some(region) = regions.next()? {
            if region.range().contains(&map.as_ptr().addr()) {
                assert_eq!(region.path(), br"/memfd:a\012b (deleted)");
                return Ok(());
            }
        }
        panic!("the map is not listed");
    }

    fn what_is_unmapped_is_not_listed() -> Result<()> {
        let map = FileMap::read(fds::file(b"for its inode"))?;
        let address = map.as_ptr();
        assert!(find(address)?.is_some());
        drop(map);
        assert_eq!(find(address)?, None);
        Ok(())
    }

    fn a_line_is_whole_whatever_its_length() -> Result<()> {
        // 2 * PATH_MAX bytes are kept, of which the numbers take 49.
        const MOST: usize = 2 * 4096 - LINE.len();
        for len in [0, 1, 255, 4095, 4096, 5000, MOST - 2, MOST - 1, MOST, MOST + 1, 20_000, 100_000] {
            let file = listing(&[len, 3]);
            let mut regions = Regions::of(file);
            let region = regions.next()?.expect("the long line");
            assert_eq!(region.path().len(), len.min(MOST), "of {len}");
            // A line that just fills the buffer has no room for its end, by which alone it would be known as whole.
            assert_eq!(region.is_whole(), len < MOST, "of {len}");
            assert!(region.path().iter().all(|&byte| byte == b'x'));
            let region = regions.next()?.expect("the line after it");
            assert_eq!((region.path(), region.is_whole()), (&b"xxx"[..], true), "after {len}");
            assert_eq!(regions.next()?, None);
            assert_eq!(regions.next()?, None);
        }
        Ok(())
    }

    fn the_last_line_may_lack_its_end() -> Result<()> {
        let mut regions = Regions::of(fds::file(b"1000-2000 ---p 0 0:0 0"));
        assert_eq!(regions.next()?.map(|region| region.range()), Some(0x1000..0x2000));
        assert_eq!(regions.next()?, None);
        Ok(())
    }

    fn a_bad_line_is_an_error_and_the_next_is_read() -> Result<()> {
        let mut regions = Regions::of(fds::file(b"\nhello\n1000-2000 rwxs 10 fe:1 7 /a b\n"));
        for _ in 0..2 {
            let error = regions.next().unwrap_err();
            assert_eq!((error.errno(), error.reason()), (Errno::EBADMSG, Reason::BadRegion));
        }
        let region = regions.next()?.expect("the good line");
        assert_eq!(region.protection(), ProtFlags::READ | ProtFlags::WRITE | ProtFlags::EXEC);
        assert_eq!((region.device(), region.inode(), region.path()), ((0xfe, 1), 7, &b"/a b"[..]));
        Ok(())
    }

    fn a_failing_read_is_an_error() {
        let error = Regions::of(File::from(fds::directory())).next().unwrap_err();
        assert_eq!(error.errno(), Errno::EISDIR);
    }

    fn hostile_lines_are_errors() {
        for line in [
            &b""[..],
            b"-",
            b"1000-2000",
            b"1000-2000 r--p",
            b"1000-2000 r--p 0 0:0",
            b"1000-2000 r--p 0 0:0 ",
            b"2000-1000 r--p 0 0:0 0",
            b"1000-1000 r--p 0 0:0 0",
            b"+1000-2000 r--p 0 0:0 0",
            b"-1000-2000 r--p 0 0:0 0",
            b"0x1000-2000 r--p 0 0:0 0",
            b"1000-10000000000000000 r--p 0 0:0 0",
            b"1000-2000 r--p 10000000000000000 0:0 0",
            b"1000-2000 r--p 0 100000000:0 0",
            b"1000-2000 r--p 0 0:100000000 0",
            b"1000-2000 r--p 0 0:0 18446744073709551616",
            b"1000-2000 r--p 0 0:0 a",
            b"1000-2000 r-- 0 0:0 0",
            b"1000-2000 r--pp 0 0:0 0",
            b"1000-2000 w--p 0 0:0 0",
            b"1000-2000 r--x 0 0:0 0",
            b"1000-2000  r--p 0 0:0 0",
            b"1000-2000 r--p 0 00 0",
            b"\xff000-2000 r--p 0 0:0 0",
        ] {
            assert!(Region::parse(line).is_err(), "{:?}", line.escape_ascii());
        }
    }

    fn the_largest_numbers_are_read() -> Result<()> {
        let line = b"0-ffffffffffffffff --xp ffffffffffffffff ffffffff:ffffffff 18446744073709551615";
        let region = Region::parse(line)?;
        assert_eq!(region.range(), 0..usize::MAX);
        assert_eq!((region.offset(), region.inode()), (u64::MAX, u64::MAX));
        assert_eq!(region.device(), (u32::MAX, u32::MAX));
        assert_eq!(region.path(), b"");
        Ok(())
    }

    // Lines of which some begin in one read(2) and end in the next.
    fn lines_are_whole_wherever_a_read_ends() -> Result<()> {
        const LINES: usize = 1000;
        let file = fds::file(b"");
        for line in 0..LINES {
            let path = &"/srv/a/file"[..1 + line % 11];
            let (start, end) = (0x1000 * line + 0x1000, 0x1000 * line + 0x2000);
            let line = Text::of(format_args!("{start:x}-{end:x} r--p 00000000 00:01 {line} {path}\n"));
            file.write_all(line.as_bytes())?;
        }
        let mut regions = Regions::of(fds::reopen(&file, OFlags::RDONLY));
        for line in 0..LINES {
            let region = regions.next()?.expect("as many as were written");
            assert_eq!((region.range().start, region.inode()), (0x1000 * line + 0x1000, line as u64));
            assert_eq!((region.path().len(), region.is_whole()), (1 + line % 11, true));
        }
        assert_eq!(regions.next()?, None);
        Ok(())
    }
}

/// Protection, sharing, offset and inode of what is mapped at an address.
type Kind = (ProtFlags, bool, u64, u64);

fn find(address: *const u8) -> Result<Option<Kind>> {
    let mut regions = regions()?;
    while let Some(region) = regions.next()? {
        if region.range().contains(&address.addr()) {
            // Anonymous neighbours are one region, but not neighbours in a file that are mapped in different ways.
            let into = (address.addr() - region.range().start) as u64;
            let offset = if region.inode() == 0 { 0 } else { region.offset() + into };
            return Ok(Some((region.protection(), region.is_shared(), offset, region.inode())));
        }
    }
    Ok(None)
}

fn kind(address: *const u8) -> Result<Kind> {
    Ok(find(address)?.expect("the map is listed"))
}

/// What the kernel writes before a path.
const LINE: &[u8] = b"7f5c4a000000-7f5c4a021000 r--p 00000000 fe:01 12 ";

/// A list of regions whose paths have these lengths.
fn listing(paths: &[usize]) -> File {
    let file = File::unnamed().expect("a file in memory");
    for &len in paths {
        file.write_all(LINE).expect("room");
        for _ in 0..len {
            file.write_all(b"x").expect("room");
        }
        file.write_all(b"\n").expect("room");
    }
    // Written at its position, read from its start.
    sys::lseek(baremap::fd::AsFd::as_fd(&file), sys::SeekFrom::Start(0))
        .expect("a file in memory has positions");
    file
}
