//! Errors and descriptors into the standard library's and back.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use baremap::{AnonMap, Errno, Error, File, FileMap};

#[test]
fn an_error_number_becomes_the_same_number() {
    for number in 1..=4095 {
        let error = io::Error::from(Errno::from_raw_os_error(number).unwrap());
        assert_eq!(error.raw_os_error(), Some(number));
        assert_eq!(error.kind(), io::Error::from_raw_os_error(number).kind());
    }
}

#[test]
fn an_error_keeps_its_sentence_and_its_kind() {
    let error = File::open(c"/nonexistent").unwrap_err();
    let converted = io::Error::from(error);
    assert_eq!(converted.kind(), ErrorKind::NotFound);
    assert_eq!(converted.to_string(), "open: No such file or directory (ENOENT)");

    let error = AnonMap::new(usize::MAX).unwrap_err();
    let converted = io::Error::from(error);
    assert_eq!(converted.kind(), ErrorKind::OutOfMemory);
    let inner = converted.into_inner().and_then(|inner| inner.downcast::<Error>().ok());
    assert_eq!(inner.as_deref(), Some(&error));
}

#[test]
fn errors_go_by_question_mark() {
    fn fails() -> io::Result<()> {
        FileMap::read(File::open(c"/")?)?;
        Ok(())
    }
    let error = fails().unwrap_err();
    assert_eq!(error.to_string(), "mmap: a directory cannot be mapped, only a regular file (ENODEV)");
}

#[test]
fn a_file_of_the_standard_library_can_be_mapped() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"0123456789").unwrap();
    let map = FileMap::read(&file).unwrap();
    let mut bytes = [0; 10];
    map.read_at(0, &mut bytes).unwrap();
    assert_eq!(&bytes, b"0123456789");
}

#[test]
fn descriptors_change_hands_without_being_closed_or_copied() {
    let file = tempfile::tempfile().unwrap();
    let number = file.as_raw_fd();
    let ours = File::from(OwnedFd::from(file));
    assert_eq!(ours.as_fd().as_raw_fd(), number);
    ours.write_all_at(b"both", 0).unwrap();

    let back = fs::File::from(OwnedFd::from(ours));
    assert_eq!(back.as_raw_fd(), number);
    assert_eq!(back.metadata().unwrap().len(), 4);
}
