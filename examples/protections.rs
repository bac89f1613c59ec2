//! Tries a read, a write and a call under every protection of a page, each in a child of its own.
//!
//! What a protection permits is up to the machine: many cannot let a page be written and not read.
#![no_std]
#![no_main]

use baremap::fd::AsFd;
use baremap::sys::{self, MapFlags, ProtFlags, Sigaction, SigactionFlags, Signal, SignalInfo, SignalSet};
use baremap::{Errno, File, print, println, process};
use core::{ffi::c_void, mem, ptr};

baremap::entry!(main);

const PROTECTIONS: [(&str, ProtFlags); 8] = [
    ("PROT_NONE", ProtFlags::empty()),
    ("PROT_READ", ProtFlags::READ),
    ("PROT_WRITE", ProtFlags::WRITE),
    ("PROT_EXEC", ProtFlags::EXEC),
    ("PROT_READ|PROT_WRITE", ProtFlags::READ.union(ProtFlags::WRITE)),
    ("PROT_READ|PROT_EXEC", ProtFlags::READ.union(ProtFlags::EXEC)),
    ("PROT_WRITE|PROT_EXEC", ProtFlags::WRITE.union(ProtFlags::EXEC)),
    ("PROT_READ|PROT_WRITE|PROT_EXEC", ProtFlags::READ.union(ProtFlags::WRITE).union(ProtFlags::EXEC)),
];

/// What is called, and more bytes than it has on any machine.
extern "C" fn nothing() {}
const CODE: usize = 64;

fn main() -> Result<(), Errno> {
    // SAFETY: the handler ends the process and touches nothing. Children inherit it.
    unsafe { sys::rt_sigaction(Signal::SEGV, Some(&on_fault())) }?;

    // Code in a file: that a processor sees it once it is mapped is the kernel's duty, as with every program.
    let file = File::unnamed()?;
    // SAFETY: nobody writes to the program's text. Should it end before CODE bytes, the kernel copies fewer.
    unsafe { sys::write_raw(file.as_fd(), nothing as *const u8, CODE) }?;

    println!("{:<32}{:<9}{:<9}call", "", "read", "write");
    for (name, prot) in PROTECTIONS {
        print!("{name:<32}");
        // SAFETY: the kernel chooses a free address, and only the children touch it.
        match unsafe { sys::mmap(ptr::null_mut(), CODE, prot, MapFlags::PRIVATE, file.as_fd(), 0) } {
            Ok(page) => {
                println!("{:<9}{:<9}{}", attempt(read, page)?, attempt(write, page)?, attempt(call, page)?);
                // SAFETY: mapped above, and no longer in use.
                unsafe { sys::munmap(page, CODE) }?;
            }
            Err(errno) => println!("{errno}"),
        }
    }
    Ok(())
}

/// Does it in a child: `yes`, or the name of the signal that it raises.
fn attempt(access: unsafe fn(*mut u8), page: *mut u8) -> Result<&'static str, Errno> {
    // SAFETY: the child does nothing but the access, whose fault ends the child.
    let status = unsafe { process::spawn(|| access(page)) }?.wait()?;
    let signal = match status.code() {
        Some(0) => return Ok("yes"),
        Some(code) => Signal::from_raw(code.into()),
        None => status.signal(),
    };
    Ok(signal.and_then(Signal::name).unwrap_or("?"))
}

unsafe fn read(page: *mut u8) {
    // SAFETY: mapped; a fault is caught.
    unsafe { page.read_volatile() };
}

unsafe fn write(page: *mut u8) {
    // SAFETY: mapped for this process alone; a fault is caught.
    unsafe { page.write_volatile(0) }
}

unsafe fn call(page: *mut u8) {
    // SAFETY: the page begins with the code of such a function; a fault is caught.
    let function = unsafe { mem::transmute::<*mut u8, extern "C" fn()>(page) };
    function();
}

/// Ends a child with the signal's number, which leaves no core dump behind.
fn on_fault() -> Sigaction {
    unsafe extern "C" fn exit(signal: i32, _: *mut SignalInfo, _: *mut c_void) {
        process::exit(signal as u8)
    }
    Sigaction::handler(exit, SigactionFlags::empty(), SignalSet::EMPTY)
}
