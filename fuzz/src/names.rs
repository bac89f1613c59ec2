//! Names of shared objects and paths of files that are replaced, against what the standard library finds in their places.

use arbitrary::{Arbitrary, Result, Unstructured};
use baremap::shm::{self, NAME_MAX};
use baremap::{Errno, Error, Reason, replace_file};
use rustix::process::getpid;
use std::ffi::{CString, OsStr};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Where the kernel keeps shared objects.
const OBJECTS: &str = "/dev/shm";

/// A folder in memory, where files may be replaced that nobody needs: with a folder, and links to that and to nothing.
fn folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("baremap-fuzz-").tempdir_in(OBJECTS).unwrap();
    let place = |name| folder.path().join(name);
    fs::create_dir(place("folder")).unwrap();
    symlink("folder", place("way")).unwrap();
    symlink("folder/nothing", place("dangling")).unwrap();
    folder
}

/// A name as it is, one that begins as this process's own do, or a path.
#[derive(Arbitrary, Debug)]
pub enum Plan {
    /// Nothing is made or removed under a name that could be another's.
    Foreign(Vec<u8>),
    /// With so many bytes more, all the same.
    Own(Vec<u8>, u16),
    Path(Vec<Part>),
}

/// A part of a path. None leads out of the folder.
#[derive(Debug)]
pub enum Part {
    Name(Vec<u8>),
    Long(usize),
    Folder,
    Way,
    Dangling,
    Dot,
    Nothing,
    /// At the end only, where it is no way up.
    Up,
}

/// Does it.
pub fn run(plan: Plan) {
    match plan {
        Plan::Foreign(name) => {
            let expected = refusal(&name);
            let result = shm::open(&name).map(drop);
            match expected {
                Some(errno) => assert_eq!(result.map_err(Error::errno), Err(errno)),
                None => {
                    assert_eq!(result.is_ok(), place(&name).is_some_and(|path| path.is_file()), "{result:?}")
                }
            }
        }
        Plan::Own(name, more) => {
            let mut own = format!("baremap-fuzz-{}-", getpid()).into_bytes();
            own.extend(name);
            own.extend([b'x'].repeat(usize::from(more) % (2 * NAME_MAX)));
            object(&own);
        }
        Plan::Path(parts) => file(&parts),
    }
}

/// What is wrong with a name.
fn refusal(name: &[u8]) -> Option<Errno> {
    match name {
        b"" | b"." | b".." => Some(Errno::EINVAL),
        _ if name.len() > NAME_MAX => Some(Errno::ENAMETOOLONG),
        _ if name.contains(&b'/') || name.contains(&0) => Some(Errno::EINVAL),
        _ => None,
    }
}

fn place(name: &[u8]) -> Option<PathBuf> {
    (!name.contains(&0)).then(|| Path::new(OBJECTS).join(OsStr::from_bytes(name)))
}

/// Makes, opens and removes an object.
fn object(name: &[u8]) {
    let errno = |result: baremap::Result<_>| result.map(drop).map_err(Error::errno);
    if let Some(refused) = refusal(name) {
        assert_eq!(errno(shm::create_new(name)), Err(refused));
        assert_eq!(errno(shm::open(name)), Err(refused));
        assert_eq!(shm::unlink(name).map_err(Error::errno), Err(refused));
        return;
    }
    let path = place(name).expect("a good name");
    assert_eq!(errno(shm::open(name)), Err(Errno::ENOENT));
    let made = shm::create_new(name).unwrap();
    made.write_all_at(b"made", 0).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"made");
    assert_eq!(errno(shm::create_new(name)), Err(Errno::EEXIST));
    let found = shm::open(name).unwrap();
    found.write_all_at(b"more", 0).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"more");
    shm::unlink(name).unwrap();
    assert!(!path.exists());
    assert_eq!(shm::unlink(name).map_err(Error::errno), Err(Errno::ENOENT));
}

/// Replaces a file twice, and has a third time fail.
fn file(parts: &[Part]) {
    let folder = folder();
    let mut path = folder.path().as_os_str().as_bytes().to_vec();
    for (index, part) in parts.iter().enumerate() {
        path.push(b'/');
        match part {
            Part::Name(name) => path.extend(name),
            Part::Long(len) => path.extend([b'x'].repeat(*len)),
            Part::Folder => path.extend(b"folder"),
            Part::Way => path.extend(b"way"),
            Part::Dangling => path.extend(b"dangling"),
            Part::Dot => path.push(b'.'),
            Part::Up if index + 1 == parts.len() => path.extend(b".."),
            Part::Nothing | Part::Up => {}
        }
    }
    // Its own name is not to be replaced.
    if parts.is_empty() {
        return;
    }
    let (name, c_path) =
        (path.rsplit(|&byte| byte == b'/').next().unwrap(), CString::new(&*path).expect("no null"));
    let path = Path::new(OsStr::from_bytes(&path));
    let (before, was_link) = (entries(&folder), path.is_symlink());
    let first = replace_file(&c_path, |file| file.write_all(b"first"));
    if matches!(name, b"" | b"." | b"..") {
        let error = first.unwrap_err();
        assert_eq!((error.errno(), error.reason()), (Errno::EINVAL, Reason::NoName));
        return;
    }
    match first {
        Ok(()) => {
            assert!(path.symlink_metadata().unwrap().is_file());
            assert_eq!(fs::read(path).unwrap(), b"first");
            replace_file(&c_path, |file| file.write_all(b"second")).unwrap();
            let error = replace_file(&c_path, |file| file.set_len(u64::MAX)).unwrap_err();
            assert_eq!(error.errno(), Errno::EINVAL);
            assert_eq!(fs::read(path).unwrap(), b"second");
            // What was made beside it is gone.
            fs::remove_file(path).unwrap();
            let link = usize::from(was_link);
            assert_eq!(entries(&folder) + link, before);
        }
        Err(error) => {
            // The standard library can make no file there either.
            let made = fs::File::create(path);
            assert!(made.is_err(), "{error}, and there is {path:?}");
            assert_eq!(entries(&folder), before);
        }
    }
}

/// How many names there are.
fn entries(folder: &TempDir) -> usize {
    let count = |path| fs::read_dir(path).unwrap().count();
    count(folder.path().to_owned()) + count(folder.path().join("folder"))
}

impl<'a> Arbitrary<'a> for Part {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u.int_in_range(0..=7)? {
            0 => {
                let mut name: Vec<u8> = u.arbitrary()?;
                name.retain(|byte| !matches!(byte, b'/' | 0));
                Part::Name(if name == b".." { b"...".to_vec() } else { name })
            }
            1 => Part::Long(u.int_in_range(250..=5000)?),
            2 => Part::Folder,
            3 => Part::Way,
            4 => Part::Dangling,
            5 => Part::Dot,
            6 => Part::Nothing,
            _ => Part::Up,
        })
    }
}
