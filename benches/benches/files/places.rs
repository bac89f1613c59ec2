//! Where files are.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use baremap::{AnonMap, MapOptions};
use baremap_benches::memory::size;
use rustix::fs::{AtFlags, Mode, OFlags, fstatfs, open, openat, unlinkat};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsconfig_set_string, fsmount, fsopen,
};
use rustix::process::{getgid, getuid};
use rustix::thread::{UnshareFlags, unshare_unsafe};

/// What every 8 bytes of a file hold: their number, times this.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
/// Bytes that are written at once. ext4 and xfs keep a file in pieces as large as it was written, at the most.
const PIECE: usize = 1 << 20;
/// What a mounted tmpfs of huge pages is called.
const HUGE: &str = "tmpfs, huge pages";

/// Why a slice of ours may be behind one of memmap2's.
pub(crate) const SAME_PAGES: &str = "the same pages, mapped by the same calls and read by the same loop: what differs is what one run differs by from the next";

/// A directory on some file system.
pub(crate) struct Folder {
    name: String,
    directory: OwnedFd,
}

/// A file on some file system, all of it in the page cache.
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) file: File,
    pub(crate) len: usize,
}

/// Why there is none.
#[derive(Clone)]
pub(crate) struct Missing {
    pub(crate) place: String,
    pub(crate) reason: String,
}

/// The disk that cargo builds on, and memory, with small pages and with huge ones.
pub(crate) fn folders() -> [Result<Folder, Missing>; 3] {
    let disk = Path::new(env!("CARGO_TARGET_TMPDIR"));
    [folder("disk", disk), folder("tmpfs", Path::new("/dev/shm")), huge_folder()]
}

fn folder(place: &str, path: &Path) -> Result<Folder, Missing> {
    let failed = |error: io::Error| missing(place, format!("{}: {error}", path.display()));
    fs::create_dir_all(path).map_err(failed)?;
    let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
    let directory = open(path, flags, Mode::empty()).map_err(|errno| failed(errno.into()))?;
    let name = match file_system(&directory) {
        "tmpfs" if place == "disk" => {
            return Err(missing(place, format!("{} is on tmpfs", path.display())));
        }
        kind if kind == place => place.to_owned(),
        kind => format!("{place}, {kind}"),
    };
    Ok(Folder { name, directory })
}

/// Of the kinds that are common, by the numbers of statfs(2).
fn file_system(directory: &OwnedFd) -> &'static str {
    match fstatfs(directory).map(|stat| stat.f_type) {
        Ok(0xef53) => "ext4",
        Ok(0x5846_5342) => "xfs",
        Ok(0x9123_683e) => "btrfs",
        Ok(0x794c_7630) => "overlayfs",
        Ok(0x2fc1_2fc1) => "zfs",
        Ok(0x0102_1994) => "tmpfs",
        _ => "unknown",
    }
}

/// A tmpfs of huge pages that nobody else sees and that goes with this process: mounted nowhere.
fn huge_folder() -> Result<Folder, Missing> {
    let mount = || -> rustix::io::Result<OwnedFd> {
        let context = fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
        fsconfig_set_string(&context, "huge", "always")?;
        fsconfig_create(&context)?;
        fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty())
    };
    let directory = mount().or_else(|errno| {
        if errno == Errno::PERM { own_name_space().and_then(|()| mount()) } else { Err(errno) }
    });
    match directory {
        Ok(directory) => Ok(Folder { name: HUGE.into(), directory }),
        Err(errno) => Err(missing(HUGE, format!("no such file system can be mounted here: {errno}"))),
    }
}

/// Makes this user the one who may mount, for this process alone.
fn own_name_space() -> rustix::io::Result<()> {
    let (user, group) = (getuid().as_raw(), getgid().as_raw());
    // SAFETY: no descriptors are parted, and there is one thread.
    unsafe { unshare_unsafe(UnshareFlags::NEWUSER | UnshareFlags::NEWNS)? };
    let write = |file: &str, text: String| {
        fs::write(format!("/proc/self/{file}"), text)
            .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::PERM))
    };
    write("setgroups", "deny".into())?;
    write("uid_map", format!("{user} {user} 1"))?;
    write("gid_map", format!("{group} {group} 1"))
}

fn missing(place: &str, reason: String) -> Missing {
    Missing { place: place.into(), reason }
}

impl Place {
    /// A file of so many bytes, without a name, filled the same way wherever it is, and on its disk.
    pub(crate) fn new(folder: &Folder, len: usize) -> Result<Self, Missing> {
        let Folder { name, directory } = folder;
        let make = || -> io::Result<File> {
            let (path, flags) =
                ("baremap-benches", OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::CLOEXEC);
            let file = File::from(openat(directory, path, flags, Mode::RUSR | Mode::WUSR)?);
            unlinkat(directory, path, AtFlags::empty())?;
            let mut piece = Vec::with_capacity(PIECE);
            for start in (0..len).step_by(PIECE) {
                let end = len.min(start + PIECE);
                piece.clear();
                piece.extend((start / 8..end / 8).flat_map(|index| word(index).to_ne_bytes()));
                file.write_all_at(&piece, start as u64)?;
            }
            file.sync_data()?;
            Ok(file)
        };
        match make() {
            Ok(file) => Ok(Self { name: name.clone(), file, len }),
            Err(error) => Err(missing(name, format!("a file of {} cannot be made: {error}", size(len)))),
        }
    }
}

/// What the file holds there.
pub(crate) fn word(index: usize) -> u64 {
    (index as u64).wrapping_mul(FACTOR)
}

/// What such a file holds, in memory, with the largest pages that there are.
pub(crate) fn in_memory(len: usize) -> AnonMap {
    let mut memory = MapOptions::new().len(len).transparent_huge().map_anon().expect("it was affordable");
    for (index, bytes) in memory.chunks_exact_mut(8).enumerate() {
        bytes.copy_from_slice(&word(index).to_ne_bytes());
    }
    memory
}
