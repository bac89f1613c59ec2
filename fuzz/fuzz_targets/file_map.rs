#![no_main]

use baremap_fuzz::file_map;

libfuzzer_sys::fuzz_target!(|plan: file_map::Plan| file_map::run(plan));
