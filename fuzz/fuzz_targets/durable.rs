#![no_main]

use baremap_fuzz::durable;

libfuzzer_sys::fuzz_target!(|plan: durable::Plan| durable::run(plan));
