//! `cs-sync`: what it refuses, what it sends to a real SQLite, and what becomes of that.

#[path = "sync/own.rs"]
mod own;
#[path = "sync/pulled.rs"]
mod pulled;
#[path = "sync/redacted.rs"]
mod redacted;
#[path = "sync/refused.rs"]
mod refused;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use cs_tests::pty::run_on_terminal;
use cs_tests::{Sandbox, can_run, has, made, status, stderr, stdout, workspace};
use serde_json::Value;

const TALK: &str = "ca5d0d10-1111-4222-8333-123456789abc";
const OTHER: &str = "beef0d10-1111-4222-8333-123456789abc";
const PROGRAM: &str = "cs-sync";

/// A secret, built at run time, so that secret scanners do not report this file.
fn secret() -> String {
    ["ghp", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].join("_")
}

fn said(uuid: &str, n: usize, text: &str) -> String {
    let message = serde_json::json!({"role": "user", "content": text});
    let line = serde_json::json!({"type": "user", "uuid": format!("{uuid}-{n}"), "sessionId": uuid, "cwd": "/w/api",
        "timestamp": format!("2026-11-20T10:00:{n:02}.000Z"), "message": message});
    format!("{line}\n")
}

fn log(sandbox: &Sandbox, uuid: &str, texts: &[&str]) {
    let folder = sandbox.home().join(".claude/projects/-w-api");
    fs::create_dir_all(&folder).expect("it can be created");
    let lines: String = texts.iter().enumerate().map(|(n, text)| said(uuid, n, text)).collect();
    fs::write(folder.join(format!("{uuid}.jsonl")), lines).expect("it can be written");
}

/// A conversation with a session of its own, and one without.
fn furnished() -> Sandbox {
    let sandbox = Sandbox::new();
    log(&sandbox, TALK, &["fix the login page", &format!("with {}", secret()), "thanks"]);
    log(&sandbox, OTHER, &["a secret plan"]);
    let args = ["create", "--project", "api", "--intent", "fix the login page", "--claude-session", TALK, "-q"];
    assert_eq!(status(&sandbox.cs("cs-session", &args)), 0);
    sandbox
}

fn set(sandbox: &Sandbox, group: &str) {
    fs::create_dir_all(sandbox.data()).expect("it can be created");
    fs::set_permissions(sandbox.data(), fs::Permissions::from_mode(0o700)).expect("it is ours");
    let text = format!("{{\"version\":1,\"projects\":{{}},\"sync\":{group}}}");
    fs::write(sandbox.data().join("config.json"), text).expect("it can be written");
}

#[track_caller]
fn ok(output: &Output) -> String {
    assert_eq!(status(output), 0, "{}{}", stdout(output), stderr(output));
    stdout(output)
}

#[track_caller]
fn json(output: &Output) -> Value {
    let text = ok(output);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn wrong_words_are_told_and_change_nothing() {
    let sandbox = Sandbox::new();
    let cases: [(&[&str], i32, &str); 16] = [
        (&["push"], 64, "no database or folder is named"),
        (&["push", "--sql", "mysql"], 64, "\"mysql\" is not a database; use postgres or sqlite"),
        (&["push", "--psql", "a", "--sqlite", "b"], 64, "only one database or folder"),
        (&["push", "--sql", "sqlite", "--psql", "a"], 64, "--sql only prints"),
        (&["push", "--sql", "sqlite", "--visibility", "public"], 64, "use private or team"),
        (&["push", "--sql", "sqlite", "--with", "secrets"], 64, "use results"),
        (&["push", "--sql", "sqlite", "--project", "nope"], 1, "no project \"nope\""),
        (&["push", "--psql"], 64, ""),
        (&["pull"], 64, "no database or folder is named"),
        (&["schema"], 64, ""),
        (&["schema", "mysql"], 64, "use postgres or sqlite"),
        (&["label", "a\nb"], 65, "on one line"),
        (&["label"], 64, ""),
        (&["forget", "nope", "--yes"], 1, "no conversation \"nope\""),
        (&["forget", TALK], 64, "no terminal on which to ask"),
        (&["upload"], 64, ""),
    ];
    for (args, code, text) in cases {
        let output = sandbox.cs(PROGRAM, args);
        assert_eq!(status(&output), code, "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(text) && stdout(&output).is_empty(), "{args:?}: {}", stderr(&output));
    }
    assert!(!sandbox.data().join("machine.json").exists() && !sandbox.data().join("sync").exists());
}

#[test]
fn sql_is_not_printed_on_a_terminal() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(PROGRAM);
    command.args(["push", "--sql", "postgres"]);
    assert_eq!(run_on_terminal(command, 80, 24), "");
}

#[test]
fn a_label_names_a_machine_whose_id_stays() {
    let sandbox = Sandbox::new();
    let first = json(&sandbox.cs(PROGRAM, &["label", "laptop"]));
    let second = json(&sandbox.cs(PROGRAM, &["label", "work laptop"]));
    assert_eq!((&first["id"], &second["label"]), (&second["id"], &Value::from("work laptop")));
    let shown = ok(&sandbox.cs(PROGRAM, &["status", "--table"]));
    assert!(shown.contains("work laptop (") && shown.contains("none; see docs/SYNC.md"), "{shown}");
    let host = sandbox.sh("uname -n");
    assert!(!shown.contains(stdout(&host).trim()), "the host's name is not used");
}

#[test]
fn nothing_is_sent_if_a_setting_may_forbid_it() {
    let sandbox = furnished();
    let folder = sandbox.home().join("fake");
    fs::create_dir_all(&folder).expect("it can be created");
    made::script(&folder.join("sqlite3"), "touch \"$HOME/ran\"");
    let sandbox = sandbox.with("PATH", format!("{}:{}", folder.display(), cs_tests::programs().display()));
    for group in ["7", "{\"projcts\": [\"api\"]}", "{\"not_projects\": 1}", "{\"psql\": \"a\", \"into\": \"/b\"}"] {
        set(&sandbox, group);
        let output = sandbox.cs(PROGRAM, &["push", "--sqlite", "all.db"]);
        assert_eq!(status(&output), 65, "{group}");
        let told = stderr(&output);
        assert!(told.contains("nothing is sent") && told.contains("repair the group sync"), "{group}: {told}");
        let status = sandbox.cs(PROGRAM, &["status"]);
        assert!(stdout(&status).contains("\"usable\":false"), "{group}: {}", stdout(&status));
    }
    set(&sandbox, "{\"not_projects\": [\"no-such-project\"]}");
    let output = sandbox.cs(PROGRAM, &["push", "--sqlite", "all.db"]);
    let told = stderr(&output);
    assert!(status(&output) == 1 && told.contains("no-such-project, which is no project"), "{told}");
    assert!(!sandbox.home().join("ran").exists(), "sqlite3 was started");
}

#[test]
fn the_job_does_nothing_unless_it_is_enabled() {
    let sandbox = furnished();
    set(&sandbox, "{\"sqlite\": \"~/all.db\"}");
    assert_eq!(ok(&sandbox.cs(PROGRAM, &["push", "--if-enabled", "-q"])), "");
    assert!(!sandbox.data().join("sync").exists());
    set(&sandbox, "{\"sqlite\": \"~/all.db\", \"enabled\": true}");
    assert_ne!(status(&sandbox.cs(PROGRAM, &["push", "--if-enabled", "-q"])), 0, "there is no such file");
    let last = sandbox.json("sync/last.json");
    assert!(last["error"].is_string() && last["code"] != 0, "{last}");
    assert!(last["target"].as_str().is_some_and(|target| target.ends_with("/all.db")), "{last}");
}

#[test]
fn a_missing_program_is_told_with_its_package() {
    let sandbox = Sandbox::new().with("PATH", cs_tests::programs());
    for (args, package) in [
        (["push", "--psql", "x"], "postgresql-client"),
        (["push", "--sqlite", "x.db"], "sqlite3"),
        (["pull", "--psql", "x"], "postgresql-client"),
        (["pull", "--sqlite", "x.db"], "sqlite3"),
    ] {
        let output = sandbox.cs(PROGRAM, &args);
        assert_eq!(status(&output), 1, "{args:?}");
        let told = stderr(&output);
        assert!(told.contains(&format!("it is in the package {package} (Debian)")) && !told.contains("sent"), "{told}");
    }
}

/// A sandbox with a file of SQLite with tables; `None` if sqlite3 is missing.
fn with_tables() -> Option<Sandbox> {
    if !has(can_run("sqlite3", &["--version"], "sqlite3")) {
        return None;
    }
    let sandbox = furnished();
    ok(&sandbox.sh("umask 077; cs-sync schema sqlite | sqlite3 all.db"));
    Some(sandbox)
}

fn query(sandbox: &Sandbox, sql: &str) -> String {
    ok(&sandbox.feed("sqlite3", &["-batch", "all.db"], sql))
}

#[test]
fn what_is_new_is_sent_once_and_redacted() {
    let Some(sandbox) = with_tables() else { return };
    let piped = sandbox.sh("cs-sync push --sql sqlite | sqlite3 -batch all.db");
    assert!(stderr(&piped).contains("sent to sqlite: "), "{}", stderr(&piped));
    ok(&piped);
    let all = query(&sandbox, "select group_concat(body) from outgoing");
    assert!(all.contains("fix the login page") && all.contains("[github-pat:"), "{all}");
    assert!(!all.contains(&secret()), "{all}");
    assert_eq!(query(&sandbox, "select count(*) from entry where kind = 'prompt'"), "4\n");
    assert_eq!(query(&sandbox, "select distinct visibility from cursor"), "private\n");
    let again = ok(&sandbox.sh("cs-sync push --sql sqlite 2>/dev/null | sqlite3 -batch all.db"));
    assert_eq!(again, "0 rows changed\n");
    let push = || json(&sandbox.cs(PROGRAM, &["push", "--sqlite", "all.db"]));
    let nothing = push();
    assert_eq!((&nothing["changes"], &nothing["rows"]), (&Value::from(0), &serde_json::json!({})), "{nothing}");
    log(&sandbox, OTHER, &["a secret plan", "and one more"]);
    let dry = json(&sandbox.cs(PROGRAM, &["push", "--sqlite", "all.db", "--dry-run"]));
    assert_eq!((&dry["rows"]["entry"], &dry["dry_run"]), (&Value::from(1), &Value::from(true)), "{dry}");
    let waiting = json(&sandbox.cs(PROGRAM, &["status", "--sqlite", "all.db"]));
    assert_eq!(
        (&waiting["reachable"], &waiting["waiting"]["entry"]),
        (&Value::from(true), &Value::from(1)),
        "{waiting}"
    );
    assert_eq!(push()["rows"]["entry"], 1);
    let table = ok(&sandbox.cs(PROGRAM, &["push", "--sqlite", "all.db", "--table"]));
    assert_eq!(table, "nothing is new for sqlite all.db\n");
}

#[test]
fn what_is_pulled_is_what_was_pushed() {
    let Some(sandbox) = with_tables() else { return };
    json(&sandbox.cs(PROGRAM, &["push", "--sqlite", "all.db"]));
    let lines = ok(&sandbox.cs(PROGRAM, &["pull", "--sqlite", "all.db"]));
    let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(rows.len().to_string(), query(&sandbox, "select count(*) from outgoing").trim());
    let id = sandbox.json("machine.json")["id"].clone();
    assert!(rows.iter().all(|row| row["machine"] == id && row["owner"].is_string() && row["seq"].is_u64()), "{lines}");
    let table = ok(&sandbox.cs(PROGRAM, &["pull", "--sqlite", "all.db", "--table"]));
    assert!(table.starts_with("PERSON") && table.lines().count() == 2, "{table}");
    let filled = json(&sandbox.cs(PROGRAM, &["pull", "--sqlite", "all.db", "--into", "team"]));
    assert_eq!(filled["machine"], id, "{filled}");
    let folder = sandbox.work().join("team").join(id.as_str().expect("an id"));
    let held = fs::read_to_string(folder.join("head.jsonl")).expect("it was written");
    assert!(held.contains(TALK) && held.contains(OTHER), "{held}");
    let again = ok(&sandbox.cs(PROGRAM, &["pull", "--sqlite", "all.db", "--into", "team", "--table"]));
    assert_eq!(again, "nothing is new\n");
}

#[test]
fn a_pull_touches_only_folders_of_its_database() {
    let Some(sandbox) = with_tables() else { return };
    json(&sandbox.cs(PROGRAM, &["push", "--sqlite", "all.db"]));
    ok(&sandbox.sh("cs-sync schema sqlite | sqlite3 -batch empty.db"));
    ok(&sandbox.sh("cs-sync schema sqlite | sqlite3 -batch other.db"));
    json(&sandbox.cs(PROGRAM, &["push", "--sqlite", "other.db"]));
    json(&sandbox.cs(PROGRAM, &["push", "--into", "own"]));
    json(&sandbox.cs(PROGRAM, &["pull", "--sqlite", "all.db", "--into", "team"]));
    let sums = || ok(&sandbox.sh("find own team -type f ! -name '*.lock' -exec cksum {} + | sort"));
    let before = sums();
    let pull = |from: &str, into: &str| sandbox.cs(PROGRAM, &["pull", "--sqlite", from, "--into", into]);
    let told = pull("all.db", "own");
    assert!(status(&told) == 1 && stderr(&told).contains("what its machine writes itself"), "{}", stderr(&told));
    let told = pull("other.db", "team");
    assert!(status(&told) == 1 && stderr(&told).contains("what was pulled from sqlite /"), "{}", stderr(&told));
    ok(&pull("empty.db", "own"));
    ok(&pull("empty.db", "team"));
    let told = sandbox.cs(PROGRAM, &["push", "--into", "team"]);
    assert!(status(&told) == 1 && stderr(&told).contains("choose another folder"), "{}", stderr(&told));
    assert_eq!(sums(), before);
}

#[test]
fn what_is_forgotten_goes_and_does_not_come_back() {
    let Some(sandbox) = with_tables() else { return };
    json(&sandbox.cs(PROGRAM, &["push", "--sqlite", "all.db"]));
    let forgotten = json(&sandbox.cs(PROGRAM, &["forget", "beef", "--sqlite", "all.db", "--yes"]));
    assert_eq!((&forgotten["id"], &forgotten["removed"]), (&Value::from(OTHER), &Value::from(true)));
    let left = || query(&sandbox, "select group_concat(source || body) from outgoing");
    assert!(!left().contains(OTHER) && left().contains(TALK), "{}", left());
    json(&sandbox.cs(PROGRAM, &["push", "--sqlite", "all.db", "--full"]));
    assert!(!left().contains(OTHER));
    let shown = json(&sandbox.cs(PROGRAM, &["status"]));
    assert_eq!(shown["forgotten"], serde_json::json!([OTHER]));
    // Without a target it is only remembered.
    let later = sandbox.cs(PROGRAM, &["forget", TALK, "-q", "--yes"]);
    assert_eq!(ok(&later), format!("{TALK}\n"));
    assert!(stderr(&later).contains("the next push removes it"), "{}", stderr(&later));
    assert!(left().contains(TALK));
    json(&sandbox.cs(PROGRAM, &["push", "--sqlite", "all.db"]));
    assert!(!left().contains(TALK), "{}", left());
}

#[test]
fn a_source_with_a_secret_that_cannot_be_replaced_stays_here() {
    let Some(sandbox) = with_tables() else { return };
    let [record] = &sandbox.records()[..] else { panic!("there is one session") };
    let id = record["session_id"].as_str().expect("an id");
    let mut record = record.clone();
    // The name of a field that another version may write.
    record[secret()] = Value::from(1);
    fs::write(sandbox.data().join(format!("sessions/{id}.json")), record.to_string()).expect("it can be written");
    let output = sandbox.cs(PROGRAM, &["push", "--sqlite", "all.db"]);
    assert_eq!(status(&output), 1, "{}", stdout(&output));
    let told = stderr(&output);
    assert!(told.contains(&format!("record/{id} was left out")) && !told.contains(&secret()), "{told}");
    let all = query(&sandbox, "select group_concat(source || body) from outgoing");
    assert!(!all.contains(&secret()) && !all.contains("record/") && all.contains(TALK), "{all}");
    assert_eq!(sandbox.json("sync/last.json")["code"], 1);
    let shown = ok(&sandbox.cs(PROGRAM, &["status", "--sqlite", "all.db", "--table"]));
    assert!(shown.contains("1 source left out because a rule still matches (github-"), "{shown}");
}

/// The blocks of a language in docs/SYNC.md.
fn blocks(language: &str) -> Vec<String> {
    let page = fs::read_to_string(workspace().join("docs/SYNC.md")).expect("the page can be read");
    let begin = format!("```{language}\n");
    page.split(&begin).skip(1).filter_map(|rest| rest.split("```").next()).map(str::to_string).collect()
}

#[test]
fn the_queries_of_the_page_run() {
    let Some(sandbox) = with_tables() else { return };
    json(&sandbox.cs(PROGRAM, &["push", "--sqlite", "all.db", "--visibility", "team"]));
    let queries = blocks("sql");
    assert!(queries.len() >= 5, "{queries:?}");
    let answers: Vec<String> = queries.iter().map(|sql| query(&sandbox, sql)).collect();
    let about = |word: &str| queries.iter().position(|sql| sql.contains(word)).expect("there is such a query");
    assert!(!answers[about("from machine")].is_empty());
    assert!(answers[about("from cursor")].contains(TALK), "{answers:?}");
    assert!(answers[about("from secrets")].contains("github-pat|1"), "{answers:?}");
}
