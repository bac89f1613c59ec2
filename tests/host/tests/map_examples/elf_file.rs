//! Programs of a few bytes, right or wrong.

use baremap_host_tests::Arch;

/// A program that exits with [`ElfFile::CODE`], until somebody changes it.
#[derive(Clone, Debug)]
pub(crate) struct ElfFile {
    pub(crate) kind: u16,
    pub(crate) machine: u16,
    pub(crate) entry: u64,
    pub(crate) table: u64,
    pub(crate) entry_size: u16,
    pub(crate) segments: Vec<Segment>,
    /// What runs.
    pub(crate) code: Vec<u8>,
}

/// A program header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub(crate) kind: u32,
    pub(crate) flags: u32,
    pub(crate) offset: u64,
    pub(crate) address: u64,
    pub(crate) file_len: u64,
    pub(crate) len: u64,
    pub(crate) align: u64,
}

pub(crate) const EXEC: u16 = 2;
pub(crate) const DYN: u16 = 3;
pub(crate) const LOAD: u32 = 1;
pub(crate) const INTERP: u32 = 3;
pub(crate) const READ: u32 = 4;
pub(crate) const WRITE: u32 = 2;
pub(crate) const EXECUTE: u32 = 1;

/// A multiple of every page size.
pub(crate) const PAGE: u64 = 64 << 10;

const HEADER: u64 = 64;

impl ElfFile {
    /// Its exit code.
    pub(crate) const CODE: i32 = 42;

    /// A program of one segment, which holds the headers too.
    pub(crate) fn new(kind: u16) -> ElfFile {
        let (machine, code) = match Arch::of_programs() {
            // mov eax, 231 (exit_group); mov edi, 42; syscall
            Arch::X86_64 => (62, b"\xb8\xe7\x00\x00\x00\xbf\x2a\x00\x00\x00\x0f\x05".to_vec()),
            // mov w0, 42; mov w8, 94 (exit_group); svc 0
            Arch::Aarch64 => (183, b"\x40\x05\x80\x52\xc8\x0b\x80\x52\x01\x00\x00\xd4".to_vec()),
        };
        let address = if kind == EXEC { 0x10_0000 } else { 0 };
        let code_start = HEADER + 8 * 56;
        let len = code_start + code.len() as u64;
        let segment = Segment {
            kind: LOAD,
            flags: READ | EXECUTE,
            offset: 0,
            address,
            file_len: len,
            len,
            align: PAGE,
        };
        let entry = address + code_start;
        ElfFile { kind, machine, entry, table: HEADER, entry_size: 56, segments: vec![segment], code }
    }

    /// The first byte after the segments that a new one has.
    pub(crate) fn end(&self) -> u64 {
        self.segments[0].address + self.segments[0].len
    }

    /// The bytes of its file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
        bytes.resize(16, 0);
        bytes.extend(self.kind.to_le_bytes());
        bytes.extend(self.machine.to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
        for word in [self.entry, self.table, 0] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(0_u32.to_le_bytes());
        for half in [HEADER as u16, self.entry_size, self.segments.len() as u16, 64, 0, 0] {
            bytes.extend(half.to_le_bytes());
        }
        for segment in &self.segments {
            bytes.extend(segment.kind.to_le_bytes());
            bytes.extend(segment.flags.to_le_bytes());
            let Segment { offset, address, file_len, len, align, .. } = *segment;
            for word in [offset, address, address, file_len, len, align] {
                bytes.extend(word.to_le_bytes());
            }
        }
        bytes.resize((HEADER + 8 * 56) as usize, 0);
        bytes.extend(&self.code);
        bytes
    }
}
