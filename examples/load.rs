//! Starts a static program by hand, as the kernel does: maps its segments, builds its stack and jumps to it.
#![no_std]
#![no_main]

use baremap::alloc::AnonPages;
use baremap::arch::start;
use baremap::fd::{AsFd, STDERR};
use baremap::rt::Env;
use baremap::sys::{self, MapFlags, ProtFlags};
use baremap::{AnonMap, Errno, Error, File, eprint, eprintln, page, write_all};
use core::convert::Infallible;
use core::ffi::CStr;
use core::fmt;
use core::mem;
use core::ops::Range;
use core::ptr;
use linux_raw_sys::auxvec::{AT_BASE, AT_ENTRY, AT_EXECFN, AT_NULL, AT_PHDR, AT_PHENT, AT_PHNUM};
use object::LittleEndian as Le;
use object::elf::{self, FileHeader64, ProgramHeader64};
use object::read::elf::{FileHeader as _, ProgramHeader as _};

baremap::entry!(main);

// Programs that are linked at a fixed address usually begin in the first few megabytes. This one gets out of their way: the
// linker script of the smallest programs looks at the symbol.
core::arch::global_asm!(".globl image_base", ".set image_base, 0x60000000");

/// The reader of ELF files can allocate, though not in what is used of it here, and does not link without an allocator.
#[global_allocator]
static NO_HEAP: AnonPages = AnonPages::new().limit(0);

/// What of a file may be headers: as much as the kernel reads.
const MOST_HEADERS: u64 = 64 << 10;

/// Bytes of the new program's stack, which is as large as `ulimit -s` says on most systems.
const STACK: usize = 8 << 20;

fn main(env: Env) -> u8 {
    let Some(path) = env.args().nth(1) else {
        eprintln!("usage: load PROGRAM [ARGUMENT...]");
        return 2;
    };
    let Err(refusal) = load(path, env);
    eprint!("load: ");
    // As it is, text or not.
    let _ = write_all(STDERR, path.to_bytes());
    eprintln!(": {refusal}");
    1
}

/// Why a program is not started.
enum Refusal {
    Kernel(Errno),
    Program(&'static str),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal::Kernel(error.errno())
    }
}

impl From<Errno> for Refusal {
    fn from(errno: Errno) -> Self {
        Refusal::Kernel(errno)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Kernel(errno) => write!(f, "{errno}"),
            Refusal::Program(sentence) => f.write_str(sentence),
        }
    }
}

type Result<T> = core::result::Result<T, Refusal>;

/// An error unless the condition holds.
fn check(condition: bool, sentence: &'static str) -> Result<()> {
    if condition { Ok(()) } else { Err(Refusal::Program(sentence)) }
}

/// Becomes the program.
fn load(path: &CStr, env: Env) -> Result<Infallible> {
    let file = File::open(path)?;
    let mut head = AnonMap::new(file.len()?.min(MOST_HEADERS) as usize)?;
    let count = file.read_at(&mut head, 0)?;
    let image = Image::map(&file, &Plan::of(&head[..count], file.len()?)?)?;
    let stack = build_stack(env, &image)?;
    drop((file, head));
    // SAFETY: the image is mapped and the stack built, for good; nothing of this program runs any more.
    unsafe { start::jump(image.entry, stack) }
}

/// What the headers of a program ask for, after every check that needs no more than the headers.
struct Plan<'head> {
    headers: &'head [ProgramHeader64<Le>],
    /// The addresses of all segments, in whole pages.
    span: Range<usize>,
    /// Whether these are an order, and not relative to wherever the program comes to lie.
    is_fixed: bool,
    /// What the address of a program without fixed addresses is a multiple of.
    align: usize,
    entry: usize,
    /// Where the headers themselves come to lie, if a segment holds them.
    headers_address: Option<usize>,
}

impl<'head> Plan<'head> {
    fn of(head: &'head [u8], file_len: u64) -> Result<Self> {
        const ENDIAN: Le = Le;
        let header = FileHeader64::<Le>::parse(head)
            .ok()
            .filter(|header| !header.is_big_endian())
            .ok_or(Refusal::Program("not an ELF program of 64 bits, little-endian"))?;
        check(header.e_machine(ENDIAN).0 == start::MACHINE, "a program for another machine")?;
        let is_fixed = header.e_type(ENDIAN) == elf::ET_EXEC;
        check(is_fixed || header.e_type(ENDIAN) == elf::ET_DYN, "an ELF file, but not a program")?;
        let headers = header
            .program_headers(ENDIAN, head)
            .map_err(|_| Refusal::Program("its program headers are malformed or not in its first 64 KiB"))?;
        let dynamic = headers.iter().any(|header| header.p_type(ENDIAN) == elf::PT_INTERP);
        check(!dynamic, "it needs a dynamic loader; only static programs can be loaded")?;

        let entry = header.e_entry(ENDIAN) as usize;
        let mut plan =
            Plan { headers, span: 0..0, is_fixed, align: page::size(), entry, headers_address: None };
        let mut has_entry = false;
        for segment in plan.segments() {
            let segment = segment?;
            check(segment.file.end <= file_len, "its file is cut short")?;
            let pages = segment.pages();
            if plan.span.is_empty() {
                plan.span = pages;
            } else {
                check(plan.span.end <= pages.start, "its segments share a page, or are not in order")?;
                plan.span.end = pages.end;
            }
            plan.align = plan.align.max(segment.align);
            has_entry |= segment.prot.contains(ProtFlags::EXEC) && segment.memory.contains(&entry);
            let table = header.e_phoff(ENDIAN);
            if segment.file.contains(&table) {
                plan.headers_address = Some(segment.memory.start + (table - segment.file.start) as usize);
            }
        }
        check(!plan.span.is_empty(), "it has no segments to load")?;
        check(has_entry, "its entry point is in none of its executable segments")?;
        Ok(plan)
    }

    /// The segments that are to be loaded.
    fn segments(&self) -> impl Iterator<Item = Result<Segment>> + use<'head> {
        let headers = self.headers.iter();
        headers.filter(|header| header.p_type(Le) == elf::PT_LOAD && header.p_memsz(Le) != 0).map(Segment::of)
    }
}

/// A part of a program: bytes of its file, and zeros after them.
struct Segment {
    file: Range<u64>,
    /// As the program has it, wherever it comes to lie.
    memory: Range<usize>,
    prot: ProtFlags,
    align: usize,
}

impl Segment {
    fn of(header: &ProgramHeader64<Le>) -> Result<Self> {
        const BEYOND: Refusal = Refusal::Program("a segment ends after the last address or offset");
        let (offset, address) = (header.p_offset(Le), header.p_vaddr(Le));
        let (file_len, len) = (header.p_filesz(Le), header.p_memsz(Le));
        let align = header.p_align(Le).max(1);
        check(file_len <= len, "a segment has more bytes in the file than in memory")?;
        check(align.is_power_of_two() && align <= 1 << 40, "the alignment of a segment is none")?;
        check(
            address % page::size() as u64 == offset % page::size() as u64,
            "a segment is not aligned for pages of this machine's size",
        )?;
        // Half of all addresses are the kernel's; with that, no later sum overflows.
        let end = address.checked_add(len).filter(|&end| end <= isize::MAX as u64).ok_or(BEYOND)?;
        let file_end = offset.checked_add(file_len).ok_or(BEYOND)?;
        Ok(Self {
            file: offset..file_end,
            memory: address as usize..end as usize,
            prot: protection(header),
            align: align as usize,
        })
    }

    /// The pages that hold the segment.
    fn pages(&self) -> Range<usize> {
        page::round_down(self.memory.start)..self.memory.end.next_multiple_of(page::size())
    }
}

fn protection(header: &ProgramHeader64<Le>) -> ProtFlags {
    let flags = header.p_flags(Le);
    [(elf::PF_R, ProtFlags::READ), (elf::PF_W, ProtFlags::WRITE), (elf::PF_X, ProtFlags::EXEC)]
        .into_iter()
        .filter(|&(flag, _)| flags & flag == flag)
        .fold(ProtFlags::empty(), |prot, (_, flag)| prot | flag)
}

/// A program in memory.
struct Image {
    entry: usize,
    headers_address: usize,
    headers_count: usize,
}

impl Image {
    fn map(file: &File, plan: &Plan<'_>) -> Result<Self> {
        let reservation = reserve(plan)?;
        // From the addresses that the program speaks of to those where it is.
        let bias = reservation.wrapping_sub(plan.span.start);
        for segment in plan.segments() {
            map_segment(file, &segment?, bias)?;
        }
        Ok(Self {
            entry: plan.entry.wrapping_add(bias),
            headers_address: plan.headers_address.map_or(0, |address| address.wrapping_add(bias)),
            headers_count: plan.headers.len(),
        })
    }
}

/// Reserves the addresses of all segments at once, and gives the first.
fn reserve(plan: &Plan<'_>) -> Result<usize> {
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
    let len = plan.span.len();
    if !plan.is_fixed {
        let len = len.checked_add(plan.align).ok_or(Errno::ENOMEM)?;
        // SAFETY: the kernel chooses addresses that are free.
        let start = unsafe { sys::mmap_anonymous(ptr::null_mut(), len, ProtFlags::empty(), flags) }?;
        return Ok(start.addr().next_multiple_of(plan.align));
    }
    let wanted = ptr::without_provenance_mut(plan.span.start);
    // SAFETY: with this flag only addresses that are free are mapped.
    let start =
        unsafe { sys::mmap_anonymous(wanted, len, ProtFlags::empty(), flags | MapFlags::FIXED_NOREPLACE) };
    match start {
        Ok(start) if start == wanted => Ok(plan.span.start),
        // An old kernel that takes the address for a hint only. The map is left: this program is about to end.
        Ok(_) | Err(Errno::EEXIST) => Err(Refusal::Program("its addresses are taken by `load` itself")),
        Err(errno) => Err(errno.into()),
    }
}

/// Maps a segment over its part of the reservation: pages of the file, copied when they are written, then zeros.
fn map_segment(file: &File, segment: &Segment, bias: usize) -> Result<()> {
    let flags = MapFlags::PRIVATE | MapFlags::FIXED;
    let at = |address: usize| ptr::with_exposed_provenance_mut::<u8>(address.wrapping_add(bias));
    let pages = segment.pages();
    let file_len = (segment.file.end - segment.file.start) as usize;
    let zeros = segment.memory.start + file_len;
    // Where the zeros have pages of their own.
    let zero_pages = if file_len == 0 { pages.start } else { zeros.next_multiple_of(page::size()) };

    if file_len != 0 {
        let lead = segment.memory.start - pages.start;
        let (start, len, offset) = (at(pages.start), lead + file_len, segment.file.start - lead as u64);
        let has_zeros = zeros < segment.memory.end;
        let prot = if has_zeros { ProtFlags::READ | ProtFlags::WRITE } else { segment.prot };
        // SAFETY: within the reservation, in which there is nothing else; the zeros go into the last of these pages, of
        // which the file has a part.
        unsafe {
            sys::mmap(start, len, prot, flags, file.as_fd(), offset)?;
            if has_zeros {
                at(zeros).write_bytes(0, zero_pages - zeros);
                sys::mprotect(start, len, segment.prot)?;
            }
        }
    }
    if zero_pages < pages.end {
        // SAFETY: as above.
        unsafe { sys::mmap_anonymous(at(zero_pages), pages.end - zero_pages, segment.prot, flags) }?;
    }
    Ok(())
}

/// Builds the stack with which a program starts, and gives its address: the number of arguments, the arguments, a null, the
/// environment, a null, the auxiliary vector. The texts stay where they are, on this program's own stack.
fn build_stack(env: Env, image: &Image) -> Result<*const usize> {
    const WORD: usize = size_of::<usize>();
    let address = |text: &CStr| text.as_ptr().expose_provenance();
    let (args, vars) = (env.args().skip(1), env.vars());
    let name = args.clone().next().map_or(0, address);
    let aux = env.aux().map(|(kind, value)| {
        let value = match u32::try_from(kind).unwrap_or_default() {
            AT_PHDR => image.headers_address,
            AT_PHENT => size_of::<ProgramHeader64<Le>>(),
            AT_PHNUM => image.headers_count,
            AT_ENTRY => image.entry,
            // No loader: it would be at this address.
            AT_BASE => 0,
            AT_EXECFN => name,
            _ => value,
        };
        [kind, value]
    });
    let words = [args.len()]
        .into_iter()
        .chain(args.map(address))
        .chain([0])
        .chain(vars.map(address))
        .chain([0])
        .chain(aux.flatten())
        .chain([AT_NULL as usize, 0]);

    let len = words.clone().count() * WORD;
    let mut stack = AnonMap::new(STACK + len)?;
    // SAFETY: nothing points into the map; its first page keeps a stack that is too long from what is below.
    unsafe { sys::mprotect(stack.as_mut_ptr(), page::size(), ProtFlags::empty()) }?;
    let end = stack.len() & !15;
    let start = (end - len) & !15;
    for (place, word) in stack[start..end].chunks_exact_mut(WORD).zip(words) {
        place.copy_from_slice(&word.to_ne_bytes());
    }
    let address = stack[start..].as_ptr();
    // The program's from here on.
    mem::forget(stack);
    Ok(address.cast())
}
