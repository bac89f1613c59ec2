use std::{fs, path::Path, process::ExitCode};

use anyhow::{Context, Result};
use clap::Args;
use indicatif::HumanCount;
use object::{Object, ObjectSection, ObjectSegment, SectionKind, SegmentFlags, elf};

use crate::{arch::Arch, build, examples, progress::Step, table, toolchain::Toolchain};

/// Show the size of every program in examples/, stripped, on both architectures
#[derive(Args)]
pub struct Size {}

impl Size {
    pub fn execute(self) -> Result<ExitCode> {
        let mut columns = Vec::new();
        for arch in Arch::ALL {
            let toolchain = Toolchain::ensure(arch)?;
            let step = Step::start(format!("building for {arch}"));
            let built = build::examples(&toolchain)?;
            step.done(format_args!("{} built", built.len()));
            columns.push(build::folder(&built)?.to_owned());
        }

        let mut table = table::new(&["bytes", "x86_64 file", "text", "aarch64 file", "text"]);
        for example in examples::all()? {
            let mut row = vec![example.name.as_str().into()];
            for folder in &columns {
                let size = measure(&folder.join(&example.name))?;
                row.extend([table::number(HumanCount(size.file)), table::number(HumanCount(size.text))]);
            }
            table.add_row(row);
        }
        println!("{table}");
        Ok(ExitCode::SUCCESS)
    }
}

/// Bytes of an ELF file.
struct Measure {
    file: u64,
    /// Machine code.
    text: u64,
}

fn measure(path: &Path) -> Result<Measure> {
    let data = fs::read(path).with_context(|| path.display().to_string())?;
    let text = text(&data).with_context(|| path.display().to_string())?;
    Ok(Measure { file: data.len() as u64, text })
}

fn text(data: &[u8]) -> Result<u64> {
    let file = object::File::parse(data)?;
    if file.sections().next().is_some() {
        return Ok(file.sections().filter(|s| s.kind() == SectionKind::Text).map(|s| s.size()).sum());
    }
    // The smallest programs have no section headers; what the kernel maps as executable comes closest.
    Ok(file.segments().filter(|s| is_executable(s.flags())).map(|s| s.file_range().1).sum())
}

fn is_executable(flags: SegmentFlags) -> bool {
    matches!(flags, SegmentFlags::Elf { p_flags, .. } if p_flags.contains(elf::PF_X))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_an_elf_file() {
        let path = std::env::current_exe().unwrap();
        let size = measure(&path).unwrap();
        assert_eq!(size.file, path.metadata().unwrap().len());
        assert!(0 < size.text && size.text < size.file);
    }

    #[test]
    fn refuses_what_is_no_elf_file() {
        assert!(text(b"#!/bin/sh\n").is_err());
    }
}
