//! Children and programs beside those of libc and of the standard library.
//!
//! `cargo bench -p baremap-benches --bench process`
//!
//! A program that is not there shows what its start takes by itself; one that is there takes the kernel's own time for execve(2), the
//! program's and its end besides, which are the same for all.

use baremap::process::{self, Program};
use baremap_benches::{Area, EQUAL, Target, bound, ours, peer};
use libc::{c_char, c_int, c_void, pid_t};
use std::ffi::CStr;
use std::hint::black_box;
use std::process::Command;
use std::ptr;

/// MiB of touched memory that the parent has; the last is left out where there is little time.
const SIZES: [usize; 3] = [0, 64, 512];

const NOT_THERE: &CStr = c"/nonexistent";
const THERE: &CStr = c"/bin/true";

fn main() {
    let mut area =
        Area::start("sharing", "process", "Children and programs, of parents that have more or less memory.");
    for size in area.either(&SIZES[..], &SIZES[..2]) {
        let size = *size;
        let memory = black_box(vec![1_u8; size << 20]);
        children(&mut area, size);
        starts(&mut area, size);
        programs(&mut area, size);
        drop(memory);
    }
}

const PAGE_TABLES: &str =
    "the kernel copies the page tables of all that the parent has in memory, whoever asks it to";
const RESULT: &str =
    "the result comes by a page of shared memory, which is mapped, touched on both sides, and unmapped";

const CLOSES: &str = "besides what posix_spawn(3) does, the child closes what the program is not given: one system call more. The kernel's \
     time for the program is most of what all take";

/// A closure in a child.
fn children(area: &mut Area, size: usize) {
    let Some(table) = area.table(format!("fork and wait, {size} MiB")) else { return };
    // Of much memory the kernel copies the page tables, which takes the same time whoever asks.
    let targets: &[_] = if size == 0 { &[Target::new("spawn", "libc::fork", 0.88)] } else { &[] };
    table.targets(targets).why("spawn", PAGE_TABLES).why("run, with a result", RESULT).calls(
        1,
        &mut [
            peer("libc::fork", &mut || end_of(fork(|| 0))),
            ours("spawn", &mut || {
                // SAFETY: the child uses nothing of its parent's.
                let child = unsafe { process::spawn(|| ()) }.expect("one more is allowed");
                child.wait().expect("nobody else waits");
            }),
            ours("run, with a result", &mut || {
                // SAFETY: as above.
                let result = unsafe { process::run(|| 7_u64) };
                assert_eq!(result, Ok(7));
            }),
        ],
    );
}

/// The start of a program without the program.
fn starts(area: &mut Area, size: usize) {
    let Some(table) = area.table(format!("a program that is not there, {size} MiB")) else { return };
    table
        .targets(&[Target::new("Program", "fork, execve", 0.33)])
        .why_beside("Program", "posix_spawn", CLOSES)
        .why(
            "Program",
            "the child asks how each of 63 signals is handled, so that no handler of its parent's runs in the memory that it borrows, and has \
             a map for its stack: the last row does without both",
        )
        .calls(
            1,
            &mut [
                peer("fork, execve", &mut || end_of(fork(|| exec(NOT_THERE)))),
                peer("posix_spawn", &mut || assert_eq!(posix_spawn(NOT_THERE), None)),
                peer("std's Command", &mut || {
                    Command::new("/nonexistent").env_clear().spawn().expect_err("it is not there");
                }),
                ours("Program", &mut || {
                    Program::new(NOT_THERE).start().expect_err("it is not there");
                }),
                bound("vfork, execve", &mut || end_of(borrow())),
            ],
        );
}

/// A program that ends at once.
fn programs(area: &mut Area, size: usize) {
    let Some(table) = area.table(format!("a program, {size} MiB")) else { return };
    table.targets(&[Target::new("Program", "posix_spawn", EQUAL)]).why("Program", CLOSES).calls(
        1,
        &mut [
            peer("fork, execve", &mut || end_of(fork(|| exec(THERE)))),
            peer("posix_spawn", &mut || end_of(posix_spawn(THERE).expect("it is there"))),
            peer("std's Command", &mut || {
                let status = Command::new("/bin/true").env_clear().status().expect("it is there");
                assert!(status.success());
            }),
            ours("Program", &mut || {
                let child = Program::new(THERE).start().expect("it is there");
                assert!(child.wait().expect("nobody else waits").success());
            }),
        ],
    );
}

/// A child of libc's fork, which ends with what the closure returns.
fn fork(child: impl FnOnce() -> i32) -> pid_t {
    // SAFETY: this program has one thread, and the child calls nothing but system calls.
    unsafe {
        match libc::fork() {
            0 => libc::_exit(child()),
            pid => pid,
        }
    }
}

/// A child that borrows this process's memory, finds no program and ends: the least that a start takes.
fn borrow() -> pid_t {
    extern "C" fn child(_: *mut c_void) -> c_int {
        exec(NOT_THERE)
    }
    let mut stack = [0_u128; 1024];
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    // SAFETY: the child has the stack for itself, from its end on, and this process waits meanwhile.
    let pid = unsafe { libc::clone(child, stack.as_mut_ptr_range().end.cast(), flags, ptr::null_mut()) };
    assert_ne!(pid, -1, "one more is allowed");
    pid
}

fn exec(path: &CStr) -> i32 {
    // SAFETY: both lists end with nulls.
    unsafe { libc::execve(path.as_ptr(), [path.as_ptr(), ptr::null()].as_ptr(), [ptr::null()].as_ptr()) };
    127
}

fn posix_spawn(path: &CStr) -> Option<pid_t> {
    let mut pid = 0;
    let (arguments, environment) = ([path.as_ptr().cast_mut(), ptr::null_mut::<c_char>()], [ptr::null_mut()]);
    // SAFETY: both lists end with nulls.
    let error = unsafe {
        libc::posix_spawn(
            &mut pid,
            path.as_ptr(),
            ptr::null(),
            ptr::null(),
            arguments.as_ptr(),
            environment.as_ptr(),
        )
    };
    (error == 0).then_some(pid)
}

/// Waits for the end of a child.
fn end_of(pid: pid_t) {
    // SAFETY: nobody asks for the status.
    let ended = unsafe { libc::waitpid(pid, ptr::null_mut(), 0) };
    assert_eq!(ended, pid);
}
