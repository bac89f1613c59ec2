//! What must not compile, file by file in `compile_fail`, and that each file compiles without the lines that are wrong.
//!
//! A wrong line ends with `//~` and the code of its error, or with `//~` alone where it belongs to one that has it. trybuild
//! compiles the files; its exact comparison of messages would fail with every other compiler, so that only codes and lines are
//! compared, here.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use trybuild::TestCases;

/// Codes of errors, and the lines where they are.
type Errors = BTreeSet<(String, String)>;

const MARK: &str = " //~";

#[test]
fn what_is_wrong_does_not_compile_and_the_rest_does() {
    let cases = cases();
    let package = Package::new(&cases);
    package.enter();

    let trial = TestCases::new();
    for case in &cases {
        trial.compile_fail(package.folder.join(&case.name));
    }
    // It compiles them all when it is dropped, and panics about those without an error.
    drop(trial);
    let mut wrong = Vec::new();
    for case in &cases {
        let message = package.folder.join(&case.name).with_extension("stderr");
        let found = errors(&read(&message));
        if found != case.expected() {
            wrong.push(format!("{}: errors are {found:?}, not {:?}", case.name, case.expected()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let trial = TestCases::new();
    trial.pass(package.folder.join(TWINS));
    drop(trial);
}

#[test]
fn codes_and_lines_are_read_from_messages() {
    let message = "error[E0505]: cannot move out of `map` because it is borrowed\n --> it.rs\n  |\n  |     let all = &map;\n  \
                   |               ---- borrowed here\n  |     drop(map);\n  |          ^^^ moved here\n\nerror: no code\n --> \
                   it.rs\n  |\n  | end\n  | ^^^\n\nwarning: unused\n --> it.rs\n  |\n  |     fine();\n  |     ^^^^\n";
    let found = [("E0505", "drop(map);"), ("", "end")];
    assert_eq!(errors(message), Errors::from(found.map(|(code, line)| (code.into(), line.into()))));
}

/// A file of `compile_fail`.
struct Case {
    /// With its extension.
    name: String,
    text: String,
}

impl Case {
    fn expected(&self) -> Errors {
        let marked =
            self.text.lines().filter_map(|line| Some((line.split_once(MARK)?.1.trim(), line.trim())));
        marked
            .filter(|(code, _)| !code.is_empty())
            .map(|(code, line)| (code.to_owned(), line.to_owned()))
            .collect()
    }

    /// The case without what is wrong, as a module.
    fn twin(&self) -> String {
        let module = self.name.trim_end_matches(".rs");
        let right: Vec<&str> = self.text.lines().filter(|line| !line.contains(MARK)).collect();
        format!("mod {module} {{\n{}\n}}\n", right.join("\n"))
    }
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("compile_fail");
    let entries = folder.read_dir().expect("the folder is there").map(|entry| entry.expect("it can be read"));
    let case = |path: PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a file has a name").to_owned();
        Case { name, text: read(&path) }
    };
    let mut cases: Vec<Case> = entries.map(|entry| case(entry.path())).collect();
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    for case in &cases {
        assert!(!case.expected().is_empty(), "{}: no line is marked", case.name);
    }
    cases
}

/// A package of the cases, which depends on nothing but the crate: trybuild would build all that these tests depend on.
struct Package {
    folder: PathBuf,
}

/// The program of all twins.
const TWINS: &str = "twins.rs";

impl Package {
    fn new(cases: &[Case]) -> Package {
        let workspace =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("it is there");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile_fail");
        let package = Package { folder };
        // Messages of an earlier run would do for those that are missing.
        let _ = fs::remove_dir_all(&package.folder);
        let manifest = format!(
            "[package]\nname = \"misuse\"\nedition = \"2024\"\n\n[workspace]\n\n[[bin]]\nname = \"misuse\"\npath = \"twins.rs\"\n\n\
             [dependencies]\nbaremap = {{ path = {workspace:?}, features = [\"std\"] }}\n"
        );
        package.write("Cargo.toml", &manifest);
        package.write("Cargo.lock", &read(&workspace.join("Cargo.lock")));
        for case in cases {
            package.write(&case.name, &case.text);
        }
        let (mut twins, mut calls) = (String::from("#![allow(unused, dead_code)]\n\n"), String::new());
        for case in cases {
            twins += &case.twin();
            calls += &format!("    {}::main()?;\n", case.name.trim_end_matches(".rs"));
        }
        package
            .write(TWINS, &format!("{twins}\nfn main() -> baremap::Result<()> {{\n{calls}    Ok(())\n}}\n"));
        package
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.join(name);
        fs::create_dir_all(&self.folder).expect("the folder of temporary files can be written");
        fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Makes it the one that trybuild takes itself to be in.
    fn enter(&self) {
        env::set_current_dir(&self.folder).expect("it was just made");
        // SAFETY: the other test of this program asks nothing of its environment.
        unsafe {
            env::set_var("CARGO_MANIFEST_DIR", &self.folder);
            // Messages are written beside the cases, not compared.
            env::set_var("TRYBUILD", "overwrite");
            // trybuild keeps its own folder of what it builds, within this one.
            env::remove_var("CARGO_TARGET_DIR");
        }
    }
}

/// What a compiler's messages complain of.
fn errors(message: &str) -> Errors {
    let mut errors = Errors::new();
    let (mut code, mut before) = (None, "");
    for line in message.lines() {
        if let Some(text) = line.strip_prefix("error") {
            let text = text.strip_prefix('[').and_then(|text| text.split_once(']'));
            code = Some(text.map_or("", |(code, _)| code));
        } else if line.starts_with("warning") {
            code = None;
        } else if line.contains('^')
            && let Some(code) = code.take()
        {
            // What is underlined by these stands above. What spans several lines is a macro's, which says once more what
            // is wrong with one of them.
            let source = before.trim_start().trim_start_matches('|').trim();
            if !line.contains("|_") {
                errors.insert((code.to_owned(), source.to_owned()));
            }
        }
        before = line;
    }
    errors
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
