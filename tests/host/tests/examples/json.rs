//! `json`: the counts are right under every allocator; times and memory are the machine's.

use baremap_host_tests::example;
use std::fs;

/// The first five columns of a table: an allocator, and what it found.
fn table(output: &str) -> Vec<Vec<String>> {
    let rows = output.lines().skip(1).map(|row| row.split_whitespace().map(String::from));
    rows.map(|row| row.take(5).collect()).collect()
}

fn check(output: &str, bytes: usize, counts: [&str; 4]) {
    assert_eq!(output.lines().next(), Some(&*format!("{bytes} bytes")));
    let rows = table(output);
    assert_eq!(rows[0], ["allocator", "objects", "arrays", "strings", "numbers"]);
    let names = ["bump", "talc", "dlmalloc", "pages"];
    assert_eq!(rows.len() - 1, names.len(), "{output}");
    for (row, name) in rows[1..].iter().zip(names) {
        // A page for each value is too much where pages are large.
        if name != "pages" || row[1] != "not" {
            assert_eq!((&row[0][..], &row[1..]), (name, &counts.map(String::from)[..]), "{output}");
        }
    }
}

#[test]
fn a_file_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.json");
    let text = r#"{"a": [1, 2.5, -3e2, {"b": "text\n\u00e9"}], "c": null, "d": [[], {}, true, "", "x"]}"#;
    fs::write(&path, text).unwrap();
    check(&example("json").run([&path]).success(), text.len(), ["3", "3", "3", "3"]);
}

#[test]
fn without_a_file() {
    // 8,192 lines of 128 bytes, in each an object with an array, three strings and two numbers; and an array around them.
    check(&example("json").run([""; 0]).success(), 1 << 20, ["8192", "8193", "24576", "16384"]);
}

#[test]
fn what_is_no_json() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.json");
    for (text, reason) in [
        (&b"[1, 2"[..], "EOF while parsing a list at line 1 column 5"),
        (b"{\n1}", "key must be a string at line 2 column 1"),
        (b"\"\xff\"", "invalid utf-8 sequence of 1 bytes from index 1"),
        (b"", "EOF while parsing a value at line 1 column 0"),
    ] {
        fs::write(&path, text).unwrap();
        let output = example("json").run([&path]);
        assert_eq!((output.stderr, output.code), (format!("json: {reason}\n"), 1));
    }
    assert!(
        example("json").run(["/nonexistent"]).failure(1).ends_with("No such file or directory (ENOENT)\n")
    );
}
