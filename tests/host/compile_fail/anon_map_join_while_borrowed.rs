//! A map that another one takes is not borrowed.

use baremap::{AnonMap, page};

pub fn main() -> baremap::Result<()> {
    let mut map = AnonMap::new(2 * page::size())?;
    let rest = map.split_off(page::size())?;
    let first = &rest[0];
    map.join(rest)?; //~ E0505
    assert_eq!(*first, 0);
    Ok(())
}
