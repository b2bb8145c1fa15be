//! Fuzzes everything that reads bytes from outside with hostile input.
//!
//! A target is a function that takes bytes and panics if a promise is broken. The program generates inputs for it,
//! guided by the code that they reach (see [`cover`]); `fuzz.rs` of the tests only tries those that were kept. A new
//! target is one function in `targets/` and one entry in [`TARGETS`].

pub mod cover;
pub mod meter;
pub mod mutate;
pub mod pack;
pub mod run;
mod targets;
pub mod worst;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use targets::{TARGETS, TIMED};

/// The maximum memory for one input, in bytes. A program may use 64 MiB in total, of which the rest needs little.
pub const MEMORY: usize = 60 << 20;
/// The maximum processor time for one input, in a slow build on a slow machine: it tells work that grows faster than its input
/// from work that is only slow. An unoptimized build has needed up to 3.5 seconds for 8 KB.
pub const SLOW: Duration = Duration::from_secs(15);

/// Something that reads bytes from outside.
pub struct Target {
    pub name: &'static str,
    /// Panics if a promise is broken.
    pub check: fn(&[u8]),
    /// Words that inputs are built from.
    pub words: &'static [&'static str],
    /// Initial inputs.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// The maximum length of an input in bytes.
    pub most: usize,
    /// The number of inputs in CI, which take well under a minute.
    pub runs: u64,
}

/// The target with this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// The path of a target's pack: inputs that each reach code that no other does.
pub fn pack_of(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target).with_extension("pack")
}

/// The folder of a target's inputs that once failed.
pub fn crashes(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crashes").join(target)
}

/// The inputs in a target's pack, each with its name; empty without a pack. Panics if the pack is damaged.
pub fn packed(target: &str) -> Vec<(String, Vec<u8>)> {
    let path = pack_of(target);
    if !path.exists() {
        return Vec::new();
    }
    let bytes = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let inputs = pack::unpack(&bytes).unwrap_or_else(|why| panic!("{} {why}", path.display()));
    inputs.into_iter().map(|input| (format!("{target}.pack: {}", name_of(&input)), input)).collect()
}

/// A target's inputs that once failed, each with its name.
pub fn failed(target: &str) -> Vec<(String, Vec<u8>)> {
    let files = files(&crashes(target)).into_iter();
    files.map(|(path, input)| (path.display().to_string(), input)).collect()
}

/// The files in a folder with their contents, ordered by name; empty if there is no folder.
pub fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let paths = if folder.is_dir() { cs_tests::entries(folder) } else { Vec::new() };
    let read = |path: PathBuf| fs::read(&path).ok().map(|bytes| (path, bytes));
    paths.into_iter().filter_map(read).collect()
}

/// A file name for an input: its hash.
pub fn name_of(input: &[u8]) -> String {
    format!("{:016x}", cs_core::id::fnv1a(input))
}
