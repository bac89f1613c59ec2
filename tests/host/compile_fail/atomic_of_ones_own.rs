//! What an atomic is the crate says.

use baremap::map::Atomic;

struct Mine; //~

unsafe impl Atomic for Mine { //~ E0277
    const NAME: &'static str = "Mine"; //~
} //~

pub fn main() -> baremap::Result<()> {
    fn is_atomic<T: Atomic>() {}
    is_atomic::<core::sync::atomic::AtomicU64>();
    Ok(())
}
