//! A function whose code is made at run time: enough of an assembler to try a map of code with.
//!
//! | bytes      | instruction        | what                                                       |
//! |------------|--------------------|------------------------------------------------------------|
//! | `58000081` | `ldr x1, . + 16`   | the addend, which follows the code                          |
//! | `8b010000` | `add x0, x0, x1`   | `x0` is the argument, and the result                        |
//! | `d65f03c0` | `ret`              |                                                            |
//! | `d503201f` | `nop`              | the addend is on a multiple of 8                            |

/// The code of an `extern "C" fn(i64) -> i64` that adds `addend` to its argument, wrapping around.
#[must_use]
pub fn adder(addend: i64) -> [u8; 24] {
    const INSTRUCTIONS: [u32; 4] = [0x5800_0081, 0x8b01_0000, 0xd65f_03c0, 0xd503_201f];
    let mut code = [0; 24];
    for (bytes, instruction) in code.chunks_exact_mut(4).zip(INSTRUCTIONS) {
        bytes.copy_from_slice(&instruction.to_le_bytes());
    }
    code[16..].copy_from_slice(&addend.to_le_bytes());
    code
}
