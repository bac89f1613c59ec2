//! `shm_write`, `shm_read` and `shm_unlink`: processes that have nothing in common but a name.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::name::Name;
use baremap_host_tests::{Output, example};

impl Name {
    fn write(&self, text: &str) -> Output {
        example("shm_write").run([&self.0, text])
    }

    fn read(&self) -> Output {
        example("shm_read").run([&self.0])
    }

    fn unlink(&self) -> Output {
        example("shm_unlink").run([&self.0])
    }
}

#[test]
fn three_processes_share_a_text() {
    let name = Name::new("share");
    assert_eq!(name.write("a text").success(), "");
    assert_eq!(fs::read(name.path()).unwrap(), b"a text");
    assert_eq!(fs::metadata(name.path()).unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(name.read().success(), "a text\n");
    assert_eq!(name.read().success(), "a text\n");
    assert_eq!(name.unlink().success(), "");
    assert!(!name.path().exists());
}

#[test]
fn texts_of_any_length() {
    for text in ["", "Zeile für Zeile\n…", &"x".repeat(100_000)] {
        let name = Name::new("length");
        assert_eq!(name.write(text).success(), "");
        assert!(name.read().success() == format!("{text}\n"), "{} bytes", text.len());
    }
}

#[test]
fn of_two_that_create_the_second_is_refused() {
    let name = Name::new("second");
    assert_eq!(name.write("first").success(), "");
    assert_eq!(name.write("second").failure(1), "error: open: File exists (EEXIST)\n");
    assert_eq!(name.read().success(), "first\n");
}

#[test]
fn a_missing_object() {
    let name = Name::new("missing");
    assert_eq!(name.read().failure(1), "error: open: No such file or directory (ENOENT)\n");
    assert_eq!(name.unlink().failure(1), "error: unlink: No such file or directory (ENOENT)\n");
}

#[test]
fn the_longest_name_is_taken() {
    let mut name = Name::new("long");
    name.0 += &"x".repeat(255 - name.0.len());
    assert_eq!(name.write("text").success(), "");
    assert_eq!(name.read().success(), "text\n");
    assert_eq!(name.unlink().success(), "");
}

#[test]
fn names_that_are_none_are_refused_by_all_three() {
    for (name, reason) in [
        ("a/b", "the name has a slash or a null in it (EINVAL)"),
        ("/a", "the name has a slash or a null in it (EINVAL)"),
        ("../a", "the name has a slash or a null in it (EINVAL)"),
        ("", "the name is empty, or only dots (EINVAL)"),
        (".", "the name is empty, or only dots (EINVAL)"),
        ("..", "the name is empty, or only dots (EINVAL)"),
        (&"x".repeat(256), "the name has 256 bytes, more than 255 (ENAMETOOLONG)"),
    ] {
        let outputs = [
            example("shm_write").run([name, "text"]),
            example("shm_read").run([name]),
            example("shm_unlink").run([name]),
        ];
        for output in outputs {
            assert_eq!(output.failure(1), format!("error: shm: {reason}\n"));
        }
    }
}
