//! System calls, always inlined.
//!
//! | what        | where                                                   |
//! |-------------|---------------------------------------------------------|
//! | instruction | `syscall`                                               |
//! | number      | `eax`                                                   |
//! | arguments   | `rdi`, `rsi`, `rdx`, `r10`, `r8`, `r9`                  |
//! | result      | `rax`; -4095 to -1 is a negated errno                   |
//! | lost        | `rcx` (the return address), `r11` (the flags)           |
//! | kept        | every other register, the flags, the stack and red zone |
//!
//! The number is a constant of the template: as an operand it costs a register move that the compiler places badly.
//! A stub that were a function of its own would cost 1.4 to 1.6 times as much, since the first `ret` after a system
//! call is mispredicted.

use core::arch::asm;

macro_rules! stub {
    ($(#[$doc:meta])* $name:ident($($argument:ident in $register:tt),*) $($option:ident)*) => {
        $(#[$doc])*
        ///
        /// # Safety
        /// The kernel does what the call says to the memory and the resources that its arguments name.
        #[inline(always)]
        pub unsafe fn $name<const NUMBER: usize>($($argument: usize),*) -> usize {
            #[cfg(baremap_inject)]
            if let Some(failed) = crate::inject::answer(NUMBER) {
                return failed;
            }
            let result;
            // SAFETY: the clobbers are those of the table above; for the rest the caller answers.
            unsafe {
                asm!(
                    "mov eax, {number}",
                    "syscall",
                    number = const NUMBER,
                    $(in($register) $argument,)*
                    lateout("rax") result,
                    lateout("rcx") _,
                    lateout("r11") _,
                    options(nostack, preserves_flags $(, $option)*),
                );
            }
            result
        }
    };
}

stub! {
    /// A system call with no argument.
    syscall0()
}
stub! {
    /// A system call with one argument.
    syscall1(a0 in "rdi")
}
stub! {
    /// A system call with two arguments.
    syscall2(a0 in "rdi", a1 in "rsi")
}
stub! {
    /// A system call with three arguments.
    syscall3(a0 in "rdi", a1 in "rsi", a2 in "rdx")
}
stub! {
    /// A system call with four arguments.
    syscall4(a0 in "rdi", a1 in "rsi", a2 in "rdx", a3 in "r10")
}
stub! {
    /// A system call with five arguments.
    syscall5(a0 in "rdi", a1 in "rsi", a2 in "rdx", a3 in "r10", a4 in "r8")
}
stub! {
    /// A system call with six arguments.
    syscall6(a0 in "rdi", a1 in "rsi", a2 in "rdx", a3 in "r10", a4 in "r8", a5 in "r9")
}
stub! {
    /// A system call with no argument that neither reads nor writes memory.
    syscall0_nomem() nomem
}
stub! {
    /// A system call with three arguments that only asks: where nobody uses the answer, the call is left out.
    syscall3_pure(a0 in "rdi", a1 in "rsi", a2 in "rdx") pure readonly
}
/// A system call with one argument that never returns.
///
/// # Safety
/// What the call ends must be allowed to end here, without its destructors.
#[inline(always)]
pub unsafe fn syscall1_noreturn<const NUMBER: usize>(a0: usize) -> ! {
    // SAFETY: the caller answers; should the kernel return all the same, the trap ends the process.
    unsafe {
        asm!(
            "mov eax, {number}",
            "syscall",
            "ud2",
            number = const NUMBER,
            in("rdi") a0,
            options(nostack, noreturn),
        );
    }
}
