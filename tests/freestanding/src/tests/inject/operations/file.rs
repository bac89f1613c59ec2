use super::{Operation, assert_pattern, dropped, file, operation};
use crate::support::fds;
use crate::support::scratch::Scratch;
use baremap::fd::AsFd;
use baremap::sys::{Mode, OFlags};
use baremap::{File, page, write_all};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("File::open", |calls| calls.fail(|| File::open(c"/proc/self/exe")).map(drop)),
    operation("File::open_rw", |calls| calls.fail(|| File::open_rw(c"/dev/null")).map(drop)),
    operation("File::create", |calls| {
        let scratch = Scratch::in_memory();
        calls.fail(|| File::create(scratch.path("a").as_c_str())).map(drop)
    }),
    operation("File::create_new", |calls| {
        let scratch = Scratch::in_memory();
        calls.fail(|| File::create_new(scratch.path("a").as_c_str())).map(drop)
    }),
    operation("File::open_with", |calls| {
        calls.fail(|| File::open_with(c"/", OFlags::DIRECTORY, Mode::empty())).map(drop)
    }),
    operation("File::unnamed", |calls| calls.fail(File::unnamed).map(drop)),
    operation("File, dropped", |calls| {
        let file = File::unnamed()?;
        dropped(calls, file)
    }),
    operation("File::len", |calls| {
        let file = file()?;
        assert_eq!(calls.fail(|| file.len())?, 3 * page::size() as u64);
        Ok(())
    }),
    operation("File::kind", |calls| {
        let file = file()?;
        calls.fail(|| file.kind()).map(drop)
    }),
    operation("File::set_len", |calls| {
        let file = file()?;
        let result = calls.fail(|| file.set_len(10));
        assert_eq!(file.len()?, if result.is_ok() { 10 } else { 3 * page::size() as u64 });
        result
    }),
    operation("File::allocate", |calls| {
        let (file, len) = (File::unnamed()?, 8 * page::size() as u64);
        let result = calls.fail(|| file.allocate(0, len));
        assert_eq!(file.len()?, if result.is_ok() { len } else { 0 });
        result
    }),
    operation("File::read", |calls| {
        let (file, mut bytes) = (file()?, [0; 100]);
        assert_eq!(calls.fail(|| file.read(&mut bytes))?, 100);
        assert_pattern(&bytes);
        Ok(())
    }),
    operation("File::read_at", |calls| {
        let (file, mut bytes) = (file()?, [0; 100]);
        assert_eq!(calls.fail(|| file.read_at(&mut bytes, 0))?, 100);
        assert_pattern(&bytes);
        Ok(())
    }),
    operation("File::read_exact_at", |calls| {
        let (file, mut bytes) = (file()?, [0; 100]);
        calls.fail(|| file.read_exact_at(&mut bytes, 0))?;
        assert_pattern(&bytes);
        Ok(())
    }),
    operation("File::write", |calls| {
        let file = File::unnamed()?;
        let result = calls.fail(|| file.write(b"text"));
        assert_eq!(file.len()?, if result.is_ok() { 4 } else { 0 });
        result.map(drop)
    }),
    operation("File::write_at", |calls| {
        let file = File::unnamed()?;
        let result = calls.fail(|| file.write_at(b"text", 6));
        assert_eq!(file.len()?, if result.is_ok() { 10 } else { 0 });
        result.map(drop)
    }),
    operation("File::write_all", |calls| {
        let file = File::unnamed()?;
        let result = calls.fail(|| file.write_all(b"text"));
        assert_eq!(file.len()?, if result.is_ok() { 4 } else { 0 });
        result
    }),
    operation("File::write_all_at", |calls| {
        let file = File::unnamed()?;
        let result = calls.fail(|| file.write_all_at(b"text", 6));
        assert_eq!(file.len()?, if result.is_ok() { 10 } else { 0 });
        result
    }),
    operation("write_all", |calls| {
        let (reader, writer) = fds::pipe();
        let mut bytes = [0; 10];
        calls.fail(|| write_all(writer.as_fd(), b"text"))?;
        assert_eq!(File::from(reader).read(&mut bytes)?, 4);
        Ok(())
    }),
    operation("File::sync", |calls| {
        let file = file()?;
        calls.fail(|| file.sync())
    }),
    operation("File::sync_data", |calls| {
        let file = file()?;
        calls.fail(|| file.sync_data())
    }),
    operation("File::try_clone", |calls| {
        let file = file()?;
        calls.fail(|| file.try_clone()).map(drop)
    }),
];
