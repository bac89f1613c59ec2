//! What makes no system call and runs no assembly, so that Miri can see whether the memory model allows it:
//! `MIRIFLAGS=-Zmiri-permissive-provenance cargo +nightly miri test -p baremap-host-tests --test without_kernel`.

#[path = "../../../src/channel/habit.rs"]
mod habit;

use baremap::alloc::{Buffer, Bump};
use baremap::map::Region;
use baremap::share::{AtomicOffset, Offset, OffsetSlice, PlainCell};
use baremap::sys::ProtFlags;
use habit::Habit;
use std::alloc::{GlobalAlloc, Layout};
use std::slice;
use std::thread;

// proc_pid_maps(5)
#[test]
fn lines_of_maps_are_read() {
    let text = b"00400000-00452000 r-xp 00001000 08:02 173521      /usr/bin/dbus daemon";
    let region = Region::parse(text).unwrap();
    assert_eq!(region.range(), 0x400000..0x452000);
    assert_eq!(region.protection(), ProtFlags::READ | ProtFlags::EXEC);
    assert!(!region.is_shared() && region.is_whole());
    assert_eq!((region.offset(), region.device(), region.inode()), (0x1000, (8, 2), 173521));
    assert_eq!(region.path(), b"/usr/bin/dbus daemon");
    for end in 0..47 {
        assert_eq!(
            Region::parse(&text[..end]).ok().map(|region| region.path().len()),
            (end > 38).then_some(0),
            "{end}"
        );
    }
}

/// How much of it is done in so many waits, in which it comes to nothing.
fn in_vain(habit: &mut Habit, waits: usize) -> Vec<u32> {
    let mut wait = || {
        let much = habit.next();
        habit.learn(false);
        much
    };
    (0..waits).map(|_| wait()).collect()
}

#[test]
fn what_comes_to_nothing_is_tried_less_and_less() {
    let mut habit = Habit::new();
    let most = Habit::MOST;
    assert_eq!(in_vain(&mut habit, 4), [most, most / 2, most / 4, most / 8]);
    // Then once at the end of each pause, which is twice as long as the one before, up to a limit.
    let gaps = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 4096];
    for gap in gaps {
        let waits = in_vain(&mut habit, gap);
        assert_eq!(waits.iter().position(|&much| much > 0), Some(gap - 1));
        assert_eq!(waits[gap - 1], most);
    }
    // Of use once, and it is as new.
    habit.learn(true);
    assert_eq!(in_vain(&mut habit, 3), [most, most / 2, most / 4]);
}

#[test]
fn what_is_worse_than_nothing_is_left_for_long() {
    let mut habit = Habit::new();
    habit.stop();
    let waits = in_vain(&mut habit, 3 << 12);
    let tried: Vec<usize> = (0..waits.len()).filter(|&wait| waits[wait] > 0).collect();
    assert_eq!(tried, [(1 << 12) - 1, (2 << 12) - 1, (3 << 12) - 1]);
}

#[test]
fn cells_are_copied_word_by_word() {
    let text = PlainCell::new(OffsetSlice::new(Offset::<u8>::from_raw(1), 2));
    text.set(OffsetSlice::new(Offset::from_raw(3), 4));
    assert_eq!((text.get().start().raw(), text.get().count()), (3, 4));
    let wide = PlainCell::new(u128::MAX);
    wide.set(7);
    assert_eq!(wide.get(), 7);
    let (byte, float) = (PlainCell::new(1_u8), PlainCell::new(0.5_f32));
    byte.set(byte.get() + 1);
    float.set(float.get() * 2.0);
    assert_eq!((byte.get(), float.get()), (2, 1.0));
}

#[test]
fn cells_of_several_threads_are_no_race() {
    let cell = PlainCell::new(0_u64);
    thread::scope(|threads| {
        for value in [1, u64::MAX] {
            let cell = &cell;
            threads.spawn(move || cell.set(value));
        }
        assert!([0, 1, u64::MAX].contains(&cell.get()));
    });
}

#[test]
fn who_sees_an_offset_sees_what_was_before() {
    let (value, offset) = (PlainCell::new(0_u32), AtomicOffset::<u32>::default());
    thread::scope(|threads| {
        threads.spawn(|| {
            value.set(7);
            offset.store(Offset::from_raw(8));
        });
        assert!(offset.load().is_none() || value.get() == 7);
    });
    assert_eq!(offset.swap(Offset::NONE).raw(), 8);
    assert_eq!(offset.compare_exchange(Offset::from_raw(1), Offset::NONE), Err(Offset::NONE));
}

#[test]
fn blocks_of_several_threads_lie_apart() {
    static BUFFER: Buffer<{ 4 << 20 }> = Buffer::new();
    static HEAP: Bump<&Buffer<{ 4 << 20 }>> = Bump::over(&BUFFER);
    let blocks = if cfg!(miri) { 20 } else { 1000 };
    thread::scope(|threads| {
        for thread in 1..=3_u8 {
            threads.spawn(move || (0..blocks).for_each(|index| use_block(&HEAP, thread, 1 + index % 70)));
        }
    });
    assert_ne!(HEAP.usage().mapped, 0);
}

/// Fills a block, makes it longer, and gives it back or keeps it.
fn use_block(heap: &impl GlobalAlloc, byte: u8, len: usize) {
    let layout = Layout::from_size_align(len, 8).unwrap();
    // SAFETY: the block's own bytes, of its own layouts.
    unsafe {
        let block = heap.alloc(layout);
        assert!(!block.is_null());
        block.write_bytes(byte, len);
        let block = heap.realloc(block, layout, 2 * len);
        assert!(!block.is_null());
        block.add(len).write_bytes(byte, len);
        assert!(slice::from_raw_parts(block, 2 * len).iter().all(|found| *found == byte));
        if len.is_multiple_of(2) {
            heap.dealloc(block, Layout::from_size_align(2 * len, 8).unwrap());
        }
    }
}
