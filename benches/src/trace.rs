//! What a program asks of the kernel, seen by ptrace(2).

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Error, ErrorKind};
use std::mem;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::ptr;

use libc::{c_int, c_uint, pid_t, ptrace_syscall_info};

/// What a program did between its start and its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// System calls, execve(2) among them.
    pub calls: usize,
    /// Those before it made its first file: what its start takes.
    pub calls_at_start: usize,
    /// Pages that were not there when it touched them.
    pub faults: usize,
}

/// Runs a program in a folder, its output thrown away, and looks on.
///
/// # Errors
/// It cannot be run or traced, or ends otherwise than by exit code 0.
pub fn trace(program: &Path, arguments: &[&OsStr], folder: &Path) -> io::Result<Trace> {
    let mut command = Command::new(program);
    // The dynamic linker would look wherever the environment says.
    command.args(arguments).env_clear().current_dir(folder).stdout(Stdio::null());
    // SAFETY: one system call, which allocates nothing.
    unsafe { command.pre_exec(|| request(libc::PTRACE_TRACEME, 0, 0, 0)) };
    let child = command.spawn()?;
    let pid = child.id() as pid_t;

    // It stops at the end of execve, before its first instruction.
    wait(pid)?;
    let options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_TRACEEXIT | libc::PTRACE_O_EXITKILL;
    request(libc::PTRACE_SETOPTIONS, pid, 0, options as usize)?;
    let faults_of_exec = faults(pid)?;
    let mut trace = Trace { calls: 1, ..Trace::default() };
    let mut signal = 0;
    loop {
        request(libc::PTRACE_SYSCALL, pid, 0, signal)?;
        signal = 0;
        let status = wait(pid)?;
        if libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0 {
            return Ok(trace);
        }
        if !libc::WIFSTOPPED(status) {
            return Err(Error::other(format!("{} ends with status {status:#x}", program.display())));
        }
        match libc::WSTOPSIG(status) {
            stop if stop == libc::SIGTRAP | 0x80 => {
                if let Some((number, arguments)) = entered(pid)? {
                    if trace.calls_at_start == 0 && makes_file(number, arguments) {
                        trace.calls_at_start = trace.calls;
                    }
                    trace.calls += 1;
                }
            }
            libc::SIGTRAP if status >> 16 == libc::PTRACE_EVENT_EXIT => {
                trace.faults = faults(pid)? - faults_of_exec;
            }
            sent => signal = sent as usize,
        }
    }
}

/// The system call that a process is at, if it is at the entry of one.
fn entered(pid: pid_t) -> io::Result<Option<(u64, [u64; 6])>> {
    // SAFETY: numbers, of which all zeroes are some.
    let mut info: ptrace_syscall_info = unsafe { mem::zeroed() };
    request(libc::PTRACE_GET_SYSCALL_INFO, pid, size_of_val(&info), (&raw mut info).expose_provenance())?;
    if info.op != libc::PTRACE_SYSCALL_INFO_ENTRY {
        return Ok(None);
    }
    // SAFETY: that is what it says to be.
    let entry = unsafe { info.u.entry };
    Ok(Some((entry.nr, entry.args)))
}

/// Whether a call is one that makes a file.
fn makes_file(number: u64, arguments: [u64; 6]) -> bool {
    // aarch64 has no open(2).
    #[cfg(target_arch = "x86_64")]
    if number == libc::SYS_open as u64 {
        return arguments[1] & libc::O_CREAT as u64 != 0;
    }
    number == libc::SYS_openat as u64 && arguments[2] & libc::O_CREAT as u64 != 0
}

/// Pages that a process found not to be there and that needed no disk.
fn faults(pid: pid_t) -> io::Result<usize> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name, in parentheses, may have spaces; what follows it begins with the third field.
    let fields = text.rsplit_once(')').map(|(_, fields)| fields.split_whitespace());
    let faults = fields.and_then(|mut fields| fields.nth(7)?.parse().ok());
    faults.ok_or_else(|| ErrorKind::InvalidData.into())
}

fn wait(pid: pid_t) -> io::Result<c_int> {
    let mut status = 0;
    // SAFETY: the kernel writes a number.
    if unsafe { libc::waitpid(pid, &mut status, 0) } == pid {
        Ok(status)
    } else {
        Err(Error::last_os_error())
    }
}

fn request(request: c_uint, pid: pid_t, address: usize, data: usize) -> io::Result<()> {
    let [address, data] = [address, data].map(ptr::with_exposed_provenance_mut::<u8>);
    // SAFETY: the kernel writes to no more than what a caller points at.
    let result = unsafe { libc::ptrace(request, pid, address, data) };
    if result < 0 { Err(Error::last_os_error()) } else { Ok(()) }
}
