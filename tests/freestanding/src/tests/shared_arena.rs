use crate::harness::tests;
use crate::support::child;
use crate::support::engine::Random;
use crate::support::rounds::rounds;
use baremap::alloc::SharedArena;
use baremap::process::{self, Child, sleep};
use baremap::share::{AtomicOffset, Offset, OffsetSlice, PlainCell, Shared};
use baremap::sys::Signal;
use baremap::{Errno, Error, File, FileMap, Operation, Reason, Result, SharedBytes, SharedMap, page, shared};
use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering::Relaxed};
use core::time::Duration;

/// The bytes before the first block.
const HEADER: usize = 256;
/// Where the words of the header are: the label, the size, the root and where the next block begins.
const LABEL: usize = 0;
const SIZE: usize = 8;
const ROOT: usize = 16;
const NEXT: usize = 128;

shared! {
    struct Link {
        next: AtomicOffset<Link>,
        value: PlainCell<u64>,
        /// The value's complement: what is half done shows.
        check: PlainCell<u64>,
    }

    #[repr(align(64))]
    struct Line {
        words: [AtomicU64; 8],
    }

    /// More than a page of any machine.
    #[repr(align(131072))]
    struct Huge {
        bytes: [AtomicU8; 131072],
    }

    #[repr(align(4096))]
    struct SmallPage {
        bytes: [AtomicU8; 4096],
    }
}

tests! {
    fn values_are_found_by_their_offsets() -> Result<()> {
        let arena = SharedArena::create(SharedMap::new(4096)?)?;
        let one = arena.alloc(AtomicU32::new(1))?;
        let many = arena.alloc_slice_with(5, |index| AtomicU16::new(index as u16))?;
        let text = arena.alloc_slice_copy(b"text")?;
        let zeros = arena.alloc_slice_zeroed::<AtomicU64>(3)?;

        assert_eq!(arena.get(arena.offset_of(one)?)?.map(|one| one.load(Relaxed)), Some(1));
        let found = arena.get_slice(arena.offset_of_slice(many)?)?;
        assert!(found.iter().map(|value| value.load(Relaxed)).eq(0..5));
        let mut bytes = [0; 4];
        arena.get_bytes(text)?.read_at(0, &mut bytes)?;
        assert_eq!(&bytes, b"text");
        assert!(zeros.len() == 3 && zeros.iter().all(|zero| zero.load(Relaxed) == 0));
        assert!(arena.get(Offset::<AtomicU32>::NONE)?.is_none());
        assert_eq!(arena.alloc_slice_copy::<u8>(b"")?, OffsetSlice::EMPTY);
        Ok(())
    }

    fn blocks_are_aligned_and_apart() -> Result<()> {
        fn end<T: Shared>(arena: &SharedArena, value: &T, before: usize) -> Result<usize> {
            let start = arena.offset_of(value)?.raw() as usize;
            assert!((&raw const *value).addr().is_multiple_of(align_of::<T>()));
            assert!(start >= before && start - before < align_of::<T>(), "{before}, then {start}");
            assert_eq!(arena.used(), start + size_of::<T>());
            Ok(arena.used())
        }

        let arena = SharedArena::create(SharedMap::new(1 << 16)?)?;
        assert_eq!(arena.used(), HEADER);
        let mut before = HEADER;
        for _ in 0..3 {
            before = end(&arena, arena.alloc(AtomicU8::new(1))?, before)?;
            before = end(&arena, arena.alloc(AtomicU64::new(2))?, before)?;
            before = end(&arena, arena.alloc([const { AtomicU8::new(3) }; 3])?, before)?;
            before = end(&arena, arena.alloc_zeroed::<Line>()?, before)?;
            before = end(&arena, arena.alloc_zeroed::<SmallPage>()?, before)?;
            before = end(&arena, arena.alloc::<[AtomicU64; 0]>([])?, before)?;
        }
        Ok(())
    }

    fn blocks_are_aligned_also_where_the_arena_is_not() -> Result<()> {
        let map = SharedMap::new(4096)?;
        let arena = SharedArena::create(map.range(8, 4000)?)?;
        let line = arena.alloc_zeroed::<Line>()?;
        assert_eq!((&raw const *line).addr() % 64, 0);
        assert_eq!(arena.offset_of(line)?.raw() % 64, 56);
        assert!(arena.get(arena.offset_of(line)?)?.is_some());
        Ok(())
    }

    fn what_no_map_is_aligned_to_is_refused() -> Result<()> {
        let arena = SharedArena::create(SharedMap::new(1 << 20)?)?;
        let error = arena.alloc_zeroed::<Huge>().map(drop).unwrap_err();
        assert_eq!((error.operation(), error.errno()), (Operation::Arena, Errno::EINVAL));
        assert_eq!(error.reason(), Reason::OverAligned { align: 131_072, most: page::size() });
        assert_eq!(arena.used(), HEADER);
        Ok(())
    }

    fn a_full_arena_says_so_and_stays_as_it_was() -> Result<()> {
        let arena = SharedArena::create(SharedMap::new(HEADER + 24)?)?;
        arena.alloc(AtomicU64::new(1))?;
        arena.alloc(AtomicU8::new(1))?;
        let error = arena.alloc_slice_zeroed::<AtomicU64>(2).map(drop).unwrap_err();
        assert_eq!((error.operation(), error.errno()), (Operation::Arena, Errno::ENOMEM));
        assert_eq!(error.reason(), Reason::NoRoom { len: 16, align: 8, left: 15 });
        let error = arena.alloc_slice_zeroed::<AtomicU64>(usize::MAX).map(drop).unwrap_err();
        assert_eq!(error.reason(), Reason::NoRoom { len: usize::MAX, align: 8, left: 15 });
        assert_eq!(arena.used(), HEADER + 9);
        arena.alloc_slice_zeroed::<AtomicU8>(15)?;
        assert_eq!(arena.alloc(AtomicU8::new(1)).map(drop).map_err(Error::errno), Err(Errno::ENOMEM));
        assert_eq!((arena.used(), arena.capacity()), (HEADER + 24, HEADER + 24));
        Ok(())
    }

    fn an_arena_that_is_emptied_has_room_again() -> Result<()> {
        let arena = SharedArena::create(SharedMap::new(4096)?)?;
        let first = arena.alloc(AtomicU64::new(u64::MAX))?;
        let offset = arena.offset_of(first)?;
        arena.root().store(offset);
        arena.reset();
        assert_eq!(arena.used(), HEADER);
        assert!(arena.root::<AtomicU64>().load().is_none());
        // Zeros are stored, not found.
        let second = arena.alloc_zeroed::<AtomicU64>()?;
        assert_eq!((arena.offset_of(second)?, second.load(Relaxed)), (offset, 0));
        Ok(())
    }

    fn of_several_that_create_one_succeeds() -> Result<()> {
        for _ in 0..50 {
            let map = SharedMap::new(4096)?;
            let (done, go): (&[AtomicU32], &AtomicU32) = (map.values(2000, 2)?, map.value(3000)?);
            let create = || {
                go.fetch_add(1, Relaxed);
                while go.load(Relaxed) < 3 {
                    sleep(Duration::ZERO);
                }
                match SharedArena::create(map.range(0, 1024)?) {
                    Ok(_) => done[0].fetch_add(1, Relaxed),
                    Err(error) => {
                        assert_eq!((error.operation(), error.errno()), (Operation::Arena, Errno::EEXIST));
                        done[1].fetch_add(1, Relaxed)
                    }
                };
                SharedArena::open(map.range(0, 1024)?).map(drop)
            };
            // SAFETY: the children use nothing but the map.
            let children: [Result<Child>; 3] = core::array::from_fn(|_| unsafe { process::spawn(create) });
            for child in children {
                assert!(child?.wait()?.success());
            }
            assert_eq!((done[0].load(Relaxed), done[1].load(Relaxed)), (1, 2));
        }
        Ok(())
    }

    fn an_arena_is_created_where_another_process_was_killed_at_it() -> Result<()> {
        let map = SharedMap::new(4096)?;
        // It came as far as the size.
        map.store(SIZE, 4096_u64)?;
        assert_eq!(SharedArena::open(&*map).unwrap_err().reason(), Reason::NoArena);
        SharedArena::create(&*map)?;
        assert_eq!(SharedArena::create(&*map).unwrap_err().errno(), Errno::EEXIST);
        let arena = SharedArena::open_or_create(&*map)?;
        arena.alloc(AtomicU8::new(0)).map(drop)
    }

    fn what_is_no_arena_is_refused() -> Result<()> {
        let refused = |arena: Result<SharedArena<_>>| {
            let error = arena.map(drop).unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::Arena, Errno::EINVAL));
            error.reason()
        };
        let map = SharedMap::new(4096)?;
        assert_eq!(refused(SharedArena::open(&*map)), Reason::NoArena);

        map.write_at(LABEL, b"#!/bin/sh\n")?;
        let bytes: &SharedBytes = &map;
        for arena in [SharedArena::open, SharedArena::create, SharedArena::open_or_create].map(|with| with(bytes)) {
            assert_eq!(refused(arena), Reason::NoArena);
        }

        let map = SharedMap::new(4096)?;
        SharedArena::create(&*map)?;
        let label: u64 = map.load(LABEL)?;
        map.store(LABEL, label + 1)?;
        let bytes: &SharedBytes = &map;
        for arena in [SharedArena::open, SharedArena::create, SharedArena::open_or_create].map(|with| with(bytes)) {
            assert_eq!(refused(arena), Reason::OtherVersion { found: 2, expected: 1 });
        }
        map.store(LABEL, label)?;
        assert!(SharedArena::open(&*map).is_ok());

        for len in [4095, 1024] {
            let expected = Reason::WrongLength { len, expected: 4096 };
            assert_eq!(refused(SharedArena::open(map.range(0, len)?)), expected);
            assert_eq!(refused(SharedArena::open_or_create(map.range(0, len)?)), expected);
        }
        Ok(())
    }

    fn who_means_another_root_is_refused() -> Result<()> {
        let map = SharedMap::new(4096)?;
        let arena = SharedArena::create(&*map)?;
        arena.root_of::<Link>()?.store(arena.offset_of(arena.alloc_zeroed::<Link>()?)?);
        child::check(|| {
            let same = SharedArena::open(&*map)?;
            assert!(same.get(same.root_of::<Link>()?.load())?.is_some());
            let error = same.root_of::<AtomicU32>().map(drop).unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::Arena, Errno::EINVAL));
            let expected = <AtomicU32 as Shared>::LAYOUT;
            assert_eq!(error.reason(), Reason::OtherLayout { found: <Link as Shared>::LAYOUT, expected });
            Ok::<_, Error>(())
        });
        // What the type is stays when the values go.
        arena.reset();
        assert!(arena.root_of::<Link>()?.load().is_none());
        assert!(arena.root_of::<AtomicU32>().is_err());
        Ok(())
    }

    fn bytes_without_room_for_a_header_are_refused() -> Result<()> {
        let map = SharedMap::new(4096)?;
        for len in [0, 1, 8, HEADER - 1] {
            let error = SharedArena::create(map.range(0, len)?).map(drop).unwrap_err();
            assert_eq!(error.reason(), Reason::OutOfBounds { offset: 0, len: HEADER, size: len });
        }
        let error = SharedArena::create(map.range(4, 1024)?).map(drop).unwrap_err();
        assert_eq!(error.reason(), Reason::Misaligned { offset: 0, align: 8 });
        let full = SharedArena::create(map.range(0, HEADER)?)?;
        assert!(full.alloc(AtomicU8::new(0)).is_err());
        Ok(())
    }

    fn a_hostile_header_gives_neither_a_wrong_view_nor_a_crash() -> Result<()> {
        const LEN: usize = 1024;
        let file = File::unnamed()?;
        file.set_len(LEN as u64)?;
        let map = FileMap::write(&file)?;
        SharedArena::create(&*map)?;
        let label: u64 = map.load(LABEL)?;
        let mut random = Random(5);
        let nasty = [0, 1, 7, 255, 256, 257, 1000, 1016, 1017, 1023, 1024, 1025, 4096, 1 << 32, 1 << 63]
            .into_iter()
            .chain([label, label + 1, label ^ 0x100, u64::MAX - 7, u64::MAX])
            .chain((0..2000).map(|_| (random.below(1 << 32) as u64) << random.below(33)));
        for value in nasty {
            for word in [LABEL, SIZE, ROOT, NEXT] {
                for (offset, right) in [(LABEL, label), (SIZE, LEN as u64), (ROOT, 0), (NEXT, 0)] {
                    map.store(offset, if offset == word { value } else { right })?;
                }
                look(&map, value, label, word)?;
            }
        }
        Ok(())
    }

    fn random_bytes_give_neither_a_wrong_view_nor_a_crash() -> Result<()> {
        const LEN: usize = 1024;
        let map = SharedMap::new(LEN)?;
        SharedArena::create(&*map)?;
        let arena = SharedArena::open(&*map)?;
        let mut random = Random(9);
        for _ in 0..2000 {
            for offset in (0..LEN).step_by(8) {
                map.store(offset, (random.below(1 << 32) as u64) << random.below(33))?;
            }
            // This one was opened before.
            if let Ok(block) = arena.alloc_zeroed::<Link>() {
                assert!(arena.offset_of(block)?.raw() as usize >= HEADER);
            }
            let mut next = arena.root::<Link>().load();
            for _ in 0..10 {
                let Ok(Some(link)) = arena.get(next) else { break };
                let _ = link.value.get();
                next = link.next.load();
            }
            assert!(arena.used() <= LEN);
        }
        Ok(())
    }

    fn it_is_found_at_another_address() -> Result<()> {
        let file = File::unnamed()?;
        file.allocate(0, 8192)?;
        let arena = SharedArena::create(FileMap::write(&file)?)?;
        child::check(|| {
            let own = SharedArena::open(FileMap::write(&file)?)?;
            assert_ne!(own.map().as_ptr(), arena.map().as_ptr());
            push(&own, 1)?;
            push(&own, 2)
        });
        let mut values = [0; 2];
        assert_eq!(walk(&arena, |index, value| values[index] = value)?, 2);
        assert_eq!(values, [2, 1]);
        Ok(())
    }

    fn a_child_has_plain_references_of_its_parent() -> Result<()> {
        let arena = SharedArena::create(SharedMap::new(4096)?)?;
        let results = arena.alloc_slice_zeroed::<AtomicOffset<Link>>(3)?;
        child::check(|| {
            for (index, result) in results.iter().enumerate() {
                let value = index as u64;
                let link = Link {
                    next: AtomicOffset::default(),
                    value: PlainCell::new(value),
                    check: PlainCell::new(!value),
                };
                result.store(arena.offset_of(arena.alloc(link)?)?);
            }
            Ok::<_, Error>(())
        });
        for (index, result) in results.iter().enumerate() {
            let link = arena.get(result.load())?.expect("the child has stored it");
            assert_eq!((link.value.get(), link.check.get()), (index as u64, !(index as u64)));
        }
        Ok(())
    }

    fn a_child_builds_any_value_in_place() -> Result<()> {
        /// Nothing that is valid for any bytes, with a pointer that is right in both processes.
        struct Report<'arena> {
            finished: bool,
            text: &'arena str,
        }

        let arena = SharedArena::create(SharedMap::new(4096)?)?;
        child::check(|| {
            let (text, letters) = arena.alloc_uninit::<[u8; 5]>()?;
            let (offset, report) = arena.alloc_uninit::<Report<'_>>()?;
            // SAFETY: room for both, which nobody else knows of.
            unsafe {
                letters.write(*b"built");
                let text = arena.get_frozen(text)?.expect("it is there");
                report.write(Report { finished: true, text: str::from_utf8(text).expect("ASCII") });
            }
            arena.root().store(offset.cast::<AtomicU8>());
            Ok::<_, Error>(())
        });
        let offset = arena.root::<AtomicU8>().load().cast::<Report<'_>>();
        // SAFETY: the child has ended, and its map was at the same address.
        let report = unsafe { arena.get_frozen(offset) }?.expect("the child has stored it");
        assert_eq!((report.finished, report.text), (true, "built"));

        // SAFETY: nothing is there, so that nothing is lent.
        unsafe {
            assert!(arena.get_frozen(Offset::<u64>::NONE)?.is_none());
            assert!(arena.get_frozen(Offset::<u64>::from_raw(4096)).is_err());
            assert!(arena.get_frozen(Offset::<u64>::from_raw(u64::MAX)).is_err());
            assert!(arena.get_frozen(Offset::<u64>::from_raw(257)).is_err());
        }
        Ok(())
    }

    #[timeout(300)]
    fn several_processes_allocate_at_once() -> Result<()> {
        const PROCESSES: usize = 3;
        const BLOCKS: usize = 30_000;
        let arena = SharedArena::create(SharedMap::new(PROCESSES * BLOCKS * 128)?)?;
        let table = SharedMap::new(PROCESSES * BLOCKS * size_of::<OffsetSlice<AtomicU8>>())?;
        let blocks: &[PlainCell<OffsetSlice<AtomicU8>>] = table.values(0, PROCESSES * BLOCKS)?;
        let started = arena.alloc_zeroed::<AtomicU32>()?;
        let before = arena.used();
        let fill = |process: usize| {
            let mut random = Random(process as u64 + 1);
            started.fetch_add(1, Relaxed);
            while started.load(Relaxed) < PROCESSES as u32 {
                core::hint::spin_loop();
            }
            for block in &blocks[process * BLOCKS..][..BLOCKS] {
                let bytes = if random.below(8) == 0 {
                    let line = arena.offset_of(arena.alloc_zeroed::<Line>()?)?;
                    OffsetSlice::new(line.cast(), size_of::<Line>() as u64)
                } else {
                    let bytes = arena.alloc_slice_zeroed::<AtomicU8>(1 + random.below(20))?;
                    arena.offset_of_slice(bytes)?
                };
                block.set(bytes);
                for byte in arena.get_slice(bytes)? {
                    byte.store(process as u8 + 1, Relaxed);
                }
            }
            Ok::<_, Error>(())
        };
        let children: [Result<Child>; PROCESSES] =
            // SAFETY: the children use nothing but the maps.
            core::array::from_fn(|process| unsafe { process::spawn(|| fill(process)) });
        for child in children {
            assert!(child?.wait()?.success());
        }
        let mut bytes = 0;
        for (index, block) in blocks.iter().enumerate() {
            let block = arena.get_slice(block.get())?;
            assert!(!block.is_empty());
            for byte in block {
                // No other process has stored into it.
                assert_eq!(byte.load(Relaxed) as usize, index / BLOCKS + 1);
            }
            bytes += block.len();
        }
        // What was lost is what lies between blocks: less than a line before each.
        let used = arena.used() - before;
        assert!(used >= bytes && used < bytes + 64 * blocks.len(), "{used} for {bytes}");
        Ok(())
    }

    #[timeout(300)]
    fn a_killed_process_loses_at_most_the_block_it_was_at() -> Result<()> {
        let kills = rounds(1000);
        let arena = SharedArena::create(SharedMap::new(1 << 18)?)?;
        let mut random = Random(3);
        let (mut lost, mut most) = (0, 0);
        for _ in 0..kills {
            arena.reset();
            // SAFETY: the child uses nothing but the arena.
            let child = unsafe {
                process::spawn(|| {
                    // It begins before its parent lets go; it may come to the end of the arena, and waits there.
                    for value in 1.. {
                        if push(&arena, 2 * value).is_err() {
                            break;
                        }
                    }
                    sleep(Duration::MAX);
                })
            }?;
            // Until the child is at work, and then for a while.
            while arena.root::<Link>().load().is_none() {
                core::hint::spin_loop();
            }
            let own = 1 + random.below(300) as u64;
            let mut pushed = 0;
            for index in 0..own {
                pushed += usize::from(push(&arena, 2 * index + 1).is_ok());
            }
            child.kill(Signal::KILL)?;
            child.wait()?;

            let (mut odd, mut last_even, mut last_odd) = (0, u64::MAX, u64::MAX);
            let linked = walk(&arena, |_, value| {
                // Each process's values come in their order, the last first, and none is missing.
                let last = if value % 2 == 0 { &mut last_even } else { &mut last_odd };
                assert!(*last == u64::MAX || value + 2 == *last, "{value} before {last}");
                *last = value;
                odd += (value % 2) as usize;
            })?;
            assert_eq!((odd, last_even), (pushed, 2));
            let blocks = (arena.used() - HEADER) / size_of::<Link>();
            assert!(blocks == linked || blocks == linked + 1, "{linked} of {blocks} blocks are linked");
            lost += blocks - linked;
            most = most.max(linked);
            // It goes on.
            if arena.capacity() - arena.used() >= size_of::<Link>() {
                push(&arena, 1)?;
            }
        }
        baremap::eprintln!("{kills} kills, {lost} of them lost a block; up to {most} blocks");
        Ok(())
    }

    fn zeroed_slices_are_zero_where_others_were() -> Result<()> {
        let arena = SharedArena::create(SharedMap::new(4096)?)?;
        arena.alloc_slice_copy(&[7_u8; 2000])?;
        arena.reset();
        let words: &[AtomicU64] = arena.alloc_slice_zeroed(100)?;
        assert!(words.iter().all(|word| word.load(Relaxed) == 0));
        let bytes: &[AtomicU8] = arena.alloc_slice_zeroed(101)?;
        assert!(bytes.iter().all(|byte| byte.load(Relaxed) == 0));
        let halves: &[AtomicU16] = arena.alloc_slice_zeroed(101)?;
        assert!(halves.iter().all(|half| half.load(Relaxed) == 0));
        Ok(())
    }

    fn an_arena_of_another_length_that_nobody_finished_is_refused() -> Result<()> {
        let map = SharedMap::new(4096)?;
        map.store(SIZE, 8192_u64)?;
        let error = SharedArena::create(&*map).map(drop).unwrap_err();
        assert_eq!(error.reason(), Reason::WrongLength { len: 4096, expected: 8192 });
        assert_eq!(map.load::<u64>(LABEL)?, 0);
        Ok(())
    }
}

/// Puts a link before the others.
fn push<M: baremap::share::SharedMemory>(arena: &SharedArena<M>, value: u64) -> Result<()> {
    let link = arena.alloc(Link {
        next: AtomicOffset::default(),
        value: PlainCell::new(value),
        check: PlainCell::new(!value),
    })?;
    let (root, offset) = (arena.root(), arena.offset_of(link)?);
    let mut first = root.load();
    loop {
        link.next.store(first);
        match root.compare_exchange(first, offset) {
            Ok(_) => return Ok(()),
            Err(other) => first = other,
        }
    }
}

/// Calls with the number and the value of each link, and says how many there are.
fn walk<M: baremap::share::SharedMemory>(
    arena: &SharedArena<M>,
    mut visit: impl FnMut(usize, u64),
) -> Result<usize> {
    let (mut count, mut next) = (0, arena.root::<Link>().load());
    while let Some(link) = arena.get(next)? {
        assert_eq!(link.check.get(), !link.value.get(), "link {count} is half done");
        visit(count, link.value.get());
        (count, next) = (count + 1, link.next.load());
    }
    Ok(count)
}

/// Opens an arena of which one word of the header is hostile, and looks at all it gives.
fn look(map: &FileMap<baremap::map::ReadWrite>, value: u64, label: u64, word: usize) -> Result<()> {
    let right = match word {
        LABEL => value == label,
        SIZE => value == map.len() as u64,
        _ => true,
    };
    let arena = match SharedArena::open(&**map) {
        Ok(arena) => arena,
        Err(error) => {
            assert!(!right && error.errno() == Errno::EINVAL, "word {word} is {value:#x}: {error}");
            return Ok(());
        }
    };
    assert!(right, "word {word} is {value:#x}");
    assert!(arena.used() >= HEADER && arena.used() <= arena.capacity());
    match arena.get(arena.root::<Link>().load()) {
        Ok(Some(link)) => {
            let offset = (&raw const *link).addr() - map.as_ptr().addr();
            assert_eq!(offset as u64, value);
            let _ = (link.value.get(), link.next.load());
        }
        Ok(None) => assert!(word != ROOT || value == 0),
        Err(error) => assert!(word == ROOT && error.errno() == Errno::EINVAL),
    }
    match arena.alloc(AtomicU64::new(7)) {
        Ok(block) => {
            let offset = arena.offset_of(block)?.raw();
            assert!(offset >= HEADER as u64 && (word != NEXT || offset >= value), "a block at {offset}");
        }
        Err(error) => {
            assert!(word == NEXT && value > 1016, "word {word} is {value:#x}: {error}");
            assert_eq!(error.errno(), Errno::ENOMEM);
        }
    }
    Ok(())
}
