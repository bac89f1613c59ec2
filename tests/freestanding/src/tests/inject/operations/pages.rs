use super::{Operation, file, memory, operation};
use crate::support::fds;
use baremap::fd::AsFd;
use baremap::map::{Advice, UncheckedAdvice};
use baremap::{Caps, FileMap, page};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("Pages::advise", |calls| {
        let map = memory()?;
        calls.fail(|| map.pages().advise(Advice::Sequential))
    }),
    operation("Pages::unchecked_advise", |calls| {
        let map = memory()?;
        // SAFETY: no byte of the map is used after this.
        calls.fail(|| unsafe { map.pages().unchecked_advise(UncheckedAdvice::DontNeed) })
    }),
    operation("Pages::lock", |calls| {
        let map = memory()?;
        calls.fail(|| map.pages().lock())
    }),
    operation("Pages::unlock", |calls| {
        let map = memory()?;
        map.pages().lock()?;
        calls.fail(|| map.pages().unlock())
    }),
    operation("Pages::residency", |calls| {
        let (map, mut resident) = (memory()?, [false; 3]);
        calls.fail(|| map.pages().residency(&mut resident))
    }),
    operation("Pages::is_resident", |calls| {
        let map = memory()?;
        calls.fail(|| map.pages().is_resident()).map(drop)
    }),
    operation("Pages::prefault_read", |calls| {
        let map = FileMap::read(file()?)?;
        calls.fail(|| map.pages().prefault_read())
    }),
    operation("Pages::prefault_write", |calls| {
        let map = FileMap::write(file()?)?;
        calls.fail(|| map.pages().prefault_write())
    })
    .needs(Caps::POPULATE),
    operation("Pages::lock_on_fault", |calls| {
        let map = memory()?;
        calls.fail(|| map.pages().lock_on_fault())
    })
    .needs(Caps::LOCK_ON_FAULT),
    operation("SharedBytes::write_to", |calls| {
        let (map, (_reader, writer)) = (FileMap::read(file()?)?, fds::pipe());
        calls.fail(|| map.range(0, page::size())?.write_to(writer.as_fd())).map(drop)
    }),
    operation("SharedBytes::write_all_to", |calls| {
        let (map, (_reader, writer)) = (FileMap::read(file()?)?, fds::pipe());
        calls.fail(|| map.range(0, 100)?.write_all_to(writer.as_fd()))
    }),
];
