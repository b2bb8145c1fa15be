//! Checks that all programs exist, are of one build, and are the ones that a shell finds.

use super::{AGAIN, Check};
use crate::command;
use crate::places::Places;
use crate::shell::{called, links, names, path_line, unfound};
use agents::event;
use cli::programs;
use cs_core::trust;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// A name that other programs have, too: one that comes first on PATH is no fault. The other names work without it.
const SHARED_NAME: &str = "cs";
/// How long a program may take to print its version.
const LIMIT: Duration = Duration::from_secs(5);

/// Whether all programs are installed.
pub fn installed(places: &Places) -> Check {
    let names = names();
    let dir = places.share.join("bin");
    // What anybody may replace runs with all that this account may do.
    let open = |name: &&str| trust::reason_against_program(&places.program(name));
    if let Some(reason) = names.iter().copied().find_map(|name| open(&name)) {
        let (detail, fix) = reason.split_once("; ").unwrap_or((&reason, AGAIN));
        return Check::bad("programs", detail.to_string(), fix);
    }
    let wrong: Vec<String> = names.iter().filter_map(|name| trouble(&places.program(name), name)).collect();
    if wrong.is_empty() {
        let version = env!("CARGO_PKG_VERSION");
        return Check::good("programs", format!("{} programs, version {version}, in {}", names.len(), dir.display()));
    }
    Check::bad("programs", wrong.join("; "), AGAIN)
}

/// This program is not in an installed folder, so that programs, hooks and jobs cannot be checked.
pub fn nowhere(places: &Places) -> Check {
    let detail = format!("{}, so programs, hooks and jobs are not checked", places.why_not_installed());
    let fix = match places.installed_program() {
        Some(other) => format!("{} doctor", other.display()),
        None => AGAIN.to_string(),
    };
    Check::bad("programs", detail, fix)
}

/// The problem with a program, if there is one. Programs that agents call take no arguments and print no version.
fn trouble(path: &Path, name: &str) -> Option<String> {
    if !programs::is_program(path) {
        return Some(format!("{} is missing", path.display()));
    }
    if event::PROGRAMS.contains(&name) {
        return None;
    }
    let mut call = Command::new(path);
    call.arg("--version");
    let expected = format!("{name} {}", env!("CARGO_PKG_VERSION"));
    match command::collect(call, path, LIMIT) {
        Ok(done) if done.is_success && done.stdout.trim() == expected => None,
        Ok(done) if done.is_success => Some(format!("{name} has another version: {}", done.stdout.trim())),
        Ok(done) => Some(format!("{name} does not run: {}", done.last_words())),
        Err(error) => Some(error.to_string()),
    }
}

/// Whether a shell finds them.
pub fn on_path(places: &Places) -> Check {
    let mut other = Vec::new();
    for name in called() {
        match programs::on_path(name) {
            None => {}
            Some(found) if same(&found, &places.program(name)) || name == SHARED_NAME => {}
            Some(found) => other.push(found.display().to_string()),
        }
    }
    if let Some(first) = other.first() {
        let detail = format!("another program comes first on PATH: {}", other.join(", "));
        return Check::bad(
            "path",
            detail,
            format!("remove {first}, or put {} before its folder in PATH", links(places).display()),
        );
    }
    let unknown = unfound();
    if unknown.is_empty() {
        return Check::good("path", "a shell finds all programs");
    }
    let (line, file) = path_line(places);
    let fix = format!("add this line to {file}: {line}");
    Check::bad("path", format!("a shell does not find {}", unknown.join(", ")), fix)
}

fn same(one: &Path, other: &Path) -> bool {
    one.canonicalize().ok().is_some_and(|path| other.canonicalize().is_ok_and(|other| other == path))
}
