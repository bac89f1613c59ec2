//! tests/manual.md, against the tests: what it names exists, and nothing is missing.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use baremap_host_tests::harness;

/// What the table may say instead of a test, before its reason.
const NOT_TESTED: &str = "*not tested:* ";

/// A sentence of a page.
struct Row {
    /// The page, such as `mmap`.
    page: String,
    sentence: String,
    /// What holds it: tests, in backticks and with words around them, or why there is none.
    held_by: String,
}

impl Row {
    /// The tests that it names.
    fn tests(&self) -> impl Iterator<Item = &str> {
        // What is in backticks is every other part.
        self.held_by.split('`').skip(1).step_by(2)
    }
}

/// The sentences of all pages.
fn table() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../manual.md");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut page = String::new();
    let mut rows = Vec::new();
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            page = heading.split('(').next().unwrap_or_default().to_owned();
        } else if let Some(cells) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) {
            let cells: Vec<&str> = cells.split(" | ").collect();
            let [_, sentence, held_by] = cells[..] else { panic!("three cells, and not: {line}") };
            if held_by != "held by" {
                rows.push(Row { page: page.clone(), sentence: sentence.into(), held_by: held_by.into() });
            }
        }
    }
    rows
}

/// The names of all freestanding tests.
fn tests() -> BTreeSet<String> {
    let list = harness().run(["--list", "--format", "terse"]).success();
    list.lines().filter_map(|line| line.strip_suffix(": test")).map(String::from).collect()
}

#[test]
fn every_page_has_its_sentences() {
    let pages: BTreeSet<String> = table().into_iter().map(|row| row.page).collect();
    let expected = "fork ftruncate madvise memfd_create mmap mprotect mremap msync munmap shm_open";
    assert!(pages.iter().eq(expected.split(' ')), "{pages:?}");
}

#[test]
fn every_sentence_is_held_by_tests_that_exist_or_says_why_not() {
    let tests = tests();
    for row in table() {
        let Row { page, sentence, held_by } = &row;
        let missing: Vec<&str> = row.tests().filter(|&name| !tests.contains(name)).collect();
        assert!(missing.is_empty(), "{page}: \"{sentence}\" names what does not exist: {missing:?}");
        let reason = held_by.strip_prefix(NOT_TESTED);
        let is_answered = reason.map_or(row.tests().next().is_some(), |reason| !reason.is_empty());
        assert!(is_answered, "{page}: \"{sentence}\" has neither test nor reason");
    }
}

#[test]
fn every_test_of_the_manual_is_named_on_its_page() {
    let table = table();
    for test in tests().iter().filter(|name| name.starts_with("manual::")) {
        let page = test.split("::").nth(1).unwrap_or_default();
        let is_named = |row: &Row| row.page == page && row.tests().any(|name| name == test);
        assert!(table.iter().any(is_named), "{test} is not in the table of {page}");
    }
}
