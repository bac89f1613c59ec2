//! Allocators of others on our pages, and our allocators by the trait of others.

mod allocator_api;
mod dlmalloc;
mod talc;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::scene::{Op, op};

fn config() -> ProptestConfig {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(0);
    }
    config
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    prop::collection::vec(op(), 1..200)
}
