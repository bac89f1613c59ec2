//! The subject on an arena of bump-scope.

use bump_scope::{Bump, traits::BumpAllocatorTyped};

fn main() {
    let arena: Bump = Bump::new();
    baremap_benches::subject::run_arena(|layout| arena.allocate_layout(layout).as_ptr());
}
