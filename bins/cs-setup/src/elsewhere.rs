//! Owns the facts about our plugin where a marketplace other than this installation gave it to the client, such as the
//! repository. Such a plugin starts programs through its launcher. Must stay true: they are searched in the places of
//! `hooks/run`, in its order.

use crate::client::{ENABLED, INSTALLED, KNOWN, MARKET, MARKETPLACE, PLUGIN, own_file};
use crate::places::{self, Places};
use crate::swap;
use crate::text::at;
use cli::programs;
use cs_core::trust;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The program that the launcher is looked up for, and the one that must be beside it on PATH.
const PROGRAM: &str = "cs-hook";
const WITNESS: &str = "cs-setup";
/// The folders, of the home directory and others, in which it looks after those of PATH.
const OF_HOME: [&str; 2] = [".local/bin", ".cargo/bin"];
const USUAL: [&str; 2] = ["/opt/homebrew/bin", "/usr/local/bin"];
/// How the folders for one kind of machine end, in a plugin that has several.
const LINUX: &str = "unknown-linux-musl";
const MAC: &str = "apple-darwin";

/// Our plugin from a marketplace that is not this installation.
#[derive(Debug)]
pub struct Elsewhere {
    /// The marketplace: a folder, a repository or an address.
    pub origin: String,
    /// The plugin's folder.
    pub folder: PathBuf,
    /// The `cs-hook` that its launcher finds.
    pub program: Option<PathBuf>,
}

impl Elsewhere {
    /// Finds it in the settings and in the client's own files; `None` if it is not there, or turned off.
    pub fn look(settings: &Value, places: &Places) -> Option<Self> {
        let (installed, known) = (own_file(INSTALLED, places), own_file(KNOWN, places));
        let market = known.get(MARKETPLACE).or_else(|| at(settings, &MARKET))?;
        let word = |key: &str| market.get("source")?.get(key)?.as_str();
        let origin = ["path", "repo", "url"].into_iter().find_map(word)?;
        let copy = at(&installed, &["plugins", PLUGIN])?.get(0)?.get("installPath")?.as_str()?;
        // A newer client runs the plugin of a folder in place.
        let in_place = word("path").map(PathBuf::from);
        let folder = in_place.into_iter().chain([PathBuf::from(copy)]).find(|folder| has_launcher(folder))?;
        let is_on = at(settings, &ENABLED) == Some(&Value::Bool(true));
        let is_this = folder.canonicalize().is_ok_and(|folder| folder == places.share);
        let program = find(&folder, places);
        (is_on && !is_this).then(|| Elsewhere { origin: origin.to_string(), folder, program })
    }

    /// Whether its launcher finds the programs of this installation.
    pub fn runs_ours(&self, places: &Places) -> bool {
        let found = self.program.as_ref().and_then(|path| path.canonicalize().ok());
        found.is_some() && found == places.program(PROGRAM).canonicalize().ok()
    }
}

/// Whether a folder is our plugin, with the launcher.
fn has_launcher(folder: &Path) -> bool {
    folder.is_absolute() && places::is_ours(folder) && folder.join("hooks/run").is_file()
}

fn find(folder: &Path, places: &Places) -> Option<PathBuf> {
    let bin = folder.join("bin");
    let system = if cfg!(target_os = "macos") { MAC } else { LINUX };
    let target = bin.join(format!("{}-{system}", std::env::consts::ARCH));
    let beside = [bin, target].map(|dir| dir.join(PROGRAM)).into_iter().find(|path| programs::is_program(path));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = OF_HOME.map(|dir| places.user.join(dir)).into_iter().chain(USUAL.map(PathBuf::from));
    let mut dirs = std::env::split_paths(&path).filter(|dir| dir.is_absolute()).chain(usual);
    let is_ours = |dir: &PathBuf| {
        [WITNESS, PROGRAM].iter().all(|name| programs::is_program(&dir.join(name)))
            && trust::reason_against_program(&dir.join(PROGRAM)).is_none()
    };
    beside.or_else(|| dirs.find(is_ours).map(|dir| dir.join(PROGRAM)))
}

/// The version in a plugin folder's manifest.
pub fn version_in(folder: &Path) -> Option<String> {
    let manifest = swap::bytes(&folder.join(".claude-plugin/plugin.json")).ok()?;
    let manifest: Value = serde_json::from_slice(&manifest).ok()?;
    manifest.get("version")?.as_str().map(str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_launcher_looks_in_the_same_places() {
        let search = include_str!("../../../hooks/search");
        let of_home = OF_HOME.map(|dir| format!("\"${{HOME:-}}/{dir}\"")).join(" ");
        let folders = format!("for folder in ${{PATH:-}} {of_home} {}; do", USUAL.join(" "));
        assert!(search.lines().any(|line| line.trim() == folders), "{folders}");
        let targets = ["x86_64", "aarch64"].map(|arch| [LINUX, MAC].map(|system| format!("{arch}-{system}")));
        let named: Vec<&str> =
            search.lines().filter_map(|line| line.split_once(") echo ")).map(|(_, rest)| rest).collect();
        let named: Vec<&str> =
            named.iter().map(|rest| rest.trim_end_matches(" ;;")).filter(|name| *name != "none").collect();
        let mut wanted = targets.concat();
        wanted.sort();
        let mut named: Vec<String> = named.iter().map(ToString::to_string).collect();
        named.sort();
        assert_eq!(named, wanted);
        let rule = format!("[ -x \"$1/{WITNESS}\" ]");
        assert!(search.contains(&rule), "{rule}");
    }
}
