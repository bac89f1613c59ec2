//! The file system that a kernel starts with: the program to run, and a console to print to.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use anyhow::{Context, Result};
use cpio::newc::{Builder, ModeFileType, trailer};

/// The archive's only program.
pub const PROGRAM: &str = "/freestanding";

/// Writes a cpio archive with `program`, as the kernel's Documentation/driver-api/early-userspace wants it.
pub fn write(program: &Path, to: impl Write) -> Result<()> {
    let program = fs::read(program).with_context(|| program.display().to_string())?;
    Ok(archive(&program, to)?)
}

fn archive(program: &[u8], to: impl Write) -> io::Result<()> {
    let entry = |name: &str, kind, mode| Builder::new(name).mode(mode).set_mode_file_type(kind);
    let to = entry("dev", ModeFileType::Directory, 0o755).ino(1).write(to, 0).finish()?;
    // Opened as the program's standard input and output, before it can mount a devtmpfs.
    let console = entry("dev/console", ModeFileType::Char, 0o600).rdev_major(5).rdev_minor(1);
    let to = console.ino(2).write(to, 0).finish()?;
    let file = entry(PROGRAM.trim_start_matches('/'), ModeFileType::Regular, 0o755).ino(3);
    let mut file = file.write(to, u32::try_from(program.len()).map_err(io::Error::other)?);
    file.write_all(program)?;
    trailer(file.finish()?)?.flush()
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use cpio::newc::Reader;

    use super::*;

    #[test]
    fn holds_the_program_and_a_console() {
        let mut bytes = Vec::new();
        archive(b"\x7fELF, odd", &mut bytes).unwrap();
        let mut rest = Cursor::new(bytes);
        // Modes of stat(2): kinds of file and permissions.
        for (name, mode, content) in [
            ("dev", 0o040_755, b"".as_slice()),
            ("dev/console", 0o020_600, b""),
            ("freestanding", 0o100_755, b"\x7fELF, odd"),
        ] {
            let mut reader = Reader::new(rest).unwrap();
            assert_eq!((reader.entry().name(), reader.entry().mode()), (name, mode));
            let mut found = Vec::new();
            reader.read_to_end(&mut found).unwrap();
            assert_eq!(found, content);
            rest = reader.finish().unwrap();
        }
        assert!(Reader::new(rest).unwrap().entry().is_trailer());
    }
}
