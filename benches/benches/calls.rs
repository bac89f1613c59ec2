//! System calls as this crate makes them, beside inline assembly written by hand, other crates and the C library.
//!
//! `cargo bench -p baremap-benches --bench calls -- [--quick] [FILTER]`
//!
//! Times are of processes that make no other library's calls; see [`baremap_benches::stubs`].

use std::process::Command;

use baremap_benches::stubs::Call;
use baremap_benches::way::Program;
use baremap_benches::{Area, Target, Unit, bound, ours, peer};

/// On a processor that predicts the first return after a system call, a call of a function around it costs nothing.
const NOT_AHEAD: &str = "this processor predicts the first return after a system call, so that a function around it costs next to \
    nothing. Where mitigations make it mispredict (AMD EPYC, Linux 6.18, glibc 2.36) the ratio was 0.72";
/// Where the kernel does more.
const SAME: &str = "up to the kernel the instructions are the same as those of the others, or fewer, see the tables below: what differs is \
    what one run differs by from the next";
/// What inline assembly saves that knows the types of the kernel's arguments.
const WIDENED: &str = "a descriptor is made as wide as its register, one instruction that the kernel, which reads the lower half, does \
    not need: the stubs take all arguments as `usize`. rustix, sc and syscalls do the same";

const CALL: &str = env!("CARGO_BIN_EXE_call");

/// Each by the name that `call` has for it.
const LIBRARIES: [Program<'_>; 6] = [
    bound("inline assembly", &[CALL, "assembly"]),
    ours("baremap", &[CALL, "baremap"]),
    peer("rustix", &[CALL, "rustix"]),
    peer("sc", &[CALL, "sc"]),
    peer("syscalls", &[CALL, "syscalls"]),
    peer("libc", &[CALL, "libc"]),
];

fn main() {
    let mut area = Area::start("calls", "calls", "System calls: the way to the kernel.");
    for call in Call::ALL {
        let rounds = area.either(40, 6);
        let Some(table) = area.table(call.name()) else { continue };
        let equal = Target::new("baremap", "inline assembly", 1.02);
        let ahead = Target::new("baremap", "libc", 0.75);
        // Of the others, the kernel's own work is most of the time.
        let targets = if call == Call::Parent { &[equal, ahead][..] } else { &[equal] };
        table.targets(targets).why("baremap", SAME).why_beside("baremap", "libc", NOT_AHEAD).programs(
            rounds,
            &[call.name()],
            &LIBRARIES,
        );
    }
    instructions(&mut area);
}

/// User space's part, up to and with the instruction that enters the kernel.
fn instructions(area: &mut Area) {
    let counts = LIBRARIES.map(|library| library.with(counts(library.work)));
    for name in ["getppid", "mmap", "munmap", "msync", "ftruncate"] {
        let Some(table) = area.table(format!("instructions of {name}")) else { continue };
        let mut table =
            table.unit(Unit::Instructions).why_beside("baremap", "inline assembly", WIDENED).targets(&[
                Target::new("baremap", "inline assembly", 1.0),
                Target::new("baremap", "rustix", 1.0),
            ]);
        let mut ways = Vec::new();
        for library in &counts {
            match library.work.iter().find(|(call, _)| call == name) {
                Some((_, Some(count))) => ways.push(library.with(*count)),
                _ => table = table.missing(library.name(), "it calls a function, which is not followed here"),
            }
        }
        table.values(&ways);
    }
}

/// What a library's functions take, where that can be counted.
fn counts(words: &[&str]) -> Vec<(String, Option<f64>)> {
    let output = Command::new(words[0]).args(&words[1..]).arg("instructions").output();
    let output = output.unwrap_or_else(|error| panic!("{words:?} does not start: {error}"));
    assert!(output.status.success(), "{words:?} ends with {}", output.status);
    let text = String::from_utf8_lossy(&output.stdout);
    let pairs = text.lines().filter_map(|line| line.split_once(' '));
    pairs.map(|(name, count)| (name.into(), count.parse().ok())).collect()
}
