//! What an arena says where there is no room, and no error to return.

use baremap::alloc::{Arena, Buffer};

/// What a function panics with, over a buffer of 1024 bytes.
fn panic_of(run: impl FnOnce(&Arena<&Buffer<1024>>)) -> String {
    let buffer = Buffer::new();
    let arena = Arena::over(&buffer);
    let run = std::panic::AssertUnwindSafe(|| run(&arena));
    let panic = std::panic::catch_unwind(run).expect_err("there is no room");
    *panic.downcast().expect("a formatted message")
}

fn no_room_for(what: &str) -> String {
    format!("no room for {what} in the arena: its source is at its limit, or the system out of memory")
}

#[test]
fn a_block_is_named_by_its_length() {
    assert_eq!(panic_of(|arena| _ = arena.alloc([0_u8; 1000])), no_room_for("1000 bytes"));
    assert_eq!(panic_of(|arena| _ = arena.alloc_slice_copy(&[0_u64; 200])), no_room_for("1600 bytes"));
}

#[test]
fn values_that_nobody_has_counted_are_not_counted() {
    let expected = no_room_for("all values of the iterator");
    assert_eq!(panic_of(|arena| _ = arena.alloc_slice_fill_iter(0_u64..)), expected);
    assert_eq!(panic_of(|arena| _ = arena.alloc_slice_try_fill_iter((0_u64..).map(Ok::<_, ()>))), expected);
}

#[test]
fn a_slice_longer_than_any_is_named_by_its_values() {
    let len = usize::MAX / 8;
    assert_eq!(
        panic_of(|arena| _ = arena.alloc_slice_fill_copy(len, 7_u64)),
        format!("a slice of {len} values is longer than any may be: ask for isize::MAX bytes at most")
    );
}
