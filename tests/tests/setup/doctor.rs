//! `doctor`: every possible problem is found, with a fix.

use std::fs::Permissions;

use cs_tests::http::Served;

use super::*;

pub fn healthy() -> Place {
    let place = Place::new();
    let path = format!("{}:{}/fake:/usr/bin:/bin", place.share.join("bin").display(), place.sandbox.home().display());
    let place = Place { sandbox: place.sandbox.with("PATH", path), ..place };
    place.fake("systemctl", "exit 1"); // regardless of this machine
    place.ok(&["install", "--settings"]);
    place
}

/// The doctor's findings, by check.
pub fn findings(place: &Place) -> (i32, BTreeMap<String, Value>) {
    let output = place.setup(&["doctor"]);
    assert_eq!(stderr(&output), "");
    let lines = stdout(&output);
    let checks = lines.lines().map(json).map(|check| (check["check"].as_str().expect("a name").to_owned(), check));
    (status(&output), checks.collect())
}

#[track_caller]
pub fn finds(place: &Place, check: &str, detail: &str, fix: &str) {
    let (code, found) = findings(place);
    let found = &found[check];
    assert_eq!((code, &found["ok"]), (NO, &Value::Bool(false)), "{found}");
    let has = |key: &str, word: &str| found[key].as_str().is_some_and(|text| text.contains(word));
    assert!(has("detail", detail) && has("fix", fix), "{found}");
}

/// Runs the installed dashboard on the port in the settings.
fn dashboard(place: &Place, args: &[&str]) -> Served {
    let served = Served::start(&place.sandbox, args);
    let port = served.address.rsplit(':').next().expect("a port");
    fs::create_dir_all(place.sandbox.data()).expect("it can be created");
    fs::set_permissions(place.sandbox.data(), Permissions::from_mode(0o700)).expect("it is ours");
    let config = place.sandbox.data().join("config.json");
    fs::write(&config, format!("{{\"version\":1,\"settings\":{{\"dashboard_port\":{port}}}}}"))
        .expect("it can be written");
    fs::set_permissions(config, Permissions::from_mode(0o600)).expect("it is ours");
    served
}

#[test]
fn the_doctor_reports_who_may_read_the_dashboard() {
    let place = healthy();
    let said = |what: &str| {
        let (code, found) = findings(&place);
        let detail = found["dashboard"]["detail"].as_str().expect("a text").to_owned();
        assert_eq!(code, 0, "{found:?}");
        assert!(detail.contains(what), "{detail}");
    };
    let served = dashboard(&place, &[]);
    if cfg!(target_os = "linux") {
        said("answers this account and root: the system reports who owns each connection");
    }
    drop(served);
    said("not running; it would answer ");
    let served = dashboard(&place, &["--owner-only"]);
    said("answers only with its key: cs-serve open");
    drop(served);
    let served = dashboard(&place, &["--allow-users"]);
    said("answers every account of this machine");
    drop(served);
    let other = std::net::TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = other.local_addr().expect("it has one").port();
    fs::write(
        place.sandbox.data().join("config.json"),
        format!("{{\"version\":1,\"settings\":{{\"dashboard_port\":{port}}}}}"),
    )
    .expect("it can be written");
    std::thread::spawn(move || {
        other.accept().map(|(mut socket, _)| std::io::Write::write_all(&mut socket, b"220 mail\r\n"))
    });
    said("another program uses port ");
}

#[test]
fn a_healthy_installation_has_no_findings() {
    let place = healthy();
    let (code, found) = findings(&place);
    assert_eq!(code, 0, "{found:?}");
    assert!(
        found["event"]["detail"]
            .as_str()
            .expect("a text")
            .starts_with("a test conversation was recorded; its 4 hooks took")
    );
    assert!(found["hooks"]["detail"].as_str().expect("a text").starts_with("registered once, in"));
    let programs = found["programs"]["detail"].as_str().expect("a text");
    let count = cs_tests::program_names().len();
    assert!(programs.starts_with(&format!("{count} programs, ")), "unexpected programs in bins/: {programs}");
    assert!(!place.sandbox.data().exists(), "the test moved elsewhere");
    assert!(entries(&place.sandbox.root().join("tmp")).is_empty(), "and left nothing");
    assert_eq!(stdout(&place.setup(&["doctor", "-q"])), "");
}

#[test]
fn the_doctor_does_not_wait_for_a_pipe_in_place_of_a_file() {
    let place = healthy();
    let home = place.sandbox.home();
    fs::create_dir_all(place.sandbox.data().join("logs")).expect("it can be created");
    fs::create_dir_all(home.join(".codex")).expect("it can be created");
    fs::create_dir_all(home.join(".claude/plugins")).expect("it can be created");
    for (path, check) in [
        (place.sandbox.data().join("logs/hook.log"), "log"),
        (place.sandbox.data().join("config.json"), "config"),
        (home.join(".codex/hooks.json"), "codex"),
        (home.join(".codex/config.toml"), ""),
        (home.join(".claude/plugins/installed_plugins.json"), ""),
        (place.settings(), "hooks"),
    ] {
        let _ = fs::remove_file(&path);
        assert_eq!(status(&place.sandbox.sh(&format!("mkfifo '{}'", path.display()))), 0);
        for args in [
            &["doctor"][..],
            &["install", "--dry-run"],
            &["install", "--codex", "--dry-run"],
            &["uninstall", "--dry-run"],
        ] {
            let mut command = place.sandbox.command("timeout");
            command.args(["20", place.share.join("bin/cs-setup").to_str().expect("UTF-8")]).args(args);
            let output = run(command, "");
            assert_ne!(status(&output), 124, "{args:?} hung: {}", path.display());
        }
        if !check.is_empty() {
            let (_, found) = findings(&place);
            assert_eq!(found[check]["ok"], false, "{}: {}", path.display(), found[check]);
        }
        fs::remove_file(&path).expect("it is there");
    }
}

#[test]
fn missing_outdated_and_shadowed_programs_are_found() {
    let place = healthy();
    place.fake("cs-task", "exit 0");
    let fake_first =
        format!("{}/fake:{}:/usr/bin:/bin", place.sandbox.home().display(), place.share.join("bin").display());
    let place = Place { sandbox: place.sandbox.with("PATH", fake_first), ..place };
    finds(&place, "path", "fake/cs-task", "remove ");
    let place = Place { sandbox: place.sandbox.with("PATH", "/usr/bin:/bin"), ..place };
    finds(&place, "path", "a shell does not find cs, cs-", "PATH=\"");
    place.program("cs-task", "echo cs-task 9.9.9");
    finds(&place, "programs", "cs-task has another version: cs-task 9.9.9", "make install");
    fs::remove_file(place.share.join("bin/cs-task")).expect("it is there");
    finds(&place, "programs", "cs-task is missing", "make install");
}

#[test]
fn missing_old_duplicate_and_disabled_hooks_are_found() {
    let place = healthy();
    let good = place.text().expect("it is there");
    place.put_settings(Some(&good.replacen('{', "{\"disableAllHooks\": true,", 1)));
    finds(&place, "allowed", "\"disableAllHooks\" in", "remove that line");
    place.put_settings(Some(&good.replace("\"timeout\": 5", "\"timeout\": 6")));
    finds(&place, "hooks", "not those of this version", "cs-setup install");
    place.put_settings(Some(&good.replacen('{', "{\"enabledPlugins\": {\"cs-sessions@claude-sessions\": true},", 1)));
    finds(&place, "hooks", "registered twice", "cs-setup install");
    let pipe = "\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"/x/bin/cs-heartbeat | tee log\"}]},";
    place.put_settings(Some(&good.replace("\"Stop\": [", pipe)));
    finds(&place, "hooks", "registered twice", "cs-setup install");
    place.put_settings(Some("{\"a\": 1,}"));
    finds(&place, "hooks", "JSON does not allow a comma before", "by hand");
    place.put_settings(Some("{}"));
    finds(&place, "hooks", "nothing is registered", "cs-setup install");
    place.put_settings(Some("{\"enabledPlugins\": {\"cs-sessions@claude-sessions\": false}}"));
    finds(&place, "hooks", "turned off", "claude plugin enable");
    place.put_settings(Some("{\"enabledPlugins\": {\"cs-sessions@claude-sessions\": true}}"));
    finds(&place, "hooks", "incompletely", "cs-setup install");
}

#[test]
fn an_event_that_fails_is_found() {
    let place = healthy();
    for (script, reported) in [
        ("cat >/dev/null; exit 0", "the hooks ran, but recorded nothing"),
        ("exit 3", "it ended with exit status: 3"),
        (
            "mkdir -p \"$CS_HOME/logs\"; echo 'disk is full' >\"$CS_HOME/logs/hook.log\"",
            "a hook reported a problem: disk is full",
        ),
    ] {
        place.program("cs-hook", script);
        finds(&place, "event", reported, "make install");
    }
    fs::remove_file(place.share.join("bin/cs-hook")).expect("it is there");
    finds(&place, "event", "No such file", "make install");
}

#[test]
fn an_open_unreadable_or_troubled_data_directory_is_found() {
    let place = healthy();
    let put = |file: &str, text: &str| fs::write(place.sandbox.data().join(file), text).expect("it can be written");
    assert_eq!(status(&place.sandbox.cs("cs-project", &["register", "-q"])), 0);
    assert_eq!(findings(&place).0, 0);
    fs::create_dir(place.sandbox.data().join("logs")).expect("it can be created");
    finds(&place, "data", "other accounts can access", "chmod -R go-rwx");
    fs::set_permissions(place.sandbox.data().join("logs"), fs::Permissions::from_mode(0o700)).expect("it is ours");
    put("logs/hook.log", "2026-11-19T10:00:00.000000+00:00 cs-hook: long ago\n");
    assert_eq!(findings(&place).0, 0);
    put(
        "logs/hook.log",
        "2026-11-19T10:00:00.000000+00:00 cs-hook: long ago\n2026-11-21T09:00:00.000000+00:00 cs-hook: no space\n",
    );
    finds(
        &place,
        "log",
        "in the last day: 1; the last one: 2026-11-21T09:00:00.000000+00:00 cs-hook: no space",
        "hook.log",
    );
    put("config.json", "{\"settings\": 7}");
    finds(&place, "config", "config.json", "by hand");
}

#[test]
fn jobs_that_do_not_run_are_found() {
    let place = healthy();
    place.fake("systemctl", "case $2 in is-active) exit 3;; esac");
    place.ok(&["jobs", "install", "--with", "systemd"]);
    let (_, found) = findings(&place);
    if !cfg!(target_os = "macos") {
        // Each is reported; this is the last one.
        assert_eq!(found["jobs"]["detail"], "usage: stopped (systemd)");
        assert_eq!(found["jobs"]["fix"], "cs-setup jobs install");
    }
}

#[test]
fn the_cost_of_hooks_is_read_from_recent_transcripts() {
    let place = healthy();
    let project = place.sandbox.home().join(".claude/projects/-home-dev");
    fs::create_dir_all(&project).expect("it can be created");
    let line = |command: &str, took: u64| {
        let info = serde_json::json!([{"command": command, "durationMs": took}, {"command": "notify done", "durationMs": 900}]);
        format!("{}\n", serde_json::json!({"type": "system", "subtype": "stop_hook_summary", "hookInfos": info}))
    };
    let ours = "${CLAUDE_PLUGIN_ROOT}/bin/cs-heartbeat";
    let fast: String =
        [2, 1, 3].map(|took| line(ours, took)).concat() + "{\"hookInfos\": torn\n" + &"x".repeat(100_000);
    fs::write(project.join("one.jsonl"), &fast).expect("it can be written");
    let (code, _) = findings(&place);
    assert_eq!(code, 0, "other programs may be slow");
    let said = stdout(&place.setup(&["doctor"]));
    assert!(
        said.contains("end of a turn: 2 ms (median), 3 ms at most, in 3 runs: ${CLAUDE_PLUGIN_ROOT}/bin/cs-heartbeat"),
        "{said}"
    );
    assert!(said.contains("900 ms (median), 900 ms at most, in 3 runs: notify done"), "{said}");
    fs::write(project.join("two.jsonl"), [80, 90, 70, 80, 75, 80].map(|took| line(ours, took)).concat())
        .expect("it can be written");
    finds(&place, "cost", "75 ms (median)", "make bench");
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(30 * 24 * 3600);
    fs::File::options()
        .append(true)
        .open(project.join("two.jsonl"))
        .and_then(|file| file.set_modified(old))
        .expect("it is ours");
    assert_eq!(findings(&place).0, 0, "long ago");
}

#[test]
fn codex_is_checked_where_it_is_installed() {
    let place = healthy();
    assert!(!findings(&place).1.contains_key("codex"));
    fs::create_dir(place.sandbox.home().join(".codex")).expect("it can be created");
    assert_eq!(findings(&place).1["codex"]["fix"], "cs-setup install --codex");
    place.ok(&["install", "--codex"]);
    finds(&place, "codex", "19 hooks are not approved", "type /hooks, then t");
    let config = place.sandbox.home().join(".codex/config.toml");
    let file = place.sandbox.home().join(".codex/hooks.json");
    let events = ["stop", "interrupt", "session_start", "user_prompt_submit", "permission_request", "pre_compact"];
    let approved = |event: &str, group: usize| {
        format!("[hooks.state.\"{}:{event}:{group}:0\"]\ntrusted_hash = \"sha256:0\"\n", file.display())
    };
    // Most events have a second hook, which delivers messages; the end of a tool has a third one, which logs it.
    let state = |event: &&str| (0..3).map(|group| approved(event, group)).collect::<String>();
    let some: String = events.iter().map(state).collect();
    fs::write(&config, &some).expect("it can be written");
    finds(&place, "codex", "9 hooks are not approved", "type /hooks, then t");
    let others =
        ["session_end", "pre_tool_use", "post_tool_use", "subagent_start", "subagent_stop", "post_model_request"];
    let all = some + &others.iter().map(state).collect::<String>();
    fs::write(&config, all).expect("it can be written");
    assert_eq!(findings(&place).1["codex"]["detail"], "registered once, and approved");
    let by_hand = format!("# bin/cs-hook\n[[hooks.Stop]]\ncommand = \"{}/bin/cs-heartbeat\"\n", place.share.display());
    fs::write(&config, by_hand).expect("it can be written");
    finds(&place, "codex", "registered twice", "config.toml");
}

#[test]
fn secrets_in_foreign_hooks_are_not_printed() {
    let place = healthy();
    let project = place.sandbox.home().join(".claude/projects/-home-dev");
    fs::create_dir_all(&project).expect("it can be created");
    let long = format!("curl {}", "a ".repeat(80)) + "-H 'Authorization: Bearer sk-ant-api03-abcdefghijklmnopqrstuvwx'";
    let infos = ["curl -H 'Authorization: Bearer sk-ant-api03-abcdefghijklmnopqrstuvwx' http://x", &long]
        .map(|command| serde_json::json!({"command": command, "durationMs": 3}));
    let line = serde_json::json!({"type": "system", "subtype": "stop_hook_summary", "hookInfos": infos});
    fs::write(project.join("one.jsonl"), format!("{line}\n")).expect("it can be written");
    for form in ["--json", "--table"] {
        let reported = stdout(&place.setup(&["doctor", form]));
        assert!(reported.contains("in 1 run: curl") && !reported.contains("sk-ant-api03"), "{reported}");
    }
}

#[test]
fn hooks_in_a_project_are_found() {
    let place = healthy();
    let project = place.sandbox.home().join("src/shop");
    fs::create_dir_all(project.join(".claude")).expect("it can be created");
    place.ok(&["project", project.to_str().expect("UTF-8")]);
    assert_eq!(findings(&place).0, 0);
    for name in ["settings.json", "settings.local.json"] {
        let file = project.join(".claude").join(name);
        fs::copy(place.settings(), &file).expect("it can be copied");
        let file = file.to_str().expect("UTF-8");
        finds(&place, "hooks", file, file);
        assert!(!stdout(&place.setup(&["doctor"])).contains("registered once"));
        fs::write(file, "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"command\": \"/x/cs-hook\"}]}]}}")
            .expect("it can be written");
        assert_eq!(findings(&place).0, 0, "foreign hooks do not count as ours");
        fs::write(file, "{\"hooks\": [").expect("it can be written");
        assert_eq!(findings(&place).0, 0, "damaged files there are up to the project");
    }
    place.ok(&["project", place.sandbox.home().to_str().expect("UTF-8")]);
    assert_eq!(findings(&place).0, 0, "hooks in the home directory are the user's");
}

#[test]
#[cfg(target_os = "linux")]
fn an_unsuitable_disk_is_reported_with_a_fix() {
    use soak::call::Kind;
    use soak::trace::{self, Act};

    if !cs_tests::has(trace::is_possible()) {
        return;
    }
    let place = healthy();
    fs::create_dir_all(place.sandbox.data()).expect("it can be created");
    fs::set_permissions(place.sandbox.data(), fs::Permissions::from_mode(0o700)).expect("it is ours");
    let before = tree(&place.sandbox.home());
    for (kind, error, detail, fix) in [
        (Kind::Lock, libc::ENOLCK, "cannot lock ", "cannot lock files (flock)"),
        (Kind::Lock, libc::EOPNOTSUPP, "cannot lock ", "cannot lock files (flock)"),
        (Kind::Create, libc::EROFS, "cannot write in ", "mount the disk read-write"),
        (Kind::Create, libc::EACCES, "cannot write in ", "chmod u+rwx "),
        (Kind::Write, libc::ENOSPC, "cannot write ", "free some space on that disk"),
        (Kind::Write, libc::EDQUOT, "cannot write ", "free some space on that disk"),
        (Kind::Rename, libc::EPERM, "cannot replace ", "chmod u+rwx "),
        (Kind::Sync, libc::EIO, "cannot sync ", "check the disk"),
    ] {
        let (data, mut hit) = (place.sandbox.data(), false);
        let mut command = place.sandbox.command(place.share.join("bin/cs-setup").to_str().expect("UTF-8"));
        command.arg("doctor");
        let output = trace::run(command, "", |call| {
            let is_meant = call.kind() == kind && call.path().is_some_and(|path| path.starts_with(&data));
            hit |= is_meant;
            if is_meant { Act::Fail(error) } else { Act::Go }
        });
        let reported = stdout(&output.expect("it can be traced"));
        let found: Vec<Value> = reported.lines().map(json).filter(|check| check["check"] == "data").collect();
        assert!(hit && found.len() == 1 && found[0]["ok"] == false, "{kind:?} {error}: {reported}");
        let has = |key: &str, word: &str| found[0][key].as_str().is_some_and(|text| text.contains(word));
        assert!(has("detail", detail) && has("fix", fix), "{kind:?} {error}: {}", found[0]);
        assert_eq!(tree(&place.sandbox.home()), before, "{kind:?}: it left a file");
    }
    assert_eq!(findings(&place).0, 0);
    assert_eq!(tree(&place.sandbox.home()), before, "also if all is well");
}

#[test]
fn a_data_directory_that_cannot_be_created_is_found() {
    let place = healthy();
    let home = place.sandbox.home();
    fs::write(home.join("file"), "").expect("it can be written");
    symlink(home.join("nowhere"), home.join("link")).expect("it can be created");
    let before = tree(&home);
    let at = |place: Place, path: &Path| place.with("CS_HOME", path.to_str().expect("UTF-8"));
    let place = at(place, &home.join("new/data"));
    assert_eq!(findings(&place).1["data"]["ok"], true);
    let place = at(place, &home.join("file/data"));
    finds(&place, "data", "cannot be created in ", "set CS_HOME to ");
    let place = at(place, &home.join("link"));
    finds(&place, "data", "is a symbolic link to something that does not exist", "remove the link");
    // The permissions of /proc would let root create something.
    let place = at(place, Path::new("/proc/nope/data"));
    if cfg!(target_os = "linux") {
        finds(&place, "data", "cannot be created in /proc", "set CS_HOME to ");
    }
    assert!(tree(&home) == before, "something is left");
}

#[test]
fn a_linked_record_directory_is_found() {
    let place = healthy();
    fs::create_dir_all(place.sandbox.data()).expect("it can be created");
    symlink(place.sandbox.work(), place.sandbox.data().join("sessions")).expect("it can be created");
    finds(&place, "data", "sessions is a symbolic link", "make it a directory");
}

#[test]
fn an_empty_list_says_why_nothing_is_recorded() {
    let place = healthy();
    let list = || {
        let output = place.sandbox.cs("cs-session", &["list"]);
        assert_eq!((status(&output), stdout(&output)), (NO, String::new()));
        stderr(&output)
    };
    let empty = "cs-session: error: no session is recorded yet\ncs-session: hint: ";
    let start = "the hooks are registered; a session appears with the first prompt of a conversation\n";
    assert_eq!(list(), format!("{empty}{start}"));
    place.put_settings(None);
    let install = "nothing is registered with Claude Code; to repair it: cs-setup install\n";
    assert_eq!(list(), format!("{empty}{install}"));
    fs::remove_file(place.share.join("bin/cs-setup")).expect("it is there");
    assert_eq!(list(), format!("{empty}cs-setup doctor says what is wrong\n"));
}

#[test]
fn another_cs_that_comes_first_is_no_fault() {
    let place = healthy();
    place.fake("cs", "echo theirs");
    let home = place.sandbox.home();
    let path = format!("{}/fake:{}:/usr/bin:/bin", home.display(), place.share.join("bin").display());
    let place = Place { sandbox: place.sandbox.with("PATH", path), ..place };
    assert_eq!(findings(&place).1["path"]["ok"], Value::Bool(true));
    place.fake("cs-task", "echo theirs");
    finds(&place, "path", "another program comes first on PATH", "remove ");
}
