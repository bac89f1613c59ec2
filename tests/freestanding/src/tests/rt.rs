use crate::harness::tests;
use crate::support::{env, text::Text};
use baremap::File;
use core::ffi::CStr;
use core::ptr;
use linux_raw_sys::auxvec::{AT_EXECFN, AT_PAGESZ, AT_PHDR, AT_RANDOM};

tests! {
    fn the_first_argument_is_the_program() {
        let args = env::get().args();
        let first = args.clone().next().expect("a name");
        let name = first.to_bytes().rsplit(|&byte| byte == b'/').next();
        assert_eq!(name, Some(&b"freestanding"[..]));
        assert_eq!(args.len(), args.count());
    }

    #[skip(qemu_user, "the kernel shows the arguments of QEMU")]
    fn arguments_and_environment_are_what_execve_was_given() {
        // What the program was given, as the kernel shows it: strings with nulls at their ends.
        same(File::open(c"/proc/self/cmdline").expect("/proc is mounted"), env::get().args());
        same(File::open(c"/proc/self/environ").expect("/proc is mounted"), env::get().vars());
    }

    fn variables_are_found_by_their_whole_name() {
        let env = env::get();
        for variable in env.vars() {
            let text = variable.to_str().unwrap_or_default();
            let Some((name, _)) = text.split_once('=') else { continue };
            // The first of several with the same name counts.
            let value = |variable: &'static CStr| {
                variable.to_bytes().strip_prefix(name.as_bytes())?.strip_prefix(b"=")
            };
            assert_eq!(env.var(name).map(CStr::to_bytes), env.vars().find_map(value));
        }
        assert_eq!(env.var("BAREMAP_NO_SUCH_VARIABLE"), None);
    }

    fn the_auxiliary_vector_has_what_the_kernel_puts_there() {
        let env = env::get();
        assert!(env.aux_value(AT_PAGESZ as usize).is_some_and(usize::is_power_of_two));
        assert!(env.aux_value(AT_PHDR as usize).is_some());
        assert!(env.aux().all(|(kind, _)| kind != 0));
        assert_eq!(env.aux_value(0), None);
        assert_eq!(env.aux_value(usize::MAX), None);
        let random = env.aux_value(AT_RANDOM as usize).expect("16 random bytes");
        // SAFETY: the kernel puts 16 bytes there.
        let bytes = unsafe { ptr::with_exposed_provenance::<[u8; 16]>(random).read_unaligned() };
        assert_ne!(bytes, [0; 16]);
    }

    fn the_vector_names_the_file_that_runs() {
        let name = env::get().aux_value(AT_EXECFN as usize).expect("a name");
        // SAFETY: the kernel puts a string there.
        let name = unsafe { CStr::from_ptr(ptr::with_exposed_provenance(name)) };
        assert!(name.to_bytes().ends_with(b"freestanding"), "{name:?}");
    }

    fn iterators_stay_at_their_end() {
        let env = env::get();
        let (mut args, mut vars, mut aux) = (env.args(), env.vars(), env.aux());
        while args.next().is_some() {}
        while vars.next().is_some() {}
        while aux.next().is_some() {}
        assert!(args.next().is_none() && vars.next().is_none() && aux.next().is_none());
    }

    fn an_environment_prints_its_arguments() {
        let name = env::get().args().next().expect("a name");
        let text = Text::of(format_args!("{:?}", env::get()));
        assert!(text.starts_with(&*Text::of(format_args!("[{name:?}"))), "{}", &*text);
    }
}

/// Compares a file of strings with an iterator.
fn same(file: File, strings: impl Iterator<Item = &'static CStr>) {
    let mut offset = 0;
    let mut buffer = [0; 4000];
    for string in strings {
        let bytes = string.to_bytes_with_nul();
        for piece in bytes.chunks(buffer.len()) {
            let part = &mut buffer[..piece.len()];
            file.read_exact_at(part, offset).expect("as much as there is");
            assert_eq!(part, piece);
            offset += piece.len() as u64;
        }
    }
    assert_eq!(file.read_at(&mut buffer, offset), Ok(0));
}
