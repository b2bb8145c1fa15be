//! The programs under test: built once, in the release profile, exactly as `make build` builds them.
//!
//! Cargo's own lock on the build folder makes parallel test processes wait for one build, and a build with
//! nothing to do takes about a tenth of a second. The packages are those of the Makefile, so neither build
//! undoes the other, and no others, so the tests' dependencies cannot change the features of the programs.

use std::env;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

const BUILD: [&str; 3] = ["build", "--release", "--bins"];
/// Links some programs statically, as in the Makefile.
const WRAPPER: &str = ".cargo/rustc.sh";

/// The names of all programs of the workspace: the packages in `bins/`.
pub fn program_names() -> Vec<String> {
    let folders = crate::entries(&crate::workspace().join("bins")).into_iter();
    let packages = folders.filter(|folder| folder.join("Cargo.toml").is_file());
    packages.filter_map(|folder| Some(folder.file_name()?.to_str()?.to_owned())).collect()
}

static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// The folder with all programs of the workspace, built from the current sources. Panics if the build fails.
pub fn programs() -> &'static Path {
    FOLDER.get_or_init(build)
}

/// Uses the programs in this folder instead, as they are. For measurements, before anything else is called.
pub fn use_programs(folder: PathBuf) {
    assert!(FOLDER.set(folder).is_ok(), "the programs were used already");
}

fn build() -> PathBuf {
    let mode = std::fs::metadata(crate::workspace().join(WRAPPER)).map_or(0, |meta| meta.permissions().mode());
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into()))
        .args(BUILD)
        .args(program_names().iter().flat_map(|name| ["-p", name.as_str()]))
        .args(["--quiet", "--message-format=json-render-diagnostics"])
        .env("RUSTC_WORKSPACE_WRAPPER", if mode & 0o111 == 0 { "" } else { WRAPPER })
        .current_dir(crate::workspace())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo can be run");
    assert!(output.status.success(), "cargo {} failed", BUILD.join(" "));
    folder(&String::from_utf8_lossy(&output.stdout)).expect("the workspace has at least one program")
}

/// The folder of the first program, as cargo reports it for any target folder and target triple.
fn folder(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|message| Some(Path::new(message.get("executable")?.as_str()?).parent()?.to_path_buf()))
}
