//! Hooks in settings.json: added, recognised, and removed again, byte for byte.

use super::*;

pub const FOREIGN: &str = r#"{
  "env": {
    "TOKEN": "secret"
  },
  "hooks": {
    "Stop": [
      {
        "hooks": [
          {
            "type": "command",
            "command": "say done"
          }
        ]
      }
    ],
    "PreToolUse": [ { "matcher": "Bash", "hooks": [ { "type": "command", "command": "guard" } ] } ]
  },
  "model": "opus"
}
"#;

/// Settings files of many kinds; `None` stands for no file.
pub fn kinds() -> Vec<(&'static str, Option<String>)> {
    let mut kinds: Vec<(&str, Option<String>)> = [
        ("absent", None),
        ("empty", Some("")),
        ("a line end", Some("\n")),
        ("blanks", Some("  \r\n\t")),
        ("{}", Some("{}")),
        ("{} and a blank", Some("{ }\n")),
        ("foreign hooks on the same events", Some(FOREIGN)),
        ("empty hooks", Some("{\n  \"hooks\": {}\n}\n")),
        ("empty hooks with blanks", Some("{\n  \"hooks\": {\n\n  },\n  \"a\": 1\n}\n")),
        ("an empty event", Some("{\"hooks\": {\"Stop\": [ ]}}")),
        (
            "a nested key of the same name",
            Some("{\n  \"env\": {\"hooks\": {\"Stop\": \"no\"}},\n  \"x\": [{\"hooks\": 1}]\n}"),
        ),
        ("one line", Some("{\"a\":{\"b\":[1,2]},\"hooks\":{\"Stop\":[{\"hooks\":[]}]},\"z\":null}")),
        ("one line with blanks", Some("{\"a\": {\"b\": [1, 2]}, \"z\": null}\n")),
        (
            "unicode escapes",
            Some("{\"\\u0068ooks\": {\"St\\u006fp\": []}, \"\\u00e9\": \"\\ud83d\\ude00 \\/ \\u001b\"}"),
        ),
        ("odd layout", Some("\n\n {\"a\"\n:\n1\n,\"b\" : [\n] }\n\n\n")),
        ("odd numbers", Some("{\"a\": 1.50, \"b\": 1e3, \"c\": -0.0, \"d\": 123456789012345678901234567890}")),
        (
            "another plugin",
            Some("{\n  \"enabledPlugins\": {\n    \"a@b\": true\n  },\n  \"extraKnownMarketplaces\": {}\n}\n"),
        ),
    ]
    .map(|(name, text)| (name, text.map(str::to_owned)))
    .into();
    kinds.push(("line ends of Windows", Some(FOREIGN.replace('\n', "\r\n"))));
    kinds.push(("tabs", Some(FOREIGN.replace("  ", "\t"))));
    kinds.push(("a byte order mark", Some(format!("\u{feff}{FOREIGN}"))));
    kinds.push(("four blanks and no last line end", Some(FOREIGN.replace("  ", "    ").trim_end().to_owned())));
    let many: Vec<String> = (0..20_000).map(|n| format!("    \"KEY_{n}\": \"{}\"", "v".repeat(80))).collect();
    kinds.push(("huge", Some(FOREIGN.replace("    \"TOKEN\": \"secret\"", &many.join(",\n")))));
    kinds
}

/// Whether `whole` contains the bytes of `part` in order, so that nothing was removed or moved.
fn is_within(part: &str, whole: &str) -> bool {
    let mut rest = whole.bytes();
    part.bytes().filter(|byte| !byte.is_ascii_whitespace()).all(|byte| rest.any(|other| other == byte))
}

#[test]
fn uninstalling_restores_every_kind_of_file() {
    let place = Place::new();
    for (name, before) in kinds() {
        place.put_settings(before.as_deref());
        place.ok(&["install", "--settings"]);
        let during = place.text().expect("it was written");
        let (value, old) = (json(&during), before.as_deref().map(str::trim).filter(|text| !text.is_empty()));
        assert_eq!(ours(&value).len(), 10, "{name}");
        assert!(old.is_none_or(|old| is_within(old, &during)), "{name}: something was moved");
        assert_eq!(
            place.ok(&["install", "--settings"]),
            "{\"action\":\"none\",\"detail\":\"nothing to do\"}\n",
            "{name}"
        );
        assert_eq!(place.text().expect("it is there"), during, "{name}: the second time");
        place.ok(&["uninstall"]);
        assert!(place.text() == before, "{name}: {:?}", place.text());
        let left: Vec<_> = entries(&place.sandbox.home().join(".claude"));
        assert_eq!(left.len(), usize::from(before.is_some()), "{name}: {left:?}");
        assert_eq!(place.ok(&["uninstall"]), "{\"action\":\"none\",\"detail\":\"nothing to do\"}\n", "{name}");
    }
}

#[test]
fn changes_made_in_between_are_kept() {
    let place = Place::new();
    for (name, before) in kinds() {
        place.put_settings(before.as_deref());
        place.ok(&["install", "--settings"]);
        // The client changes a setting and writes the whole file in its own layout.
        let mut value = json(&place.text().expect("it is there"));
        value["theme"] = "dark".into();
        place.put_settings(Some(&serde_json::to_string_pretty(&value).expect("JSON")));
        place.ok(&["uninstall"]);
        let mut expected = json(before.as_deref().map(str::trim).filter(|text| !text.is_empty()).unwrap_or("{}"));
        expected["theme"] = "dark".into();
        assert_eq!(json(&place.text().expect("it is there")), expected, "{name}");
        assert!(!place.settings().with_file_name("settings.json.cs-backup").exists(), "{name}");
    }
}

#[test]
fn damaged_settings_are_refused_and_left_alone() {
    let place = Place::new();
    for (text, reported) in [
        ("{\n  // my settings\n  \"a\": 1\n}\n", "line 2, column 3: JSON does not allow comments"),
        ("{\n  /* mine */ \"a\": 1\n}\n", "line 2, column 3: JSON does not allow comments"),
        ("{\n  \"a\": 1,\n}\n", "line 3, column 1: JSON does not allow a comma before"),
        ("{\"a\": [1, 2,]}", "line 1, column 13: JSON does not allow a comma before"),
        ("{\"a\": 1", "line 1, column 7: EOF"),
        ("[1]", "line 1, column 1: it is not a JSON object"),
        ("\"text\"", "line 1, column 1: it is not a JSON object"),
        ("{\n \"hooks\": []}", "line 2, column 11: \"hooks\" must be an object"),
        ("{\"hooks\": null}", "line 1, column 11: \"hooks\" must be an object"),
        ("{\"hooks\": {\n  \"Stop\": {}}}", "line 2, column 11: expected an array here, found an object"),
        (
            "{\"hooks\": {\"Stop\": []}, \"hooks\": {}}",
            "line 1, column 25: the key \"hooks\" appears a second time here",
        ),
        ("{'a': 1}", "line 1, column 2: key must be a string"),
        ("{} trailing", "line 1, column 4: trailing characters"),
    ] {
        place.put_settings(Some(text));
        place.refused(&["install", "--settings"], INVALID, reported);
    }
    fs::write(place.settings(), b"{\"a\": \"\xff\"}").expect("it can be written");
    place.refused(&["install", "--settings"], INVALID, "byte 8 is not valid UTF-8");
    place.ok(&["uninstall"]); // it contains nothing of ours
    fs::write(place.settings(), b"{\"a\": \"\xff /x/bin/cs-hook\"}").expect("it can be written");
    place.refused(&["uninstall"], INVALID, "byte 8 is not valid UTF-8");
    fs::write(place.settings(), vec![b' '; 11 << 20]).expect("it can be written");
    place.refused(&["install", "--settings"], INVALID, "more than 10485760 bytes");
    place.put_settings(None);
    fs::create_dir(place.settings()).expect("it can be created");
    place.refused(&["install", "--settings"], INVALID, "not a regular file");
}

#[test]
fn hooks_of_another_installation_are_replaced_and_foreign_hooks_are_not() {
    let place = Place::new();
    let checkout = place.sandbox.home().join("checkout");
    fs::create_dir_all(checkout.join("bin")).expect("it can be created");
    cs_tests::made::copy(&place.share.join("bin/cs-setup"), &checkout.join("bin/cs-setup"));
    for old in ["/old/share/claude-sessions", checkout.to_str().expect("UTF-8")] {
        let before = r#"{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "OLD/bin/cs-heartbeat", "args": []}, {"type": "command", "command": "say"}]}], "Gone": [{"hooks": [{"type": "command", "command": "OLD/bin/cs-hook"}]}], "Mine": [{"hooks": [{"type": "command", "command": "/x/cs-hook | tee"}]}]}}"#;
        place.put_settings(Some(&before.replace("OLD", old)));
        place.ok(&["install", "--settings"]);
        let value = json(&place.text().expect("it is there"));
        assert!(ours(&value).iter().all(|(_, command)| command.starts_with(place.share.to_str().expect("UTF-8"))));
        place.ok(&["uninstall"]);
        let left = r#"{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "say"}]}], "Mine": [{"hooks": [{"type": "command", "command": "/x/cs-hook | tee"}]}]}}"#;
        assert_eq!(place.text().as_deref(), Some(left), "{old}");
    }
}

#[test]
fn a_foreign_program_with_our_name_is_kept() {
    let place = Place::new();
    let theirs = place.sandbox.home().join("claude-sessions/bin");
    fs::create_dir_all(&theirs).expect("it can be created");
    for command in ["/x/cs-hook", "/x/bin/cs-heartbeat", theirs.join("cs-hook").to_str().expect("UTF-8")] {
        let before = format!(r#"{{"hooks":{{"Stop":[{{"hooks":[{{"type":"command","command":"{command}"}}]}}]}}}}"#);
        place.put_settings(Some(&before));
        assert_eq!(place.ok(&["uninstall"]), "{\"action\":\"none\",\"detail\":\"nothing to do\"}\n");
        place.ok(&["install", "--settings"]);
        assert!(place.text().expect("it is there").contains(&format!("\"{command}\"")));
        place.ok(&["uninstall"]);
        assert_eq!(place.text(), Some(before));
    }
}

#[test]
fn a_file_is_removed_only_if_it_was_made_by_an_installation() {
    let place = Place::new();
    place.put_settings(None);
    place.ok(&["install", "--settings"]);
    let made = place.text();
    place.ok(&["uninstall"]);
    assert_eq!(place.text(), None);
    // The same text, put there by somebody.
    place.put_settings(made.as_deref());
    let said = place.ok(&["uninstall"]);
    assert!(!said.contains("did not exist before"), "{said}");
    assert_eq!(json(&place.text().expect("it stays")), json("{}"));
}

#[test]
fn a_users_own_hook_with_the_notifier_is_kept() {
    let place = Place::new();
    let notifier = place.share.join("bin/cs-notify");
    let notifier = notifier.to_str().expect("UTF-8");
    for words in ["", r#","args":["--json"]"#, r#","args":[]"#] {
        let before =
            format!(r#"{{"hooks":{{"Stop":[{{"hooks":[{{"type":"command","command":"{notifier}"{words}}}]}}]}}}}"#);
        place.put_settings(Some(&before));
        assert_eq!(place.ok(&["uninstall"]), "{\"action\":\"none\",\"detail\":\"nothing to do\"}\n");
        assert_eq!(place.text().as_ref(), Some(&before));
        place.ok(&["install", "--settings"]);
        let handler = format!(r#""command":"{notifier}"{words}}}"#);
        assert!(place.text().expect("it is there").contains(&handler), "{words}");
        place.ok(&["uninstall"]);
        assert_eq!(place.text(), Some(before));
    }
}

#[test]
fn a_foreign_marketplace_with_our_name_is_kept() {
    let place = Place::new();
    let theirs = place.sandbox.home().join("src/claude-sessions");
    fs::create_dir_all(&theirs).expect("it can be created");
    for source in [
        r#""source":"github","repo":"other/claude-sessions""#.to_owned(),
        r#""source":"git","path":"/old/share/claude-sessions""#.to_owned(),
        format!(r#""source":"directory","path":"{}""#, theirs.display()),
    ] {
        let before = format!(
            r#"{{"extraKnownMarketplaces":{{"claude-sessions":{{"source":{{{source}}}}}}},"enabledPlugins":{{"cs-sessions@claude-sessions":true}},"model":"x"}}"#
        );
        place.put_settings(Some(&before));
        assert_eq!(place.ok(&["uninstall"]), "{\"action\":\"none\",\"detail\":\"nothing to do\"}\n");
        place.ok(&["install", "--settings"]);
        assert_eq!(ours(&json(&place.text().expect("it is there"))).len(), 10);
        assert!(place.text().expect("it is there").contains(&source));
        place.ok(&["uninstall"]);
        assert_eq!(place.text(), Some(before));
    }
}

#[test]
fn uninstalling_with_the_status_line_restores_every_kind_of_file() {
    let place = Place::new();
    let (hooks, line) = (&["install", "--settings"][..], &["statusline", "install"][..]);
    let (all, line_alone) = (&["uninstall"][..], &["statusline", "remove"][..]);
    let theirs = ("a status line", Some("{\"statusLine\": {\"command\": \"date\", \"padding\": 1} }".to_owned()));
    // Size makes no difference here, and the huge file takes seconds each time.
    for (name, before) in kinds().into_iter().filter(|(name, _)| *name != "huge").chain([theirs]) {
        for steps in [
            &[hooks, line, all][..],
            &[line, hooks, all],
            &[line, all],
            &[line, line_alone],
            &[line, hooks, line_alone, all],
            &[hooks, line, line_alone, all],
        ] {
            place.put_settings(before.as_deref());
            for step in steps {
                place.ok(step);
            }
            assert!(place.text() == before, "{name}: {steps:?}: {:?}", place.text());
            let left: Vec<_> = entries(&place.sandbox.home().join(".claude"));
            assert_eq!(left.len(), usize::from(before.is_some()), "{name}: {steps:?}: {left:?}");
        }
    }
}

#[test]
fn codex_gets_its_own_hooks() {
    let place = Place::at("a folder/claude-sessions").with("CODEX_HOME", "");
    let file = place.sandbox.home().join(".codex/hooks.json");
    let mine = "{\n \"hooks\": {\n  \"Stop\": [\n   {\n    \"hooks\": [\n     {\n      \"type\": \"command\",\n      \"command\": \"say\"\n     }\n    ]\n   }\n  ]\n }\n}";
    for before in [None, Some(mine)] {
        fs::create_dir_all(file.parent().expect("it has one")).expect("it can be created");
        before.into_iter().for_each(|text| fs::write(&file, text).expect("it can be written"));
        let reported = place.ok(&["install", "--codex"]);
        assert!(reported.contains("type /hooks, then t"), "{reported}");
        let value = json(&fs::read_to_string(&file).expect("it was written"));
        let found = ours(&value);
        let mut events: Vec<&str> = found.iter().map(|(event, _)| event.as_str()).collect();
        events.sort_unstable();
        let wanted = [
            "Interrupt",
            "PermissionRequest",
            "PermissionRequest",
            "PostModelRequest",
            "PostToolUse",
            "PostToolUse",
            "PreCompact",
            "SessionEnd",
            "SessionEnd",
            "SessionStart",
            "SessionStart",
            "Stop",
            "Stop",
            "UserPromptSubmit",
            "UserPromptSubmit",
        ];
        assert_eq!(events, wanted);
        let mut seen: Vec<&str> = Vec::new();
        for (event, command) in &found {
            let program = match event.as_str() {
                event if seen.contains(&event) => "cs-deliver",
                "Stop" | "Interrupt" => "cs-heartbeat",
                _ => "cs-hook",
            };
            seen.push(event);
            assert_eq!(*command, format!("'{}/bin/{program}'", place.share.display()), "a shell can run it");
        }
        assert!(
            !value.to_string().contains("async") && !value.to_string().contains("args"),
            "Codex skips or drops them"
        );
        assert_eq!(place.ok(&["install", "--codex"]), "{\"action\":\"none\",\"detail\":\"nothing to do\"}\n");
        place.ok(&["uninstall", "--codex"]);
        assert_eq!(fs::read_to_string(&file).ok().as_deref(), before);
    }
    assert!(!place.settings().exists(), "Claude Code has nothing to do with it");
}

#[test]
fn switches_that_disable_hooks_are_reported() {
    let place = Place::new();
    place.put_settings(Some("{\"disableAllHooks\": true}"));
    assert!(place.ok(&["install", "--settings"]).contains("\\\"disableAllHooks\\\" in"));
}

#[test]
fn an_installation_of_homebrew_is_registered_by_the_path_that_an_upgrade_leaves() {
    let place = Place::at("Cellar/claude-sessions/0.2.0/share/claude-sessions");
    let home = place.sandbox.home();
    fs::create_dir(home.join("opt")).expect("it can be created");
    symlink("../Cellar/claude-sessions/0.2.0", home.join("opt/claude-sessions")).expect("it can be created");
    place.ok(&["install"]);
    let hooks = ours(&json(&place.text().expect("it was written")));
    let lasting = home.join("opt/claude-sessions/share/claude-sessions/bin").display().to_string();
    assert!(!hooks.is_empty() && hooks.iter().all(|(_, command)| command.contains(&lasting)), "{hooks:?}");

    // The link of another version leads elsewhere, so it is not used.
    place.ok(&["uninstall"]);
    fs::remove_file(home.join("opt/claude-sessions")).expect("it is there");
    fs::create_dir_all(home.join("opt/claude-sessions/share/claude-sessions")).expect("it can be created");
    place.ok(&["install"]);
    let hooks = ours(&json(&place.text().expect("it was written")));
    assert!(!hooks.is_empty() && hooks.iter().all(|(_, command)| command.contains("/Cellar/")), "{hooks:?}");
}
