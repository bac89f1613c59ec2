//! Which kernel this is.

use baremap::File;

/// The kernel's version: its first two numbers.
pub(crate) fn version() -> (u32, u32) {
    let file = File::open(c"/proc/sys/kernel/osrelease").expect("/proc is mounted");
    let mut bytes = [0; 64];
    let len = file.read(&mut bytes).expect("a short text");
    let mut numbers =
        str::from_utf8(&bytes[..len]).expect("text").split(['.', '-']).map_while(|word| word.parse().ok());
    (numbers.next().expect("the version"), numbers.next().expect("the patch level"))
}
