//! Owns making secrets of this machine's randomness.

use cs_core::{Error, Result};
use std::fs::File;
use std::io::Read;
use std::path::Path;

const BYTES: usize = 32;
const URANDOM: &str = "/dev/urandom";

/// Returns 32 random bytes in hexadecimal.
pub fn random() -> Result<String> {
    let path = Path::new(URANDOM);
    let mut bytes = [0; BYTES];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut bytes));
    read.map_err(|error| Error::io(path, "read", error))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
