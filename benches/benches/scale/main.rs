//! What becomes of times when there is more: more maps, longer maps that grow, longer arenas.
//!
//! `cargo bench -p baremap-benches --bench scale -- [--quick] [FILTER]`

mod arenas;
mod growth;
mod maps;

use baremap_benches::Area;

fn main() {
    let mut area =
        Area::start("scale", "scale", "What becomes of times when there are more maps, and longer ones.");
    maps::times(&mut area);
    maps::memory(&mut area);
    growth::measure(&mut area);
    arenas::measure(&mut area);
}
