//! Stubs stand in the function that uses the safe interface: its way to the kernel has no call.

use baremap_host_tests::{Arch, harness};
use object::{Object, ObjectSection, ObjectSymbol};

use crate::code::{Instruction, decode};

/// The number of a system call on each architecture: arch/x86/entry/syscalls/syscall_64.tbl and
/// include/uapi/asm-generic/unistd.h of the kernel.
struct Number {
    x86_64: u64,
    aarch64: u64,
}

const MMAP: Number = Number { x86_64: 9, aarch64: 222 };
const MUNMAP: Number = Number { x86_64: 11, aarch64: 215 };
const MSYNC: Number = Number { x86_64: 26, aarch64: 227 };
const FTRUNCATE: Number = Number { x86_64: 77, aarch64: 46 };

/// The instructions of one of the freestanding tests' functions.
fn function(name: &str) -> Vec<Instruction> {
    let data = harness().read();
    let file = object::File::parse(data.as_slice()).expect("an ELF file");
    let symbol = file.symbols().find(|symbol| symbol.name() == Ok(name));
    let symbol = symbol.unwrap_or_else(|| panic!("the freestanding tests have no function {name}"));
    let section = symbol.section_index().and_then(|index| file.section_by_index(index).ok());
    let bytes =
        section.and_then(|section| section.data_range(symbol.address(), symbol.size()).ok().flatten());
    let code = decode(Arch::of_programs(), bytes.expect("it has a body"));
    assert!(!code.is_empty(), "{name} has a body");
    code
}

/// What a function does before its first system call, without the number that comes last.
#[track_caller]
fn before_system_call(name: &str, number: Number) -> Vec<Instruction> {
    let mut code = function(name);
    let Some(at) = code.iter().position(|&instruction| instruction == Instruction::SystemCall) else {
        panic!("{name} makes no system call itself: {code:?}");
    };
    code.truncate(at);
    let number = match Arch::of_programs() {
        Arch::X86_64 => number.x86_64,
        Arch::Aarch64 => number.aarch64,
    };
    assert_eq!(code.pop(), Some(Instruction::Number(number)), "{name}: {code:?}");
    code
}

#[track_caller]
fn reaches_the_kernel_without_a_call(name: &str, number: Number) {
    let code = before_system_call(name, number);
    assert!(!code.contains(&Instruction::Call), "{name}: {code:?}");
}

#[test]
fn of_mmap() {
    reaches_the_kernel_without_a_call("probe_mmap", MMAP);
}

#[test]
fn of_munmap() {
    reaches_the_kernel_without_a_call("probe_munmap", MUNMAP);
}

#[test]
fn of_msync() {
    reaches_the_kernel_without_a_call("probe_msync", MSYNC);
}

#[test]
fn of_ftruncate() {
    reaches_the_kernel_without_a_call("probe_ftruncate", FTRUNCATE);
}

#[test]
fn six_arguments_cost_at_most_six_moves() {
    let code = before_system_call("probe_sys_mmap", MMAP);
    assert!(code.len() <= 6, "{code:?}");
    assert!(code.iter().all(|&instruction| instruction == Instruction::Move), "{code:?}");
}
