//! Children where panics unwind.

use baremap::process;
use std::panic::resume_unwind;

// Not into what the parent was doing, which is this test.
#[test]
fn a_panic_ends_the_child() {
    // SAFETY: the child uses nothing of its parent's.
    let child = unsafe { process::spawn(|| -> u8 { resume_unwind(Box::new(())) }) }.unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(101));
}
