//! Whoever may write to the file may change the bytes: no slice of them, whatever the protection.

use baremap::{File, FileMap};

pub fn main() -> baremap::Result<()> {
    let file = File::unnamed()?;
    file.set_len(1)?;
    let read: &[u8] = &FileMap::read(&file)?; //~ E0308
    let write: &mut [u8] = &mut FileMap::write(&file)?; //~ E0308
    let copy: &mut [u8] = &mut FileMap::copy(&file)?; //~ E0308
    FileMap::copy(&file)?.write_at(0, &[1])
}
