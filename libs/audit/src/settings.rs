//! Owns the settings of the log: the group `audit` of `config.json`. The group is parsed only here. Must stay true: a part
//! that cannot be used affects nothing else, and is reported. If it cannot be seen whether something may be logged, it is
//! not. A rule is used as a whole or not at all: without one of its conditions it would apply to more.

use cs_core::config::{self, Config};
use cs_core::error::Error;
use rules::{Rule, Rules};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::path::Path;

/// Maximum number of own rules.
const RULES: usize = 200;

/// The group.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Whether calls of tools are logged.
    pub enabled: bool,
    /// Rules of the user. One with the id of one of ours replaces it.
    pub rules: Vec<Rule>,
    /// The slugs of projects in which every edit is reported.
    pub sensitive_projects: BTreeSet<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { enabled: true, rules: Vec::new(), sensitive_projects: BTreeSet::new() }
    }
}

impl Settings {
    /// The settings of a configuration, and what could not be used; the errors name the file at `path`.
    pub fn read(config: &Config, path: &Path) -> (Self, Vec<Error>) {
        let mut reader = Reader { path, errors: Vec::new() };
        let settings = match config.group("audit") {
            // The file is damaged, and may say that nothing is logged.
            None => Settings { enabled: !config.is_doubtful("audit"), ..Settings::default() },
            Some(Value::Null) => Settings::default(),
            Some(Value::Object(group)) => reader.settings(&group),
            Some(other) => {
                reader.report("audit", &other, "an object", "nothing is logged");
                Settings { enabled: false, ..Settings::default() }
            }
        };
        (settings, reader.errors)
    }

    /// Our rules and those of the user.
    pub fn all_rules(&self) -> Rules {
        Rules::with(self.rules.clone())
    }
}

/// Reads one key after the other and collects what is wrong.
struct Reader<'p> {
    path: &'p Path,
    errors: Vec<Error>,
}

impl Reader<'_> {
    fn settings(&mut self, group: &Map<String, Value>) -> Settings {
        Settings {
            enabled: self.enabled(group),
            rules: self.rules(group),
            sensitive_projects: self.sensitive_projects(group),
        }
    }

    fn enabled(&mut self, group: &Map<String, Value>) -> bool {
        match group.get("enabled") {
            None | Some(Value::Null) => true,
            Some(Value::Bool(is_enabled)) => *is_enabled,
            Some(other) => {
                self.report("audit.enabled", other, "true or false", "nothing is logged");
                false
            }
        }
    }

    fn rules(&mut self, group: &Map<String, Value>) -> Vec<Rule> {
        let all = match group.get("rules") {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(all)) => all,
            Some(other) => {
                self.report("audit.rules", other, "a list of rules", "it is ignored");
                return Vec::new();
            }
        };
        if all.len() > RULES {
            let reason = format!("audit.rules has {} rules; only the first {RULES} are used", all.len());
            self.errors.push(Error::corrupt(self.path, reason));
        }
        all.iter().take(RULES).enumerate().filter_map(|(n, value)| self.rule(n, value)).collect()
    }

    fn rule(&mut self, n: usize, value: &Value) -> Option<Rule> {
        let read = Rule::read(value);
        read.map_err(|reason| {
            let id = value.get("id").and_then(Value::as_str).map(|id| format!(" ({})", cs_core::validate::cut(id, 40)));
            let reason = format!("audit.rules[{n}]{}: {reason}; the rule is ignored", id.unwrap_or_default());
            self.errors.push(Error::corrupt(self.path, reason));
        })
        .ok()
    }

    fn sensitive_projects(&mut self, group: &Map<String, Value>) -> BTreeSet<String> {
        let all = match group.get("sensitive_projects") {
            None | Some(Value::Null) => return BTreeSet::new(),
            Some(Value::Array(all)) => all,
            Some(other) => {
                self.report("audit.sensitive_projects", other, "a list of slugs", "it is ignored");
                return BTreeSet::new();
            }
        };
        let slug = |(n, value): (usize, &Value)| match value {
            Value::String(slug) if !slug.is_empty() => Some(slug.clone()),
            other => {
                self.report(&format!("audit.sensitive_projects[{n}]"), other, "the slug of a project", "it is ignored");
                None
            }
        };
        all.iter().enumerate().filter_map(slug).collect()
    }

    fn report(&mut self, key: &str, value: &Value, wanted: &str, instead: &str) {
        self.errors.push(config::wrong_setting(self.path, key, &value.to_string(), wanted, instead));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::{Call, judge};

    fn read(text: &str) -> (Settings, Vec<String>) {
        let path = Path::new("/x/config.json");
        let config = Config::read(path, text.as_bytes());
        let (settings, errors) = Settings::read(&config, path);
        (settings, errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn settings_are_read() {
        for text in ["{}", r#"{"audit": null}"#, r#"{"audit": {"later": 1}}"#, r#"{"agents": 7}"#] {
            assert_eq!(read(text), (Settings::default(), Vec::new()), "{text}");
        }
        let (settings, told) = read(
            r#"{"audit": {"enabled": false, "sensitive_projects": ["web", "api"], "rules":
                [{"id": "deploy", "program": ["deploy", "ship*"], "flags_not": ["--plan"], "verdict": "destructive",
                  "severity": 3}]}}"#,
        );
        assert_eq!(told, [""; 0]);
        assert!(!settings.enabled && settings.sensitive_projects.contains("web"));
        let verdicts = |line: &str| judge(&Call::shell(line), &settings.all_rules()).verdicts;
        assert_eq!((verdicts("ship-it now").len(), verdicts("deploy --plan").len()), (1, 0));
    }

    #[test]
    fn a_rule_of_the_user_replaces_ours_of_the_same_id() {
        let (settings, _) = read(
            r#"{"audit": {"rules": [{"id": "rm-recursive", "program": ["rm"], "flags_any": ["-r"],
                "arg_not": ["target"], "verdict": "destructive"}]}}"#,
        );
        let count = |line: &str| judge(&Call::shell(line), &settings.all_rules()).verdicts.len();
        assert_eq!((count("rm -r target"), count("rm -r src"), count("git push -f")), (0, 1, 1));
    }

    #[test]
    fn a_damaged_part_is_reported_and_affects_nothing_else() {
        let good = r#"{"id": "a", "program": ["a"], "verdict": "install"}"#;
        let long = "x".repeat(300);
        let (settings, told) = read(&format!(
            r#"{{"audit": {{"sensitive_projects": ["web", 7], "rules": [{good}, 7, {{"id": "b"}},
                {{"id": "c", "program": ["c"], "verdict": "bad"}}, {{"id": "d", "verdict": "install"}},
                {{"id": "e", "program": ["e"], "verdict": "install", "flag": ["-x"]}},
                {{"id": "f", "program": ["{long}"], "verdict": "install"}},
                {{"id": "g h", "program": ["g"], "verdict": "install"}},
                {{"id": "i", "program": ["i"], "verdict": "install", "severity": 4}},
                {{"id": "opaque-pipe", "program": ["j"], "verdict": "install"}}]}}}}"#
        ));
        assert_eq!((told.len(), settings.rules.len()), (10, 1), "{told:#?}");
        assert!(told.iter().all(|told| told.starts_with("cannot understand /x/config.json: audit.")), "{told:#?}");
        assert!(settings.enabled && settings.sensitive_projects.contains("web"));
    }

    #[test]
    fn nothing_is_logged_if_the_setting_may_forbid_it() {
        for text in [r#"{"audit": 7}"#, r#"{"audit": {"enabled": "no"}}"#, "{", "[]"] {
            assert!(!read(text).0.enabled, "{text}");
        }
        assert!(read(r#"{"audit": {"rules": 7}}"#).0.enabled && read(r#"{"settings": 7}"#).0.enabled);
    }
}
