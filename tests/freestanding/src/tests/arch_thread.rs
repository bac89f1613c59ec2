use crate::harness::tests;
use crate::support::{child, pointer};
use baremap::arch::thread;

tests! {
    // x86_64 has the pointer in memory, at the start of a segment that is not there yet; aarch64 in a register, which is 0.
    fn a_thread_without_a_libc_has_no_pointer() {
        // SAFETY: it has one, if it says so.
        let pointer = thread::has_pointer().then(|| unsafe { thread::pointer() });
        assert_eq!(pointer.unwrap_or(0), 0);
    }

    fn a_pointer_that_was_set_is_there() {
        let pointer = pointer::set();
        assert!(thread::has_pointer());
        // SAFETY: as it says.
        assert_eq!(unsafe { thread::pointer() }, pointer);
    }

    fn a_child_inherits_it() {
        let pointer = pointer::set();
        child::check(|| {
            assert!(thread::has_pointer());
            // SAFETY: as it says.
            assert_eq!(unsafe { thread::pointer() }, pointer);
        });
    }
}
