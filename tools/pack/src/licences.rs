//! Owns the list of the packages that are linked into the programs, with the texts of their licences. Texts that are the
//! same are there once. Only files of the package's sources are read; a package without one is an error.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How names of files with licences begin, in capitals.
const NAMES: [&str; 6] = ["LICENSE", "LICENCE", "UNLICENSE", "COPYING", "COPYRIGHT", "NOTICE"];

/// What is said about the rest that is linked: the standard library and, in some programs, a C library.
const REST: &str = include_str!("../../../packaging/third-party.txt");

/// A package of another author.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    version: String,
    licence: String,
    folder: PathBuf,
}

/// The text for a target.
pub fn text(target: &str) -> Result<Vec<u8>, String> {
    let linked =
        linked(&run(&["tree", "--edges", "normal,no-proc-macro", "--target", target, "--prefix", "none"], true)?);
    let about = run(&["metadata", "--format-version", "1", "--filter-platform", target], false)?;
    let packages = packages(&about, &linked)?;
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in &packages {
        for text in licences(package)? {
            texts.entry(text).or_default().insert(format!("{} {}", package.name, package.version));
        }
    }
    Ok(written(&packages, &texts).into_bytes())
}

/// Runs cargo in the workspace, without a network; about all programs if `programs` is true.
fn run(words: &[&str], programs: bool) -> Result<String, String> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(words).args(["--offline", "--locked"]);
    if programs {
        let bins = fs::read_dir("bins").map_err(|_| "run it in the root of the repository".to_owned())?;
        for entry in bins.flatten().filter(|entry| entry.path().join("Cargo.toml").is_file()) {
            cargo.arg("-p").arg(entry.file_name());
        }
    }
    let output = cargo.output().map_err(|error| format!("cargo: {error}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!("cargo {}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr).trim())),
    }
}

/// The names and versions in what `cargo tree` prints: `name v1.2.3 (…)`.
fn linked(tree: &str) -> BTreeSet<(String, String)> {
    let lines = tree.lines().filter_map(|line| line.split_once(" v"));
    lines.map(|(name, rest)| (name.into(), rest.split(' ').next().unwrap_or_default().into())).collect()
}

/// Those of them that come from elsewhere.
fn packages(about: &str, linked: &BTreeSet<(String, String)>) -> Result<BTreeSet<Package>, String> {
    let about: Value = serde_json::from_str(about).map_err(|error| format!("cargo metadata: {error}"))?;
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = about["packages"].as_array().into_iter().flatten().filter(|package| package["source"].is_string());
    let found = all.map(|package| Package {
        name: word(&package["name"]),
        version: word(&package["version"]),
        licence: word(&package["license"]),
        folder: Path::new(&word(&package["manifest_path"])).parent().unwrap_or(Path::new("/")).to_owned(),
    });
    let found: BTreeSet<Package> =
        found.filter(|package| linked.contains(&(package.name.clone(), package.version.clone()))).collect();
    if found.is_empty() { Err("no package of another author is linked, which cannot be".into()) } else { Ok(found) }
}

/// The texts of the licences of a package, with line ends and blanks at the end of lines that are the same everywhere.
fn licences(package: &Package) -> Result<Vec<String>, String> {
    let said =
        || format!("{} {}: no file with its licence in {}", package.name, package.version, package.folder.display());
    let mut files: Vec<PathBuf> = fs::read_dir(&package.folder)
        .map_err(|_| said())?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file() && is_licence(path))
        .collect();
    files.sort();
    let texts: Vec<String> = files
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .map(|text| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_matches('\n').to_owned())
        .collect();
    if texts.is_empty() { Err(said()) } else { Ok(texts) }
}

fn is_licence(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_uppercase();
    NAMES.iter().any(|begin| name.starts_with(begin))
}

fn written(packages: &BTreeSet<Package>, texts: &BTreeMap<String, BTreeSet<String>>) -> String {
    let mut out = REST.to_owned();
    out.push_str("\nThese packages are linked into the programs:\n\n");
    for Package { name, version, licence, .. } in packages {
        out.push_str(&format!("- {name} {version}: {licence}\n"));
    }
    for (text, names) in texts {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        out.push_str(&format!("\n{}\n{}\n\n{text}\n", "-".repeat(80), names.join(", ")));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_prints_is_understood() {
        let tree = "cs v0.2.0 (/x/bins/cs)\nlibc v0.2.1\nserde v1.0.2 (*)\n\n";
        let about = r#"{"packages":[{"name":"libc","version":"0.2.1","license":"MIT","source":"registry","manifest_path":"/r/libc/Cargo.toml"},
            {"name":"other","version":"1.0.0","license":"MIT","source":"registry","manifest_path":"/r/o/Cargo.toml"},
            {"name":"cs","version":"0.2.0","license":"MIT","source":null,"manifest_path":"/x/Cargo.toml"}]}"#;
        let found = packages(about, &linked(tree)).expect("it is understood");
        assert_eq!(found.iter().map(|package| &*package.name).collect::<Vec<_>>(), ["libc"]);
        assert!(packages("{}", &linked(tree)).is_err());
    }

    #[test]
    fn a_package_without_a_licence_is_an_error() {
        let folder = tempfile::tempdir().expect("it can be created");
        let package = Package {
            name: "p".into(),
            version: "1.0.0".into(),
            licence: "MIT".into(),
            folder: folder.path().to_owned(),
        };
        assert!(licences(&package).is_err());
        fs::write(folder.path().join("License-MIT.md"), "\nFree. \r\nYes.\n").expect("it can be written");
        assert_eq!(licences(&package), Ok(vec!["Free.\nYes.".to_owned()]));
    }
}
