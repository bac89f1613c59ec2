use super::super::sweep::Calls;
use super::{Operation, operation, system_call};
use crate::support::fds;
use baremap::fd::{AsFd, AsRawFd, STDERR};
use baremap::process::{self, Child, Children, Group, Program};
use baremap::sync::Deadline;
use baremap::sys::{self, OFlags, Signal};
use baremap::{Errno, File, Operation as CrateOperation, Result, eprintln};
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
    operation("Child::wait_until", |calls| {
        // SAFETY: the child uses nothing of its parent's.
        let mut child = unsafe { process::spawn(|| process::sleep(SHORT)) }?;
        let (pid, deadline) = (child.pid(), Deadline::after(LONG));
        let status = calls.fail(|| child.wait_until(deadline));
        if status.is_err() {
            gone(pid);
        }
        status.map(drop)
    }),
    operation("process::run", |calls| {
        // SAFETY: the child uses nothing of its parent's.
        let result = calls.fail(|| unsafe {
            process::run(|| {
                // Who cannot wait for it has its result all the same, if it is there. This one is not.
                let too_late = calls.errno() == Some(Errno::ECHILD);
                process::sleep(if too_late { 100 * SHORT } else { SHORT });
                7_u8
            })
        });
        assert!(result.is_err() || result == Ok(7));
        result.map(drop)
    }),
    operation("Children::spawn", |calls| {
        let mut children = Children::<2>::new().lead_groups();
        // SAFETY: the child uses nothing of its parent's.
        calls.fail(|| unsafe { children.spawn(|| ()) }).map(drop)
    }),
    operation("Children::wait_any", |calls| {
        let mut children = Children::<2>::new();
        // SAFETY: the child uses nothing of its parent's.
        let pid = unsafe { children.spawn(|| process::sleep(SHORT)) }?;
        let ended = calls.fail(|| children.wait_any());
        if ended.is_err() {
            gone(pid);
        }
        ended.map(drop)
    }),
    operation("Children::end", |calls| {
        let mut children = Children::<2>::new();
        // SAFETY: the child uses nothing of its parent's.
        let pid = unsafe { children.spawn(|| process::sleep(LONG)) }?;
        let result = calls.fail(|| {
            children.end();
            Result::Ok(())
        });
        gone(pid);
        result
    }),
    operation("Program::start", |calls| {
        let file = File::unnamed()?;
        let (fd, program) = (file.as_fd(), Program::new(c"/nowhere/at-all").directory(c"/"));
        // One moves out of the way of the other.
        let list = [(fd, 50), (fd, fd.as_raw_fd())];
        start(calls, &program.group(Group::New).die_with_parent().descriptors(&list))
    })
    .remembers(),
    operation("Program::start, in a file", |calls| {
        let file = File::unnamed()?;
        start(calls, &Program::in_file(file.as_fd()))
    })
    .remembers(),
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
/// So long a child takes.
const SHORT: Duration = Duration::from_millis(10);
/// So long nobody waits.
const LONG: Duration = Duration::from_secs(60);

/// Starts what is no program: what it says without a failure is what this asks for.
fn start(calls: &Calls<'_>, program: &Program<'_>) -> Result<()> {
    calls.fail(|| match program.start() {
        Ok(child) => child.wait().map(drop),
        Err(error)
            if error.operation() == CrateOperation::Exec
                && matches!(error.errno(), Errno::ENOENT | Errno::ENOEXEC | Errno::ENOSYS) =>
        {
            Ok(())
        }
        Err(error) => Err(error),
    })
}

/// Ends a child that somebody lost.
fn gone(pid: sys::Pid) {
    let _ = sys::kill(pid, Some(Signal::KILL));
    while sys::wait4(sys::WaitFor::Pid(pid), sys::WaitFlags::empty()) == Err(Errno::EINTR) {}
}

fn spawn() -> Result<Child> {
    // SAFETY: the child uses nothing of its parent's.
    unsafe { process::spawn(|| 3_u8) }
}
