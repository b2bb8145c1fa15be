//! Finds files of one package that need each other in a cycle: none of them can be understood, moved or built
//! without all the others.
//!
//! A file needs another one of its package if it imports something from it (`use crate::…`, `use super::…`) or refers
//! to it by such a path. The file with the definition counts: a name that a module only imports or re-exports (`pub
//! use`) is followed to where it comes from. A module does not need its submodules, whether it declares, re-exports or
//! calls them; a submodule needs its parent if it uses what the parent defines. Code that is compiled only for tests is
//! left out, and so is `src/bin/`.
//!
//! Reads: `src/` of every package in the workspace, or of those whose folders are given.
//! Writes: nothing.
//! Exits: 0 there is no cycle, 1 there is one, 74 a file cannot be read.

mod cycles;
mod names;
mod package;
mod tokens;

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cycles::cycles;
use package::{Edges, Package};

fn main() -> ExitCode {
    let named: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    match judge(named) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("circles: {error}");
            ExitCode::from(74)
        }
    }
}

/// Prints the cycles of all packages and returns how many there are.
fn judge(named: Vec<PathBuf>) -> io::Result<usize> {
    // Cargo says where the workspace is that it runs in, which need not be the one in which this was compiled.
    let own = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let root = PathBuf::from(own).join("../..").canonicalize()?;
    let packages = if named.is_empty() { packages(&root)? } else { named };
    let (mut found, mut files, mut all) = (0, 0, 0);
    for package in &packages {
        let edges = Package::read(&package.join("src"))?.edges();
        all += edges.len();
        for cycle in cycles(&edges) {
            print(&root, &package.join("src"), &cycle, &edges);
            (found, files) = (found + 1, files + cycle.len());
        }
    }
    println!("circles: {found} with {files} files, among {all} files in {} packages", packages.len());
    Ok(found)
}

/// The folders of all packages: those that have a `Cargo.toml` and a `src/`, up to two levels down.
fn packages(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for one in folders(root)? {
        found.extend(folders(&one)?.into_iter().chain([one]).filter(|path| path.join("Cargo.toml").is_file()));
    }
    found.retain(|path| path.join("src").is_dir());
    found.sort();
    Ok(found)
}

fn folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let paths: io::Result<Vec<PathBuf>> = folder.read_dir()?.map(|entry| Ok(entry?.path())).collect();
    let is_hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    Ok(paths?.into_iter().filter(|path| path.is_dir() && !is_hidden(path) && !path.ends_with("target")).collect())
}

fn print(root: &Path, src: &Path, cycle: &[PathBuf], edges: &Edges) {
    let package = src.strip_prefix(root).unwrap_or(src);
    println!("{}: {} files in a circle", package.display(), cycle.len());
    let short = |path: &PathBuf| path.strip_prefix(src).unwrap_or(path).display().to_string();
    for (from, to) in edges.iter().filter(|(from, _)| cycle.contains(from)) {
        for (to, what) in to.iter().filter(|(to, _)| cycle.contains(to)) {
            let what: Vec<&str> = what.iter().map(String::as_str).collect();
            println!("  {} needs {} ({})", short(from), short(to), what.join(", "));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// The cycles of a package with these files.
    fn found(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let name = |path: PathBuf| path.strip_prefix(folder.path()).unwrap().display().to_string();
        let all = cycles(&Package::read(folder.path()).unwrap().edges());
        all.into_iter().map(|cycle| cycle.into_iter().map(name).collect()).collect()
    }

    #[test]
    fn two_files_that_import_each_other_are_a_cycle() {
        let root = ("lib.rs", "mod a; mod b; mod c;");
        let (a, b) = (("a.rs", "use crate::b::B; pub struct A;"), ("b.rs", "pub struct B(super::a::A);"));
        let c = ("c.rs", "use crate::a::A;");
        assert_eq!(found(&[root, a, b, c]), [["a.rs", "b.rs"]]);
        assert!(found(&[root, ("a.rs", "pub struct A;"), b, c]).is_empty());
        let three = [root, a, ("b.rs", "use crate::c;"), ("c.rs", "use crate::a::A;")];
        assert_eq!(found(&three), [["a.rs", "b.rs", "c.rs"]]);
    }

    #[test]
    fn a_parent_forms_no_cycle_with_its_own_submodules() {
        let root = ("main.rs", "mod a; mod o;");
        let a = ("a.rs", "mod b; mod c; pub use b::B; use c::C; pub struct A; fn f() { b::g() }");
        let (b, c) = (("a/b.rs", "use super::{A, C}; pub struct B;"), ("a/c.rs", "use super::A; pub struct C;"));
        assert!(found(&[root, a, b, c, ("o.rs", "use crate::a::B;")]).is_empty());
        let handed_over = found(&[
            root,
            a,
            ("a/b.rs", "use crate::o::O; pub struct B;"),
            c,
            ("o.rs", "use crate::a::B; pub struct O;"),
        ]);
        assert_eq!(handed_over, [["a/b.rs", "o.rs"]], "it is a/b.rs that has B");
        let siblings =
            found(&[root, a, ("a/b.rs", "use super::C; pub struct B;"), ("a/c.rs", "use super::b::B;"), ("o.rs", "")]);
        assert_eq!(siblings, [["a/b.rs", "a/c.rs"]], "through an import of the parent");
    }

    #[test]
    fn tests_and_other_programs_do_not_count() {
        let root = ("lib.rs", "mod a; mod b;");
        let a = ("a.rs", "pub struct A; #[cfg(test)] mod tests { use crate::b::B; }");
        let b = ("b.rs", "use crate::a::A; pub struct B; #[cfg(test)] #[path = \"b_tests.rs\"] mod tests;");
        assert!(found(&[root, a, b, ("b_tests.rs", "use super::*;"), ("bin/x.rs", "mod y;")]).is_empty());
    }
}
