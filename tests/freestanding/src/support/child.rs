//! Children of a test, for what cannot be undone in its own process.

use baremap::process::{self, Exit};
use baremap::sys::WaitStatus;

use super::user;

/// Runs a closure in a child and says how it ended.
pub(crate) fn run<T: Exit>(run: impl FnOnce() -> T) -> WaitStatus {
    // SAFETY: a test has one thread and holds no lock; what it owns, the child owns a copy of.
    let child = unsafe { process::spawn(run) }.expect("a test may have a child");
    child.wait().expect("nobody else waits for it")
}

/// Runs assertions in a child.
pub(crate) fn check<T: Exit>(assertions: impl FnOnce() -> T) {
    let status = run(assertions);
    assert!(status.success(), "in a child: {status}");
}

/// Runs assertions in a child without privileges. Files that root made are another's to it.
pub(crate) fn check_as_nobody<T: Exit>(assertions: impl FnOnce() -> T) {
    check(|| {
        user::drop_privileges();
        assertions()
    });
}
