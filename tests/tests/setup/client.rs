//! The plugin, registered with the client's own command, whose changes to the settings are undone.

use super::*;

pub const SETTINGS: &str = "{\"z\": [1,2],\n\t\"\\u00e9\": { },  \"hooks\": {\"Stop\": [{\"hooks\": [{\"type\":\"command\",\"command\":\"say\"}]}]}}";
const NOTHING: &str = "{\"action\":\"none\",\"detail\":\"nothing to do\"}\n";

pub fn with_client() -> Place {
    let place = Place::new();
    symlink(env!("CARGO_BIN_EXE_fake_claude"), place.sandbox.home().join("fake/claude")).expect("it can be created");
    place
}

fn plugin_calls(place: &Place) -> Vec<String> {
    place.calls().into_iter().filter_map(|call| call.strip_prefix("claude plugin ").map(str::to_owned)).collect()
}

#[test]
fn the_client_registers_the_plugin_and_the_settings_stay_byte_for_byte() {
    let place = with_client();
    for before in [Some(SETTINGS), Some("{}"), Some(""), None, Some("{\"enabledPlugins\": { }}")] {
        place.put_settings(before);
        place.ok(&["install"]);
        let share = place.share.to_str().expect("UTF-8");
        assert_eq!(
            plugin_calls(&place),
            [format!("marketplace add {share}"), "install cs-sessions@claude-sessions".into()]
        );
        let during = place.text().expect("it is there");
        let value = json(&during);
        assert_eq!(value["enabledPlugins"]["cs-sessions@claude-sessions"], true);
        assert_eq!(value["extraKnownMarketplaces"]["claude-sessions"]["source"]["path"], share);
        assert!(ours(&value).is_empty(), "else they would run twice");
        if before == Some(SETTINGS) {
            assert!(during.starts_with(SETTINGS.strip_suffix('}').expect("it ends like this")), "{during}");
        }
        assert_eq!(place.ok(&["install"]), NOTHING);
        assert!(plugin_calls(&place).is_empty());
        place.ok(&["uninstall"]);
        assert_eq!(
            plugin_calls(&place),
            ["uninstall cs-sessions@claude-sessions", "marketplace remove claude-sessions"]
        );
        assert_eq!(place.text().as_deref(), before);
        assert!(!place.settings().with_file_name("settings.json.cs-backup").exists());
        assert_eq!(place.ok(&["uninstall"]), NOTHING);
    }
}

#[test]
fn changes_that_the_client_makes_itself_are_kept() {
    let place = with_client().with("FAKE_MOVES", "model");
    place.put_settings(Some("{\"model\": \"old\", \"a\": [1,2]}"));
    assert!(place.ok(&["install"]).contains("stays as Claude Code wrote it"));
    assert_eq!(json(&place.text().expect("it is there"))["model"], Value::Null);
    place.ok(&["uninstall"]);
    assert_eq!(json(&place.text().expect("it is there")), json("{\"a\": [1, 2]}"), "no empty object is left");
}

#[test]
fn a_setting_changed_in_between_is_kept() {
    let place = with_client();
    place.put_settings(Some(SETTINGS));
    place.ok(&["install"]);
    let changed = place.text().expect("it is there").replace("[1,2]", "[1,2,3]");
    place.put_settings(Some(&changed));
    place.ok(&["uninstall"]);
    assert_eq!(place.text(), Some(SETTINGS.replace("[1,2]", "[1,2,3]")));
}

#[test]
fn a_client_with_an_old_or_unknown_version_gets_hooks_in_its_settings() {
    for version in ["2.1.138", "2.0.999", "1.9.200", "newest"] {
        let place = with_client().with("FAKE_VERSION", version);
        assert!(place.ok(&["install"]).contains("older than 2.1.139"), "{version}");
        assert!(plugin_calls(&place).is_empty());
        assert_eq!(ours(&json(&place.text().expect("it is there"))).len(), 10);
    }
}

#[test]
fn when_the_client_is_installed_later_the_plugin_replaces_the_hooks() {
    let place = with_client();
    place.put_settings(Some(SETTINGS));
    place.ok(&["install", "--settings"]);
    place.ok(&["install"]);
    let value = json(&place.text().expect("it is there"));
    assert!(ours(&value).is_empty() && value["enabledPlugins"]["cs-sessions@claude-sessions"] == true);
    place.refused(&["install", "--settings"], NO, "run cs-setup uninstall first");
    place.ok(&["uninstall"]);
    assert_eq!(place.text().as_deref(), Some(SETTINGS));
}

#[test]
fn a_new_build_reaches_a_client_with_a_copy_of_the_plugin() {
    let place = with_client();
    place.ok(&["install"]);
    plugin_calls(&place);
    place.program("cs-hook", "exit 0");
    place.ok(&["install"]);
    let calls = plugin_calls(&place);
    assert_eq!(calls[0], "uninstall cs-sessions@claude-sessions");
    assert_eq!(calls.len(), 3, "{calls:?}");
    assert_eq!(place.ok(&["install"]), NOTHING);
    place.ok(&["uninstall"]);
    assert_eq!(place.text(), None);
}

#[test]
fn a_refusing_client_leaves_everything_unchanged() {
    for fails in ["marketplace", "install"] {
        for before in [Some(SETTINGS), Some(""), None] {
            let place = with_client().with("FAKE_FAILS", fails);
            place.put_settings(before);
            let output = place.setup(&["install"]);
            assert_eq!(status(&output), NO);
            let reported = stderr(&output);
            assert!(
                reported.contains("blocked by your organization") && reported.contains("cs-setup install --settings"),
                "{reported}"
            );
            assert_eq!(place.text().as_deref(), before, "{fails}");
            assert!(!place.settings().with_file_name("settings.json.cs-backup").exists());
        }
    }
}

#[test]
fn a_plugin_that_was_turned_off_stays_off() {
    let place = with_client();
    place.ok(&["install"]);
    let off = place.text().expect("it is there").replace("true", "false");
    place.put_settings(Some(&off));
    assert!(place.ok(&["install"]).contains("claude plugin enable"));
    assert_eq!(place.text(), Some(off));
}

#[test]
fn the_plugin_is_removed_even_without_the_clients_command() {
    let place = with_client();
    place.put_settings(Some(SETTINGS));
    place.ok(&["install"]);
    fs::remove_file(place.sandbox.home().join("fake/claude")).expect("it is there");
    assert!(place.ok(&["install"]).contains("the plugin is already registered"));
    assert!(place.ok(&["uninstall"]).contains("the claude command was not found"));
    assert_eq!(place.text().as_deref(), Some(SETTINGS));
}

#[test]
fn the_client_is_not_called_with_damaged_settings() {
    let place = with_client();
    place.put_settings(Some("{\"a\": 1,}"));
    let output = place.setup(&["install"]);
    assert_eq!(status(&output), INVALID, "{}", stderr(&output));
    assert!(place.calls().is_empty());
}

#[test]
fn a_dry_run_asks_the_client_for_nothing_but_its_version() {
    let place = with_client();
    place.put_settings(Some(SETTINGS));
    let shown = place.ok(&["install", "--dry-run", "--table"]);
    assert!(shown.contains("plugin marketplace add") && shown.contains("plugin install"), "{shown}");
    assert_eq!(place.calls(), ["claude --version"]);
    assert_eq!(place.text().as_deref(), Some(SETTINGS));
}

#[test]
fn uninstalling_plugin_and_status_line_restores_the_settings() {
    let place = with_client();
    for before in [None, Some(""), Some(SETTINGS)] {
        for steps in [[&["install"][..], &["statusline", "install"]], [&["statusline", "install"], &["install"]]] {
            place.put_settings(before);
            for step in steps {
                place.ok(step);
            }
            let value = json(&place.text().expect("it is there"));
            assert!(value["enabledPlugins"].is_object() && value["statusLine"].is_object(), "{value}");
            place.ok(&["uninstall"]);
            assert_eq!(place.text().as_deref(), before, "{steps:?}");
            assert!(!place.settings().with_file_name("settings.json.cs-backup").exists());
        }
    }
}

#[test]
fn a_refusing_client_keeps_the_backup_of_an_earlier_installation() {
    let place = with_client().with("FAKE_FAILS", "marketplace");
    for before in [None, Some("{ }"), Some(SETTINGS)] {
        for first in [&["statusline", "install"][..], &["install", "--settings"]] {
            place.put_settings(before);
            place.ok(first);
            assert_eq!(status(&place.setup(&["install"])), NO);
            place.ok(&["uninstall"]);
            assert_eq!(place.text().as_deref(), before, "{first:?}");
        }
    }
}

#[test]
fn a_foreign_marketplace_with_our_name_is_left_to_the_client() {
    let place = with_client();
    let theirs = "{\"claude-sessions\":{\"source\":{\"source\":\"github\",\"repo\":\"other/claude-sessions\"}}}";
    let known = place.sandbox.home().join(".claude/plugins/known_marketplaces.json");
    fs::create_dir_all(known.parent().expect("it has one")).expect("it can be created");
    fs::write(&known, theirs).expect("it can be written");
    let in_settings =
        format!("{{\"extraKnownMarketplaces\":{theirs},\"enabledPlugins\":{{\"a@claude-sessions\":true}}}}");
    for before in [None, Some(in_settings.as_str())] {
        place.put_settings(before);
        let reported = place.ok(&["install"]);
        assert!(
            reported.contains("other/claude-sessions")
                && reported.contains("claude plugin marketplace remove claude-sessions"),
            "{reported}"
        );
        assert_eq!(ours(&json(&place.text().expect("it is there"))).len(), 10, "they are in the settings instead");
        place.ok(&["uninstall"]);
        assert_eq!(place.text().as_deref(), before);
        assert_eq!(fs::read_to_string(&known).ok().as_deref(), Some(theirs));
        assert!(plugin_calls(&place).is_empty());
    }
}

#[test]
fn a_marketplace_of_an_older_installation_is_replaced() {
    let place = with_client();
    place.put_settings(Some(
        "{\"extraKnownMarketplaces\":{\"claude-sessions\":{\"source\":{\"source\":\"directory\",\"path\":\"/old/share/claude-sessions\"}}}}",
    ));
    place.ok(&["install"]);
    let value = json(&place.text().expect("it is there"));
    assert_eq!(
        value["extraKnownMarketplaces"]["claude-sessions"]["source"]["path"],
        place.share.to_str().expect("UTF-8")
    );
    place.ok(&["uninstall"]);
    assert_eq!(place.text().as_deref(), Some("{}"), "nothing says that there was no file before");
}

#[test]
fn broken_settings_do_not_hide_a_plugin_from_its_removal() {
    let place = with_client();
    place.ok(&["install"]);
    place.put_settings(Some("{ broken"));
    place.refused(&["uninstall"], 65, "settings.json");
    fs::remove_dir_all(place.sandbox.home().join(".claude/plugins")).expect("it is there");
    assert!(place.ok(&["uninstall"]).contains("none"), "nothing of ours is left");
}
