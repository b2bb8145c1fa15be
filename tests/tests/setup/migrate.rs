//! `migrate`: what the Python tool has installed is moved aside, and comes back byte for byte.

use super::files::answered;
use super::*;

/// The hook as that tool's instructions register it, beside one of the user's.
const SETTINGS: &str = "{\n  \"env\": {\"TOKEN\": \"s3cret\"},\n  \"hooks\": {\n    \"Stop\": [\n      {\n        \"matcher\": \"\",\n        \"hooks\": [\n          {\"type\": \"command\", \"command\": \"$HOME/.claude/dashboard/heartbeat.sh\", \"timeout\": 5}\n        ]\n      },\n      {\n        \"hooks\": [{\"type\": \"command\", \"command\": \"play a sound\"}]\n      }\n    ]\n  }\n}\n";
const NAMES: [&str; 2] = ["com.claude.sessions-dashboard", "com.claude.sessions-cleanup"];
const RECORD: &str = "sess_20260210T1418_3f7c";
/// A launchctl that writes down its calls, and knows the agents of the folder `loaded`.
const LAUNCHCTL: &str = "echo \"$*\" >>$HOME/calls; case $1 in \
    print) test -e $HOME/loaded/${2##*/};; \
    bootout) rm -f $HOME/loaded/${2##*/};; \
    bootstrap) touch $HOME/loaded/$(basename $3 .plist);; esac";

fn agent(name: &str, home: &Path) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<plist version=\"1.0\">\n<dict>\n  <key>Label</key>\n  <string>{name}</string>\n  \
         <key>ProgramArguments</key>\n  <array>\n    <string>/bin/sh</string>\n    \
         <string>{}/.claude/dashboard/manage.py</string>\n    <string>cleanup-stale</string>\n  </array>\n</dict>\n\
         </plist>\n",
        home.display()
    )
}

/// A file in HOME.
fn put(place: &Place, file: &str, text: &str) {
    let path = place.sandbox.home().join(file);
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be created");
    fs::write(path, text).expect("it can be written");
}

/// A home in which the Python tool is installed as its instructions say.
fn python() -> Place {
    let place = Place::new();
    let home = place.sandbox.home();
    place.fake("launchctl", LAUNCHCTL);
    place.fake("crontab", "exit 1");
    place.put_settings(Some(SETTINGS));
    for name in NAMES {
        put(&place, &format!("Library/LaunchAgents/{name}.plist"), &agent(name, &home));
    }
    put(&place, &format!("loaded/{}", NAMES[0]), "");
    for skill in ["session-start", "session-end"] {
        let text = format!("# /{skill}\n\n```bash\npython3 ~/.claude/dashboard/manage.py active-sessions\n```\n");
        put(&place, &format!(".claude/skills/{skill}/SKILL.md"), &text);
    }
    put(&place, ".claude/skills/session-end/notes.txt", "mine\n");
    put(&place, ".claude/dashboard/manage.py", "print('x')\n");
    put(&place, ".claude/dashboard/heartbeat.sh", "#!/bin/bash\nexit 0\n");
    let sample = fs::read_to_string(workspace().join("tests/samples/v4.json")).expect("it is there");
    let mut record = json(&sample);
    record["session_id"] = RECORD.into();
    put(&place, &format!(".claude/dashboard/sessions/{RECORD}.json"), &format!("{record}\n"));
    place
}

/// What is in HOME, without what our own registration needs and without the fakes.
fn home(place: &Place) -> BTreeMap<PathBuf, Vec<u8>> {
    let home = place.sandbox.home();
    let mut all = tree(&home);
    all.retain(|path, _| !["calls", "fake", ".local"].iter().any(|name| path.starts_with(home.join(name))));
    all
}

/// The folders in `replaced/`.
fn replaced(place: &Place) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        place.sandbox.data().join("replaced").read_dir().into_iter().flatten().flatten().map(|e| e.path()).collect();
    folders.sort();
    folders
}

const GO: [&str; 3] = ["migrate", "--settings", "--yes"];
const BACK: [&str; 3] = ["migrate", "--undo", "--yes"];

#[test]
fn the_tool_is_replaced_and_its_records_are_read_in_place() {
    let place = python();
    let before = home(&place);
    let folders = [place.sandbox.data(), place.sandbox.home().join("Library/LaunchAgents"), place.sandbox.home()];
    let times = || folders.clone().map(|folder| fs::metadata(folder).and_then(|meta| meta.modified()).ok());
    let changed = times();
    let plan = place.ok(&["migrate", "--settings", "--dry-run", "--table"]);
    assert_eq!(times(), changed, "no file is made to find out whether one could be made");
    for word in ["takes out the hook", NAMES[0], NAMES[1], "session-start", "session-end", "1 session in", "--undo"] {
        assert!(plan.contains(word), "{word}: {plan}");
    }
    assert!(!plan.contains("s3cret"), "{plan}");
    assert_eq!(home(&place), before, "a dry run changes nothing");
    assert_eq!(status(&place.alone(&["migrate", "--settings"])), USAGE, "without a terminal it needs --yes");
    assert_eq!(home(&place), before);
    place.calls();

    place.ok(&GO);
    let text = place.text().expect("it is there");
    assert!(!text.contains("heartbeat.sh") && text.contains("play a sound"), "{text}");
    assert_eq!(ours(&json(&text)).len(), 10, "ours are registered");
    let calls = place.calls();
    let unloads = |name: &str| calls.iter().any(|call| call.starts_with("bootout") && call.ends_with(name));
    assert!(unloads(NAMES[0]) && !unloads(NAMES[1]), "only the loaded one is unloaded: {calls:?}");
    let folder = match &replaced(&place)[..] {
        [one] => one.clone(),
        other => panic!("{other:?}"),
    };
    let agents = folder.join("LaunchAgents");
    assert!(NAMES.iter().all(|name| agents.join(format!("{name}.plist")).exists()));
    assert_eq!(fs::read_to_string(folder.join("skills/session-end/notes.txt")).expect("it moved along"), "mine\n");
    let manifest = fs::read_to_string(folder.join("manifest.json")).expect("it is there");
    assert!(!manifest.contains("s3cret"), "settings may contain secrets: {manifest}");
    assert_eq!(entries(&place.sandbox.home().join(".claude/skills")).len(), 0);
    assert!(stdout(&place.sandbox.cs("cs-session", &["list", "-q"])).contains(RECORD));
    assert!(place.sandbox.data().join("manage.py").exists(), "its programs stay");

    let during = home(&place);
    let again = place.ok(&GO);
    assert!(again.contains("nothing of the Python tool runs here"), "{again}");
    assert_eq!(home(&place), during, "the second time changes nothing");
}

/// Undoing both, in both orders, restores everything.
#[test]
fn it_is_undone_byte_for_byte_in_either_order() {
    for steps in [[&BACK[..], &["uninstall"]], [&["uninstall"], &BACK[..]]] {
        let place = python();
        let before = home(&place);
        place.ok(&GO);
        place.calls();
        for step in steps {
            place.ok(step);
        }
        assert_eq!(home(&place), before, "{steps:?}");
        let calls = place.calls();
        let loaded: Vec<_> = calls.iter().filter(|call| call.starts_with("bootstrap")).collect();
        assert!(matches!(&loaded[..], [call] if call.contains(NAMES[0])), "as it was: {calls:?}");
        assert!(place.ok(&BACK).contains("moved nothing aside"), "the second time there is nothing to do");
    }
}

#[test]
fn a_hook_is_put_back_at_the_end_if_the_settings_changed() {
    let place = python();
    place.ok(&GO);
    place.ok(&["uninstall"]);
    let mut value = json(&place.text().expect("it is there"));
    value["theme"] = "dark".into();
    place.put_settings(Some(&value.to_string()));
    place.ok(&BACK);
    let value = json(&place.text().expect("it is there"));
    let stop = value["hooks"]["Stop"].as_array().expect("a list");
    assert_eq!(stop.len(), 2, "{value}");
    assert_eq!(stop[1]["hooks"][0]["timeout"], 5);
    assert_eq!((&stop[1]["matcher"], &value["theme"]), (&"".into(), &"dark".into()));
}

#[test]
fn files_that_only_have_the_names_of_the_tool_stay() {
    let place = python();
    let home_dir = place.sandbox.home();
    let agent_file = format!("Library/LaunchAgents/{}.plist", NAMES[1]);
    put(&place, &agent_file, &agent(NAMES[1], Path::new("/src")).replace("/.claude", ""));
    put(&place, ".claude/skills/session-start/SKILL.md", "# /session-start\n\nMine: say hello.\n");
    let plan = place.ok(&["migrate", "--settings", "--yes", "--table"]);
    assert_eq!(plan.matches("is called like a part of the Python tool").count(), 2, "{plan}");
    assert!(home_dir.join(agent_file).exists() && home_dir.join(".claude/skills/session-start/SKILL.md").exists());

    // Something new is in the place of what was moved.
    put(&place, ".claude/skills/session-end/SKILL.md", "# new\n");
    let output = place.alone(&BACK);
    assert_eq!(status(&output), NO, "{}", stdout(&output));
    assert!(stderr(&output).contains("session-end is there again"), "{}", stderr(&output));
    let kept = &replaced(&place)[0];
    assert!(kept.join("skills/session-end/notes.txt").exists(), "what could not be put back stays");
    assert_eq!(fs::read_to_string(home_dir.join(".claude/skills/session-end/SKILL.md")).expect("it stays"), "# new\n");
    fs::remove_dir_all(home_dir.join(".claude/skills/session-end")).expect("it is ours");
    place.ok(&BACK);
    assert!(home_dir.join(".claude/skills/session-end/notes.txt").exists() && replaced(&place).is_empty());
}

#[test]
fn without_rights_nothing_is_changed() {
    let place = python();
    let skills = place.sandbox.home().join(".claude/skills");
    let lock = |mode| fs::set_permissions(&skills, std::fs::Permissions::from_mode(mode)).expect("it is ours");
    lock(0o500);
    if fs::write(skills.join("probe"), "").is_ok() {
        // Root may write everywhere: a read-only file is refused all the same.
        fs::remove_file(skills.join("probe")).expect("it is ours");
        lock(0o700);
        fs::set_permissions(place.settings(), std::fs::Permissions::from_mode(0o400)).expect("it is ours");
        place.refused(&GO, DISK, "read-only");
        return;
    }
    place.refused(&GO, DISK, "skills");
    lock(0o700);
}

/// Killed at each step: launchctl kills its parent, and the states in between are made by hand.
#[test]
fn a_migration_that_was_killed_is_finished_by_the_next_and_undone_as_a_whole() {
    let place = python();
    let before = home(&place);
    let script = format!("case $1 in bootout) rm -f $HOME/loaded/${{2##*/}}; kill -9 $PPID;; esac; {LAUNCHCTL}");
    place.fake("launchctl", &script);
    let output = place.alone(&GO);
    assert_eq!(output.status.code(), None, "it was killed: {}", stderr(&output));
    assert!(place.sandbox.home().join(format!("Library/LaunchAgents/{}.plist", NAMES[0])).exists());
    place.fake("launchctl", LAUNCHCTL);
    place.ok(&GO);
    assert_eq!(replaced(&place).len(), 2, "each run has its folder");
    assert!(place.ok(&GO).contains("nothing of the Python tool runs here"));
    place.ok(&BACK);
    place.ok(&["uninstall"]);
    assert_eq!(home(&place), before, "the agent that the killed run had unloaded is loaded again, too");
}

#[test]
fn a_damaged_way_back_is_named_and_nothing_is_moved() {
    let place = python();
    place.ok(&GO);
    let manifest = replaced(&place)[0].join("manifest.json");
    let text = fs::read_to_string(&manifest).expect("it is there");
    for damaged in ["{", &text.replace("skills/session-end", "../../../../tmp/session-end")] {
        fs::write(&manifest, damaged).expect("it can be written");
        place.refused(&BACK, INVALID, "manifest.json");
    }
    fs::write(&manifest, text).expect("it can be written");
    place.ok(&BACK);
}

#[test]
fn a_person_is_asked_before_each_part() {
    let place = python();
    let before = home(&place);
    let output = answered(&place, &["migrate", "--settings", "--table"], "n\n");
    assert_eq!(status(&output), NO, "{}", stdout(&output));
    assert_eq!(home(&place), before, "who does not want our hooks keeps the tool");
    let output = answered(&place, &["migrate", "--settings", "--table"], "y\ny\n");
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(!place.text().expect("it is there").contains("heartbeat.sh"));
}

#[test]
fn skills_in_a_linked_folder_are_moved_and_come_back() {
    let place = python();
    let home_dir = place.sandbox.home();
    fs::rename(home_dir.join(".claude/skills"), home_dir.join("dotfiles")).expect("it can be moved");
    symlink(home_dir.join("dotfiles"), home_dir.join(".claude/skills")).expect("a link can be made");
    let before = home(&place);
    place.ok(&GO);
    assert!(!home_dir.join("dotfiles/session-start").exists());
    place.ok(&BACK);
    place.ok(&["uninstall"]);
    assert_eq!(home(&place), before);
}

fn checks(place: &Place, name: &str) -> Vec<String> {
    let output = place.setup(&["doctor"]);
    let lines: Vec<Value> = stdout(&output).lines().map(json).collect();
    let of_name = lines.iter().filter(|check| check["check"] == name);
    of_name.map(|check| check["detail"].as_str().expect("a text").to_owned()).collect()
}

#[test]
fn doctor_names_what_runs_beside_and_what_is_left_over() {
    let place = python();
    let command = |command: &str| format!("[{{\"hooks\": [{{\"type\": \"command\", \"command\": \"{command}\"}}]}}]");
    let text = format!(
        "{{\"hooks\": {{\"Stop\": {}, \"PreToolUse\": {}, \"Notification\": {}}}, \
         \"statusLine\": {{\"type\": \"command\", \"command\": \"bunx ccstatusline@latest\"}}}}",
        command("uv run ~/hooks/send_event.py --token s3cret"),
        command("uv run ~/hooks/send_event.py --token s3cret"),
        command("/opt/gone/tell --loud"),
    );
    place.put_settings(Some(&text));
    put(&place, "hooks/send_event.py", "");
    let beside = checks(&place, "beside");
    let wanted = "claude-code-hooks-multi-agent-observability (PreToolUse, Stop); ccstatusline (the status line)";
    assert!(matches!(&beside[..], [one] if one.ends_with(wanted)), "{beside:?}");
    let left = checks(&place, "left over");
    let has = |word: &str| left.iter().any(|detail| detail.contains(word));
    assert!(has("Notification runs /opt/gone/tell, which is gone") && !has("send_event"), "{left:?}");
    assert!(has("session-start") && has(NAMES[1]), "{left:?}");
    assert!(!left.concat().contains("s3cret") && !beside.concat().contains("s3cret"));

    place.ok(&["statusline", "install"]);
    assert!(checks(&place, "beside")[0].ends_with(wanted), "wrapped by ours");
    fs::remove_file(place.sandbox.data().join("manage.py")).expect("it is there");
    assert!(checks(&place, "left over").iter().any(|one| one.contains("manage.py, which is gone")));
    place.ok(&GO);
    let left = checks(&place, "left over");
    assert!(left.iter().any(|one| one.contains("moved aside is in")) && !left.concat().contains("session-start"));
    let place = place.with("CS_HOME", "/nowhere/else");
    let left = checks(&place, "left over");
    assert!(left.iter().any(|one| one.contains("1 session in") && one.contains("not read")), "{left:?}");
}
