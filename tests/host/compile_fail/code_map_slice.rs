//! Code is copied in, and lent as functions only.

use baremap::CodeMap;

pub fn main() -> baremap::Result<()> {
    let mut map = CodeMap::new(1)?;
    map[0] = 0xc3; //~ E0608
    map.write_at(0, &[0xc3])
}
