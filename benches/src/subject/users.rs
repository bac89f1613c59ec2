//! What allocates in programs that people write.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use super::clock::Clock;

/// Nanoseconds in which `serde_json` makes values of a file and they are dropped.
pub(super) fn json(file: &str) -> f64 {
    let text = fs::read(file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let start = Clock::start();
    let value: Value = serde_json::from_slice(&text).expect("it is JSON");
    drop(value);
    start.nanoseconds()
}

/// Nanoseconds in which a map gets so many strings, in no order, and is dropped.
pub(super) fn tree(strings: usize) -> f64 {
    let start = Clock::start();
    let mut map = BTreeMap::new();
    let mut key = 1_u32;
    for index in 0..strings {
        key = key.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        map.insert(format!("string {key}"), index);
    }
    assert_eq!(map.len(), strings, "the keys differ: the generator's period is longer");
    drop(map);
    start.nanoseconds()
}
