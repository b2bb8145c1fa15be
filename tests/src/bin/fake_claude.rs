//! Stands in for Claude Code's command, with which `cs-setup` registers the plugin. Behaves as 2.1.139 and 2.1.329 were
//! seen to: `plugin marketplace add|remove` and `plugin install|uninstall` rewrite settings.json in the client's own
//! layout and keep a list of their own; emptied objects stay.
//!
//! `FAKE_VERSION` is its version, `FAKE_FAILS` a subcommand that fails, `FAKE_MOVES` a settings key that it drops, as a
//! migration would. Calls are recorded in `$HOME/calls`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let home = PathBuf::from(std::env::var_os("HOME").expect("HOME is set"));
    let mut calls = fs::File::options().create(true).append(true).open(home.join("calls")).expect("it can be opened");
    writeln!(calls, "claude {}", args.join(" ")).expect("it can be written");
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    if words == ["--version"] {
        println!("{} (Claude Code)", std::env::var("FAKE_VERSION").unwrap_or_else(|_| "2.1.329".into()));
        return ExitCode::SUCCESS;
    }
    if std::env::var("FAKE_FAILS").is_ok_and(|fails| words.contains(&fails.as_str())) {
        eprintln!("✘ Failed: blocked by your organization");
        return ExitCode::FAILURE;
    }
    let dir = std::env::var_os("CLAUDE_CONFIG_DIR").map_or_else(|| home.join(".claude"), PathBuf::from);
    fs::create_dir_all(dir.join("plugins")).expect("it can be created");
    match words.as_slice() {
        ["plugin", "marketplace", "add", path] => {
            let source = json!({"source": {"source": "directory", "path": path}});
            edit(&dir.join("settings.json"), |settings| {
                settings["extraKnownMarketplaces"]["claude-sessions"] = source.clone()
            });
            edit(&dir.join("plugins/known_marketplaces.json"), |known| known["claude-sessions"] = source.clone());
        }
        ["plugin", "install", name] => {
            let known = read(&dir.join("plugins/known_marketplaces.json"));
            let from = PathBuf::from(known["claude-sessions"]["source"]["path"].as_str().expect("it was added"));
            let copy = dir.join("plugins/cache/claude-sessions/cs-sessions/0.2.0");
            copy_folder(&from, &copy);
            edit(&dir.join("settings.json"), |settings| settings["enabledPlugins"][*name] = json!(true));
            let entry = json!([{"scope": "user", "installPath": copy}]);
            edit(&dir.join("plugins/installed_plugins.json"), |list| list["plugins"][*name] = entry);
        }
        ["plugin", "uninstall", name] => {
            edit(&dir.join("settings.json"), |settings| remove(settings, "enabledPlugins", name));
            edit(&dir.join("plugins/installed_plugins.json"), |list| remove(list, "plugins", name));
        }
        ["plugin", "marketplace", "remove", name] => {
            edit(&dir.join("settings.json"), |settings| remove(settings, "extraKnownMarketplaces", name));
            edit(&dir.join("plugins/known_marketplaces.json"), |known| {
                drop(known.as_object_mut().map(|all| all.remove(*name)))
            });
        }
        other => panic!("the real client was not seen with this call: {other:?}"),
    }
    ExitCode::SUCCESS
}

fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_default();
    if text.trim().is_empty() {
        json!({})
    } else {
        serde_json::from_str(text.trim_start_matches('\u{feff}')).expect("it is JSON")
    }
}

fn remove(value: &mut Value, group: &str, name: &str) {
    if let Some(group) = value.get_mut(group).and_then(Value::as_object_mut) {
        group.remove(name);
    }
}

fn edit(path: &Path, change: impl FnOnce(&mut Value)) {
    let mut value = read(path);
    if let Ok(key) = std::env::var("FAKE_MOVES") {
        value.as_object_mut().map(|all| all.remove(&key));
    }
    change(&mut value);
    fs::write(path, serde_json::to_string_pretty(&value).expect("it is JSON") + "\n").expect("it can be written");
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("it can be created");
    for entry in from.read_dir().expect("it can be read").flatten() {
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).expect("it can be copied");
        }
    }
}
