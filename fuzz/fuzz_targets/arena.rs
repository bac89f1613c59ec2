#![no_main]

use baremap_fuzz::arena;

libfuzzer_sys::fuzz_target!(|plan: arena::Plan| arena::run(plan));
