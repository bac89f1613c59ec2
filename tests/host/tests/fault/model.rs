//! Random operations on a map, against a vector of bytes.

use baremap::{Error, File, FileMap, Reason, page};
use proptest::prelude::*;

/// Pages in the map.
pub(crate) const PAGES: usize = 3;

/// An operation; positions are parts of what there is, so that the page size need not be known.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Read { at: Position, len: usize },
    Write { at: Position, len: usize, byte: u8 },
    Load { at: Position, log: usize },
    Store { at: Position, log: usize, value: u128 },
    Range { at: Position, len: usize },
    CopyOut { at: Position, len: usize },
    CopyIn { at: Position, len: usize },
    SetLen(Position),
}

/// A place near the start of a page: the page, and how far before or behind its start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position {
    pub(crate) page: usize,
    pub(crate) by: isize,
}

impl Position {
    fn resolve(self) -> usize {
        (self.page * page::size()).saturating_add_signed(self.by).min(PAGES * page::size())
    }
}

fn position() -> impl Strategy<Value = Position> {
    let by = prop_oneof![2 => -20_isize..20, 1 => -300_isize..300, 1 => Just(0)];
    (0..=PAGES, by).prop_map(|(page, by)| Position { page, by })
}

fn length() -> impl Strategy<Value = usize> {
    prop_oneof![3 => 0..40_usize, 1 => 200..300_usize, 1 => 0..PAGES * page::size() + 2]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => (position(), length()).prop_map(|(at, len)| Op::Read { at, len }),
        3 => (position(), length(), any::<u8>()).prop_map(|(at, len, byte)| Op::Write { at, len, byte }),
        2 => (position(), 0..5_usize).prop_map(|(at, log)| Op::Load { at, log }),
        2 => (position(), 0..5_usize, any::<u128>()).prop_map(|(at, log, value)| Op::Store { at, log, value }),
        1 => (position(), length()).prop_map(|(at, len)| Op::Range { at, len }),
        1 => (position(), length()).prop_map(|(at, len)| Op::CopyOut { at, len }),
        1 => (position(), length()).prop_map(|(at, len)| Op::CopyIn { at, len }),
        3 => position().prop_map(Op::SetLen),
    ]
}

/// Any sequence of operations does to the map what it does to the vector.
pub(crate) fn model() {
    proptest!(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) }, |(ops in prop::collection::vec(op(), 1..60))| {
        run(&ops)?;
    });
}

/// Runs operations on a map, and compares each with what it does to the vector.
pub(crate) fn run(ops: &[Op]) -> Result<(), TestCaseError> {
    let size = PAGES * page::size();
    let (file, other) = (File::unnamed().unwrap(), File::unnamed().unwrap());
    let mut bytes: Vec<u8> = (0..size).map(|index| (index % 253) as u8).collect();
    file.write_all_at(&bytes, 0).unwrap();
    other.set_len(size as u64).unwrap();
    let (map, others) = (FileMap::write(&file).unwrap(), FileMap::write(&other).unwrap());
    for op in ops {
        apply(op, &file, &map, &others, &mut bytes)?;
    }
    let mut found = vec![0; bytes.len()];
    file.read_exact_at(&mut found, 0).unwrap();
    prop_assert_eq!(found, bytes);
    Ok(())
}

type Map = FileMap<baremap::map::ReadWrite>;

fn apply(op: &Op, file: &File, map: &Map, others: &Map, bytes: &mut Vec<u8>) -> Result<(), TestCaseError> {
    // The last page is there to its end, with zeros.
    let end = page::round_up(bytes.len()).expect("a short file");
    match *op {
        Op::Read { at, len } => {
            let (at, mut buffer) = (at.resolve(), vec![1; len]);
            let copied = outcome(map.read_at(at, &mut buffer), at, len, end)?;
            prop_assert_eq!(&buffer[..copied], seen(bytes, at, copied));
        }
        Op::Write { at, len, byte } => {
            let at = at.resolve();
            if let Some(len) = storable(bytes, at, len) {
                let new: Vec<u8> = (0..len).map(|index| byte ^ index as u8).collect();
                let copied = outcome(map.write_at(at, &new), at, len, end)?;
                put(bytes, at, &new[..copied]);
            }
        }
        Op::Load { at, log } => {
            let (at, len) = (at.resolve(), 1 << log);
            let loaded = match len {
                1 => map.load::<u8>(at).map(u128::from),
                2 => map.load::<u16>(at).map(u128::from),
                4 => map.load::<u32>(at).map(u128::from),
                8 => map.load::<u64>(at).map(u128::from),
                _ => map.load::<u128>(at),
            };
            if let Ok(value) = loaded {
                prop_assert_eq!(&value.to_le_bytes()[..len], seen(bytes, at, len));
            }
            outcome(loaded.map(drop), at, len, end)?;
        }
        Op::Store { at, log, value } => {
            let at = at.resolve();
            if let Some(len) = storable(bytes, at, 1 << log) {
                let stored = match len {
                    1 => map.store(at, value as u8),
                    2 => map.store(at, value as u16),
                    4 => map.store(at, value as u32),
                    8 => map.store(at, value as u64),
                    _ => map.store(at, value),
                };
                let copied = outcome(stored, at, len, end)?;
                put(bytes, at, &value.to_le_bytes()[..copied]);
            }
        }
        Op::Range { at, len } => {
            let at = at.resolve();
            match map.range(at, len) {
                Ok(range) => {
                    let mut buffer = vec![1; len];
                    let copied = outcome(range.read_at(0, &mut buffer), at, len, end)?;
                    prop_assert_eq!(&buffer[..copied], seen(bytes, at, copied));
                    prop_assert!(range.read_at(1, &mut buffer).is_err() || len == 0);
                }
                Err(error) => {
                    let reason = Reason::OutOfBounds { offset: at, len, size: map.len() };
                    prop_assert_eq!(error.reason(), reason);
                }
            }
        }
        Op::CopyOut { at, len } => {
            let at = at.resolve();
            let copied = outcome(map.copy_to(at, others, 0, len), at, len, end)?;
            let mut buffer = vec![1; copied];
            others.read_at(0, &mut buffer).unwrap();
            prop_assert_eq!(&buffer[..], seen(bytes, at, copied));
        }
        Op::CopyIn { at, len } => {
            let at = at.resolve();
            // No more than the other map has: it would be that range which is refused.
            if let Some(len) = storable(bytes, at, len.min(others.len())) {
                let new: Vec<u8> = (0..len).map(|index| index as u8).collect();
                others.write_at(0, &new).unwrap();
                let copied = outcome(map.copy_from(at, others, 0, len), at, len, end)?;
                put(bytes, at, &new[..copied]);
            }
        }
        Op::SetLen(to) => {
            file.set_len(to.resolve() as u64).unwrap();
            bytes.resize(to.resolve(), 0);
        }
    }
    Ok(())
}

/// Asserts what an operation on `len` bytes came to, and gives how many were copied.
fn outcome(result: Result<(), Error>, at: usize, len: usize, end: usize) -> Result<usize, TestCaseError> {
    let size = PAGES * page::size();
    let there = end.saturating_sub(at).min(len);
    let expected = match at + len {
        after if after > size => Err(Reason::OutOfBounds { offset: at, len, size }),
        _ if there < len => Err(Reason::Fault { copied: there }),
        _ => Ok(()),
    };
    prop_assert_eq!(
        result.map_err(|error| error.reason()),
        expected,
        "{} bytes at {}, which end at {}",
        len,
        at,
        end
    );
    Ok(if matches!(expected, Err(Reason::OutOfBounds { .. })) { 0 } else { there })
}

/// What a map shows: the file, and zeros to the end of its last page.
fn seen(bytes: &[u8], at: usize, len: usize) -> Vec<u8> {
    (at..at + len).map(|index| bytes.get(index).copied().unwrap_or(0)).collect()
}

/// Stores into the vector what arrived in the map.
fn put(bytes: &mut [u8], at: usize, new: &[u8]) {
    if !new.is_empty() {
        bytes[at..at + new.len()].copy_from_slice(new);
    }
}

/// The length for a store. What is stored behind the end of a file, in its last page, may come back or not when the file
/// is made longer: nothing is promised, and so nothing is stored there.
fn storable(bytes: &[u8], at: usize, len: usize) -> Option<usize> {
    let is_whole = bytes.len() == page::round_up(bytes.len()).expect("a short file");
    (is_whole || at + len <= bytes.len()).then_some(len)
}
