//! Signals at short intervals while calls block: nothing is lost, and nothing comes twice.

use crate::harness::tests;
use crate::support::engine::{self, Engine};
use crate::support::scratch::Scratch;
use crate::support::storm::{self, Storm};
use crate::support::{child, fds, raw, seccomp, time};
use baremap::fd::AsFd;
use baremap::process::{self, Child, Exit};
use baremap::sys::{self, FutexScope, LockKind, Signal, WaitFlags, WaitFor};
use baremap::{
    DurableCell, Errno, File, FileMap, Result, SealedMap, SharedMap, page, replace_file, write_all,
};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;
use linux_raw_sys::general::__NR_fallocate;

/// So long that several signals come.
const LONG: Duration = Duration::from_millis(20);

/// More bytes than a pipe holds.
const MANY: usize = 1 << 18;

/// Signals that have to come before a loop ends.
const ENOUGH: u32 = 5;

tests! {
    fn a_read_from_a_pipe_goes_on() {
        storm::in_both(|_| {
            let (reader, writer) = fds::pipe();
            let feeder = spawn(|| feed(writer.as_fd()));
            drop(writer);
            let (reader, mut bytes, mut offset) = (File::from(reader), [0; 1000], 0);
            loop {
                let len = reader.read(&mut bytes)?;
                if len == 0 {
                    break;
                }
                for (index, &byte) in bytes[..len].iter().enumerate() {
                    assert_eq!(byte, engine::pattern(offset + index), "byte {}", offset + index);
                }
                offset += len;
            }
            assert_eq!(offset, MANY);
            end(feeder)
        });
    }

    fn a_write_to_a_pipe_goes_on() {
        storm::in_both(|_| {
            let (reader, writer) = fds::pipe();
            let reader = File::from(reader);
            let eater = spawn(|| eat(&reader));
            let mut bytes = [0; 5000];
            for start in (0..MANY).step_by(bytes.len()) {
                let bytes = &mut bytes[..(MANY - start).min(5000)];
                fill(bytes, start);
                write_all(writer.as_fd(), bytes)?;
            }
            drop(writer);
            end(eater)
        });
    }

    fn the_opening_of_a_named_pipe_goes_on() {
        storm::in_both(|_| {
            let scratch = Scratch::new();
            let path = scratch.path("a");
            raw::mkfifo(path.as_c_str()).expect("the name is free");
            let writer = spawn(|| {
                process::sleep(LONG);
                let flags = sys::OFlags::WRONLY;
                File::open_with(path.as_c_str(), flags, sys::Mode::empty())?.write_all(b"text")
            });
            let mut bytes = [0; 5];
            assert_eq!(File::open(path.as_c_str())?.read(&mut bytes)?, 4);
            end(writer)
        });
    }

    fn a_wait_for_a_child_goes_on() {
        storm::in_both(|_| {
            let child = spawn(|| {
                process::sleep(LONG);
                7_u8
            });
            assert_eq!(child.wait()?.code(), Some(7));
            Result::Ok(())
        });
    }

    fn a_sleep_lasts_as_long_as_it_was_to() {
        storm::in_both(|_| {
            let start = time::now();
            process::sleep(LONG);
            assert!(time::now() - start >= LONG);
        });
    }

    // What Linux does before 6.9, whose files in memory give an allocation up at any signal and take it back.
    #[skip(qemu_user, "it has no seccomp")]
    fn an_allocation_that_is_too_long_for_the_signals_comes_to_its_end_in_pieces() {
        child::check(|| {
            const SHORT: u32 = 1 << 20;
            seccomp::refuse(__NR_fallocate as usize, 3, !(SHORT - 1), Errno::EINTR);
            let (file, len) = (File::unnamed()?, 9 * u64::from(SHORT) + 5);
            file.allocate(100, len)?;
            assert_eq!(file.len()?, 100 + len);
            assert!(file.stat()?.blocks() * 512 >= len);
            Result::Ok(())
        });
    }

    fn an_allocation_comes_to_its_end() {
        storm::in_both(|storm| {
            // Longer and longer, so that one of them takes longer than it is from signal to signal.
            for shift in 20..=26 {
                let file = File::unnamed()?;
                file.allocate(10, 1 << shift)?;
                assert_eq!(file.len()?, (1 << shift) + 10);
                assert!(file.stat()?.blocks() * 512 >= 1 << shift);
                if storm.count() >= ENOUGH {
                    break;
                }
            }
            until_enough(storm, || Ok(()))
        });
    }

    fn flushes_and_syncs_go_on() {
        storm::in_both(|storm| {
            let scratch = Scratch::new();
            let file = File::create(scratch.path("a").as_c_str())?;
            file.set_len(1 << 20)?;
            let map = FileMap::write(&file)?;
            let mut round = 0_u64;
            until_enough(storm, || {
                round += 1;
                for offset in (0..map.len()).step_by(page::size()) {
                    map.store(offset, round)?;
                }
                map.flush()?;
                file.sync()?;
                file.sync_data()
            })?;
            let mut bytes = [0; 8];
            for offset in (0..map.len()).step_by(page::size()) {
                file.read_exact_at(&mut bytes, offset as u64)?;
                assert_eq!(u64::from_ne_bytes(bytes), round);
            }
            Result::Ok(())
        });
    }

    fn a_file_is_replaced_whole() {
        storm::in_both(|storm| {
            let scratch = Scratch::new();
            let path = scratch.path("a");
            let mut bytes = [0; 5000];
            let mut start = 0;
            until_enough(storm, || {
                start += 1;
                fill(&mut bytes, start);
                replace_file(path.as_c_str(), |file| file.write_all(&bytes))?;
                let mut found = [0; 5000];
                File::open(path.as_c_str())?.read_exact_at(&mut found, 0)?;
                assert_eq!(found, bytes);
                Ok(())
            })
        });
    }

    fn a_cell_keeps_its_value() {
        for engine in [Engine::Kernel, Engine::Handler] {
            storm::in_both(|storm| {
                engine.choose();
                let file = File::unnamed()?;
                let mut cell = DurableCell::create(&file, 0, 5000)?;
                let (mut bytes, mut found, mut start) = ([0; 5000], [0; 5000], 0);
                until_enough(storm, || {
                    start += 1;
                    fill(&mut bytes, start);
                    cell.write(&bytes)?;
                    assert_eq!(cell.read(&mut found)?, bytes);
                    Ok(())
                })
            });
        }
    }

    fn copies_are_whole() {
        for engine in [Engine::Kernel, Engine::Handler] {
            storm::in_both(|storm| {
                engine.choose();
                let (_file, map) = engine::file(64)?;
                let mut bytes = [0; 1 << 16];
                until_enough(storm, || {
                    bytes.fill(0);
                    map.read_at(page::size(), &mut bytes)?;
                    assert!((page::size()..).zip(&bytes).all(|(offset, &byte)| byte == engine::pattern(offset)));
                    map.write_at(page::size(), &bytes)
                })
            });
        }
    }

    fn a_snapshot_of_a_pipe_is_whole() {
        storm::in_both(|_| {
            let (reader, writer) = fds::pipe();
            let feeder = spawn(|| feed(writer.as_fd()));
            drop(writer);
            let map = SealedMap::snapshot_of(&reader)?;
            assert_eq!(map.len(), MANY);
            assert!(map.iter().enumerate().all(|(offset, &byte)| byte == engine::pattern(offset)));
            end(feeder)
        });
    }

    fn children_are_made_and_ended() {
        storm::in_both(|storm| {
            until_enough(storm, || {
                let child = spawn(|| process::sleep(Duration::from_secs(60)));
                child.kill(Signal::KILL)?;
                assert_eq!(child.wait()?.signal(), Some(Signal::KILL));
                Ok(())
            })
        });
    }

    // The functions of `sys` are not called again: what is right of them is that they say so.
    fn a_futex_wait_is_woken_or_says_that_it_was_interrupted() {
        storm::in_both(|_| {
            let map = SharedMap::new(4)?;
            let word: &AtomicU32 = map.atomic(0)?;
            let waker = spawn(|| {
                process::sleep(LONG);
                word.store(1, Relaxed);
                sys::futex_wake(word, FutexScope::Shared, 1).map(drop)
            });
            while word.load(Relaxed) == 0 {
                match sys::futex_wait(word, FutexScope::Shared, 0, None) {
                    Ok(()) | Err(Errno::EINTR) => {}
                    Err(Errno::EAGAIN) => assert_eq!(word.load(Relaxed), 1),
                    Err(errno) => panic!("{errno:?}"),
                }
            }
            end(waker)
        });
    }

    fn a_wait_for_a_lock_gets_it_or_says_that_it_was_interrupted() {
        storm::in_both(|_| {
            let scratch = Scratch::new();
            let path = scratch.path("a");
            let map = SharedMap::new(4)?;
            let step: &AtomicU32 = map.atomic(0)?;
            let mine = File::create(path.as_c_str())?;
            let holder = spawn(|| {
                let theirs = File::open_rw(path.as_c_str())?;
                sys::fcntl_ofd_setlkw(theirs.as_fd(), LockKind::Write, 0, 0).expect("it is free");
                step.store(1, Relaxed);
                process::sleep(LONG);
                step.store(2, Relaxed);
                Result::Ok(())
            });
            while step.load(Relaxed) == 0 {
                process::sleep(Duration::from_micros(100));
            }
            while let Err(errno) = sys::fcntl_ofd_setlkw(mine.as_fd(), LockKind::Write, 0, 0) {
                assert_eq!(errno, Errno::EINTR);
            }
            assert_eq!(step.load(Relaxed), 2, "the lock was another's");
            end(holder)
        });
    }

    fn waitid_says_that_it_was_interrupted() {
        storm::in_both(|_| {
            let child = spawn(|| process::sleep(LONG));
            loop {
                match sys::waitid(WaitFor::Pid(child.pid()), WaitFlags::EXITED | WaitFlags::NOWAIT) {
                    Ok(waited) => break assert!(waited.is_some_and(|waited| waited.status.success())),
                    Err(errno) => assert_eq!(errno, Errno::EINTR),
                }
            }
            end(child)
        });
    }
}

fn spawn<T: Exit>(run: impl FnOnce() -> T) -> Child {
    // SAFETY: a test has one thread and holds no lock; what it owns, the child owns a copy of.
    unsafe { process::spawn(run) }.expect("a test may have a child")
}

fn end(child: Child) -> Result<()> {
    assert!(child.wait()?.success());
    Ok(())
}

/// Repeats something until signals have come in between.
fn until_enough(storm: &Storm, mut run: impl FnMut() -> Result<()>) -> Result<()> {
    while storm.count() < ENOUGH {
        run()?;
    }
    Ok(())
}

fn fill(bytes: &mut [u8], start: usize) {
    for (offset, byte) in (start..).zip(bytes) {
        *byte = engine::pattern(offset);
    }
}

/// Writes the pattern slowly.
fn feed(writer: baremap::fd::BorrowedFd<'_>) -> Result<()> {
    let mut bytes = [0; 1 << 14];
    for start in (0..MANY).step_by(bytes.len()) {
        fill(&mut bytes, start);
        process::sleep(LONG / 16);
        write_all(writer, &bytes)?;
    }
    Ok(())
}

/// Reads the pattern slowly, up to the end.
fn eat(reader: &File) -> Result<()> {
    let (mut bytes, mut offset) = ([0; 1 << 14], 0);
    while offset < MANY {
        process::sleep(LONG / 16);
        let len = reader.read(&mut bytes)?;
        for (index, &byte) in bytes[..len].iter().enumerate() {
            assert_eq!(byte, engine::pattern(offset + index), "byte {}", offset + index);
        }
        offset += len;
    }
    Ok(())
}
