//! Bump over pages and over a buffer, against the model that the tests of this machine have, while its source fails now and
//! then.

use arbitrary::{Arbitrary, Result, Unstructured};
use baremap::alloc::{AnonPages, PageSource};

#[path = "../../tests/host/tests/alloc/model.rs"]
#[expect(dead_code, unused_imports, reason = "what only the tests of this machine need")]
mod model;
#[path = "../../tests/host/tests/alloc/scene.rs"]
mod scene;
#[path = "../../tests/host/tests/alloc/watched.rs"]
#[expect(dead_code, reason = "as above")]
mod watched;

use scene::Op;
use watched::Watched;

/// The longest block: such as have a range of their own are more than 128 KiB.
const MOST: usize = 300 << 10;

/// Where the blocks come from, which requests for memory fail, and what is done.
#[derive(Arbitrary, Debug)]
pub struct Plan {
    source: Source,
    refusals: u64,
    ops: Vec<Op>,
}

#[derive(Arbitrary, Debug)]
enum Source {
    Pages,
    Buffer,
    FewPages(u8),
}

/// Runs the operations.
pub fn run(plan: Plan) {
    match plan.source {
        Source::Pages => over(AnonPages::new(), &plan),
        Source::Buffer => over(&*model::dirty_buffer::<{ 1 << 19 }>(), &plan),
        Source::FewPages(limit) => {
            let pages = AnonPages::new().limit(usize::from(limit) << 14);
            over(&pages, &plan);
            assert_eq!(pages.mapped(), 0);
        }
    }
}

fn over<S: PageSource>(source: S, plan: &Plan) {
    let refusals = plan.refusals;
    let source = Watched::new(source, move |call| refusals.rotate_right(call as u32) & 1 != 0);
    model::bump(&source, &plan.ops).unwrap_or_else(|error| panic!("{error}"));
}

impl<'a> Arbitrary<'a> for Op {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let size = |u: &mut Unstructured<'a>| match u.int_in_range(0..=9)? {
            0..=4 => u.int_in_range(1..=100),
            5..=7 => u.int_in_range(1..=40_000),
            8 => Ok((1 << u.int_in_range(12..=18)?) + u.int_in_range(0..=40)? - 20),
            _ => u.int_in_range(1..=MOST),
        };
        // The last block most of the time.
        let index = |u: &mut Unstructured<'a>| Ok(usize::from(u.arbitrary::<u8>()?.saturating_sub(128)));
        Ok(match u.int_in_range(0..=2)? {
            0 => Op::Alloc { size: size(u)?, align: 1 << u.int_in_range(0..=18)?, zeroed: u.arbitrary()? },
            1 => Op::Realloc { index: index(u)?, size: size(u)? },
            _ => Op::Free { index: index(u)? },
        })
    }
}
