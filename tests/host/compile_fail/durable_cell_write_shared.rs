//! A cell has one writer.

use baremap::{DurableCell, File};

fn write(cell: &DurableCell, exclusive: &mut DurableCell) -> baremap::Result<()> {
    cell.write(b"text")?; //~ E0596
    cell.read(&mut [0; 4])?;
    exclusive.write(b"text")
}

pub fn main() -> baremap::Result<()> {
    let _: fn(&File, u64, usize) -> baremap::Result<DurableCell> = DurableCell::open;
    let _: fn(&DurableCell, &mut DurableCell) -> baremap::Result<()> = write;
    Ok(())
}
