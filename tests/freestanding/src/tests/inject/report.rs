//! What was tried, as a table.

use baremap::println;

use super::calls::CALLS;
use crate::support::inject::Shared;

/// Prints a line for each call: how often it failed, and with which errors.
pub(super) fn print(shared: &Shared) {
    println!("{:<18} {:>8}  errors, and how often each was tried", "call", "failures");
    let mut sum = 0;
    for (index, call) in CALLS.iter().enumerate() {
        let tried = || call.errnos.iter().map(|&errno| (errno, shared.tried(index, errno)));
        let all: u32 = tried().map(|(_, count)| count).sum();
        if all == 0 {
            continue;
        }
        sum += all;
        baremap::print!("{:<18} {all:>8} ", call.name);
        for (errno, count) in tried() {
            baremap::print!(" {}:{count}", errno.name().unwrap_or("?"));
        }
        println!();
    }
    println!("{:<18} {sum:>8}  in all", "");
}
