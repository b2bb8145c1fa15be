//! Owns the settings of chats: the group `chat` of `config.json`. The group is parsed only here. Must stay true: a part that
//! cannot be used is reported, and then nothing is sent or read: it may be what was to forbid something.

use crate::role::Role;
use cs_core::config::{self, Config};
use cs_core::error::Error;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The name of the group, and of its only part.
const GROUP: &str = "chat.telegram";
/// What happens if something cannot be used.
const INSTEAD: &str = "nothing is sent to a chat or read from one";
/// The public address of the Bot API.
pub const API: &str = "https://api.telegram.org";
/// Where the token is, in the user's own folder.
pub const TOKEN_FILE: &str = ".config/claude-sessions/telegram";
/// Addresses of this machine, which need no encryption.
const LOOPBACK: [&str; 3] = ["http://127.0.0.1", "http://localhost", "http://[::1]"];

/// What else a chat is sent at the end of each turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mirror {
    /// Nothing.
    #[default]
    Off,
    /// What the agent said.
    Answers,
    /// Also what the person typed at the terminal.
    All,
}

/// What a chat is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// A session or an agent waits for the person.
    Waiting,
    /// A turn failed, or a process ended without reporting it.
    Failed,
    /// An agent ended.
    Ended,
    /// An agent spawned another one.
    Spawned,
    /// A child's turn ended.
    ChildDone,
    /// Limits, budgets, planned starts.
    Limits,
    /// No sign of life for long.
    Stale,
    /// Parked for long.
    Parked,
}

/// All events.
const EVENTS: [Event; 8] = [
    Event::Waiting,
    Event::Failed,
    Event::Ended,
    Event::Spawned,
    Event::ChildDone,
    Event::Limits,
    Event::Stale,
    Event::Parked,
];

impl Event {
    /// Its key in `chat.telegram.events`.
    pub fn as_str(self) -> &'static str {
        match self {
            Event::Waiting => "waiting",
            Event::Failed => "failed",
            Event::Ended => "ended",
            Event::Spawned => "spawned",
            Event::ChildDone => "child_done",
            Event::Limits => "limits",
            Event::Stale => "stale",
            Event::Parked => "parked",
        }
    }

    /// Whether a phone makes a sound.
    pub fn is_loud(self) -> bool {
        matches!(self, Event::Waiting | Event::Failed)
    }
}

/// The group.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The file with the token.
    pub config_file: PathBuf,
    /// The address of the Bot API, without a slash at its end.
    pub api: String,
    /// The chats from which commands are taken, and which are told. The first one gets notices.
    pub chats: Vec<i64>,
    /// The people from whom commands are taken, by their number.
    pub users: BTreeMap<i64, Role>,
    /// Whether each project or seat has a topic of its own.
    pub topics: bool,
    /// What else is sent at the end of each turn.
    pub mirror: Mirror,
    /// The slugs of the projects in which `/new` may start an agent.
    pub new_projects: BTreeSet<String>,
    /// Whether `/kill` may end an agent.
    pub kill: bool,
    /// What is not told.
    pub silenced: BTreeSet<Event>,
    /// Whether a part cannot be used, so that nothing may be sent or read.
    pub is_doubtful: bool,
}

impl Settings {
    /// The settings of a configuration, and what could not be used; the errors name the file at `path`. `None` if no chat
    /// is set up. `user` is the user's own folder, for paths that begin with `~/`.
    pub fn read(config: &Config, path: &Path, user: Option<&Path>) -> (Option<Self>, Vec<Error>) {
        let mut reader = Reader { path, user, errors: Vec::new() };
        let settings = match config.group("chat") {
            // The file may be damaged.
            None if config.is_doubtful("chat") => Some(Settings { is_doubtful: true, ..reader.settings(&Map::new()) }),
            None | Some(Value::Null) => None,
            Some(Value::Object(group)) => match group.get("telegram") {
                None | Some(Value::Null) => None,
                Some(Value::Object(group)) => Some(reader.settings(group)),
                Some(other) => {
                    reader.report("", other, "an object");
                    Some(reader.settings(&Map::new()))
                }
            },
            Some(other) => {
                reader.errors.push(config::wrong_setting(path, "chat", &other.to_string(), "an object", INSTEAD));
                Some(reader.settings(&Map::new()))
            }
        };
        let is_doubtful = !reader.errors.is_empty();
        let settings =
            settings.map(|settings| Settings { is_doubtful: settings.is_doubtful || is_doubtful, ..settings });
        (settings, reader.errors)
    }

    /// Those of a chat that is set up for the first time.
    pub fn fresh(user: Option<&Path>) -> Self {
        Reader { path: Path::new(""), user, errors: Vec::new() }.settings(&Map::new())
    }

    /// Whether anybody is allowed anything. If not, nothing is read.
    pub fn reads(&self) -> bool {
        !self.is_doubtful && !self.chats.is_empty() && !self.users.is_empty()
    }

    /// What a person may do in a chat; `None` if nothing.
    pub fn role(&self, chat: i64, user: i64) -> Option<Role> {
        if self.is_doubtful || !self.chats.contains(&chat) {
            return None;
        }
        self.users.get(&user).copied()
    }

    /// Whether a chat is told of this.
    pub fn tells(&self, event: Event) -> bool {
        !self.is_doubtful && !self.silenced.contains(&event)
    }
}

/// Reads one key after the other and collects what is wrong.
struct Reader<'p> {
    path: &'p Path,
    user: Option<&'p Path>,
    errors: Vec<Error>,
}

impl Reader<'_> {
    fn settings(&mut self, group: &Map<String, Value>) -> Settings {
        const KEYS: [&str; 8] = ["config_file", "api", "allow", "topics", "mirror", "new", "kill", "events"];
        self.only(group, &KEYS, "");
        let allow = self.object(group, "allow");
        self.only(&allow, &["chats", "users"], "allow.");
        let new = self.object(group, "new");
        self.only(&new, &["projects"], "new.");
        Settings {
            config_file: self.file(group),
            api: self.api(group),
            chats: self.chats(&allow),
            users: self.users(&allow),
            topics: self.switch(group, "topics", true),
            mirror: self.mirror(group),
            new_projects: self.projects(&new),
            kill: self.switch(group, "kill", false),
            silenced: self.silenced(group),
            is_doubtful: false,
        }
    }

    /// Reports keys that nobody knows: a word that was misspelt may have been to forbid something.
    fn only(&mut self, group: &Map<String, Value>, keys: &[&str], before: &str) {
        for (key, value) in group.iter().filter(|(key, _)| !keys.contains(&key.as_str())) {
            self.report(&format!("{before}{key}"), value, "no key of this name");
        }
    }

    fn object(&mut self, group: &Map<String, Value>, key: &str) -> Map<String, Value> {
        match group.get(key) {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(inner)) => inner.clone(),
            Some(other) => {
                self.report(key, other, "an object");
                Map::new()
            }
        }
    }

    fn switch(&mut self, group: &Map<String, Value>, key: &str, default: bool) -> bool {
        match group.get(key) {
            None | Some(Value::Null) => default,
            Some(Value::Bool(is_on)) => *is_on,
            Some(other) => {
                self.report(key, other, "true or false");
                default
            }
        }
    }

    /// A job has another current directory than a person, so a path begins with a slash or the user's folder.
    fn file(&mut self, group: &Map<String, Value>) -> PathBuf {
        let default = || self.user.unwrap_or(Path::new("/")).join(TOKEN_FILE);
        let text = match group.get("config_file") {
            None | Some(Value::Null) => return default(),
            Some(value) => value.as_str().unwrap_or_default(),
        };
        let path = match (text.strip_prefix("~/"), self.user) {
            (Some(rest), Some(user)) => user.join(rest),
            _ => PathBuf::from(text),
        };
        if path.is_absolute() {
            return path;
        }
        let fallback = default();
        self.report("config_file", &Value::from(text), "a path that begins with / or ~/");
        fallback
    }

    fn api(&mut self, group: &Map<String, Value>) -> String {
        let value = match group.get("api") {
            None | Some(Value::Null) => return API.to_string(),
            Some(value) => value,
        };
        let text = value.as_str().unwrap_or_default().trim_end_matches('/');
        let is_plain = text.bytes().all(|c| c.is_ascii_graphic() && !matches!(c, b'"' | b'\\' | b'?' | b'#' | b'@'));
        if is_plain && (text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty()) || is_loopback(text)) {
            return text.to_string();
        }
        self.report("api", value, "an address such as https://api.telegram.org (http only on this machine)");
        API.to_string()
    }

    fn chats(&mut self, allow: &Map<String, Value>) -> Vec<i64> {
        let Some(value) = allow.get("chats").filter(|value| !value.is_null()) else { return Vec::new() };
        let chats = value.as_array().and_then(|all| all.iter().map(Value::as_i64).collect::<Option<Vec<i64>>>());
        chats.unwrap_or_else(|| {
            self.report("allow.chats", value, "a list of the numbers of chats");
            Vec::new()
        })
    }

    fn users(&mut self, allow: &Map<String, Value>) -> BTreeMap<i64, Role> {
        let Some(value) = allow.get("users").filter(|value| !value.is_null()) else { return BTreeMap::new() };
        let role = |(id, role): (&String, &Value)| Some((id.parse().ok()?, Role::parse(role.as_str()?)?));
        let users = match value {
            Value::Array(all) => all.iter().map(|id| Some((id.as_i64()?, Role::Admin))).collect(),
            Value::Object(all) => all.iter().map(role).collect(),
            _ => None,
        };
        users.unwrap_or_else(|| {
            let wanted = "a list of the numbers of people, or an object such as {\"42\": \"admin\", \"43\": \"view\"} \
                          (admin, interact, view)";
            self.report("allow.users", value, wanted);
            BTreeMap::new()
        })
    }

    fn mirror(&mut self, group: &Map<String, Value>) -> Mirror {
        match group.get("mirror") {
            None | Some(Value::Null) => Mirror::Off,
            Some(value) => match value.as_str() {
                Some("off") => Mirror::Off,
                Some("answers") => Mirror::Answers,
                Some("all") => Mirror::All,
                _ => {
                    self.report("mirror", value, "\"off\", \"answers\" or \"all\"");
                    Mirror::Off
                }
            },
        }
    }

    fn projects(&mut self, new: &Map<String, Value>) -> BTreeSet<String> {
        let Some(value) = new.get("projects").filter(|value| !value.is_null()) else { return BTreeSet::new() };
        let slug = |value: &Value| value.as_str().filter(|slug| !slug.is_empty()).map(str::to_string);
        let slugs = value.as_array().and_then(|all| all.iter().map(slug).collect::<Option<BTreeSet<String>>>());
        slugs.unwrap_or_else(|| {
            self.report("new.projects", value, "a list of slugs of projects");
            BTreeSet::new()
        })
    }

    fn silenced(&mut self, group: &Map<String, Value>) -> BTreeSet<Event> {
        let events = self.object(group, "events");
        let words: Vec<&str> = EVENTS.into_iter().map(Event::as_str).collect();
        self.only(&events, &words, "events.");
        let mut silenced = BTreeSet::new();
        for event in EVENTS {
            match events.get(event.as_str()) {
                None | Some(Value::Null | Value::Bool(true)) => {}
                Some(Value::Bool(false)) => drop(silenced.insert(event)),
                Some(other) => self.report(&format!("events.{}", event.as_str()), other, "true or false"),
            }
        }
        silenced
    }

    fn report(&mut self, key: &str, value: &Value, wanted: &str) {
        let name = if key.is_empty() { GROUP.to_string() } else { format!("{GROUP}.{key}") };
        self.errors.push(config::wrong_setting(self.path, &name, &value.to_string(), wanted, INSTEAD));
    }
}

/// Whether an address is one of this machine.
fn is_loopback(text: &str) -> bool {
    LOOPBACK.iter().any(|own| {
        text.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with(':') || rest.starts_with('/'))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<Settings>, Vec<String>) {
        let path = Path::new("/x/config.json");
        let config = Config::read(path, text.as_bytes());
        let (settings, errors) = Settings::read(&config, path, Some(Path::new("/home/dev")));
        (settings, errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn no_chat_is_set_up_unless_it_is_written() {
        for text in ["{}", r#"{"chat": null}"#, r#"{"chat": {}}"#, r#"{"chat": {"telegram": null}}"#] {
            assert_eq!(read(text), (None, Vec::new()), "{text}");
        }
        let (settings, told) = read(r#"{"chat": {"telegram": {}}}"#);
        let settings = settings.unwrap();
        assert!(told.is_empty() && !settings.reads() && settings.topics && !settings.kill);
        assert_eq!(settings.config_file, Path::new("/home/dev/.config/claude-sessions/telegram"));
        assert_eq!((settings.api.as_str(), settings.mirror), (API, Mirror::Off));
    }

    #[test]
    fn roles_are_those_of_people_in_chats_that_are_allowed() {
        let all = r#"{"chat": {"telegram": {"allow": {"chats": [-4711], "users": {"42": "admin", "43": "interact", "44": "view"}},
            "mirror": "all", "new": {"projects": ["api"]}, "kill": true, "topics": false, "events": {"stale": false}}}}"#;
        let (settings, told) = read(all);
        let settings = settings.unwrap();
        assert_eq!(told, [""; 0]);
        let roles = [42, 43, 44, 45].map(|user| settings.role(-4711, user));
        assert_eq!(roles, [Some(Role::Admin), Some(Role::Interact), Some(Role::View), None]);
        assert_eq!(settings.role(4711, 42), None);
        assert!(settings.kill && !settings.topics && !settings.tells(Event::Stale) && settings.tells(Event::Waiting));
        let (listed, _) = read(r#"{"chat": {"telegram": {"allow": {"chats": [1], "users": [42]}}}}"#);
        assert_eq!(listed.unwrap().role(1, 42), Some(Role::Admin));
    }

    #[test]
    fn nothing_is_sent_or_read_if_a_setting_may_forbid_it() {
        for text in [
            "{",
            r#"{"chat": 7}"#,
            r#"{"chat": {"telegram": []}}"#,
            r#"{"chat": {"telegram": {"allow": {"chats": ["1"], "users": [42]}}}}"#,
            r#"{"chat": {"telegram": {"allow": {"chats": [1], "users": {"42": "boss"}}}}}"#,
            r#"{"chat": {"telegram": {"allow": {"chats": [1], "users": [42], "user": []}}}}"#,
            r#"{"chat": {"telegram": {"api": "http://example.org"}}}"#,
            r#"{"chat": {"telegram": {"api": "http://localhost.example.org"}}}"#,
            r#"{"chat": {"telegram": {"api": "https://a\"b"}}}"#,
            r#"{"chat": {"telegram": {"mirror": "everything"}}}"#,
            r#"{"chat": {"telegram": {"kill": "yes"}}}"#,
            r#"{"chat": {"telegram": {"events": {"waitng": false}}}}"#,
            r#"{"chat": {"telegram": {"config_file": "token"}}}"#,
            r#"{"chat": {"telegram": {"new": {"projects": "api"}}}}"#,
        ] {
            let (settings, told) = read(text);
            let settings = settings.unwrap();
            assert!(settings.is_doubtful && !settings.reads() && settings.role(1, 42).is_none(), "{text}");
            assert!(told.iter().all(|told| told.ends_with(INSTEAD)), "{told:?}");
        }
        for address in ["http://127.0.0.1:9", "http://localhost", "http://[::1]:80/x/", "https://proxy.example.org/"] {
            let (_, told) = read(&format!(r#"{{"chat": {{"telegram": {{"api": "{address}"}}}}}}"#));
            assert_eq!(told, [""; 0], "{address}");
        }
    }
}
