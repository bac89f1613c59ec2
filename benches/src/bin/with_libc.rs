//! The subject on the C library's malloc.

#[global_allocator]
static HEAP: std::alloc::System = std::alloc::System;

fn main() {
    baremap_benches::subject::run();
}
