use crate::harness::tests;
use crate::support::{child, fds, storm};
use baremap::fd::{AsFd, OwnedFd};
use baremap::process::{self, die_with_parent, sleep, spawn_bound};
use baremap::sys::{self, Pid, Signal};
use baremap::{Errno, Result, SharedMap};
use core::sync::atomic::{AtomicU32, Ordering::SeqCst};
use core::time::Duration;

tests! {
    fn a_bound_child_ends_as_any_other() -> Result<()> {
        // SAFETY: the child uses nothing of its parent's.
        let bound = unsafe { spawn_bound(|| 3_u8) }?;
        assert_eq!(bound.wait()?.code(), Some(3));
        Ok(())
    }

    fn a_bound_child_goes_with_its_parent() -> Result<()> {
        let ready = SharedMap::new(4)?;
        let ready: &AtomicU32 = ready.atomic(0)?;
        let (reader, writer) = fds::pipe();
        // SAFETY: the child uses what is shared, and its copies.
        let parent = unsafe {
            process::spawn(|| {
                let child = spawn_bound(|| {
                    ready.store(1, SeqCst);
                    sleep(Duration::MAX);
                });
                sleep(Duration::MAX);
                child.map(drop)
            })
        }?;
        drop(writer);
        while ready.load(SeqCst) == 0 {
            sleep(Duration::from_millis(1));
        }
        parent.kill(Signal::KILL)?;
        parent.wait()?;
        assert_is_closed(&reader);
        Ok(())
    }

    fn a_child_whose_parent_has_ended_already_ends_too() -> Result<()> {
        let (reader, writer) = fds::pipe();
        child::check(|| {
            let parent = sys::getpid();
            // SAFETY: the child uses its copies.
            unsafe {
                process::spawn(|| {
                    while sys::getppid() == Some(parent) {
                        sleep(Duration::from_millis(1));
                    }
                    die_with_parent(parent)?;
                    // It must not come here.
                    sys::write(writer.as_fd(), b"x").expect("somebody reads");
                    Result::Ok(())
                })
            }
            .map(drop)
        });
        drop(writer);
        assert_is_closed(&reader);
        Ok(())
    }

    fn another_parent_ends_it_as_well() {
        let nobody = Pid::from_raw(i32::MAX).expect("a number");
        assert_eq!(child::run(|| die_with_parent(nobody)).signal(), Some(Signal::KILL));
    }
}

/// Waits until nobody has the other end any more, in which nobody has written anything.
fn assert_is_closed(reader: &OwnedFd) {
    // Should it stay open, the test ends by the signal.
    storm::alarm(Duration::from_secs(100));
    let mut byte = [0];
    let read = loop {
        match sys::read(reader.as_fd(), &mut byte) {
            Err(Errno::EINTR) => {}
            read => break read,
        }
    };
    assert_eq!(read, Ok(0));
    storm::alarm(Duration::ZERO);
}
