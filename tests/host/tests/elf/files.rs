//! Headers and symbols.

use baremap_host_tests::{Program, example, examples, harness};
use object::LittleEndian;
use object::elf::{self, FileHeader64, PF_W, PF_X, ProgramHeader64, ProgramType};
use object::read::elf::{FileHeader, ProgramHeader, Sym};

/// Calls with every program, by name, and what the kernel reads of its file.
#[track_caller]
fn every_program(check: impl Fn(&str, &[ProgramHeader64<LittleEndian>])) {
    let names = examples();
    assert!(names.iter().any(|name| name == "tiny"), "{names:?}");
    let examples = names.into_iter().map(|name| (example(&name), name));
    for (program, name) in examples.chain([(harness(), "the freestanding tests".into())]) {
        let data = program.read();
        let header = header(&data);
        check(&name, header.program_headers(LittleEndian, data.as_slice()).expect(&name));
    }
}

fn header(data: &[u8]) -> &FileHeader64<LittleEndian> {
    FileHeader64::parse(data).expect("an ELF file")
}

fn has(headers: &[ProgramHeader64<LittleEndian>], kind: ProgramType) -> bool {
    headers.iter().any(|header| header.p_type(LittleEndian) == kind)
}

#[test]
fn no_program_has_an_interpreter() {
    every_program(|name, headers| assert!(!has(headers, elf::PT_INTERP), "{name}"));
}

#[test]
fn no_program_needs_a_library() {
    // What DT_NEEDED would stand in.
    every_program(|name, headers| assert!(!has(headers, elf::PT_DYNAMIC), "{name}"));
}

#[test]
fn no_program_has_an_executable_stack() {
    every_program(|name, headers| {
        let stack = headers.iter().find(|header| header.p_type(LittleEndian) == elf::PT_GNU_STACK);
        let flags = stack.map(|header| header.p_flags(LittleEndian));
        assert!(flags.is_some_and(|flags| !flags.contains(PF_X)), "{name}: {flags:?}");
    });
}

#[test]
fn no_segment_is_writable_and_executable() {
    every_program(|name, headers| {
        for header in headers {
            assert!(!header.p_flags(LittleEndian).contains(PF_W | PF_X), "{name}: {header:?}");
        }
    });
}

/// As `nm -u`.
fn undefined_symbols(program: &Program) -> Vec<String> {
    let data = program.read();
    let data = data.as_slice();
    let sections = header(data).sections(LittleEndian, data).expect("sections");
    let symbols = sections.symbols(LittleEndian, data, elf::SHT_SYMTAB).expect("symbols");
    assert!(!symbols.is_empty(), "the symbols were stripped");
    // The first is no symbol: it stands for none.
    let undefined = symbols.iter().skip(1).filter(|symbol| symbol.st_shndx(LittleEndian) == elf::SHN_UNDEF);
    undefined
        .map(|symbol| {
            String::from_utf8_lossy(symbol.name(LittleEndian, symbols.strings()).unwrap_or_default())
                .into_owned()
        })
        .collect()
}

#[test]
fn no_symbol_is_undefined() {
    assert_eq!(undefined_symbols(&harness()), Vec::<String>::new());
}

#[test]
fn the_smallest_program_is_at_most_a_kilobyte() {
    let size = example("tiny").read().len();
    assert!(size <= 1024, "{size} bytes");
}
