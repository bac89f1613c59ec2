use super::{Operation, operation};
use crate::support::scratch::Scratch;
use crate::support::text::Text;
use baremap::{DurableCell, Errno, File, Result, replace_file};

const CAPACITY: usize = 100;

pub(super) const OPERATIONS: &[Operation] = &[
    operation("DurableCell::create", |calls| {
        let file = File::unnamed()?;
        calls.fail(|| DurableCell::create(&file, 0, CAPACITY)).map(drop)
    }),
    operation("DurableCell::open", |calls| {
        let file = cell()?;
        let result = calls.fail(|| DurableCell::open(&file, 0, CAPACITY).map(drop));
        assert_value(&file, &[b"old"])?;
        result
    }),
    operation("DurableCell::read", |calls| {
        let file = cell()?;
        let cell = DurableCell::open(&file, 0, CAPACITY)?;
        let mut buffer = [0; CAPACITY];
        assert_eq!(calls.fail(|| cell.read(&mut buffer))?, b"old");
        Ok(())
    }),
    operation("DurableCell::write", |calls| {
        let file = cell()?;
        let mut cell = DurableCell::open(&file, 0, CAPACITY)?;
        let result = calls.fail(|| cell.write(b"new"));
        match result {
            Ok(()) => assert_value(&file, &[b"new"])?,
            // After a sync that failed nobody knows what is on the disk: the cell says so from now on.
            Err(error) => {
                assert_value(&file, &[b"old", b"new"])?;
                assert_eq!(cell.write(b"newer"), Err(error));
            }
        }
        result
    }),
    operation("replace_file, a new one", |calls| replace(calls, None)),
    operation("replace_file, an old one", |calls| replace(calls, Some(b"old"))),
];

/// A cell with a value.
fn cell() -> Result<File> {
    let file = File::unnamed()?;
    DurableCell::create(&file, 0, CAPACITY)?.write(b"old")?;
    Ok(file)
}

fn assert_value(file: &File, values: &[&[u8]]) -> Result<()> {
    let mut buffer = [0; CAPACITY];
    let cell = DurableCell::open(file, 0, CAPACITY)?;
    let value = cell.read(&mut buffer)?;
    assert!(values.contains(&value), "{value:?}");
    Ok(())
}

fn replace(calls: &super::Calls<'_>, old: Option<&[u8]>) -> Result<()> {
    let scratch = Scratch::in_memory();
    let path = scratch.path("a");
    if let Some(old) = old {
        File::create(path.as_c_str())?.write_all(old)?;
    }
    let result = calls.fail(|| replace_file(path.as_c_str(), |file| file.write_all(b"new")));
    let mut bytes = [0; 4];
    let content = match File::open(path.as_c_str()) {
        Ok(file) => Some(file.read(&mut bytes).map(|len| &bytes[..len])?),
        Err(error) => {
            assert_eq!(error.errno(), Errno::ENOENT);
            None
        }
    };
    match result {
        Ok(()) => assert_eq!(content, Some(&b"new"[..])),
        // The one error after which the new file is there.
        Err(error) if error.operation() == baremap::Operation::SyncDirectory => {
            assert_eq!(content, Some(&b"new"[..]));
        }
        Err(_) => assert_eq!(content, old),
    }
    // Nothing else is in the directory: it can be removed.
    let directory = Text::of(scratch.directory().to_str().expect("it is text"));
    drop(scratch);
    assert_eq!(File::open(directory.as_c_str()).unwrap_err().errno(), Errno::ENOENT);
    result
}
