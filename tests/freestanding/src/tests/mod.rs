//! The tests, by the module of `baremap` that they are about.

macro_rules! modules {
    ($($module:ident)*; $folder:ident: $($page:ident)*) => {
        $(mod $module;)*

        /// The manual's pages, sentence by sentence: tests/manual.md says which test holds which.
        mod $folder {
            $(pub(super) mod $page;)*
        }

        /// All tests of `baremap`.
        pub(crate) const ALL: &[&[Test]] = &[$($module::TESTS,)* $($folder::$page::TESTS),*];
    };
}

pub(crate) mod self_test;

use crate::harness::Test;

modules! {
    alloc_adapted
    alloc_arena
    alloc_bump
    alloc_checked
    alloc_pages
    alloc_sources
    arch
    arch_thread
    bytes
    caps
    channel
    code
    device
    durable
    errors
    fault_copies
    fault_handler
    fault_kernel
    fault_stress
    fd_pass
    file
    forked
    inject
    inject_full
    inject_interrupts
    layout
    map_advice
    map_anon
    map_file
    map_fixed
    map_flush
    map_grow
    map_huge
    map_lock
    map_protection
    map_reservation
    map_resize
    map_shared
    mem
    offset
    page
    print
    probes
    process
    process_bound
    process_children
    process_program
    process_run
    process_wait
    regions
    replace
    rt
    sealed
    secret
    shared_arena
    shm
    shm_object
    sync_barrier
    sync_condvar
    sync_event
    sync_hostile
    sync_kill
    sync_mutex
    sync_private
    sync_semaphore
    sys_fs
    sys_futex
    sys_io
    sys_mm
    sys_process
    sys_random
    sys_signal
    sys_socket
    sys_time;

    manual:
    fork
    ftruncate
    madvise
    memfd_create
    mmap
    mprotect
    mremap
    msync
    munmap
    shm_open
}
