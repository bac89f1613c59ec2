//! What libtest is to programs with a standard library, for programs without.
//!
//! Each test runs in a child of its own, so that it may end by a signal or an exit code, may lower its limits and drop
//! its privileges, and cannot harm another. The child leads a process group, of which nothing outlives the test. What
//! it prints is kept, and shown if it fails. The command line and the output are libtest's.
//!
//! A test is a function in [`tests!`]. It fails by a panic, by returning an error, by ending otherwise than its
//! attributes say, by leaving descriptors or maps behind, or by taking too long.

mod arguments;
mod child;
mod init;
mod leaks;
mod list;
mod macros;
mod options;
mod report;
mod runner;
mod test;

pub(crate) use macros::{attribute, tests};
pub(crate) use test::{Attribute, Test};

use arguments::Arguments;
use baremap::rt::Args;
use baremap::{Result, eprintln, println};
use options::{Action, Options};

/// What libtest exits with if a test failed.
const FAILED: u8 = 101;
/// What it exits with if it does not understand its arguments.
const USAGE: u8 = 2;

/// Runs the tests that the arguments select, or what else these ask for; gives the exit code.
///
/// `own` are the tests of the harness itself, many of which fail: with `--self-test` they take the place of the others.
pub(crate) fn run(args: Args, modules: &[&'static [Test]], own: &'static [Test]) -> u8 {
    let options = match Options::parse(Arguments::new(args)) {
        Ok(options) => options,
        Err(misuse) => {
            eprintln!("error: {misuse}\n\nTry `--help`.");
            return USAGE;
        }
    };
    let own = [own];
    let modules = if options.self_test { &own } else { modules };
    if options.init { init::run(|| act(modules, &options)) } else { act(modules, &options) }
}

/// Does what the options ask for; gives the exit code.
fn act(modules: &[&'static [Test]], options: &Options) -> u8 {
    match options.action {
        Action::Help => {
            println!("{}", options::HELP);
            0
        }
        Action::List => {
            list::list(modules, options);
            0
        }
        Action::Run => outcome(runner::run(modules, options)),
    }
}

fn outcome(success: Result<bool>) -> u8 {
    match success {
        Ok(true) => 0,
        Ok(false) => FAILED,
        Err(error) => {
            eprintln!("error: the harness cannot go on: {error}");
            FAILED
        }
    }
}
