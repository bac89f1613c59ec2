//! Other threads may be in the middle of a copy: to take the handler away is unsafe.

use baremap::fault;

pub fn main() -> baremap::Result<()> {
    fault::install()?;
    fault::uninstall()?; //~ E0133
    // SAFETY: no other thread copies.
    unsafe { fault::uninstall() }
}
