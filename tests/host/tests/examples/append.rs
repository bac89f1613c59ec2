use std::fs;

use baremap_host_tests::example;

use crate::PAGE_SIZES;
use crate::files::Files;

/// What it prints for a file; a last line without an end gets one.
fn listing(content: &str) -> String {
    let end = if content.is_empty() || content.ends_with('\n') { "" } else { "\n" };
    format!("{content}{end}")
}

#[track_caller]
fn appends(before: &str, text: &str) {
    let files = Files::new();
    let path = files.write("file", before);
    let output = example("append").run([path.as_os_str(), text.as_ref()]).success();
    let after = format!("{before}{text}");
    let sizes = format!("{} bytes after {}", text.len(), before.len());
    assert!(fs::read(path).unwrap() == after.as_bytes(), "{sizes}: the file has another content");
    let expected = format!("Before:\n{}After:\n{}", listing(before), listing(&after));
    assert!(output == expected, "{sizes}: it printed another content");
}

#[test]
fn the_file_ends_with_the_text() {
    appends("one\n", "two\n");
    appends("one", "two");
    appends("", "the first text");
    appends("nothing new", "");
    appends("", "");
    appends("", "Zeile für Zeile\n…");
}

#[test]
fn the_file_ends_near_the_border_of_a_page() {
    for size in PAGE_SIZES {
        for before in [size - 1, size, size + 1, 2 * size] {
            for text in [1, 2, size] {
                appends(&"x".repeat(before), &"y".repeat(text));
            }
        }
    }
}

#[test]
fn says_why_it_cannot() {
    let files = Files::new();
    for (path, error) in
        [("missing", "open: No such file or directory (ENOENT)"), (".", "open: Is a directory (EISDIR)")]
    {
        let path = files.path(path);
        let said = example("append").run([path.as_os_str(), "text".as_ref()]);
        assert_eq!(said.failure(1), format!("error: {error}\n"));
    }
    assert!(!files.path("missing").exists());
}
