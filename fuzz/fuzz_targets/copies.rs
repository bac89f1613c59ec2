#![no_main]

use baremap_fuzz::copies;

libfuzzer_sys::fuzz_target!(|plan: copies::Plan| copies::run(plan));
