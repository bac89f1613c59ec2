//! Copies from and to a map whose file gets shorter and longer in between, against a vector of bytes.
//!
//! The model is that of the tests of this machine, which says what is copied of a range whose end is gone.

use arbitrary::{Arbitrary, Result, Unstructured};
use baremap::{fault, page};

#[path = "../../tests/host/tests/fault/model.rs"]
#[expect(dead_code, reason = "what only the tests of this machine need")]
mod model;

use model::{Op, Position};

/// What copies, and what is done to the map.
#[derive(Arbitrary, Debug)]
pub struct Plan {
    has_handler: bool,
    ops: Vec<Op>,
}

/// Runs the operations, with the handler or by the kernel.
pub fn run(plan: Plan) {
    if plan.has_handler {
        fault::install().unwrap();
    }
    let result = model::run(&plan.ops);
    assert_eq!(fault::is_installed(), plan.has_handler);
    if plan.has_handler {
        // SAFETY: the only thread that copies is this one.
        unsafe { fault::uninstall() }.unwrap();
    }
    result.unwrap_or_else(|error| panic!("{error}"));
}

impl<'a> Arbitrary<'a> for Position {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Position { page: u.int_in_range(0..=model::PAGES)?, by: u.int_in_range(-300..=300)? })
    }
}

impl<'a> Arbitrary<'a> for Op {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let at = u.arbitrary()?;
        let len = |u: &mut Unstructured<'a>| {
            let most = if u.arbitrary()? { 300 } else { model::PAGES * page::size() + 1 };
            u.int_in_range(0..=most)
        };
        Ok(match u.int_in_range(0..=7)? {
            0 => Op::Read { at, len: len(u)? },
            1 => Op::Write { at, len: len(u)?, byte: u.arbitrary()? },
            2 => Op::Load { at, log: u.int_in_range(0..=4)? },
            3 => Op::Store { at, log: u.int_in_range(0..=4)?, value: u.arbitrary()? },
            4 => Op::Range { at, len: len(u)? },
            5 => Op::CopyOut { at, len: len(u)? },
            6 => Op::CopyIn { at, len: len(u)? },
            _ => Op::SetLen(at),
        })
    }
}
