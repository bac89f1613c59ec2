//! Wrong arguments: a line on standard error, and exit code 2.

use baremap_host_tests::example;

#[track_caller]
fn refuses(name: &str, arguments: &[&str], usage: &str) {
    assert_eq!(example(name).run(arguments).failure(2), format!("usage: {usage}\n"));
}

#[test]
fn too_few_arguments() {
    refuses("map_file", &[], "map_file PATH");
    refuses("cat", &[], "cat PATH...");
    refuses("inherit", &[], "inherit PATH");
    refuses("append", &["path"], "append PATH TEXT");
    refuses("shm_write", &["name"], "shm_write NAME TEXT");
    refuses("shm_read", &[], "shm_read NAME");
    refuses("shm_unlink", &[], "shm_unlink NAME");
    refuses("tail_of_page", &[], "tail_of_page PATH");
    refuses("visits", &[], "visits NAME [--remove]");
    refuses("words", &[], "words FILE");
    refuses("workers", &[], "workers [--kill] FILE");
    refuses("workers", &["--kill"], "workers [--kill] FILE");
}

#[test]
fn too_many_arguments() {
    refuses("map_file", &["path", "more"], "map_file PATH");
    refuses("inherit", &["path", "more"], "inherit PATH");
    refuses("append", &["path", "text", "more"], "append PATH TEXT");
    refuses("shm_write", &["name", "text", "more"], "shm_write NAME TEXT");
    refuses("shm_read", &["name", "more"], "shm_read NAME");
    refuses("shm_unlink", &["name", "more"], "shm_unlink NAME");
    refuses("tail_of_page", &["path", "more"], "tail_of_page PATH");
    refuses("json", &["path", "more"], "json [FILE]");
    refuses("visits", &["name", "more"], "visits NAME [--remove]");
    refuses("words", &["path", "more"], "words FILE");
    refuses("workers", &["path", "more"], "workers [--kill] FILE");
    refuses("workers", &["--kill", "path", "more"], "workers [--kill] FILE");
}
