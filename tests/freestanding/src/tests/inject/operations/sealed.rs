use super::{Operation, assert_pattern, file, operation};
use crate::support::fds;
use baremap::fd::AsFd;
use baremap::{Caps, SealedMap, SecretMap, page, write_all};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("SealedMap::new", |calls| {
        assert_eq!(&calls.fail(|| SealedMap::new(b"text"))?[..], b"text");
        Ok(())
    }),
    operation("SealedMap::build", |calls| {
        let map = calls.fail(|| SealedMap::build(page::size(), |bytes| bytes.write_at(0, b"text")))?;
        assert_eq!(&map[..4], b"text");
        Ok(())
    }),
    operation("SealedMap::snapshot_of", |calls| {
        let file = file()?;
        assert_pattern(&calls.fail(|| SealedMap::snapshot_of(&file))?);
        Ok(())
    }),
    operation("SealedMap::snapshot_of, a pipe", |calls| {
        let (reader, writer) = fds::pipe();
        write_all(writer.as_fd(), b"text")?;
        drop(writer);
        assert_eq!(&calls.fail(|| SealedMap::snapshot_of(&reader))?[..], b"text");
        Ok(())
    }),
    operation("SealedMap::seal", |calls| {
        let file = file()?;
        assert_pattern(&calls.fail(|| SealedMap::seal(&file))?);
        Ok(())
    }),
    operation("SealedMap::open", |calls| {
        let sealed = SealedMap::new(b"text")?;
        assert_eq!(&calls.fail(|| SealedMap::open(&sealed))?[..], b"text");
        Ok(())
    }),
    operation("SecretMap::new", |calls| {
        let mut map = calls.fail(|| SecretMap::new(page::size()))?;
        map.fill(7);
        Ok(())
    })
    .needs(Caps::MEMFD_SECRET),
];
