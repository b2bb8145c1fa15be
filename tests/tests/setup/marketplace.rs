//! The plugin from a marketplace elsewhere: the doctor says what it runs, and `install` adds nothing to it.

use super::client::with_client;
use super::doctor::{findings, finds, healthy};
use super::*;

const PLUGIN: &str = "cs-sessions@claude-sessions";
const GITHUB: &str = r#"{"source":"github","repo":"claude-sessions/claude-sessions"}"#;

/// The client's copy of the plugin of the repository.
fn copy_of_plugin(place: &Place) -> PathBuf {
    place.sandbox.home().join(".claude/plugins/cache/claude-sessions/cs-sessions/x")
}

/// Makes the client's files name a plugin from this source, of this version.
fn installed_from(place: &Place, source: &str, version: &str) {
    let (folder, plugins) = (copy_of_plugin(place), place.sandbox.home().join(".claude/plugins"));
    for name in [".claude-plugin", "hooks", "skills"] {
        copy(&workspace().join(name), &folder.join(name));
    }
    set_version(&folder, version);
    let known = format!("{{\"claude-sessions\":{{\"source\":{source}}}}}");
    fs::write(plugins.join("known_marketplaces.json"), known).expect("it can be written");
    let list = serde_json::json!({"version": 2, "plugins": {PLUGIN: [{"installPath": folder, "version": version}]}});
    fs::write(plugins.join("installed_plugins.json"), list.to_string()).expect("it can be written");
    let text = place.text().unwrap_or_else(|| "{}".into());
    let mut settings = json(&text);
    settings["enabledPlugins"][PLUGIN] = Value::Bool(true);
    place.put_settings(Some(&settings.to_string()));
}

fn set_version(folder: &Path, version: &str) {
    let file = folder.join(".claude-plugin/plugin.json");
    let mut manifest = json(&fs::read_to_string(&file).expect("it is there"));
    manifest["version"] = version.into();
    let text = serde_json::to_string_pretty(&manifest).expect("it is JSON");
    fs::write(file, text).expect("it can be written");
}

/// The version of the programs.
fn version() -> String {
    let place = Place::new();
    stdout(&place.sandbox.cs("cs-setup", &["--version"])).split_whitespace().last().expect("a version").to_owned()
}

/// A place without hooks in the settings, with the programs on PATH.
fn on_path() -> Place {
    let place = healthy();
    place.ok(&["uninstall"]);
    place
}

#[test]
fn a_plugin_that_finds_the_programs_is_in_order() {
    let place = on_path();
    installed_from(&place, GITHUB, &version());
    let (code, found) = findings(&place);
    assert_eq!(code, 0, "{found:?}");
    let detail = found["hooks"]["detail"].as_str().expect("a text");
    assert!(detail.starts_with("registered once, by the plugin from claude-sessions/claude-sessions"), "{detail}");
    assert!(detail.contains(&place.share.join("bin").display().to_string()), "{detail}");
    assert!(found["event"]["detail"].as_str().expect("a text").contains("was recorded"), "{found:?}");
}

#[test]
fn a_plugin_without_programs_is_named() {
    let place = Place::new();
    let path = format!("{}/fake:/usr/bin:/bin", place.sandbox.home().display());
    let place = Place { sandbox: place.sandbox.with("PATH", path), ..place };
    place.fake("systemctl", "exit 1");
    installed_from(&place, GITHUB, &version());
    let bin = place.share.join("bin").display().to_string();
    finds(&place, "hooks", "finds no programs, so nothing is recorded", &bin);
    place.refused(&["install"], NO, "claude plugin uninstall");
    let usual = place.sandbox.home().join(".local/bin");
    fs::create_dir_all(&usual).expect("it can be created");
    for name in ["cs-setup", "cs-hook"] {
        symlink(place.share.join("bin").join(name), usual.join(name)).expect("it can be created");
    }
    assert_eq!(findings(&place).1["hooks"]["ok"], true, "the launcher looks there, too");
}

#[test]
fn a_plugin_beside_hooks_in_the_settings_is_named_and_install_does_not_cause_it() {
    let place = healthy();
    installed_from(&place, GITHUB, &version());
    finds(
        &place,
        "hooks",
        "registered twice: by the plugin from claude-sessions",
        "claude plugin uninstall cs-sessions@",
    );
    for (place, args) in [(with_client(), &["install"][..]), (with_client(), &["install", "--settings"])] {
        installed_from(&place, GITHUB, &version());
        let before = place.text();
        let said = place.ok(args);
        assert!(said.contains("is registered already, and runs the programs in"), "{said}");
        assert_eq!(place.text(), before);
    }
}

#[test]
fn a_clone_is_the_marketplace_of_its_folder() {
    let place = on_path();
    let clone = place.sandbox.home().join("a clone");
    for name in [".claude-plugin", "hooks", "skills"] {
        copy(&workspace().join(name), &clone.join(name));
    }
    installed_from(&place, &serde_json::json!({"source": "directory", "path": clone}).to_string(), &version());
    let (code, found) = findings(&place);
    assert_eq!(code, 0, "{found:?}");
    assert!(found["hooks"]["detail"].as_str().expect("a text").contains("a clone"), "{found:?}");
}

#[test]
fn other_versions_are_named_with_what_to_run() {
    let place = on_path();
    installed_from(&place, GITHUB, "0.0.1");
    finds(
        &place,
        "version",
        "is of version 0.0.1, the programs in",
        "claude plugin update cs-sessions@claude-sessions",
    );
    installed_from(&place, GITHUB, "99.0.0");
    finds(&place, "version", "is of version 99.0.0", "install the programs of version 99.0.0: install.sh");
    installed_from(&place, GITHUB, &version());
    let other = place.sandbox.home().join("fake");
    for name in ["cs-setup", "cs-hook"] {
        place.fake(name, "exit 0");
    }
    place.fake("cs-session", "echo cs-session 0.0.2");
    let path = format!("{}:{}:/usr/bin:/bin", other.display(), place.share.join("bin").display());
    let place = Place { sandbox: place.sandbox.with("PATH", path), ..place };
    finds(&place, "version", "is of version 0.0.2", "remove those programs");
}

#[test]
fn a_folder_or_a_copy_of_another_version_is_named() {
    let place = healthy();
    set_version(&place.share, "0.0.1");
    finds(&place, "version", "the plugin in ", "make install");
    let place = with_client();
    place.ok(&["install"]);
    let list = json(
        &fs::read_to_string(place.sandbox.home().join(".claude/plugins/installed_plugins.json")).expect("it is there"),
    );
    let copy = list["plugins"][PLUGIN][0]["installPath"].as_str().expect("a path").to_owned();
    set_version(Path::new(&copy), "0.0.3");
    finds(&place, "version", "copy of the plugin", "cs-setup install");
}

#[test]
fn a_plugin_of_codex_is_named_and_hooks_beside_it_are_too_many() {
    let place = healthy();
    let folder = place.sandbox.home().join(".codex");
    fs::create_dir_all(&folder).expect("it can be created");
    fs::write(folder.join("config.toml"), "[plugins.\"cs-sessions@claude-sessions\"]\nenabled = true\n")
        .expect("it can be written");
    let found = &findings(&place).1["codex"];
    assert!(found["ok"] == true && found["detail"].as_str().expect("a text").starts_with("registered as a plugin"));
    place.ok(&["install", "--codex"]);
    finds(&place, "codex", "registered twice: as a plugin, and by hooks", "codex plugin remove cs-sessions@");
}
