#![no_main]

use baremap_fuzz::env;

libfuzzer_sys::fuzz_target!(|plan: env::Plan| env::run(plan));
