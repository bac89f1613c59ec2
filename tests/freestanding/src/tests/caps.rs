use crate::harness::tests;
use crate::support::version::version;
use crate::support::{child, limits, proc, seccomp};
use baremap::sys::{self, WaitFlags, WaitFor};
use baremap::{Caps, Errno, println};
use linux_raw_sys::general::{
    __NR_madvise, __NR_mlock2, __NR_process_vm_readv, __NR_set_robust_list, __WALL, MADV_WIPEONFORK,
    RLIMIT_NOFILE,
};

tests! {
    // The harness sees descriptors and maps that are left behind; this sees children and memory that stays locked.
    fn probing_leaves_no_trace() {
        let locked = proc::locked_memory();
        println!("{:?}", Caps::all().probe());
        assert_eq!(proc::locked_memory(), locked);
        assert_eq!(sys::wait4(WaitFor::Any, WaitFlags::NOHANG | WaitFlags::from_bits_retain(__WALL)).unwrap_err(), Errno::ECHILD);
    }

    fn a_second_probe_says_the_same() {
        // Those of huge pages may come and go.
        let steady = Caps::all() - Caps::HUGETLB - Caps::TRANSPARENT_HUGE_PAGES;
        let found = steady.probe();
        assert_eq!(steady.probe(), found);
        for cap in steady.iter() {
            assert_eq!(cap.work(), found.contains(cap), "{cap:?}");
        }
        // What was not asked for is not among the answers.
        assert_eq!(Caps::empty().probe(), Caps::empty());
        assert!(Caps::empty().work());
    }

    fn every_kernel_has_seals() {
        assert!(Caps::MEMFD_SEALS.work());
    }

    #[skip(qemu_user, "it does less than the kernel whose version it gives")]
    fn a_kernel_does_what_its_version_promises() {
        let version = version();
        // The manual pages of madvise, mmap, mlock and mseal, each under "Versions" or "History".
        for (cap, since) in [
            (Caps::GUARD_PAGES, (6, 13)),
            (Caps::WIPE_ON_FORK, (4, 14)),
            (Caps::DONT_FORK, (2, 6)),
            (Caps::FIXED_NOREPLACE, (4, 17)),
            (Caps::POPULATE, (5, 14)),
            (Caps::MSEAL, (6, 10)),
            (Caps::LOCK_ON_FAULT, (4, 4)),
        ] {
            assert_eq!(cap.work(), version >= since, "{cap:?} on Linux {version:?}");
        }
        assert!((Caps::PROCESS_VM | Caps::ROBUST_LISTS).work());
    }

    #[skip(qemu_user, "it applies the filter to its own calls")]
    fn what_a_sandbox_forbids_does_not_work() {
        for (cap, number) in [
            (Caps::PROCESS_VM, __NR_process_vm_readv),
            (Caps::ROBUST_LISTS, __NR_set_robust_list),
            (Caps::LOCK_ON_FAULT, __NR_mlock2),
        ] {
            child::check(|| {
                seccomp::refuse(number as usize, 0, u32::MAX, Errno::EPERM);
                assert!(!cap.work(), "{cap:?}");
            });
        }
    }

    // A sandbox may say so too: an errno of 0 is a success.
    #[skip(qemu_user, "it applies the filter to its own calls")]
    fn what_only_claims_to_work_does_not() {
        child::check(|| {
            seccomp::pretend(__NR_madvise as usize, 2, MADV_WIPEONFORK);
            assert!(!Caps::WIPE_ON_FORK.work());
            assert!(!Caps::GUARD_PAGES.work());
        });
    }

    fn what_is_short_for_a_time_is_asked_again() {
        // Neither a pipe nor a memfd can be had, but the limit can be raised again by whoever may exceed it.
        child::check(|| {
            limits::set_soft(RLIMIT_NOFILE, 0).expect("a lower limit");
            assert!(!Caps::MEMFD_SEALS.work());
            limits::set_soft(RLIMIT_NOFILE, 64).expect("no higher than it was");
            assert!(Caps::MEMFD_SEALS.work());
        });
    }
}
