//! The tests, by the module of `baremap` that they are about.

mod map_file;
pub(crate) mod self_test;

use crate::harness::Test;

/// All tests of `baremap`.
pub(crate) const ALL: &[&[Test]] = &[map_file::TESTS];
