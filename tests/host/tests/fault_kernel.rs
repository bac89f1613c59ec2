//! Copies by the kernel, which is what a process gets that says nothing.

mod fault;

#[test]
fn threads_copy_at_once() {
    fault::threads();
    assert!(!baremap::fault::is_installed());
}

#[test]
fn operations_do_what_they_do_to_a_vector() {
    fault::model();
    assert!(!baremap::fault::is_installed());
}
