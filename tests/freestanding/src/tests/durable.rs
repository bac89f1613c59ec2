use crate::harness::tests;
use crate::support::fds;
use crate::support::scratch::Scratch;
use crate::support::{child, sandbox, trace};
use baremap::process::{self, sleep};
use baremap::sys::{OFlags, Signal};
use baremap::{DurableCell, Errno, Error, File, Reason, Result, SharedMap};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;
use linux_raw_sys::general::__NR_fsync;

const CAPACITY: usize = 100;

tests! {
    fn a_new_cell_is_empty() -> Result<()> {
        let file = File::unnamed()?;
        let cell = DurableCell::create(&file, 0, CAPACITY)?;
        assert_eq!(cell.read(&mut [])?, b"");
        assert_eq!(cell.capacity(), CAPACITY);
        assert_eq!(file.len()?, DurableCell::space(CAPACITY)? as u64);
        Ok(())
    }

    fn the_last_value_is_read() -> Result<()> {
        let file = File::unnamed()?;
        let mut cell = DurableCell::create(&file, 0, CAPACITY)?;
        let full = [7; CAPACITY];
        for value in [&b"one"[..], b"two, longer", b"", &full, b"five"] {
            cell.write(value)?;
            assert_eq!(cell.read(&mut [0; CAPACITY])?, value);
            // In another map of the file, as another process would find it.
            assert_eq!(DurableCell::open(&file, 0, CAPACITY)?.read(&mut [0; CAPACITY])?, value);
        }
        Ok(())
    }

    fn a_cell_of_no_bytes_is_one_too() -> Result<()> {
        let file = File::unnamed()?;
        let mut cell = DurableCell::create(&file, 0, 0)?;
        cell.write(b"")?;
        assert_eq!(cell.write(b"x").map_err(Error::reason), Err(Reason::TooLarge { len: 1, most: 0 }));
        assert_eq!(DurableCell::open(&file, 0, 0)?.read(&mut [1])?, b"");
        Ok(())
    }

    fn cells_of_one_file_leave_each_other_alone() -> Result<()> {
        let file = File::unnamed()?;
        let space = DurableCell::space(CAPACITY)? as u64;
        let mut second = DurableCell::create(&file, space, CAPACITY)?;
        let mut first = DurableCell::create(&file, 0, CAPACITY)?;
        for _ in 0..3 {
            first.write(&[1; CAPACITY])?;
            second.write(&[2; CAPACITY])?;
        }
        assert_eq!(first.read(&mut [0; CAPACITY])?, [1; CAPACITY]);
        assert_eq!(second.read(&mut [0; CAPACITY])?, [2; CAPACITY]);
        assert_eq!(file.len()?, 2 * space);
        Ok(())
    }

    fn a_value_that_is_too_long_changes_nothing() -> Result<()> {
        let mut cell = DurableCell::create(&File::unnamed()?, 0, CAPACITY)?;
        cell.write(b"old")?;
        let error = cell.write(&[0; CAPACITY + 1]).unwrap_err();
        assert_eq!((error.errno(), error.reason()), (Errno::EMSGSIZE, Reason::TooLarge { len: 101, most: 100 }));
        cell.write(b"and it can be written to")?;
        let error = cell.read(&mut [0; 23]).unwrap_err();
        assert_eq!(error.reason(), Reason::TooLarge { len: 24, most: 23 });
        assert_eq!(cell.read(&mut [0; 24])?, b"and it can be written to");
        Ok(())
    }

    fn a_damaged_value_is_not_too_long_for_a_buffer() -> Result<()> {
        let file = File::unnamed()?;
        let mut cell = DurableCell::create(&file, 0, CAPACITY)?;
        cell.write(b"short")?;
        cell.write(b"longer, and then damaged")?;
        // The first byte of the value in the first slot, which has had every other one since the first, empty.
        file.write_all_at(b"?", 48)?;
        assert_eq!(cell.read(&mut [0; 5])?, b"short");
        let error = cell.read(&mut [0; 4]).unwrap_err();
        assert_eq!(error.reason(), Reason::TooLarge { len: 5, most: 4 });
        Ok(())
    }

    fn what_is_no_cell_is_an_error() -> Result<()> {
        let space = DurableCell::space(CAPACITY)?;
        let file = File::unnamed()?;
        file.set_len(space as u64)?;
        assert_eq!(open(&file, 0, CAPACITY), (Errno::EBADMSG, Reason::NoValue));
        assert_eq!(open(&file, 1, CAPACITY), (Errno::EINVAL, Reason::Misaligned { offset: 1, align: 64 << 10 }));
        file.set_len(space as u64 - 1)?;
        let reason = Reason::PastEnd { offset: 0, len: space as u64, size: space as u64 - 1 };
        assert_eq!(open(&file, 0, CAPACITY), (Errno::EINVAL, reason));
        Ok(())
    }

    fn another_capacity_is_an_error() -> Result<()> {
        let file = File::unnamed()?;
        DurableCell::create(&file, 0, CAPACITY)?;
        let reason = Reason::OtherCapacity { asked: 99, found: 100 };
        assert_eq!(open(&file, 0, 99), (Errno::EINVAL, reason));
        Ok(())
    }

    fn a_capacity_beyond_all_memory_is_an_error() -> Result<()> {
        let file = File::unnamed()?;
        for capacity in [usize::MAX, usize::MAX - 48, isize::MAX as usize, isize::MAX as usize / 2] {
            let error = DurableCell::create(&file, 0, capacity).unwrap_err();
            assert_eq!((error.errno(), error.reason()), (Errno::ENOMEM, Reason::TooLong { len: capacity as u64 }));
        }
        assert_eq!(file.len()?, 0);
        Ok(())
    }

    fn a_file_that_cannot_be_written_is_an_error() -> Result<()> {
        let file = File::unnamed()?;
        DurableCell::create(&file, 0, CAPACITY)?;
        let file = fds::reopen(&file, OFlags::RDONLY);
        assert_eq!(open(&file, 0, CAPACITY), (Errno::EACCES, Reason::NotWritable));
        Ok(())
    }

    fn a_file_that_shrinks_is_an_error() -> Result<()> {
        let file = File::unnamed()?;
        let mut cell = DurableCell::create(&file, 0, CAPACITY)?;
        cell.write(b"value")?;
        file.set_len(0)?;
        let fault = Err(Reason::Fault { copied: 0 });
        assert_eq!(cell.read(&mut [0; CAPACITY]).map_err(Error::reason), fault);
        assert_eq!(cell.write(b"another").map_err(Error::reason), fault.map(drop));
        Ok(())
    }

    fn after_an_error_no_write_is_tried_again() -> Result<()> {
        let file = File::unnamed()?;
        let mut cell = DurableCell::create(&file, 0, CAPACITY)?;
        let len = file.len()?;
        file.set_len(0)?;
        let error = cell.write(b"value").unwrap_err();
        file.set_len(len)?;
        assert_eq!(cell.write(b"value"), Err(error));
        Ok(())
    }

    #[skip(qemu_user, "it lacks ptrace")]
    fn killed_at_any_moment_leaves_the_old_value_or_the_new() -> Result<()> {
        let scratch = Scratch::new();
        let file = File::create(scratch.path("a").as_c_str())?;
        let mut cell = DurableCell::create(&file, 0, CAPACITY)?;
        let (mut kept, mut replaced) = (0, 0);
        for moment in 0.. {
            cell.write(b"the old value")?;
            let status = trace::kill_at(moment, || DurableCell::open(&file, 0, CAPACITY)?.write(b"new"));
            match DurableCell::open(&file, 0, CAPACITY)?.read(&mut [0; CAPACITY])? {
                b"the old value" => kept += 1,
                b"new" => replaced += 1,
                other => panic!("{} after moment {moment}", other.escape_ascii()),
            }
            if status.1.success() {
                break;
            }
            assert_eq!(status.1.signal(), Some(Signal::KILL));
        }
        // Before and after each of two syncs.
        assert!(kept >= 2 && replaced >= 2, "{kept} kept, {replaced} replaced");
        Ok(())
    }

    fn a_killed_writer_leaves_what_it_has_written_last() -> Result<()> {
        let file = File::unnamed()?;
        DurableCell::create(&file, 0, CAPACITY)?;
        let done = SharedMap::new(4)?;
        let done: &AtomicU32 = done.atomic(0)?;
        for _ in 0..20 {
            let before = done.load(Relaxed);
            // SAFETY: the child uses the file and a shared map.
            let writer = unsafe { process::spawn(|| count(&file, done)) }?;
            while done.load(Relaxed) < before + 3 {
                sleep(Duration::from_micros(100));
            }
            writer.kill(Signal::KILL)?;
            assert_eq!(writer.wait()?.signal(), Some(Signal::KILL));
            let value = number(&DurableCell::open(&file, 0, CAPACITY)?)?;
            let done = done.load(Relaxed);
            assert!(value == done || value == done + 1, "{value} after {done}");
        }
        Ok(())
    }

    fn readers_find_whole_values_while_another_process_writes() -> Result<()> {
        let file = File::unnamed()?;
        DurableCell::create(&file, 0, CAPACITY)?.write(&pattern(0))?;
        let done = SharedMap::new(4)?;
        let done: &AtomicU32 = done.atomic(0)?;
        // SAFETY: the child uses the file and a shared map.
        let writer = unsafe { process::spawn(|| count(&file, done)) }?;
        let cell = DurableCell::open(&file, 0, CAPACITY)?;
        let (mut last, mut found) = (0, 0);
        while found < 20 {
            let value = number(&cell)?;
            assert!(value >= last, "{value} after {last}");
            found += u32::from(value > last);
            last = value;
        }
        writer.kill(Signal::KILL)?;
        writer.wait().map(drop)
    }

    // The length of the file has to survive a crash as well.
    #[skip(qemu_user, "it has no seccomp, which forbids the call")]
    fn a_cell_is_not_made_where_its_file_cannot_be_synced() {
        child::check(|| {
            let file = File::unnamed()?;
            sandbox::deny([__NR_fsync], Errno::EIO);
            assert_eq!(DurableCell::create(&file, 0, 100).unwrap_err().errno(), Errno::EIO);
            Ok::<_, baremap::Error>(())
        });
    }
}

/// What opening fails with.
fn open(file: &File, offset: u64, capacity: usize) -> (Errno, Reason) {
    let error = DurableCell::open(file, offset, capacity).unwrap_err();
    (error.errno(), error.reason())
}

/// A value in which every byte tells the number.
fn pattern(number: u32) -> [u8; CAPACITY] {
    core::array::from_fn(|index| number.to_le_bytes()[index % 4])
}

/// The number of a value, which must not be a mix of two.
fn number(cell: &DurableCell) -> Result<u32> {
    let mut buffer = [0; CAPACITY];
    let value = cell.read(&mut buffer)?;
    let number = value.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
    assert!(value.is_empty() || value == pattern(number), "{}", value.escape_ascii());
    Ok(number)
}

/// Writes one number after the other, and says which is done, until somebody ends it.
fn count(file: &File, done: &AtomicU32) -> Result<()> {
    let mut cell = DurableCell::open(file, 0, CAPACITY)?;
    for next in number(&cell)? + 1.. {
        cell.write(&pattern(next))?;
        done.store(next, Relaxed);
    }
    Ok(())
}
