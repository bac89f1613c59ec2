//! A small file system in memory, for this process alone.

use baremap::Errno;
use baremap::arch::syscall::{syscall1, syscall5};
use core::ffi::CStr;
use linux_raw_sys::general::{__NR_mount, __NR_unshare, CLONE_NEWNS, MS_PRIVATE, MS_REC};

use super::raw;
use super::text::Text;

/// Mounts one with room for so many bytes over a directory. It goes with this process, which needs privileges.
pub(crate) fn mount_over(directory: &CStr, bytes: usize) -> Result<(), Errno> {
    // SAFETY: nothing in this process relies on what is mounted where.
    raw::done(unsafe { syscall1::<{ __NR_unshare as usize }>(CLONE_NEWNS as usize) })?;
    // What is mounted from here on is nobody else's.
    mount(c"none", c"/", c"none", MS_REC | MS_PRIVATE, c"")?;
    let options = Text::of(format_args!("size={bytes}"));
    mount(c"tmpfs", directory, c"tmpfs", 0, options.as_c_str())
}

fn mount(source: &CStr, target: &CStr, kind: &CStr, flags: u32, options: &CStr) -> Result<(), Errno> {
    let [source, target, kind, options] =
        [source, target, kind, options].map(|text| text.as_ptr().expose_provenance());
    // SAFETY: the kernel reads the four texts up to their nulls.
    raw::done(unsafe { syscall5::<{ __NR_mount as usize }>(source, target, kind, flags as usize, options) })
}
