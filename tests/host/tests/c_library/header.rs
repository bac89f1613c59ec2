//! `baremap.h` compiles, without a warning, wherever C and C++ do; and what it says is what the archive has.

use std::collections::BTreeSet;
use std::fs;

use baremap_host_tests::{Compiler, Language, library};
use object::read::archive::ArchiveFile;

const WARNINGS: [&str; 4] = ["-Wall", "-Wextra", "-Werror", "-pedantic"];

/// Compiles a few lines that include the header, in each standard of the language.
#[track_caller]
fn compiles(language: Language, compiler: &Compiler) {
    let (extension, standards) = match language {
        Language::C => ("c", ["-std=c99", "-std=c11", "-std=gnu17"]),
        Language::CPlusPlus => ("cc", ["-std=c++11", "-std=c++17", "-std=gnu++20"]),
    };
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    let (source, object) =
        (folder.path().join("use.").with_extension(extension), folder.path().join("use.o"));
    let text = "#include <baremap.h>\n#include <baremap.h>\nbm_mutex_t mutex;\nint use(void);\n\
                int use(void) { return bm_mutex_lock(&mutex) + BM_EINVAL + BM_O_NOFOLLOW; }\n";
    fs::write(&source, text).expect("the folder takes files");
    let include = format!("-I{}", library().join("include").display());
    for standard in standards {
        for extra in ["-O2", "-ffreestanding"] {
            let flags = [&[&include, standard, extra], &WARNINGS[..]].concat();
            let output = compiler.compile(&flags, &source, &object);
            assert_eq!((output.stderr.as_str(), output.code), ("", 0), "{compiler:?} {standard} {extra}");
        }
    }
}

// A test to each compiler: `cargo xtask test` says which of them this machine does not have.

#[test]
fn it_is_c_by_gcc() {
    compiles(Language::C, &Compiler::gcc(Language::C));
}

#[test]
fn it_is_c_by_clang() {
    compiles(Language::C, &Compiler::clang(Language::C));
}

#[test]
fn it_is_c_plus_plus_by_gcc() {
    compiles(Language::CPlusPlus, &Compiler::gcc(Language::CPlusPlus));
}

#[test]
fn it_is_c_plus_plus_by_clang() {
    compiles(Language::CPlusPlus, &Compiler::clang(Language::CPlusPlus));
}

/// The functions that the header declares.
fn declared() -> BTreeSet<String> {
    let header = fs::read_to_string(library().join("include/baremap.h")).expect("there is a header");
    // Comments name functions too.
    let mut code = String::new();
    for (index, part) in header.split("/*").enumerate() {
        code.push_str(if index == 0 { part } else { part.split_once("*/").expect("a comment ends").1 });
    }
    let ends = code.match_indices('(').map(|(end, _)| end);
    ends.filter_map(|end| code[..end].rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next())
        .filter(|name| name.starts_with("bm_") && !name.ends_with("_t"))
        .map(String::from)
        .collect()
}

#[test]
fn what_is_declared_is_in_the_archive_and_the_other_way_round() {
    let archive = fs::read(library().join("lib/libbaremap.a")).expect("there is an archive");
    let file = ArchiveFile::parse(archive.as_slice()).expect("an archive");
    let index = file.symbols().expect("an index").expect("an index");
    let names = index.map(|symbol| String::from_utf8_lossy(symbol.expect("a symbol").name()).into_owned());
    let there: BTreeSet<String> = names.filter(|name| name.starts_with("bm_")).collect();
    assert!(there.len() > 100, "{there:?}");
    assert_eq!(declared(), there);
}

#[test]
fn every_function_says_what_it_does() {
    let header = fs::read_to_string(library().join("include/baremap.h")).expect("there is a header");
    for name in declared() {
        let declaration = header.lines().position(|line| line.contains(&format!("{name}("))).expect(&name);
        let before = header.lines().nth(declaration - 1).expect(&name);
        assert!(before.ends_with("*/"), "{name} has no comment: {before:?}");
    }
}

#[test]
fn every_error_that_is_named_has_a_number() {
    let header = fs::read_to_string(library().join("include/baremap.h")).expect("there is a header");
    let words = header.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
    let named: BTreeSet<&str> = words.filter_map(|word| word.strip_prefix("-E")).collect();
    assert!(named.len() > 30, "{named:?}");
    for name in named {
        assert!(header.contains(&format!("#define BM_E{name} ")), "E{name}");
    }
}
