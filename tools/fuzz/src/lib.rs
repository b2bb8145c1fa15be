//! Hostile input: everything that reads bytes from outside, fed with bytes that nobody would send by accident.
//!
//! A target is a function that gets bytes and panics where a promise is broken. The program makes inputs for
//! it, guided by the code that they reach (see [`cover`]); `fuzz.rs` of the tests tries those that were kept, without any
//! of that. A new target is one function in `targets/` and one entry in [`TARGETS`].

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

/// Most memory that one input may cost, in bytes. A program may have 64 MiB in all; what it has besides is small.
pub const MEMORY: usize = 60 << 20;
/// Most processor time that one input may cost, in a slow build on a busy machine.
pub const SLOW: Duration = Duration::from_secs(2);

/// Something that reads bytes from outside.
pub struct Target {
    pub name: &'static str,
    /// Panics where a promise is broken.
    pub check: fn(&[u8]),
    /// What its inputs are made of.
    pub words: &'static [&'static str],
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Most bytes of an input.
    pub most: usize,
    /// So many inputs CI makes: those of well under a minute.
    pub runs: u64,
}

/// The target with this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// The pack of a target's inputs each of which reaches code that no other does.
pub fn pack_of(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target).with_extension("pack")
}

/// The folder of a target's inputs each of which failed once.
pub fn crashes(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crashes").join(target)
}

/// The inputs in a target's pack, each with its name; none without a pack. Panics when the pack is torn.
pub fn packed(target: &str) -> Vec<(String, Vec<u8>)> {
    let path = pack_of(target);
    if !path.exists() {
        return Vec::new();
    }
    let bytes = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let inputs = pack::unpack(&bytes).unwrap_or_else(|why| panic!("{} {why}", path.display()));
    inputs.into_iter().map(|input| (format!("{target}.pack: {}", name_of(&input)), input)).collect()
}

/// A target's inputs that failed once, each with its name.
pub fn failed(target: &str) -> Vec<(String, Vec<u8>)> {
    let files = files(&crashes(target)).into_iter();
    files.map(|(path, input)| (path.display().to_string(), input)).collect()
}

/// The files in a folder and what they hold, in the order of their names. No folder: none.
pub fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let paths = if folder.is_dir() { cs_tests::entries(folder) } else { Vec::new() };
    let read = |path: PathBuf| fs::read(&path).ok().map(|bytes| (path, bytes));
    paths.into_iter().filter_map(read).collect()
}

/// A file name for an input: a hash of it.
pub fn name_of(input: &[u8]) -> String {
    format!("{:016x}", cs_core::id::fnv1a(input))
}
