//! On Linux the hook programs are linked to a fixed address: the loader then has nothing to relocate,
//! which counts in a program that runs for less than a millisecond.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
