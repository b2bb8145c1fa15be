//! Owns the settings of the guard: the group `guard` of `config.json`. The group is parsed only here. Must stay true: if
//! any part of it cannot be used, the whole guard only logs: half of what a person wanted could stop the wrong calls.

use super::changed;
use cs_core::config::{self, Config};
use cs_core::error::Error;
use rules::{Rule, Rules, Words};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Component, Path};

/// What happens to a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It is logged, as every call.
    #[default]
    Log,
    /// A person is asked.
    Ask,
    /// It is not made.
    Deny,
}

impl Action {
    /// All of them.
    pub const ALL: [Action; 3] = [Action::Log, Action::Ask, Action::Deny];

    /// Its word in the settings.
    pub fn word(self) -> &'static str {
        match self {
            Action::Log => "log",
            Action::Ask => "ask",
            Action::Deny => "deny",
        }
    }
}

/// Folders in which a rule does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// The rule.
    pub rule: String,
    /// A name, for each folder of the project with that name, or a path from the top of the project.
    pub under: Vec<String>,
}

/// The group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What happens to a call with a destructive verdict.
    pub mode: Action,
    /// What happens to a call with a verdict of one rule.
    pub rules: BTreeMap<String, Action>,
    /// Folders in which rules do not count.
    pub allow: Vec<Allow>,
    /// What happens to a change of a file that somebody else has leased; [`Action::Log`] is `off`.
    pub leases: Action,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { mode: Action::Ask, rules: BTreeMap::new(), allow: Vec::new(), leases: Action::Log }
    }
}

impl Settings {
    /// Nothing is asked and nothing is denied.
    pub const LOG_ONLY: Settings =
        Settings { mode: Action::Log, rules: BTreeMap::new(), allow: Vec::new(), leases: Action::Log };

    /// The settings of a configuration, and what could not be used; the errors name the file at `path`. With an error
    /// they are [`Settings::LOG_ONLY`]. `known` are all rules.
    pub fn read(config: &Config, path: &Path, known: &Rules) -> (Self, Vec<Error>) {
        let mut reader = Reader { path, known, errors: Vec::new() };
        let settings = match config.group("guard") {
            // The file is damaged, which is reported as such.
            None if config.is_doubtful("guard") => return (Settings::LOG_ONLY, Vec::new()),
            None | Some(Value::Null) => Settings::default(),
            Some(Value::Object(group)) => reader.settings(&group),
            Some(other) => {
                reader.report("guard", &other, "an object");
                Settings::LOG_ONLY
            }
        };
        if reader.errors.is_empty() { (settings, reader.errors) } else { (Settings::LOG_ONLY, reader.errors) }
    }

    /// Whether no call can be asked about or denied, whatever the rules say.
    pub fn only_logs(&self) -> bool {
        self.mode == Action::Log && self.leases == Action::Log && self.rules.values().all(|it| *it == Action::Log)
    }
}

/// Reads one key after the other and collects what is wrong.
struct Reader<'p> {
    path: &'p Path,
    known: &'p Rules,
    errors: Vec<Error>,
}

impl Reader<'_> {
    fn settings(&mut self, group: &Map<String, Value>) -> Settings {
        const KEYS: [&str; 4] = ["mode", "rules", "allow", "leases"];
        for (key, value) in group.iter().filter(|(key, _)| !KEYS.contains(&key.as_str())) {
            self.report(&format!("guard.{key}"), value, &format!("one of {}", KEYS.join(", ")));
        }
        Settings {
            mode: self.action("guard.mode", group.get("mode"), "log").unwrap_or(Action::Ask),
            rules: self.rules(group.get("rules")),
            allow: self.allow(group.get("allow")),
            leases: self.action("guard.leases", group.get("leases"), "off").unwrap_or_default(),
        }
    }

    /// An action; `idle` is the word for the one that does nothing.
    fn action(&mut self, key: &str, value: Option<&Value>, idle: &str) -> Option<Action> {
        let value = value.filter(|value| !value.is_null())?;
        let word = |action: &Action| if *action == Action::Log { idle } else { action.word() };
        let found = Action::ALL.into_iter().find(|action| value.as_str() == Some(word(action)));
        if found.is_none() {
            self.report(key, value, &format!("{idle}, ask or deny"));
        }
        found
    }

    fn rules(&mut self, value: Option<&Value>) -> BTreeMap<String, Action> {
        let all = match value {
            None | Some(Value::Null) => return BTreeMap::new(),
            Some(Value::Object(all)) => all,
            Some(other) => {
                self.report("guard.rules", other, "an object");
                return BTreeMap::new();
            }
        };
        let rule = |(id, value): (&String, &Value)| {
            let key = format!("guard.rules.{}", cs_core::validate::cut(id, 60));
            self.rule(&key, id);
            Some((id.clone(), self.action(&key, Some(value), "log")?))
        };
        all.iter().filter_map(rule).collect()
    }

    /// Reports a rule that does not exist: its name was mistyped.
    fn rule(&mut self, key: &str, id: &str) {
        let is_opaque = rules::OPAQUE.iter().any(|opaque| opaque.id == id);
        if !is_opaque && !self.known.iter().any(|rule| rule.id == *id) {
            self.errors.push(self.error(format!("{key}: there is no such rule; the guard only logs")));
        }
    }

    fn allow(&mut self, value: Option<&Value>) -> Vec<Allow> {
        let all = match value {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(all)) => all,
            Some(other) => {
                self.report("guard.allow", other, "a list");
                return Vec::new();
            }
        };
        all.iter().enumerate().filter_map(|(n, value)| self.allowed(&format!("guard.allow[{n}]"), value)).collect()
    }

    fn allowed(&mut self, key: &str, value: &Value) -> Option<Allow> {
        let rule = value.get("rule").and_then(Value::as_str);
        let under = value.get("under").and_then(Value::as_array);
        let under = under.filter(|all| !all.is_empty());
        let under = under.and_then(|all| all.iter().map(folder).collect::<Option<Vec<String>>>());
        let has_more = value.as_object().is_none_or(|group| group.len() > 2);
        let (Some(rule), Some(under), false) = (rule, under, has_more) else {
            self.report(key, value, r#"{"rule": ID, "under": [FOLDERS OF THE PROJECT]}"#);
            return None;
        };
        let told = self.errors.len();
        self.rule(key, rule);
        if self.errors.len() == told && !self.known.iter().any(|known| known.id == *rule && can_be_allowed(known)) {
            let why = "it cannot be seen which files such a call changes";
            self.errors
                .push(self.error(format!("{key}: {rule} cannot be allowed, because {why}; the guard only logs")));
        }
        Some(Allow { rule: rule.to_string(), under })
    }

    fn report(&mut self, key: &str, value: &Value, wanted: &str) {
        self.errors.push(config::wrong_setting(self.path, key, &value.to_string(), wanted, "the guard only logs"));
    }

    fn error(&self, reason: String) -> Error {
        Error::corrupt(self.path, reason)
    }
}

/// Whether a rule may be about files in the project, and the programs that it is about show which ones they change.
fn can_be_allowed(rule: &Rule) -> bool {
    let is_elsewhere = |words: &Words| !words.is_empty() && !words.any(|word| !word.starts_with(['/', '~', '$']));
    let is_outside = [&rule.writes, &rule.arg_glob, &rule.arg_last].into_iter().any(is_elsewhere);
    let has_more = [&rule.sub, &rule.via, &rule.paths, &rule.statements].into_iter().any(|words| !words.is_empty());
    let knows_flags = |name: &str| {
        let knows_all = |flags: &str| flags.split('+').all(|flag| changed::knows_option(name, flag));
        rule.flags_any.is_empty() || rule.flags_any.any(knows_all)
    };
    let changes = |name: &str| match rule.writes.is_empty() {
        true => changed::is_understood(name) && !changed::by_redirections(name) && knows_flags(name),
        false => changed::is_understood(name),
    };
    !is_outside && !has_more && (rule.program.is_empty() || rule.program.any(changes))
}

/// A folder in a project: a relative path without `..`. It is no pattern.
fn folder(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim_end_matches('/');
    let text = text.strip_prefix("./").unwrap_or(text);
    let is_inside = Path::new(text).components().all(|part| matches!(part, Component::Normal(_)));
    let is_odd = text.contains(|c: char| c.is_control() || "*?[]{}$`\\".contains(c)) || text.starts_with('~');
    let is_git = text.split('/').any(|part| part.eq_ignore_ascii_case(".git"));
    (is_inside && !is_odd && !is_git && !text.is_empty()).then(|| text.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Settings, Vec<String>) {
        let path = Path::new("/x/config.json");
        let config = Config::read(path, text.as_bytes());
        let (settings, errors) = Settings::read(&config, path, &Rules::with(Vec::new()));
        (settings, errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn settings_are_read() {
        let (settings, told) = read(
            r#"{"guard": {"mode": "ask", "rules": {"git-push-force": "deny", "opaque-pipe": "ask"}, "leases": "deny",
                "allow": [{"rule": "rm-recursive", "under": ["target", "./web/node_modules/"]}]}}"#,
        );
        assert_eq!(told, [""; 0]);
        let rules = [("git-push-force".to_string(), Action::Deny), ("opaque-pipe".to_string(), Action::Ask)].into();
        let under = vec!["target".to_string(), "web/node_modules".to_string()];
        let allow = vec![Allow { rule: "rm-recursive".into(), under }];
        assert_eq!(settings, Settings { mode: Action::Ask, rules, allow, leases: Action::Deny });
    }

    #[test]
    fn the_example_of_the_manual_can_be_used() {
        let manual = include_str!("../../../../docs/GUARD.md");
        let (example, _) = manual.split_once("```json\n").unwrap().1.split_once("```").unwrap();
        let (settings, told) = read(&format!("{{{example}}}"));
        assert_eq!((settings.rules.len(), settings.allow.len(), told), (3, 1, Vec::new()));
    }

    #[test]
    fn without_settings_destructive_calls_are_asked_about() {
        for text in ["{}", r#"{"guard": null}"#, r#"{"guard": {}}"#, r#"{"agents": 7}"#] {
            assert_eq!(read(text), (Settings::default(), Vec::new()), "{text}");
        }
        assert!(!Settings::default().only_logs() && Settings::LOG_ONLY.only_logs());
    }

    #[test]
    fn only_rules_about_files_that_can_be_seen_can_be_allowed() {
        let told = |id: &str| read(&format!(r#"{{"guard": {{"allow": [{{"rule": "{id}", "under": ["x"]}}]}}}}"#)).1;
        for id in [
            "rm-recursive",
            "rm-root",
            "rm-all",
            "find-delete",
            "rsync-delete",
            "truncate",
            "shred",
            "chmod-777",
            "chown",
        ] {
            assert_eq!(told(id), [""; 0], "{id}");
        }
        for id in [
            "git-clean",
            "git-discard",
            "sql-destroy",
            "docker-remove",
            "move-to-null",
            "kubectl-delete",
            "rm-many",
            "overwrite-system",
            "rm-system",
            "chmod-recursive",
            "chown-recursive",
            "secret-file",
            "sudo",
        ] {
            let told = told(id);
            assert!(told.len() == 1, "{id}: {told:#?}");
        }
    }

    #[test]
    fn one_broken_part_makes_the_guard_log_only() {
        for group in [
            "7",
            r#"{"mode": "aks"}"#,
            r#"{"mode": true}"#,
            r#"{"mood": "deny"}"#,
            r#"{"leases": "log"}"#,
            r#"{"rules": []}"#,
            r#"{"mode": "deny", "rules": {"git-push-forse": "deny"}}"#,
            r#"{"rules": {"git-push-force": "never"}}"#,
            r#"{"allow": {}}"#,
            r#"{"allow": [{"rule": "rm-recursive"}]}"#,
            r#"{"allow": [{"rule": "rm-recursive", "under": ["."]}]}"#,
            r#"{"allow": [{"rule": "rm-recursive", "under": ["../x"]}]}"#,
            r#"{"allow": [{"rule": "rm-recursive", "under": ["/x"]}]}"#,
            r#"{"allow": [{"rule": "rm-recursif", "under": ["x"]}]}"#,
            r#"{"rules": {"opaque-pipes": "deny"}}"#,
            r#"{"rules": {"opaque-": "deny"}}"#,
            r#"{"allow": [{"rule": "opaque-pipe", "under": ["x"]}]}"#,
            r#"{"allow": [{"rule": "opaque-x", "under": ["x"]}]}"#,
            r#"{"allow": [{"rule": "rm-recursive", "under": []}]}"#,
            r#"{"allow": [{"rule": "rm-recursive", "under": ["*"]}]}"#,
            r#"{"allow": [{"rule": "rm-recursive", "under": ["build/*"]}]}"#,
            r#"{"allow": [{"rule": "rm-recursive", "under": ["$X"]}]}"#,
            r#"{"allow": [{"rule": "rm-recursive", "under": ["a\u0000b"]}]}"#,
            r#"{"allow": [{"rule": "rm-recursive", "under": [".git"]}]}"#,
            r#"{"allow": [{"rule": "rm-recursive", "under": ["x"], "except": ["y"]}]}"#,
        ] {
            let (settings, told) = read(&format!(r#"{{"guard": {group}}}"#));
            assert_eq!(settings, Settings::LOG_ONLY, "{group}");
            let is_told = told.len() == 1 && told[0].contains("guard") && told[0].ends_with("the guard only logs");
            assert!(is_told, "{group}: {told:#?}");
        }
        for text in ["{", "[]", ""] {
            assert_eq!(read(text), (Settings::LOG_ONLY, Vec::new()), "{text}: the whole file is reported elsewhere");
        }
    }
}
