//! The next chunk is copied over the last one.

use baremap::{File, FileMap};

pub fn main() -> baremap::Result<()> {
    let file = File::unnamed()?;
    file.set_len(2)?;
    let map = FileMap::read(&file)?;
    let mut buffer = [0];
    let mut chunks = map.chunks(&mut buffer);
    let first = chunks.next()?;
    let second = chunks.next()?; //~ E0499
    assert_eq!(first, Some(&[0][..]));
    Ok(())
}
