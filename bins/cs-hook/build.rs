//! On Linux the hook programs are linked to a fixed address: the loader then has nothing to relocate,
//! which counts in a program that runs for less than a millisecond.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = |part: &str| std::env::var(format!("CARGO_CFG_TARGET_{part}")).unwrap_or_default();
    // With musl, rustc chooses the start code for one kind of program: linked as the other kind, it crashes at once.
    if target("OS") == "linux" && target("ENV") != "musl" {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
