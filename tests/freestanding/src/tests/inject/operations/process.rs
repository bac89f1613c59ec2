use super::{Operation, operation, system_call};
use crate::support::fds;
use baremap::fd::{AsFd, AsRawFd, STDERR};
use baremap::process::{self, Child};
use baremap::sys::{self, OFlags, Signal};
use baremap::{Errno, Result, eprintln};
use core::time::Duration;

pub(super) const OPERATIONS: &[Operation] = &[
    operation("process::spawn", |calls| {
        // SAFETY: the child uses nothing of its parent's.
        let child = calls.fail(|| unsafe { process::spawn(|| 3_u8) })?;
        assert_eq!(child.wait()?.code(), Some(3));
        Ok(())
    }),
    operation("Child::wait", |calls| {
        let child = spawn()?;
        let pid = child.pid();
        match calls.fail(|| child.wait()) {
            Ok(status) => assert_eq!(status.code(), Some(3)),
            Err(error) => {
                // It is still there to be waited for.
                sys::wait4(sys::WaitFor::Pid(pid), sys::WaitFlags::empty()).expect("it is a child");
                return Err(error);
            }
        }
        Ok(())
    }),
    operation("Child::try_wait", |calls| {
        let mut child = spawn()?;
        let pid = child.pid();
        let status = calls.fail(|| child.try_wait());
        if !matches!(status, Ok(Some(_))) {
            sys::wait4(sys::WaitFor::Pid(pid), sys::WaitFlags::empty()).expect("it is a child");
        }
        status.map(drop)
    }),
    operation("Child::kill", |calls| {
        // SAFETY: the child uses nothing of its parent's.
        let child = unsafe { process::spawn(|| process::sleep(Duration::from_secs(60))) }?;
        let result = calls.fail(|| child.kill(Signal::KILL));
        if result.is_err() {
            child.kill(Signal::KILL)?;
        }
        assert_eq!(child.wait()?.signal(), Some(Signal::KILL));
        result
    }),
    operation("process::sleep", |calls| {
        calls.fail(|| {
            process::sleep(Duration::from_micros(10));
            Result::Ok(())
        })
    }),
    system_call("eprintln", |calls| {
        let (_reader, writer) = fds::pipe();
        let kept = sys::fcntl_dupfd_cloexec(STDERR, 100)?;
        let onto_stderr = |fd| {
            // SAFETY: nobody owns standard error, and whoever prints means the new one.
            unsafe { sys::dup3(fd, STDERR.as_raw_fd(), OFlags::empty()) }
        };
        onto_stderr(writer.as_fd())?;
        let result = calls.fail(|| {
            eprintln!("a line");
            Ok::<_, Errno>(())
        });
        onto_stderr(kept.as_fd())?;
        result
    }),
];

/// A child that ends at once.
fn spawn() -> Result<Child> {
    // SAFETY: the child uses nothing of its parent's.
    unsafe { process::spawn(|| 3_u8) }
}
