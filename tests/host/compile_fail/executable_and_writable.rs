//! A change of protection takes the map that was: there are not two of one.

use baremap::AnonMap;

pub fn main() -> baremap::Result<()> {
    let mut map = AnonMap::new(1)?;
    let code = map.make_exec()?; //~
    map[0] = 0xc3; //~ E0382
    map = AnonMap::new(1)?;
    assert_eq!(map.len(), 1);
    Ok(())
}
