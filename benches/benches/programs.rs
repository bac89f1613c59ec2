//! Whole programs, `tiny` and `map_file`, beside the same written with other libraries: their bytes on both architectures, and on
//! this one the pages that they touch, the system calls that they make, and the time from exec to exit.
//!
//! `cargo xtask bench programs`, which builds them. nolibc itself comes with the kernel's sources, which this repository has not: what
//! stands for it is a header in its style. (Of nolibc, `tiny` had 1,368 bytes on x86_64, gcc 12.2.)

use std::collections::BTreeMap;
use std::env;
use std::ffi::{CStr, CString, OsStr};
use std::fs::{self, File};
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use baremap::process::Program;
use baremap_benches::trace::{Trace, trace};
use baremap_benches::way::Round;
use baremap_benches::{Area, Target, Unit, Way, bound, ours, peer};

/// Where `cargo xtask bench` has put the programs: ARCHITECTURE/PROGRAM/NUMBER NAME, or NUMBER NAME.missing with a reason.
const FOLDER: &str = "BAREMAP_BENCH_PROGRAMS";

/// Starts of a program in a round.
const STARTS: u32 = 10;

/// What ours is to be smaller than. Programs that need a library beside them are no whole ones.
const SMALLER_THAN: [&str; 5] =
    ["rustix + origin", "C, nolibc style", "C, musl", "C, glibc, static", "Rust std + memmap2, static"];

/// A program that all have written.
struct Subject {
    name: &'static str,
    /// Its arguments, the first of them its name.
    arguments: &'static [&'static CStr],
    /// Why ours is larger than some.
    bytes: &'static str,
    /// Why ours makes more calls than some, at its start and in all.
    calls: &'static str,
    /// Why ours takes longer than some.
    time: &'static str,
}

const SUBJECTS: [Subject; 2] = [
    Subject {
        name: "tiny",
        arguments: &[c"tiny"],
        bytes: "LLD leaves room at its end, for section headers that are not written. And it does what \
         others leave to the caller: the length is checked against the file's, which may be one of huge pages; the map is \
         unmapped and the file closed on every way out; an interrupted call is made again; and a program that is started without \
         standard output does not print into the first file that it opens",
        calls: "it opens and closes /dev/null, so that a program that is started without standard output does not print into the first \
         file that it opens; and it asks for the file's length, beyond which a map cannot be read",
        time: "the three calls more",
    },
    Subject {
        name: "map_file",
        arguments: &[c"map_file", c"map_file.bin"],
        bytes: "it says in words what failed, where the others print a number or the name of a call: more than a third of its bytes are the \
         names and sentences of errors. Of the rest, copies bear missing pages in three ways, and core's formatting prints",
        calls: "the handler that makes faults errors takes four calls, the length of the file one, standard output that is surely open two, \
         and the file is closed; what says all that is a page more",
        time: "the calls more, and the pages of a longer file. Besides, the handler of faults asks the processor whether it has AVX, by cpuid, \
         which a virtual machine does not do itself: of a program in one, that alone takes several µs",
    },
];

/// A program as one library has it: where it is, or why it is not there.
struct Built {
    name: String,
    path: Result<PathBuf, String>,
}

fn main() {
    let mut area = Area::start(
        "programs",
        "programs",
        "Whole programs: their bytes, and what their start takes. nolibc itself comes with the kernel's sources; its style stands for it.",
    );
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else {
        area.missing("programs", "`cargo xtask bench programs` builds them first");
        return;
    };
    for subject in &SUBJECTS {
        let program = subject.name;
        for arch in ["x86_64", "aarch64"] {
            let built = read(&folder.join(arch).join(program));
            let targets = SMALLER_THAN.map(|of| Target::new("baremap", of, 1.0));
            let title = format!("{program}, {arch}: bytes");
            show(&mut area, &title, Unit::Bytes, &built, &targets, subject.bytes, |path| {
                fs::metadata(path).expect("it was built").len() as f64
            });
            if arch == env::consts::ARCH {
                run(&mut area, subject, &built);
            }
        }
    }
}

/// The programs of a folder, in the order of their numbers.
fn read(folder: &Path) -> Vec<Built> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("it can be read").file_name().into_string().expect("text"))
        .collect();
    names.sort();
    let built = names.iter().map(|file| {
        let (_, name) = file.split_once(' ').expect("a number and a name");
        let path = folder.join(file);
        match name.strip_suffix(".missing") {
            Some(name) => {
                let reason = fs::read_to_string(path).expect("it can be read");
                Built { name: name.into(), path: Err(reason) }
            }
            None => Built { name: name.into(), path: Ok(path) },
        }
    });
    built.collect()
}

/// What each program has, in a table.
fn show(
    area: &mut Area,
    title: &str,
    unit: Unit,
    built: &[Built],
    targets: &[Target],
    why: &str,
    value: impl Fn(&Path) -> f64,
) {
    let Some(table) = area.table(title) else { return };
    let mut table = table.unit(unit).targets(targets).why("baremap", why);
    let mut ways = Vec::new();
    for Built { name, path } in built {
        match path {
            Ok(path) => ways.push(way(name, value(path))),
            Err(reason) => table = table.missing(name, reason),
        }
    }
    table.values(&ways);
}

fn way<W>(name: &str, work: W) -> Way<'_, W> {
    match name {
        "baremap" => ours(name, work),
        "hand assembly" => bound(name, work),
        _ => peer(name, work),
    }
}

/// What is counted while a program runs.
type Count = (&'static str, Unit, fn(&Trace) -> usize);

/// What the programs of this architecture do.
fn run(area: &mut Area, subject: &Subject, built: &[Built]) {
    let program = subject.name;
    // In memory, where there is such a folder: what a disk takes is the same for all, and most of the time.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let folder = folder.expect("a temporary folder");
    let arguments: Vec<&OsStr> =
        subject.arguments[1..].iter().map(|text| OsStr::from_bytes(text.to_bytes())).collect();
    let look = |path| {
        let trace = trace(path, &arguments, folder.path());
        (path, trace.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    };
    let traces: BTreeMap<&Path, Trace> =
        built.iter().filter_map(|Built { path, .. }| Some(look(path.as_deref().ok()?))).collect();
    let counts: [Count; 3] = [
        ("pages faulted", Unit::Pages, |trace| trace.faults),
        ("system calls before its own, with execve", Unit::Calls, |trace| trace.calls_at_start),
        ("system calls", Unit::Calls, |trace| trace.calls),
    ];
    for (what, unit, count) in counts {
        let title = format!("{program}: {what}");
        show(area, &title, unit, built, &[], subject.calls, |path| count(&traces[path]) as f64);
    }

    let rounds = area.either(100, 20);
    let Some(table) = area.table(format!("{program}: exec to exit")) else { return };
    let directory = c_string(folder.path());
    let paths: Vec<(&str, CString)> = built
        .iter()
        .filter_map(|Built { name, path }| Some((name.as_str(), c_string(path.as_ref().ok()?))))
        .collect();
    let null = File::options().write(true).open("/dev/null").expect("every Linux has it");
    let descriptors = [(null.as_fd(), 1)];
    let started = |path| {
        Program::new(path).directory(&directory).descriptors(&descriptors).arguments(subject.arguments)
    };
    let mut works: Vec<_> = paths.iter().map(|(_, path)| || time(&started(path))).collect();
    let mut ways: Vec<Round<'_>> = paths
        .iter()
        .zip(&mut works)
        .map(|((name, _), work)| way(name, work as &mut dyn FnMut() -> f64))
        .collect();
    table.why("baremap", subject.time).rounds(rounds, &mut ways);
}

/// Nanoseconds of a start and the wait for its end.
fn time(program: &Program<'_>) -> f64 {
    let start = Instant::now();
    for _ in 0..STARTS {
        let child = program.start().expect("it is there");
        assert!(child.wait().expect("nobody else waits").success());
    }
    start.elapsed().as_nanos() as f64 / f64::from(STARTS)
}

fn c_string(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).expect("no zero bytes")
}
