//! Compilers of C beside the one that builds programs: only tests take them, and each of these takes one.

use crate::{
    arch::Arch,
    libtest::Skip,
    setup::{
        advice, apt,
        c_compiler::{Compiler, Language},
    },
};

/// A test, and the compiler that it takes.
type Taker = (&'static str, Compiler);

/// The test that links with musl. Its wrapper of gcc makes programs for one architecture, this machine's.
const OF_MUSL: &str = "in_front::of_musl";

/// The test that links with a shared glibc.
const OF_SHARED_GLIBC: &str = "in_front::of_a_shared_glibc";

/// Installs what is missing, where that can be done; the tests for which it is missing still, with the reason.
pub fn ensure(arch: Arch) -> Vec<Skip> {
    let mut skipped = Vec::new();
    if !missing(arch).is_empty() {
        let obstacle = apt::install_test_compilers(arch).err();
        skipped.extend(missing(arch).into_iter().map(|(test, compiler)| {
            let reason = advice::test_compilers(arch, &compiler.name(), obstacle.as_ref());
            Skip { test: test.into(), reason }
        }));
    }
    if arch != Arch::HOST {
        let reason = format!("musl-gcc makes programs for {}", Arch::HOST);
        skipped.push(Skip { test: OF_MUSL.into(), reason });
        let reason =
            "in QEMU's user mode, a child that a shared glibc forks hangs, with the library and without";
        skipped.push(Skip { test: OF_SHARED_GLIBC.into(), reason: reason.into() });
    }
    skipped
}

/// A line about what is there, or nothing if one of them is missing.
pub fn found(arch: Arch) -> Option<String> {
    let mut names: Vec<String> = takers(arch).map(|(_, compiler)| compiler.name()).collect();
    names.dedup();
    missing(arch).is_empty().then(|| names.join(", "))
}

fn missing(arch: Arch) -> Vec<Taker> {
    takers(arch).filter(|(test, compiler)| !compiler.is_complete(language(test))).collect()
}

fn takers(arch: Arch) -> impl Iterator<Item = Taker> {
    let musl = (arch == Arch::HOST).then(|| (OF_MUSL, Compiler::of(&["musl-gcc"])));
    let others = [
        ("readme::a_program_with_a_libc", Compiler::gcc(arch)),
        ("readme::a_program_without_one", Compiler::gcc(arch)),
        ("header::it_is_c_by_gcc", Compiler::gcc(arch)),
        ("header::it_is_c_by_clang", Compiler::clang(arch)),
        ("header::it_is_c_plus_plus_by_gcc", Compiler::of(&["g++"])),
        ("header::it_is_c_plus_plus_by_clang", Compiler::of(&["clang++"])),
    ];
    others.into_iter().chain(musl)
}

fn language(test: &str) -> Language {
    if test.contains("plus_plus") { Language::CPlusPlus } else { Language::C }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::workspace;

    #[test]
    fn the_tests_are_there() {
        let tests = workspace::root().join("tests/host/tests");
        let source: String = ["c_library/header.rs", "c_posix/in_front.rs", "c_posix/readme.rs"]
            .map(|file| fs::read_to_string(tests.join(file)).unwrap())
            .concat();
        for (test, _) in takers(Arch::HOST) {
            let (_, name) = test.split_once("::").unwrap();
            assert!(source.contains(&format!("#[test]\nfn {name}() {{")), "{test}");
        }
        assert_eq!(source.matches("fn it_is_c_").count(), 4);
        assert!(source.contains(&OF_SHARED_GLIBC.replace("in_front::", "#[test]\nfn ")));
    }

    #[test]
    fn musl_is_for_this_machine() {
        for arch in Arch::ALL {
            assert_eq!(takers(arch).any(|(test, _)| test == OF_MUSL), arch == Arch::HOST);
        }
    }
}
