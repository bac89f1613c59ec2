//! Shared values may be stored to: a map that may not lends none.

use baremap::share::PlainCell;
use baremap::{File, FileMap};

pub fn main() -> baremap::Result<()> {
    let file = File::unnamed()?;
    file.set_len(4)?;
    FileMap::read(&file)?.value::<PlainCell<u32>>(0)?; //~ E0599
    FileMap::write(&file)?.value::<PlainCell<u32>>(0).map(drop)
}
