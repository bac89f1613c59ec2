use crate::harness::tests;
use crate::support::fds;
use baremap::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, STDERR, STDOUT};
use baremap::sys::{self, Mode, OFlags};
use baremap::{File, Result, eprint, eprintln, print, println};
use core::fmt::{self, Display};

tests! {
    fn each_macro_prints_to_its_descriptor() -> Result<()> {
        let (out, error) = (fds::file(b""), fds::file(b""));
        redirected(STDOUT, &out, || {
            redirected(STDERR, &error, || {
                print!("a{}", 1);
                println!("b{}", 2);
                println!();
                eprint!("c{}", 3);
                eprintln!("d{}", 4);
                eprintln!();
            });
        });
        contains(&out, b"a1b2\n\n")?;
        contains(&error, b"c3d4\n\n")
    }

    fn a_short_line_goes_out_at_once() -> Result<()> {
        let (reading, writing) = sys::pipe2(OFlags::DIRECT | OFlags::CLOEXEC).expect("a pipe of packets");
        redirected(STDOUT, &writing, || println!("{} {} {}", "one", "two", "three"));
        let mut buffer = [0; 64];
        let len = File::from(reading).read(&mut buffer)?;
        assert_eq!(&buffer[..len], b"one two three\n");
        Ok(())
    }

    fn long_output_is_whole() -> Result<()> {
        // Around the size of the buffer and far beyond it, in one piece and in many.
        for len in [511, 512, 513, 1024, 5000] {
            for piece in [1, 7, 600] {
                let out = fds::file(b"");
                redirected(STDOUT, &out, || print!("{}", Digits { len, piece }));
                assert_eq!(out.len()?, len as u64);
                for offset in 0..len {
                    let mut byte = [0];
                    out.read_exact_at(&mut byte, offset as u64)?;
                    assert_eq!(byte[0], DIGITS[offset % DIGITS.len()]);
                }
            }
        }
        Ok(())
    }

    #[exit(101)]
    fn printing_to_a_full_disk_is_a_panic() {
        let full = sys::open(c"/dev/full", OFlags::WRONLY, Mode::empty()).expect("/dev is mounted");
        redirected(STDOUT, &full, || println!("text"));
    }

    fn printing_errors_to_a_full_disk_is_none() {
        let full = sys::open(c"/dev/full", OFlags::WRONLY, Mode::empty()).expect("/dev is mounted");
        redirected(STDERR, &full, || eprintln!("text"));
    }

    fn a_panic_prints_its_message_and_place_once() -> Result<()> {
        let error = fds::file(b"");
        let status = crate::support::child::run(|| {
            redirected(STDERR, &error, || panic!("{}", PanicsToo));
        });
        assert_eq!(status.code(), Some(101));
        let status = crate::support::child::run(|| redirected(STDERR, &error, || panic!("message {}", 7)));
        assert_eq!(status.code(), Some(101));
        let mut buffer = [0; 512];
        let len = error.read_at(&mut buffer, 0)?;
        let text = str::from_utf8(&buffer[..len]).unwrap_or_default();
        assert!(text.contains("src/tests/print.rs:"), "{text}");
        assert!(text.ends_with("message 7\n"), "{text}");
        assert!(!text.contains("while it is printed"), "{text}");
        Ok(())
    }
}

const DIGITS: &[u8; 10] = b"0123456789";

/// Prints `len` digits, `piece` at a time.
struct Digits {
    len: usize,
    piece: usize,
}

impl Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0; 600];
        for start in (0..self.len).step_by(self.piece) {
            let piece = &mut bytes[..self.piece.min(self.len - start)];
            for (index, byte) in piece.iter_mut().enumerate() {
                *byte = DIGITS[(start + index) % DIGITS.len()];
            }
            f.write_str(str::from_utf8(piece).map_err(|_| fmt::Error)?)?;
        }
        Ok(())
    }
}

/// Panics when it is printed, as the message of a panic.
struct PanicsToo;

impl Display for PanicsToo {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("while it is printed");
    }
}

/// Runs a closure while a standard descriptor is another's.
fn redirected(standard: BorrowedFd<'static>, to: impl AsFd, run: impl FnOnce()) {
    let saved: OwnedFd = sys::fcntl_dupfd_cloexec(standard, 0).expect("it is open");
    let set = |fd: BorrowedFd<'_>| {
        // SAFETY: whoever prints now means this one.
        unsafe { sys::dup3(fd, standard.as_raw_fd(), OFlags::empty()) }.expect("both are open");
    };
    set(to.as_fd());
    run();
    set(saved.as_fd());
}

fn contains(file: &File, expected: &[u8]) -> Result<()> {
    let mut buffer = [0; 64];
    let len = file.read_at(&mut buffer, 0)?;
    assert_eq!(&buffer[..len], expected);
    Ok(())
}
