//! What is in the ELF files: nothing of a libc, and every system call in place.

mod code;
mod files;
mod stubs;
