//! Wrong arguments: a line on standard error, and exit code 2. A test for each program, by its name: not every one is there in C.

use baremap_host_tests::example;

/// Refuses each of these lists of arguments.
#[track_caller]
fn refuses(usage: &str, wrong: &[&[&str]]) {
    let (name, _) = usage.split_once(' ').expect("a name and its arguments");
    for arguments in wrong {
        assert_eq!(example(name).run(*arguments).failure(2), format!("usage: {usage}\n"), "{arguments:?}");
    }
}

#[test]
fn append() {
    refuses("append PATH TEXT", &[&[], &["path"], &["path", "text", "more"]]);
}

#[test]
fn cat() {
    refuses("cat PATH...", &[&[]]);
}

#[test]
fn inherit() {
    refuses("inherit PATH", &[&[], &["path", "more"]]);
}

#[test]
fn json() {
    refuses("json [FILE]", &[&["path", "more"]]);
}

#[test]
fn map_file() {
    refuses("map_file PATH", &[&[], &["path", "more"]]);
}

#[test]
fn shm_read() {
    refuses("shm_read NAME", &[&[], &["name", "more"]]);
}

#[test]
fn shm_unlink() {
    refuses("shm_unlink NAME", &[&[], &["name", "more"]]);
}

#[test]
fn shm_write() {
    refuses("shm_write NAME TEXT", &[&[], &["name"], &["name", "text", "more"]]);
}

#[test]
fn tail_of_page() {
    refuses("tail_of_page PATH", &[&[], &["path", "more"]]);
}

#[test]
fn visits() {
    refuses("visits NAME [--remove]", &[&[], &["name", "more"]]);
}

#[test]
fn words() {
    refuses("words FILE", &[&[], &["path", "more"]]);
}

#[test]
fn workers() {
    refuses("workers [--kill] FILE", &[&[], &["--kill"], &["path", "more"], &["--kill", "path", "more"]]);
}
