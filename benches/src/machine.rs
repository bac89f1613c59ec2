//! What values depend on.

use std::fs;

use serde::{Deserialize, Serialize};

use crate::memory;

/// The machine, its kernel, and the versions of all that is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The name that its maker gave it.
    pub processor: String,
    /// How many this process may use.
    pub processors: usize,
    /// Bytes of a page.
    pub page: usize,
    /// GiB of memory, rounded up.
    pub memory_gib: usize,
    /// Its release.
    pub kernel: String,
    /// As the kernel calls it.
    pub arch: String,
    /// The compiler's version, in its own words.
    pub rustc: String,
    /// Its version, or `none`.
    pub glibc: String,
    /// What else ran when the benchmark began: runnable processes in the last minute.
    pub load: f64,
    /// The peers', by name.
    pub versions: Vec<(String, String)>,
}

impl Machine {
    /// This one, now.
    #[must_use]
    pub fn this() -> Self {
        let system = rustix::system::uname();
        Self {
            processor: processor(),
            processors: std::thread::available_parallelism().map_or(1, Into::into),
            page: baremap::page::size(),
            memory_gib: memory::kib("MemTotal").div_ceil(1 << 20),
            kernel: system.release().to_string_lossy().into_owned(),
            arch: system.machine().to_string_lossy().into_owned(),
            rustc: env!("BENCHES_RUSTC").into(),
            glibc: glibc(),
            load: read("/proc/loadavg").split(' ').next().and_then(|text| text.parse().ok()).unwrap_or(0.0),
            versions: versions(),
        }
    }
}

fn processor() -> String {
    let name = field("/proc/cpuinfo", "model name").or_else(|| field("/proc/cpuinfo", "CPU part"));
    name.unwrap_or_else(|| "a processor without a name".into())
}

/// What stands behind `name:` in one of the kernel's files.
pub(crate) fn field(path: &str, name: &str) -> Option<String> {
    let text = read(path);
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().into())
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[cfg(target_env = "gnu")]
fn glibc() -> String {
    // SAFETY: a string that is always there.
    let version = unsafe { std::ffi::CStr::from_ptr(libc::gnu_get_libc_version()) };
    version.to_string_lossy().into_owned()
}

#[cfg(not(target_env = "gnu"))]
fn glibc() -> String {
    "none".into()
}

#[derive(Deserialize)]
struct Manifest {
    dependencies: toml::Table,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
}

/// What this package depends on, as it was built.
fn versions() -> Vec<(String, String)> {
    let manifest: Manifest = toml::from_str(include_str!("../Cargo.toml")).expect("cargo has read it");
    let lock: Lock = toml::from_str(include_str!("../../Cargo.lock")).expect("cargo has written it");
    let is_peer = |locked: &Locked| {
        locked.source.is_some()
            && manifest.dependencies.contains_key(&locked.name)
            && !TOOLS.contains(&locked.name.as_str())
    };
    let peers = lock.package.into_iter().filter(is_peer);
    peers.map(|Locked { name, version, .. }| (name, version)).collect()
}

/// Dependencies that measure and are not measured.
const TOOLS: [&str; 10] = [
    "clap",
    "iced-x86",
    "indicatif",
    "libc",
    "linux-raw-sys",
    "plotters",
    "serde",
    "spinning_top",
    "tempfile",
    "toml",
];
