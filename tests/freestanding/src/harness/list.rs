//! `--list`.

use baremap::println;

use super::Test;
use super::options::{Format, Options};

pub(super) fn list(modules: &[&'static [Test]], options: &Options) {
    let mut count = 0_usize;
    for test in modules.iter().copied().flatten().filter(|test| options.selects(test)) {
        println!("{}: test", test.name);
        count += 1;
    }
    if options.format == Format::Pretty {
        println!("\n{count} test{}, 0 benchmarks", if count == 1 { "" } else { "s" });
    }
}
