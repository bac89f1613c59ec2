//! Processes.
//!
//! In a program that has a libc, a child is the libc's business too: it runs the handlers of pthread_atfork(3), keeps the locks
//! of malloc(3) and stdio(3) from being left behind by other threads, and remembers thread numbers. So `fork` calls the libc's
//! where it can be had by another name, which takes the libc's own `fork` into the program:
//!
//! | libc                    | name      | what it does                                                             |
//! |-------------------------|-----------|--------------------------------------------------------------------------|
//! | glibc                   | `__fork`  | all that `fork` does                                                     |
//! | musl, which has no such | `_Fork`   | thread numbers only: handlers of pthread_atfork(3) do not run            |
//! | neither                 | none      | the bare call                                                            |
//!
//! The references are weak. A linker takes nothing out of a static libc for a weak reference: there the name must be asked for,
//! by `-Wl,-u,__fork`.

use baremap::arch::syscall::{syscall0_nomem, syscall2, syscall4};
use core::ffi::c_int;
use core::{mem, ptr};
use linux_raw_sys::general as raw;

use super::errno::{Answer, answer, failed};
use super::names;
use crate::pointer::address;

/// The libc's fork or ours.
#[inline(always)]
fn forked() -> Answer {
    baremap::__weak!(whole, __fork);
    baremap::__weak!(without_handlers, _Fork);

    let libc = [whole(), without_handlers()].into_iter().find(|name| !name.is_null());
    if let Some(fork) = libc {
        // SAFETY: both are declared so.
        let fork = unsafe { mem::transmute::<*const (), extern "C" fn() -> c_int>(fork) };
        return fork() as Answer;
    }
    // SAFETY: what the child may use is the caller's to know.
    match unsafe { baremap::sys::fork() } {
        Ok(child) => child.map_or(0, |child| child.as_raw() as Answer),
        Err(errno) => failed(errno),
    }
}

/// wait4(2).
#[inline(always)]
fn waited(pid: c_int, place: *mut c_int, options: c_int) -> Answer {
    const NUMBER: usize = raw::__NR_wait4 as usize;
    let usage = ptr::null::<raw::rusage>();
    // SAFETY: the kernel writes what the caller gave for it.
    answer(unsafe { syscall4::<NUMBER>(pid as usize, address(place), options as usize, address(usage)) })
}

names! {
    /// fork(2).
    fn fork() -> Answer {
        forked()
    }
}

names! {
    /// vfork(2): the child has a copy of the memory, and its parent does not wait for it. Who keeps to what vfork(2) allows does not
    /// notice.
    fn vfork() -> Answer {
        forked()
    }
}

names! {
    /// wait(2).
    fn wait(place: *mut c_int) -> Answer {
        waited(-1, place, 0)
    }
}

names! {
    /// waitpid(2).
    fn waitpid(pid: c_int, place: *mut c_int, options: c_int) -> Answer {
        waited(pid, place, options)
    }
}

names! {
    /// _exit(2): ends all threads.
    fn _exit(code: c_int) -> ! {
        baremap::sys::exit_group(code)
    }
}

names! {
    /// getpid(2).
    fn getpid() -> Answer {
        const NUMBER: usize = raw::__NR_getpid as usize;
        // SAFETY: no memory is named.
        unsafe { syscall0_nomem::<NUMBER>() as Answer }
    }
}

names! {
    /// getppid(2).
    fn getppid() -> Answer {
        const NUMBER: usize = raw::__NR_getppid as usize;
        // SAFETY: no memory is named.
        unsafe { syscall0_nomem::<NUMBER>() as Answer }
    }
}

names! {
    /// kill(2).
    fn kill(pid: c_int, signal: c_int) -> Answer {
        const NUMBER: usize = raw::__NR_kill as usize;
        // SAFETY: no memory is named; what a handler does was justified when it was set.
        answer(unsafe { syscall2::<NUMBER>(pid as usize, signal as usize) })
    }
}
