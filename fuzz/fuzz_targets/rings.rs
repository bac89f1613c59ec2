#![no_main]

use baremap_fuzz::rings;

libfuzzer_sys::fuzz_target!(|plan: rings::Plan| rings::run(plan));
