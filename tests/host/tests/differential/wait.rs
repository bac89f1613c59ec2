//! How a process ended, against the libc's macros.

use baremap::process;
use baremap::sys::{Signal, WaitStatus};

#[test]
fn every_status_is_decoded_as_by_the_libc() {
    let signal = |number: i32| (1..=64).contains(&number).then_some(number);
    for raw in 0..=0xffff {
        let status = WaitStatus::from_raw(raw);
        assert_eq!(status.as_raw(), raw);

        let exited = libc::WIFEXITED(raw);
        let killed = libc::WIFSIGNALED(raw);
        assert_eq!(status.code().map(i32::from), exited.then(|| libc::WEXITSTATUS(raw)), "{raw:#x}");
        assert_eq!(status.success(), exited && libc::WEXITSTATUS(raw) == 0, "{raw:#x}");
        let by = killed.then(|| libc::WTERMSIG(raw)).and_then(signal);
        assert_eq!(status.signal().map(Signal::as_raw), by, "{raw:#x}");
        assert_eq!(status.core_dumped(), by.is_some() && libc::WCOREDUMP(raw), "{raw:#x}");
        let by = libc::WIFSTOPPED(raw).then(|| libc::WSTOPSIG(raw)).and_then(signal);
        assert_eq!(status.stopped().map(Signal::as_raw), by, "{raw:#x}");
        assert_eq!(status.continued(), libc::WIFCONTINUED(raw), "{raw:#x}");
    }
}

#[test]
fn a_child_is_seen_by_the_libc_as_it_ended() {
    for code in [0, 1, 7, 255] {
        // SAFETY: the child does nothing.
        let child = unsafe { process::spawn(|| code) }.unwrap();
        let mut status = 0;
        // SAFETY: the status is written.
        let pid = unsafe { libc::waitpid(child.pid().as_raw(), &raw mut status, 0) };
        assert_eq!(pid, child.pid().as_raw());
        assert!(libc::WIFEXITED(status));
        assert_eq!(libc::WEXITSTATUS(status), i32::from(code));
    }
}

#[test]
fn a_killed_child_has_its_signal() {
    // SAFETY: the child only sleeps.
    let child = unsafe { process::spawn(|| process::sleep(std::time::Duration::MAX)) }.unwrap();
    // SAFETY: no memory is named.
    assert_eq!(unsafe { libc::kill(child.pid().as_raw(), libc::SIGKILL) }, 0);
    assert_eq!(child.wait().unwrap().signal(), Some(Signal::KILL));
}
