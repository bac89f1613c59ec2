//! A child ends with something that has an exit code.

use baremap::process;

pub fn main() -> baremap::Result<()> {
    // SAFETY: the child uses nothing.
    unsafe { process::spawn(|| "text") }?; //~ E0277
    // SAFETY: as above.
    let child = unsafe { process::spawn(|| 7) }?;
    child.wait().map(drop)
}
