//! Prints the ten words that are most frequent in a file: a hash map and a vector in an arena, and no other allocator.
#![no_std]
#![no_main]

use allocator_api2::vec::Vec;
use baremap::alloc::{AnonPages, Arena};
use baremap::rt::Env;
use baremap::{File, Result, SealedMap, eprintln, println};
use core::cmp::Reverse;
use hashbrown::HashMap;

baremap::entry!(main);

/// The collections do not link without an allocator, though these have one of their own.
#[global_allocator]
static NO_HEAP: AnonPages = AnonPages::new().limit(0);

fn main(env: Env) -> Result<u8> {
    let mut args = env.args().skip(1);
    let (Some(path), None) = (args.next(), args.next()) else {
        eprintln!("usage: words FILE");
        return Ok(2);
    };
    // The words stay where they are, so the text must: a copy that nobody can change.
    let text = SealedMap::snapshot_of(File::open(path)?)?;
    let arena = Arena::new();
    let mut counts = HashMap::new_in(&arena);
    for word in text.split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        *counts.entry(word).or_insert(0_u32) += 1;
    }
    let mut words = Vec::new_in(&arena);
    words.extend(counts.into_iter().map(|(word, count)| (Reverse(count), word)));
    words.sort_unstable();
    for (Reverse(count), word) in words.into_iter().take(10) {
        println!("{count:7} {}", core::str::from_utf8(word).unwrap_or_default());
    }
    Ok(0)
}
