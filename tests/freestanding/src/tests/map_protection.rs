use crate::harness::tests;
use crate::support::{child, fds, seccomp};
use baremap::map::{CopyOnWrite, ReadOnly};
use baremap::sys::{OFlags, ProtFlags};
use baremap::{AnonMap, Errno, FileMap, MapOptions, Reason, Result, SharedMap, page};

tests! {
    fn anonymous_memory_keeps_its_bytes_through_every_protection() -> Result<()> {
        let mut map = AnonMap::new(3 * page::size())?;
        map.fill(7);
        let map = map.make_read_only()?;
        assert_eq!(map[0], 7);
        let map = map.make_exec()?;
        assert_eq!(map[page::size()], 7);
        let map = map.make_none()?;
        assert_eq!(map.len(), 3 * page::size());
        let mut map = map.make_mut()?;
        assert!(map.iter().all(|&byte| byte == 7));
        map[0] = 8;
        Ok(())
    }

    #[signal(SIGSEGV)]
    fn make_read_only_stops_stores() {
        let map = AnonMap::new(1).and_then(|map| Ok(map.make_read_only()?)).expect("a page");
        // SAFETY: it is to raise a signal, which is what the test is about.
        unsafe { map.as_ptr().cast_mut().write_volatile(1) };
    }

    #[signal(SIGSEGV)]
    fn make_exec_stops_stores() {
        let map = AnonMap::new(1).and_then(|map| Ok(map.make_exec()?)).expect("a page");
        // SAFETY: as above.
        unsafe { map.as_ptr().cast_mut().write_volatile(1) };
    }

    #[signal(SIGSEGV)]
    fn make_none_stops_loads() {
        let map = AnonMap::new(1).and_then(|map| Ok(map.make_none()?)).expect("a page");
        // SAFETY: as above.
        unsafe { map.as_ptr().read_volatile() };
    }

    fn an_empty_map_has_every_protection() -> Result<()> {
        let map = AnonMap::new(0)?.make_none()?.make_exec()?.make_read_only()?.make_mut()?;
        assert!(map.is_empty());
        let map = SharedMap::new(0)?.make_none()?.make_mut()?;
        assert!(map.is_empty());
        let map = FileMap::read(fds::file(b""))?.make_none()?.make_exec()?;
        assert!(map.is_empty());
        Ok(())
    }

    #[skip(qemu_user, "QEMU passes no filter on")]
    fn a_change_that_fails_gives_the_map_back_as_it_was() {
        child::check(|| {
            let mut map = AnonMap::new(2 * page::size())?;
            map.fill(7);
            seccomp::refuse(sc_mprotect(), 2, ProtFlags::EXEC.bits(), Errno::EACCES);
            let failed = map.make_exec().unwrap_err();
            assert_eq!(failed.error().errno(), Errno::EACCES);
            let mut map = failed.into_map();
            map[0] = 8;
            assert_eq!(map[1], 7);
            Result::Ok(())
        });
    }

    fn a_shared_map_of_a_file_changes_and_flushes() -> Result<()> {
        let file = fds::file(b"text");
        let map = FileMap::write(&file)?;
        map.write_at(0, b"T")?;
        let map = map.make_read_only()?;
        map.flush()?;
        let map = map.make_none()?.make_mut()?;
        map.write_at(1, b"E")?;
        let mut bytes = [0; 4];
        file.read_exact_at(&mut bytes, 0)?;
        assert_eq!(&bytes, b"TExt");
        Ok(())
    }

    fn a_private_map_becomes_copy_on_write_and_no_other() -> Result<()> {
        let file = fds::file(b"text");
        let map: FileMap<ReadOnly> = MapOptions::new().map_copy_read_only(&file)?;
        let failed = map.make_mut().unwrap_err();
        assert_eq!((failed.error().errno(), failed.error().reason()), (Errno::EINVAL, Reason::PrivateMap));
        let map: FileMap<CopyOnWrite> = failed.into_map().make_copy_on_write()?;
        map.write_at(0, b"T")?;
        let mut bytes = [0; 4];
        file.read_exact_at(&mut bytes, 0)?;
        assert_eq!(&bytes, b"text");
        Ok(())
    }

    fn a_shared_map_does_not_become_copy_on_write() -> Result<()> {
        let failed = FileMap::read(fds::file(b"text"))?.make_copy_on_write().unwrap_err();
        assert_eq!((failed.error().errno(), failed.error().reason()), (Errno::EINVAL, Reason::SharedMap));
        Ok(())
    }

    fn make_mut_takes_a_descriptor_that_was_open_for_writing() -> Result<()> {
        let read_only = fds::reopen(&fds::file(b"text"), OFlags::RDONLY);
        let failed = FileMap::read(&read_only)?.make_mut().unwrap_err();
        assert_eq!(failed.error().errno(), Errno::EACCES);
        let mut bytes = [0; 4];
        failed.into_map().read_at(0, &mut bytes)?;
        assert_eq!(&bytes, b"text");
        Ok(())
    }

    fn a_fault_checked_store_finds_a_protection_that_somebody_took_away() -> Result<()> {
        let map = SharedMap::new(2 * page::size())?;
        // SAFETY: the copies of these bytes expect faults.
        unsafe { baremap::sys::mprotect(map.as_mut_ptr(), page::size(), ProtFlags::READ) }.expect("a page");
        let error = map.write_at(0, b"text").unwrap_err();
        assert_eq!(error.reason(), Reason::Fault { copied: 0 });
        Ok(())
    }

    fn shared_memory_read_only_here_shows_what_a_child_writes() -> Result<()> {
        let (ours, page) = (SharedMap::new(2)?, page::size());
        assert!(page > 2);
        // SAFETY: the child uses nothing but the map.
        let child = unsafe { baremap::process::spawn(|| ours.store(1, 7_u8)) }?;
        assert!(child.wait()?.success());
        assert_eq!(ours.make_read_only()?.load::<u8>(1)?, 7);
        Ok(())
    }
}

fn sc_mprotect() -> usize {
    linux_raw_sys::general::__NR_mprotect as usize
}
