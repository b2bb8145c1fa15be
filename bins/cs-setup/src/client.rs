//! Owns the facts about the installed Claude Code: its command, its version, and our plugin in its files. Sources:
//! `claude plugin --help` of 2.1.139 and 2.1.329, and the files that they write.

use super::command;
use super::places::{self, Places};
use super::swap;
use super::text::at;
use cli::programs;
use cs_core::error::{Error, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The plugin and the marketplace, as the client names them.
pub const PLUGIN: &str = "cs-sessions@claude-sessions";
/// The marketplace.
pub const MARKETPLACE: &str = "claude-sessions";
/// The keys of the plugin's switch in the settings.
pub const ENABLED: [&str; 2] = ["enabledPlugins", PLUGIN];
/// The keys of the marketplace in the settings.
pub const MARKET: [&str; 2] = ["extraKnownMarketplaces", MARKETPLACE];
/// The first version that starts a hook's program without a shell.
pub const EXEC_FORM: [u32; 3] = [2, 1, 139];

/// The files of the plugin.
const PARTS: [&str; 4] = [".claude-plugin", "hooks", "skills", "bin"];

/// The client's command.
#[derive(Debug)]
pub struct Client {
    pub program: PathBuf,
    pub version: Option<[u32; 3]>,
}

impl Client {
    /// Finds `claude` on PATH, or in the folders of its installers.
    pub fn find(places: &Places) -> Option<Self> {
        let usual = [".local/bin/claude", ".claude/local/claude"].map(|path| places.user.join(path));
        let program =
            programs::on_path("claude").or_else(|| usual.into_iter().find(|path| programs::is_program(path)))?;
        let told = command::run(&program, &["--version"], &places.share).ok();
        let version = told.filter(|done| done.is_success).and_then(|done| version(&done.stdout));
        Some(Client { program, version })
    }

    /// Whether it starts hooks without a shell, and so can load the plugin.
    pub fn is_new_enough(&self) -> bool {
        self.version.is_some_and(|version| version >= EXEC_FORM)
    }

    /// The version as text.
    pub fn shown(&self) -> String {
        self.version.map_or("unknown".into(), |version| version.map(|part| part.to_string()).join("."))
    }

    /// Runs `claude plugin …` in our own folder, where no project's settings apply.
    pub fn plugin(&self, words: &[&str], places: &Places) -> Result<()> {
        let args = [&["plugin"], words].concat();
        let dir = if places.share.is_dir() { &places.share } else { Path::new("/") };
        let done = command::run(&self.program, &args, dir)?;
        if done.is_success {
            return Ok(());
        }
        Err(Error::Refused(format!("claude {}: {}", args.join(" "), done.last_words())))
    }
}

/// The first three numbers of `2.1.329 (Claude Code)`.
fn version(text: &str) -> Option<[u32; 3]> {
    let mut parts = text.split_whitespace().next()?.split('.').map(|part| {
        let digits = part.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        digits.parse().ok()
    });
    Some([parts.next()??, parts.next()??, parts.next()??])
}

/// Our plugin, as the client's files describe it.
#[derive(Debug, Default)]
pub struct Registered {
    /// Whether the settings turn it on; `None` if they do not name it.
    pub is_enabled: Option<bool>,
    /// The path of the marketplace in the settings.
    pub market: Option<String>,
    /// The folder of the client's own copy.
    pub copy: Option<PathBuf>,
    /// The path of the marketplace that the client has fetched.
    pub known_market: Option<String>,
    /// The source of somebody else's marketplace with our name. Then none of the above is ours.
    pub others: Option<String>,
}

/// The source of a marketplace with our name, unless it is our folder.
pub fn origin_of_others(market: &Value) -> Option<String> {
    let word = |key: &str| market.get("source")?.get(key)?.as_str();
    let folder = word("path").map(Path::new).filter(|_| word("source") == Some("directory"));
    match folder.is_some_and(|folder| folder.is_absolute() && places::is_ours(folder)) {
        true => None,
        false => Some(["repo", "url", "path"].into_iter().find_map(word).unwrap_or("an unknown place").to_string()),
    }
}

/// The client's lists of installed plugins and of marketplaces.
pub const INSTALLED: &str = "installed_plugins.json";
pub const KNOWN: &str = "known_marketplaces.json";

/// One of the client's own files about plugins; null if it cannot be parsed.
pub fn own_file(name: &str, places: &Places) -> Value {
    let bytes = swap::bytes(&places.claude.join("plugins").join(name)).ok();
    bytes.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok()).unwrap_or_default()
}

impl Registered {
    /// Reads the parsed settings and the client's own files. Those are internal, so what cannot be parsed counts as
    /// missing.
    pub fn look(settings: &Value, places: &Places) -> Self {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_string);
        let (installed, known) = (own_file(INSTALLED, places), own_file(KNOWN, places));
        let markets = [at(settings, &MARKET), known.get(MARKETPLACE)];
        if let Some(others) = markets.into_iter().flatten().find_map(origin_of_others) {
            return Registered { others: Some(others), ..Registered::default() };
        }
        let copy = at(&installed, &["plugins", PLUGIN]).and_then(|list| list.get(0)?.get("installPath"));
        Registered {
            is_enabled: at(settings, &ENABLED).and_then(Value::as_bool),
            market: text(at(settings, &MARKET).and_then(|market| at(market, &["source", "path"]))),
            copy: text(copy).map(PathBuf::from),
            known_market: text(at(&known, &[MARKETPLACE, "source", "path"])),
            others: None,
        }
    }

    /// Whether any part of the plugin is registered.
    pub fn is_any(&self) -> bool {
        self.is_enabled.is_some() || self.market.is_some() || self.copy.is_some() || self.known_market.is_some()
    }

    /// Whether the client will run the hooks of our folder.
    pub fn is_complete(&self, places: &Places) -> bool {
        let share = places.share.to_str();
        self.is_enabled == Some(true)
            && share.is_some()
            && self.market.as_deref() == share
            && self.known_market.as_deref() == share
            && self.copy.is_some()
    }

    /// Whether the client's own copy of the plugin, which older clients run, differs from the installed one.
    pub fn is_outdated(&self, places: &Places) -> bool {
        let Some(copy) = &self.copy else { return false };
        PARTS.iter().any(|part| !is_same(&places.share.join(part), &copy.join(part)))
    }
}

/// Whether everything in `from` is also in `to`.
fn is_same(from: &Path, to: &Path) -> bool {
    if !from.is_dir() {
        return swap::bytes(from).ok() == swap::bytes(to).ok();
    }
    let mut entries = std::fs::read_dir(from).into_iter().flatten().flatten();
    entries.all(|entry| is_same(&entry.path(), &to.join(entry.file_name())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers() {
        assert_eq!(version("2.1.329 (Claude Code)\n"), Some([2, 1, 329]));
        assert_eq!(version("2.1.139-beta.1"), Some([2, 1, 139]));
        assert_eq!(version("unknown"), None);
        assert!(version("2.1.99").unwrap() < EXEC_FORM && version("2.2.0").unwrap() > EXEC_FORM);
    }
}
