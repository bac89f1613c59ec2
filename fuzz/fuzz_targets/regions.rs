#![no_main]

use baremap_fuzz::regions;

libfuzzer_sys::fuzz_target!(|text: &[u8]| regions::run(text));
