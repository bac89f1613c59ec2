//! Nobody makes a protection that the crate does not have: one that is writable and executable, say.

use baremap::map::{Protection, ReadWrite};
use baremap::sys::ProtFlags;

enum Everything {}

impl Protection for Everything { //~ E0277
    const FLAGS: ProtFlags = ProtFlags::all(); //~
} //~

pub fn main() -> baremap::Result<()> {
    const { assert!(size_of::<Everything>() == 0) };
    assert_eq!(ReadWrite::FLAGS & ProtFlags::all(), ProtFlags::READ | ProtFlags::WRITE);
    Ok(())
}
