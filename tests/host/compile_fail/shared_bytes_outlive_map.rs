//! Bytes go with their map.

use baremap::SharedMap;

pub fn main() -> baremap::Result<()> {
    let map = SharedMap::new(8)?;
    let part = map.range(4, 4)?;
    drop(map); //~ E0505
    assert_eq!(part.load::<u32>(0)?, 0);
    Ok(())
}
