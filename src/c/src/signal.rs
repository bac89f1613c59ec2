//! Signals.

use baremap::Errno;
use baremap::sys::{self, Sigaction, SigactionFlags, Signal, SignalInfo, SignalSet};
use core::ffi::{c_int, c_void};
use core::mem;

use crate::answer::{attempt, status};
use crate::pointer::address;

/// What runs when a signal arrives; `info` is a siginfo_t, `context` a ucontext_t.
#[allow(non_camel_case_types, reason = "as C has it")]
pub type bm_handler_t = Option<unsafe extern "C" fn(signal: c_int, info: *mut c_void, context: *mut c_void)>;

/// # Errors
/// Those of [`sys::rt_sigaction`]; `EINVAL` (no such signal).
///
/// # Safety
/// The handler bears to run at any instruction.
#[inline(always)]
unsafe fn set(signal: c_int, action: &Sigaction) -> Result<(), Errno> {
    let signal = Signal::from_raw(signal).ok_or(Errno::EINVAL)?;
    // SAFETY: the caller's promise.
    unsafe { sys::rt_sigaction(signal, Some(action)) }.map(drop)
}

mod handle {
    use super::*;

    /// rt_sigaction(2): calls a function when the signal arrives, with BM_SA_RESTART and its kin as flags; `mask` has a bit for
    /// each signal that is held back meanwhile, bit 0 for signal 1. A null pointer is the default action.
    ///
    /// 0, or -EINVAL (no such signal, or SIGKILL or SIGSTOP).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_signal_handle(
        signal: c_int,
        handler: bm_handler_t,
        flags: c_int,
        mask: u64,
    ) -> c_int {
        attempt(|| {
            // SAFETY: the program's function bears it, which is its caller's to know; its arguments are an address each.
            unsafe {
                let Some(handler) = handler else { return set(signal, &Sigaction::DEFAULT) };
                let handler = mem::transmute::<
                    unsafe extern "C" fn(c_int, *mut c_void, *mut c_void),
                    unsafe extern "C" fn(c_int, *mut SignalInfo, *mut c_void),
                >(handler);
                let flags = SigactionFlags::from_bits_retain(flags as u32);
                let mask = mem::transmute::<u64, SignalSet>(mask);
                set(signal, &Sigaction::handler(handler, flags, mask))
            }
        })
    }
}

mod ignore {
    use super::*;

    /// rt_sigaction(2): ignores the signal. 0, or -EINVAL (no such signal, or SIGKILL or SIGSTOP).
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_signal_ignore(signal: c_int) -> c_int {
        // SAFETY: nothing is called.
        attempt(|| unsafe { set(signal, &Sigaction::IGNORE) })
    }
}

mod mask {
    use super::*;
    use baremap::arch::syscall::syscall4;

    /// rt_sigprocmask(2): changes which signals this thread holds back, by BM_SIG_BLOCK, BM_SIG_UNBLOCK or BM_SIG_SETMASK, unless
    /// `set` is null; stores which it held back in `*old`, unless that is null. Bit 0 is for signal 1.
    ///
    /// 0, or -EFAULT, -EINVAL (`how`).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_signal_mask(how: c_int, set: *const u64, old: *mut u64) -> c_int {
        const NUMBER: usize = linux_raw_sys::general::__NR_rt_sigprocmask as usize;
        // SAFETY: the kernel reads one set and writes the other.
        status(unsafe { syscall4::<NUMBER>(how as usize, address(set), address(old), size_of::<u64>()) })
    }
}
