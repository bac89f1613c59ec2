//! A descriptor that is borrowed stays open.

use baremap::fd::AsFd;
use baremap::{File, FileMap};

pub fn main() -> baremap::Result<()> {
    let file = File::unnamed()?;
    file.set_len(1)?;
    let fd = file.as_fd();
    drop(file); //~ E0505
    FileMap::read(fd).map(drop)
}
