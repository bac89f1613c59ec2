//! The archive: what rustc made, without what only rustc reads, under names that can be read, and with an index that hides what
//! a libc has too.

use std::{ffi::OsStr, io::Cursor, path::Path};

use anyhow::{Context, Result};
use ar_archive_writer::{
    ArchiveKind, DEFAULT_OBJECT_READER, NewArchiveMember, ObjectReader, write_archive_to_stream,
};
use object::{Object, ObjectSymbol, read::archive::ArchiveFile};

use crate::process;

/// Takes out of the standard library's objects what other linkers have no use for, or take for their own plugin's: debug
/// information, and what LLVM made them of. It is seven eighths of the archive. Where there is no tool for it, it stays.
pub fn strip(archive: &Path, objcopy: Option<&Path>) -> Result<()> {
    let Some(objcopy) = objcopy else { return Ok(()) };
    let flags = ["--strip-debug", "--remove-section=.llvmbc", "--remove-section=.llvmcmd"].map(OsStr::new);
    let command = duct::cmd(objcopy, flags.into_iter().chain([archive.as_os_str()]));
    process::quietly(&command).with_context(|| objcopy.display().to_string())
}

/// The archive as it is shipped.
pub fn refine(archive: &[u8]) -> Result<Vec<u8>> {
    let mut members = Vec::new();
    for member in members_of(archive)? {
        let (name, bytes) = member?;
        // What is no object file is rustc's too.
        let Ok(symbols) = symbols(bytes) else { continue };
        members.push((file_name(&name, &symbols), bytes));
    }
    let members: Vec<NewArchiveMember<'_>> = members
        .into_iter()
        .map(|(name, bytes)| NewArchiveMember {
            buf: Box::new(bytes),
            object_reader: &INDEX,
            member_name: name,
            mtime: 0,
            uid: 0,
            gid: 0,
            perms: 0o644,
        })
        .collect();
    let mut out = Cursor::new(Vec::new());
    write_archive_to_stream(&mut out, &members, ArchiveKind::Gnu, false, None)?;
    Ok(out.into_inner())
}

/// The files in an archive.
fn members_of(archive: &[u8]) -> Result<impl Iterator<Item = Result<(String, &[u8])>>> {
    let members = ArchiveFile::parse(archive)?.members();
    Ok(members.map(move |member| {
        let member = member?;
        Ok((String::from_utf8_lossy(member.name()).into_owned(), member.data(archive)?))
    }))
}

/// The names that an object file gives to others.
fn symbols(bytes: &[u8]) -> Result<Vec<String>> {
    let file = object::File::parse(bytes)?;
    let given = file.symbols().filter(|symbol| symbol.is_global() && symbol.is_definition());
    given.map(|symbol| Ok(symbol.name()?.to_owned())).collect()
}

/// Named by what C sees of it, so that linkers' maps can be read, or else as rustc did.
fn file_name(member: &str, symbols: &[String]) -> String {
    let seen: Vec<&String> = symbols.iter().filter(|symbol| is_for_c(symbol)).collect();
    match seen[..] {
        [symbol] if member.starts_with("baremap_c") => format!("{symbol}.o"),
        _ => member.into(),
    }
}

/// Rust's own names are mangled, in the old way or the new one.
fn is_for_c(symbol: &str) -> bool {
    !symbol.starts_with("_ZN") && !symbol.starts_with("_R")
}

/// What the index says of an object file.
static INDEX: ObjectReader = ObjectReader {
    get_symbols: |bytes, each| {
        let Ok(symbols) = symbols(bytes) else { return Ok(false) };
        // What begins a program has other names that a libc has too. They are for who takes its `_start`.
        let is_start = symbols.iter().any(|symbol| symbol == START);
        for symbol in symbols.iter().filter(|symbol| !is_start || *symbol == START) {
            each(symbol.as_bytes())?;
        }
        Ok(true)
    },
    ..DEFAULT_OBJECT_READER
};

const START: &str = "_start";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_the_names_of_what_is_in_them() {
        let name = |file: &str, symbols: &[&str]| {
            file_name(file, &symbols.iter().map(|symbol| (*symbol).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(name("baremap_c-1.2-cgu.3.rcgu.o", &["bm_open", "_ZN4core", "_RNv4core"]), "bm_open.o");
        assert_eq!(name("baremap_c-1.2-cgu.3.rcgu.o", &["_ZN4core"]), "baremap_c-1.2-cgu.3.rcgu.o");
        assert_eq!(name("baremap_c-1.2-cgu.3.rcgu.o", &["_start", "exit"]), "baremap_c-1.2-cgu.3.rcgu.o");
        assert_eq!(name("baremap-1.2-cgu.3.rcgu.o", &["memcpy"]), "baremap-1.2-cgu.3.rcgu.o");
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        assert!(refine(b"#!/bin/sh\n").is_err());
    }

    #[test]
    fn what_is_no_object_file_is_left_out() {
        let refined =
            refine(b"!<arch>\nlib.rmeta/      0           0     0     644     4         `\nrust").unwrap();
        assert_eq!(members_of(&refined).unwrap().count(), 0);
    }
}
