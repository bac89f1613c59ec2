use crate::harness::tests;
use crate::support::child;
use baremap::map::Plain;
use baremap::process::{self, sleep};
use baremap::share::{AtomicOffset, Offset, OffsetSlice, PlainCell};
use baremap::sys::Signal;
use baremap::{Errno, File, FileMap, Operation, Reason, Result, SharedMap, shared};
use core::convert::Infallible;
use core::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};
use core::time::Duration;

shared! {
    #[derive(Debug)]
    struct Link {
        next: AtomicOffset<Link>,
        value: PlainCell<u32>,
        count: AtomicU32,
        letters: [AtomicU8; 8],
    }
}

tests! {
    fn an_offset_leads_to_the_same_value_at_another_address() -> Result<()> {
        let file = File::unnamed()?;
        file.set_len(200)?;
        let (one, other) = (FileMap::write(&file)?, FileMap::write(&file)?);
        assert_ne!(one.as_ptr(), other.as_ptr());

        let link: &Link = one.value(40)?;
        link.value.set(7);
        let offset = Offset::of(link, &one)?;
        assert_eq!(offset.raw(), 40);

        let same = offset.get(&other)?.expect("it is not none");
        assert_eq!((&raw const *same).cast(), other.as_ptr().wrapping_add(40));
        assert_eq!(same.value.get(), 7);
        Ok(())
    }

    fn zeros_are_none_and_no_values() -> Result<()> {
        let map = SharedMap::new(100)?;
        let link: &Link = map.value(8)?;
        assert!(link.next.load().is_none() && link.next.load().get(&map)?.is_none());
        let slice: &PlainCell<OffsetSlice<AtomicU64>> = map.value(48)?;
        assert_eq!(slice.get(), OffsetSlice::EMPTY);
        assert!(slice.get().get(&map)?.is_empty());
        Ok(())
    }

    fn what_is_not_within_the_map_is_refused() -> Result<()> {
        let map = SharedMap::new(64)?;
        let last = Offset::<AtomicU64>::from_raw(56);
        assert!(last.get(&map)?.is_some());
        for raw in [64, 72, 1 << 40, u64::MAX - 7] {
            let error = Offset::<AtomicU64>::from_raw(raw).get(&map).unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::Value, Errno::EINVAL));
            assert_eq!(error.reason(), Reason::OutOfBounds { offset: raw as usize, len: 8, size: 64 });
        }
        Ok(())
    }

    fn what_is_not_aligned_is_refused() -> Result<()> {
        let map = SharedMap::new(64)?;
        for raw in [1, 4, 9, 55] {
            let error = Offset::<AtomicU64>::from_raw(raw).get(&map).unwrap_err();
            assert_eq!(error.reason(), Reason::Misaligned { offset: raw as usize, align: 8 });
        }
        // The address counts: this part does not begin at a multiple of 8.
        let part = map.range(4, 60)?;
        assert!(Offset::<AtomicU64>::from_raw(4).get(part)?.is_some());
        let error = Offset::<AtomicU64>::from_raw(8).get(part).unwrap_err();
        assert_eq!(error.reason(), Reason::Misaligned { offset: 8, align: 8 });
        Ok(())
    }

    fn slices_are_checked_as_a_whole() -> Result<()> {
        let map = SharedMap::new(64)?;
        let slice = |raw, count| OffsetSlice::<AtomicU64>::new(Offset::from_raw(raw), count);
        assert_eq!(slice(8, 7).get(&map)?.len(), 7);
        for (raw, count) in [(8, 8), (16, 7), (8, u64::MAX), (8, 1 << 61), (u64::MAX, 1)] {
            let error = slice(raw, count).get(&map).unwrap_err();
            assert!(matches!(error.reason(), Reason::OutOfBounds { .. }), "{raw}, {count}: {error}");
            let error = OffsetSlice::<u64>::new(Offset::from_raw(raw), count).bytes(&map).unwrap_err();
            assert!(matches!(error.reason(), Reason::OutOfBounds { .. }), "{raw}, {count}: {error}");
        }
        assert!(matches!(slice(4, 1).get(&map).unwrap_err().reason(), Reason::Misaligned { .. }));
        Ok(())
    }

    fn a_value_of_another_map_has_no_offset() -> Result<()> {
        let (one, other) = (SharedMap::new(64)?, SharedMap::new(64)?);
        let value: &AtomicU64 = other.value(8)?;
        let reason = Offset::of(value, &one).unwrap_err().reason();
        assert!(matches!(reason, Reason::OutOfBounds { len: 8, size: 64, .. }), "{reason:?}");
        let own = AtomicU64::new(0);
        assert!(Offset::of(&own, &one).is_err());
        // Partly behind the end of a part.
        let value: &AtomicU64 = one.value(56)?;
        assert!(Offset::of(value, one.range(0, 60)?).is_err());
        Ok(())
    }

    fn nothing_is_found_at_the_start() -> Result<()> {
        let map = SharedMap::new(64)?;
        let values: &[AtomicU64] = map.values(0, 2)?;
        assert_eq!(Offset::of(&values[0], &map).unwrap_err().reason(), Reason::AtStart);
        assert_eq!(OffsetSlice::of(values, &map).unwrap_err().reason(), Reason::AtStart);
        assert_eq!(OffsetSlice::of(&values[..0], &map)?, OffsetSlice::EMPTY);
        assert_eq!(OffsetSlice::of(&values[1..], &map)?, OffsetSlice::new(Offset::from_raw(8), 1));
        // Nor by what another process has stored.
        for count in [1, 2, 8, u64::MAX] {
            let reason = OffsetSlice::<AtomicU64>::new(Offset::NONE, count).get(&map).unwrap_err().reason();
            assert_eq!(reason, Reason::AtStart);
            let reason = OffsetSlice::<u64>::new(Offset::NONE, count).bytes(&map).unwrap_err().reason();
            assert_eq!(reason, Reason::AtStart);
        }
        assert!(OffsetSlice::<u64>::EMPTY.bytes(&map)?.is_empty());
        Ok(())
    }

    fn values_are_checked_where_they_are_lent() -> Result<()> {
        let map = SharedMap::new(64)?;
        assert!(map.value::<Link>(40).is_ok());
        for (offset, count) in [(41, 1), (64, 1), (usize::MAX, 1), (0, usize::MAX), (0, 3)] {
            let error = map.values::<Link>(offset, count).unwrap_err();
            assert!(matches!(error.reason(), Reason::OutOfBounds { .. }), "{offset}, {count}: {error}");
        }
        assert!(matches!(map.value::<Link>(4).unwrap_err().reason(), Reason::Misaligned { offset: 4, align: 8 }));
        Ok(())
    }

    fn offsets_are_exchanged() {
        let [one, two, three] = [8, 16, 24].map(Offset::<AtomicU64>::from_raw);
        let published = AtomicOffset::new(one);
        assert_eq!(published.compare_exchange(two, three), Err(one));
        assert_eq!(published.compare_exchange(one, two), Ok(one));
        assert_eq!(published.swap(three), two);
        assert_eq!(published.load(), three);
        published.store(Offset::NONE);
        assert!(published.load().is_none() && AtomicOffset::<AtomicU64>::default().load().is_none());
    }

    fn plain_values_of_any_size_are_copied() {
        assert_eq!(PlainCell::<Offset<Link>>::default().get(), Offset::NONE);
        fn check<T: Plain + PartialEq + core::fmt::Debug>(one: T, other: T) {
            let cell = PlainCell::new(one);
            assert_eq!(cell.get(), one);
            cell.set(other);
            assert_eq!(cell.get(), other);
        }

        #[derive(Clone, Copy, PartialEq, Debug)]
        #[repr(C)]
        struct Three([u16; 3]);
        // SAFETY: numbers without gaps.
        unsafe impl Plain for Three {}

        check(1_u8, u8::MAX);
        check(-2_i16, i16::MAX);
        check(3_u32, u32::MAX);
        check(0.5, f64::NEG_INFINITY);
        check(4_u64, u64::MAX);
        check(u128::MAX / 3, u128::MAX / 5);
        check(Three([1, 2, 3]), Three([4, 5, 6]));
        check(Offset::<Link>::NONE, Offset::from_raw(u64::MAX));
        check(OffsetSlice::<Link>::EMPTY, OffsetSlice::new(Offset::from_raw(1), 2));
    }

    #[timeout(120)]
    fn a_word_is_never_torn() -> Result<()> {
        let map = SharedMap::new(8)?;
        let cell: &PlainCell<u64> = map.value(0)?;
        // SAFETY: the child uses nothing but the map.
        let child = unsafe {
            process::spawn(|| -> Infallible {
                loop {
                    cell.set(u64::MAX);
                    cell.set(0);
                }
            })
        }?;
        let (mut reads, mut changes, mut last) = (0, 0, 0);
        while reads < 2_000_000 || changes < 20 {
            let value = cell.get();
            assert!(matches!(value, 0 | u64::MAX), "{value:#x}");
            changes += u32::from(value != last);
            (reads, last) = (reads + 1, value);
        }
        child.kill(Signal::KILL)?;
        child.wait().map(drop)
    }

    fn who_sees_an_offset_sees_the_value() -> Result<()> {
        const ROUNDS: u32 = 2_000;
        let map = SharedMap::new(64)?;
        let (published, taken): (&AtomicOffset<Link>, &AtomicU32) = (map.value(0)?, map.value(8)?);
        let link: &Link = map.value(16)?;
        child::check(|| {
            // SAFETY: the child uses nothing but the map.
            let child = unsafe {
                process::spawn(|| {
                    for round in 1..=ROUNDS {
                        link.value.set(round);
                        link.count.store(!round, Relaxed);
                        published.store(Offset::of(link, &map)?);
                        while taken.load(core::sync::atomic::Ordering::Acquire) != round {
                            sleep(Duration::ZERO);
                        }
                    }
                    Ok::<_, baremap::Error>(())
                })
            }?;
            for round in 1..=ROUNDS {
                let found = loop {
                    match published.swap(Offset::NONE).get(&map)? {
                        Some(link) => break link,
                        None => sleep(Duration::ZERO),
                    }
                };
                assert_eq!((found.value.get(), found.count.load(Relaxed)), (round, !round));
                taken.store(round, core::sync::atomic::Ordering::Release);
            }
            assert!(child.wait()?.success());
            Ok::<_, baremap::Error>(())
        });
        assert_eq!(link.letters[0].load(Relaxed), 0);
        Ok(())
    }
}
