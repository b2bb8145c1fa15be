//! Owns bytes that nobody can guess, from the operating system.

use cs_core::error::{Error, Result};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// `N` random bytes.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let path = Path::new("/dev/urandom");
    let mut bytes = [0; N];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut bytes));
    read.map_err(|error| Error::io(path, "read", error))?;
    Ok(bytes)
}
