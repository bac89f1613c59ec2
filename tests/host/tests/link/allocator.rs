//! What the bump allocator adds to a program: bytes, and instructions to a block.

use std::env::consts::ARCH;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use baremap_host_tests::Output;
use object::{Object, ObjectSection, ObjectSymbol};

use crate::path::shortest;
use crate::project::Project;

/// As README.md has them.
const FLAGS: &str = "-Clinker=rust-lld -Clinker-flavor=ld.lld -Clink-arg=-nostdlib -Clink-arg=--build-id=none \
                     -Crelocation-model=static";
const MANIFEST: &str = "\
    [package]\nname = \"program\"\nedition = \"2024\"\n\
    [dependencies]\nbaremap = { version = \"0.1\", features = [\"rt\"] }\n\
    [profile.release]\npanic = \"abort\"\nlto = \"fat\"\ncodegen-units = 1\n\
    [profile.small]\ninherits = \"release\"\nopt-level = \"z\"\n";

/// Allocates, lets a block grow, and frees it.
const MAIN: &str = r#"
#![no_std]
#![no_main]
extern crate alloc;

baremap::entry!(main);

fn main() -> u8 {
    let mut numbers = alloc::vec::Vec::new();
    numbers.extend(0..100_u8);
    numbers.push(100);
    numbers[42]
}
"#;

/// The heap that is measured, and one that is nothing, of which the compiler does not know it.
const BUMP: &str = "#[global_allocator]\nstatic HEAP: baremap::alloc::Bump = baremap::alloc::Bump::new();\n";
const NOTHING: &str = "
use core::alloc::{GlobalAlloc, Layout};

#[global_allocator]
static HEAP: Nothing = Nothing;
struct Nothing;

#[inline(never)]
fn nothing() -> *mut u8 {
    core::hint::black_box(core::ptr::null_mut())
}

unsafe impl GlobalAlloc for Nothing {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        nothing()
    }
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {
        nothing();
    }
    unsafe fn realloc(&self, _: *mut u8, _: Layout, _: usize) -> *mut u8 {
        nothing()
    }
}
";

/// Blocks of a size that is known when the program is compiled, as most are.
const PROBES: &str = "
use core::alloc::{GlobalAlloc, Layout};

#[unsafe(no_mangle)]
#[inline(never)]
fn probe_alloc() -> *mut u8 {
    unsafe { HEAP.alloc(Layout::new::<[u64; 3]>()) }
}

#[unsafe(no_mangle)]
#[inline(never)]
fn probe_dealloc(block: *mut u8) {
    unsafe { HEAP.dealloc(block, Layout::new::<[u64; 3]>()) }
}

#[used]
static USED: (fn() -> *mut u8, fn(*mut u8)) = (probe_alloc, probe_dealloc);
";

/// Builds a program, and says where it is.
fn build(name: &str, main: &str, profile: &str) -> PathBuf {
    let project = Project::new(name, &[("Cargo.toml", MANIFEST), ("src/main.rs", main)]);
    let target = format!("{ARCH}-unknown-linux-gnu");
    let mut build = project.cargo("build");
    build.args(["--profile", profile, "--target", &target]).env("RUSTFLAGS", FLAGS);
    assert_eq!(Output::of(&mut build).success(), "");
    project.built(&format!("{target}/{profile}/program"))
}

/// The bytes of a program's code and constants. Tables for debuggers, which stripping leaves in, do not count.
fn size(data: &[u8]) -> u64 {
    let file = object::File::parse(data).expect("an ELF file");
    [".text", ".data", ".rodata"]
        .iter()
        .filter_map(|name| file.section_by_name(name))
        .map(|section| section.size())
        .sum()
}

#[test]
fn bump_takes_less_than_three_kilobytes() {
    let with = build("with-bump", &[MAIN, BUMP].concat(), "small");
    assert_eq!(Output::of(&mut Command::new(&with)).code, 42);
    let without = build("without-bump", &[MAIN, NOTHING].concat(), "small");
    let [with, without] = [with, without].map(|program| size(&fs::read(program).unwrap()));
    let bytes = with - without;
    println!("{bytes} bytes: {with} with the allocator, {without} without");
    assert!(bytes <= 2816, "{bytes} bytes: {with} with the allocator, {without} without");
}

/// The most instructions to a block, and around them, what makes a function.
const MOST: usize = 32;

/// Asserts that there is a short way through a function, which neither calls nor locks.
#[track_caller]
fn is_short(data: &[u8], name: &str) {
    let file = object::File::parse(data).expect("an ELF file");
    let symbol = file.symbols().find(|symbol| symbol.name() == Ok(name)).expect("it was not stripped");
    let section = file.section_by_index(symbol.section_index().expect("it is there")).expect("it is there");
    let code =
        section.data_range(symbol.address(), symbol.size()).expect("it is there").expect("it has a body");
    let count = shortest(code).unwrap_or_else(|| panic!("{name} has no way without a lock or a call"));
    println!("{name}: {count} instructions");
    assert!(count <= MOST, "{name}: {count} instructions");
}

#[test]
fn a_block_takes_few_instructions_and_no_lock() {
    let program = build("probes", &[MAIN, BUMP, PROBES].concat(), "release");
    let data = fs::read(program).unwrap();
    is_short(&data, "probe_alloc");
    is_short(&data, "probe_dealloc");
}
