//! Operations on maps (private memory, files, maps that grow; cut, joined, protected, resized, while memory is short),
//! against the models that the tests of this machine have.

use arbitrary::{Arbitrary, Result, Unstructured};
use baremap::fault;

#[path = "../../tests/host/tests/map_model/main.rs"]
#[expect(dead_code, unused_imports, reason = "what only the tests of this machine need")]
mod model;

use model::{Amount, Op, PAGES, Room, pages};

/// The most operations of an input: after each, all maps of the process are listed.
const MOST: usize = 80;

/// What is done.
#[derive(Arbitrary, Debug)]
pub struct Plan {
    #[arbitrary(with = as_many_as_there_are)]
    ops: Vec<Op>,
}

/// Runs the operations.
pub fn run(plan: Plan) {
    if !fault::is_installed() {
        fault::install().unwrap();
    }
    let ops = plan.ops.as_slice();
    // What the sanitizer maps for itself may come to lie where a map of the model was: but not twice.
    if model::run(ops).is_err()
        && let Err(error) = model::run(ops)
    {
        panic!("{error}");
    }
}

/// To the end of the bytes: a vector would end after two, on average, and what is worth finding takes more.
fn as_many_as_there_are(u: &mut Unstructured<'_>) -> Result<Vec<Op>> {
    let mut ops = Vec::new();
    while !u.is_empty() && ops.len() < MOST {
        ops.push(u.arbitrary()?);
    }
    Ok(ops)
}

impl<'a> Arbitrary<'a> for Amount {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u.int_in_range(0..=7)? {
            0..=2 => Amount::Near { page: u.int_in_range(0..=PAGES)?, by: 0 },
            3 | 4 => Amount::Near { page: u.int_in_range(0..=PAGES)?, by: u.int_in_range(-300..=300)? },
            5 | 6 => Amount::Less(u.int_in_range(0..=39)?),
            _ => Amount::Huge(u.int_in_range(0..=39)?),
        })
    }
}

impl<'a> Arbitrary<'a> for Room {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Room(match u.int_in_range(0..=5)? {
            pages @ 0..=2 => Some(pages),
            _ => None,
        }))
    }
}

impl<'a> Arbitrary<'a> for pages::Request {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u.int_in_range(0..=9)? {
            0..=3 => pages::Request::Advise(*u.choose(&pages::ADVICE)?),
            4 | 5 => pages::Request::Lock,
            6 => pages::Request::LockOnFault,
            7 | 8 => pages::Request::Unlock,
            _ => pages::Request::Residency(u.int_in_range(0..=1)?),
        })
    }
}
