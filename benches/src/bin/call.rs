//! `call LIBRARY CALL` prints the nanoseconds of a system call as a library makes it; `call LIBRARY instructions` prints the
//! instructions up to and with the system call of each function, or a question mark where they cannot be counted.

use std::env;

use baremap_benches::machine_code::instructions;
use baremap_benches::stubs::{Baremap, ByHand, Call, Libc, Rustix, Sc, Stubs, Syscalls, probes, time};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [library, what] = arguments.as_slice() else { panic!("two arguments, not {arguments:?}") };
    match library.as_str() {
        "baremap" => run::<Baremap>(what),
        "assembly" => run::<ByHand>(what),
        "libc" => run::<Libc>(what),
        "rustix" => run::<Rustix>(what),
        "sc" => run::<Sc>(what),
        "syscalls" => run::<Syscalls>(what),
        _ => panic!("there is no library {library}"),
    }
}

fn run<S: Stubs>(what: &str) {
    if what == "instructions" {
        for (name, probe) in probes::<S>() {
            // SAFETY: a function.
            let count = unsafe { instructions(probe) };
            println!("{name} {}", count.map_or("?".into(), |count| count.to_string()));
        }
        return;
    }
    let call = Call::ALL.into_iter().find(|call| call.name() == what);
    println!("{}", time::<S>(call.unwrap_or_else(|| panic!("there is no call {what}"))));
}
