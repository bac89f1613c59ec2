#![no_main]

use baremap_fuzz::shared_arena;

libfuzzer_sys::fuzz_target!(|plan: shared_arena::Plan| shared_arena::run(plan));
