//! Named objects, against the libc's shm_open(3) and shm_unlink(3): both ways, since they have to find each other's.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::process;

use baremap::shm::{self, Object};
use baremap::sys::{Mode, OFlags};
use baremap::{Error, FileMap};
use core::sync::atomic::AtomicU64;

use crate::Outcome;

/// A name that no other test has, gone when this is.
struct Name(String);

impl Name {
    fn new(test: &str) -> Name {
        Name(format!("baremap-differential-{}-{test}", process::id()))
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let _ = shm::unlink(self.0.as_bytes());
    }
}

/// Opens by the libc, which wants a slash before the name.
fn their_open(name: &[u8], flags: libc::c_int, mode: libc::mode_t) -> Outcome<File> {
    let name = with_slash(name);
    // SAFETY: the name ends with a null; the descriptor is nobody else's.
    unsafe {
        match libc::shm_open(name.as_ptr(), flags, mode) {
            -1 => Err(errno()),
            number => Ok(File::from_raw_fd(number)),
        }
    }
}

fn their_unlink(name: &[u8]) -> Outcome<()> {
    let name = with_slash(name);
    // SAFETY: the name ends with a null.
    if unsafe { libc::shm_unlink(name.as_ptr()) } == 0 { Ok(()) } else { Err(errno()) }
}

fn with_slash(name: &[u8]) -> CString {
    CString::new([b"/", name].concat()).expect("a name without a null")
}

fn errno() -> i32 {
    io::Error::last_os_error().raw_os_error().expect("the libc sets it")
}

fn ours<T>(result: baremap::Result<T>) -> Outcome<T> {
    result.map_err(|error: Error| error.errno().raw_os_error())
}

#[test]
fn the_libc_finds_what_we_make() {
    let name = Name::new("ours");
    let object = shm::create_new(name.0.as_bytes()).unwrap();
    object.write_all(b"text").unwrap();
    let mut found = their_open(name.0.as_bytes(), libc::O_RDWR, 0).unwrap();
    let mut text = String::new();
    found.read_to_string(&mut text).unwrap();
    assert_eq!(text, "text");
    their_unlink(name.0.as_bytes()).unwrap();
    assert_eq!(ours(shm::open(name.0.as_bytes()).map(drop)), Err(libc::ENOENT));
}

#[test]
fn we_find_what_the_libc_makes() {
    let name = Name::new("theirs");
    let mut object =
        their_open(name.0.as_bytes(), libc::O_RDWR | libc::O_CREAT | libc::O_EXCL, 0o600).unwrap();
    object.write_all(b"text").unwrap();
    object.rewind().unwrap();
    let map = FileMap::write(shm::open(name.0.as_bytes()).unwrap()).unwrap();
    assert_eq!(map.load::<u32>(0).unwrap(), u32::from_ne_bytes(*b"text"));
    map.store(0, b'T').unwrap();
    let mut text = String::new();
    object.read_to_string(&mut text).unwrap();
    assert_eq!(text, "Text");

    // It is no object of ours, and nobody knows whether it is in use.
    assert_eq!(ours(Object::<AtomicU64>::open(name.0.as_bytes()).map(drop)), Err(libc::EINVAL));
    assert_eq!(ours(shm::remove_unused(name.0.as_bytes())), Err(libc::EINVAL));
    shm::unlink(name.0.as_bytes()).unwrap();
    assert_eq!(their_open(name.0.as_bytes(), libc::O_RDWR, 0).map(drop), Err(libc::ENOENT));
}

#[test]
fn a_published_object_is_a_file_to_the_libc() {
    let name = Name::new("published");
    let object = Object::<AtomicU64>::create_owned(name.0.as_bytes(), |value| {
        value.store(7, core::sync::atomic::Ordering::Relaxed);
        Ok(())
    })
    .unwrap();
    let mut content = Vec::new();
    their_open(name.0.as_bytes(), libc::O_RDONLY, 0).unwrap().read_to_end(&mut content).unwrap();
    assert_eq!(content.len(), object.bytes().len());
    assert_eq!(content[64..72], 7_u64.to_ne_bytes());
    let made = their_open(name.0.as_bytes(), libc::O_RDWR | libc::O_CREAT | libc::O_EXCL, 0o600);
    assert_eq!(made.map(drop), Err(libc::EEXIST));
}

#[test]
fn both_make_the_same_of_flags_and_modes() {
    let (our_name, their_name) = (Name::new("flags-ours"), Name::new("flags-theirs"));
    let (create, excl, trunc) = (libc::O_CREAT, libc::O_EXCL, libc::O_TRUNC);
    // In this order: some need what is there from before.
    for (flags, mode) in [
        (libc::O_RDWR, 0),
        (libc::O_RDWR | create | excl, 0o640),
        (libc::O_RDWR | create | excl, 0o640),
        (libc::O_RDWR | create, 0o666),
        (libc::O_RDONLY, 0),
        (libc::O_RDWR | trunc, 0),
    ] {
        let our = ours(shm::open_with(
            our_name.0.as_bytes(),
            OFlags::from_bits_retain(flags as u32),
            Mode::from_bits_retain(mode),
        ));
        let their = their_open(their_name.0.as_bytes(), flags, mode);
        let seen = |number: i32| {
            // SAFETY: fcntl(2) asks for flags; the structure is written by fstat(2).
            unsafe {
                let mut stat = core::mem::zeroed::<libc::stat>();
                assert_eq!(libc::fstat(number, &mut stat), 0);
                (
                    libc::fcntl(number, libc::F_GETFL) & libc::O_ACCMODE,
                    libc::fcntl(number, libc::F_GETFD),
                    stat.st_mode,
                    stat.st_size,
                )
            }
        };
        use baremap::fd::AsFd;
        let our = our.map(|file| seen(file.as_fd().as_raw_fd()));
        assert_eq!(our, their.map(|file| seen(file.as_raw_fd())), "{flags:#o}");
    }
}

#[test]
fn both_make_the_same_of_names() {
    let longest = [b'x'; 255];
    for name in
        [&b""[..], b"a/b", b"a/", b"/", b"/a", b"//a", &[b'x'; 256], &[b'x'; 1000], &longest, b"a b\xff\n"]
    {
        let our = ours(shm::open(name).map(drop));
        let mut their = their_open(name, libc::O_RDWR, 0).map(drop);
        // The libc passes over any number of slashes.
        if name == b"/a" || name == b"//a" {
            assert_eq!(their, Err(libc::ENOENT));
            their = Err(libc::EINVAL);
        }
        // The manual page says ENAMETOOLONG, and this is what the libc says.
        if name.len() > shm::NAME_MAX && their == Err(libc::EINVAL) {
            their = Err(libc::ENAMETOOLONG);
        }
        assert_eq!(our, their, "{}", name.escape_ascii());
        assert!(our.is_err());
    }
}
