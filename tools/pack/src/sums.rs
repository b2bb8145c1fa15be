//! Owns the list of checksums of a folder, as `sha256sum -c` reads it.

use crate::tree::{Kind, entries};
use sha2::{Digest, Sha256};
use std::path::Path;

/// A line for each file below `folder`, without a list that is there already.
pub fn of(folder: &Path) -> Result<Vec<u8>, String> {
    let mut lines = String::new();
    for entry in entries(folder)? {
        match entry.kind {
            Kind::File { bytes, .. } if entry.path != "SHA256SUMS" => {
                let sum: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
                lines.push_str(&format!("{sum}  {}\n", entry.path));
            }
            _ => {}
        }
    }
    Ok(lines.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn each_file_has_a_line() {
        let folder = tempfile::tempdir().expect("it can be created");
        fs::create_dir(folder.path().join("b")).expect("it can be created");
        for (name, text) in [("b/c", "abc"), ("a", ""), ("SHA256SUMS", "old")] {
            fs::write(folder.path().join(name), text).expect("it can be written");
        }
        let lines = String::from_utf8(of(folder.path()).expect("it can be read")).expect("it is text");
        assert_eq!(
            lines,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a\n\
             ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  b/c\n"
        );
    }
}
