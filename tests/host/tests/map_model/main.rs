//! Random operations on maps, against models of them: bytes, lengths and protections. What an operation may fail with is
//! what its documentation says; that nothing has changed then the same checks find that are made after each step.

mod anon;
mod file;
mod grow;
pub(crate) mod pages;
mod space;

use baremap::{Error, Reason, page};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use space::Space;
use std::ops::Range;

/// What a step comes to.
pub(crate) type Step = Result<(), TestCaseError>;

/// Pages that a map is made of, about.
pub(crate) const PAGES: usize = 4;

/// A length, in pages and a little, so that the page size need not be known.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Amount {
    Near {
        page: usize,
        by: isize,
    },
    /// So many bytes fewer than there are.
    Less(usize),
    /// Sums with it overflow.
    Huge(usize),
}

impl Amount {
    /// The length, where there are `size` bytes.
    fn resolve(self, size: usize) -> usize {
        match self {
            Amount::Near { page, by } => (page * page::size()).saturating_add_signed(by),
            Amount::Less(less) => size.saturating_sub(less),
            Amount::Huge(less) => usize::MAX - less,
        }
    }
}

fn amount() -> impl Strategy<Value = Amount> {
    let by = prop_oneof![3 => Just(0_isize), 2 => -20_isize..20, 1 => -300_isize..300];
    prop_oneof![
        30 => (0..=PAGES, by).prop_map(|(page, by)| Amount::Near { page, by }),
        10 => (0..40_usize).prop_map(Amount::Less),
        1 => (0..40_usize).prop_map(Amount::Huge),
    ]
}

/// A part of a map.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) struct Span {
    at: Amount,
    len: Amount,
    /// As much of it as there is.
    is_cut: bool,
}

impl Span {
    /// Where it begins, and its length.
    fn resolve(self, size: usize) -> (usize, usize) {
        let (at, len) = (self.at.resolve(size), self.len.resolve(size));
        if !self.is_cut {
            return (at, len);
        }
        let at = at.min(size);
        (at, len.min(size - at))
    }
}

fn span() -> impl Strategy<Value = Span> {
    (amount(), amount(), prop::bool::weighted(0.8)).prop_map(|(at, len, is_cut)| Span { at, len, is_cut })
}

/// How many more pages of private memory the kernel is to give while an operation is under way, where that is limited.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room(pub(crate) Option<u64>);

impl Room {
    fn is_limited(self) -> bool {
        self.0.is_some()
    }
}

fn room() -> impl Strategy<Value = Room> {
    prop_oneof![1 => Just(Room(None)), 1 => (0..3_u64).prop_map(|pages| Room(Some(pages)))]
}

#[derive(Clone, Debug)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum Op {
    Anon(anon::Op),
    File(file::Op),
    Grow(grow::Op),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => anon::op().prop_map(Op::Anon),
        4 => file::op().prop_map(Op::File),
        2 => grow::op().prop_map(Op::Grow),
    ]
}

/// Whether a range is within a size.
fn fits(at: usize, len: usize, size: usize) -> bool {
    at.checked_add(len).is_some_and(|end| end <= size)
}

/// Asserts that an error is that of a range which is not within a map.
fn out_of_bounds(error: Error, offset: usize, len: usize, size: usize) -> Step {
    prop_assert_eq!(error.errno(), baremap::Errno::EINVAL);
    prop_assert_eq!(error.reason(), Reason::OutOfBounds { offset, len, size });
    Ok(())
}

fn round_up(len: usize) -> usize {
    page::round_up(len).expect("a short map")
}

/// Bytes to store, each another.
fn pattern(byte: u8, len: usize) -> Vec<u8> {
    (0..len).map(|index| byte.wrapping_add(index as u8)).collect()
}

/// Does what the operations say, and compares the maps with their models after each.
pub(crate) fn run(ops: &[Op]) -> Step {
    let mut seen = Vec::new();
    let (mut anon, mut file, mut grow) = (anon::Model::new(), file::Model::new(), grow::Model::new());
    for (index, op) in ops.iter().enumerate() {
        let step = match op {
            Op::Anon(op) => anon.apply(op),
            Op::File(op) => file.apply(op),
            Op::Grow(op) => grow.apply(op),
        };
        let step = step.and_then(|()| {
            let space = Space::now();
            anon.verify(&space, &mut seen)?;
            file.verify(&space, &mut seen)?;
            grow.verify(&space, &mut seen)
        });
        step.map_err(|error| TestCaseError::fail(format!("step {index}, {op:?}: {error}")))?;
    }
    let file = file.close();
    drop((anon, grow));
    let space = Space::now();
    prop_assert!(space.of(&file).is_empty(), "the file is still mapped");
    let left: Vec<&Range<usize>> = seen.iter().filter(|range| space.overlaps(range)).collect();
    prop_assert!(left.is_empty(), "still mapped: {left:x?}");
    Ok(())
}

#[test]
fn maps_do_what_their_models_do() {
    // What malloc maps could come to lie where a map of the test was.
    // SAFETY: no pointer is involved.
    assert_eq!(unsafe { libc::mallopt(libc::M_MMAP_MAX, 0) }, 1);
    baremap::fault::install().unwrap();
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(0);
    }
    proptest!(config, |(ops in prop::collection::vec(op(), 1..80))| {
        run(&ops)?;
    });
}
