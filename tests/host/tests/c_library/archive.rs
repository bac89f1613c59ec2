//! What is in the archive: an object file for each name that C sees, so that a linker takes what a program asks for and nothing
//! beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use baremap_host_tests::{Arch, library};
use object::read::archive::ArchiveFile;
use object::{Architecture, Object, ObjectSymbol};

/// What an object file gives to others, and what it wants of them.
struct Member {
    file: String,
    gives: BTreeSet<String>,
    /// Of these, the names that another object file may give as well.
    weakly: BTreeSet<String>,
    wants: BTreeSet<String>,
}

fn archive() -> Vec<u8> {
    let path = library().join("lib/libbaremap.a");
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn members() -> Vec<Member> {
    let archive = archive();
    let file = ArchiveFile::parse(archive.as_slice()).expect("an archive");
    let members = file.members().map(|member| {
        let member = member.expect("a member");
        let object =
            object::File::parse(member.data(archive.as_slice()).expect("its bytes")).expect("an object file");
        let names = |wanted: fn(&object::Symbol<'_, '_>) -> bool| {
            let symbols = object.symbols().filter(wanted);
            symbols.map(|symbol| symbol.name().expect("a name").to_owned()).collect()
        };
        Member {
            file: String::from_utf8_lossy(member.name()).into_owned(),
            gives: names(|symbol| symbol.is_global() && symbol.is_definition()),
            weakly: names(|symbol| symbol.is_weak() && symbol.is_definition()),
            wants: names(|symbol| symbol.is_undefined() && !symbol.is_weak()),
        }
    });
    members.collect()
}

/// Rust's own names are mangled, in the old way or the new one.
fn is_for_c(name: &&String) -> bool {
    !name.starts_with("_ZN") && !name.starts_with("_R") && !name.is_empty()
}

/// What compiled code asks for by itself, and what any libc's answer may take the place of.
const MEMORY: [&str; 6] = ["bcmp", "memcmp", "memcpy", "memmove", "memset", "strlen"];

/// A name of face (b) by which others are meant too: the same function, for offsets of 64 bits.
fn without_64(name: &str) -> &str {
    name.strip_suffix("64").unwrap_or(name)
}

#[test]
fn every_name_has_an_object_file_of_its_own() {
    for member in members() {
        let seen: BTreeSet<&str> =
            member.gives.difference(&member.weakly).filter(is_for_c).map(String::as_str).collect();
        // What a program begins with hides its other names from linkers, see below; and the compiler's helpers are not ours.
        if seen.contains("_start") || !member.file.ends_with(".o") || !is_ours(&member) {
            continue;
        }
        assert!(seen.len() <= 1, "{}: {seen:?}", member.file);
    }
}

/// Whether a name of this library is in it.
fn is_ours(member: &Member) -> bool {
    member.gives.iter().any(|name| name.starts_with("bm_") || POSIX.contains(&without_64(name)))
}

/// The POSIX names that there have to be.
const POSIX: [&str; 47] = [
    "mmap",
    "munmap",
    "mprotect",
    "mremap",
    "msync",
    "madvise",
    "posix_madvise",
    "mlock",
    "munlock",
    "mlockall",
    "munlockall",
    "mincore",
    "open",
    "openat",
    "creat",
    "close",
    "read",
    "write",
    "pread",
    "pwrite",
    "lseek",
    "ftruncate",
    "truncate",
    "fallocate",
    "posix_fallocate",
    "fstat",
    "fsync",
    "fdatasync",
    "unlink",
    "memfd_create",
    "shm_open",
    "shm_unlink",
    "fork",
    "vfork",
    "wait",
    "waitpid",
    "_exit",
    "getpid",
    "getppid",
    "kill",
    "malloc",
    "calloc",
    "realloc",
    "free",
    "aligned_alloc",
    "exit",
    "environ",
];

#[test]
fn every_posix_name_is_there() {
    let members = members();
    for name in POSIX {
        assert!(members.iter().any(|member| member.gives.contains(name)), "{name}");
    }
}

/// Calls with every object file that a linker would take along with each of those that are `ours`, and with the first of them.
fn with_what_goes_along(ours: impl Fn(&Member) -> bool, check: impl Fn(&Member, &Member)) {
    let members = members();
    let mut by_name = BTreeMap::new();
    for member in &members {
        // What a program begins with is found by one name alone: see below.
        let found = member.gives.iter().filter(|name| !is_start(member) || *name == "_start");
        by_name.extend(found.map(|name| (name, member)));
    }
    for first in members.iter().filter(|member| ours(member)) {
        let (mut seen, mut open) = (BTreeSet::new(), vec![first]);
        while let Some(member) = open.pop() {
            if seen.insert(&member.file) {
                check(first, member);
                open.extend(member.wants.iter().filter_map(|wanted| by_name.get(wanted)));
            }
        }
    }
}

#[test]
fn what_begins_by_bm_asks_for_no_name_that_a_libc_has() {
    let ours = |member: &Member| member.gives.iter().any(|name| name.starts_with("bm_"));
    with_what_goes_along(ours, |first, member| {
        let posix = member.wants.iter().find(|wanted| POSIX.contains(&without_64(wanted)));
        assert_eq!(posix, None, "{} asks {} for it", first.file, member.file);
    });
}

/// Of these a program has all of one library or none: what one gives, another takes back.
const ALLOCATOR: [&str; 5] = ["malloc", "calloc", "realloc", "free", "aligned_alloc"];

#[test]
fn a_posix_name_takes_no_other_along() {
    with_what_goes_along(
        |member| posix_name(member).is_some() && !is_start(member),
        |first, member| {
            assert!(!is_start(member), "{} takes the start along", first.file);
            let allocates =
                |member| posix_name(member).is_some_and(|name| ALLOCATOR.contains(&name.as_str()));
            // An allocator is taken whole.
            let is_other = member.file != first.file && !(allocates(first) && allocates(member));
            let other = posix_name(member).filter(|_| is_other);
            assert_eq!(other, None, "{} takes it along", first.file);
        },
    );
}

fn is_start(member: &Member) -> bool {
    member.gives.contains("_start")
}

/// The POSIX name that an object file gives.
fn posix_name(member: &Member) -> Option<&String> {
    member.gives.iter().find(|name| POSIX.contains(&without_64(name)))
}

#[test]
fn all_that_is_wanted_is_there() {
    let members = members();
    let given: BTreeSet<&String> = members.iter().flat_map(|member| &member.gives).collect();
    // The program's own, and what the linker makes.
    let others = ["main", "_GLOBAL_OFFSET_TABLE_"];
    with_what_goes_along(is_ours, |first, member| {
        let is_missing = |name: &&String| !given.contains(name) && !others.contains(&name.as_str());
        let missing: Vec<&String> = member.wants.iter().filter(is_missing).collect();
        assert!(missing.is_empty(), "{}, which {} takes along: {missing:?}", member.file, first.file);
    });
}

#[test]
fn what_compiled_code_asks_for_is_weak() {
    let members = members();
    for name in MEMORY {
        let giving: Vec<&Member> = members.iter().filter(|member| member.gives.contains(name)).collect();
        assert_eq!(giving.len(), 1, "{name}");
        assert!(giving[0].weakly.contains(name), "{name} is not weak");
    }
}

#[test]
fn no_name_is_given_twice() {
    let mut given = BTreeMap::new();
    for member in members() {
        for name in member.gives.difference(&member.weakly).filter(is_for_c) {
            if let Some(other) = given.insert(name.clone(), member.file.clone()) {
                panic!("{name} is in {other} and in {}", member.file);
            }
        }
    }
}

#[test]
fn the_index_hides_what_goes_with_the_start() {
    let archive = archive();
    let file = ArchiveFile::parse(archive.as_slice()).expect("an archive");
    let index = file.symbols().expect("an index").expect("an index");
    let names: BTreeSet<&[u8]> = index.map(|symbol| symbol.expect("a symbol").name()).collect();
    for name in ["_start", "bm_open", "bm_mutex_lock", "open", "malloc"] {
        assert!(names.contains(name.as_bytes()), "{name}");
    }
    for name in ["exit", "environ", "__errno_location"] {
        assert!(!names.contains(name.as_bytes()), "{name}");
    }
}

#[test]
fn it_is_for_this_architecture() {
    let archive = archive();
    let file = ArchiveFile::parse(archive.as_slice()).expect("an archive");
    let expected = match Arch::of_programs() {
        Arch::X86_64 => Architecture::X86_64,
        Arch::Aarch64 => Architecture::Aarch64,
    };
    for member in file.members() {
        let member = member.expect("a member");
        let bytes = member.data(archive.as_slice()).expect("its bytes");
        let name = String::from_utf8_lossy(member.name()).into_owned();
        assert_eq!(object::File::parse(bytes).expect("an object file").architecture(), expected, "{name}");
    }
}
