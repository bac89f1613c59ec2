//! The handler beside other handlers.

use crate::harness::tests;
use crate::support::engine::{self, Random, check, check_reads, pattern};
use crate::support::{child, raw, sandbox};
use baremap::arch::syscall::{syscall3, syscall4};
use baremap::map::{AnonMap, FileMap, ReadWrite};
use baremap::process::spawn;
use baremap::sys::{
    self, InfoHandler, MaskHow, Sigaction, SigactionFlags, Signal, SignalInfo, SignalSet, SignalStack,
};
use baremap::{Errno, File, Result, fault, page, process};
use core::ffi::c_void;
use core::mem;
use core::sync::atomic::{
    AtomicU64, AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use linux_raw_sys::general::{
    __NR_memfd_create, __NR_pipe2, __NR_process_vm_readv, __NR_rt_sigaction, __NR_rt_sigqueueinfo, BUS_MCEERR_AO,
    SA_RESTORER, SEGV_MTEAERR, SI_KERNEL,
};
use spin::Once;

/// How often a foreign handler ran, and what it saw.
static CALLS: AtomicUsize = AtomicUsize::new(0);
static SIGNAL: AtomicUsize = AtomicUsize::new(0);
static ADDRESS: AtomicUsize = AtomicUsize::new(0);
static STACK: AtomicUsize = AtomicUsize::new(0);
static MASK: AtomicU64 = AtomicU64::new(0);
/// The file that a foreign handler makes longer, so that the instruction that faulted goes on, with its map.
static FILE: Once<(File, FileMap<ReadWrite>)> = Once::new();
/// The handler that [`over`] hands on to.
static BELOW: Once<Sigaction> = Once::new();

tests! {
    #[signal(SIGBUS)]
    fn a_foreign_sigbus_kills_by_default() -> Result<()> {
        fault::install()?;
        touch(gone()?)
    }

    #[signal(SIGSEGV)]
    fn a_foreign_sigsegv_kills_by_default() -> Result<()> {
        fault::install()?;
        touch(core::ptr::without_provenance(8))
    }

    // The kernel names no address with this one on x86_64 (SI_KERNEL).
    #[signal(SIGSEGV)]
    fn an_impossible_address_kills_by_default() -> Result<()> {
        fault::install()?;
        touch(core::ptr::without_provenance(1 << 63))
    }

    #[signal(SIGBUS)]
    fn a_foreign_fault_cannot_be_ignored() -> Result<()> {
        set(Signal::BUS, &Sigaction::IGNORE);
        fault::install()?;
        touch(gone()?)
    }

    #[signal(SIGBUS)]
    fn a_sigbus_that_was_sent_kills_by_default() -> Result<()> {
        fault::install()?;
        send(Signal::BUS);
        Ok(())
    }

    #[signal(SIGSEGV)]
    fn a_sigsegv_that_was_sent_kills_by_default() -> Result<()> {
        fault::install()?;
        send(Signal::SEGV);
        Ok(())
    }

    fn a_signal_that_was_sent_is_ignored_as_before() -> Result<()> {
        set(Signal::BUS, &Sigaction::IGNORE);
        set(Signal::SEGV, &Sigaction::IGNORE);
        fault::install()?;
        send(Signal::BUS);
        send(Signal::SEGV);
        still_faults()
    }

    #[skip(qemu_user, "SIGBUS interrupts its calls even with SA_RESTART")]
    // A signal that is ignored interrupts no call, and neither does one that the handler ignores in its place.
    fn a_signal_that_is_ignored_interrupts_no_read() -> Result<()> {
        set(Signal::BUS, &Sigaction::IGNORE);
        fault::install()?;
        let (reader, writer) = crate::support::fds::pipe();
        let parent = sys::getpid();
        // SAFETY: the child uses nothing that exists once.
        let child = unsafe {
            spawn(|| {
                for _ in 0..20 {
                    process::sleep(core::time::Duration::from_millis(1));
                    sys::kill(parent, Some(Signal::BUS))?;
                }
                sys::write(baremap::fd::AsFd::as_fd(&writer), b"x").map(drop)
            })
        }?;
        assert_eq!(sys::read(baremap::fd::AsFd::as_fd(&reader), &mut [0]), Ok(1));
        assert!(child.wait()?.success());
        Ok(())
    }

    fn a_handler_gets_the_foreign_faults_only() -> Result<()> {
        check_handler(SigactionFlags::SIGINFO, true)
    }

    // As signal(2) has them: one argument.
    fn a_handler_of_one_argument_gets_the_foreign_faults_only() -> Result<()> {
        check_handler(SigactionFlags::empty(), false)
    }

    fn a_handler_keeps_its_stack() -> Result<()> {
        let mut stack = AnonMap::new(64 * 1024)?;
        let range = stack.as_ptr_range();
        let new = SignalStack::new(stack.as_mut_ptr(), stack.len());
        // SAFETY: the stack lives until the child ends.
        unsafe { sys::sigaltstack(Some(&new)) }.expect("it is long enough");
        let on_it = |address| range.contains(&core::ptr::without_provenance(address));
        check_handler_on(SigactionFlags::ONSTACK, true, on_it)?;
        check_handler_on(SigactionFlags::empty(), true, |address| !on_it(address))?;
        // SAFETY: back to none, before the stack goes.
        unsafe { sys::sigaltstack(Some(&SignalStack::DISABLED)) }.expect("no handler is on it");
        Ok(())
    }

    fn a_handler_keeps_its_mask() -> Result<()> {
        child::check(|| {
            let mask = SignalSet::EMPTY.with(Signal::USR1).with(Signal::TERM);
            set(Signal::BUS, &Sigaction::handler(mends, SigactionFlags::empty(), mask));
            check_installed(1)?;
            let seen = MASK.load(SeqCst);
            let bit = |signal: Signal| seen >> (signal.as_raw() - 1) & 1 == 1;
            assert!(bit(Signal::USR1) && bit(Signal::TERM) && !bit(Signal::HUP), "{seen:#x}");
            Ok::<_, baremap::Error>(())
        });
        Ok(())
    }

    #[signal(SIGBUS)]
    fn a_handler_for_once_is_called_once() -> Result<()> {
        set(Signal::BUS, &Sigaction::handler(mends, SigactionFlags::RESETHAND, SignalSet::EMPTY));
        check_installed(1)?;
        let (file, map) = FILE.get().expect("just made");
        file.set_len(0)?;
        touch(map.as_ptr())
    }

    // The handler that was there before copies from a map itself, while the fault that it is called for waits.
    fn a_handler_may_copy() -> Result<()> {
        child::check(|| {
            set(Signal::BUS, &Sigaction::handler(copies_and_mends, SigactionFlags::empty(), SignalSet::ALL));
            check_installed(1)
        });
        Ok(())
    }

    fn another_signals_handler_may_copy() -> Result<()> {
        child::check(|| {
            fault::install()?;
            let (file, map) = FILE.try_call_once(|| engine::file(2))?;
            file.set_len(page::size() as u64)?;
            set(Signal::USR1, &Sigaction::handler(copies, SigactionFlags::empty(), SignalSet::EMPTY));
            for _ in 0..100 {
                send(Signal::USR1);
                check(map.read_at(page::size() - 1, &mut [0; 2]), 1, 2);
            }
            assert_eq!(CALLS.load(SeqCst), 100);
            Ok::<_, baremap::Error>(())
        });
        Ok(())
    }

    fn a_handler_on_a_stack_of_its_own_may_copy() -> Result<()> {
        let mut stack = AnonMap::new(64 * 1024)?;
        let new = SignalStack::new(stack.as_mut_ptr(), stack.len());
        child::check(|| {
            // SAFETY: the stack lives until the child ends.
            unsafe { sys::sigaltstack(Some(&new)) }?;
            fault::install().map_err(|error| error.errno())?;
            let (file, _) = FILE.call_once(|| engine::file(2).expect("a map"));
            file.set_len(page::size() as u64).map_err(|error| error.errno())?;
            set(Signal::USR1, &Sigaction::handler(copies, SigactionFlags::ONSTACK, SignalSet::EMPTY));
            send(Signal::USR1);
            assert_eq!(CALLS.load(SeqCst), 1);
            Ok::<_, Errno>(())
        });
        Ok(())
    }

    fn a_forked_child_has_the_handler() -> Result<()> {
        fault::install()?;
        child::check(|| {
            assert!(fault::is_installed());
            child::check(still_faults);
            still_faults()
        });
        Ok(())
    }

    // Sent while copies run and fault: each goes to the handler that was there, and no copy comes out wrong.
    #[timeout(60)]
    fn sigbus_that_is_sent_while_copies_run_is_foreign() -> Result<()> {
        sent_while_copies_run(Signal::BUS)
    }

    #[timeout(60)]
    #[skip(qemu_user, "it may end by a SIGSEGV that is sent to it")]
    fn sigsegv_that_is_sent_while_copies_run_is_foreign() -> Result<()> {
        sent_while_copies_run(Signal::SEGV)
    }

    #[signal(SIGBUS)]
    fn a_signal_that_is_sent_while_copies_run_kills() -> Result<()> {
        fault::install()?;
        let parent = sys::getpid();
        // SAFETY: the child uses nothing of its parent's.
        unsafe { spawn(|| sys::kill(parent, Some(Signal::BUS))) }?;
        let (_, map) = engine::file(1)?;
        let mut bytes = [0; 4000];
        loop {
            map.read_at(0, &mut bytes)?;
        }
    }

    fn once_more_is_no_error() -> Result<()> {
        fault::install()?;
        fault::install()?;
        assert!(fault::is_installed());
        still_faults()?;
        touch_under(&Sigaction::DEFAULT)
    }

    fn uninstalled_it_leaves_what_was_there() -> Result<()> {
        let flags = SigactionFlags::RESTART | SigactionFlags::NODEFER;
        let before = Sigaction::handler(counts, flags, SignalSet::EMPTY.with(Signal::HUP));
        set(Signal::SEGV, &before);
        fault::install()?;
        assert_ne!(now(Signal::SEGV).address(), before.address());
        // SAFETY: there is one thread.
        unsafe { fault::uninstall() }?;
        assert!(!fault::is_installed());
        let after = now(Signal::SEGV);
        assert_eq!((after.address(), after.mask()), (before.address(), before.mask()));
        assert!(after.flags().contains(flags | SigactionFlags::SIGINFO), "{after:?}");
        assert_eq!(now(Signal::BUS).address(), Sigaction::DEFAULT.address());
        // From then on the kernel copies; and back again. Its pool stays, so a child makes it.
        child::check(|| {
            still_faults()?;
            fault::install()?;
            assert!(fault::is_installed());
            still_faults()
        });
        // SAFETY: as above.
        assert_eq!(unsafe { fault::uninstall() }.unwrap_err().errno(), Errno::ENOENT);
        Ok(())
    }

    fn under_another_handler_it_stays() -> Result<()> {
        fault::install()?;
        BELOW.call_once(|| now(Signal::BUS));
        set(Signal::BUS, &Sigaction::handler(over, SigactionFlags::empty(), SignalSet::EMPTY));
        assert!(!fault::is_installed());
        assert_eq!(fault::install().unwrap_err().errno(), Errno::EBUSY);
        // SAFETY: there is one thread.
        assert_eq!(unsafe { fault::uninstall() }.unwrap_err().errno(), Errno::EBUSY);
        // The one over it hands on what is not its own.
        still_faults()?;
        assert_eq!(CALLS.load(SeqCst), 1);
        set(Signal::BUS, BELOW.get().expect("just set"));
        assert!(fault::is_installed());
        still_faults()
    }

    // Somebody took it out with the default: it goes in again.
    fn after_the_default_it_goes_in_again() -> Result<()> {
        fault::install()?;
        set(Signal::BUS, &Sigaction::DEFAULT);
        assert!(!fault::is_installed());
        fault::install()?;
        still_faults()
    }

    // A program that this crate has started need not say anything.
    fn the_first_copy_installs_it() -> Result<()> {
        assert!(!fault::is_installed());
        still_faults()?;
        assert!(fault::is_installed());
        // Too late.
        fault::decline();
        assert!(fault::is_installed());
        Ok(())
    }

    fn declined_it_stays_away() -> Result<()> {
        child::check(|| {
            fault::decline();
            still_faults()?;
            assert!(!fault::is_installed());
            Ok::<_, baremap::Error>(())
        });
        Ok(())
    }

    // What the kernel tells of memory that failed some time ago, and nobody's instruction (BUS_MCEERR_AO, SEGV_MTEAERR).
    #[skip(qemu_user, "it makes another code of it")]
    fn news_of_what_happened_before_is_no_fault() -> Result<()> {
        set(Signal::BUS, &Sigaction::IGNORE);
        set(Signal::SEGV, &Sigaction::IGNORE);
        fault::install()?;
        inform(Signal::BUS, BUS_MCEERR_AO);
        inform(Signal::SEGV, SEGV_MTEAERR);
        assert!(fault::is_installed(), "it is ignored as before");
        still_faults()
    }

    #[skip(qemu_user, "it makes another code of it")]
    #[signal(SIGBUS)]
    fn news_of_what_happened_before_kill_by_default() -> Result<()> {
        fault::install()?;
        inform(Signal::BUS, BUS_MCEERR_AO);
        Ok(())
    }

    // As where the kernel cannot start a handler, and no instruction comes again that could fault.
    #[skip(qemu_user, "it makes another code of it")]
    #[signal(SIGSEGV)]
    fn a_signal_of_the_kernel_itself_kills_by_default() -> Result<()> {
        fault::install()?;
        inform(Signal::SEGV, SI_KERNEL);
        Ok(())
    }

    #[skip(qemu_user, "it has no seccomp, which forbids the other ways")]
    fn who_declines_too_late_keeps_the_handler() {
        child::check(|| {
            let (_, map) = engine::file(1)?;
            fault::install()?;
            fault::decline();
            sandbox::deny([__NR_memfd_create, __NR_pipe2, __NR_process_vm_readv], Errno::EPERM);
            map.load::<u8>(0)
                .map(|byte| assert_eq!(byte, pattern(0)))
        });
    }
}

/// Sets what a signal does.
fn set(signal: Signal, action: &Sigaction) {
    // SAFETY: the handlers below touch atomics, and files and maps by system calls.
    unsafe { sys::rt_sigaction(signal, Some(action)) }.expect("it can be caught");
}

fn now(signal: Signal) -> Sigaction {
    // SAFETY: only asks.
    unsafe { sys::rt_sigaction(signal, None) }.expect("it can be caught")
}

fn send(signal: Signal) {
    sys::kill(sys::getpid(), Some(signal)).expect("a process may signal itself");
}

/// Sends this process a signal with a code of the kernel's, which it may do to nobody else (rt_sigqueueinfo(2)).
fn inform(signal: Signal, code: u32) {
    let mut info = [0_i32; 32];
    (info[0], info[2]) = (signal.as_raw(), code as i32);
    let (pid, signal) = (sys::getpid().as_raw() as usize, signal.as_raw() as usize);
    // SAFETY: the kernel reads the 128 bytes of a siginfo_t.
    let result =
        unsafe { syscall3::<{ __NR_rt_sigqueueinfo as usize }>(pid, signal, info.as_ptr().expose_provenance()) };
    raw::done(result).expect("a process may tell itself anything");
}

/// Touches a byte by a plain load.
fn touch(address: *const u8) -> Result<()> {
    // SAFETY: where it is not mapped, that ends the process or is a handler's to mend, as the test says.
    unsafe { address.read_volatile() };
    Ok(())
}

/// The address of a page that is gone.
fn gone() -> Result<*const u8> {
    let (file, map) = engine::file(1)?;
    file.set_len(0)?;
    let address = map.as_ptr();
    mem::forget(map);
    Ok(address)
}

/// Asserts that copies report their faults.
fn still_faults() -> Result<()> {
    let (file, map) = engine::file(1)?;
    file.set_len(0)?;
    check(map.read_at(3, &mut [0; 5]), 0, 5);
    check(map.load::<u16>(0), 0, 2);
    Ok(())
}

/// Asserts that with something in for SIGBUS, a foreign fault still kills a child by it.
fn touch_under(action: &Sigaction) -> Result<()> {
    assert_eq!(action.address(), Sigaction::DEFAULT.address());
    let status = child::run(|| touch(gone()?));
    assert_eq!(status.signal(), Some(Signal::BUS));
    Ok(())
}

/// Asserts that copies come out right while another process sends a signal, and that the signals go to a handler that was
/// there before.
fn sent_while_copies_run(signal: Signal) -> Result<()> {
    child::check(|| {
        set(signal, &Sigaction::handler(counts, SigactionFlags::empty(), SignalSet::EMPTY));
        fault::install()?;
        let (file, map) = engine::file(4)?;
        let end = 2 * page::size();
        file.set_len(end as u64)?;
        let parent = sys::getpid();
        // SAFETY: the child uses nothing of its parent's.
        let mut sender = unsafe { spawn(|| (0..4000).try_for_each(|_| sys::kill(parent, Some(signal)))) }?;
        let mut random = Random(3);
        while sender.try_wait()?.is_none() {
            let (offset, len) = (random.below(end), random.below(end));
            check_reads(&map, end, end, [offset].into_iter(), [len % 90, len].into_iter())?;
            check(map.load::<u64>(offset), end - offset, 8);
        }
        assert!(sender.wait()?.success());
        assert!(CALLS.load(SeqCst) > 0);
        Ok::<_, baremap::Error>(())
    });
    Ok(())
}

/// Asserts, in a child, that a handler with these flags gets what is its own, and nothing else.
fn check_handler(flags: SigactionFlags, informed: bool) -> Result<()> {
    check_handler_on(flags, informed, |_| true)
}

/// [`check_handler`], and that it runs on a stack of which this is so.
fn check_handler_on(flags: SigactionFlags, informed: bool, is_stack: impl Fn(usize) -> bool) -> Result<()> {
    child::check(|| {
        let action = Sigaction::handler(mends, flags, SignalSet::EMPTY);
        if informed {
            set(Signal::BUS, &action);
        } else {
            set_plain(Signal::BUS);
        }
        check_installed(1)?;
        let (_, map) = FILE.get().expect("just made");
        assert_eq!(SIGNAL.load(SeqCst), Signal::BUS.as_raw() as usize);
        if informed {
            assert_eq!(ADDRESS.load(SeqCst), map.as_ptr().addr() + page::size());
        }
        assert!(is_stack(STACK.load(SeqCst)));
        Ok::<_, baremap::Error>(())
    });
    Ok(())
}

/// Asserts that a foreign fault reaches a handler that makes the file longer, so many times, and a copy's does not.
fn check_installed(calls: usize) -> Result<()> {
    fault::install()?;
    let (file, map) = FILE.try_call_once(|| engine::file(2))?;
    let page = page::size();
    file.set_len(page as u64)?;
    check(map.read_at(page - 3, &mut [0; 5]), 3, 5);
    check(map.store(page, 1_u32), 0, 4);
    assert_eq!(CALLS.load(SeqCst), 0, "a copy's fault is nobody else's");
    touch(map.as_ptr().wrapping_add(page))?;
    assert_eq!(CALLS.load(SeqCst), calls);
    let mut bytes = [1; 5];
    map.read_at(page - 3, &mut bytes)?;
    assert_eq!(bytes, [pattern(page - 3), pattern(page - 2), pattern(page - 1), 0, 0]);
    Ok(())
}

/// Sets [`mends_plainly`] as signal(2) would: without SA_SIGINFO.
fn set_plain(signal: Signal) {
    // The kernel's structure: handler, flags, restorer, mask. The way back is the same for both kinds of handlers.
    let restorer = baremap::arch::signal::restore as *const () as usize;
    let action = [mends_plainly as *const () as usize, SA_RESTORER as usize, restorer, 0];
    let address = (&raw const action).expose_provenance();
    // SAFETY: the kernel reads the structure; the handler touches atomics only, and a file by a system call.
    let result =
        unsafe { syscall4::<{ __NR_rt_sigaction as usize }>(signal.as_raw() as usize, address, 0, 8) };
    raw::done(result).expect("it can be caught");
}

/// Makes the compiler align the stack of the handler that begins with this: QEMU 7 does not on x86_64.
#[inline(always)]
fn align_stack() {
    #[repr(align(32))]
    struct Aligned;
    let mut value = Aligned;
    core::hint::black_box(&mut value);
}

/// Notes what it sees.
fn note(signal: i32, info: *mut SignalInfo) {
    CALLS.fetch_add(1, SeqCst);
    SIGNAL.store(signal as usize, SeqCst);
    let local = 0_u8;
    STACK.store((&raw const local).addr(), SeqCst);
    if !info.is_null() {
        // SAFETY: the kernel's, for this handler.
        ADDRESS.store(unsafe { (*info).address() }, SeqCst);
    }
    let mask = sys::rt_sigprocmask(MaskHow::Block, None).expect("it only asks");
    let bits =
        (1..=64).filter(|&number| Signal::from_raw(number).is_some_and(|signal| mask.contains(signal)));
    MASK.store(bits.fold(0, |mask, number| mask | 1 << (number - 1)), SeqCst);
}

/// Makes the file as long as it was.
fn mend() {
    if let Some((file, map)) = FILE.get() {
        let _ = file.set_len(map.len() as u64);
    }
}

unsafe extern "C" fn counts(signal: i32, info: *mut SignalInfo, _: *mut c_void) {
    align_stack();
    note(signal, info);
}

unsafe extern "C" fn mends(signal: i32, info: *mut SignalInfo, _: *mut c_void) {
    align_stack();
    note(signal, info);
    mend();
}

extern "C" fn mends_plainly(signal: i32) {
    align_stack();
    note(signal, core::ptr::null_mut());
    mend();
}

unsafe extern "C" fn copies(signal: i32, info: *mut SignalInfo, _: *mut c_void) {
    align_stack();
    note(signal, info);
    let (_, map) = FILE.get().expect("set before the signal is");
    check(map.read_at(page::size() - 1, &mut [0; 2]), 1, 2);
    check(map.load::<u64>(page::size()), 0, 8);
}

unsafe extern "C" fn copies_and_mends(signal: i32, info: *mut SignalInfo, context: *mut c_void) {
    align_stack();
    // SAFETY: passed on.
    unsafe { copies(signal, info, context) };
    mend();
}

unsafe extern "C" fn over(signal: i32, info: *mut SignalInfo, context: *mut c_void) {
    align_stack();
    CALLS.store(1, Relaxed);
    let below = BELOW.get().expect("set before this one is");
    // SAFETY: the address of a handler that takes information.
    unsafe {
        let below: InfoHandler = mem::transmute(below.address());
        below(signal, info, context);
    }
}
