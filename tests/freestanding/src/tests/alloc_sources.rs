//! Every source of pages keeps the same promises.

use crate::harness::tests;
use baremap::alloc::{AnonPages, Arena, BorrowedBuffer, Buffer, Bump, MapPages, PageSource};
use baremap::map::{CopyOnWrite, GrowMap};
use baremap::{AnonMap, Errno, File, FileMap, Reason, Result, SharedMap, page, process};
use core::alloc::{GlobalAlloc, Layout};
use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};
use core::slice;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Bytes that a source in these tests has at least, however large its pages are.
const ROOM: usize = 1 << 20;

fn bytes<'a>(start: NonNull<u8>, len: usize) -> &'a mut [u8] {
    // SAFETY: a range that the test has, and uses through one slice at a time.
    unsafe { slice::from_raw_parts_mut(start.as_ptr(), len) }
}

/// Checks ranges of a source that nobody else uses.
fn check<S: PageSource>(source: &S) {
    for _ in 0..3 {
        let is_zero = |start, len| !S::ZEROED || bytes(start, len).iter().all(|&byte| byte == 0);
        let whole = |len: usize| len.next_multiple_of(source.granule());
        assert!(source.granule().is_power_of_two());

        // Ranges are aligned, apart and as long as they have to be.
        let mut ranges = [(NonNull::dangling(), 0); 5];
        for (index, (range, align)) in ranges.iter_mut().zip([1, 16, page::size(), 1 << 17, 8]).enumerate() {
            let len = 10_000 * index + 1;
            let start = source.allocate(len, align).expect("room");
            assert!(start.addr().get().is_multiple_of(align));
            assert!(is_zero(start, whole(len)));
            bytes(start, whole(len)).fill(index as u8 + 1);
            *range = (start, len);
        }
        for (index, &(start, len)) in ranges.iter().enumerate() {
            assert!(bytes(start, whole(len)).iter().all(|&byte| byte == index as u8 + 1));
        }

        // The last one grows and shrinks, and keeps its bytes.
        let (mut start, mut len) = ranges[4];
        for new in [len + 1, 100_000, 100_001, 200_000, 30_000, 1, 100_000] {
            // SAFETY: it is the range that was allocated, or what became of it.
            if let Some(resized) = unsafe { source.resize(start, len, new, true) } {
                let kept = len.min(new);
                assert!(bytes(resized, kept).iter().all(|&byte| byte == 5));
                assert!(new <= len || is_zero(resized.add_bytes(whole(len)), whole(new) - whole(len)));
                (start, len) = (resized, new);
                bytes(start, whole(len)).fill(5);
            }
        }
        ranges[4] = (start, len);
        // Any other may, and stays where it is if it has to.
        let (start, len) = ranges[3];
        // SAFETY: as above.
        if let Some(resized) = unsafe { source.resize(start, len, 2 * len, false) } {
            assert_eq!(resized, start);
            ranges[3].1 = 2 * len;
        }

        // What is discarded is zero, or as it was.
        let (start, len) = ranges[2];
        let (first, len) = (source.granule(), whole(len));
        // SAFETY: nobody needs the bytes.
        let was_discarded = unsafe { source.discard(start, first) };
        let expected = if was_discarded { 0 } else { 3 };
        assert!(bytes(start, first).iter().all(|&byte| byte == expected));
        assert!(bytes(start.add_bytes(first), len - first).iter().all(|&byte| byte == 3));

        // What cannot be is refused, and changes nothing.
        for len in [usize::MAX, usize::MAX - page::size(), isize::MAX as usize] {
            assert!(source.allocate(len, 1).is_none());
            // SAFETY: as above.
            assert!(unsafe { source.resize(ranges[4].0, ranges[4].1, len, true) }.is_none());
        }
        assert!(source.allocate(1, 1 << 62).is_none());
        assert!(bytes(ranges[4].0, ranges[4].1).iter().all(|&byte| byte == 5));

        for (start, len) in ranges.into_iter().rev() {
            // SAFETY: nobody uses the range any more.
            unsafe { source.release(start, len) };
        }
    }
    // All of it is there again.
    let mut arena = Arena::over(source);
    for _ in 0..3 {
        while arena.allocated_bytes() < ROOM / 2 {
            arena.alloc([7_u8; 1000]);
        }
        arena.reset();
    }
}

/// The same, and the global allocator over the source, which keeps what it has.
fn check_with_bump<S: PageSource>(source: &S) {
    check(source);
    let heap = Bump::over(source);
    for size in [1, 1000, 100_000, 200_000] {
        let layout = Layout::from_size_align(size, 8).expect("a layout");
        // SAFETY: a block of that layout, freed once.
        unsafe {
            let block = heap.alloc_zeroed(layout);
            assert!(!block.is_null() && slice::from_raw_parts(block, size).iter().all(|&byte| byte == 0));
            block.write_bytes(7, size);
            heap.dealloc(block, layout);
        }
    }
}

trait AddBytes {
    fn add_bytes(self, count: usize) -> Self;
}

impl AddBytes for NonNull<u8> {
    fn add_bytes(self, count: usize) -> Self {
        // SAFETY: within the range, or its end.
        unsafe { self.add(count) }
    }
}

tests! {
    fn anonymous_pages() {
        let source = AnonPages::new();
        check(&source);
        check(&&AnonPages::new().limit(8 * ROOM));
        check(&AnonPages::new().no_huge());
        check(&AnonPages::new().lazy());
    }

    fn a_buffer() {
        static BUFFER: Buffer<{ 8 * ROOM }> = Buffer::new();
        check_with_bump(&&BUFFER);
    }

    fn a_borrowed_buffer() -> Result<()> {
        let mut map = AnonMap::new(8 * ROOM)?;
        map.fill(9);
        // SAFETY: bytes are as good with a value as without one, and nobody reads them here.
        let memory = unsafe { &mut *(ptr::from_mut::<[u8]>(&mut map) as *mut [MaybeUninit<u8>]) };
        check_with_bump(&BorrowedBuffer::new(memory));
        Ok(())
    }

    fn an_anonymous_map() -> Result<()> {
        let mut map = AnonMap::new(8 * ROOM + 5)?;
        map.fill(9);
        check_with_bump(&MapPages::new(map)?);
        Ok(())
    }

    fn a_reservation() -> Result<()> {
        check_with_bump(&MapPages::new(GrowMap::new(1 << 30)?)?);
        let mut map = GrowMap::new(8 * ROOM)?;
        map.grow_to(ROOM)?;
        map.fill(9);
        check_with_bump(&MapPages::new(map)?);
        Ok(())
    }

    #[skip(qemu_user, "QEMU does not apply MADV_REMOVE and says that it did")]
    fn a_shared_map() -> Result<()> {
        // SAFETY: nobody else uses it.
        check_with_bump(&unsafe { MapPages::over(SharedMap::new(8 * ROOM)?) });
        let map = SharedMap::new(8 * ROOM)?;
        // SAFETY: as above.
        check_with_bump(&unsafe { MapPages::over(&map) });
        Ok(())
    }

    fn a_map_of_a_file() -> Result<()> {
        let file = File::unnamed()?;
        file.set_len(8 * ROOM as u64)?;
        let map = FileMap::write(&file)?;
        // SAFETY: nobody else uses it.
        check_with_bump(&unsafe { MapPages::over(&map) });
        drop(map);
        // SAFETY: as above.
        check_with_bump(&unsafe { MapPages::over(FileMap::<CopyOnWrite>::copy(&file)?) });
        Ok(())
    }

    fn a_part_of_a_file_gives_its_whole_pages() -> Result<()> {
        let file = File::unnamed()?;
        file.set_len(4 * page::size() as u64)?;
        let map = baremap::MapOptions::new().offset(1).len(3 * page::size()).map_mut(&file)?;
        // SAFETY: nobody else uses it.
        let source = unsafe { MapPages::over(&map) };
        let start = source.allocate(2 * page::size(), 1).expect("two whole pages");
        assert!(start.addr().get().is_multiple_of(page::size()));
        assert!(source.allocate(1, 1).is_none());
        Ok(())
    }

    fn a_child_sees_what_is_in_a_shared_map() -> Result<()> {
        // SAFETY: the child uses nothing but the atomic.
        let arena = Arena::over(unsafe { MapPages::over(SharedMap::new(ROOM)?) });
        let number = &*arena.alloc(AtomicU32::new(1));
        // SAFETY: as above.
        let child = unsafe { process::spawn(|| number.store(2, Relaxed)) }?;
        assert!(child.wait()?.success());
        assert_eq!(number.load(Relaxed), 2);
        Ok(())
    }

    fn a_file_keeps_what_was_allocated_in_it() -> Result<()> {
        let file = File::unnamed()?;
        file.set_len(ROOM as u64)?;
        let map = FileMap::write(&file)?;
        // SAFETY: nobody writes to it while the arena does.
        let arena = Arena::over(unsafe { MapPages::over(&map) });
        let text = arena.alloc_str("in the file");
        let offset = text.as_ptr().addr() - map.as_ptr().addr();
        drop(arena);
        let mut bytes = [0; 11];
        file.read_exact_at(&mut bytes, offset as u64)?;
        assert_eq!(&bytes, b"in the file");
        Ok(())
    }

    fn a_full_map_gives_nothing_more_and_takes_back() -> Result<()> {
        let page = page::size();
        let source = MapPages::new(GrowMap::new(4 * page)?)?;
        let first = source.allocate(3 * page, 1).expect("room");
        assert!(source.allocate(2 * page, 1).is_none());
        let second = source.allocate(page, 1).expect("room");
        // SAFETY: the ranges from above, which nobody uses.
        unsafe {
            assert!(source.resize(second, page, page + 1, true).is_none());
            source.release(second, page);
            assert!(source.resize(first, 3 * page, 4 * page, false) == Some(first));
            source.release(first, 4 * page);
        }
        assert_eq!(source.used(), 0);
        Ok(())
    }

    #[skip(qemu_user, "QEMU does not apply RLIMIT_DATA")]
    fn a_reservation_that_cannot_be_committed_says_so_and_goes_on() {
        use crate::support::{child, limits};
        use linux_raw_sys::general::RLIMIT_DATA;
        child::check(|| {
            let source = MapPages::new(GrowMap::new(1 << 30)?)?;
            let first = source.allocate(page::size(), 1).expect("room");
            limits::set_soft(RLIMIT_DATA, 64 << 20).expect("a limit");
            assert!(source.allocate(1 << 29, 1).is_none());
            // SAFETY: the range from above.
            assert!(unsafe { source.resize(first, page::size(), 1 << 29, true) }.is_none());
            assert_eq!(source.used(), page::size());
            let second = source.allocate(ROOM, 1).expect("room");
            bytes(second, ROOM).fill(7);
            Result::Ok(())
        });
    }

    fn a_reservation_longer_than_there_are_addresses_is_an_error() {
        let error = Arena::reserved(usize::MAX).unwrap_err();
        assert_eq!((error.errno(), error.reason()), (Errno::ENOMEM, Reason::TooLong { len: u64::MAX }));
    }

    fn a_buffer_gives_what_it_has_and_no_byte_more() {
        static BUFFER: Buffer<1000> = Buffer::new();
        let source = &BUFFER;
        assert!(source.allocate(1001, 1).is_none());
        let first = source.allocate(500, 1).expect("room");
        let last = source.allocate(400, 1).expect("room");
        // SAFETY: the ranges from above, which nobody uses.
        unsafe {
            // What is not the last range neither gets longer nor comes back.
            assert!(source.resize(first, 500, 501, true).is_none());
            source.release(first, 500);
            let behind = source.allocate(100, 1).expect("room");
            assert_eq!(behind.addr().get(), last.addr().get() + 400);
            assert!(source.allocate(1, 1).is_none());
            assert!(source.resize(behind, 100, 101, true).is_none());
        }
    }

    // Locked memory cannot be thrown away.
    fn locked_pages_of_a_reservation_are_zero_again() -> Result<()> {
        let (page, source) = (page::size(), MapPages::new(GrowMap::new(ROOM)?)?);
        for _ in 0..2 {
            let range = source.allocate(page, 1).expect("room");
            assert!(bytes(range, page).iter().all(|&byte| byte == 0));
            bytes(range, page).fill(7);
            baremap::sys::mlock(range.as_ptr(), page).expect("a page may be locked");
            // SAFETY: the range from above, which nobody uses.
            unsafe { source.release(range, page) };
        }
        Ok(())
    }
}
