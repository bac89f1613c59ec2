//! Users.

use baremap::arch::syscall::{syscall0_nomem, syscall3};
use linux_raw_sys::general::{__NR_geteuid, __NR_setresuid};

use super::raw;

/// The user that is nobody, by long habit.
const NOBODY: usize = 65534;

/// Whether everything is allowed.
pub(crate) fn is_root() -> bool {
    // SAFETY: reads and writes no memory.
    (unsafe { syscall0_nomem::<{ __NR_geteuid as usize }>() }) == 0
}

/// Makes this process one without privileges, for good; whether it had any.
pub(crate) fn drop_privileges() -> bool {
    let had_privileges = is_root();
    if had_privileges {
        // SAFETY: no memory is named; nothing in this process relies on its user.
        let result = unsafe { syscall3::<{ __NR_setresuid as usize }>(NOBODY, NOBODY, NOBODY) };
        raw::done(result).expect("root may become anybody");
    }
    had_privileges
}
