//! An arena of several processes lies in memory that they share.

use baremap::alloc::SharedArena;
use baremap::{AnonMap, SharedMap};

pub fn main() -> baremap::Result<()> {
    SharedArena::create(AnonMap::new(1 << 16)?)?; //~ E0277
    SharedArena::create(SharedMap::new(1 << 16)?.make_read_only()?)?; //~ E0277
    SharedArena::create(SharedMap::new(1 << 16)?).map(drop)
}
