#![no_main]

use baremap_fuzz::maps;

libfuzzer_sys::fuzz_target!(|plan: maps::Plan| maps::run(plan));
