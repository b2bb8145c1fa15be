//! Owns where things are: our own folder, the agents' directories, the user's.
//! Deliberately absent: changing anything there.

use super::swap;
use agents::Agent;
use cs_core::error::{Error, Result};
use cs_core::paths::{self, Home};
use std::path::{Path, PathBuf};

/// The folders and files that this program uses.
#[derive(Debug)]
pub struct Places {
    /// The folder that is the plugin: manifest, hooks, skills, `bin/`.
    pub share: PathBuf,
    /// The user's home directory.
    pub user: PathBuf,
    /// Claude Code's directory.
    pub claude: PathBuf,
    /// Codex's directory.
    pub codex: PathBuf,
    /// The data directory.
    pub data: Home,
    /// The path of the data directory as the user gave it, which is also used in installed files.
    pub data_name: PathBuf,
}

impl Places {
    /// Finds them from the environment and from this program's path.
    pub fn find() -> Result<Self> {
        let user = set("HOME").map(PathBuf::from).ok_or_else(|| Error::Invalid("HOME is not set".into()))?;
        let places = Places {
            share: share()?,
            claude: absolute(&Agent::Claude.home().unwrap_or_else(|| user.clone()))?,
            codex: absolute(&Agent::Codex.home().unwrap_or_else(|| user.clone()))?,
            data: Home::at(absolute(Home::from_env()?.root())?),
            data_name: absolute(&paths::named_home()?)?,
            user: absolute(&user)?,
        };
        Ok(places)
    }

    /// One of our programs.
    pub fn program(&self, name: &str) -> PathBuf {
        self.share.join("bin").join(name)
    }

    /// Claude Code's settings of this user.
    pub fn settings(&self) -> PathBuf {
        self.claude.join("settings.json")
    }

    /// Codex's hooks of this user.
    pub fn codex_hooks(&self) -> PathBuf {
        self.codex.join("hooks.json")
    }
}

/// The parent of this program's folder, with links resolved. It must be the plugin, and its path must be valid text,
/// because it is written into JSON, XML and unit files.
fn share() -> Result<PathBuf> {
    let own = std::env::current_exe().and_then(|path| path.canonicalize());
    let own = own.map_err(|error| Error::io(Path::new("cs-setup"), "find", error))?;
    let share = own.parent().and_then(Path::parent).unwrap_or(Path::new("/"));
    if !share.join(".claude-plugin/plugin.json").is_file() {
        let what = format!("{} is not in an installed folder; make install creates one", own.display());
        return Err(Error::Refused(what));
    }
    text_of(share)?;
    Ok(share.to_path_buf())
}

/// Whether a folder is or was the plugin: this installation, one at another PREFIX, or a checkout. Names alone prove
/// nothing, so the folder must contain `cs-setup` (or links to our programs), or our manifest if nothing is built. Only a
/// folder that does not exist any more is recognized by the name that `make install` and `git clone` give it, so that the
/// entries of an older installation can be replaced.
pub fn is_ours(folder: &Path) -> bool {
    if !folder.exists() {
        return folder.ends_with("claude-sessions");
    }
    let manifest = || swap::bytes(&folder.join(".claude-plugin/plugin.json")).unwrap_or_default();
    folder.join("bin/cs-setup").exists() || String::from_utf8_lossy(&manifest()).contains("\"name\": \"cs-sessions\"")
}

/// A path as text without control characters.
pub fn text_of(path: &Path) -> Result<&str> {
    let text = path.to_str().filter(|text| !text.chars().any(char::is_control));
    text.ok_or_else(|| Error::Invalid(format!("the path contains control characters or invalid UTF-8: {path:?}")))
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|error| Error::io(path, "find", error))
}

/// An environment variable that is not empty.
pub fn set(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
