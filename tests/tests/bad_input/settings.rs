//! A damaged `config.json`: programs that read use the default of what cannot be understood, say so in one line, do
//! their work and end with 65; programs that write lose nothing of it.

use super::*;

/// Programs that read, with a word of what they print.
const READERS: [(&[&str], &str); 11] = [
    (&["cs-session", "list"], ACTIVE),
    (&["cs-session", "list", "--full", "--project", "api"], ACTIVE),
    (&["cs-session", "show", "ca5d"], ACTIVE),
    (&["cs-project", "list"], "api"),
    (&["cs-project", "show", "api"], "\"slug\":\"api\""),
    (&["cs-project", "overview"], ACTIVE),
    (&["cs-project", "overview", "--project", "api"], ACTIVE),
    (&["cs-export", "ca5d"], ACTIVE),
    (&["cs-export", "--all"], ACTIVE),
    (&["cs-notify", "--dry-run"], ""),
    (&["cs-cleanup", "all", "--dry-run"], ""),
];

/// Damaged texts, each with what is told of it.
const DAMAGED: [(&str, &str); 9] = [
    ("", "it is empty"),
    ("{\"version\": 1, \"projects\": {", "EOF while parsing"),
    ("[]", "expected an object"),
    ("{\"projects\": 7}", "projects is 7"),
    ("{\"projects\": {\"x\": []}}", "projects.x is []"),
    ("{\"settings\": {\"stale_threshold_hours\": 0}}", "settings.stale_threshold_hours is 0"),
    ("{\"settings\": {\"stale_threshold_hours\": 1e308}}", "settings.stale_threshold_hours is 1e308"),
    ("{\"settings\": {\"dashboard_port\": \"9000\"}}", "settings.dashboard_port is \"9000\""),
    ("{\"hooks\": {\"session_end\": \"never\"}}", "hooks.session_end is \"never\""),
];

#[test]
fn readers_do_their_work_with_defaults_and_say_so_once() {
    let sandbox = furnished();
    for (text, told) in DAMAGED {
        for (words, printed) in READERS {
            put(&sandbox, "config.json", text);
            let output = sandbox.cs(words[0], &words[1..]);
            let errors = stderr(&output);
            assert_eq!(status(&output), INVALID, "{words:?} {text}: {errors}");
            assert!(stdout(&output).contains(printed), "{words:?} {text}: {}", stdout(&output));
            assert!(
                errors.contains(told) && errors.matches("error: cannot understand").count() == 1,
                "{words:?} {text}: {errors}"
            );
            assert_eq!(fs::read_to_string(sandbox.data().join("config.json")).expect("there"), text, "{words:?}");
        }
    }
}

#[test]
fn changes_of_sessions_are_made_and_acknowledged_all_the_same() {
    let sandbox = furnished();
    for (text, _) in DAMAGED {
        put(&sandbox, "config.json", text);
        for words in [
            &["cs-session", "event", "ca5d", "--message", "x"][..],
            &["cs-session", "update", "ca5d", "--intent", "y"],
            &["cs-task", "add", "ca5d", "--subject", "z"],
            &["cs-session", "create", "--project", "api", "--intent", "x"],
        ] {
            let output = sandbox.cs(words[0], &words[1..]);
            assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{words:?} {text}");
        }
        assert_eq!(fs::read_to_string(sandbox.data().join("config.json")).expect("there"), text);
    }
}

#[test]
fn a_project_is_registered_where_nothing_is_lost_by_it() {
    let sandbox = furnished();
    for (text, _) in DAMAGED {
        put(&sandbox, "config.json", text);
        let output = sandbox.cs("cs-project", &["register", "--name", "new"]);
        let after = fs::read_to_string(sandbox.data().join("config.json")).expect("there");
        let code = |is_registered| if is_registered { 0 } else { INVALID };
        let Ok(Value::Object(before)) = serde_json::from_str::<Value>(text) else {
            assert_eq!((status(&output), after.as_str()), (code(false), text), "{}", stderr(&output));
            continue;
        };
        if before.get("projects").is_some_and(|projects| !projects.is_object()) {
            assert_eq!((status(&output), after.as_str()), (code(false), text), "{}", stderr(&output));
            continue;
        }
        assert_eq!(status(&output), code(true), "{text}: {}", stderr(&output));
        let after: Value = serde_json::from_str(&after).expect("JSON");
        assert_eq!(after["projects"]["new"]["name"], "new", "{text}");
        for (name, value) in before.iter().filter(|(name, _)| *name != "projects") {
            assert_eq!(&after[name], value);
        }
        let projects = before.get("projects").and_then(Value::as_object);
        for (slug, value) in projects.into_iter().flatten() {
            assert_eq!(&after["projects"][slug], value);
        }
    }
}
