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
    caps
    code
    device
    fault_copies
    fault_handler
    fault_kernel
    fault_stress
    durable
    map_file
    map_advice
    map_fixed
    map_flush
    map_grow
    map_huge
    map_lock
    map_protection
    map_reservation
    map_resize
    regions
    replace
    sealed
    secret
    sys_fs
    sys_io
    sys_mm
}
