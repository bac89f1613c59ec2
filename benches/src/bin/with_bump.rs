//! The subject on this crate's allocator.

use baremap::alloc::Bump;

#[global_allocator]
static HEAP: Bump = Bump::new();

fn main() {
    baremap_benches::subject::run();
}
