//! Lines as /proc/PID/maps has them, and any others: an error, or a region that is no wider than its line.
#![no_main]

use baremap::map::Region;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &[u8]| {
    if let Ok(region) = Region::parse(line) {
        assert!(!region.range().is_empty());
        assert!(line.ends_with(region.path()));
    }
});
