//! Owns bytes that nobody can guess, from the operating system: keys, and the ids that must not be known before.

use crate::error::{Error, Result};
use crate::hex::hex;
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

/// A secret that a program makes for others of the same user: 32 random bytes in hexadecimal.
pub fn secret() -> Result<String> {
    random::<32>().map(|bytes| hex(&bytes))
}
