//! What README.md shows, typed in by somebody who has nothing but README.md.

use std::env::consts::ARCH;
use std::fs;
use std::process::Command;

use baremap_host_tests::Output;

use crate::project::{Project, root};

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).expect("there is a README.md")
}

/// The first block of code after a line of README.md.
#[track_caller]
fn block_after<'readme>(readme: &'readme str, line: &str) -> &'readme str {
    let (_, rest) =
        readme.split_once(&format!("\n{line}\n")).unwrap_or_else(|| panic!("README.md has no line {line}"));
    let (_, rest) = rest.split_once("\n```").unwrap_or_else(|| panic!("README.md has no code after {line}"));
    let (_language, rest) = rest.split_once('\n').expect("the block goes on");
    let (code, _) = rest.split_once("```").expect("the block ends");
    code
}

#[test]
fn a_program_without_a_libc() {
    let readme = readme();
    let manifest = block_after(&readme, "`Cargo.toml`:");
    let config = block_after(&readme, "`.cargo/config.toml`:");
    // As the comment in it says.
    let config = config.replacen("x86_64-unknown-linux-gnu", &format!("{ARCH}-unknown-linux-gnu"), 1);
    let main = block_after(&readme, "`src/main.rs`:");
    let project = Project::new(
        "newcomer",
        &[("Cargo.toml", manifest), (".cargo/config.toml", &config), ("src/main.rs", main)],
    );

    let output = Output::of(&mut project.cargo("run")).success();
    assert!(readme.contains(&format!("`cargo run` prints `{}`.", output.trim_end())), "it prints {output}");

    assert_eq!(Output::of(project.cargo("build").arg("--release")).success(), "");
    let program = project.built(&format!("{ARCH}-unknown-linux-gnu/release/hello"));
    let size = fs::metadata(&program).unwrap().len();
    assert!(readme.contains("a static binary of less than 30 kilobytes"));
    assert!(size < 30_000, "{size} bytes");
    assert_eq!(Output::of(&mut Command::new(program)).success(), output);
}

#[test]
fn an_ordinary_program() {
    let readme = readme();
    let main = block_after(&readme, "## In an ordinary program");
    let manifest = "\
        [package]\nname = \"ordinary\"\nedition = \"2024\"\n\
        [dependencies]\nbaremap = { version = \"0.1\", features = [\"std\"] }\n";
    let project = Project::new("ordinary", &[("Cargo.toml", manifest), ("src/main.rs", main)]);
    let output = Output::of(&mut project.cargo("run")).success();

    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    let start = &passwd[..passwd.len().min(40)];
    assert_eq!(output, format!("{} bytes: {start}…\n", passwd.len()));
}

#[test]
fn a_program_whose_file_shrinks() {
    let readme = readme();
    let main = block_after(&readme, "## A file that shrinks does not kill the reader");
    let manifest = "\
        [package]\nname = \"shrinking\"\nedition = \"2024\"\n\
        [dependencies]\nbaremap = { version = \"0.1\", features = [\"std\"] }\n";
    let project = Project::new("shrinking", &[("Cargo.toml", manifest), ("src/main.rs", main)]);
    let output = Output::of(&mut project.cargo("run")).success();
    assert!(output.starts_with("read_at: ") && output.ends_with(" (EFAULT)\n"), "{output}");
}
