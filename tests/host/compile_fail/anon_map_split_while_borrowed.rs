//! What is borrowed of a map is not split off.

use baremap::{AnonMap, page};

pub fn main() -> baremap::Result<()> {
    let mut map = AnonMap::new(2 * page::size())?;
    let last = &map[page::size()];
    map.split_off(page::size())?; //~ E0502
    assert_eq!(*last, 0);
    Ok(())
}
