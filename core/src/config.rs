//! Owns `config.json`: registered projects, the six settings shared with the Python tool, and our
//! own settings beside them. Must stay true: nothing but the six ever stands inside `settings`,
//! because that tool's reader refuses anything else there; unknown keys elsewhere survive.

use crate::record::Unknown;
use crate::unknown::keeps_unknown;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use std::collections::BTreeMap;

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Config {
    #[serde(default = "one")]
    pub version: u64,
    #[serde(default)]
    pub projects: BTreeMap<String, Registration>,
    #[serde(default)]
    pub settings: Settings,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hooks: Option<Hooks>,
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

/// A project: its name for people and the path of its main work tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Registration {
    pub name: String,
    #[serde(default)]
    pub path: String,
    #[serde(default)]
    pub registered_at: String,
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

/// Exactly the six keys that the Python tool's reader takes. Hours and days keep the spelling
/// they had (24 stays 24, not 24.0).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", default)]
pub struct Settings {
    pub dashboard_port: u16,
    /// An active session without a sign of life for this long is stale.
    pub stale_threshold_hours: Number,
    pub archive_after_days: Number,
    pub notifications_enabled: bool,
    pub parked_notify_hours: Number,
    pub notify_cooldown_hours: Number,
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

/// What the hooks do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", default)]
pub struct Hooks {
    /// Store the first line of prompts (masked). Off: the intent is "conversation in <project>".
    pub capture_prompts: bool,
    /// Tell a new conversation what is parked and what else runs.
    pub context: bool,
    /// What becomes of a session whose conversation ends.
    pub session_end: SessionEnd,
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

/// What becomes of a session whose conversation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionEnd {
    /// Parked with open tasks if a person had the conversation, else completed.
    Auto,
    /// Always completed.
    Complete,
    /// Always parked.
    Park,
    /// Left active; the user closes it.
    Keep,
}

keeps_unknown!(Config, Registration, Settings, Hooks);

fn one() -> u64 {
    1
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            dashboard_port: 9000,
            stale_threshold_hours: Number::from(24),
            archive_after_days: Number::from(30),
            notifications_enabled: false,
            parked_notify_hours: Number::from(48),
            notify_cooldown_hours: Number::from(12),
            unknown: Unknown::new(),
        }
    }
}

impl Default for Hooks {
    fn default() -> Self {
        Hooks { capture_prompts: true, context: true, session_end: SessionEnd::Auto, unknown: Unknown::new() }
    }
}

impl Default for Config {
    fn default() -> Self {
        Config {
            version: 1,
            projects: BTreeMap::new(),
            settings: Settings::default(),
            hooks: None,
            unknown: Unknown::new(),
        }
    }
}

impl Config {
    /// The hooks' settings, with defaults where the file says nothing.
    pub fn hooks(&self) -> Hooks {
        self.hooks.clone().unwrap_or_default()
    }

    /// How long an active session may be silent before it is stale.
    pub fn stale_after(&self) -> chrono::TimeDelta {
        // Nothing is silent for no time: that would close everything.
        let hours = self.settings.stale_threshold_hours.as_f64().filter(|hours| *hours > 0.0).unwrap_or(24.0);
        let seconds = (hours * 3600.0).clamp(1.0, 1e9);
        chrono::TimeDelta::seconds(seconds as i64)
    }

    /// The slug of the project whose main work tree is `path`.
    pub fn slug_of(&self, path: &str) -> Option<&str> {
        self.projects.iter().find(|(_, project)| project.path == path).map(|(slug, _)| slug.as_str())
    }
}
