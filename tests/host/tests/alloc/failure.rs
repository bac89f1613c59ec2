//! Every request to the system fails once.

use baremap::alloc::AnonPages;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::model::{bump, dirty_buffer};
use crate::scene::{Op, op};
use crate::watched::Watched;

/// The same operations each time.
fn ops() -> Vec<Op> {
    let tree = prop::collection::vec(op(), 400).new_tree(&mut TestRunner::deterministic());
    tree.expect("no filters").current()
}

/// Calls `run` with 0, 1 and so on, until there are not as many calls as that.
#[track_caller]
fn each_in_turn(run: impl Fn(usize) -> usize) {
    let mut failing = 0;
    while run(failing) > failing {
        failing += 1;
    }
    assert!(failing > 30, "{failing} calls are too few to show anything");
}

#[test]
fn one_call_fails() {
    let ops = ops();
    each_in_turn(|failing| {
        let source = Watched::new(AnonPages::new(), move |call| call == failing);
        bump(&source, &ops).unwrap_or_else(|error| panic!("call {failing} failed: {error}"));
        source.calls()
    });
}

#[test]
fn one_call_and_all_after_it_fail() {
    let ops = ops();
    each_in_turn(|failing| {
        let source = Watched::new(AnonPages::new(), move |call| call >= failing);
        bump(&source, &ops).unwrap_or_else(|error| panic!("calls from {failing} failed: {error}"));
        source.calls()
    });
}

#[test]
fn one_call_to_a_buffer_fails() {
    let ops = ops();
    each_in_turn(|failing| {
        let buffer = dirty_buffer::<{ 8 << 20 }>();
        let source = Watched::new(&*buffer, move |call| call == failing);
        bump(&source, &ops).unwrap_or_else(|error| panic!("call {failing} failed: {error}"));
        source.calls()
    });
}
