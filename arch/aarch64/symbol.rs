//! Names that the linker knows, and Rust has no word for.
//!
//! | what                          | how                                                                              |
//! |-------------------------------|----------------------------------------------------------------------------------|
//! | what a program may have or not | from the global offset table, by its page: what nobody defines has a zero there  |
//! | a static under C's name       | the assembler's `.set`                                                           |
//! | a function under a weak name  | the same, and `.weak`                                                            |

/// Makes a function that gives the address of a symbol, or null in a program that does not have it. One that is `near` is the program's
/// own, which has a fixed address: if the program does not have it, what comes of it is the same for each such symbol, and nothing else.
#[doc(hidden)]
#[macro_export]
macro_rules! __weak {
    ($name:ident, $symbol:ident) => {
        #[inline(always)]
        fn $name() -> *const () {
            let address;
            // SAFETY: loads a word that the linker made, nothing else.
            unsafe {
                ::core::arch::asm!(
                    ::core::concat!(".weak ", ::core::stringify!($symbol)),
                    ::core::concat!("adrp {0}, :got:", ::core::stringify!($symbol)),
                    ::core::concat!("ldr {0}, [{0}, :got_lo12:", ::core::stringify!($symbol), "]"),
                    out(reg) address,
                    options(pure, nomem, nostack, preserves_flags),
                );
            }
            address
        }
    };
    (near $name:ident, $symbol:ident) => {
        #[inline(always)]
        fn $name() -> *const () {
            let address;
            // SAFETY: takes an address relative to the program counter, nothing else.
            unsafe {
                ::core::arch::asm!(
                    ::core::concat!(".weak ", ::core::stringify!($symbol)),
                    ::core::concat!(".hidden ", ::core::stringify!($symbol)),
                    ::core::concat!("adrp {0}, ", ::core::stringify!($symbol)),
                    ::core::concat!("add {0}, {0}, :lo12:", ::core::stringify!($symbol)),
                    out(reg) address,
                    options(pure, nomem, nostack, preserves_flags),
                );
            }
            address
        }
    };
}

/// Gives a part of a static a name that C knows: `$size` bytes from `$offset`. Rust knows the static by its own, so that nobody puts
/// another in its place, and goes by no table to find it.
#[doc(hidden)]
#[macro_export]
macro_rules! __alias {
    ($symbol:ident = $static:path, $offset:expr, $size:expr) => {
        ::core::arch::global_asm!(
            ::core::concat!(".globl ", ::core::stringify!($symbol)),
            ::core::concat!(".type ", ::core::stringify!($symbol), ", %object"),
            ::core::concat!(".size ", ::core::stringify!($symbol), ", {size}"),
            ::core::concat!(".set ", ::core::stringify!($symbol), ", {static} + {offset}"),
            static = sym $static,
            offset = const $offset,
            size = const $size,
        );
    };
}

/// Gives a function a name that C knows, and that is another's where an object file of the program gives it to another.
#[doc(hidden)]
#[macro_export]
macro_rules! __second {
    ($symbol:ident = $function:path) => {
        ::core::arch::global_asm!(
            ::core::concat!(".weak ", ::core::stringify!($symbol)),
            ::core::concat!(".type ", ::core::stringify!($symbol), ", %function"),
            ::core::concat!(".set ", ::core::stringify!($symbol), ", {function}"),
            function = sym $function,
        );
    };
}
