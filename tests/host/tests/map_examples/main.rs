//! The examples of maps that cannot kill the process, from outside: `sum`, `follow` and `load`.

mod elf_file;
mod follow;
mod load;
mod sum;

/// Longer than any pipe's buffer and than what the examples copy at once.
const LONG: usize = 1 << 20;

/// Bytes that differ from line to line.
fn text(len: usize) -> String {
    (0..).flat_map(|line| format!("line {line}\n").into_bytes()).take(len).map(char::from).collect()
}
