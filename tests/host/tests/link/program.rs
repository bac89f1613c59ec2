//! A program full of addresses, which have to be mended where it is put anywhere in memory.
#![no_std]
#![no_main]

use baremap::println;
use core::hint::black_box;

baremap::entry!(main);

/// Two words of every four are addresses.
struct Entry {
    name: &'static str,
    factor: u64,
    function: fn(u64, u64) -> u64,
}

const fn entry(name: &'static str, factor: u64, function: fn(u64, u64) -> u64) -> Entry {
    Entry { name, factor, function }
}

fn add(a: u64, b: u64) -> u64 {
    a + b
}

fn multiply(a: u64, b: u64) -> u64 {
    a * b
}

/// More addresses than the first word of a packed table speaks for.
static ENTRIES: [Entry; 100] = {
    let mut entries = [const { entry("add", 0, add) }; 100];
    let mut index = 0;
    while index < 100 {
        let function = if index % 3 == 0 { multiply } else { add as fn(u64, u64) -> u64 };
        entries[index] = entry(if index % 3 == 0 { "multiply" } else { "add" }, index as u64, function);
        index += 1;
    }
    entries
};

/// An address of data that may be written, itself in data that may be written.
static mut CHOSEN: &Entry = &ENTRIES[7];

fn main() {
    let sum: u64 = black_box(&ENTRIES).iter().map(|entry| (entry.function)(entry.factor, 2)).sum();
    let letters: usize = black_box(&ENTRIES).iter().map(|entry| entry.name.len()).sum();
    // SAFETY: there is one thread, and no reference lives.
    let chosen = unsafe { (&raw const CHOSEN).read_volatile() };
    println!("sum {sum}, letters {letters}, chosen {} {}", chosen.name, chosen.factor);
}
