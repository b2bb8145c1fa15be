//! Owns the settings of keeping: the group `keep` of `config.json`. The group is parsed only here. Must stay true: a part
//! that cannot be used affects nothing else, and is reported. If it cannot be seen whether something may be kept, it is
//! not.

use cs_core::config::{self, Config};
use cs_core::error::Error;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::path::Path;

/// The group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Whether the hourly job copies conversations.
    pub enabled: bool,
    /// The slugs of the projects of which conversations are kept; `None`: all.
    pub projects: Option<BTreeSet<String>>,
    /// The slugs of the projects of which none are kept.
    pub not_projects: BTreeSet<String>,
    /// How much all copies may take before it is told, in GB. Nothing is removed because of it.
    pub max_gb: Option<f64>,
    /// Whether a copy is compressed once the client's log is gone.
    pub gzip: bool,
}

impl Settings {
    /// The settings of a configuration, and what could not be used; the errors name the file at `path`.
    pub fn read(config: &Config, path: &Path) -> (Self, Vec<Error>) {
        let mut reader = Reader { path, errors: Vec::new() };
        let settings = match config.group("keep") {
            // The file may be damaged. Then nothing is kept either.
            None if config.is_doubtful("keep") => Settings::nothing(),
            None | Some(Value::Null) => Settings::default(),
            Some(Value::Object(group)) => reader.settings(&group),
            Some(other) => {
                reader.report("keep", &other, "an object", "nothing is copied");
                Settings::nothing()
            }
        };
        (settings, reader.errors)
    }

    /// Keeps nothing, also if a person asks for it: what is kept cannot be seen.
    fn nothing() -> Self {
        Settings { projects: Some(BTreeSet::new()), ..Settings::default() }
    }

    /// Whether conversations of a project may be kept; `None` is one that is not registered.
    pub fn allows(&self, project: Option<&str>) -> bool {
        let is_in = self.projects.as_ref().is_none_or(|all| project.is_some_and(|project| all.contains(project)));
        is_in && !project.is_some_and(|project| self.not_projects.contains(project))
    }

    /// Whether it matters to which project a conversation belongs.
    pub fn chooses(&self) -> bool {
        self.projects.is_some() || !self.not_projects.is_empty()
    }

    /// How many bytes are more than was wanted.
    pub fn excess(&self, bytes: u64) -> Option<u64> {
        let most = (self.max_gb? * 1e9) as u64;
        bytes.checked_sub(most).filter(|excess| *excess > 0)
    }
}

/// Reads one key after the other and collects what is wrong.
struct Reader<'p> {
    path: &'p Path,
    errors: Vec<Error>,
}

impl Reader<'_> {
    fn settings(&mut self, group: &Map<String, Value>) -> Settings {
        // It may be a list that was to forbid something.
        const KEYS: [&str; 5] = ["enabled", "projects", "not_projects", "max_gb", "gzip"];
        let strange: Vec<&String> = group.keys().filter(|key| !KEYS.contains(&key.as_str())).collect();
        for key in &strange {
            let value = group.get(*key).unwrap_or(&Value::Null);
            self.report(&format!("keep.{key}"), value, "no key of this name", "nothing is copied");
        }
        if !strange.is_empty() {
            return Settings::nothing();
        }
        let not = self.slugs(group, "not_projects");
        Settings {
            enabled: self.switch(group, "enabled", "nothing is copied"),
            projects: match not.is_ok() {
                true => self.slugs(group, "projects").unwrap_or(Some(BTreeSet::new())),
                false => Some(BTreeSet::new()),
            },
            not_projects: not.ok().flatten().unwrap_or_default(),
            max_gb: self.max_gb(group),
            gzip: self.switch(group, "gzip", "nothing is compressed"),
        }
    }

    fn switch(&mut self, group: &Map<String, Value>, key: &str, instead: &str) -> bool {
        match group.get(key) {
            None | Some(Value::Null) => false,
            Some(Value::Bool(is_on)) => *is_on,
            Some(other) => {
                self.report(&format!("keep.{key}"), other, "true or false", instead);
                false
            }
        }
    }

    /// A list of slugs. If a part of it cannot be understood, nothing is kept.
    fn slugs(&mut self, group: &Map<String, Value>, key: &str) -> Result<Option<BTreeSet<String>>, ()> {
        let all = match group.get(key) {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => value,
        };
        let text = |value: &Value| value.as_str().filter(|slug| !slug.is_empty()).map(str::to_string);
        let slugs = all.as_array().and_then(|all| all.iter().map(text).collect::<Option<BTreeSet<String>>>());
        if slugs.is_none() {
            self.report(&format!("keep.{key}"), all, "a list of slugs of projects", "nothing is copied");
        }
        slugs.map(Some).ok_or(())
    }

    fn max_gb(&mut self, group: &Map<String, Value>) -> Option<f64> {
        let value = group.get("max_gb").filter(|value| !value.is_null())?;
        let number = value.as_f64().filter(|number| (0.0..=1e6).contains(number));
        if number.is_none() {
            self.report("keep.max_gb", value, "a number of GB from 0 to 1,000,000", "there is no limit");
        }
        number
    }

    fn report(&mut self, key: &str, value: &Value, wanted: &str, instead: &str) {
        self.errors.push(config::wrong_setting(self.path, key, &value.to_string(), wanted, instead));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Settings, Vec<String>) {
        let path = Path::new("/x/config.json");
        let config = Config::read(path, text.as_bytes());
        let (settings, errors) = Settings::read(&config, path);
        (settings, errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn nothing_is_kept_unless_it_is_wanted() {
        for text in ["{}", r#"{"keep": null}"#, r#"{"keep": {}}"#] {
            assert_eq!(read(text), (Settings::default(), Vec::new()), "{text}");
        }
        let (settings, told) = read(
            r#"{"keep": {"enabled": true, "projects": ["web", "api"], "not_projects": ["api"], "max_gb": 2.5, "gzip": true}}"#,
        );
        assert_eq!(told, [""; 0]);
        let allowed = |slug| settings.allows(slug);
        assert_eq!([Some("web"), Some("api"), Some("x"), None].map(allowed), [true, false, false, false]);
        assert!(settings.enabled && settings.gzip && settings.chooses());
        assert_eq!([2_500_000_000, 2_500_000_001].map(|bytes| settings.excess(bytes)), [None, Some(1)]);
        assert!(Settings::default().allows(None) && !Settings::default().chooses());
    }

    #[test]
    fn nothing_is_kept_if_a_setting_may_forbid_it() {
        for text in [
            "{",
            "[]",
            r#"{"keep": 7}"#,
            r#"{"keep": {"projects": "web"}}"#,
            r#"{"keep": {"projcts": ["api"]}}"#,
            r#"{"keep": {"not_projects": [7]}}"#,
            r#"{"keep": {"not_projects": {}, "projects": ["web"]}}"#,
        ] {
            let (settings, _) = read(text);
            assert!(!settings.allows(Some("web")) && !settings.allows(None), "{text}");
        }
        let (settings, told) = read(r#"{"keep": {"enabled": "yes", "max_gb": -1, "gzip": 1}}"#);
        assert_eq!((settings, told.len()), (Settings::default(), 3));
    }
}
