//! Owns which account a reading belongs to: the one of the client's folder. Its name is that of `accounts` in
//! `config.json` (name → folder), else a short hash of the folder.

use agents::Agent;
use cs_core::config::Config;
use cs_core::error::Error;
use cs_core::id::fnv1a;
use cs_core::paths;
use serde_json::Value;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The account of a client's folder, as it is written in names of files; `None` for the agent's default folder.
pub fn of_folder(agent: Agent, folder: &Path) -> Option<String> {
    let folder = plain(folder);
    let is_default = agent.default_homes().first().is_some_and(|default| plain(default) == folder);
    (!is_default).then(|| {
        let hash = fnv1a(folder.as_os_str().as_bytes());
        format!("{:08x}", (hash ^ (hash >> 32)) & u64::from(u32::MAX))
    })
}

/// The account in whose environment this program runs.
pub fn of_env(agent: Agent) -> Option<String> {
    // Without its variable it is the default folder.
    of_folder(agent, agent.named_homes().first()?)
}

/// What people call an account: its name in the configuration, else its hash; empty for the default one without a name.
pub fn name(agent: Agent, account: Option<&str>, config: &Config) -> String {
    let is_it = |(_, folder): &(String, PathBuf)| of_folder(agent, folder).as_deref() == account;
    let named = named(config).into_iter().find(is_it).map(|(name, _)| name);
    named.unwrap_or_else(|| account.unwrap_or_default().to_string())
}

/// The named accounts, each with its folder, in the order of their names. What cannot be used is left out.
pub fn named(config: &Config) -> Vec<(String, PathBuf)> {
    let group = config.group("accounts");
    let all = group.as_ref().and_then(|group| group.as_object()).into_iter().flatten();
    all.filter(|(name, _)| is_fit(name))
        .filter_map(|(name, folder)| Some((name.clone(), whole(folder.as_str()?)?)))
        .collect()
}

/// Maximum number of characters in a name: it stands in tables, bars and notices.
const NAME: usize = 40;

/// Whether people can tell an account by this name, in one line.
fn is_fit(name: &str) -> bool {
    let length = name.chars().count();
    (1..=NAME).contains(&length) && !name.trim().is_empty() && !name.chars().any(char::is_control)
}

/// A folder that is the same from everywhere.
fn whole(folder: &str) -> Option<PathBuf> {
    Some(paths::expand(folder)).filter(|folder| folder.is_absolute())
}

/// What cannot be used in the group `accounts`; the errors name the file at `path`.
pub fn errors(config: &Config, path: &Path) -> Vec<Error> {
    let error = |what: String| Error::corrupt(path, what);
    let group = match config.group("accounts") {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Object(group)) => group,
        Some(_) => {
            let what = "accounts is not an object; write one, such as {\"work\": \"~/.claude-work\"}; it is left out";
            return vec![error(what.to_string())];
        }
    };
    let wrong = |(name, folder): (&String, &Value)| {
        let begin: String = name.chars().take(NAME).collect();
        if !is_fit(name) {
            let rule = format!("write a name of 1 to {NAME} characters in one line; it is left out");
            return Some(error(format!("accounts has the name {begin:?}{}; {rule}", more(name, &begin))));
        }
        let rule = "write the client's folder, from / or ~/ on; it is left out";
        match folder.as_str() {
            Some(folder) if whole(folder).is_some() => None,
            Some(_) => Some(error(format!("accounts.{name} is no whole path; {rule}"))),
            None => Some(error(format!("accounts.{name} is not a text; {rule}"))),
        }
    };
    group.iter().filter_map(wrong).collect()
}

fn more(name: &str, begin: &str) -> &'static str {
    if name.len() > begin.len() { "…" } else { "" }
}

/// The folder without a trailing slash and the like. Links are not followed: the client names the folder always alike.
fn plain(folder: &Path) -> PathBuf {
    std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf()).components().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_folder_but_the_default_one_is_an_account() {
        let user = PathBuf::from(std::env::var_os("HOME").unwrap_or_else(|| "/".into()));
        let of = |folder: &Path| of_folder(Agent::Claude, folder);
        assert_eq!(of(&user.join(".claude")), None);
        assert_eq!(of(&user.join(".claude/")), None);
        let work = of(&user.join(".claude-work")).unwrap();
        assert_eq!(of(&user.join("./.claude-work/")), Some(work.clone()));
        assert_ne!(of(&user.join(".claude-other")), Some(work.clone()));
        assert!(work.len() == 8 && work.chars().all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase()), "{work}");
        assert_eq!(
            of(Path::new("/a")),
            Some("b34abe2a".into()),
            "the hash never changes: it is part of names of files"
        );
        assert!(of_folder(Agent::Codex, &user.join(".claude")).is_some(), "another agent's folder");
    }

    #[test]
    fn accounts_have_names() {
        let text = br#"{"version":"1.0.0","projects":{},"accounts":{"work":"~/.claude-work","me":"~/.claude","x":7}}"#;
        let config = Config::read(Path::new("config.json"), text);
        let work = of_folder(Agent::Claude, &paths::expand("~/.claude-work"));
        assert_eq!(name(Agent::Claude, work.as_deref(), &config), "work");
        assert_eq!(name(Agent::Claude, None, &config), "me");
        assert_eq!(name(Agent::Codex, None, &config), "", "another agent's default folder");
        assert_eq!(name(Agent::Claude, Some("0a0a0a0a"), &config), "0a0a0a0a");
        assert_eq!(named(&config).len(), 2);
        let [error] = &errors(&config, Path::new("config.json"))[..] else { panic!("one value is no folder") };
        assert!(error.to_string().contains("accounts.x is not a text; write the client's folder, from / or ~/ on"));
        let list = Config::read(Path::new("config.json"), br#"{"accounts":[1]}"#);
        assert_eq!((named(&list).len(), errors(&list, Path::new("config.json")).len()), (0, 1));
    }

    #[test]
    fn a_folder_that_depends_on_where_one_stands_is_left_out_and_reported() {
        for folder in ["", ".claude-work", "./x", "~nobody/x"] {
            let text = format!("{{\"accounts\":{{\"work\":\"{folder}\",\"b\":\"~\"}}}}");
            let config = Config::read(Path::new("config.json"), text.as_bytes());
            assert_eq!(named(&config).len(), 1, "{folder}");
            let [error] = &errors(&config, Path::new("config.json"))[..] else { panic!("{folder}") };
            assert!(error.to_string().contains("accounts.work is no whole path"), "{error}");
        }
    }

    #[test]
    fn a_name_that_fills_the_screen_or_is_empty_is_left_out_and_reported() {
        let long = "x".repeat(100_000);
        for name in ["", "  ", "a\\nb", "\\u001b[31m", &long, &"x".repeat(41)] {
            let text = format!("{{\"accounts\":{{\"{name}\":\"~/.claude-work\",\"{}\":\"~/.b\"}}}}", "é".repeat(40));
            let config = Config::read(Path::new("config.json"), text.as_bytes());
            assert_eq!(named(&config).len(), 1, "{name:.50}");
            let [error] = &errors(&config, Path::new("config.json"))[..] else { panic!("{name:.50}") };
            assert!(error.to_string().chars().count() < 200, "{error}");
            assert!(!error.to_string().chars().any(char::is_control), "{error}");
        }
    }
}
