//! What an atomic is the crate says.

use baremap::map::Atomic;

struct Mine; //~

unsafe impl Atomic for Mine {} //~ E0277

pub fn main() -> baremap::Result<()> {
    fn is_atomic<T: Atomic>() {}
    is_atomic::<core::sync::atomic::AtomicU64>();
    Ok(())
}
