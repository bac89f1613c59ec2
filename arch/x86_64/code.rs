//! A function whose code is made at run time: enough of an assembler to try a map of code with.
//!
//! | bytes      | instruction        | what                                                       |
//! |------------|--------------------|------------------------------------------------------------|
//! | `48 b8`    | `movabs rax, …`    | the addend, in the instruction itself                       |
//! | `48 01 f8` | `add rax, rdi`     | `rdi` is the argument, `rax` the result                     |
//! | `c3`       | `ret`              |                                                            |

/// The code of an `extern "C" fn(i64) -> i64` that adds `addend` to its argument, wrapping around.
#[must_use]
pub fn adder(addend: i64) -> [u8; 14] {
    let mut code = [0; 14];
    code[..2].copy_from_slice(&[0x48, 0xb8]);
    code[2..10].copy_from_slice(&addend.to_le_bytes());
    code[10..].copy_from_slice(&[0x48, 0x01, 0xf8, 0xc3]);
    code
}
