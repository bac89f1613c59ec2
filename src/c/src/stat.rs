//! What a file is.

use baremap::Errno;
use baremap::sys::{self, AtFlags, FileKind, Statx};
use core::ffi::{c_char, c_int, c_uint};
use linux_raw_sys::general as raw;

use crate::answer::attempt;
use crate::descriptor;
use crate::pointer::{not_null, text};

/// What statx(2) says of a file.
#[allow(non_camel_case_types, reason = "as C has it")]
#[repr(C)]
pub struct bm_stat_t {
    /// Bytes; 0 where the kernel does not know it.
    pub size: u64,
    /// The number that names the file within its file system.
    pub inode: u64,
    /// How many blocks of 512 bytes it takes up.
    pub blocks: u64,
    /// Kind and permission bits, as in st_mode.
    pub mode: c_uint,
    /// How many names the file has.
    pub links: c_uint,
    /// The device that the file is on.
    pub device_major: c_uint,
    /// The device that the file is on.
    pub device_minor: c_uint,
    /// Bytes in a piece that the file system likes to be asked for.
    pub block_size: c_uint,
    /// 0.
    pub reserved: c_uint,
}

impl From<Statx> for bm_stat_t {
    #[inline(always)]
    fn from(stat: Statx) -> Self {
        let kind = match stat.kind() {
            FileKind::Regular => raw::S_IFREG,
            FileKind::Directory => raw::S_IFDIR,
            FileKind::Symlink => raw::S_IFLNK,
            FileKind::Fifo => raw::S_IFIFO,
            FileKind::Socket => raw::S_IFSOCK,
            FileKind::CharacterDevice => raw::S_IFCHR,
            FileKind::BlockDevice => raw::S_IFBLK,
            FileKind::Unknown => 0,
        };
        let (device_major, device_minor) = stat.device();
        Self {
            size: stat.size(),
            inode: stat.inode(),
            blocks: stat.blocks(),
            mode: kind | stat.mode().bits(),
            links: stat.links(),
            device_major,
            device_minor,
            block_size: stat.block_size(),
            reserved: 0,
        }
    }
}

mod fstat {
    use super::*;

    /// fstat(2), by statx: what an open descriptor is of. 0, or -EBADF, -EFAULT (null), -ENOMEM.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_fstat(fd: c_int, stat: *mut bm_stat_t) -> c_int {
        attempt(|| {
            let place = not_null(stat)?;
            // SAFETY: the caller's descriptor, and place for the numbers.
            unsafe { place.write(sys::fstat(descriptor::borrow(fd)?)?.into()) };
            Ok(())
        })
    }
}

mod by_name {
    use super::*;

    /// stat(2), by statx: what a file is, by name; BM_AT_SYMLINK_NOFOLLOW as a flag is lstat(2).
    ///
    /// 0, or -EACCES, -EFAULT (null), -EINVAL (flags), -ELOOP, -ENAMETOOLONG, -ENOENT, -ENOMEM, -ENOTDIR.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_stat(path: *const c_char, flags: c_int, stat: *mut bm_stat_t) -> c_int {
        attempt(|| {
            let place = not_null(stat)?;
            let flags = AtFlags::from_bits_retain(flags as u32);
            // SAFETY: the caller's path, and place for the numbers.
            unsafe { place.write(sys::statx(sys::CWD, text(path)?, flags)?.into()) };
            Ok::<(), Errno>(())
        })
    }
}
