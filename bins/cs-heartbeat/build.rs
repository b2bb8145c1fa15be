//! On Linux the hook programs are linked to a fixed address: the loader then has nothing to relocate,
//! which counts in a program that runs for less than a millisecond. Several packages share this script, so it
//! names no file: a path is looked for in each package, and one that is missing there means a build every time.

fn main() {
    println!("cargo:rerun-if-env-changed=CARGO_CFG_TARGET_OS");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
