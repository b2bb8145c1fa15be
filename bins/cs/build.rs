//! Gives the program the map of all programs: the rows of the table in README.md, one a line, its cells between tabs.

use std::path::Path;

const README: &str = "../../README.md";

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={README}");
    let readme = std::fs::read_to_string(README)?;
    let table =
        readme.lines().skip_while(|line| !line.starts_with("| Program |")).take_while(|line| line.starts_with('|'));
    let rows = table
        .filter_map(|line| line.strip_prefix('|')?.trim_end().strip_suffix('|'))
        .filter(|line| line.contains("`cs"));
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().replace('`', "")).collect::<Vec<_>>().join("\t");
    let map: Vec<String> = rows.map(cells).collect();
    let folder = std::env::var_os("OUT_DIR").unwrap_or_default();
    std::fs::write(Path::new(&folder).join("programs.tsv"), map.join("\n"))
}
