//! Owns how a project is added to the text of `config.json`, and how notices are switched on in it. Must stay true: everything that is already in the text
//! stays, even if it cannot be parsed; a text to which nothing can be added without losing something is refused.

use super::{Config, newer_version};
use crate::clock::{self, Instant};
use crate::dirs;
use crate::error::{Error, Result};
use crate::id::Slug;
use crate::patch::Patch;
use crate::validate;
use serde_json::{Value, json};
use std::path::Path;

/// A new file, with everything that the Python tool writes into one.
pub const FRESH: &str = r#"{
  "version": 1,
  "projects": {},
  "settings": {
    "dashboard_port": 9000,
    "stale_threshold_hours": 24,
    "archive_after_days": 30,
    "notifications_enabled": false,
    "parked_notify_hours": 48,
    "notify_cooldown_hours": 12
  }
}
"#;

/// The slug of the project whose main work tree is `root`, and the new text of the file; no text if nothing
/// changes. Without a `name` a known project keeps its own. `file` is the path of the file.
pub fn register(
    file: &Path,
    before: Option<&[u8]>,
    root: &str,
    name: Option<&str>,
    repo: Option<&str>,
    now: Instant,
) -> Result<(Slug, Option<Vec<u8>>)> {
    let before = before.unwrap_or(FRESH.as_bytes());
    let refused = |reason: String| Error::corrupt(file, format!("{reason}; nothing was registered"));
    let mut text = Patch::of(before).and_then(writable).map_err(refused)?;
    let known = text.value("projects").filter(|text| *text != "null").unwrap_or("{}").to_string();
    let mut projects = Patch::of(known.as_bytes()).map_err(|reason| refused(format!("projects: {reason}")))?;
    let slug = match Config::read(file, before).project_of(root) {
        Some(slug) => {
            let slug = Slug::parse(slug)?;
            let Some(name) = name else { return Ok((slug, None)) };
            rename(&mut projects, &slug, name);
            text.set_value("projects", projects.to_text(2));
            return Ok((slug, Some(text.to_bytes())));
        }
        None => add(&mut projects, root, name, now)?,
    };
    text.set_value("projects", projects.to_text(2));
    // A group `places` that cannot be parsed is no reason to refuse the project.
    let _ = store_repo(&mut text, &slug, repo);
    Ok((slug, Some(text.to_bytes())))
}

/// Stores the repository of a project, and removes what is left of another project that had its slug.
fn store_repo(text: &mut Patch, slug: &Slug, repo: Option<&str>) -> std::result::Result<(), String> {
    let before = text.value("places").filter(|text| *text != "null").unwrap_or("{}").to_string();
    let has_entry = Patch::of(before.as_bytes())?.value(slug.as_str()).is_some();
    if repo.is_none() && !has_entry {
        return Ok(());
    }
    change_group(text, "places", |places| {
        places.remove(slug.as_str());
        repo.map_or(Ok(()), |repo| set(places, slug.as_str(), "repo", json!(repo)))
    })
}

/// The text of the file with the project at another path; its old path is stored. `absorbed` is no longer registered.
pub fn relocate(file: &Path, before: &[u8], slug: &Slug, to: &str, absorbed: Option<&Slug>) -> Result<Vec<u8>> {
    let config = Config::read(file, before);
    let both = [Some(slug), absorbed].into_iter().flatten();
    let of = both.filter_map(|slug| config.projects.get(slug.as_str()));
    let mut former: Vec<&str> = of.flat_map(|project| project.paths()).filter(|path| *path != to).collect();
    former.dedup();
    changed(file, before, |text| {
        let forget = |group: &mut Patch| absorbed.iter().for_each(|absorbed| group.remove(absorbed.as_str()));
        change_group(text, "projects", |projects| {
            forget(projects);
            set(projects, slug.as_str(), "path", json!(to))
        })?;
        change_group(text, "places", |places| {
            forget(places);
            set(places, slug.as_str(), "former_paths", json!(former))
        })
    })
}

/// The text of the file without a project.
pub fn forget(file: &Path, before: &[u8], slug: &Slug) -> Result<Vec<u8>> {
    changed(file, before, |text| {
        for group in ["projects", "places"] {
            if text.value(group).is_some_and(|known| known != "null") {
                change_group(text, group, |entries| {
                    entries.remove(slug.as_str());
                    Ok(())
                })?;
            }
        }
        Ok(())
    })
}

/// The text of the file with a project hidden or shown.
pub fn hide(file: &Path, before: &[u8], slug: &Slug, is_hidden: bool) -> Result<Vec<u8>> {
    changed(file, before, |text| {
        change_group(text, "places", |places| match (is_hidden, places.value(slug.as_str())) {
            (true, _) => set(places, slug.as_str(), "hidden", json!(true)),
            (false, None) => Ok(()),
            (false, Some(known)) => {
                let known = known.to_string();
                let mut place = Patch::of(known.as_bytes()).map_err(|reason| format!("{slug}: {reason}"))?;
                place.remove("hidden");
                match place.iter().next() {
                    Some(_) => places.set_value(slug.as_str(), place.to_text(4)),
                    None => places.remove(slug.as_str()),
                }
                Ok(())
            }
        })
    })
}

/// The text of the file with the identities of these projects' repositories.
pub fn learn(file: &Path, before: &[u8], repos: &[(String, String)]) -> Result<Vec<u8>> {
    changed(file, before, |text| {
        change_group(text, "places", |places| {
            repos.iter().try_for_each(|(slug, repo)| set(places, slug, "repo", json!(repo)))
        })
    })
}

/// The text of the file with notices switched on or off.
pub fn switch_notifications(file: &Path, before: &[u8], on: bool) -> Result<Vec<u8>> {
    let known = Config::read(file, before);
    if known.settings.notifications_enabled == on && !known.is_doubtful("settings.notifications_enabled") {
        return Ok(before.to_vec());
    }
    changed(file, before, |text| {
        change_group(text, "settings", |settings| {
            settings.set_value("notifications_enabled", json!(on).to_string());
            Ok(())
        })
    })
}

/// The text of the file with another group of this name; `change` gets the text of the group (`{}` if there is none), and
/// returns the new one.
pub fn replace_group(
    file: &Path,
    before: &[u8],
    group: &str,
    change: impl Fn(&str) -> std::result::Result<String, String>,
) -> Result<Vec<u8>> {
    changed(file, before, |text| {
        let known = text.value(group).filter(|known| *known != "null").unwrap_or("{}").to_string();
        text.set_value(group, change(&known)?);
        Ok(())
    })
}

/// The text of the file after a change.
fn changed(
    file: &Path,
    before: &[u8],
    change: impl Fn(&mut Patch) -> std::result::Result<(), String>,
) -> Result<Vec<u8>> {
    let refused = |reason: String| Error::corrupt(file, format!("{reason}; nothing was changed"));
    let mut text = Patch::of(before).and_then(writable).map_err(refused)?;
    change(&mut text).map_err(refused)?;
    Ok(text.to_bytes())
}

/// Refuses a file that a newer program wrote: it is only read.
fn writable(text: Patch) -> std::result::Result<Patch, String> {
    match newer_version(&text) {
        Some(version) => Err(format!("its version is {version}; update claude-sessions to change it")),
        None => Ok(text),
    }
}

/// Changes a group of the file: the projects and settings, which the Python tool also reads, or the places, which only
/// we read.
fn change_group(
    text: &mut Patch,
    group: &str,
    change: impl FnOnce(&mut Patch) -> std::result::Result<(), String>,
) -> std::result::Result<(), String> {
    let known = text.value(group).filter(|known| *known != "null").unwrap_or("{}").to_string();
    let mut entries = Patch::of(known.as_bytes()).map_err(|reason| format!("{group}: {reason}"))?;
    change(&mut entries)?;
    text.set_value(group, entries.to_text(2));
    Ok(())
}

/// Sets this field of an entry.
fn set(entries: &mut Patch, slug: &str, name: &str, value: Value) -> std::result::Result<(), String> {
    let known = entries.value(slug).unwrap_or("{}").to_string();
    let mut entry = Patch::of(known.as_bytes()).map_err(|reason| format!("{slug}: {reason}"))?;
    entry.set_value(name, value.to_string());
    entries.set_value(slug, entry.to_text(4));
    Ok(())
}

fn rename(projects: &mut Patch, slug: &Slug, name: &str) {
    let known = projects.value(slug.as_str()).unwrap_or("{}").to_string();
    if let Ok(mut project) = Patch::of(known.as_bytes()) {
        project.set("name", Some(name));
        projects.set_value(slug.as_str(), project.to_text(4));
    }
}

/// A second project of the same base name gets `-2`, and so on.
fn add(projects: &mut Patch, root: &str, name: Option<&str>, now: Instant) -> Result<Slug> {
    let base = dirs::base_name(root);
    let name = name.unwrap_or(if base.is_empty() { root } else { base });
    // Cut it first: the slug is derived from it.
    let name = validate::cut(name, validate::PROJECT_NAME);
    let slug = (1..).map(|n| Slug::from_name(&name, n)).find(|slug| projects.value(slug.as_str()).is_none());
    let slug = slug.ok_or_else(|| Error::Refused("no free name for the project".into()))?;
    let mut project = Patch::default();
    for (field, value) in [("name", name), ("path", root.to_string()), ("registered_at", clock::stamp(now))] {
        project.set_value(field, json!(value).to_string());
    }
    projects.set_value(slug.as_str(), project.to_text(4));
    Ok(slug)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add_to(before: Option<&str>, root: &str, name: Option<&str>) -> Result<(String, Option<String>)> {
        let now = clock::parse("2026-11-21T10:00:00Z").unwrap();
        let (slug, text) = register(Path::new("/x"), before.map(str::as_bytes), root, name, None, now)?;
        Ok((slug.to_string(), text.map(|text| String::from_utf8(text).unwrap())))
    }

    #[test]
    fn a_new_file_has_the_defaults_and_is_laid_out_like_the_python_tools() {
        let config = Config::read(Path::new("/x"), FRESH.as_bytes());
        assert_eq!((&config.settings, config.troubles.len()), (&super::super::Settings::default(), 0));
        let (slug, text) = add_to(None, "/src/api", None).unwrap();
        let text = text.unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((slug.as_str(), &value["projects"]["api"]["path"]), ("api", &json!("/src/api")));
        assert!(text.contains("\n  \"projects\": {\n    \"api\": {\n      \"name\": \"api\",\n"), "{text}");
        assert_eq!(add_to(Some(&text), "/src/api", None).unwrap(), ("api".into(), None));
        let (slug, text) = add_to(Some(&text), "/other/api", None).unwrap();
        assert!(slug == "api-2" && text.unwrap().contains("\n    },\n    \"api-2\": {\n"));
    }

    #[test]
    fn existing_content_is_kept_even_if_it_cannot_be_parsed() {
        let text =
            r#"{"settings":{"stale_threshold_hours":0},"projects":{"a":7,"b":{"path":"/b","later":1.50}},"z":[1e400]}"#;
        let (slug, added) = add_to(Some(text), "/src/a", None).unwrap();
        let added = added.unwrap();
        assert_eq!(slug, "a-2");
        let places =
            r#"{"projects":{"x":{"path":"/x"}},"places":{"a":{"repo":"old","former_paths":["/o"]},"b":{"repo":"r"}}}"#;
        let left = add_to(Some(places), "/src/a", None).unwrap().1.unwrap();
        assert!(!left.contains("old") && left.contains(r#""b": {"repo":"r"}"#), "{left}");
        let damaged = r#"{"places":7,"projects":{}}"#;
        let (_, added_to) =
            register(Path::new("/x"), Some(damaged.as_bytes()), "/src/a", None, Some("r"), clock::now()).unwrap();
        assert!(String::from_utf8(added_to.unwrap()).unwrap().contains("\"places\": 7"));
        for kept in [
            r#""settings": {"stale_threshold_hours":0}"#,
            r#""a": 7"#,
            r#"{"path":"/b","later":1.50}"#,
            r#""z": [1e400]"#,
        ] {
            assert!(added.contains(kept), "{kept}: {added}");
        }
        let (slug, renamed) = add_to(Some(text), "/b", Some("new")).unwrap();
        assert!(slug == "b" && renamed.unwrap().contains("\"later\": 1.50,\n      \"name\": \"new\""));
    }

    #[test]
    fn hiding_and_forgetting_a_project_keeps_everything_else() {
        let (file, slug) = (Path::new("/x"), Slug::parse("a").unwrap());
        let text = r#"{"projects":{"a":{"path":"/a"},"b":7},"places":{"b":{"repo":"r"}},"z":[1e400]}"#;
        let hidden = hide(file, text.as_bytes(), &slug, true).unwrap();
        let config = Config::read(file, &hidden);
        assert!(config.is_hidden("a") && !config.is_hidden("b"));
        let shown = String::from_utf8(hide(file, &hidden, &slug, false).unwrap()).unwrap();
        assert!(!shown.contains("hidden") && !Config::read(file, shown.as_bytes()).is_hidden("a"), "{shown}");
        let gone = String::from_utf8(forget(file, &hidden, &slug).unwrap()).unwrap();
        assert!(!gone.contains("\"a\"") && !gone.contains("hidden"), "{gone}");
        let [shown, gone] = [shown, gone].map(|text| text.replace([' ', '\n'], ""));
        for kept in [r#""b":7"#, r#""b":{"repo":"r"}"#, r#""z":[1e400]"#] {
            assert!(shown.contains(kept) && gone.contains(kept), "{kept}: {shown} {gone}");
        }
        assert!(forget(file, b"{\"version\": 2}", &slug).is_err());
    }

    #[test]
    fn notices_are_switched_and_nothing_else_changes() {
        let switched = |before: &str, on| {
            switch_notifications(Path::new("/x"), before.as_bytes(), on).map(|text| String::from_utf8(text).unwrap())
        };
        let fresh = switched(FRESH, true).unwrap();
        assert_eq!(fresh, FRESH.replace("\"notifications_enabled\": false", "\"notifications_enabled\": true"));
        assert_eq!(switched(&fresh, false).unwrap(), FRESH);
        assert_eq!((switched(&fresh, true).unwrap(), switched(FRESH, false).unwrap()), (fresh, FRESH.to_string()));
        let odd = r#"{"settings":{"dashboard_port":0,"later":1.50},"z":[1e400],"notify":{"via":"mail"}}"#;
        let text = switched(odd, true).unwrap();
        for kept in ["\"dashboard_port\": 0", "\"later\": 1.50", "[1e400]", r#"{"via":"mail"}"#] {
            assert!(text.contains(kept), "{kept}: {text}");
        }
        let unknown = switched(r#"{"settings":{"notifications_enabled":"yes"}}"#, false).unwrap();
        assert!(unknown.contains("\"notifications_enabled\": false"), "{unknown}");
        for refused in ["", "{", "[]", r#"{"settings":7}"#, r#"{"version":2}"#] {
            assert!(switched(refused, true).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_text_that_would_lose_something_is_refused() {
        for text in ["", "{", "[]", "null", "{\"projects\": 7}", "{\"projects\": []}", "{} {}"] {
            assert!(matches!(add_to(Some(text), "/a", None), Err(Error::Corrupt { .. })), "{text}");
        }
    }
}
