use std::fs;

use baremap_host_tests::example;

use crate::PAGE_SIZES;
use crate::files::Files;

/// The page size that a listing speaks of.
fn page_size(output: &str) -> usize {
    let first = output.lines().next().unwrap_or_default();
    let size = first.rsplit(' ').next().and_then(|word| word.strip_suffix('.')).expect(output);
    let size = size.parse().expect(output);
    assert!(PAGE_SIZES.contains(&size), "{output}");
    size
}

fn beyond_the_end(len: usize, page: usize) -> String {
    let tail = len.next_multiple_of(page) - len;
    let first =
        format!("The file has {len} bytes; after its end, {tail} are left in its last page of {page}.\n");
    if tail == 0 {
        return first;
    }
    format!(
        "{first}Of these, {tail} read as zero.\n\
         After a store there and msync, read(2) finds 0 bytes, and the file has {len}.\n"
    )
}

fn private_and_shared(old: u8) -> String {
    let new = old ^ 0x20;
    format!(
        "The first byte of the file is {old:#04x}.\n\
         After a store of {new:#04x} through a private map it is {old:#04x}.\n\
         After a store of {new:#04x} through a shared map it is {new:#04x}.\n"
    )
}

#[track_caller]
fn shows(content: &[u8]) {
    let files = Files::new();
    let path = files.write("file", content);
    let output = example("tail_of_page").run([&path]).success();
    let page = page_size(&output);
    assert_eq!(output, beyond_the_end(content.len(), page) + &private_and_shared(content[0]));
    assert!(fs::read(path).unwrap() == content, "the file of {} bytes is not as it was", content.len());
}

#[test]
fn of_files_that_end_within_a_page() {
    shows(b"Hello, page!\n");
    shows(b"x");
    for size in PAGE_SIZES {
        shows(&vec![b'a'; size - 1]);
        shows(&vec![b'a'; size + 1]);
    }
}

#[test]
fn of_a_file_that_ends_with_a_page() {
    for size in PAGE_SIZES {
        shows(&vec![b'a'; size]);
    }
}

#[test]
fn of_a_new_file() {
    let files = Files::new();
    let path = files.path("new");
    let output = example("tail_of_page").run([&path]).success();
    let content = fs::read(path).unwrap();
    assert_eq!(content, b"Hello, page!\n");
    assert_eq!(output, beyond_the_end(content.len(), page_size(&output)) + &private_and_shared(b'H'));
}

#[test]
fn says_why_it_cannot() {
    let said = example("tail_of_page").run(["/nonexistent/file"]).failure(1);
    assert_eq!(said, "error: open: No such file or directory (ENOENT)\n");
}
