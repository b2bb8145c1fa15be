//! Owns how the text of `config.json` is parsed: key by key, each with its valid values. Must stay true: what cannot
//! be parsed is reported, and affects nothing else.

use super::{Config, Hooks, Registration, SessionEnd, Settings, Trouble};
use crate::error::Error;
use crate::patch::Patch;
use crate::validate;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::Path;

/// The largest number of hours or days in a setting. A larger one is a typing error.
const MAX_NUMBER: f64 = 1e6;

/// Maximum number of problems that are reported for one file.
const TROUBLES: usize = 20;

/// The version of the file that this program knows.
const VERSION: u64 = 1;

/// The version of the file if a newer program wrote it.
pub fn newer_version(file: &Patch) -> Option<u64> {
    file.value("version")?.parse().ok().filter(|version| *version > VERSION)
}

/// Parses the fields of the file at `path`.
pub fn whole(path: &Path, file: &Patch) -> Config {
    Reader { path, troubles: Vec::new() }.whole(file)
}

/// Reads one part after the other and collects what is wrong.
struct Reader<'p> {
    path: &'p Path,
    troubles: Vec<Trouble>,
}

impl Reader<'_> {
    fn whole(mut self, file: &Patch) -> Config {
        self.version(file);
        let projects = self.projects(file);
        let hidden = hidden(file);
        let settings = self.settings(file);
        let hooks = self.hooks(file);
        let known = ["version", "projects", "places", "settings", "hooks"];
        let groups = file.iter().filter(|(name, _)| !known.contains(name));
        let groups = groups.map(|(name, text)| (name.to_string(), text.to_string())).collect();
        Config { projects, settings, hooks, troubles: self.troubles, hidden, groups }
    }

    fn version(&mut self, file: &Patch) {
        let Some(text) = file.value("version") else { return };
        if let Some(version) = newer_version(file) {
            let reason = format!(
                "its version is {version}, and this program knows version {VERSION}; unknown parts are ignored"
            );
            self.troubles.push(Trouble { key: "version".into(), error: Error::corrupt(self.path, reason) });
        } else if text.parse::<u64>().is_err() {
            self.report("version".into(), text, &VERSION.to_string(), &format!("{VERSION} is used"));
        }
    }

    fn projects(&mut self, file: &Patch) -> BTreeMap<String, Registration> {
        let Some(all) = self.group(file, "projects") else { return BTreeMap::new() };
        let places = self.group(file, "places").unwrap_or_default();
        let project = |(slug, text): (&str, &str)| Some((slug.to_string(), self.project(slug, text, &places)?));
        all.iter().filter_map(project).collect()
    }

    fn project(&mut self, slug: &str, text: &str, places: &Patch) -> Option<Registration> {
        let field = |fields: &Patch, name: &str| fields.value(name).map_or(Some(String::new()), |_| fields.text(name));
        let place = places.value(slug).and_then(|text| Patch::of(text.as_bytes()).ok()).unwrap_or_default();
        let former_paths = place.value("former_paths").and_then(|text| serde_json::from_str(text).ok());
        let read = Patch::of(text.as_bytes()).ok().and_then(|fields| {
            let name = field(&fields, "name")?;
            Some(Registration {
                name: if name.is_empty() { slug.to_string() } else { name },
                path: field(&fields, "path")?,
                registered_at: field(&fields, "registered_at")?,
                repo: place.text("repo"),
                former_paths: former_paths.unwrap_or_default(),
            })
        });
        if read.is_none() {
            let key = format!("projects.{}", validate::cut(slug, 100));
            self.report(key, text, "an object with the texts name and path", "it is ignored");
        }
        read
    }

    fn settings(&mut self, file: &Patch) -> Settings {
        let normal = Settings::default();
        let Some(group) = self.group(file, "settings") else { return normal };
        let hours = "a number of hours above 0, at most 1,000,000";
        let wanted = "a number from 0 to 1,000,000";
        let switch = "true or false";
        let mut key = Key { reader: self, group: &group, name: "settings" };
        Settings {
            dashboard_port: key.take("dashboard_port", normal.dashboard_port, "a port from 1 to 65535", port),
            stale_threshold_hours: key.take("stale_threshold_hours", normal.stale_threshold_hours, hours, |value| {
                number(value).filter(|hours| *hours > 0.0)
            }),
            archive_after_days: key.take("archive_after_days", normal.archive_after_days, wanted, number),
            notifications_enabled: key.take("notifications_enabled", false, switch, Value::as_bool),
            parked_notify_hours: key.take("parked_notify_hours", normal.parked_notify_hours, wanted, number),
            notify_cooldown_hours: key.take("notify_cooldown_hours", normal.notify_cooldown_hours, wanted, number),
        }
    }

    fn hooks(&mut self, file: &Patch) -> Hooks {
        let before = self.troubles.len();
        let Some(group) = self.group(file, "hooks") else {
            return Hooks { capture_prompts: before == self.troubles.len(), ..Hooks::default() };
        };
        let (switch, ends) = ("true or false", "auto, complete, park or keep");
        let mut key = Key { reader: self, group: &group, name: "hooks" };
        Hooks {
            // The default is true, but a value that cannot be parsed may have been meant to forbid it.
            capture_prompts: group.value("capture_prompts").is_none()
                || key.take("capture_prompts", false, switch, Value::as_bool),
            context: key.take("context", true, switch, Value::as_bool),
            session_end: key
                .take("session_end", SessionEnd::Auto, ends, |value| serde_json::from_value(value.clone()).ok()),
        }
    }

    /// A group of settings; `None` if it is absent, or is not an object, which is reported.
    fn group<'f>(&mut self, file: &'f Patch, name: &str) -> Option<Patch<'f>> {
        let text = file.value(name).filter(|text| *text != "null")?;
        let group = Patch::of(text.as_bytes()).ok();
        if group.is_none() {
            self.report(name.to_string(), text, "an object", "it is ignored");
        }
        group
    }

    fn report(&mut self, key: String, text: &str, wanted: &str, instead: &str) {
        if self.troubles.len() == TROUBLES {
            return;
        }
        let error = wrong_setting(self.path, &key, text, wanted, instead);
        self.troubles.push(Trouble { key, error });
    }
}

/// A setting in the file at `path` that is not what it should be. `value` is JSON; `instead` says what happens now.
pub fn wrong_setting(path: &Path, key: &str, value: &str, wanted: &str, instead: &str) -> Error {
    let shown = validate::cut(value, 60);
    Error::corrupt(path, format!("{key} is {shown}, and should be {wanted}; {instead}"))
}

/// The keys of one group.
struct Key<'r, 'p, 'g> {
    reader: &'r mut Reader<'p>,
    group: &'g Patch<'g>,
    name: &'static str,
}

impl Key<'_, '_, '_> {
    /// The value of a key; `normal` if it is absent, or is not what is wanted, which is reported.
    fn take<T: Display>(&mut self, key: &str, normal: T, wanted: &str, read: impl Fn(&Value) -> Option<T>) -> T {
        let Some(text) = self.group.value(key) else { return normal };
        if let Some(value) = serde_json::from_str(text).ok().as_ref().and_then(read) {
            return value;
        }
        self.reader.report(format!("{}.{key}", self.name), text, wanted, &format!("{normal} is used"));
        normal
    }
}

/// The slugs of hidden projects. A value that cannot be parsed hides nothing.
fn hidden(file: &Patch) -> BTreeSet<String> {
    let places = file.value("places").and_then(|text| Patch::of(text.as_bytes()).ok()).unwrap_or_default();
    let is_hidden = |text: &str| {
        Patch::of(text.as_bytes()).is_ok_and(|place| place.value("hidden").is_some_and(|value| value == "true"))
    };
    places.iter().filter(|(_, text)| is_hidden(text)).map(|(slug, _)| slug.to_string()).collect()
}

fn port(value: &Value) -> Option<u16> {
    value.as_u64().and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0)
}

/// A number from 0 to [`MAX_NUMBER`].
fn number(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| (0.0..=MAX_NUMBER).contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Config, Vec<String>) {
        let config = Config::read(Path::new("/x/config.json"), text.as_bytes());
        let told = config.troubles.iter().map(|trouble| trouble.error.to_string()).collect();
        (config, told)
    }

    #[test]
    fn an_invalid_value_affects_nothing_else() {
        let text = r#"{"version": 1, "notify": {"at_once": 7}, "hooks": {"session_end": "never", "context": false},
            "settings": {"dashboard_port": 9123, "stale_threshold_hours": "x", "archive_after_days": 1.5},
            "projects": {"a": {"name": "A", "path": "/a", "later": 1}, "b": 7, "c": {"path": "/c"}}}"#;
        let (config, told) = read(text);
        assert_eq!(told.len(), 3, "{told:?}");
        for (key, told) in
            ["projects.b is 7", "settings.stale_threshold_hours is \"x\"", "hooks.session_end"].iter().zip(&told)
        {
            assert!(told.starts_with("cannot understand /x/config.json: ") && told.contains(key), "{told}");
        }
        assert!(told[1].ends_with("; 24 is used") && told[2].ends_with("; auto is used"), "{told:?}");
        let wanted = Settings { dashboard_port: 9123, archive_after_days: 1.5, ..Settings::default() };
        assert_eq!((config.settings.clone(), config.hooks.context), (wanted, false));
        assert_eq!((config.slug_of("/a"), config.slug_of("/c")), (Some("a"), Some("c")));
        assert!(
            config.is_doubtful("settings.stale_threshold_hours") && !config.is_doubtful("settings.archive_after_days")
        );
        assert_eq!(config.group("notify").unwrap()["at_once"], 7);
    }

    #[test]
    fn a_group_with_a_number_out_of_range_is_not_taken_for_none() {
        let text = br#"{"version":"1.0.0","guard":{"mode":"ask","x":1e400},"audit":{"days":1e3}}"#;
        let config = Config::read(Path::new("/x/config.json"), text);
        assert!(config.group("guard").is_some_and(|group| group.is_string()));
        assert_eq!((config.group("audit").unwrap()["days"].as_f64(), config.group("keep")), (Some(1000.0), None));
    }

    #[test]
    fn an_unknown_version_is_reported_and_the_rest_is_read() {
        for (version, told_of) in [("2", "its version is 2"), ("\"x\"", "version is \"x\""), ("1.5", "version is 1.5")]
        {
            let (config, told) =
                read(&format!("{{\"version\": {version}, \"settings\": {{\"dashboard_port\": 9123}}}}"));
            assert!(told.len() == 1 && told[0].contains(told_of), "{told:?}");
            assert_eq!(config.settings.dashboard_port, 9123);
        }
        assert!(read("{\"version\": 1}").1.is_empty() && read("{}").1.is_empty());
    }

    #[test]
    fn numbers_out_of_range_are_reported_and_replaced() {
        for text in ["0", "-1", "-0", "1e308", "1e999", "\"24\"", "null", "[]", "1000001", "true", "NaN"] {
            let (config, told) = read(&format!("{{\"settings\": {{\"stale_threshold_hours\": {text}}}}}"));
            assert_eq!((config.settings.stale_threshold_hours, told.len()), (24.0, 1), "{text}: {told:?}");
        }
        for key in ["archive_after_days", "parked_notify_hours", "notify_cooldown_hours"] {
            let told = |text: &str| read(&format!("{{\"settings\": {{\"{key}\": {text}}}}}")).1.len();
            assert_eq!(["-1", "1e308", "\"1\"", "0", "0.5", "30"].map(told), [1, 1, 1, 0, 0, 0], "{key}");
        }
        let ports = ["0", "-1", "65536", "9000.5", "1e4", "\"9000\"", "1", "65535"];
        let told = ports.map(|text| read(&format!("{{\"settings\": {{\"dashboard_port\": {text}}}}}")).1.len());
        assert_eq!(told, [1, 1, 1, 1, 1, 1, 0, 0]);
    }

    #[test]
    fn an_invalid_capture_prompts_forbids_storing_prompts() {
        for text in ["", "{", "[]", "{\"hooks\": 7}", "{\"hooks\": {\"capture_prompts\": \"no\"}}", "\0"] {
            assert!(!read(text).0.hooks.capture_prompts && read(text).1.len() == 1, "{text}");
        }
        for text in
            ["{}", "{\"hooks\": null}", "{\"hooks\": {}}", "{\"settings\": 7}", "{\"hooks\": {\"session_end\": 7}}"]
        {
            assert!(read(text).0.hooks.capture_prompts, "{text}");
        }
    }
}
