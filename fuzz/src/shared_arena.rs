//! An arena in shared memory into which somebody hostile stores anything at any moment: views stay within it and aligned,
//! blocks behind its header, and nothing panics.

use arbitrary::{Arbitrary, Result, Unstructured};
use baremap::alloc::SharedArena;
use baremap::map::ReadWrite;
use baremap::share::{AtomicOffset, Offset, OffsetSlice, PlainCell};
use baremap::{Errno, Error, SharedBytes, SharedMap, shared};
use std::sync::atomic::{AtomicU8, AtomicU32};

use crate::number::Number;

/// Bytes of the header.
const HEADER: usize = 256;

shared! {
    struct Link {
        next: AtomicOffset<Link>,
        value: PlainCell<u64>,
        letters: [PlainCell<u8>; 16],
    }
}

/// Where the arena lies in its map, and what happens.
#[derive(Arbitrary, Debug)]
pub struct Plan {
    start: u8,
    size: u16,
    steps: Vec<Step>,
}

#[derive(Arbitrary, Debug)]
enum Step {
    /// Somebody else's store.
    Store {
        place: Place,
        value: Number,
    },
    StoreByte {
        offset: Number,
        value: u8,
    },
    Start(Start),
    AllocLink {
        value: u64,
    },
    AllocBytes(Vec<u8>),
    AllocZeroed {
        count: Number,
        size: Size,
    },
    AllocUninit(Size),
    Get {
        offset: Number,
        size: Size,
    },
    GetSlice {
        offset: Number,
        count: Number,
        size: Size,
    },
    Follow,
    Reset,
}

#[derive(Arbitrary, Debug)]
enum Start {
    Create,
    Open,
    OpenOrCreate,
}

/// Bytes and alignment of a value.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Size {
    One,
    Four,
    Link,
}

/// A word of the header that says something, as it is laid out today, or any.
#[derive(Debug)]
struct Place(u64);

impl<'a> Arbitrary<'a> for Place {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let words = [0, 8, 16, 128];
        Ok(Place(match u.arbitrary::<u8>()? {
            word @ 0..200 => words[usize::from(word) % words.len()],
            _ => u.arbitrary::<Number>()?.0,
        }))
    }
}

/// Does what the steps say.
pub fn run(plan: Plan) {
    let (start, size) = (usize::from(plan.start), usize::from(plan.size) % 5000);
    let map = SharedMap::new(start + size + 1).unwrap();
    let bytes = map.range(start, size).unwrap();
    let mut arena = None;
    for step in plan.steps {
        if let Step::Start(how) = step {
            match begin(&how, bytes) {
                Ok(made) => arena = Some(made),
                Err(error) => assert!(matches!(error.errno(), Errno::EINVAL | Errno::EEXIST), "{error}"),
            }
        } else if let Step::Store { place, value } = step {
            let _ = bytes.store(place.0 as usize, value.0);
        } else if let Step::StoreByte { offset, value } = step {
            let _ = bytes.store(offset.size(), value);
        } else if let Some(arena) = &arena {
            apply(&step, arena);
        }
        if let Some(arena) = &arena {
            assert!((HEADER..=size).contains(&arena.used()), "{} of {size} used", arena.used());
        }
    }
    // Nothing has reached beyond it.
    let mut around = vec![1; start];
    map.read_at(0, &mut around).unwrap();
    assert!(around.iter().all(|&byte| byte == 0) && map.load::<u8>(start + size).unwrap() == 0);
}

type Arena<'map> = SharedArena<&'map SharedBytes<ReadWrite>>;

fn begin<'map>(how: &Start, bytes: &'map SharedBytes<ReadWrite>) -> baremap::Result<Arena<'map>> {
    match how {
        Start::Create => SharedArena::create(bytes),
        Start::Open => SharedArena::open(bytes),
        Start::OpenOrCreate => SharedArena::open_or_create(bytes),
    }
}

fn apply(step: &Step, arena: &Arena<'_>) {
    match step {
        Step::AllocLink { value } => {
            let next = AtomicOffset::new(arena.root().load());
            let letters = [const { PlainCell::new(b'x') }; 16];
            match arena.alloc(Link { next, value: PlainCell::new(*value), letters }) {
                Ok(link) => {
                    check(arena, link, HEADER);
                    assert_eq!((link.value.get(), link.letters[15].get()), (*value, b'x'));
                    let offset = arena.offset_of(link).unwrap();
                    assert!(std::ptr::eq(arena.get(offset).unwrap().unwrap(), link));
                    arena.root().store(offset);
                }
                Err(error) => no_room(error),
            }
        }
        Step::AllocBytes(text) => match arena.alloc_slice_copy(text) {
            Ok(copy) => {
                let found = arena.get_bytes(copy).unwrap();
                let mut buffer = vec![0; found.len()];
                found.read_at(0, &mut buffer).unwrap();
                assert_eq!(buffer, *text);
            }
            Err(error) => no_room(error),
        },
        Step::AllocZeroed { count, size } => {
            fn zeroed<T: baremap::share::Shared>(arena: &Arena<'_>, count: usize) {
                match arena.alloc_slice_zeroed::<T>(count) {
                    Ok(values) => {
                        assert_eq!(values.len(), count);
                        check(arena, values, if count == 0 { 0 } else { HEADER });
                        let found = arena.offset_of_slice(values).unwrap();
                        let mut buffer = vec![1; size_of_val(values)];
                        let start = found.start().raw() as usize;
                        arena.map().read_at(start, &mut buffer).unwrap();
                        assert!(buffer.iter().all(|&byte| byte == 0));
                    }
                    Err(error) => no_room(error),
                }
            }
            let count = count.size();
            match size {
                Size::One => zeroed::<AtomicU8>(arena, count),
                Size::Four => zeroed::<AtomicU32>(arena, count),
                Size::Link => zeroed::<Link>(arena, count),
            }
        }
        Step::AllocUninit(size) => {
            #[repr(align(64))]
            struct Line {
                _bytes: [u8; 65],
            }
            #[repr(align(4096))]
            struct Page {
                _byte: u8,
            }
            fn uninit<T>(arena: &Arena<'_>) {
                match arena.alloc_uninit::<T>() {
                    Ok((offset, place)) => {
                        let start = arena.map().as_ptr().addr();
                        assert_eq!(place.addr().get() - start, offset.raw() as usize);
                        assert!(place.is_aligned() && offset.raw() as usize >= HEADER);
                        assert!(offset.raw() as usize + size_of::<T>() <= arena.capacity());
                    }
                    Err(error) => no_room(error),
                }
            }
            match size {
                Size::One => uninit::<[u8; 3]>(arena),
                Size::Four => uninit::<Line>(arena),
                Size::Link => uninit::<Page>(arena),
            }
        }
        Step::Get { offset, size } => {
            fn get<T: baremap::share::Shared>(arena: &Arena<'_>, offset: u64) {
                if let Ok(Some(value)) = arena.get(Offset::<T>::from_raw(offset)) {
                    check(arena, value, 1);
                    assert_eq!(arena.offset_of(value).unwrap().raw(), offset);
                }
            }
            match size {
                Size::One => get::<AtomicU8>(arena, offset.0),
                Size::Four => get::<AtomicU32>(arena, offset.0),
                Size::Link => get::<Link>(arena, offset.0),
            }
        }
        Step::GetSlice { offset, count, size } => {
            fn get<T: baremap::share::Shared>(arena: &Arena<'_>, offset: u64, count: u64) {
                match arena.get_slice(OffsetSlice::<T>::new(Offset::from_raw(offset), count)) {
                    Ok(values) => {
                        assert_eq!(values.len() as u64, count);
                        check(arena, values, usize::from(count != 0));
                    }
                    Err(error) => assert_eq!(error.errno(), Errno::EINVAL),
                }
            }
            let bytes = OffsetSlice::<u16>::new(Offset::from_raw(offset.0), count.0);
            if let Ok(bytes) = arena.get_bytes(bytes) {
                assert_eq!(bytes.len() as u128, 2 * u128::from(count.0));
                let mut last = [0];
                assert!(bytes.is_empty() || bytes.read_at(bytes.len() - 1, &mut last).is_ok());
            }
            match size {
                Size::One => get::<AtomicU8>(arena, offset.0, count.0),
                Size::Four => get::<AtomicU32>(arena, offset.0, count.0),
                Size::Link => get::<Link>(arena, offset.0, count.0),
            }
        }
        Step::Follow => {
            let mut next = arena.root::<Link>().load();
            // It may lead in a circle.
            for _ in 0..10 {
                let Ok(Some(link)) = arena.get(next) else { break };
                check(arena, link, 1);
                let _ = link.value.get();
                next = link.next.load();
            }
        }
        Step::Reset => arena.reset(),
        Step::Start(_) | Step::Store { .. } | Step::StoreByte { .. } => {}
    }
}

/// Asserts that a view is within the arena, from an offset on, and aligned.
fn check<T: ?Sized>(arena: &Arena<'_>, view: &T, from: usize) {
    let (start, view_start) = (arena.map().as_ptr().addr(), (&raw const *view).addr());
    assert!(view_start.is_multiple_of(align_of_val(view)));
    if size_of_val(view) > 0 {
        assert!(view_start >= start + from && view_start + size_of_val(view) <= start + arena.capacity());
    }
}

fn no_room(error: Error) {
    assert_eq!(error.errno(), Errno::ENOMEM, "{error}");
}
