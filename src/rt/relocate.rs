//! Programs that are linked without a fixed address and have no loader: they mend their own addresses.

use crate::arch::relocate::{RELATIVE, elf_header, store};
use linux_raw_sys::elf_uapi::{
    DT_NULL, DT_RELA, DT_RELASZ, ET_DYN, Elf64_Dyn, Elf64_Ehdr, Elf64_Phdr, Elf64_Rela, PT_DYNAMIC, PT_INTERP,
};

/// The table of relative relocations in its packed form, which linkers make with `-z pack-relative-relocs`.
const DT_RELR: i64 = 36;
/// Bytes in that table.
const DT_RELRSZ: i64 = 35;

/// Applies the program's relative relocations; there are no others in a static program. `_start` calls it.
///
/// It must not use an address that is a relocation itself: no tables of functions, no panics, no formatting.
///
/// # Safety
/// Nothing of the program has run: nothing has used an address that is about to be mended.
pub unsafe extern "C" fn __relocate() {
    let base = elf_header();
    // SAFETY: the linker put the header there, and the kernel mapped what it describes.
    unsafe {
        let header = &*base.cast::<Elf64_Ehdr>();
        // A program with a fixed address has no relocations.
        if u32::from(header.e_type) != ET_DYN {
            return;
        }
        let Some(dynamic) = dynamic_section(base, header) else { return };
        let (mut rela, mut relr) = (Table::EMPTY, Table::EMPTY);
        let mut entry = base.add(dynamic).cast::<Elf64_Dyn>();
        while (*entry).d_tag != i64::from(DT_NULL) {
            let value = (*entry).d_un.d_val as usize;
            match (*entry).d_tag {
                tag if tag == i64::from(DT_RELA) => rela.offset = value,
                tag if tag == i64::from(DT_RELASZ) => rela.len = value,
                DT_RELR => relr.offset = value,
                DT_RELRSZ => relr.len = value,
                _ => {}
            }
            entry = entry.add(1);
        }
        apply_rela(base, rela);
        apply_relr(base, relr);
    }
}

/// A table of relocations: offset in the image and bytes.
#[derive(Clone, Copy)]
struct Table {
    offset: usize,
    len: usize,
}

impl Table {
    const EMPTY: Table = Table { offset: 0, len: 0 };
}

/// The offset of the table that says where the relocations are, if there are any to apply.
///
/// # Safety
/// `base` is where the image is mapped, `header` its header.
unsafe fn dynamic_section(base: *const u8, header: &Elf64_Ehdr) -> Option<usize> {
    let (mut index, mut dynamic) = (0, None);
    while index < usize::from(header.e_phnum) {
        // SAFETY: within the table of program headers.
        let segment = unsafe { &*base.add(header.e_phoff as usize).cast::<Elf64_Phdr>().add(index) };
        match segment.p_type {
            PT_DYNAMIC => dynamic = Some(segment.p_vaddr as usize),
            // A loader has relocated it already, and the packed form bears that only once.
            PT_INTERP => return None,
            _ => {}
        }
        index += 1;
    }
    dynamic
}

/// # Safety
/// `base` is where the image is mapped, `table` its table of relocations with addends.
unsafe fn apply_rela(base: *const u8, table: Table) {
    let mut offset = 0;
    while offset < table.len {
        // SAFETY: within the table; the linker made sure that the place is writable.
        unsafe {
            let entry = &*base.add(table.offset + offset).cast::<Elf64_Rela>();
            if entry.r_info as u32 == RELATIVE {
                let place = base.add(entry.r_offset as usize).cast_mut();
                store(place, base.addr().wrapping_add(entry.r_addend as usize));
            }
        }
        offset += size_of::<Elf64_Rela>();
    }
}

/// The packed form: an even word is the address of a place; an odd word is a bitmap of the 63 places after the last.
///
/// # Safety
/// `base` is where the image is mapped, `table` its packed table of relocations.
unsafe fn apply_relr(base: *const u8, table: Table) {
    const WORD: usize = size_of::<usize>();
    let mut next = base.cast_mut().cast::<usize>();
    let mut offset = 0;
    while offset < table.len {
        // SAFETY: within the table; the linker made sure that the places are writable.
        unsafe {
            let word = *base.add(table.offset + offset).cast::<usize>();
            if word & 1 == 0 {
                next = base.add(word).cast_mut().cast();
                *next = (*next).wrapping_add(base.addr());
                next = next.add(1);
            } else {
                let mut bits = word >> 1;
                let mut place = next;
                while bits != 0 {
                    if bits & 1 != 0 {
                        *place = (*place).wrapping_add(base.addr());
                    }
                    place = place.add(1);
                    bits >>= 1;
                }
                next = next.add(8 * WORD - 1);
            }
        }
        offset += WORD;
    }
}
