//! What a forked child has of each of the crate's types; the table in `process` says what.

use crate::harness::tests;
use crate::support::scratch::Scratch;
use crate::support::{child, fds};
use baremap::alloc::{AnonPages, Arena, Bump, PageSource};
use baremap::arch::code::adder;
use baremap::map::{GrowMap, GuardedMap, regions};
use baremap::process::{self, Children, Fork, sleep};
use baremap::sys::{self, Signal};
use baremap::{
    AnonMap, CodeMap, DeviceMap, DurableCell, Errno, File, FileMap, Reason, Result, SealedMap, SharedMap,
    fault, page, replace_file,
};
use core::alloc::{GlobalAlloc, Layout};
use core::time::Duration;

tests! {
    fn private_memory_is_copied() -> Result<()> {
        let mut plain = AnonMap::new(10)?;
        let mut growing = GrowMap::new(4 * page::size())?;
        growing.grow_to(10)?;
        let mut guarded = GuardedMap::new(10)?;
        let mut reserved = AnonMap::reserve(4 * page::size())?;
        let part = reserved.split_off(page::size())?;
        for bytes in [&mut plain[..], &mut growing[..], &mut guarded[..]] {
            bytes[9] = 1;
        }
        in_child(|| {
            for bytes in [&mut plain[..], &mut growing[..], &mut guarded[..]] {
                assert_eq!(bytes[9], 1);
                bytes[9] = 2;
            }
            growing.grow_to(2 * page::size())?;
            // Its own to commit, and to unmap.
            let mut committed = part.make_mut().map_err(|failed| failed.error())?;
            committed[0] = 2;
            drop(reserved);
            Result::Ok(())
        })?;
        Ok(())
    }

    fn what_a_child_stores_in_its_copy_its_parent_does_not_see() -> Result<()> {
        let (mut plain, mut growing) = (AnonMap::new(10)?, GrowMap::new(4 * page::size())?);
        growing.grow_to(10)?;
        let mut guarded = GuardedMap::new(10)?;
        let private = FileMap::copy(fds::file(&[1; 10]))?;
        // SAFETY: the child uses its copies.
        match unsafe { process::fork() }? {
            Fork::Child => {
                for bytes in [&mut plain[..], &mut growing[..], &mut guarded[..]] {
                    bytes.fill(2);
                }
                let stored = private.write_at(0, &[2; 10]).and_then(|()| growing.grow_to(page::size()));
                process::exit(u8::from(stored.is_err()));
            }
            Fork::Parent(child) => assert!(child.wait()?.success()),
        }
        for bytes in [&plain[..], &growing[..], &guarded[..]] {
            assert_eq!(bytes, [0; 10]);
        }
        assert_eq!(private.load::<u8>(9)?, 1);
        Ok(())
    }

    fn shared_memory_is_the_same() -> Result<()> {
        let file = fds::file(&[1; 10]);
        let (shared, mapped) = (SharedMap::new(10)?, FileMap::write(&file)?);
        child::check(|| {
            shared.write_at(0, &[2; 10])?;
            mapped.write_at(0, &[2; 10])
        });
        assert_eq!((shared.load::<u8>(9)?, mapped.load::<u8>(9)?), (2, 2));
        // What the child unmaps or shuts, it unmaps and shuts for itself.
        in_child(move || {
            let closed = shared.make_none().map_err(|failed| failed.error())?;
            drop((closed, mapped));
            Result::Ok(())
        })
    }

    fn sealed_bytes_are_the_same() -> Result<()> {
        let map = SealedMap::new(b"text")?;
        child::check(|| {
            assert_eq!(&*map, b"text");
            assert_eq!(FileMap::write(&map).map(drop).unwrap_err().errno(), Errno::EPERM);
        });
        assert_eq!(&*map, b"text");
        Ok(())
    }

    fn device_maps_are_the_same() -> Result<()> {
        fault::install()?;
        // A file in a device's stead.
        let file = fds::file(&[0; 16]);
        let map = DeviceMap::open(&file, 0, 16)?;
        child::check(|| {
            map.store(8, 7_u32)?;
            // Faults are errors here too.
            file.set_len(0)?;
            assert_eq!(map.load::<u32>(8).unwrap_err().reason(), Reason::Fault { copied: 0 });
            file.set_len(16)?;
            map.store(8, 8_u32)
        });
        assert_eq!(map.load::<u32>(8)?, 8);
        Ok(())
    }

    fn code_is_the_same() -> Result<()> {
        type Adder = extern "C" fn(i64) -> i64;
        let map = SharedMap::new(1)?;
        let mut code = CodeMap::new(100)?;
        code.write_at(0, &adder(1))?;
        // SAFETY: the child uses its copies.
        match unsafe { process::fork() }? {
            Fork::Child => {
                let written = code.write_at(0, &adder(2)).and_then(|()| map.store(0, 1_u8));
                process::exit(u8::from(written.is_err()));
            }
            Fork::Parent(child) => assert!(child.wait()?.success()),
        }
        assert_eq!(map.load::<u8>(0)?, 1);
        // SAFETY: such a function begins there.
        assert_eq!(unsafe { code.function::<Adder>(0) }?(40), 42);
        Ok(())
    }

    fn a_durable_cell_is_the_same() -> Result<()> {
        let file = File::unnamed()?;
        let mut cell = DurableCell::create(&file, 0, 100)?;
        cell.write(b"parent")?;
        // SAFETY: the child uses its copies.
        match unsafe { process::fork() }? {
            Fork::Child => {
                let mut buffer = [0; 100];
                let is_same = cell.read(&mut buffer) == Ok(b"parent");
                process::exit(u8::from(!is_same || cell.write(b"child").is_err()));
            }
            Fork::Parent(child) => assert!(child.wait()?.success()),
        }
        assert_eq!(cell.read(&mut [0; 100])?, b"child");
        cell.write(b"parent again")?;
        assert_eq!(cell.read(&mut [0; 100])?, b"parent again");
        Ok(())
    }

    fn allocators_are_copied() -> Result<()> {
        static HEAP: Bump = Bump::new();
        let layout = Layout::new::<u64>();
        // SAFETY: the layout has a size.
        let block = unsafe { HEAP.alloc(layout) }.cast::<u64>();
        assert!(!block.is_null());
        // SAFETY: it is ours, and large enough.
        unsafe { block.write(1) };
        let mut arena = Arena::new();
        let word = arena.alloc(1_u64);
        let pages = AnonPages::new();
        let range = pages.allocate(1, 1).expect("a page");
        child::check(|| {
            *word = 2;
            // SAFETY: the child's own copies.
            unsafe {
                block.write(2);
                let other = HEAP.alloc(layout).cast::<u64>();
                assert!(!other.is_null() && other != block);
                HEAP.dealloc(block.cast(), layout);
                pages.release(range, 1);
            }
            assert_eq!(pages.mapped(), 0);
        });
        // SAFETY: as before.
        assert_eq!((unsafe { block.read() }, *word, pages.mapped()), (1, 1, page::size()));
        arena.reset();
        // SAFETY: allocated above, and not used any more.
        unsafe {
            pages.release(range, 1);
            HEAP.dealloc(block.cast(), layout);
        }
        // Bump keeps its chunks for good: the harness would call that a leak.
        process::exit(0);
    }

    fn an_open_file_is_the_same() -> Result<()> {
        let file = fds::file(b"some text");
        in_child(|| {
            file.read(&mut [0; 5])?;
            drop(file);
            Result::Ok(())
        })
    }

    fn regions_are_the_parents() -> Result<()> {
        let mut listed = regions()?;
        let mut first = None;
        while let Some(region) = listed.next()? {
            first.get_or_insert(region.range().start);
        }
        let mut listed = regions()?;
        child::check(|| {
            // What the child maps is not in the list that was opened before.
            let own = AnonMap::new(page::size())?;
            let finds = |list: &mut baremap::map::Regions| -> Result<bool> {
                while let Some(region) = list.next()? {
                    if region.range().contains(&own.as_ptr().addr()) {
                        return Ok(true);
                    }
                }
                Ok(false)
            };
            assert!(finds(&mut regions()?)?);
            assert!(!finds(&mut listed)?);
            Result::Ok(())
        });
        assert!(first.is_some());
        Ok(())
    }

    fn a_replacement_is_its_parents() -> Result<()> {
        let scratch = Scratch::new();
        let path = scratch.path("a");
        replace_file(path.as_c_str(), |draft| {
            draft.write_all(b"from the parent")?;
            child::check(|| draft.write_all(b", and its child"));
            // The child has ended in here, and published nothing.
            assert_eq!(File::open(path.as_c_str()).map(drop).unwrap_err().errno(), Errno::ENOENT);
            Ok(())
        })?;
        assert_eq!(File::open(path.as_c_str())?.len()?, 30);
        Ok(())
    }

    fn faults_are_errors_in_a_child_too() -> Result<()> {
        fault::install()?;
        let file = fds::file(&[1; 10]);
        let map = FileMap::read(&file)?;
        child::check(|| {
            file.set_len(0)?;
            assert_eq!(map.load::<u8>(0).unwrap_err().reason(), Reason::Fault { copied: 0 });
            Result::Ok(())
        });
        Ok(())
    }

    fn a_child_is_its_parents() -> Result<()> {
        // SAFETY: the child uses nothing of its parent's.
        let mut own = unsafe { process::spawn(|| sleep(Duration::MAX)) }?;
        let children = Children::<2>::new();
        let pid = own.pid();
        // SAFETY: the child uses its copies.
        match unsafe { process::fork() }? {
            Fork::Child => {
                drop(children);
                process::exit(u8::from(own.try_wait().map_err(|error| error.errno()) != Err(Errno::ECHILD)));
            }
            Fork::Parent(child) => assert!(child.wait()?.success()),
        }
        assert_eq!((own.try_wait()?, sys::kill(pid, None)), (None, Ok(())));
        own.kill(Signal::KILL)?;
        own.wait().map(drop)
    }
}

/// Runs assertions in a child that takes its copies of what the closure has.
fn in_child<T: process::Exit>(assertions: impl FnOnce() -> T) -> Result<()> {
    // SAFETY: a test has one thread and holds no lock; what it owns, the child owns a copy of.
    let status = unsafe { process::spawn(assertions) }?.wait()?;
    assert!(status.success(), "in a child: {status}");
    Ok(())
}
