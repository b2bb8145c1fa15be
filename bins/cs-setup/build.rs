//! Tells the program which programs there are: those in README.md's table, which a test keeps in
//! step with `bins/`.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../../README.md");
    let readme = std::fs::read_to_string("../../README.md").unwrap_or_default();
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `cs-")?.split('`').next());
    let names: Vec<String> = rows.map(|name| format!("cs-{name}")).collect();
    println!("cargo:rustc-env=CS_PROGRAMS={}", names.join(" "));
}
