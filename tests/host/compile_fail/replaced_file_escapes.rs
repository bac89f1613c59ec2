//! The file that replaces another is lent for as long as it is filled.

use baremap::{File, replace_file};

pub fn main() -> baremap::Result<()> {
    let mut escaped: Option<&File> = None;
    let _ = replace_file(c"/nonexistent/file", |file| {
        escaped = Some(file); //~ E0521
        file.write_all(b"text")
    });
    assert!(escaped.take().is_none());
    Ok(())
}
