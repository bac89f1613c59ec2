//! Children and programs beside those of libc and of the standard library.
//!
//! `cargo bench -p baremap-benches --bench process`
//!
//! A program that is not there shows what its start takes by itself; one that is there takes the kernel's own time for execve(2), the
//! program's and its end besides, which are the same for all.

use baremap::process::{self, Program};
use baremap_benches::calls::compare_with;
use baremap_benches::options::Options;
use baremap_benches::table::Target;
use libc::{c_char, pid_t};
use std::ffi::CStr;
use std::hint::black_box;
use std::process::Command;
use std::ptr;

/// MiB of touched memory that the parent has.
const SIZES: [usize; 3] = [0, 64, 512];

const NOT_THERE: &CStr = c"/nonexistent";
const THERE: &CStr = c"/bin/true";

fn main() {
    let options = Options::get();
    for size in SIZES {
        let memory = black_box(vec![1_u8; size << 20]);
        children(&options, size);
        starts(&options, size);
        programs(&options, size);
        drop(memory);
    }
}

/// A closure in a child.
fn children(options: &Options, size: usize) {
    let title = format!("fork and wait, {size} MiB");
    if !title.contains(&options.filter) {
        return;
    }
    // Of much memory the kernel copies the page tables, which takes the same time whoever asks.
    let targets: &[_] =
        if size == 0 { &[Target { row: "spawn", of: "libc::fork", most: 0.88 }] } else { &[] };
    compare_with(
        &title,
        1,
        options.quick,
        [
            ("libc::fork", &mut || end_of(fork(|| 0))),
            ("spawn", &mut || {
                // SAFETY: the child uses nothing of its parent's.
                let child = unsafe { process::spawn(|| ()) }.expect("one more is allowed");
                child.wait().expect("nobody else waits");
            }),
            ("run, with a result", &mut || {
                // SAFETY: as above.
                let result = unsafe { process::run(|| 7_u64) };
                assert_eq!(result, Ok(7));
            }),
        ],
        targets,
    );
}

/// The start of a program without the program.
fn starts(options: &Options, size: usize) {
    let title = format!("a program that is not there, {size} MiB");
    if !title.contains(&options.filter) {
        return;
    }
    compare_with(
        &title,
        1,
        options.quick,
        [
            ("fork, execve", &mut || end_of(fork(|| exec(NOT_THERE)))),
            ("posix_spawn", &mut || assert_eq!(posix_spawn(NOT_THERE), None)),
            ("std's Command", &mut || {
                Command::new("/nonexistent").env_clear().spawn().expect_err("it is not there");
            }),
            ("Program", &mut || {
                Program::new(NOT_THERE).start().expect_err("it is not there");
            }),
        ],
        &[Target { row: "Program", of: "fork, execve", most: 0.33 }],
    );
}

/// A program that ends at once.
fn programs(options: &Options, size: usize) {
    let title = format!("a program, {size} MiB");
    if !title.contains(&options.filter) {
        return;
    }
    compare_with(
        &title,
        1,
        options.quick,
        [
            ("fork, execve", &mut || end_of(fork(|| exec(THERE)))),
            ("posix_spawn", &mut || end_of(posix_spawn(THERE).expect("it is there"))),
            ("std's Command", &mut || {
                let status = Command::new("/bin/true").env_clear().status().expect("it is there");
                assert!(status.success());
            }),
            ("Program", &mut || {
                let child = Program::new(THERE).start().expect("it is there");
                assert!(child.wait().expect("nobody else waits").success());
            }),
        ],
        &[Target { row: "Program", of: "posix_spawn", most: 1.0 }],
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
