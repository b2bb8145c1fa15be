//! Checks that the plugin that Claude Code runs, and the programs that it starts, are of the version of this program.

use super::{AGAIN, Check};
use crate::client::{PLUGIN, Registered};
use crate::command;
use crate::elsewhere::{self, Elsewhere};
use crate::places::Places;
use std::process::Command;
use std::time::Duration;

const OURS: &str = env!("CARGO_PKG_VERSION");
/// How long a program may take to print its version.
const LIMIT: Duration = Duration::from_secs(5);

/// Returns one finding for each part of another version; nothing if there is none.
pub fn check(registered: &Registered, elsewhere: Option<&Elsewhere>, places: &Places) -> Vec<Check> {
    let mut found = Vec::new();
    let mut differs = |what: String, version: Option<String>, fix: &dyn Fn(&str) -> String| {
        if let Some(version) = version.filter(|version| version != OURS) {
            let detail = format!("{what} is of version {version}, the programs in {} of {OURS}", bin(places));
            found.push(Check::bad("version", detail, fix(&version)));
        }
    };
    let share = places.share.display();
    differs(format!("the plugin in {share}"), elsewhere::version_in(&places.share), &|_| AGAIN.into());
    match elsewhere {
        Some(plugin) => {
            let what = format!("the plugin from {}, in {},", plugin.origin, plugin.folder.display());
            differs(what, elsewhere::version_in(&plugin.folder), &|version| match is_older(version, OURS) {
                true => format!("claude plugin update {PLUGIN}"),
                false => format!(
                    "install the programs of version {version}: install.sh of an archive, the package, or make install"
                ),
            });
            if let Some(program) = plugin.program.as_ref().filter(|_| !plugin.runs_ours(places)) {
                let what = format!("{}, which the plugin from {} runs,", program.display(), plugin.origin);
                let fix = format!("remove those programs, or put {} before their folder in PATH", bin(places));
                differs(what, version_of(&program.with_file_name("cs-session")), &|_| fix.clone());
            }
        }
        None => {
            let copy = registered.copy.as_ref().filter(|_| registered.is_enabled == Some(true));
            if let Some(copy) = copy {
                let what = format!("Claude Code's copy of the plugin, {},", copy.display());
                differs(what, elsewhere::version_in(copy), &|_| "cs-setup install".into());
            }
        }
    }
    found
}

fn bin(places: &Places) -> String {
    places.share.join("bin").display().to_string()
}

/// The version that a program prints.
fn version_of(program: &std::path::Path) -> Option<String> {
    let mut call = Command::new(program);
    call.arg("--version");
    let done = command::collect(call, program, LIMIT).ok().filter(|done| done.is_success)?;
    done.stdout.split_whitespace().nth(1).map(str::to_string)
}

/// Whether a version comes before another one. What is not a number counts as 0.
fn is_older(one: &str, other: &str) -> bool {
    let parts = |version: &str| -> Vec<u64> { version.split('.').map(|part| part.parse().unwrap_or(0)).collect() };
    parts(one) < parts(other)
}

#[cfg(test)]
mod tests {
    use super::is_older;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(is_older("0.1.9", "0.2.0") && is_older("0.9.0", "0.10.0"));
        assert!(!is_older("0.2.0", "0.2.0") && !is_older("1.0.0", "0.9.9"));
    }
}
