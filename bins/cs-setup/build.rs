//! Gives the program the names of all programs: the packages in `bins/`.
//!
//! It runs again when Cargo.lock changes, which lists every package. Watching `bins/` itself would build this program
//! again after each change of another one.

use std::path::Path;

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../../Cargo.lock");
    let mut names = Vec::new();
    for entry in Path::new("..").read_dir()? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    println!("cargo:rustc-env=CS_PROGRAMS={}", names.join(" "));
    Ok(())
}
