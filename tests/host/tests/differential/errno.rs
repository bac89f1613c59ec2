//! Error numbers against the libc's tables.

use std::ffi::{CStr, c_char, c_int};

use baremap::Errno;

unsafe extern "C" {
    // glibc 2.32: the tables behind strerror(3), without translation; null where there is no such number.
    safe fn strerrorname_np(number: c_int) -> *const c_char;
    safe fn strerrordesc_np(number: c_int) -> *const c_char;
}

fn text(string: *const c_char) -> Option<&'static str> {
    // SAFETY: the tables hold null pointers and constant strings.
    (!string.is_null()).then(|| unsafe { CStr::from_ptr(string) }.to_str().expect("the tables are in ASCII"))
}

fn all() -> impl Iterator<Item = Errno> {
    (i32::MIN..=i32::MIN + 1).chain(-1..=5000).chain([i32::MAX]).filter_map(Errno::from_raw_os_error)
}

#[test]
fn numbers_are_those_of_the_kernel() {
    let numbers: Vec<i32> = all().map(Errno::raw_os_error).collect();
    assert_eq!(numbers, Vec::from_iter(1..=4095));
}

#[test]
fn names_are_those_of_the_libc() {
    for errno in all() {
        let name = text(strerrorname_np(errno.raw_os_error()));
        assert_eq!(errno.name(), name);
        let debug = name.map_or(format!("Errno({})", errno.raw_os_error()), String::from);
        assert_eq!(format!("{errno:?}"), debug);
    }
}

#[test]
fn sentences_are_those_of_the_libc() {
    for errno in all() {
        let sentence = text(strerrordesc_np(errno.raw_os_error())).unwrap_or("Unknown error");
        assert_eq!((errno.sentence(), errno.to_string().as_str()), (sentence, sentence));
    }
}

#[test]
fn constants_are_those_of_the_libc() {
    let pairs = [
        (Errno::EPERM, libc::EPERM),
        (Errno::EAGAIN, libc::EAGAIN),
        (Errno::EWOULDBLOCK, libc::EWOULDBLOCK),
        (Errno::EDEADLK, libc::EDEADLK),
        (Errno::EDEADLOCK, libc::EDEADLOCK),
        (Errno::ENOSYS, libc::ENOSYS),
        (Errno::EHWPOISON, libc::EHWPOISON),
    ];
    for (errno, number) in pairs {
        assert_eq!(errno.raw_os_error(), number);
    }
}
