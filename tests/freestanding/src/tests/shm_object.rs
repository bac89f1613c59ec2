use crate::harness::tests;
use crate::support::engine::{self, Engine, Random};
use crate::support::fds::reopen;
use crate::support::name::Name;
use crate::support::text::Text;
use crate::support::{child, raw, seccomp, small_tmpfs, trace, user};
use baremap::fd::AsFd;
use baremap::process::{self, Child};
use baremap::share::{AtomicOffset, Offset, PlainCell, Shared, SharedMemory};
use baremap::shm::{self, Object, ObjectOptions, OwnedObject};
use baremap::sys::{self, AtFlags, CWD, LockKind, Mode, OFlags, Pid, Signal};
use baremap::{Errno, Error, File, FileMap, Operation, Reason, Result, SharedMap, page, println, shared};
use core::ptr;
use core::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};
use core::time::Duration;
use linux_raw_sys::general::__NR_openat;

/// Bytes before the value.
const HEADER: usize = 64;
const LABEL: usize = 0;
const LAYOUT: usize = 8;
const SIZE: usize = 16;
const ENGINE: usize = 24;

shared! {
    /// A value and its complement: torn, they do not match.
    struct Pair {
        value: AtomicU64,
        check: AtomicU64,
    }
}

impl Pair {
    fn set(&self, value: u64) {
        self.value.store(value, Relaxed);
        self.check.store(!value, Relaxed);
    }

    #[track_caller]
    fn get(&self) -> u64 {
        let value = self.value.load(Relaxed);
        assert_eq!(self.check.load(Relaxed), !value);
        value
    }
}

tests! {
    fn an_object_is_found_by_its_name() -> Result<()> {
        let name = Name::new();
        let made = Object::<Pair>::create(name.bytes(), |pair| {
            assert_eq!((pair.value.load(Relaxed), pair.check.load(Relaxed)), (0, 0));
            pair.set(7);
            Ok(())
        })?;
        child::check(|| {
            let found = Object::<Pair>::open(name.bytes())?;
            assert_eq!(found.get(), 7);
            found.set(8);
            Result::Ok(())
        });
        assert_eq!(made.get(), 8);
        assert_eq!(made.tail().len(), 0);
        let stat = File::open(name.path().as_c_str())?.stat()?;
        assert_eq!((stat.size(), stat.mode(), stat.links()), (128, Mode::RUSR | Mode::WUSR, 1));
        Ok(())
    }

    fn the_mode_and_the_bytes_after_the_value_are_chosen() -> Result<()> {
        let name = Name::new();
        let mode = Mode::RUSR | Mode::WUSR | Mode::RGRP;
        let mut options = ObjectOptions::new();
        options.mode(mode).tail(3 * page::size());
        let made = options.create::<Pair>(name.bytes(), |object| {
            object.set(1);
            object.tail().write_at(3 * page::size() - 4, b"last")
        })?;
        assert_eq!(File::open(name.path().as_c_str())?.stat()?.mode(), mode);

        // Whoever does not say how many takes them as they are.
        let found = Object::<Pair>::open(name.bytes())?;
        assert_eq!((found.get(), found.tail().len()), (1, 3 * page::size()));
        assert_eq!(found.tail().load::<u32>(3 * page::size() - 4)?, u32::from_ne_bytes(*b"last"));
        assert_eq!(found.value_bytes().load::<u64>(8)?, !1);
        // Apart from the value, and at a cache line.
        assert_eq!(found.tail().as_ptr().addr() - found.bytes().as_ptr().addr(), 128);
        assert_eq!(made.bytes().len(), 128 + 3 * page::size());

        assert!(options.open::<Pair>(name.bytes()).is_ok());
        let error = options.tail(4).open::<Pair>(name.bytes()).unwrap_err();
        assert_eq!(error.reason(), Reason::WrongLength { len: 3 * page::size(), expected: 4 });
        Ok(())
    }

    fn its_memory_is_set_aside() -> Result<()> {
        let name = Name::new();
        let object = ObjectOptions::new().tail(5 * page::size()).create::<Pair>(name.bytes(), |_| Ok(()))?;
        let stat = sys::fstat(object.as_fd()).expect("it is open");
        assert!(stat.blocks() * 512 >= 5 * page::size() as u64, "{stat:?}");
        Ok(())
    }

    fn a_name_is_taken_once() -> Result<()> {
        let name = Name::new();
        Object::<Pair>::create(name.bytes(), |pair| { pair.set(1); Ok(()) })?;
        let second = Object::<Pair>::create(name.bytes(), |pair| { pair.set(2); Ok(()) });
        let error = second.map(drop).unwrap_err();
        assert_eq!((error.operation(), error.errno()), (Operation::Shm, Errno::EEXIST));
        assert_eq!(Object::<Pair>::open(name.bytes())?.get(), 1);
        assert_no_litter(sys::getpid())
    }

    fn what_the_closure_says_goes() {
        let name = Name::new();
        let failed = Object::<Pair>::create(name.bytes(), |object| {
            object.set(1);
            object.bytes().load::<u8>(1 << 20).map(drop)
        });
        assert_eq!(failed.map(drop).map_err(Error::operation), Err(Operation::Load));
        assert_eq!(Object::<Pair>::open(name.bytes()).map(drop).map_err(Error::errno), Err(Errno::ENOENT));
        assert_no_litter(sys::getpid()).expect("/dev/shm is there");
    }

    fn names_are_checked() {
        for (name, reason) in [
            (&b""[..], Reason::NoName),
            (b"..", Reason::NoName),
            (b"/name", Reason::BadName),
            (b"a/b", Reason::BadName),
            (b"a\0b", Reason::BadName),
            (&[b'x'; 256], Reason::LongName { len: 256, most: 255 }),
        ] {
            let fill = |_: &Object<Pair>| -> Result<()> { panic!("there is nothing to fill") };
            for result in [
                Object::<Pair>::open(name).map(drop),
                Object::<Pair>::create(name, fill).map(drop),
                Object::<Pair>::create_owned(name, fill).map(drop),
                Object::<Pair>::open_or_create(name, fill).map(drop),
                shm::remove_unused(name).map(drop),
                shm::create_or_open(name).map(drop),
                shm::open_with(name, OFlags::RDONLY, Mode::empty()).map(drop),
            ] {
                assert_eq!(result.map_err(Error::reason), Err(reason));
            }
        }
    }

    fn the_longest_name_works() -> Result<()> {
        let own = Name::new();
        let mut name = [b'x'; shm::NAME_MAX];
        name[..own.bytes().len()].copy_from_slice(own.bytes());
        let object = Object::<Pair>::create_owned(&name, |_| Ok(()))?;
        assert_eq!(object.name(), name);
        assert!(is_listed(&name)?);
        drop(object);
        assert!(!is_listed(&name)?);
        Ok(())
    }

    fn what_is_something_else_is_refused() -> Result<()> {
        let name = Name::new();
        let refused = || {
            let error = Object::<Pair>::open(name.bytes()).map(drop).unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::Shm, Errno::EINVAL));
            error.reason()
        };
        let file = shm::create_new(name.bytes())?;
        for len in [0, 1, 31, 32, HEADER as u64, 128, 100_000] {
            file.set_len(len)?;
            assert_eq!(refused(), Reason::NoObject, "{len} zeros");
        }
        file.write_all_at(b"#!/bin/sh\nexit\n", 0)?;
        assert_eq!(refused(), Reason::NoObject);
        drop(file);
        shm::unlink(name.bytes())?;

        let object = Object::<Pair>::create(name.bytes(), |pair| { pair.set(1); Ok(()) })?;
        let label: u64 = object.bytes().load(LABEL)?;
        object.bytes().store(LABEL, label + 1)?;
        assert_eq!(refused(), Reason::OtherVersion { found: 2, expected: 1 });
        object.bytes().store(LABEL, label)?;

        let layout: u64 = object.bytes().load(LAYOUT)?;
        assert_eq!(layout, Pair::LAYOUT);
        object.bytes().store(LAYOUT, layout ^ 1)?;
        assert_eq!(refused(), Reason::OtherLayout { found: layout ^ 1, expected: layout });
        object.bytes().store(LAYOUT, layout)?;
        let expected = <[AtomicU64; 2]>::LAYOUT;
        let error = Object::<[AtomicU64; 2]>::open(name.bytes()).map(drop).unwrap_err();
        assert_eq!(error.reason(), Reason::OtherLayout { found: layout, expected });

        let file = shm::open(name.bytes())?;
        for len in [127, 129, HEADER, 4096] {
            file.set_len(len as u64)?;
            assert_eq!(refused(), Reason::WrongLength { len, expected: 128 });
        }
        // What says of itself that it has no room for the value.
        for len in [HEADER as u64, 127] {
            file.set_len(len)?;
            file.write_all_at(&len.to_ne_bytes(), SIZE as u64)?;
            assert_eq!(refused(), Reason::NoObject);
        }
        file.set_len(128)?;
        file.write_all_at(&128_u64.to_ne_bytes(), SIZE as u64)?;
        assert!(Object::<Pair>::open(name.bytes()).is_ok());
        Ok(())
    }

    fn what_is_no_file_is_refused() {
        let name = Name::new();
        let path = name.path();
        let open = || Object::<Pair>::open(name.bytes()).map(drop).unwrap_err();

        raw::symlink(c"/dev/null", path.as_c_str()).expect("/dev/shm may be written");
        assert_eq!(open().errno(), Errno::ELOOP);
        assert_eq!(shm::remove_unused(name.bytes()).unwrap_err().errno(), Errno::ELOOP);
        let made = Object::<Pair>::create(name.bytes(), |_| Ok(())).map(drop);
        assert_eq!(made.map_err(Error::errno), Err(Errno::EEXIST));
        let made = Object::<Pair>::open_or_create(name.bytes(), |_| Ok(())).map(drop);
        assert_eq!(made.map_err(Error::errno), Err(Errno::ELOOP));
        sys::unlink(path.as_c_str()).expect("it is there");

        // Nobody waits for the other end of a pipe.
        raw::mkfifo(path.as_c_str()).expect("the name is free");
        assert!(matches!(open().reason(), Reason::Kind(_)), "{:?}", open());
        assert!(shm::remove_unused(name.bytes()).is_err());
        sys::unlink(path.as_c_str()).expect("it is there");

        sys::mkdir(path.as_c_str(), Mode::RUSR).expect("the name is free");
        assert_eq!(open().errno(), Errno::EISDIR);
        sys::unlinkat(CWD, path.as_c_str(), AtFlags::REMOVEDIR).expect("it is there");
    }

    fn hostile_headers_give_no_wrong_view() -> Result<()> {
        const LEN: usize = 1024;
        let name = Name::new();
        ObjectOptions::new().tail(LEN - 128).create::<Pair>(name.bytes(), |_| Ok(()))?;
        let file = shm::open(name.bytes())?;
        let mut right = [0; 32];
        file.read_exact_at(&mut right, 0)?;
        let mut random = Random(11);
        let nasty = [0, 1, 64, 127, 128, LEN as u64 - 1, LEN as u64, LEN as u64 + 1, 1 << 32, 1 << 63, u64::MAX]
            .into_iter()
            .chain((0..500).map(|_| (random.below(1 << 32) as u64) << random.below(33)));
        for value in nasty {
            for word in [LABEL, LAYOUT, SIZE, ENGINE] {
                let mut header = right;
                header[word..word + 8].copy_from_slice(&value.to_ne_bytes());
                file.write_all_at(&header, 0)?;
                let is_right = word == ENGINE || header == right;
                match Object::<Pair>::open(name.bytes()) {
                    Ok(object) => {
                        assert!(is_right, "{value:#x} at {word}");
                        assert_eq!((object.bytes().len(), object.tail().len()), (LEN, LEN - 128));
                        assert_eq!(object.engine()?.is_some(), header == right || (1..=2).contains(&value));
                        object.set(value);
                    }
                    Err(error) => {
                        assert!(!is_right, "{value:#x} at {word}: {error}");
                        assert_eq!((error.operation(), error.errno()), (Operation::Shm, Errno::EINVAL));
                    }
                }
            }
        }
        Ok(())
    }

    fn random_objects_give_no_wrong_view() -> Result<()> {
        let name = Name::new();
        let file = shm::create_new(name.bytes())?;
        let mut random = Random(12);
        let right = Object::<Pair>::create(Text::of(format_args!("{}-right", name.text())).as_bytes(), |_| Ok(()))?;
        shm::unlink(Text::of(format_args!("{}-right", name.text())).as_bytes())?;
        for _ in 0..2000 {
            let len = random.below(256);
            file.set_len(len as u64)?;
            let mut bytes = [0; 256];
            right.bytes().read_at(0, &mut bytes[..128])?;
            for _ in 0..random.below(4) {
                bytes[random.below(32)] = random.below(256) as u8;
            }
            file.write_all_at(&bytes[..len], 0)?;
            match Object::<Pair>::open(name.bytes()) {
                Ok(object) => {
                    assert_eq!((object.bytes().len(), object.bytes().len() >= 128), (len, true));
                    object.set(3);
                    assert_eq!(object.get(), 3);
                }
                Err(error) => assert_eq!((error.operation(), error.errno()), (Operation::Shm, Errno::EINVAL)),
            }
        }
        Ok(())
    }

    fn a_shortened_object_is_an_error_to_copies() {
        engine::in_both(|| {
            let name = Name::new();
            let last = 2 * page::size() - 8;
            let object = ObjectOptions::new().tail(2 * page::size()).create::<Pair>(name.bytes(), |_| Ok(()))?;
            shm::open(name.bytes())?.set_len(page::size() as u64)?;
            object.set(5);
            assert_eq!(object.value_bytes().load::<u64>(0)?, 5);
            let error = object.tail().load::<u64>(last).unwrap_err();
            assert_eq!(error.reason(), Reason::Fault { copied: 0 });
            assert_eq!(object.tail().write_at(last, b"text").map_err(Error::errno), Err(Errno::EFAULT));
            // Who opens it now is told.
            let error = Object::<Pair>::open(name.bytes()).map(drop).unwrap_err();
            let expected = 128 + 2 * page::size();
            assert_eq!(error.reason(), Reason::WrongLength { len: page::size(), expected });

            shm::open(name.bytes())?.set_len(0)?;
            assert_eq!(object.value_bytes().load::<u64>(0).map_err(Error::errno), Err(Errno::EFAULT));
            assert_eq!(object.engine().map_err(Error::reason), Err(Reason::NoObject));
            assert_eq!(Object::<Pair>::open(name.bytes()).map(drop).map_err(Error::reason), Err(Reason::NoObject));
            Result::Ok(())
        });
    }

    #[signal(SIGBUS)]
    fn to_touch_the_value_of_a_shortened_object_raises_sigbus() -> Result<()> {
        let name = Name::new();
        let object = Object::<Pair>::create(name.bytes(), |_| Ok(()))?;
        let file = shm::open(name.bytes())?;
        shm::unlink(name.bytes())?;
        file.set_len(0)?;
        object.set(1);
        Ok(())
    }

    fn without_room_nothing_is_made() {
        with_room_for(8, || {
            let name = Name::new();
            let mut options = ObjectOptions::new();
            let fill = |_: &Object<Pair>| -> Result<()> { panic!("there is nothing to fill") };
            for _ in 0..3 {
                let error = options.tail(9 * page::size()).create(name.bytes(), fill).map(drop).unwrap_err();
                assert_eq!((error.operation(), error.errno()), (Operation::Allocate, Errno::ENOSPC));
            }
            assert!(shm::list()?.next()?.is_none());
            // Nor is any memory kept.
            options.tail(6 * page::size()).create::<Pair>(name.bytes(), |_| Ok(())).map(drop)
        });
    }

    fn a_full_file_system_does_not_matter_later() {
        with_room_for(8, || {
            let name = Name::new();
            let object = ObjectOptions::new().tail(4 * page::size()).create::<Pair>(name.bytes(), |_| Ok(()))?;
            let rest = shm::create_new(b"rest")?;
            while rest.write_all(&[1; 512]).is_ok() {}
            for number in 0..4 {
                object.tail().atomic::<AtomicU64>(number * page::size())?.store(7, Relaxed);
            }
            object.set(1);
            // To open it takes no room.
            assert_eq!(Object::<Pair>::open(name.bytes())?.get(), 1);
            let error = Object::<Pair>::create(b"another", |_| Ok(())).map(drop).unwrap_err();
            assert_eq!(error.errno(), Errno::ENOSPC);
            Ok(())
        });
    }

    fn a_length_that_is_none_is_refused() {
        let name = Name::new();
        for len in [usize::MAX, usize::MAX - 128, isize::MAX as usize] {
            let error = ObjectOptions::new().tail(len).create::<Pair>(name.bytes(), |_| Ok(())).map(drop).unwrap_err();
            assert_eq!((error.errno(), error.reason()), (Errno::EINVAL, Reason::TooLong { len: len as u64 }));
        }
    }

    #[skip(qemu_user, "it lacks ptrace")]
    fn killed_at_any_moment_leaves_all_or_nothing() -> Result<()> {
        // The first copy of each child would make calls of its own.
        Engine::Handler.choose();
        let name = Name::new();
        let (mut nothing, mut all) = (0, 0);
        for moment in 0.. {
            let (process, status) = trace::kill_at(moment, || {
                let options = *ObjectOptions::new().tail(100);
                options.create::<Pair>(name.bytes(), |object| {
                    object.value.store(moment as u64, Relaxed);
                    let _ = sys::getpid();
                    object.check.store(!(moment as u64), Relaxed);
                    object.tail().write_at(0, &[7; 100])
                }).map(drop)
            });
            match Object::<Pair>::open(name.bytes()) {
                Ok(object) => {
                    assert_eq!(object.get(), moment as u64);
                    let mut tail = [0; 100];
                    object.tail().read_at(0, &mut tail)?;
                    assert_eq!(tail, [7; 100]);
                    all += 1;
                    drop(object);
                    assert!(shm::remove_unused(name.bytes())?, "a killed process uses nothing");
                }
                Err(error) => {
                    assert_eq!(error.errno(), Errno::ENOENT, "after moment {moment}");
                    nothing += 1;
                }
            }
            assert_no_litter(process)?;
            if status.success() {
                break;
            }
            assert_eq!(status.signal(), Some(Signal::KILL));
        }
        // Two moments for each call: opening both, setting aside, locking, mapping, linking, closing.
        assert!(nothing >= 12 && all >= 6, "{nothing} nothing, {all} all");
        Ok(())
    }

    #[skip(qemu_user, "it lacks ptrace")]
    fn killed_at_any_moment_an_owner_leaves_what_can_be_removed() -> Result<()> {
        let name = Name::new();
        let mut left = 0;
        for moment in 0.. {
            let (_, status) = trace::kill_at(moment, || {
                let object = Object::<Pair>::create_owned(name.bytes(), |object| { object.set(1); Ok(()) });
                object.map(drop)
            });
            if is_listed(name.bytes())? {
                assert!(!status.success());
                assert!(shm::remove_unused(name.bytes())?);
                left += 1;
            }
            if status.success() {
                break;
            }
        }
        assert!(left >= 3, "{left}");
        Ok(())
    }

    #[skip(qemu_user, "it applies the filter to its own calls")]
    fn it_is_published_where_every_file_has_a_name() -> Result<()> {
        let name = Name::new();
        child::check(|| {
            let tmpfile = OFlags::TMPFILE.difference(OFlags::DIRECTORY).bits();
            seccomp::refuse(__NR_openat as usize, 2, tmpfile, Errno::EOPNOTSUPP);
            let made = Object::<Pair>::create(name.bytes(), |pair| {
                assert_eq!(Object::<Pair>::open(name.bytes()).map(drop).map_err(Error::errno), Err(Errno::ENOENT));
                pair.set(1);
                Ok(())
            })?;
            assert_eq!(Object::<Pair>::open(name.bytes())?.get(), 1);
            drop(made);
            let error = Object::<Pair>::create(name.bytes(), |_| Ok(())).map(drop).unwrap_err();
            assert_eq!(error.errno(), Errno::EEXIST);
            let failed = Object::<Pair>::create(name.bytes(), |object| object.bytes().load::<u8>(1 << 20).map(drop));
            assert_eq!(failed.map(drop).map_err(Error::operation), Err(Operation::Load));
            assert_no_litter(sys::getpid())
        });
        assert_eq!(Object::<Pair>::open(name.bytes())?.get(), 1);
        Ok(())
    }

    #[skip(qemu_user, "it lacks ptrace")]
    fn what_is_removed_between_any_two_steps_of_an_opening_is_not_opened() -> Result<()> {
        let name = Name::new();
        let make = |value| {
            Object::<Pair>::create(name.bytes(), |pair| {
                pair.set(value);
                Ok(())
            })
            .map(drop)
        };
        make(1)?;
        let mut removed = 0;
        for moment in 0.. {
            let open = || -> Result<()> {
                let object = Object::<Pair>::open(name.bytes())?;
                object.get();
                assert_eq!(sys::fstat(object.as_fd()).expect("it is open").links(), 1);
                Ok(())
            };
            let (is_stopped, status) = trace::meanwhile_at(moment, open, || {
                if shm::remove_unused(name.bytes()) == Ok(true) {
                    make(moment as u64).expect("the name is free");
                    removed += 1;
                }
            });
            assert!(status.success(), "{moment}: {status}");
            if !is_stopped {
                break;
            }
        }
        // Before it is locked, and after it is closed.
        assert!(removed >= 3, "{removed}");
        Ok(())
    }

    #[timeout(120)]
    #[skip(qemu_user, "it lacks ptrace")]
    fn what_is_opened_between_any_two_steps_of_a_removal_stays() -> Result<()> {
        let name = Name::new();
        let (mut stayed, mut gone) = (0, 0);
        for moment in 0.. {
            Object::<Pair>::open_or_create(name.bytes(), |_| Ok(())).map(drop)?;
            let mut opened = None;
            let remove = || match shm::remove_unused(name.bytes()) {
                Err(error) if error.errno() != Errno::ENOENT => Err(error),
                _ => Ok(()),
            };
            let (is_stopped, status) = trace::meanwhile_at(moment, remove, || {
                opened = Some(Object::<Pair>::open(name.bytes()));
            });
            assert!(status.success(), "{moment}: {status}");
            match opened {
                Some(Ok(object)) => {
                    assert_eq!(sys::fstat(object.as_fd()).expect("it is open").links(), 1, "{moment}");
                    stayed += 1;
                }
                // It is locked for its removal by a process that has stopped, or removed.
                Some(Err(error)) => {
                    assert!(matches!(error.errno(), Errno::EBUSY | Errno::ENOENT), "{moment}: {error}");
                    gone += 1;
                }
                None => {}
            }
            if !is_stopped {
                break;
            }
        }
        assert!(stayed >= 3 && gone >= 3, "{stayed} stayed, {gone} gone");
        Ok(())
    }

    #[timeout(120)]
    fn of_many_that_make_an_object_one_does() -> Result<()> {
        const MANY: usize = 4;
        const ROUNDS: u64 = 100;
        let name = Name::new();
        let map = SharedMap::new(4096)?;
        let [arrived, round]: &[AtomicU64; 2] = map.atomics(0, 2)?.try_into().expect("two");
        let made: &[AtomicU64] = map.atomics(64, ROUNDS as usize)?;
        let race = |number: u64| {
            for turn in 0..ROUNDS {
                arrived.fetch_add(1, Relaxed);
                while round.load(Relaxed) <= turn {
                    pause();
                }
                let result = Object::<Pair>::create(name.bytes(), |pair| {
                    pair.set(number << 32 | turn);
                    Ok(())
                });
                match result {
                    Ok(_) => made[turn as usize].fetch_add(1 << 8 | number, Relaxed),
                    Err(error) if error.errno() == Errno::EEXIST => 0,
                    Err(error) => return Err(error),
                };
            }
            arrived.fetch_add(1, Relaxed);
            Ok(())
        };
        let children = spawn_all::<MANY, _>(race)?;
        for turn in 0..ROUNDS {
            wait_for(arrived, (turn + 1) * MANY as u64);
            // Of the round before, which all have done.
            if turn > 0 {
                one_made_it(&name, turn - 1, &made[turn as usize - 1])?;
            }
            round.fetch_add(1, Relaxed);
        }
        wait_for(arrived, (ROUNDS + 1) * MANY as u64);
        one_made_it(&name, ROUNDS - 1, &made[ROUNDS as usize - 1])?;
        wait_all(children)
    }

    #[timeout(240)]
    fn many_that_open_or_create_have_the_same() -> Result<()> {
        const MANY: usize = 4;
        const ROUNDS: usize = 300;
        let name = Name::new();
        let path = name.path();
        let race = |number: u64| {
            for _ in 0..ROUNDS {
                let object = Object::<Pair>::open_or_create(name.bytes(), |pair| {
                    pair.set(1);
                    Ok(())
                })?;
                assert_eq!(object.get(), 1);
                // Nobody removes what this one uses.
                let own = sys::fstat(object.as_fd()).expect("it is open");
                assert_eq!(own.links(), 1);
                let named = sys::statx(CWD, path.as_c_str(), AtFlags::empty()).expect("it is there");
                assert_eq!(own.inode(), named.inode());
                assert!(!shm::remove_unused(name.bytes())?);
                drop(object);
                if number.is_multiple_of(2) {
                    match shm::remove_unused(name.bytes()) {
                        Err(error) if error.errno() != Errno::ENOENT => return Err(error),
                        _ => {}
                    }
                }
            }
            Ok(())
        };
        wait_all(spawn_all::<MANY, _>(race)?)?;
        let _ = shm::remove_unused(name.bytes());
        Ok(())
    }

    fn many_that_create_or_open_a_file_have_the_same() -> Result<()> {
        const MANY: usize = 4;
        let name = Name::new();
        let map = SharedMap::new(8 * MANY)?;
        let inodes: &[AtomicU64] = map.atomics(0, MANY)?;
        let race = |number: u64| {
            let file = shm::create_or_open(name.bytes())?;
            inodes[number as usize].store(file.stat()?.inode(), Relaxed);
            Ok(())
        };
        wait_all(spawn_all::<MANY, _>(race)?)?;
        let own = shm::open(name.bytes())?.stat()?;
        assert!(inodes.iter().all(|inode| inode.load(Relaxed) == own.inode()));
        assert_eq!(own.mode(), Mode::RUSR | Mode::WUSR);
        Ok(())
    }

    fn an_owner_removes_the_name() -> Result<()> {
        let name = Name::new();
        let object = Object::<Pair>::create_owned(name.bytes(), |pair| { pair.set(3); Ok(()) })?;
        let other = Object::<Pair>::open(name.bytes())?;
        assert_eq!(object.name(), name.bytes());
        drop(object);
        assert_eq!(Object::<Pair>::open(name.bytes()).map(drop).map_err(Error::errno), Err(Errno::ENOENT));
        // Who has it keeps it.
        assert_eq!(other.get(), 3);

        let kept = Object::<Pair>::create_owned(name.bytes(), |pair| { pair.set(4); Ok(()) })?.keep();
        drop(kept);
        assert_eq!(Object::<Pair>::open(name.bytes())?.get(), 4);
        Ok(())
    }

    fn an_owner_does_not_remove_what_is_anothers() -> Result<()> {
        let name = Name::new();
        let first = Object::<Pair>::create_owned(name.bytes(), |_| Ok(()))?;
        shm::unlink(name.bytes())?;
        Object::<Pair>::create(name.bytes(), |pair| { pair.set(2); Ok(()) })?;
        drop(first);
        assert_eq!(Object::<Pair>::open(name.bytes())?.get(), 2);
        Ok(())
    }

    fn a_child_removes_no_name() -> Result<()> {
        let name = Name::new();
        let object = Object::<Pair>::create_owned(name.bytes(), |_| Ok(()))?;
        child::check(|| {
            // SAFETY: the child's own copy, which nobody else drops: the child ends without its parent's destructors.
            let copy: OwnedObject<Pair> = unsafe { ptr::read(&object) };
            copy.set(9);
            drop(copy);
        });
        assert_eq!(object.get(), 9);
        assert_eq!(Object::<Pair>::open(name.bytes())?.get(), 9);
        drop(object);
        assert!(!is_listed(name.bytes())?);
        Ok(())
    }

    fn a_child_uses_what_it_inherited() -> Result<()> {
        let name = Name::new();
        let object = Object::<Pair>::create(name.bytes(), |_| Ok(()))?;
        let go = SharedMap::new(4)?;
        let go: &AtomicU32 = go.atomic(0)?;
        // SAFETY: the child uses the maps.
        let child = unsafe {
            process::spawn(|| {
                while go.load(Relaxed) == 0 {
                    pause();
                }
                object.set(5);
            })
        }?;
        let copy = Object::<Pair>::open(name.bytes())?;
        drop(object);
        drop(copy);
        assert!(!shm::remove_unused(name.bytes())?);
        go.store(1, Relaxed);
        assert!(child.wait()?.success());
        assert_eq!(Object::<Pair>::open(name.bytes())?.get(), 5);
        assert!(shm::remove_unused(name.bytes())?);
        Ok(())
    }

    fn what_a_killed_process_leaves_is_found() -> Result<()> {
        let name = Name::new();
        let ready = SharedMap::new(4)?;
        let ready: &AtomicU32 = ready.atomic(0)?;
        // SAFETY: the child uses the map and its own objects.
        let child = unsafe {
            process::spawn(|| -> Result<()> {
                let _object = Object::<Pair>::create_owned(name.bytes(), |_| Ok(()))?;
                ready.store(1, Relaxed);
                process::sleep(Duration::MAX);
                Ok(())
            })
        }?;
        while ready.load(Relaxed) == 0 {
            pause();
        }
        assert!(!shm::remove_unused(name.bytes())?);
        child.kill(Signal::KILL)?;
        child.wait()?;
        assert!(is_listed(name.bytes())?);
        assert!(shm::remove_unused(name.bytes())?);
        assert!(!is_listed(name.bytes())?);
        assert_eq!(shm::remove_unused(name.bytes()).map_err(Error::errno), Err(Errno::ENOENT));
        Ok(())
    }

    fn of_all_objects_those_without_users_are_removed() -> Result<()> {
        let own = Name::new();
        let name = |number: usize| Text::of(format_args!("{}-{number}", own.text()));
        let used = Object::<Pair>::create(name(0).as_bytes(), |_| Ok(()))?;
        for number in [1, 2, 3] {
            Object::<Pair>::create(name(number).as_bytes(), |_| Ok(()))?;
        }
        // These are no objects: whether anybody uses them is not to be known.
        shm::create_new(name(4).as_bytes())?.write_all(&[1; 1000])?;
        raw::symlink(c"/dev/null", Text::of(format_args!("/dev/shm/{}", &*name(5))).as_c_str()).expect("free");

        let prefix = Text::of(format_args!("{}-", own.text()));
        // Not all are picked.
        let pick = |name: &[u8]| name.starts_with(prefix.as_bytes()) && !name.ends_with(b"3");
        assert_eq!(shm::remove_all_unused(pick), Ok(2));
        let left = [0, 1, 2, 3, 4].map(|number| is_listed(name(number).as_bytes()));
        assert_eq!(left, [Ok(true), Ok(false), Ok(false), Ok(true), Ok(true)]);
        assert!(!is_listed(name(5).as_bytes())?, "a symbolic link is no object");
        drop(used);
        for number in [0, 3, 4, 5] {
            shm::unlink(name(number).as_bytes())?;
        }
        Ok(())
    }

    fn many_names_are_listed_once_each() -> Result<()> {
        const MANY: usize = 40;
        let own = Name::new();
        let name = |number: usize| Text::of(format_args!("{}-{number:x<200}", own.text()));
        for number in 0..MANY {
            shm::create_new(name(number).as_bytes())?;
        }
        let mut found = [0; MANY];
        let mut list = shm::list()?;
        while let Some(listed) = list.next()? {
            if let Some(number) = (0..MANY).find(|&number| name(number).as_bytes() == listed) {
                found[number] += 1;
            }
        }
        assert!(list.next()?.is_none());
        for number in 0..MANY {
            shm::unlink(name(number).as_bytes())?;
        }
        assert_eq!(found, [1; MANY]);
        Ok(())
    }

    fn what_another_keeps_locked_is_ebusy() -> Result<()> {
        let name = Name::new();
        Object::<Pair>::create(name.bytes(), |_| Ok(()))?;
        let file = shm::open(name.bytes())?;
        sys::fcntl_ofd_setlk(file.as_fd(), LockKind::Write, 0, 0).expect("nobody uses it");
        let error = Object::<Pair>::open(name.bytes()).map(drop).unwrap_err();
        assert_eq!((error.operation(), error.errno()), (Operation::Shm, Errno::EBUSY));
        assert_eq!(shm::remove_unused(name.bytes()), Ok(false));
        drop(file);
        Object::<Pair>::open(name.bytes()).map(drop)
    }

    fn anothers_object_stays() -> Result<()> {
        let name = Name::new();
        Object::<Pair>::create(name.bytes(), |_| Ok(()))?;
        child::check(|| {
            if !user::drop_privileges() {
                return;
            }
            assert_eq!(Object::<Pair>::open(name.bytes()).map(drop).map_err(Error::errno), Err(Errno::EACCES));
            assert_eq!(shm::remove_unused(name.bytes()).map_err(Error::errno), Err(Errno::EACCES));
            assert_eq!(shm::remove_all_unused(|other| other == name.bytes()), Ok(0));
        });
        assert!(is_listed(name.bytes())?);
        Ok(())
    }

    fn an_object_comes_by_a_descriptor_too() -> Result<()> {
        let name = Name::new();
        let object = Object::<Pair>::create(name.bytes(), |pair| { pair.set(6); Ok(()) })?;
        let file = reopen(&shm::open(name.bytes())?, OFlags::RDWR);
        let same = Object::<Pair>::from_file(file)?;
        assert_eq!(same.get(), 6);
        drop(object);
        assert!(!shm::remove_unused(name.bytes())?, "it counts as a user");
        let to_read = reopen(&shm::open(name.bytes())?, OFlags::RDONLY);
        let error = Object::<Pair>::from_file(to_read).map(drop).unwrap_err();
        assert_eq!(error.reason(), Reason::NotWritable);
        let error = Object::<Pair>::from_file(File::unnamed()?).map(drop).unwrap_err();
        assert_eq!(error.reason(), Reason::NoObject);
        Ok(())
    }

    fn offsets_lead_from_value_to_value_within_it() -> Result<()> {
        shared! {
            struct Link {
                next: AtomicOffset<Link>,
                value: PlainCell<u64>,
            }
        }
        let name = Name::new();
        let made = ObjectOptions::new().tail(64).create::<Link>(name.bytes(), |object| {
            let second: &Link = object.tail().value(0)?;
            second.value.set(2);
            object.value.set(1);
            object.next.store(Offset::of(second, object.bytes())?);
            Ok(())
        })?;
        let found = Object::<Link>::open(name.bytes())?;
        assert_ne!(SharedMemory::bytes(&found).as_ptr(), SharedMemory::bytes(&made).as_ptr());
        let second = found.next.load().get(found.bytes())?.expect("it was stored");
        assert_eq!((found.value.get(), second.value.get()), (1, 2));
        Ok(())
    }

    fn it_says_how_locks_learn_of_a_death() -> Result<()> {
        let name = Name::new();
        let object = Object::<Pair>::create(name.bytes(), |_| Ok(()))?;
        let has_lists = sys::get_robust_list(None).is_ok();
        assert_eq!(object.engine()? == Some(baremap::sync::Engine::RobustList), has_lists);
        object.bytes().store(ENGINE, 3_u64)?;
        assert_eq!(object.engine()?, None);
        Ok(())
    }

    fn values_of_any_alignment_lie_right() -> Result<()> {
        shared! {
            #[repr(align(512))]
            struct Wide {
                bytes: [AtomicU8; 512],
            }
        }
        let name = Name::new();
        let object = Object::<Wide>::create(name.bytes(), |_| Ok(()))?;
        assert!(ptr::from_ref(&*object).addr().is_multiple_of(512));
        assert_eq!(object.bytes().len(), 1024);
        let nothing = Name::new();
        drop(object);
        shm::unlink(name.bytes())?;
        let object = Object::<[AtomicU8; 0]>::create(nothing.bytes(), |_| Ok(()))?;
        assert_eq!((object.bytes().len(), object.len()), (HEADER, 0));
        Ok(())
    }

    fn a_plain_map_of_it_shows_the_same() -> Result<()> {
        let name = Name::new();
        let object = Object::<Pair>::create(name.bytes(), |pair| { pair.set(6); Ok(()) })?;
        let map = FileMap::write(shm::open(name.bytes())?)?;
        assert_eq!(map.load::<u64>(HEADER)?, 6);
        map.store(HEADER, 7_u64)?;
        assert_eq!(object.value.load(Relaxed), 7);
        Ok(())
    }
}

/// Asserts that one of the processes made the object of this round, and removes it.
fn one_made_it(name: &Name, turn: u64, made: &AtomicU64) -> Result<()> {
    let made = made.load(Relaxed);
    assert_eq!(made >> 8, 1, "round {turn}");
    assert_eq!(Object::<Pair>::open(name.bytes())?.get(), (made & 0xff) << 32 | turn);
    assert!(shm::remove_unused(name.bytes())?);
    Ok(())
}

/// Starts processes that all do the same, each with a number.
fn spawn_all<const N: usize, F: Fn(u64) -> Result<()>>(run: F) -> Result<[Child; N]> {
    let mut children = [const { None }; N];
    for (number, child) in children.iter_mut().enumerate() {
        // SAFETY: the children use shared maps and their own descriptors.
        *child = Some(unsafe { process::spawn(|| run(number as u64)) }?);
    }
    Ok(children.map(|child| child.expect("all were started")))
}

fn wait_all<const N: usize>(children: [Child; N]) -> Result<()> {
    for child in children {
        let status = child.wait()?;
        assert!(status.success(), "{status}");
    }
    Ok(())
}

fn wait_for(number: &AtomicU64, enough: u64) {
    while number.load(Relaxed) < enough {
        pause();
    }
}

/// Lets others run.
fn pause() {
    process::sleep(Duration::from_micros(50));
}

fn is_listed(name: &[u8]) -> Result<bool> {
    let mut list = shm::list()?;
    while let Some(listed) = list.next()? {
        if listed == name {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Nothing may be there that was to be this process's object.
fn assert_no_litter(process: Pid) -> Result<()> {
    let prefix = Text::of(format_args!(".baremap-{process}-"));
    let mut list = shm::list()?;
    while let Some(name) = list.next()? {
        assert!(!name.starts_with(prefix.as_bytes()), "{}", name.escape_ascii());
    }
    Ok(())
}

/// Runs assertions in a child whose /dev/shm has room for so many pages.
fn with_room_for(pages: usize, assertions: impl FnOnce() -> Result<()>) {
    if !user::is_root() {
        println!("left out: only root may mount a file system");
        return;
    }
    child::check(|| match small_tmpfs::mount_over(c"/dev/shm", pages * page::size()) {
        Ok(()) => assertions(),
        Err(Errno::EPERM) => {
            println!("left out: nothing may be mounted here");
            Ok(())
        }
        Err(errno) => panic!("mount: {errno:?}"),
    });
}
