#![no_main]

use baremap_fuzz::names;

libfuzzer_sys::fuzz_target!(|plan: names::Plan| names::run(plan));
