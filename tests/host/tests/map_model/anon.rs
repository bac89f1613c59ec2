//! Maps of private memory: some at once, to be cut and joined.

use super::pages::{self, Ask, Held, fails_with};
use super::space::{Space, with_room};
use super::{Amount, PAGES, Room, Span, Step, amount, fits, out_of_bounds, pattern, room, round_up, span};
use baremap::map::{Access, ChangeError, Changed, Executable, NoAccess, ReadOnly, ReadWrite};
use baremap::sys::ProtFlags;
use baremap::{AnonMap, Errno, Error, Reason, page};
use proptest::prelude::*;
use std::ops::Range;

/// The most maps at once.
const PARTS: usize = 4;

#[derive(Clone, Debug)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) struct Op {
    /// Which map, counted round.
    part: usize,
    action: Action,
}

#[derive(Clone, Debug)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum Action {
    New { len: Amount, reserve: bool },
    Drop,
    Change(To, Room),
    Resize(Amount, Room),
    SplitOff(Amount),
    Join(usize),
    Write(Span, u8),
    Discard(Span),
    Prefault { write: bool, span: Span },
    Ask(Ask),
}

#[derive(Clone, Copy, Debug)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum To {
    ReadOnly,
    Mut,
    Exec,
    None,
    Decommit,
}

pub(crate) fn op() -> impl Strategy<Value = Op> {
    let to = prop_oneof![
        2 => Just(To::ReadOnly), 5 => Just(To::Mut), 1 => Just(To::Exec), 2 => Just(To::None), 1 => Just(To::Decommit),
    ];
    let action = prop_oneof![
        2 => (amount(), any::<bool>()).prop_map(|(len, reserve)| Action::New { len, reserve }),
        1 => Just(Action::Drop),
        10 => (to, room()).prop_map(|(to, room)| Action::Change(to, room)),
        8 => (amount(), room()).prop_map(|(len, room)| Action::Resize(len, room)),
        4 => amount().prop_map(Action::SplitOff),
        5 => (0..PARTS).prop_map(Action::Join),
        8 => (span(), any::<u8>()).prop_map(|(span, byte)| Action::Write(span, byte)),
        2 => span().prop_map(Action::Discard),
        2 => (any::<bool>(), span()).prop_map(|(write, span)| Action::Prefault { write, span }),
        5 => pages::ask().prop_map(Action::Ask),
    ];
    (0..PARTS, action).prop_map(|(part, action)| Op { part, action })
}

enum Any {
    Write(AnonMap<ReadWrite>),
    Read(AnonMap<ReadOnly>),
    Exec(AnonMap<Executable>),
    None(AnonMap<NoAccess>),
}

macro_rules! each {
    ($any:expr, $map:ident => $do:expr) => {
        match $any {
            Any::Write($map) => $do,
            Any::Read($map) => $do,
            Any::Exec($map) => $do,
            Any::None($map) => $do,
        }
    };
}

macro_rules! from {
    ($($name:ident: $protection:ty,)*) => {
        $(impl From<AnonMap<$protection>> for Any {
            fn from(map: AnonMap<$protection>) -> Self {
                Any::$name(map)
            }
        })*
    };
}

from! { Write: ReadWrite, Read: ReadOnly, Exec: Executable, None: NoAccess, }

fn settle<N: Into<Any>, O: Into<Any>>(changed: Changed<N, O>) -> (Any, Option<Error>) {
    match changed {
        Ok(map) => (map.into(), None),
        Err(failed) => {
            let error = failed.error();
            (failed.into_map().into(), Some(error))
        }
    }
}

impl Any {
    fn change(self, to: To) -> (Any, Option<Error>) {
        each!(self, map => match to {
            To::ReadOnly => settle(map.make_read_only()),
            To::Mut => settle(map.make_mut()),
            To::Exec => settle(map.make_exec()),
            To::None => settle(map.make_none()),
            To::Decommit => settle(map.decommit()),
        })
    }

    /// Joins maps of one kind, or gives the second back.
    fn join(&mut self, next: Any) -> Result<(), (Any, Option<Error>)> {
        fn failed<M: Into<Any>>(failed: ChangeError<M>) -> (Any, Option<Error>) {
            let error = failed.error();
            (failed.into_map().into(), Some(error))
        }
        match (self, next) {
            (Any::Write(map), Any::Write(next)) => map.join(next).map_err(failed),
            (Any::Read(map), Any::Read(next)) => map.join(next).map_err(failed),
            (Any::Exec(map), Any::Exec(next)) => map.join(next).map_err(failed),
            (Any::None(map), Any::None(next)) => map.join(next).map_err(failed),
            (_, next) => Err((next, None)),
        }
    }

    fn len(&self) -> usize {
        each!(self, map => map.len())
    }

    fn start(&self) -> usize {
        each!(self, map => map.as_ptr().addr())
    }

    fn protection(&self) -> ProtFlags {
        match self {
            Any::Write(_) => ProtFlags::READ | ProtFlags::WRITE,
            Any::Read(_) => ProtFlags::READ,
            Any::Exec(_) => ProtFlags::READ | ProtFlags::EXEC,
            Any::None(_) => ProtFlags::empty(),
        }
    }

    fn bytes(&self) -> Option<&[u8]> {
        match self {
            Any::Write(map) => Some(map),
            Any::Read(map) => Some(map),
            Any::Exec(map) => Some(map),
            Any::None(_) => None,
        }
    }
}

struct Part {
    map: Any,
    /// What was last seen to be there, where it cannot be read.
    bytes: Vec<u8>,
    held: Held,
}

impl Part {
    fn new(map: impl Into<Any>, len: usize) -> Self {
        Part { map: map.into(), bytes: vec![0; len], held: Held::default() }
    }

    fn end(&self) -> usize {
        self.map.start() + round_up(self.map.len())
    }
}

pub(crate) struct Model {
    parts: Vec<Part>,
}

impl Model {
    pub(crate) fn new() -> Self {
        let len = PAGES * page::size();
        Model { parts: vec![Part::new(AnonMap::new(len).unwrap(), len)] }
    }

    pub(crate) fn apply(&mut self, op: &Op) -> Step {
        if let Action::New { len, reserve } = op.action {
            return self.make(len.resolve(0), reserve);
        }
        if self.parts.is_empty() {
            return Ok(());
        }
        let index = op.part % self.parts.len();
        match op.action {
            Action::Drop => drop(self.parts.swap_remove(index)),
            Action::Change(to, room) => return self.change(index, to, room),
            Action::SplitOff(at) => return self.split_off(index, at.resolve(self.parts[index].bytes.len())),
            Action::Join(other) => return self.join(index, other),
            _ => {}
        }
        let Some(part) = self.parts.get_mut(index) else { return Ok(()) };
        match (&op.action, &mut part.map) {
            (Action::Resize(len, room), Any::Write(_)) => part.resize(len.resolve(part.bytes.len()), *room),
            (Action::Write(span, byte), Any::Write(map)) => {
                let (at, len) = span.resolve(part.bytes.len());
                let range = at..at.saturating_add(len);
                prop_assert_eq!(map.get(range.clone()).is_some(), fits(at, len, part.bytes.len()));
                if let Some(bytes) = map.get_mut(range.clone()) {
                    bytes.copy_from_slice(&pattern(*byte, len));
                    part.bytes[range].copy_from_slice(&pattern(*byte, len));
                }
                Ok(())
            }
            (Action::Discard(span), Any::Write(_)) => part.discard(*span),
            (Action::Prefault { write, span }, map) => {
                fn read<P: Access>(map: &AnonMap<P>, at: usize, len: usize) -> Result<(), Error> {
                    map.pages().range(at, len)?.prefault_read()
                }
                let size = part.bytes.len();
                let (at, len) = span.resolve(size);
                let result = match map {
                    Any::Write(map) if *write => {
                        map.pages().range(at, len).and_then(|pages| pages.prefault_write())
                    }
                    Any::Write(map) => read(map, at, len),
                    Any::Read(map) => read(map, at, len),
                    Any::Exec(map) => read(map, at, len),
                    Any::None(_) => return Ok(()),
                };
                match result {
                    Err(error) => out_of_bounds(error, at, len, size),
                    Ok(()) => {
                        prop_assert!(fits(at, len, size));
                        Ok(())
                    }
                }
            }
            (Action::Ask(ask), map) => {
                each!(map, map => pages::apply(ask, map.pages(), 0, part.bytes.len(), &mut part.held))
            }
            _ => Ok(()),
        }
    }

    fn make(&mut self, len: usize, reserve: bool) -> Step {
        if self.parts.len() == PARTS {
            return Ok(());
        }
        let map =
            if reserve { AnonMap::reserve(len).map(Any::from) } else { AnonMap::new(len).map(Any::from) };
        match map {
            Ok(map) => self.parts.push(Part::new(map, len)),
            Err(error) => prop_assert_eq!(error.reason(), Reason::TooLong { len: len as u64 }),
        }
        Ok(())
    }

    fn change(&mut self, index: usize, to: To, room: Room) -> Step {
        let Part { map, mut bytes, held } = self.parts.swap_remove(index);
        let (start, before) = (map.start(), map.protection());
        let (map, error) = with_room(room, || map.change(to));
        prop_assert_eq!(map.start(), start);
        let (errors, after): (&[Errno], _) = match to {
            To::ReadOnly => (&[], ProtFlags::READ),
            To::Mut if room.is_limited() => (&[Errno::ENOMEM], ProtFlags::READ | ProtFlags::WRITE),
            To::Mut => (&[], ProtFlags::READ | ProtFlags::WRITE),
            To::Exec => (&[Errno::EACCES], ProtFlags::READ | ProtFlags::EXEC),
            To::None | To::Decommit => (&[], ProtFlags::empty()),
        };
        let is_changed = fails_with(error.map_or(Ok(()), Err), errors)?;
        prop_assert_eq!(map.protection(), if is_changed { after } else { before });
        if is_changed && matches!(to, To::Decommit) {
            bytes.fill(0);
        }
        self.parts.push(Part { map, bytes, held });
        Ok(())
    }

    fn split_off(&mut self, index: usize, at: usize) -> Step {
        if self.parts.len() == PARTS {
            return Ok(());
        }
        let Part { map, bytes, held } = &mut self.parts[index];
        let (size, align) = (bytes.len(), page::size());
        match each!(map, map => map.split_off(at).map(Any::from)) {
            Ok(rest) => {
                prop_assert!(at == size || at < size && at.is_multiple_of(align), "{at} of {size}");
                let rest = Part { map: rest, bytes: bytes.split_off(at), held: *held };
                self.parts.push(rest);
                Ok(())
            }
            Err(error) if at <= size => {
                prop_assert_eq!(error.reason(), Reason::Misaligned { offset: at, align });
                prop_assert!(at < size && !at.is_multiple_of(align));
                Ok(())
            }
            Err(error) => out_of_bounds(error, at, 0, size),
        }
    }

    fn join(&mut self, index: usize, other: usize) -> Step {
        let other = other % self.parts.len();
        if index == other {
            return Ok(());
        }
        let Part { map: next, bytes, held } = self.parts.remove(other);
        let part = &mut self.parts[if other < index { index - 1 } else { index }];
        let is_adjacent = part.end() == next.start() && part.bytes.len().is_multiple_of(page::size());
        let is_empty = part.bytes.is_empty() || bytes.is_empty();
        match part.map.join(next) {
            Ok(()) => {
                prop_assert!(is_adjacent || is_empty, "joined what is apart");
                part.bytes.extend(bytes);
                part.held = part.held.and(held);
            }
            Err((next, error)) => {
                if let Some(error) = error {
                    prop_assert!(!is_adjacent && !is_empty, "{error:?}");
                    prop_assert_eq!((error.errno(), error.reason()), (Errno::EINVAL, Reason::NotAdjacent));
                }
                self.parts.push(Part { map: next, bytes, held });
            }
        }
        Ok(())
    }

    pub(crate) fn verify(&self, space: &Space, seen: &mut Vec<Range<usize>>) -> Step {
        for part in &self.parts {
            prop_assert_eq!(part.map.len(), part.bytes.len());
            prop_assert!(part.map.bytes().is_none_or(|bytes| *bytes == part.bytes), "other bytes");
            let range = part.map.start()..part.end();
            space.is_private(&range, part.map.protection())?;
            seen.push(range);
        }
        Ok(())
    }
}

impl Part {
    fn resize(&mut self, len: usize, room: Room) -> Step {
        let Any::Write(map) = &mut self.map else { return Ok(()) };
        let (start, old) = (map.as_ptr(), self.bytes.len());
        match with_room(room, || map.resize(len)) {
            Ok(()) => {
                self.bytes.resize(len, 0);
                if len == 0 {
                    self.held = Held::default();
                }
            }
            Err(error) => {
                prop_assert_eq!(map.as_ptr(), start);
                let is_expected = match error.errno() {
                    Errno::ENOMEM => room.is_limited() || len > isize::MAX as usize,
                    Errno::EFAULT => self.held.cut && len > old,
                    Errno::EAGAIN => self.held.locked,
                    _ => false,
                };
                prop_assert!(is_expected, "{error:?}, {old} bytes to be {len}, {:?}", self.held);
            }
        }
        Ok(())
    }

    fn discard(&mut self, span: Span) -> Step {
        let Any::Write(map) = &mut self.map else { return Ok(()) };
        let (size, align) = (self.bytes.len(), page::size());
        let (at, len) = span.resolve(size);
        let result = map.discard(at, len);
        if !fits(at, len, size) {
            return out_of_bounds(result.unwrap_err(), at, len, size);
        }
        let end = at + len;
        if !at.is_multiple_of(align) || !end.is_multiple_of(align) && end != size {
            let error = result.unwrap_err();
            prop_assert!(matches!(error.reason(), Reason::Misaligned { .. }), "{error:?}");
            return Ok(());
        }
        if fails_with(result, if self.held.locked { &[Errno::EINVAL] } else { &[] })? {
            self.bytes[at..end].fill(0);
            return Ok(());
        }
        // The kernel goes from page to page until it comes to one that is locked.
        for (new, old) in map[at..end].chunks(align).zip(self.bytes[at..end].chunks_mut(align)) {
            if new.iter().all(|&byte| byte == 0) {
                old.fill(0);
            }
        }
        Ok(())
    }
}
