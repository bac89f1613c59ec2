//! Static programs that the kernel puts anywhere: they relocate themselves, or are refused by the linker.

use std::env::consts::ARCH;
use std::fs;
use std::process::Command;

use baremap_host_tests::Output;
use object::LittleEndian;
use object::elf::{DT_RELA, DT_RELR, DynamicTag, ET_DYN, ET_EXEC, FileHeader64};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};

use crate::project::Project;

const FREESTANDING: &str = "-Clinker=rust-lld -Clinker-flavor=ld.lld -Clink-arg=-nostdlib";
const POSITION_INDEPENDENT: &str = "-Crelocation-model=pic -Clink-arg=-pie -Clink-arg=--no-dynamic-linker";
const PACKED: &str = "-Clink-arg=-zpack-relative-relocs";
const FIXED: &str = "-Crelocation-model=static";

fn project(name: &str, features: &str) -> Project {
    let manifest = format!(
        "[package]\nname = \"program\"\nedition = \"2024\"\n\
         [dependencies]\nbaremap = {{ version = \"0.1\", features = [{features}] }}\n\
         [profile.dev]\npanic = \"abort\"\n\
         [profile.release]\npanic = \"abort\"\n"
    );
    Project::new(name, &[("Cargo.toml", &manifest), ("src/main.rs", include_str!("program.rs"))])
}

fn target() -> String {
    format!("{ARCH}-unknown-linux-gnu")
}

fn build(project: &Project, profile: &str, flags: &[&str]) -> Command {
    let mut command = project.cargo("build");
    let flags = [&[FREESTANDING], flags].concat().join(" ");
    command.args(["--target", &target(), "--profile", profile]).env("RUSTFLAGS", flags);
    command
}

/// The kind of an ELF file, and the tags of its dynamic section.
fn kind_and_tags(data: &[u8]) -> (object::elf::FileType, Vec<DynamicTag>) {
    let header = FileHeader64::<LittleEndian>::parse(data).expect("an ELF file");
    let segments = header.program_headers(LittleEndian, data).expect("program headers");
    let dynamic =
        segments.iter().find_map(|segment| segment.dynamic(LittleEndian, data).expect("in the file"));
    let tags = dynamic.unwrap_or_default().iter().map(|entry| entry.tag(LittleEndian)).collect();
    (header.e_type(LittleEndian), tags)
}

/// Builds the program and runs it: the kernel puts it somewhere else each time.
#[track_caller]
fn builds_and_runs(project: &Project, flags: &[&str], check: impl Fn(object::elf::FileType, &[DynamicTag])) {
    for (profile, folder) in [("dev", "debug"), ("release", "release")] {
        assert_eq!(Output::of(&mut build(project, profile, flags)).success(), "");
        let program = project.built(&format!("{}/{folder}/program", target()));
        let (kind, tags) = kind_and_tags(&fs::read(&program).unwrap());
        check(kind, &tags);
        for _ in 0..5 {
            let output = Output::of(&mut Command::new(&program)).success();
            assert_eq!(output, expected(), "{profile}");
        }
    }
}

/// What the program prints, by its table of a hundred entries: every third multiplies its number by 2, the others add 2.
fn expected() -> String {
    let sum: u64 = (0..100).map(|number| if number % 3 == 0 { number * 2 } else { number + 2 }).sum();
    let letters: usize = (0..100).map(|number| if number % 3 == 0 { "multiply" } else { "add" }.len()).sum();
    format!("sum {sum}, letters {letters}, chosen add 7\n")
}

#[test]
fn runs_with_relocations() {
    let project = project("relocate", "\"rt\", \"relocate\"");
    builds_and_runs(&project, &[POSITION_INDEPENDENT], |kind, tags| {
        assert_eq!(kind, ET_DYN);
        assert!(tags.contains(&DT_RELA) && !tags.contains(&DT_RELR), "{tags:?}");
    });
}

#[test]
fn runs_with_packed_relocations() {
    let project = project("relocate-packed", "\"rt\", \"relocate\"");
    builds_and_runs(&project, &[POSITION_INDEPENDENT, PACKED], |kind, tags| {
        assert_eq!(kind, ET_DYN);
        assert!(tags.contains(&DT_RELR), "{tags:?}");
    });
}

#[test]
fn runs_at_a_fixed_address_all_the_same() {
    let project = project("relocate-fixed", "\"rt\", \"relocate\"");
    builds_and_runs(&project, &[FIXED], |kind, tags| assert_eq!((kind, tags), (ET_EXEC, [].as_slice())));
}

#[test]
fn is_refused_without_the_feature() {
    let project = project("no-relocate", "\"rt\"");
    for flags in [[POSITION_INDEPENDENT].as_slice(), &[POSITION_INDEPENDENT, PACKED]] {
        let output = Output::of(&mut build(&project, "dev", flags));
        assert_ne!(output.code, 0);
        let symbol = "baremap_position_independent_programs_need_the_feature_relocate";
        assert!(output.stderr.contains(symbol), "{}", output.stderr);
    }
    builds_and_runs(&project, &[FIXED], |kind, _| assert_eq!(kind, ET_EXEC));
}
