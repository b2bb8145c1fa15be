//! Owns the settings of sharing: the group `sync` of `config.json`. The group is parsed only here. Must stay true: a part
//! that cannot be used is reported, and then nothing is sent: it may be what was to forbid something.

use cs_core::config::{self, Config};
use cs_core::error::Error;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The name of the group.
const GROUP: &str = "sync";
/// What happens if something cannot be used.
const INSTEAD: &str = "nothing is sent";
/// Longest text, in bytes.
const WORDS: usize = 4096;

/// Where rows go if the command line names no place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A database that `psql` reaches with these arguments.
    Psql(String),
    /// A file for `sqlite3`.
    Sqlite(PathBuf),
    /// A folder that other programs carry.
    Folder(PathBuf),
}

/// The group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Whether the job sends what is new.
    pub enabled: bool,
    /// Where rows go.
    pub place: Option<Place>,
    /// What this person is called in a file of SQLite or a folder, which have no roles.
    pub owner: Option<String>,
    /// The slugs of the projects that are sent; `None`: all.
    pub projects: Option<BTreeSet<String>>,
    /// The slugs of the projects that are not sent.
    pub not_projects: BTreeSet<String>,
    /// The slugs of the projects that the team sees, while others are private; `None`: it is not set, so all stays as it is.
    pub team: Option<BTreeSet<String>>,
    /// Whether the texts of tools' results are sent.
    pub results: bool,
    /// Whether prompts that a client remembers are sent, of conversations without a log and without a copy.
    pub prompts: bool,
    /// Whether a part cannot be used, so that nothing may be sent.
    pub is_doubtful: bool,
}

impl Settings {
    /// The settings of a configuration, and what could not be used; the errors name the file at `path`. `user` is the
    /// user's own folder, for paths that begin with `~/`.
    pub fn read(config: &Config, path: &Path, user: Option<&Path>) -> (Self, Vec<Error>) {
        let mut reader = Reader { path, user, errors: Vec::new() };
        let mut settings = match config.group(GROUP) {
            // The file may be damaged.
            None if config.is_doubtful(GROUP) => Settings { is_doubtful: true, ..Settings::default() },
            None | Some(Value::Null) => Settings::default(),
            Some(Value::Object(group)) => reader.settings(&group),
            Some(other) => {
                reader.report("", &other, "an object");
                Settings::default()
            }
        };
        settings.is_doubtful |= !reader.errors.is_empty();
        (settings, reader.errors)
    }

    /// Whether something of a project may be sent; `None` is what belongs to no project.
    pub fn allows(&self, project: Option<&str>) -> bool {
        let is_in = self.projects.as_ref().is_none_or(|all| project.is_some_and(|project| all.contains(project)));
        is_in && !project.is_some_and(|project| self.not_projects.contains(project))
    }

    /// Whether it matters to which project something belongs.
    pub fn chooses(&self) -> bool {
        self.projects.is_some() || !self.not_projects.is_empty()
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
        const KEYS: [&str; 10] =
            ["enabled", "psql", "sqlite", "into", "owner", "projects", "not_projects", "team", "results", "prompts"];
        for (key, value) in group.iter().filter(|(key, _)| !KEYS.contains(&key.as_str())) {
            self.report(key, value, "no key of this name");
        }
        Settings {
            enabled: self.switch(group, "enabled"),
            place: self.place(group),
            owner: self.text(group, "owner", "a name"),
            projects: self.slugs(group, "projects"),
            not_projects: self.slugs(group, "not_projects").unwrap_or_default(),
            team: self.slugs(group, "team"),
            results: self.switch(group, "results"),
            prompts: self.switch(group, "prompts"),
            is_doubtful: false,
        }
    }

    fn switch(&mut self, group: &Map<String, Value>, key: &str) -> bool {
        match group.get(key) {
            None | Some(Value::Null) => false,
            Some(Value::Bool(is_on)) => *is_on,
            Some(other) => {
                self.report(key, other, "true or false");
                false
            }
        }
    }

    /// The one place of the three keys.
    fn place(&mut self, group: &Map<String, Value>) -> Option<Place> {
        let psql = self.text(group, "psql", "the arguments of psql").map(Place::Psql);
        let sqlite = self.file(group, "sqlite").map(Place::Sqlite);
        let folder = self.file(group, "into").map(Place::Folder);
        let mut places = [psql, sqlite, folder].into_iter().flatten();
        let place = places.next();
        if places.next().is_some() {
            let all = Value::Object(group.clone());
            self.report("", &all, "only one of psql, sqlite and into");
        }
        place
    }

    fn text(&mut self, group: &Map<String, Value>, key: &str, wanted: &str) -> Option<String> {
        let value = group.get(key).filter(|value| !value.is_null())?;
        let is_usable =
            |text: &&str| !text.trim().is_empty() && text.len() <= WORDS && !text.chars().any(char::is_control);
        let text = value.as_str().filter(is_usable).map(str::to_string);
        if text.is_none() {
            self.report(key, value, wanted);
        }
        text
    }

    /// A job has another current directory than a person, so a path begins with a slash or the user's folder.
    fn file(&mut self, group: &Map<String, Value>, key: &str) -> Option<PathBuf> {
        let wanted = "a path that begins with / or ~/";
        let text = self.text(group, key, wanted)?;
        let path = match (text.strip_prefix("~/"), self.user) {
            (Some(rest), Some(user)) => user.join(rest),
            _ => PathBuf::from(&text),
        };
        if !path.is_absolute() {
            self.report(key, &Value::String(text), wanted);
            return None;
        }
        Some(path)
    }

    fn slugs(&mut self, group: &Map<String, Value>, key: &str) -> Option<BTreeSet<String>> {
        let all = group.get(key).filter(|value| !value.is_null())?;
        let text = |value: &Value| value.as_str().filter(|slug| !slug.is_empty()).map(str::to_string);
        let slugs = all.as_array().and_then(|all| all.iter().map(text).collect::<Option<BTreeSet<String>>>());
        if slugs.is_none() {
            self.report(key, all, "a list of slugs of projects");
        }
        slugs
    }

    fn report(&mut self, key: &str, value: &Value, wanted: &str) {
        let name = if key.is_empty() { GROUP.to_string() } else { format!("{GROUP}.{key}") };
        self.errors.push(config::wrong_setting(self.path, &name, &value.to_string(), wanted, INSTEAD));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Settings, Vec<String>) {
        let path = Path::new("/x/config.json");
        let config = Config::read(path, text.as_bytes());
        let (settings, errors) = Settings::read(&config, path, Some(Path::new("/home/dev")));
        (settings, errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn nothing_is_set_unless_it_is_written() {
        for text in ["{}", r#"{"sync": null}"#, r#"{"sync": {}}"#, r#"{"sync": {"psql": null}}"#] {
            assert_eq!(read(text), (Settings::default(), Vec::new()), "{text}");
        }
        let (settings, told) = read(
            r#"{"sync": {"enabled": true, "psql": "service=team", "owner": "ada", "projects": ["web", "api"], "not_projects": ["api"], "team": ["web"], "results": true, "prompts": true}}"#,
        );
        assert_eq!(told, [""; 0]);
        assert_eq!(settings.place, Some(Place::Psql("service=team".into())));
        assert_eq!(settings.owner.as_deref(), Some("ada"));
        let allowed = |slug| settings.allows(slug);
        assert_eq!([Some("web"), Some("api"), Some("x"), None].map(allowed), [true, false, false, false]);
        assert!(
            settings.enabled
                && settings.results
                && settings.prompts
                && settings.chooses()
                && settings.team == Some(["web".to_string()].into())
        );
        assert_eq!(
            read(r#"{"sync": {"team": []}}"#).0.team,
            Some(BTreeSet::new()),
            "nothing is shared, which is not the same"
        );
        assert!(Settings::default().allows(None) && !Settings::default().chooses());
    }

    #[test]
    fn a_path_is_the_same_for_a_job_and_a_person() {
        let place = |text: &str| read(text).0.place;
        assert_eq!(place(r#"{"sync": {"sqlite": "~/all.db"}}"#), Some(Place::Sqlite("/home/dev/all.db".into())));
        assert_eq!(place(r#"{"sync": {"into": "/shared"}}"#), Some(Place::Folder("/shared".into())));
        assert_eq!(place(r#"{"sync": {"into": "shared"}}"#), None);
    }

    #[test]
    fn nothing_is_sent_if_a_setting_may_forbid_it() {
        for text in [
            "{",
            "[]",
            r#"{"sync": 7}"#,
            r#"{"sync": {"projects": "web"}}"#,
            r#"{"sync": {"not_projets": ["api"]}}"#,
            r#"{"sync": {"not_projects": [7]}}"#,
            r#"{"sync": {"enabled": "yes"}}"#,
            r#"{"sync": {"results": 1}}"#,
            r#"{"sync": {"prompts": "yes"}}"#,
            r#"{"sync": {"psql": ""}}"#,
            r#"{"sync": {"owner": "a\nb"}}"#,
            r#"{"sync": {"into": "here"}}"#,
            r#"{"sync": {"psql": "a", "sqlite": "/b"}}"#,
        ] {
            let (settings, _) = read(text);
            assert!(settings.is_doubtful, "{text}");
        }
        let (_, told) = read(r#"{"sync": {"psql": "a", "into": "b", "team": {}}}"#);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told.iter().all(|text| text.ends_with("; nothing is sent")), "{told:?}");
    }
}
