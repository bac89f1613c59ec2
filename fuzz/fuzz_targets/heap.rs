#![no_main]

use baremap_fuzz::heap;

libfuzzer_sys::fuzz_target!(|plan: heap::Plan| heap::run(plan));
