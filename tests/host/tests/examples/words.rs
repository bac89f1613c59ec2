//! `words`.

use baremap_host_tests::example;
use std::fs;

#[test]
fn the_most_frequent_words_come_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text");
    fs::write(&path, "the cat, the dog and the bird; a dog.\nA bird, é\n").unwrap();
    let expected = "      3 the\n      2 bird\n      2 dog\n      1 A\n      1 a\n      1 and\n      1 cat\n";
    assert_eq!(example("words").run([&path]).success(), expected);
    fs::write(&path, "").unwrap();
    assert_eq!(example("words").run([&path]).success(), "");
}

#[test]
fn ten_of_many() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text");
    let text: String = (0..50_000).map(|number| format!("word{} ", (number as f64).sqrt() as u32)).collect();
    fs::write(&path, text).unwrap();
    // 2 n + 1 numbers have the root n, when it is rounded down; 223 is cut short.
    let expected: String = (213..=222).rev().map(|root| format!("{:7} word{root}\n", 2 * root + 1)).collect();
    assert_eq!(example("words").run([&path]).success(), expected);
}
