//! The tests, by the module of `baremap` that they are about.

macro_rules! modules {
    ($($module:ident)*) => {
        $(mod $module;)*

        /// All tests of `baremap`.
        pub(crate) const ALL: &[&[Test]] = &[$($module::TESTS),*];
    };
}

pub(crate) mod self_test;

use crate::harness::Test;

modules! {
    map_file
    probes
    sys_fs
    sys_io
    sys_mm
    sys_process
    sys_signal
}
