//! A map that grows where it is.

use super::pages::{self, Ask, Held, fails_with};
use super::space::{Space, with_room};
use super::{Amount, PAGES, Room, Span, Step, amount, fits, out_of_bounds, pattern, room, round_up, span};
use baremap::map::GrowMap;
use baremap::sys::ProtFlags;
use baremap::{Errno, page};
use proptest::prelude::*;
use std::ops::Range;

#[derive(Clone, Debug)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum Op {
    GrowTo(Amount, Room),
    ShrinkTo(Amount),
    Write(Span, u8),
    Ask(Ask),
}

pub(crate) fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (amount(), room()).prop_map(|(len, room)| Op::GrowTo(len, room)),
        3 => amount().prop_map(Op::ShrinkTo),
        3 => (span(), any::<u8>()).prop_map(|(span, byte)| Op::Write(span, byte)),
        2 => pages::ask().prop_map(Op::Ask),
    ]
}

pub(crate) struct Model {
    map: GrowMap,
    start: *const u8,
    bytes: Vec<u8>,
    held: Held,
}

impl Model {
    pub(crate) fn new() -> Self {
        let map = GrowMap::new(PAGES * page::size() - 7).unwrap();
        Model { start: map.as_ptr(), map, bytes: Vec::new(), held: Held::default() }
    }

    pub(crate) fn apply(&mut self, op: &Op) -> Step {
        match op {
            Op::GrowTo(len, room) => {
                let (len, capacity) = (len.resolve(self.bytes.len()), self.map.capacity());
                match with_room(*room, || self.map.grow_to(len)) {
                    Err(error) if len > capacity => out_of_bounds(error, 0, len, capacity)?,
                    Err(error) => {
                        prop_assert!(room.is_limited() && error.errno() == Errno::ENOMEM, "{error:?}")
                    }
                    Ok(()) => {
                        prop_assert!(len <= capacity);
                        self.bytes.resize(len.max(self.bytes.len()), 0);
                    }
                }
            }
            Op::ShrinkTo(len) => {
                let len = len.resolve(self.bytes.len());
                fails_with(self.map.shrink_to(len), &[])?;
                self.bytes.truncate(len);
            }
            Op::Write(span, byte) => {
                let (at, len) = span.resolve(self.bytes.len());
                let range = at..at.saturating_add(len);
                prop_assert_eq!(self.map.get(range.clone()).is_some(), fits(at, len, self.bytes.len()));
                if let Some(bytes) = self.map.get_mut(range.clone()) {
                    bytes.copy_from_slice(&pattern(*byte, len));
                    self.bytes[range].copy_from_slice(&pattern(*byte, len));
                }
            }
            Op::Ask(ask) => pages::apply(ask, self.map.pages(), 0, self.bytes.len(), &mut self.held)?,
        }
        Ok(())
    }

    pub(crate) fn verify(&self, space: &Space, seen: &mut Vec<Range<usize>>) -> Step {
        prop_assert!(*self.map == *self.bytes, "other bytes");
        prop_assert_eq!(self.map.as_ptr(), self.start);
        let start = self.start.addr();
        let (guard, end) = (start - page::size(), start + round_up(self.map.capacity()) + page::size());
        let middle = start + round_up(self.bytes.len());
        space.is_private(&(guard..start), ProtFlags::empty())?;
        space.is_private(&(start..middle), ProtFlags::READ | ProtFlags::WRITE)?;
        space.is_private(&(middle..end), ProtFlags::empty())?;
        seen.push(guard..end);
        Ok(())
    }
}
