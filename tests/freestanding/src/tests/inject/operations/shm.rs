use super::{Operation, dropped, operation};
use crate::support::text::Text;
use baremap::shm::{self, Object};
use baremap::{Result, sys};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("shm::create_new", |calls| {
        let name = name();
        let result = calls.fail(|| shm::create_new(name.as_bytes()));
        if result.is_ok() {
            shm::unlink(name.as_bytes())?;
        }
        result.map(drop)
    }),
    operation("shm::open", |calls| {
        let name = name();
        shm::create_new(name.as_bytes())?;
        let result = calls.fail(|| shm::open(name.as_bytes()));
        shm::unlink(name.as_bytes())?;
        result.map(drop)
    }),
    operation("shm::unlink", |calls| {
        let name = name();
        shm::create_new(name.as_bytes())?;
        let result: Result<()> = calls.fail(|| shm::unlink(name.as_bytes()));
        if result.is_err() {
            shm::unlink(name.as_bytes())?;
        }
        result
    }),
    operation("shm::create_or_open", |calls| {
        let name = name();
        let result = calls.fail(|| shm::create_or_open(name.as_bytes()));
        let _ = shm::unlink(name.as_bytes());
        result.map(drop)
    }),
    operation("shm::list", |calls| {
        calls.fail(|| {
            let mut list = shm::list()?;
            while list.next()?.is_some() {}
            Result::Ok(())
        })
    }),
    operation("Object::create", |calls| {
        let name = name();
        let result = calls.fail(|| create(&name));
        assert_eq!(shm::unlink(name.as_bytes()).is_ok(), result.is_ok());
        result.map(drop)
    }),
    operation("Object::create_owned", |calls| {
        let name = name();
        let result = calls.fail(|| Object::<AtomicU64>::create_owned(name.as_bytes(), |_| Ok(())));
        drop(result?);
        assert!(shm::unlink(name.as_bytes()).is_err());
        Ok(())
    }),
    operation("Object::open", |calls| {
        let name = name();
        create(&name)?;
        let result = calls.fail(|| Object::<AtomicU64>::open(name.as_bytes()));
        shm::unlink(name.as_bytes())?;
        assert_eq!(result?.load(Relaxed), 7);
        Ok(())
    }),
    operation("Object, opened or created", |calls| {
        let name = name();
        let result = calls.fail(|| Object::<AtomicU64>::open_or_create(name.as_bytes(), |_| Ok(())));
        assert_eq!(shm::unlink(name.as_bytes()).is_ok(), result.is_ok());
        result.map(drop)
    }),
    operation("Object::from_file", |calls| {
        let name = name();
        create(&name)?;
        let file = shm::open(name.as_bytes())?;
        shm::unlink(name.as_bytes())?;
        calls.fail(|| Object::<AtomicU64>::from_file(file)).map(drop)
    }),
    operation("Object::engine", |calls| {
        let name = name();
        let object = create(&name)?;
        shm::unlink(name.as_bytes())?;
        calls.fail(|| object.engine()).map(drop)
    }),
    operation("OwnedObject, dropped", |calls| {
        let name = name();
        let object = Object::<AtomicU64>::create_owned(name.as_bytes(), |_| Ok(()))?;
        let result = dropped(calls, object);
        let _ = shm::unlink(name.as_bytes());
        result
    }),
    operation("shm::remove_unused", |calls| {
        let name = name();
        create(&name)?;
        let result = calls.fail(|| shm::remove_unused(name.as_bytes()));
        let is_there = shm::unlink(name.as_bytes()).is_ok();
        assert_eq!(is_there, result != Ok(true));
        result.map(drop)
    }),
    operation("shm::remove_all_unused", |calls| {
        let name = name();
        create(&name)?;
        let result = calls.fail(|| shm::remove_all_unused(|other| other == name.as_bytes()));
        let is_there = shm::unlink(name.as_bytes()).is_ok();
        // An error may come after it was removed.
        assert!(result.is_err() || is_there != (result == Ok(1)));
        result.map(drop)
    }),
];

fn create(name: &Text) -> Result<Object<AtomicU64>> {
    Object::create(name.as_bytes(), |object: &Object<AtomicU64>| {
        object.store(7, Relaxed);
        Ok(())
    })
}

fn name() -> Text {
    Text::of(format_args!("baremap-inject-{}", sys::getpid()))
}
