//! Whoever has ended is not there to be killed: its number may be another's by now.

use baremap::{process, sys::Signal};

pub fn main() -> baremap::Result<()> {
    // SAFETY: the child uses nothing.
    let child = unsafe { process::spawn(|| ()) }?;
    child.wait()?;
    child.kill(Signal::KILL)?; //~ E0382
    Ok(())
}
