//! A child that uses what its parent's other threads were at has undefined behaviour: to fork is unsafe.

use baremap::process;

pub fn main() -> baremap::Result<()> {
    process::fork()?; //~ E0133
    process::spawn(|| ())?; //~ E0133
    // SAFETY: the child uses nothing.
    let child = unsafe { process::spawn(|| ()) }?;
    child.wait().map(drop)
}
