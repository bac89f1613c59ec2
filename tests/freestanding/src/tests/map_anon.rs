use crate::harness::tests;
use crate::support::child;
use crate::support::memory::is_mapped;
use baremap::{AnonMap, Errno, MapOptions, Operation, Reason, Result, page};

tests! {
    fn memory_is_zeros_and_a_slice() -> Result<()> {
        let mut map = AnonMap::new(1 << 20)?;
        assert_eq!(map.len(), 1 << 20);
        assert!(map.iter().all(|&byte| byte == 0));
        map.fill(7);
        map[3..7].copy_from_slice(b"data");
        assert_eq!(&map.as_ref()[2..8], b"\x07data\x07");
        map.as_mut()[0] = 8;
        assert_eq!((map[0], map[(1 << 20) - 1]), (8, 7));
        Ok(())
    }

    fn any_length_works() -> Result<()> {
        let page = page::size();
        for len in [1, 2, page - 1, page, page + 1, 3 * page + 5] {
            let mut map = AnonMap::new(len)?;
            map[len - 1] = 7;
            assert_eq!(map.len(), len);
        }
        Ok(())
    }

    fn no_length_is_an_empty_map() -> Result<()> {
        let mut map = AnonMap::new(0)?;
        assert!(map.is_empty());
        assert_eq!(&mut map[..], b"");
        assert!(MapOptions::new().map_anon()?.is_empty());
        Ok(())
    }

    fn a_length_beyond_the_signed_range_is_enomem() {
        for len in [usize::MAX, isize::MAX as usize + 1] {
            let error = AnonMap::new(len).unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::Mmap, Errno::ENOMEM));
            assert_eq!(error.reason(), Reason::TooLong { len: len as u64 });
        }
        let error = AnonMap::new(isize::MAX as usize).unwrap_err();
        assert_eq!((error.errno(), error.reason()), (Errno::ENOMEM, Reason::Kernel));
    }

    fn an_offset_is_einval() {
        let error = MapOptions::new().offset(1).len(1).map_anon().unwrap_err();
        assert_eq!((error.errno(), error.reason()), (Errno::EINVAL, Reason::OffsetWithoutFile));
    }

    fn a_map_is_unmapped_when_it_is_dropped() -> Result<()> {
        for len in [1, page::size(), 3 * page::size() + 1] {
            let map = AnonMap::new(len)?;
            let (first, last) = (map.as_ptr(), map.as_ptr().wrapping_add(len - 1));
            assert!(is_mapped(first) && is_mapped(last));
            drop(map);
            assert!(!is_mapped(first) && !is_mapped(last));
        }
        Ok(())
    }

    fn a_child_has_a_copy() -> Result<()> {
        let mut map = AnonMap::new(4)?;
        map.copy_from_slice(b"mine");
        child::check(|| {
            assert_eq!(&map[..], b"mine");
            map.copy_from_slice(b"copy");
        });
        assert_eq!(&map[..], b"mine");
        Ok(())
    }

    fn populated_memory_is_zeros_too() -> Result<()> {
        let map = MapOptions::new().len(10 * page::size()).populate().map_anon()?;
        assert!(map.iter().all(|&byte| byte == 0));
        Ok(())
    }
}
