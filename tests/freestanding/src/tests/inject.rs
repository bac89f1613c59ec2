//! Every system call that the crate makes fails with every error of its manual page, in every operation.

mod calls;
mod exceptions;
mod limits;
mod operations;
mod report;
mod sweep;

use crate::harness::tests;
use crate::support::{child, rounds};
use crate::support::inject::Shared;
use baremap::{Caps, eprintln};

tests! {
    #[timeout(240)]
    #[report]
    #[skip(qemu_user_unless_hooked, "it has no seccomp; a build with --cfg baremap_inject does without")]
    fn every_call_may_fail() {
        let shared = Shared::new(calls::NUMBERS);
        let bad = sweep::sweep(&shared, operations::ALL.iter().copied().flatten());
        report::print(&shared);
        assert_eq!(bad, 0, "operations did not fail as they should");
        // What is not there cannot fail, and not everything is tried everywhere.
        if !rounds::are_fewer() && Caps::all().probe().contains(!Caps::HUGETLB) {
            let rows = exceptions::EXCEPTIONS.iter().enumerate();
            let unused = rows.filter(|(index, row)| row.is_needed() && !shared.is_marked(*index));
            assert_eq!(unused.inspect(|(_, row)| eprintln!("nothing needs: {row}")).count(), 0);
        }
    }

    #[timeout(60)]
    #[skip(qemu_user, "what QEMU takes for itself counts too")]
    fn descriptors_may_run_out() {
        assert_ne!(limits::meet(&limits::DESCRIPTORS), 0);
    }

    #[timeout(60)]
    #[skip(qemu_user, "what QEMU takes for itself counts too")]
    fn addresses_may_run_out() {
        assert_ne!(limits::meet(&limits::ADDRESSES), 0);
    }

    #[timeout(60)]
    #[skip(qemu_user, "what QEMU takes for itself counts too")]
    fn memory_may_not_be_locked() {
        assert_ne!(limits::meet(&limits::LOCKED_MEMORY), 0);
    }

    #[timeout(60)]
    #[skip(qemu_user, "what QEMU takes for itself counts too")]
    fn files_may_not_grow() {
        assert_ne!(limits::meet(&limits::FILE_SIZE), 0);
    }

    #[timeout(60)]
    #[skip(qemu_user, "what QEMU takes for itself counts too")]
    fn maps_may_run_out() {
        child::check(|| assert!(limits::meet_maps()));
    }
}
