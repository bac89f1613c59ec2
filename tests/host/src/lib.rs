//! What the tests share: the freestanding programs, as `cargo xtask test` built them, and how to run them.

mod compiler;
mod environment;
mod program;

pub use compiler::{Compiler, Language};
pub use environment::{Arch, example, examples, harness, is_emulated, library, library_without_start};
pub use program::{Output, Program};
