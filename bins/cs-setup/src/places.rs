//! Owns where things are: our own folder, the agents' directories, the user's.
//! Deliberately absent: changing anything there.

use super::swap;
use agents::Agent;
use cli::{Failure, Outcome, programs};
use cs_core::error::{Error, Result};
use cs_core::paths::{self, Home};
use std::path::{Path, PathBuf};

/// The name of this program.
const PROGRAM: &str = "cs-setup";

/// The folders and files that this program uses.
#[derive(Debug)]
pub struct Places {
    /// The folder that is the plugin: manifest, hooks, skills, `bin/`. It is not, if [`Places::check_installed`] fails.
    pub share: PathBuf,
    /// This program, with links resolved.
    own: PathBuf,
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
        let own = std::env::current_exe().and_then(|path| path.canonicalize());
        let own = own.map_err(|error| Error::io(Path::new(PROGRAM), "find", error))?;
        let places = Places {
            share: share(&own),
            claude: absolute(&Agent::Claude.home().unwrap_or_else(|| user.clone()))?,
            codex: absolute(&Agent::Codex.home().unwrap_or_else(|| user.clone()))?,
            data: Home::at(absolute(Home::from_env()?.root())?),
            data_name: absolute(&paths::named_home()?)?,
            user: absolute(&user)?,
            own,
        };
        Ok(places)
    }

    /// Whether this program is in an installed folder, without which nothing can be registered.
    pub fn is_installed(&self) -> bool {
        is_plugin(&self.share)
    }

    /// Fails unless it is, and its path can be written into the files of others: it must be valid text, because it comes
    /// into JSON, XML and unit files.
    pub fn check_installed(&self) -> Outcome<()> {
        if self.is_installed() {
            return Ok(text_of(&self.share).map(drop)?);
        }
        let what = self.why_not_installed();
        match self.installed_program() {
            Some(other) => Err(Failure::Advised(what, format!("run the one that is installed: {}", other.display()))),
            None => {
                Err(Error::Refused(format!("{what}; make install, or install.sh of a release, creates one")).into())
            }
        }
    }

    /// The words for a program that is not in an installed folder.
    pub fn why_not_installed(&self) -> String {
        format!("{} is not in an installed folder", self.own.display())
    }

    /// This program where it is installed: as a shell finds it, or where `make install` puts it.
    pub fn installed_program(&self) -> Option<PathBuf> {
        let usual = self.user.join(".local/share/claude-sessions/bin").join(PROGRAM);
        let is_it = |path: &PathBuf| path.canonicalize().is_ok_and(|path| is_plugin(&share(&path)));
        programs::on_path(PROGRAM).into_iter().chain([usual]).find(is_it)
    }

    /// One of our programs: beside this one.
    pub fn program(&self, name: &str) -> PathBuf {
        match self.own.parent() {
            Some(folder) if !self.is_installed() => folder.join(name),
            _ => self.share.join("bin").join(name),
        }
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

/// The parent of a program's folder, by a path that lasts.
fn share(program: &Path) -> PathBuf {
    let share = program.parent().and_then(Path::parent).unwrap_or(Path::new("/"));
    lasting(share).unwrap_or_else(|| share.to_path_buf())
}

/// Whether a folder is the plugin.
fn is_plugin(folder: &Path) -> bool {
    folder.join(".claude-plugin/plugin.json").is_file()
}

/// The path of an installation of Homebrew that stays when it is upgraded. It keeps each version in a folder
/// `Cellar/NAME/VERSION`, which an upgrade removes, and lets `opt/NAME` lead to the newest. What is written into settings
/// must still be there then.
fn lasting(share: &Path) -> Option<PathBuf> {
    let version = share.parent()?.parent()?;
    let name = version.parent()?;
    let cellar = name.parent().filter(|cellar| cellar.ends_with("Cellar"))?;
    let opt = cellar.parent()?.join("opt").join(name.file_name()?).join(share.strip_prefix(version).ok()?);
    (opt.canonicalize().ok()? == share).then_some(opt)
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
