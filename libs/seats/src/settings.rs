//! Owns the settings of agents in seats: the group `agents` of `config.json`, beside `settings`. The group is parsed only
//! here. Must stay true: a value that cannot be used affects nothing else; its default is used, and it is reported. What
//! decides about permissions (`command`, `args`, `templates`) is used as a whole, or not at all.

use cs_core::config::{self, Config};
use cs_core::error::{Error, Result};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// The group.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// How each client is started, by its short name.
    pub clients: BTreeMap<String, Client>,
    /// Prepared agents, by their names.
    pub templates: BTreeMap<String, Template>,
    /// Who may write to whom.
    pub reach: Reach,
    /// How many agents may be above a new one.
    pub max_depth: u32,
    /// How many open seats one agent may have spawned.
    pub max_children: usize,
    /// How many seats one agent may spawn within a minute.
    pub spawns_a_minute: usize,
    /// A program that makes a text of a summary, and its arguments; empty for none.
    pub summary_command: Vec<String>,
}

/// How a client is started.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Client {
    /// Its program and the arguments that always come first; empty for the program's own name.
    pub command: Vec<String>,
    /// Further arguments.
    pub args: Vec<String>,
    /// The model, if a call names none.
    pub model: Option<String>,
    /// The effort, if a call names none.
    pub effort: Option<String>,
}

/// A prepared agent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template {
    /// The folder in which it works.
    pub cwd: Option<String>,
    /// The client's short name.
    pub agent: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// The effort.
    pub effort: Option<String>,
    /// Further arguments, after those of the client.
    pub args: Vec<String>,
    /// What stands before the prompt of a call.
    pub prompt: Option<String>,
}

/// To whom an agent may write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// To agents of the same project, its parent and its children.
    #[default]
    Project,
    /// To all agents.
    All,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            clients: BTreeMap::new(),
            templates: BTreeMap::new(),
            reach: Reach::Project,
            max_depth: 3,
            max_children: 8,
            spawns_a_minute: 4,
            summary_command: Vec::new(),
        }
    }
}

/// The largest limit that can be set.
const LARGEST: u64 = 1000;

impl Settings {
    /// The settings of a configuration, and what could not be used; the errors name the file at `path`. `clients` are the
    /// short names of all clients.
    pub fn read(config: &Config, path: &Path, clients: &[&str]) -> (Self, Vec<Error>) {
        let mut reader = Reader { path, clients, errors: Vec::new() };
        let settings = match config.group("agents") {
            None | Some(Value::Null) => Settings::default(),
            Some(Value::Object(group)) => reader.settings(&group),
            Some(other) => {
                reader.report("agents", &other, "an object", "it is ignored");
                Settings::default()
            }
        };
        (settings, reader.errors)
    }

    /// How a client is started, by its short name.
    pub fn client(&self, short: &str) -> Client {
        self.clients.get(short).cloned().unwrap_or_default()
    }

    /// The template with this name.
    pub fn template(&self, name: &str) -> Result<&Template> {
        self.templates.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.templates.keys().map(String::as_str).collect();
            let known = if known.is_empty() { "there are none".to_string() } else { known.join(", ") };
            Error::Missing(format!("no template {name:?} in agents.templates of config.json; known: {known}"))
        })
    }
}

/// Reads one key after the other and collects what is wrong.
struct Reader<'p> {
    path: &'p Path,
    clients: &'p [&'p str],
    errors: Vec<Error>,
}

impl Reader<'_> {
    fn settings(&mut self, group: &Map<String, Value>) -> Settings {
        let normal = Settings::default();
        let clients: BTreeMap<String, Client> = self
            .clients
            .iter()
            .filter_map(|name| Some((name.to_string(), self.client(name, group.get(*name)?))))
            .collect();
        Settings {
            clients,
            templates: self.templates(group),
            reach: self.reach(group),
            max_depth: self.number(group, "max_depth", normal.max_depth.into(), 0) as u32,
            max_children: self.number(group, "max_children", normal.max_children as u64, 0) as usize,
            spawns_a_minute: self.number(group, "spawns_a_minute", normal.spawns_a_minute as u64, 1) as usize,
            summary_command: self.words(group, "agents", "summary_command"),
        }
    }

    fn client(&mut self, name: &str, value: &Value) -> Client {
        let of = format!("agents.{name}");
        let group = match value {
            Value::Null => return Client::default(),
            Value::Object(group) => group,
            other => {
                self.report(&of, other, "an object", "it is ignored");
                return Client::default();
            }
        };
        Client {
            command: self.words(group, &of, "command"),
            args: self.words(group, &of, "args"),
            model: self.text(group, &of, "model"),
            effort: self.text(group, &of, "effort"),
        }
    }

    fn templates(&mut self, group: &Map<String, Value>) -> BTreeMap<String, Template> {
        let all = match group.get("templates") {
            None | Some(Value::Null) => return BTreeMap::new(),
            Some(Value::Object(all)) => all,
            Some(other) => {
                self.report("agents.templates", other, "an object", "it is ignored");
                return BTreeMap::new();
            }
        };
        all.iter().filter_map(|(name, value)| Some((name.clone(), self.template(name, value)?))).collect()
    }

    /// A template of which one part cannot be used is not used at all: the rest may mean something else without it.
    fn template(&mut self, name: &str, value: &Value) -> Option<Template> {
        let before = self.errors.len();
        let of = format!("agents.templates.{name}");
        let Some(group) = value.as_object() else {
            self.report(&of, value, "an object", "it is ignored");
            return None;
        };
        let template = Template {
            cwd: self.text(group, &of, "cwd"),
            agent: self.text(group, &of, "agent"),
            model: self.text(group, &of, "model"),
            effort: self.text(group, &of, "effort"),
            args: self.words(group, &of, "args"),
            prompt: self.text(group, &of, "prompt"),
        };
        (self.errors.len() == before).then_some(template)
    }

    fn reach(&mut self, group: &Map<String, Value>) -> Reach {
        match group.get("reach") {
            None | Some(Value::Null) => Reach::Project,
            Some(Value::String(word)) if word == "project" => Reach::Project,
            Some(Value::String(word)) if word == "all" => Reach::All,
            Some(other) => {
                self.report("agents.reach", other, "project or all", "project is used");
                Reach::Project
            }
        }
    }

    fn number(&mut self, group: &Map<String, Value>, key: &str, normal: u64, least: u64) -> u64 {
        let Some(value) = group.get(key) else { return normal };
        if let Some(number) = value.as_u64().filter(|number| (least..=LARGEST).contains(number)) {
            return number;
        }
        let wanted = format!("a whole number from {least} to {LARGEST}");
        self.report(&format!("agents.{key}"), value, &wanted, &format!("{normal} is used"));
        normal
    }

    fn text(&mut self, group: &Map<String, Value>, of: &str, key: &str) -> Option<String> {
        match group.get(key) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if !text.trim().is_empty() && !text.contains('\0') => Some(text.clone()),
            Some(other) => {
                self.report(&format!("{of}.{key}"), other, "a text", "it is ignored");
                None
            }
        }
    }

    fn words(&mut self, group: &Map<String, Value>, of: &str, key: &str) -> Vec<String> {
        let value = match group.get(key) {
            None | Some(Value::Null) => return Vec::new(),
            Some(value) => value,
        };
        let word = |word: &Value| word.as_str().filter(|word| !word.contains('\0')).map(str::to_string);
        let words: Option<Vec<String>> = value.as_array().and_then(|words| words.iter().map(word).collect());
        let is_fit = |words: &Vec<String>| words.first().is_none_or(|first| !first.is_empty());
        words.filter(is_fit).unwrap_or_else(|| {
            self.report(&format!("{of}.{key}"), value, "a list of texts", "it is ignored");
            Vec::new()
        })
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
        let (settings, errors) = Settings::read(&config, path, &["one", "two"]);
        (settings, errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn settings_are_read() {
        let (settings, told) = read(
            r#"{"agents": {"one": {"command": ["/opt/one"], "args": ["--debug"], "model": "opus"},
                "templates": {"tester": {"cwd": "/src/api", "agent": "two", "prompt": "Test."}},
                "reach": "all", "max_depth": 1, "max_children": 20, "spawns_a_minute": 9, "later": {"x": 1}}}"#,
        );
        assert_eq!(told, [""; 0]);
        let one = settings.client("one");
        assert_eq!((one.command, one.args), (vec!["/opt/one".to_string()], vec!["--debug".to_string()]));
        assert_eq!((one.model.as_deref(), settings.client("two")), (Some("opus"), Client::default()));
        let template = settings.template("tester").unwrap();
        assert_eq!((template.agent.as_deref(), template.prompt.as_deref()), (Some("two"), Some("Test.")));
        assert!(settings.template("none").unwrap_err().to_string().contains("known: tester"));
        let limits = (settings.max_depth, settings.max_children, settings.spawns_a_minute);
        assert_eq!((settings.reach, limits), (Reach::All, (1, 20, 9)));
        assert_eq!(read("{}"), (Settings::default(), Vec::new()));
    }

    #[test]
    fn a_damaged_value_is_reported_and_its_default_is_used() {
        let (settings, told) = read(
            r#"{"agents": {"one": {"command": "one --x", "model": 7}, "two": 7, "reach": "none",
                "templates": {"a": {"args": "--x", "prompt": "p"}, "b": {"prompt": "p"}, "c": 7},
                "max_depth": -1, "max_children": "8", "spawns_a_minute": 0, "summary_command": [7]}}"#,
        );
        assert_eq!(told.len(), 10, "{told:#?}");
        assert!(told.iter().all(|told| told.starts_with("cannot understand /x/config.json: agents.")), "{told:#?}");
        assert_eq!(settings.templates.keys().collect::<Vec<_>>(), ["b"], "a template is used as a whole or not at all");
        let rest = Settings { clients: BTreeMap::new(), templates: BTreeMap::new(), ..settings };
        assert_eq!(rest, Settings::default());
        assert_eq!(read(r#"{"agents": []}"#).1.len(), 1);
    }
}
