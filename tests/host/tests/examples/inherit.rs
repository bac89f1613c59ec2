use baremap_host_tests::example;

use crate::PAGE_SIZES;
use crate::files::Files;

/// What it prints for a file; a last line without an end gets one.
fn expected(content: &str) -> String {
    let end = if content.is_empty() || content.ends_with('\n') { "" } else { "\n" };
    format!(
        "Child access memory mapped file:\n{content}{end}Parent access memory mapped file:\n{content}{end}"
    )
}

#[test]
fn both_processes_print_the_file() {
    let files = Files::new();
    let mut contents = vec!["one line\n".into(), "no end of line".into(), String::new(), "\n".into()];
    contents.extend(PAGE_SIZES.map(|size| "a line of a page\n".repeat(size / 17 * 3)));
    contents.extend(PAGE_SIZES.map(|size| "x".repeat(size)));
    for content in contents {
        let path = files.write("file", &content);
        let output = example("inherit").run([path]).success();
        assert!(output == expected(&content), "{} bytes: {output}", content.len());
    }
}

#[test]
fn says_why_it_cannot() {
    let files = Files::new();
    let said = example("inherit").run([files.path("missing")]).failure(1);
    assert_eq!(said, "error: open: No such file or directory (ENOENT)\n");
    let said = example("inherit").run([files.path(".")]).failure(1);
    assert_eq!(said, "error: mmap: a directory cannot be mapped, only a regular file (ENODEV)\n");
}
