use std::fs;

use baremap_host_tests::{Output, example};

use crate::files::Files;

#[test]
fn leaves_two_numbers_in_a_file() {
    let files = Files::new();
    let output = Output::of(example("tiny").command().current_dir(files.path(".")));
    assert_eq!(output.success(), "");
    let mut content = [0; 40];
    content[..8].copy_from_slice(b"\x78\x56\x34\x12\xde\xc0\xad\xde");
    assert_eq!(fs::read(files.path("tiny.bin")).unwrap(), content);
}

#[test]
fn an_error_is_its_exit_code() {
    let files = Files::new();
    fs::create_dir(files.path("tiny.bin")).unwrap();
    let output = Output::of(example("tiny").command().current_dir(files.path(".")));
    assert_eq!(output.failure(libc::EISDIR), "");
}
