//! Tests of the harness itself. Those that are named so fail, or would if the harness did not do its work.

use crate::harness::tests;
use baremap::process::{self, sleep};
use baremap::sys::{self, Signal};
use baremap::{File, eprintln, println};
use core::mem;
use core::time::Duration;

/// Longer than any limit.
const FOR_EVER: Duration = Duration::MAX;

tests! {
    fn passes() {
        println!("nobody sees what a test prints that passes");
    }

    fn fails() {
        assert_eq!(1 + 1, 3, "arithmetic");
    }

    fn panics() {
        panic!("a panic");
    }

    fn returns_an_error() -> baremap::Result<()> {
        File::open(c"/nonexistent").map(drop)
    }

    fn crashes() {
        raise(Signal::SEGV);
    }

    fn exits() {
        process::exit(7);
    }

    fn hangs() {
        println!("before it hangs");
        sleep(FOR_EVER);
    }

    fn hangs_in_grandchild() -> baremap::Result<()> {
        // SAFETY: the child uses nothing of its parent's.
        let child = unsafe { process::spawn(|| sleep(FOR_EVER)) }?;
        println!("grandchild {}", child.pid());
        child.wait().map(drop)
    }

    // The harness kills the grandchild, or its output would be open for ever.
    fn leaves_a_grandchild() -> baremap::Result<()> {
        // SAFETY: the child uses nothing of its parent's.
        let child = unsafe { process::spawn(|| sleep(FOR_EVER)) }?;
        println!("grandchild {}", child.pid());
        panic!("so that its number is shown");
    }

    fn prints_then_fails() {
        println!("seen on stdout");
        eprintln!("seen on stderr");
        panic!("after it has printed");
    }

    fn leaks_a_descriptor() -> baremap::Result<()> {
        File::unnamed().map(mem::forget)
    }

    #[skip(qemu_user, "its /proc/self/maps leaves out what begins within one of its pages")]
    fn leaks_a_map() -> baremap::Result<()> {
        baremap::SharedMap::new(1).map(mem::forget)
    }

    #[signal(SIGSEGV)]
    fn expects_signal_and_gets_it() {
        raise(Signal::SEGV);
    }

    #[signal(SIGSEGV)]
    fn expects_signal_and_lives() {}

    #[signal(SIGSEGV)]
    fn expects_signal_and_gets_another() {
        raise(Signal::BUS);
    }

    #[exit(3)]
    fn expects_code_and_gets_it() -> u8 {
        3
    }

    #[exit(3)]
    fn expects_code_and_gets_another() -> u8 {
        4
    }

    #[timeout(1)]
    fn has_a_limit_of_its_own() {
        sleep(FOR_EVER);
    }

    #[only(virt, "no device at all")]
    fn is_for_one_machine() {}

    #[since(2, 6, "something old")]
    fn is_about_what_every_kernel_has() {}

    #[since(999, 0, "something new")]
    fn is_about_what_no_kernel_has() {}

    #[skip(qemu_user, "it is told to")]
    fn is_skipped_under_qemu() {}

    #[ignore = "it fails"]
    fn is_ignored() {
        panic!("it was not ignored");
    }
}

/// Sends this process a signal, which kills it.
fn raise(signal: Signal) {
    sys::kill(sys::getpid(), Some(signal)).expect("a process may signal itself");
}
