//! Children for what cannot be undone.

use crate::Errno;
use crate::sys::{self, CloneFlags, WaitFlags, WaitFor};
use core::ptr;
use linux_raw_sys::general::__WALL;

/// Runs a closure in a child and gives what it says.
///
/// Nobody else hears of the child: it sends no SIGCHLD, and a wait for any child does not find it.
///
/// # Errors
/// Those of [`sys::fork`].
///
/// # Safety
/// As [`sys::fork`], for what the closure does; it does not panic.
pub(super) unsafe fn ask(run: impl FnOnce() -> bool) -> Result<bool, Errno> {
    // SAFETY: passed on to the caller.
    let forked = unsafe {
        match sys::clone(CloneFlags::empty(), None, ptr::null_mut(), ptr::null_mut()) {
            // QEMU's user mode takes no child without SIGCHLD.
            Err(Errno::EINVAL) => sys::fork(),
            forked => forked,
        }
    }?;
    let Some(pid) = forked else { sys::exit_group(i32::from(!run())) };
    loop {
        match sys::wait4(WaitFor::Pid(pid), WaitFlags::from_bits_retain(__WALL)) {
            Ok(Some((_, status))) => return Ok(status.success()),
            Ok(None) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}
