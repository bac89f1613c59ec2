//! Signals against the libc's table.

use std::ffi::{CStr, c_char, c_int};

use baremap::sys::Signal;

unsafe extern "C" {
    // glibc 2.32: the name without SIG, null where there is none.
    safe fn sigabbrev_np(signal: c_int) -> *const c_char;
}

#[test]
fn names_are_those_of_the_libc() {
    for number in -1..=100 {
        let Some(signal) = Signal::from_raw(number) else {
            assert!(!(1..=64).contains(&number), "{number} is a signal");
            continue;
        };
        assert!((1..=64).contains(&number) && signal.as_raw() == number);

        let abbreviation = sigabbrev_np(number);
        // SAFETY: the table holds null pointers and constant strings.
        let name = (!abbreviation.is_null()).then(|| unsafe { CStr::from_ptr(abbreviation) });
        let name = name.map(|name| match name.to_str().expect("the table is in ASCII") {
            // One signal with two names, of which signal(7) puts SIGIO first.
            "POLL" => "SIGIO".into(),
            name => format!("SIG{name}"),
        });
        assert_eq!(signal.name().map(String::from), name);
        assert_eq!(signal.to_string(), name.unwrap_or(format!("signal {number}")));
    }
}

#[test]
fn constants_are_those_of_the_libc() {
    let pairs = [
        (Signal::BUS, libc::SIGBUS),
        (Signal::CHLD, libc::SIGCHLD),
        (Signal::IO, libc::SIGIO),
        (Signal::KILL, libc::SIGKILL),
        (Signal::SEGV, libc::SIGSEGV),
        (Signal::SYS, libc::SIGSYS),
    ];
    for (signal, number) in pairs {
        assert_eq!(signal.as_raw(), number);
    }
}
