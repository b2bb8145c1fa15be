//! Owns `config.json` as it is read: registered projects, the six settings shared with the Python tool, and our own
//! settings beside them. Must stay true: a part that cannot be parsed affects nothing else; its default is used, and
//! [`Config::troubles`] reports it. `config/read.rs` parses the text, `config/register.rs` adds projects to it,
//! `config/place.rs` finds the project of a folder.

mod place;
mod read;
mod register;

pub use read::{newer_version, wrong_setting};
pub use register::{FRESH, forget, hide, learn, register, relocate, replace_group, switch_notifications};

use crate::error::Error;
use crate::patch::Patch;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::Path;

/// The whole file.
#[derive(Debug, Default)]
pub struct Config {
    /// Registered projects by slug.
    pub projects: BTreeMap<String, Registration>,
    /// The group `settings`.
    pub settings: Settings,
    /// The group `hooks`.
    pub hooks: Hooks,
    /// The parts that could not be parsed, and were replaced by their defaults.
    pub troubles: Vec<Trouble>,
    /// Slugs of the projects that overviews leave out.
    hidden: BTreeSet<String>,
    /// Groups that belong to one program each, as text.
    groups: BTreeMap<String, String>,
}

/// A part of the file that could not be parsed.
#[derive(Debug)]
pub struct Trouble {
    /// The key, such as `settings.archive_after_days`; empty for the whole file.
    pub key: String,
    /// The fault, and what is used instead.
    pub error: Error,
}

/// A project: its name for people and the path of its main work tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Registration {
    /// The name for people.
    pub name: String,
    /// Absolute path of the main work tree, or of the directory outside a repository.
    pub path: String,
    /// Instant, RFC 3339, UTC.
    pub registered_at: String,
    /// The last known identity of its repository; see [`crate::git::identity`].
    pub repo: Option<String>,
    /// Its paths before it was moved.
    pub former_paths: Vec<String>,
}

impl Registration {
    /// Its paths, now and before it was moved.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.path.as_str()).chain(self.former_paths.iter().map(String::as_str))
    }
}

/// The six settings that the Python tool knows, too.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// TCP port of the dashboard.
    pub dashboard_port: u16,
    /// An active session without a sign of life for this long is stale.
    pub stale_threshold_hours: f64,
    /// Days after its end when a session may be archived.
    pub archive_after_days: f64,
    /// Whether `cs-notify` may send anything.
    pub notifications_enabled: bool,
    /// Hours after which a parked session is reported.
    pub parked_notify_hours: f64,
    /// Hours before the same reason is reported again.
    pub notify_cooldown_hours: f64,
}

/// The settings of the hooks.
#[derive(Clone, Debug, PartialEq)]
pub struct Hooks {
    /// Store the first line of prompts (masked). Off: the intent is "conversation in <project>".
    pub capture_prompts: bool,
    /// Tell a new conversation which sessions are parked and which are running.
    pub context: bool,
    /// The fate of a session when its conversation ends.
    pub session_end: SessionEnd,
}

/// The fate of a session when its conversation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionEnd {
    /// Parked with open tasks if a person attended the conversation, else completed.
    Auto,
    /// Always completed.
    Complete,
    /// Always parked.
    Park,
    /// Left active; the user closes it.
    Keep,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            dashboard_port: 9000,
            stale_threshold_hours: 24.0,
            archive_after_days: 30.0,
            notifications_enabled: false,
            parked_notify_hours: 48.0,
            notify_cooldown_hours: 12.0,
        }
    }
}

impl Default for Hooks {
    fn default() -> Self {
        Hooks { capture_prompts: true, context: true, session_end: SessionEnd::Auto }
    }
}

impl Config {
    /// Parses the bytes of the file at `path` as far as possible.
    pub fn read(path: &Path, bytes: &[u8]) -> Self {
        let reason = match Patch::of(bytes) {
            Ok(fields) => return read::whole(path, &fields),
            Err(_) if bytes.is_empty() => "it is empty".to_string(),
            Err(reason) => reason,
        };
        let instead = "there are no projects and only default settings until it is repaired";
        Config::unreadable(Error::corrupt(path, format!("{reason}; {instead}")))
    }

    /// The configuration if the file cannot be read. Prompts are not stored: the file may say so.
    pub fn unreadable(error: Error) -> Self {
        let hooks = Hooks { capture_prompts: false, ..Hooks::default() };
        Config { hooks, troubles: vec![Trouble { key: String::new(), error }], ..Config::default() }
    }

    /// Whether this key has its default because its value could not be parsed.
    pub fn is_doubtful(&self, key: &str) -> bool {
        self.troubles.iter().any(|trouble| key.starts_with(&trouble.key))
    }

    /// Whether overviews leave this project out.
    pub fn is_hidden(&self, slug: &str) -> bool {
        self.hidden.contains(slug)
    }

    /// Treats no project as hidden.
    pub fn show_hidden(&mut self) {
        self.hidden.clear();
    }

    /// A group of settings that belongs to one program. A group with a number that is out of range is a text, its own:
    /// its reader reports that it is no object.
    pub fn group(&self, name: &str) -> Option<Value> {
        let text = self.groups.get(name)?;
        Some(serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone())))
    }

    /// How long an active session may be silent before it is stale.
    pub fn stale_after(&self) -> chrono::TimeDelta {
        chrono::TimeDelta::seconds((self.settings.stale_threshold_hours * 3600.0).max(1.0) as i64)
    }

    /// The slug of the project that is registered with `path`, or was before it was moved. For the project of a folder
    /// where somebody works, use [`Config::project_of`].
    pub fn slug_of(&self, path: &str) -> Option<&str> {
        let is_there = |(_, project): &(&String, &Registration)| project.path == path;
        let was_there =
            |(_, project): &(&String, &Registration)| project.former_paths.iter().any(|former| former == path);
        let found = self.projects.iter().find(is_there).or_else(|| self.projects.iter().find(was_there));
        found.map(|(slug, _)| slug.as_str())
    }
}

impl Display for SessionEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // As written in the file.
        f.write_str(serde_json::to_value(self).ok().as_ref().and_then(Value::as_str).unwrap_or_default())
    }
}
