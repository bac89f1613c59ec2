//! A slice does not outlive its map.

use baremap::SecretMap;

fn first(map: SecretMap) -> u8 {
    let bytes = &map[..];
    drop(map); //~ E0505
    bytes[0]
}

pub fn main() -> baremap::Result<()> {
    let _: fn(SecretMap) -> u8 = first;
    Ok(())
}
