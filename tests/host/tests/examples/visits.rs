//! `visits`: processes that share an object which the first of them makes.

use std::fs;
use std::process::{Child, Stdio};

use super::name::Name;
use baremap_host_tests::{Output, example};

impl Name {
    fn visit(&self) -> Output {
        example("visits").run([&self.0])
    }

    fn remove(&self) -> Output {
        example("visits").run([self.0.as_str(), "--remove"])
    }
}

#[test]
fn each_visit_is_counted() {
    let name = Name::new("visits");
    for visit in 1..=3 {
        assert_eq!(name.visit().success(), format!("visit {visit}\n"));
    }
    assert_eq!(name.remove().success(), "removed\n");
    assert!(!name.path().exists());
    assert_eq!(name.visit().success(), "visit 1\n");
}

#[test]
fn visits_at_once_are_counted_one_by_one() {
    const VISITORS: usize = 20;
    let name = Name::new("at-once");
    let mut visitors: Vec<Child> = (0..VISITORS)
        .map(|_| example("visits").command().arg(&name.0).stdout(Stdio::piped()).spawn().unwrap())
        .collect();
    let mut counted: Vec<usize> = visitors
        .drain(..)
        .map(|visitor| {
            let output = visitor.wait_with_output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            text.trim().strip_prefix("visit ").expect("it says which").parse().unwrap()
        })
        .collect();
    counted.sort_unstable();
    assert_eq!(counted, (1..=VISITORS).collect::<Vec<_>>());
}

#[test]
fn what_is_something_else_is_not_touched() {
    let name = Name::new("else");
    fs::write(name.path(), "a text").unwrap();
    for output in [name.visit(), name.remove()] {
        assert_eq!(
            output.failure(1),
            "error: shm: this is no shared object, which create() makes, or only a part of one (EINVAL)\n"
        );
    }
    assert_eq!(fs::read(name.path()).unwrap(), b"a text");
}

#[test]
fn a_name_that_is_not_there_cannot_be_removed() {
    let name = Name::new("missing");
    assert_eq!(name.remove().failure(1), "error: open: No such file or directory (ENOENT)\n");
}
