//! How tests are written down.

/// Makes functions the tests of a module, as `TESTS`.
///
/// ```text
/// tests! {
///     fn adds() {
///         assert_eq!(1 + 1, 2);
///     }
///
///     #[signal(SIGSEGV)]
///     fn null_is_not_mapped() -> Result<(), Errno> { … }
/// }
/// ```
///
/// | attribute                     | the test                                       |
/// |-------------------------------|------------------------------------------------|
/// | `#[signal(SIGBUS)]`           | ends by this signal                            |
/// | `#[exit(3)]`                  | ends with this exit code                       |
/// | `#[timeout(60)]`              | may take so many seconds                       |
/// | `#[ignore = "reason"]`        | runs only if it is asked for                   |
/// | `#[skip(qemu_user, "reason")]` | cannot hold in QEMU's user mode               |
/// | `#[skip(qemu_user_unless_hooked, "reason")]` | the same, unless the crate is built with `--cfg baremap_inject` |
/// | `#[skip(qemu_pages, "reason")]` | cannot hold there where pages are larger than those of the machine below |
/// | `#[since(5, 14, "a call")]`   | is about what no kernel before Linux 5.14 has |
/// | `#[report]`                   | prints what `--report` shows                   |
/// | `#[only(virt, "device")]`     | is about a device of QEMU's arm64 machine `virt` |
macro_rules! tests {
    ($(
        $(#[$($attribute:tt)+])*
        fn $name:ident() $(-> $result:ty)? $body:block
    )*) => {
        pub(crate) static TESTS: &[$crate::harness::Test] = &[$(
            $crate::harness::Test::new(
                concat!(module_path!(), "::", stringify!($name)),
                || ::baremap::process::Exit::code($name()),
            )
            $(.with($crate::harness::attribute!($($attribute)+)))*
        ),*];

        $(fn $name() $(-> $result)? $body)*
    };
}

/// An attribute in [`tests!`].
macro_rules! attribute {
    (signal($signal:ident)) => {
        $crate::harness::Attribute::Signal(
            ::baremap::sys::Signal::from_raw(::linux_raw_sys::general::$signal as i32).unwrap(),
        )
    };
    (exit($code:literal)) => {
        $crate::harness::Attribute::Exit($code)
    };
    (timeout($seconds:literal)) => {
        $crate::harness::Attribute::Timeout($seconds)
    };
    (ignore = $reason:literal) => {
        $crate::harness::Attribute::Ignore($reason)
    };
    (skip(qemu_user, $reason:literal)) => {
        $crate::harness::Attribute::SkipUnderQemu($reason)
    };
    (skip(qemu_user_unless_hooked, $reason:literal)) => {
        // An exit code of 0 is what a test ends with in any case.
        if cfg!(baremap_inject) {
            $crate::harness::Attribute::Exit(0)
        } else {
            $crate::harness::Attribute::SkipUnderQemu($reason)
        }
    };
    (skip(qemu_pages, $reason:literal)) => {
        $crate::harness::Attribute::SkipWithQemuPages($reason)
    };
    (since($version:literal, $patch_level:literal, $what:literal)) => {
        $crate::harness::Attribute::Since(
            ($version, $patch_level),
            concat!("only Linux ", $version, ".", $patch_level, " and later have ", $what),
        )
    };
    (report) => {
        $crate::harness::Attribute::Report
    };
    (only(virt, $device:literal)) => {
        // The words by which `cargo xtask test` knows that no other machine has to run it.
        $crate::harness::Attribute::OnlyOnVirt(concat!("only on QEMU's arm64 machine `virt`: ", $device))
    };
}

pub(crate) use {attribute, tests};
