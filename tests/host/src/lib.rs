//! What the tests share: the freestanding programs, as `cargo xtask test` built them, and how to run them.

mod environment;
mod program;

pub use environment::{Arch, example, examples, harness, is_emulated};
pub use program::{Output, Program};
