//! On Linux the released program is linked without the index of its unwind tables (44 KiB): it aborts on a panic, so
//! that nothing is ever unwound. Other profiles, which may unwind, keep it.

use std::env::var;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is_linux = var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux");
    // The name of the profile is only in the path of its folder.
    let is_released = var("OUT_DIR").is_ok_and(|folder| folder.split('/').any(|part| part == "release"));
    if is_linux && is_released {
        // A release for musl is linked by the linker itself (packaging/dist.sh), all else by a compiler that passes it on.
        let is_linker = var("RUSTC_LINKER").is_ok_and(|linker| linker.ends_with("lld"));
        let passed_on = if is_linker { "" } else { "-Wl," };
        println!("cargo:rustc-link-arg-bins={passed_on}--no-eh-frame-hdr");
    }
}
