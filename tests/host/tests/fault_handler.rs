//! Copies with the handler, beside the standard library, which has a handler of its own.

mod fault;

use baremap::{File, FileMap};
use std::env;
use std::hint::black_box;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::thread;

#[test]
fn threads_copy_at_once() {
    install();
    fault::threads();
    assert!(baremap::fault::is_installed());
}

#[test]
fn operations_do_what_they_do_to_a_vector() {
    install();
    fault::model();
    assert!(baremap::fault::is_installed());
}

// The standard library's handler finds the stack's end, says so, and aborts.
#[test]
fn a_stack_that_overflows_is_still_reported() {
    let output = run("child_overflows_its_stack");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{text}");
    assert!(text.contains("has overflowed its stack"), "{text}");
}

#[test]
fn a_thread_whose_stack_overflows_is_still_reported() {
    let output = run("child_overflows_a_threads_stack");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{text}");
    assert!(text.contains("has overflowed its stack"), "{text}");
}

#[test]
fn a_foreign_fault_still_kills() {
    assert_eq!(run("child_touches_nothing").status.signal(), Some(libc::SIGSEGV));
    assert_eq!(run("child_touches_what_is_gone").status.signal(), Some(libc::SIGBUS));
}

#[test]
#[ignore = "a child, which another test runs"]
fn child_overflows_its_stack() {
    install();
    black_box(overflow(1));
}

#[test]
#[ignore = "a child, which another test runs"]
fn child_overflows_a_threads_stack() {
    install();
    let _ = thread::Builder::new()
        .name("deep".into())
        .stack_size(64 * 1024)
        .spawn(|| overflow(1))
        .unwrap()
        .join();
}

#[test]
#[ignore = "a child, which another test runs"]
fn child_touches_nothing() {
    install();
    // SAFETY: nothing is there, which is the point: the process ends here.
    unsafe { std::ptr::without_provenance::<u8>(8).read_volatile() };
}

#[test]
#[ignore = "a child, which another test runs"]
fn child_touches_what_is_gone() {
    install();
    let file = File::unnamed().unwrap();
    file.set_len(1).unwrap();
    let map = FileMap::read(&file).unwrap();
    file.set_len(0).unwrap();
    // SAFETY: the page is gone, which is the point: the process ends here.
    unsafe { map.as_ptr().read_volatile() };
}

/// Puts the handler in, and shows that it works.
fn install() {
    baremap::fault::install().unwrap();
    let file = File::unnamed().unwrap();
    file.set_len(1).unwrap();
    let map = FileMap::read(&file).unwrap();
    file.set_len(0).unwrap();
    assert!(map.load::<u8>(0).is_err());
}

/// Runs one of the tests that end the process.
fn run(test: &str) -> Output {
    Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", test])
        .output()
        .unwrap()
}

#[expect(unconditional_recursion, reason = "it is to overflow the stack")]
fn overflow(depth: usize) -> usize {
    let frame = black_box([depth; 100]);
    overflow(depth + 1) + frame[depth % 100]
}
