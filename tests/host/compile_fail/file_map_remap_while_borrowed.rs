//! A map that follows its file moves only when nothing of it is borrowed.

use baremap::{File, FileMap};
use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

pub fn main() -> baremap::Result<()> {
    let file = File::unnamed()?;
    file.set_len(1)?;
    let mut map = FileMap::write(&file)?;
    let byte: &AtomicU8 = map.atomic(0)?;
    map.remap(&file)?; //~ E0502
    map.set_len(&file, 1 << 20)?; //~ E0502
    assert_eq!(byte.load(Relaxed), 0);
    map.remap(&file)
}
