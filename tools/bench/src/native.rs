//! Compiles the benchmark's own programs, `floor`, `peak` and `pane`, without cargo: they are linked statically, which no
//! profile can set for a single program.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A compiled program.
#[derive(Debug)]
pub struct Native {
    pub path: PathBuf,
    /// Whether it is linked statically; otherwise it loads the platform's C library when it starts.
    pub is_static: bool,
}

const OPTIMISED: [&str; 6] =
    ["-Copt-level=3", "-Cpanic=abort", "-Cstrip=symbols", "-Ccodegen-units=1", "-Clto=fat", "--edition=2024"];
const STATIC: [&str; 2] = ["-Ctarget-feature=+crt-static", "-Crelocation-model=static"];

/// Compiles `src/bin/<name>.rs` into the target folder. Panics if it cannot be compiled at all.
pub fn build(name: &str) -> Native {
    let own = env::current_exe().expect("our own path is known");
    let folder = own.parent().expect("we are in the target folder").join("natives");
    fs::create_dir_all(&folder).expect("the target folder can be written");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/bin/{name}.rs"));
    let path = folder.join(name);
    // Only Linux has a C library for static linking.
    let is_static = cfg!(target_os = "linux") && compile(&source, &path, &STATIC);
    assert!(is_static || compile(&source, &path, &[]), "{} does not compile", source.display());
    Native { path, is_static }
}

fn compile(source: &Path, to: &Path, linking: &[&str]) -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command.args(OPTIMISED).args(linking).arg("-o").arg(to).arg(source);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
