//! Who takes a slice all the same promises that nobody writes.

use baremap::SharedMap;

pub fn main() -> baremap::Result<()> {
    let mut map = SharedMap::new(1)?;
    let _ = map.as_slice(); //~ E0133
    let _ = map.as_mut_slice(); //~ E0133
    // SAFETY: no other process has the map.
    unsafe { map.as_mut_slice()[0] = 1 };
    // SAFETY: as above.
    assert_eq!(unsafe { map.as_slice() }, [1]);
    Ok(())
}
