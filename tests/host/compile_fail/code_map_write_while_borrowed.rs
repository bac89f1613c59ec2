//! Code is not written while somebody may run it.

use baremap::{CodeMap, arch};

pub fn main() -> baremap::Result<()> {
    let code = arch::code::adder(5);
    let mut map = CodeMap::new(code.len())?;
    map.write_at(0, &code)?;
    // SAFETY: such a function begins there.
    let add_five = unsafe { map.function::<extern "C" fn(i64) -> i64>(0) }?;
    map.write_at(0, &code)?; //~ E0502
    assert_eq!(add_five(37), 42);
    Ok(())
}
