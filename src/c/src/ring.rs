//! Rings of messages and of bytes between two processes, or two threads.

use baremap::channel::{self, Reader, Receiver, Sender, Writer};
use baremap::{Errno, SharedBytes};
use core::ffi::{c_int, c_void};

use crate::answer::{attempt, attempt_count, attempt_number};
use crate::pointer::{bytes, bytes_mut, not_null, range};
use crate::storage::{Storage, label, lend, lend_mut, make, take};
use crate::time::{bm_timespec_t, deadline};

/// The memory of a ring, which the program keeps mapped.
type Memory = &'static SharedBytes;

/// The end of a message ring that sends, of the thread that attached it.
#[allow(non_camel_case_types, reason = "as C has it")]
#[repr(C)]
pub struct bm_sender_t {
    _opaque: [u64; 24],
}

// SAFETY: integers.
unsafe impl Storage for bm_sender_t {
    type Value = Sender<Memory>;
    const LABEL: u64 = label(b"bm_send\x01");
}

/// The end of a message ring that receives, of the thread that attached it.
#[allow(non_camel_case_types, reason = "as C has it")]
#[repr(C)]
pub struct bm_receiver_t {
    _opaque: [u64; 24],
}

// SAFETY: integers.
unsafe impl Storage for bm_receiver_t {
    type Value = Receiver<Memory>;
    const LABEL: u64 = label(b"bm_recv\x01");
}

/// The end of a byte ring that writes, of the thread that attached it.
#[allow(non_camel_case_types, reason = "as C has it")]
#[repr(C)]
pub struct bm_writer_t {
    _opaque: [u64; 24],
}

// SAFETY: integers.
unsafe impl Storage for bm_writer_t {
    type Value = Writer<Memory>;
    const LABEL: u64 = label(b"bm_writ\x01");
}

/// The end of a byte ring that reads, of the thread that attached it.
#[allow(non_camel_case_types, reason = "as C has it")]
#[repr(C)]
pub struct bm_reader_t {
    _opaque: [u64; 24],
}

// SAFETY: integers.
unsafe impl Storage for bm_reader_t {
    type Value = Reader<Memory>;
    const LABEL: u64 = label(b"bm_read\x01");
}

/// The memory of a ring.
///
/// # Errors
/// `EFAULT` (null), `EINVAL` (too long).
///
/// # Safety
/// It stays mapped until the end is detached, and is used by ends of the ring alone.
#[inline(always)]
unsafe fn memory(ring: *mut c_void, len: usize) -> Result<Memory, Errno> {
    let start = range(not_null(ring)?.as_ptr(), len)?;
    // SAFETY: not null, not too long; for the rest the caller answers.
    Ok(unsafe { SharedBytes::from_raw_parts(start.as_ptr(), len) })
}

mod size {
    use super::*;

    /// The bytes of memory for a ring that has room for `capacity` bytes. A message takes its length, rounded up to a multiple
    /// of 8, and 8 bytes more.
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_ring_size(capacity: usize) -> usize {
        channel::size_for(capacity)
    }
}

mod sender_attach {
    use super::*;

    /// Takes the sending end of the message ring in `len` bytes of shared memory for this thread. Zeros become a ring of all of
    /// these bytes. The memory stays mapped until `bm_sender_detach`.
    ///
    /// 0, or -EBUSY (the end has somebody), -EINVAL (something else is there, or a ring of another kind or length; too few bytes,
    /// or not at a multiple of 8), -EBADMSG (the ring is damaged), -EFAULT (null).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_sender_attach(
        sender: *mut bm_sender_t,
        ring: *mut c_void,
        len: usize,
    ) -> c_int {
        let value = || {
            // SAFETY: the caller's memory.
            let end = Sender::attach(unsafe { memory(ring, len) }?)?;
            Ok(end)
        };
        // SAFETY: the caller's storage.
        unsafe { make(sender, value) }
    }
}

mod sender_most {
    use super::*;

    /// Bytes of the longest message; or -EFAULT (null), -EBADF (there is no end in it).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_sender_most(sender: *const bm_sender_t) -> isize {
        // SAFETY: the caller's storage.
        attempt_count(|| unsafe { lend(sender) }.map(Sender::most))
    }
}

mod sender_send {
    use super::*;

    /// Sends a message, and waits for room, at most until a time of CLOCK_MONOTONIC; null is for ever.
    ///
    /// 0, or -EMSGSIZE (longer than `bm_sender_most`), -ETIMEDOUT, -EPIPE (the receiver was detached), -EOWNERDEAD (it was
    /// killed), -EBADMSG (the ring is damaged), -EFAULT (null; with `bm_fault_install`, also if the memory of the
    /// message's bytes is gone), -EINVAL (no time), -EBADF (there is no end in it).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_sender_send(
        sender: *mut bm_sender_t,
        message: *const c_void,
        len: usize,
        until: *const bm_timespec_t,
    ) -> c_int {
        attempt(|| {
            // SAFETY: the caller's storage, bytes and time.
            let (sender, message, until) =
                unsafe { (lend_mut(sender)?, bytes(message, len)?, deadline(until)?) };
            Ok(match until {
                Some(until) => sender.send_until(message, until),
                None => sender.send(message),
            }?)
        })
    }
}

mod sender_try_send {
    use super::*;

    /// Sends a message, if there is room. As `bm_sender_send`; -EAGAIN (there is none now).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_sender_try_send(
        sender: *mut bm_sender_t,
        message: *const c_void,
        len: usize,
    ) -> c_int {
        attempt(|| {
            // SAFETY: the caller's storage and bytes.
            let (sender, message) = unsafe { (lend_mut(sender)?, bytes(message, len)?) };
            Ok(sender.try_send(message)?)
        })
    }
}

mod sender_detach {
    use super::*;

    /// Gives the end up: the receiver gets what was sent, and then the end. In a forked child, which has a copy, it does nothing to
    /// the ring. 0, or -EFAULT (null), -EBADF (there is no end in it, or no more).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_sender_detach(sender: *mut bm_sender_t) -> c_int {
        // SAFETY: the caller's storage.
        attempt(|| unsafe { take(sender) }.map(drop))
    }
}

mod receiver_attach {
    use super::*;

    /// Takes the receiving end of the message ring in `len` bytes of shared memory for this thread. As `bm_sender_attach`.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_receiver_attach(
        receiver: *mut bm_receiver_t,
        ring: *mut c_void,
        len: usize,
    ) -> c_int {
        let value = || {
            // SAFETY: the caller's memory.
            let end = Receiver::attach(unsafe { memory(ring, len) }?)?;
            Ok(end)
        };
        // SAFETY: the caller's storage.
        unsafe { make(receiver, value) }
    }
}

/// Copies a message into C's buffer, and says how many bytes it has, also where the buffer is too short.
///
/// # Safety
/// There is room for a number.
#[inline(always)]
unsafe fn deliver(
    message: Option<channel::Message<'_, Memory>>,
    buffer: &mut [u8],
    len: core::ptr::NonNull<usize>,
) -> Result<c_int, Errno> {
    let Some(message) = message else { return Ok(0) };
    // SAFETY: the caller's place for a number.
    unsafe { len.write(message.len()) };
    message.take(buffer)?;
    Ok(1)
}

mod receiver_receive {
    use super::*;

    /// Copies the next message to the start of `buffer`, and stores in `*len` how many bytes it has; waits for one, at most until
    /// a time of CLOCK_MONOTONIC; null is for ever.
    ///
    /// 1; 0 after the last message, once the sender was detached; or -EMSGSIZE (`size` is less than `*len`; the message stays
    /// the next one), -ETIMEDOUT, -EOWNERDEAD (the sender was killed, and all that it had sent was received), -EBADMSG (the ring
    /// is damaged), -EFAULT (null), -EINVAL (no time), -EBADF (there is no end in it).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_receiver_receive(
        receiver: *mut bm_receiver_t,
        buffer: *mut c_void,
        size: usize,
        len: *mut usize,
        until: *const bm_timespec_t,
    ) -> c_int {
        attempt_number(|| {
            let len = not_null(len)?;
            // SAFETY: the caller's storage, buffer, time and place for a number.
            unsafe {
                let (receiver, buffer) = (lend_mut(receiver)?, bytes_mut(buffer, size)?);
                let message = match deadline(until)? {
                    Some(until) => receiver.receive_until(until),
                    None => receiver.receive(),
                };
                deliver(message?, buffer, len)
            }
        })
    }
}

mod receiver_try_receive {
    use super::*;

    /// As `bm_receiver_receive` without waiting; -EAGAIN (there is no message now).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_receiver_try_receive(
        receiver: *mut bm_receiver_t,
        buffer: *mut c_void,
        size: usize,
        len: *mut usize,
    ) -> c_int {
        attempt_number(|| {
            let len = not_null(len)?;
            // SAFETY: the caller's storage, buffer and place for a number.
            unsafe {
                let (receiver, buffer) = (lend_mut(receiver)?, bytes_mut(buffer, size)?);
                deliver(receiver.try_receive()?, buffer, len)
            }
        })
    }
}

mod receiver_detach {
    use super::*;

    /// Gives the end up. As `bm_sender_detach`.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_receiver_detach(receiver: *mut bm_receiver_t) -> c_int {
        // SAFETY: the caller's storage.
        attempt(|| unsafe { take(receiver) }.map(drop))
    }
}

mod writer_attach {
    use super::*;

    /// Takes the writing end of the byte ring in `len` bytes of shared memory for this thread. As `bm_sender_attach`.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_writer_attach(
        writer: *mut bm_writer_t,
        ring: *mut c_void,
        len: usize,
    ) -> c_int {
        let value = || {
            // SAFETY: the caller's memory.
            let end = Writer::attach(unsafe { memory(ring, len) }?)?;
            Ok(end)
        };
        // SAFETY: the caller's storage.
        unsafe { make(writer, value) }
    }
}

mod writer_write {
    use super::*;

    /// Writes bytes into the ring: how many, maybe not all; waits for room for one, at most until a time of CLOCK_MONOTONIC; null
    /// is for ever.
    ///
    /// Or -ETIMEDOUT, -EPIPE (the reader was detached), -EOWNERDEAD (it was killed), -EBADMSG (the ring is damaged), -EFAULT
    /// (null; with `bm_fault_install`, also if the memory of the bytes is gone), -EINVAL (no time), -EBADF (there is no end in it).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_writer_write(
        writer: *mut bm_writer_t,
        from: *const c_void,
        len: usize,
        until: *const bm_timespec_t,
    ) -> isize {
        attempt_count(|| {
            // SAFETY: the caller's storage, bytes and time.
            let (writer, from, until) = unsafe { (lend_mut(writer)?, bytes(from, len)?, deadline(until)?) };
            Ok(match until {
                Some(until) => writer.write_until(from, until),
                None => writer.write(from),
            }?)
        })
    }
}

mod writer_try_write {
    use super::*;

    /// As `bm_writer_write` without waiting; -EAGAIN (the ring is full).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_writer_try_write(
        writer: *mut bm_writer_t,
        from: *const c_void,
        len: usize,
    ) -> isize {
        attempt_count(|| {
            // SAFETY: the caller's storage and bytes.
            let (writer, from) = unsafe { (lend_mut(writer)?, bytes(from, len)?) };
            Ok(writer.try_write(from)?)
        })
    }
}

mod writer_detach {
    use super::*;

    /// Gives the end up. As `bm_sender_detach`.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_writer_detach(writer: *mut bm_writer_t) -> c_int {
        // SAFETY: the caller's storage.
        attempt(|| unsafe { take(writer) }.map(drop))
    }
}

mod reader_attach {
    use super::*;

    /// Takes the reading end of the byte ring in `len` bytes of shared memory for this thread. As `bm_sender_attach`.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_reader_attach(
        reader: *mut bm_reader_t,
        ring: *mut c_void,
        len: usize,
    ) -> c_int {
        let value = || {
            // SAFETY: the caller's memory.
            let end = Reader::attach(unsafe { memory(ring, len) }?)?;
            Ok(end)
        };
        // SAFETY: the caller's storage.
        unsafe { make(reader, value) }
    }
}

mod reader_read {
    use super::*;

    /// Reads bytes out of the ring: how many, maybe fewer than `len`; waits for one, at most until a time of CLOCK_MONOTONIC; null
    /// is for ever. 0 after the last, once the writer was detached.
    ///
    /// Or -ETIMEDOUT, -EOWNERDEAD (the writer was killed, and all that it had written is read), -EBADMSG (the ring is damaged),
    /// -EFAULT (null; with `bm_fault_install`, also if the memory of the bytes is gone), -EINVAL (no time), -EBADF (there is no end
    /// in it).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_reader_read(
        reader: *mut bm_reader_t,
        buffer: *mut c_void,
        len: usize,
        until: *const bm_timespec_t,
    ) -> isize {
        attempt_count(|| {
            // SAFETY: the caller's storage, buffer and time.
            let (reader, buffer, until) =
                unsafe { (lend_mut(reader)?, bytes_mut(buffer, len)?, deadline(until)?) };
            Ok(match until {
                Some(until) => reader.read_until(buffer, until),
                None => reader.read(buffer),
            }?)
        })
    }
}

mod reader_try_read {
    use super::*;

    /// As `bm_reader_read` without waiting; -EAGAIN (the ring is empty).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_reader_try_read(
        reader: *mut bm_reader_t,
        buffer: *mut c_void,
        len: usize,
    ) -> isize {
        attempt_count(|| {
            // SAFETY: the caller's storage and buffer.
            let (reader, buffer) = unsafe { (lend_mut(reader)?, bytes_mut(buffer, len)?) };
            Ok(reader.try_read(buffer)?)
        })
    }
}

mod reader_detach {
    use super::*;

    /// Gives the end up. As `bm_sender_detach`.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_reader_detach(reader: *mut bm_reader_t) -> c_int {
        // SAFETY: the caller's storage.
        attempt(|| unsafe { take(reader) }.map(drop))
    }
}
