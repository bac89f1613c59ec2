//! What values print of themselves, and errors in a word: programs show them to their users, and tests to whoever mends them.

use baremap::alloc::Arena;
use baremap::alloc::arena::{AllocError, AllocOrInitError};
use baremap::map::{GuardedMap, regions};
use baremap::share::{AtomicOffset, Offset, OffsetSlice, PlainCell};
use baremap::{AnonMap, File, FileMap, Reason, SharedMap};
use std::error::Error;
use std::fmt::Write;

#[test]
fn an_arena_without_room_says_what_to_do() {
    let text = "no room for the block: reset the arena, raise the limit of its source, or ask for less";
    assert_eq!(AllocError.to_string(), text);
    let error = AllocOrInitError::<std::fmt::Error>::from(AllocError);
    assert_eq!((error.to_string(), error.source().unwrap().to_string()), (text.into(), text.into()));
    let error = AllocOrInitError::Init(std::fmt::Error);
    assert!(error.to_string().starts_with("the value could not be made: an error occurred"), "{error}");
    assert!(error.source().unwrap().is::<std::fmt::Error>());
}

#[test]
fn a_change_that_failed_says_what_its_error_says() {
    let file = File::unnamed().unwrap();
    file.set_len(1).unwrap();
    let failed = FileMap::read(&file).unwrap().make_copy_on_write().unwrap_err();
    assert_eq!(failed.error().reason(), Reason::SharedMap);
    assert_eq!(failed.to_string(), failed.error().to_string());
    assert!(failed.to_string().contains("make_mut makes it writable"), "{failed}");
    assert_eq!(format!("{failed:?}"), format!("ChangeError({failed})"));
    assert_eq!(failed.into_map().load::<u8>(0), Ok(0));
    let failed = FileMap::copy(&file).unwrap().make_mut().unwrap_err();
    assert!(failed.to_string().contains("make_copy_on_write makes it writable"), "{failed}");
}

#[test]
fn no_buffer_takes_no_chunks() {
    let map = SharedMap::new(1).unwrap();
    let error = map.chunks(&mut []).next().unwrap_err();
    assert_eq!((error.reason(), error.errno()), (Reason::NoBuffer, baremap::Errno::EINVAL));
    assert!(error.to_string().contains("a buffer of no bytes cannot take any"), "{error}");
    assert_eq!(map.for_each_chunk(0, |_| ()).unwrap_err().reason(), Reason::NoBuffer);
}

#[test]
fn maps_that_do_not_touch_are_not_joined() {
    let (mut one, other) = (AnonMap::new(1).unwrap(), GuardedMap::new(1).unwrap());
    assert!(format!("{other:?}").starts_with("GuardedMap(1 bytes at 0x"), "{other:?}");
    // Their lengths are no whole pages.
    let failed = one.join(AnonMap::new(1).unwrap()).unwrap_err();
    assert!(failed.to_string().starts_with("join: "), "{failed}");
}

#[test]
fn offsets_and_cells_print_what_they_hold() {
    let (none, some) = (Offset::<u32>::default(), Offset::<u32>::from_raw(0x10));
    assert_eq!(format!("{none:?} {some:?}"), "Offset(none) Offset(0x10)");
    assert_eq!(format!("{:?}", AtomicOffset::new(some)), "AtomicOffset(0x10)");
    let slice = OffsetSlice::new(some, 3);
    assert_eq!(format!("{slice:?}"), "OffsetSlice(3 from Offset(0x10))");
    assert_eq!(OffsetSlice::<u32>::default(), OffsetSlice::EMPTY);
    assert_eq!(format!("{:?}", PlainCell::new(7)), "PlainCell(7)");
}

#[test]
fn boxes_of_arenas_print_what_is_in_them() {
    let arena = Arena::new();
    let mut boxed = arena.alloc_box(7);
    *boxed.as_mut() += 1;
    assert_eq!(format!("{boxed:?} {boxed} {}", boxed.as_ref()), "8 8 8");
}

#[test]
fn regions_print_in_a_line() {
    let map = AnonMap::new(1).unwrap();
    let mut found = regions().unwrap();
    assert!(format!("{found:?}").starts_with("Regions { file: "));
    let mut text = String::new();
    while let Some(region) = found.next().unwrap() {
        if region.range().contains(&map.as_ptr().addr()) {
            write!(text, "{region:?}").unwrap();
        }
    }
    assert!(text.starts_with("Region(0x") && text.ends_with(", private, )"), "{text}");
}
