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
    arch
    bytes
    errors
    file
    map_anon
    map_file
    map_shared
    mem
    page
    print
    probes
    process
    rt
    shm
    sys_fs
    sys_futex
    sys_io
    sys_mm
    sys_process
    sys_random
    sys_signal
    sys_time
}
