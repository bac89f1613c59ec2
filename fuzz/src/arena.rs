//! An arena and its scopes, against the model that the tests of this machine have.

use arbitrary::{Arbitrary, Result, Unstructured};
use baremap::alloc::{AnonPages, Arena, Buffer, MapPages, PageSource};
use baremap::map::GrowMap;

#[path = "../../tests/host/tests/arena_model/model.rs"]
mod model;
#[path = "../../tests/host/tests/arena_model/op.rs"]
#[expect(dead_code, reason = "what only the tests of this machine need")]
mod op;

use model::Model;
use op::Op;

/// Where the arena has its memory from, and what is done to it.
#[derive(Arbitrary, Debug)]
pub struct Plan {
    source: Source,
    ops: Vec<Op>,
}

#[derive(Arbitrary, Debug)]
enum Source {
    Buffer,
    SmallBuffer,
    Pages,
    FewPages,
    Map,
}

/// Runs the operations with each alignment, and twice in one arena.
pub fn run(plan: Plan) {
    match plan.source {
        Source::Buffer => with_each_alignment(&Buffer::<100_000>::new(), &plan.ops),
        Source::SmallBuffer => with_each_alignment(&Buffer::<999>::new(), &plan.ops),
        Source::Pages => with_each_alignment(&AnonPages::new(), &plan.ops),
        Source::FewPages => with_each_alignment(&AnonPages::new().limit(100_000), &plan.ops),
        Source::Map => {
            with_each_alignment(&MapPages::new(GrowMap::new(200_000).unwrap()).unwrap(), &plan.ops)
        }
    }
}

fn with_each_alignment<S: PageSource + Copy>(source: S, ops: &[Op]) {
    in_arena::<S, 1>(source, ops);
    in_arena::<S, 16>(source, ops);
}

fn in_arena<S: PageSource, const MIN_ALIGN: usize>(source: S, ops: &[Op]) {
    let mut arena = Arena::<S, MIN_ALIGN>::with_min_align_over(source);
    for keep in [usize::MAX, 0] {
        arena.set_keep(keep);
        let mut model = Model::default();
        let step = model.run(&arena.scope(), None, ops);
        // Not before the scope has ended.
        step.and_then(|()| model.end(&arena)).unwrap_or_else(|error| panic!("{error}"));
        arena.set_keep(keep / 2);
        arena.reset();
        assert!(arena.allocated_bytes() <= keep / 2);
    }
}

impl<'a> Arbitrary<'a> for Op {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let len = |u: &mut Unstructured<'a>| match u.int_in_range(0..=15)? {
            0..=9 => u.int_in_range(0..=99),
            10..=14 => u.int_in_range(100..=5000),
            _ => u.int_in_range(5000..=60_000),
        };
        // The last block most of the time.
        let block = |u: &mut Unstructured<'a>| Ok(usize::from(u.arbitrary::<u8>()?.saturating_sub(128)));
        Ok(match u.int_in_range(0..=11)? {
            0 => Op::Alloc { len: len(u)?, align: u.int_in_range(0..=13)? },
            1 => Op::Beside { outer: u.int_in_range(0..=3)?, len: len(u)? },
            2 => Op::Grow { block: block(u)?, by: len(u)? },
            3 => Op::Shrink { block: block(u)?, to: u.arbitrary()? },
            4 => Op::Free { block: block(u)? },
            5 => Op::Text(u.arbitrary()?),
            6 => Op::Slice { len: u.int_in_range(0..=49)?, fails: u.arbitrary()? },
            7 => Op::Iterator { len: u.int_in_range(0..=199)? },
            8 => Op::Keep(if u.arbitrary()? { usize::MAX } else { u.int_in_range(0..=100_000)? }),
            9 => Op::Reserve(u.int_in_range(0..=60_000)?),
            10 => Op::Scope(u.arbitrary()?),
            _ => Op::Rollback(u.arbitrary()?),
        })
    }
}
