//! The subject on dlmalloc, as it comes.

#[global_allocator]
static HEAP: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() {
    baremap_benches::subject::run();
}
