//! `baremap.h`, which cbindgen makes of the package's source.

use std::collections::HashMap;

use anyhow::{Context, Result};
use cbindgen::{Builder, Config, ConstantConfig, DocumentationStyle, Language, LayoutConfig, Style};

use crate::workspace;

/// What stands above everything.
const HEAD: &str = "\
/*
 * baremap for C: memory maps, faults as errors, shared objects, locks and allocators on bare Linux system calls, without a libc or
 * beside one.
 *
 * A function returns a number that is not negative, or a negated error number: -2 is -BM_ENOENT. None sets errno, none
 * touches what belongs to the whole process unless it says so, and none allocates behind the caller's back. What it makes
 * goes to where a pointer leads; a pointer that is null and must not be is -BM_EFAULT.
 *
 * An object of this library lies in storage of the caller's (bm_map_t, bm_shm_t and others), which is handed in by its address and
 * not looked into, copied or moved. To make one in storage that holds one loses the first.
 *
 * Locks, events, semaphores and rings are used where they lie. Where that is a file that shrinks, or one in a full /dev/shm whose pages
 * were never set aside, a touch is SIGBUS; only a message's own bytes and those of a byte ring are copied by bm_fault_install's handler,
 * and are -BM_EFAULT then. bm_shm_create sets all memory aside; for other files posix_fallocate does, or bm_fallocate.
 *
 * Without bm_fault_install, the first copy of a map makes a file in memory and keeps it, under a descriptor of 1000 or more that execve
 * closes: a process that closes descriptors which it did not open, limits the size of its files after that, or forks children that it
 * does not trust, installs the handler. A file that may not grow (RLIMIT_FSIZE) is SIGXFSZ, or -BM_EFBIG where that is ignored.
 *
 * Calls of the kernel are made once: -BM_EINTR is the caller's. Functions that wait go on after a signal.
 *
 * The POSIX names (mmap, open, fork, malloc and others) are declared by the system's headers, not here. Of these:
 * - fork calls a libc's where the program has one and it can be had: __fork of glibc, else _Fork, which musl has too and which
 *   runs no handlers of pthread_atfork. Of a static libc, linkers take it only if it is asked for: -Wl,-u,__fork. Without, and by
 *   bm_fork in any case, handlers of pthread_atfork do not run, and what the libc keeps of the child's thread number is the parent's.
 * - vfork is fork. No call is a point of cancellation. posix_fallocate is EOPNOTSUPP where the file system cannot.
 * - malloc, calloc, realloc, free, aligned_alloc and the rest of their family come into a program together.
 * - errno is the libc's, by __errno_location, or in a program without a libc one for all threads.
 *
 * A program with a static library of another Rust crate's names that one before this one: each has a panic handler, and linkers take the
 * first.
 *
 * A program without a libc has _start, exit, environ, getauxval, stack protectors, constructors and destructors from the library, and
 * under _FORTIFY_SOURCE the checks of these functions; no atexit, no stdio, and no thread-local variables: linkers do not know that
 * nobody makes them, and what is read from one is not its value. It has a fixed address (-static, not -static-pie). A thread that it
 * makes by itself, by clone(2), needs a thread pointer of its own (CLONE_SETTLS), to a word that holds its own address; on x86_64 stack
 * protectors look into the sixth word from there.
 */
";

/// What stands below the inclusions.
const MACROS: &str = "
/* Every compiler for these machines knows these. */
#define BM_ALIGNED(n) __attribute__((aligned(n)))
#define BM_NORETURN __attribute__((noreturn))

/* In place of a length: up to the end. */
#define BM_TO_END SIZE_MAX
";

/// The files of the package, in the order in which a reader wants them. Not by the crate: the POSIX names are declared by the
/// system's own headers, and what they call by theirs.
const FILES: [&str; 21] = [
    "constants",
    "time",
    "memory",
    "file",
    "stat",
    "process",
    "socket",
    "signal",
    "fault",
    "map",
    "sealed",
    "shm",
    "mutex",
    "event",
    "semaphore",
    "ring",
    "layout",
    "bump",
    "arena",
    "text",
    "print",
];

pub fn generate() -> Result<String> {
    let folder = workspace::root().join("src/c/src");
    let files = FILES.iter().map(|name| folder.join(name).with_extension("rs"));
    let builder = files.fold(Builder::new().with_config(config()), Builder::with_src);
    let bindings = builder.generate().context("cbindgen")?;
    let mut text = Vec::new();
    bindings.write(&mut text);
    Ok(compact(&String::from_utf8(text)?))
}

/// Without the empty lines between numbers that belong together.
fn compact(header: &str) -> String {
    let is_number = |line: &str| line.starts_with("#define BM_");
    let lines: Vec<&str> = header.lines().collect();
    let is_between = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| lines.get(before));
        before.is_some_and(|line| is_number(line)) && lines.get(at + 1).is_some_and(|line| is_number(line))
    };
    let kept = (0..lines.len()).filter(|&at| !(lines[at].is_empty() && is_between(at)));
    kept.map(|at| format!("{}\n", lines[at])).collect()
}

fn config() -> Config {
    let defines = [("target_arch = x86_64", "__x86_64__"), ("target_arch = aarch64", "__aarch64__")];
    let mut config = Config {
        language: Language::C,
        cpp_compat: true,
        style: Style::Both,
        header: Some(HEAD.trim_end().into()),
        include_guard: Some("BAREMAP_H".into()),
        no_includes: true,
        sys_includes: ["stddef.h", "stdint.h"].map(String::from).into(),
        after_includes: Some(MACROS.trim_end().into()),
        usize_is_size_t: true,
        line_length: 110,
        documentation_style: DocumentationStyle::Doxy,
        defines: HashMap::from(defines.map(|(rust, c)| (rust.into(), c.into()))),
        constant: ConstantConfig { allow_static_const: false, ..ConstantConfig::default() },
        layout: LayoutConfig { aligned_n: Some("BM_ALIGNED".into()), ..LayoutConfig::default() },
        ..Config::default()
    };
    config.function.no_return = Some("BM_NORETURN".into());
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_belong_together_stand_together() {
        let loose = "#define BM_A 1\n\n#define BM_B 2\n\n/** C. */\n#define BM_C 3\n\n\nint bm_d(void);\n";
        let tight = "#define BM_A 1\n#define BM_B 2\n\n/** C. */\n#define BM_C 3\n\n\nint bm_d(void);\n";
        assert_eq!(compact(loose), tight);
    }
}
