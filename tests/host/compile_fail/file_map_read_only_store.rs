//! A map for reading takes no stores.

use baremap::{File, FileMap};

pub fn main() -> baremap::Result<()> {
    let file = File::unnamed()?;
    file.set_len(1)?;
    let map = FileMap::read(&file)?;
    map.write_at(0, &[1])?; //~ E0599
    map.store(0, 1_u8)?; //~ E0599
    map.read_at(0, &mut [0])
}
