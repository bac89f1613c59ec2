//! A file system without room.

use crate::harness::tests;
use crate::support::engine::{self, Engine};
use crate::support::scratch::Scratch;
use crate::support::{child, small_tmpfs, user};
use baremap::{
    DurableCell, Errno, Error, File, FileMap, Operation, Reason, Result, page, println, replace_file,
};

/// Pages that there is room for.
const ROOM: usize = 8;

tests! {
    fn an_allocation_is_enospc() {
        with_room_for(ROOM, |scratch| {
            let file = File::create(scratch.path("a").as_c_str())?;
            let error = file.allocate(0, bytes(ROOM + 1) as u64).unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::Allocate, Errno::ENOSPC));
            assert_eq!((file.len()?, file.stat()?.blocks()), (0, 0));
            // It was not for ever.
            file.allocate(0, bytes(ROOM / 2) as u64)
        });
    }

    fn a_write_is_enospc_and_what_was_written_stays() {
        with_room_for(ROOM, |scratch| {
            let file = File::create(scratch.path("a").as_c_str())?;
            let mut written = 0;
            let error = loop {
                match file.write_all_at(&[7; 1000], written) {
                    Ok(()) => written += 1000,
                    Err(error) => break error,
                }
            };
            assert_eq!((error.operation(), error.errno()), (Operation::Write, Errno::ENOSPC));
            let mut found = [0; 1000];
            for offset in (0..written).step_by(1000) {
                file.read_exact_at(&mut found, offset)?;
                assert_eq!(found, [7; 1000]);
            }
            Ok(())
        });
    }

    // Where a plain store raises SIGBUS.
    #[skip(qemu_pages, "a store takes up a page of the machine below, of which a larger one has several")]
    fn a_store_into_a_hole_is_a_fault() {
        for engine in [Engine::Kernel, Engine::Handler] {
            with_room_for(ROOM, |scratch| {
                engine.choose();
                let file = File::create(scratch.path("a").as_c_str())?;
                file.set_len(bytes(2 * ROOM) as u64)?;
                let map = FileMap::write(&file)?;
                let stored = (0..2 * ROOM).map(|number| map.store(bytes(number), engine::pattern(number)));
                let results: [Result<()>; 2 * ROOM] = collect(stored);
                let full = results.iter().position(Result::is_err).expect("there is no room for all");
                for result in &results[full..] {
                    let error = result.unwrap_err();
                    assert_eq!((error.errno(), error.reason()), (Errno::EFAULT, Reason::Fault { copied: 0 }));
                }
                for number in 0..full {
                    assert_eq!(map.load::<u8>(bytes(number))?, engine::pattern(number));
                }
                Ok(())
            });
        }
    }

    #[skip(qemu_user, "it makes no page ready, and says that all is well")]
    fn to_make_pages_ready_for_stores_is_an_error() {
        with_room_for(ROOM, |scratch| {
            let file = File::create(scratch.path("a").as_c_str())?;
            file.set_len(bytes(2 * ROOM) as u64)?;
            let errno = FileMap::write(&file)?.pages().prefault_write().unwrap_err().errno();
            // Before Linux 5.14 there is no such call.
            assert!(matches!(errno, Errno::EFAULT | Errno::EINVAL), "{errno:?}");
            Ok(())
        });
    }

    fn a_file_that_cannot_be_replaced_stays() {
        with_room_for(ROOM, |scratch| {
            let path = scratch.path("a");
            replace_file(path.as_c_str(), |file| file.write_all(b"old"))?;
            let result = replace_file(path.as_c_str(), |file| file.allocate(0, bytes(2 * ROOM) as u64));
            assert_eq!(result.map_err(Error::errno), Err(Errno::ENOSPC));
            let mut content = [0; 4];
            assert_eq!(File::open(path.as_c_str())?.read(&mut content)?, 3);
            assert_eq!(&content[..3], b"old");
            // Nothing is left of the new one: all the room but a page is there.
            File::create(scratch.path("b").as_c_str())?.allocate(0, bytes(ROOM / 2) as u64)
        });
    }

    fn a_cell_that_has_no_room_is_not_made() {
        // A cell takes two slots of 64 KiB, whatever a page is.
        with_room_for(1, |scratch| {
            let file = File::create(scratch.path("a").as_c_str())?;
            let error = DurableCell::create(&file, 0, 2 * page::size()).unwrap_err();
            assert_eq!(error.errno(), Errno::ENOSPC);
            assert!(DurableCell::open(&file, 0, 2 * page::size()).is_err());
            Ok(())
        });
    }
}

fn bytes(pages: usize) -> usize {
    pages * page::size()
}

/// Runs assertions in a child with a directory that has room for so many pages.
fn with_room_for(pages: usize, assertions: impl FnOnce(&Scratch) -> Result<()>) {
    if !user::is_root() {
        println!("left out: only root may mount a file system");
        return;
    }
    // Removed by this process, to which nothing is mounted there.
    let scratch = Scratch::in_memory();
    child::check(|| match small_tmpfs::mount_over(scratch.directory(), bytes(pages)) {
        Ok(()) => assertions(&scratch),
        Err(Errno::EPERM) => {
            println!("left out: nothing may be mounted here");
            Ok(())
        }
        Err(errno) => panic!("mount: {errno:?}"),
    });
}

fn collect<T, const N: usize>(items: impl Iterator<Item = T>) -> [T; N] {
    let mut items = items;
    core::array::from_fn(|_| items.next().expect("as many"))
}
