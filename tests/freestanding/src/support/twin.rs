//! This program once more, as another one that a test starts: it prints how it was started.

use baremap::arch::syscall::syscall1;
use baremap::fd::{AsFd, BorrowedFd};
use baremap::process::{self, Program};
use baremap::rt::Env;
use baremap::sys::{self, MaskHow, Mode, OFlags, Pid, Sigaction, Signal};
use baremap::{File, println};
use core::ffi::CStr;
use core::time::Duration;
use linux_raw_sys::general::__NR_getpgid;
use linux_raw_sys::prctl::PR_GET_PDEATHSIG;

use super::{proc, raw, text::Text};

/// Where this program is.
pub(crate) const PATH: &CStr = c"/proc/self/exe";
/// The first argument of a twin.
pub(crate) const NAME: &CStr = c"twin";
/// The second, of one that stays until it is killed.
pub(crate) const SLEEP: &CStr = c"sleep";

/// What a twin does.
pub(crate) fn run(env: Env) -> u8 {
    if env.args().nth(1) == Some(SLEEP) {
        process::sleep(Duration::MAX);
    }
    list("argument", env.args().skip(1));
    list("variable", env.vars());
    for number in (0..64).filter(|&number| proc::is_open(number)) {
        let mut byte = [b'-'];
        // SAFETY: it is open.
        let _ = sys::pread(unsafe { BorrowedFd::borrow_raw(number) }, &mut byte, 0);
        println!("descriptor {number} {}", if number < 3 { '-' } else { char::from(byte[0]) });
    }
    let blocked = sys::rt_sigprocmask(MaskHow::Block, None).expect("it can be asked");
    for signal in (1..=64).filter_map(Signal::from_raw) {
        // SAFETY: asked, and nothing changed.
        let action = unsafe { sys::rt_sigaction(signal, None) }.expect("it can be asked");
        if blocked.contains(signal) {
            println!("blocked {signal}");
        }
        if action.address() != 0 {
            println!("{} {signal}", if action.is_handler() { "handled" } else { "ignored" });
        }
    }
    let group = group(None);
    println!("group {}", if group == Some(sys::getpid()) { "of its own" } else { "of another" });
    let mut signal = 0_i32;
    // SAFETY: the kernel writes the number.
    unsafe { sys::prctl(PR_GET_PDEATHSIG, [(&raw mut signal).expose_provenance(), 0, 0, 0]) }
        .expect("every kernel can");
    if signal != 0 {
        println!("dies with its parent by {signal}");
    }
    if sys::open(c"a", OFlags::CLOEXEC, Mode::empty()).is_ok() {
        println!("in a directory with a");
    }
    0
}

/// Prints texts, or how many there are and how long they are together, if they are many.
fn list(what: &str, texts: impl Iterator<Item = &'static CStr> + Clone) {
    let (count, bytes) = size(texts.clone());
    if count > 4 {
        println!("{what}s {count} of {bytes} bytes");
        return;
    }
    for text in texts {
        println!("{what} {}", text.to_str().expect("text"));
    }
}

/// How many texts there are, and how many bytes.
pub(crate) fn size(texts: impl Iterator<Item = &'static CStr>) -> (usize, usize) {
    texts.fold((0, 0), |(count, bytes), text| (count + 1, bytes + text.count_bytes()))
}

/// The process group of a process, or of this one.
pub(crate) fn group(process: Option<Pid>) -> Option<Pid> {
    // SAFETY: no memory is named.
    let group = unsafe { syscall1::<{ __NR_getpgid as usize }>(process.map_or(0, Pid::as_raw) as usize) };
    raw::value(group).ok().and_then(|group| Pid::from_raw(group as i32))
}

/// A twin that prints.
pub(crate) fn twin() -> Program<'static> {
    Program::new(PATH).arguments(&[NAME])
}

/// What a program prints on its standard output, which `descriptors` has to leave alone.
pub(crate) fn output_of<'a>(program: Program<'a>, descriptors: &[(BorrowedFd<'a>, i32)]) -> Text {
    let file = File::unnamed().expect("a file in memory");
    let mut list = [(file.as_fd(), 1); 8];
    list[1..=descriptors.len()].copy_from_slice(descriptors);
    let child = program.descriptors(&list[..=descriptors.len()]).start().expect("it starts");
    let status = child.wait().expect("it is a child");
    let mut bytes = [0; 1023];
    let len = file.read_at(&mut bytes, 0).expect("it can be read");
    let text = Text::of(str::from_utf8(&bytes[..len]).expect("it is text"));
    assert!(status.success(), "{status}, and it printed {}", &*text);
    text
}

/// Ignores no signal any more: whoever started the tests may have let them inherit that.
pub(crate) fn ignore_nothing() {
    for signal in (1..=64).filter_map(Signal::from_raw) {
        // SAFETY: it asks, and has no handler run.
        unsafe {
            if sys::rt_sigaction(signal, None).is_ok_and(|action| !action.is_handler()) {
                // Two of them cannot be changed, and need not.
                let _ = sys::rt_sigaction(signal, Some(&Sigaction::DEFAULT));
            }
        }
    }
}
