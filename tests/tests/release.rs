//! What a release consists of: one version everywhere.

use std::fs;

use cs_tests::workspace;

fn text(path: &str) -> String {
    fs::read_to_string(workspace().join(path)).expect("it can be read")
}

/// The version of the workspace: the first one that its manifest names.
fn version() -> String {
    let manifest = text("Cargo.toml");
    let line = manifest.lines().find_map(|line| line.strip_prefix("version = ")).expect("there is a version");
    line.trim_matches('"').to_owned()
}

#[test]
fn every_file_names_the_same_version() {
    let version = version();
    let plugin: serde_json::Value = serde_json::from_str(&text(".claude-plugin/plugin.json")).expect("it is JSON");
    assert_eq!(plugin["version"], version.as_str(), "the plugin");

    let lock = text("Cargo.lock");
    let ours: Vec<&str> = lock.split("[[package]]\n").skip(1).filter(|part| !part.contains("\nsource = ")).collect();
    assert!(ours.len() > 20, "the packages of the workspace are not found");
    for package in ours {
        assert!(package.contains(&format!("version = \"{version}\"\n")), "Cargo.lock: {package}");
    }

    let changes = text("CHANGELOG.md");
    let newest = changes.lines().find_map(|line| line.strip_prefix("## ")).expect("there is a heading");
    assert!(
        newest == "Unreleased" || newest.split(' ').next() == Some(&*version),
        "the first heading of CHANGELOG.md is {newest:?}, the version is {version}"
    );
}
