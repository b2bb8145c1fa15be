//! The dashboard's answers: each route, invalid requests, list pages, tags, files, damage, events.

use std::fs;
use std::io::Write;
use std::time::Duration;

#[path = "serve_api/agents.rs"]
mod agents;
#[path = "serve_api/conversations.rs"]
mod conversations;
#[path = "serve_api/limits.rs"]
mod limits;
#[path = "serve_api/usage.rs"]
mod usage;

use cs_tests::http::{Answer, Served, read_until};
use cs_tests::{Sandbox, eventually, status, stderr, stdout};
use serde_json::Value;

const EVENTS: &[u8] = b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn run(sandbox: &Sandbox, program: &str, args: &[&str]) -> String {
    let output = sandbox.cs(program, args);
    assert_eq!(status(&output), 0, "{program} {args:?}: {}", stderr(&output));
    stdout(&output).trim().to_owned()
}

fn create(sandbox: &Sandbox, project: &str, intent: &str) -> String {
    run(sandbox, "cs-session", &["create", "--project", project, "--intent", intent, "-q"])
}

/// Two projects: one active, one parked, one completed session, and one in the archive.
fn world() -> (Sandbox, [String; 4]) {
    let sandbox = Sandbox::new();
    let active = create(&sandbox, "api", "Fix the LOGIN page");
    let parked = create(&sandbox, "api", "rate limits");
    let completed = create(&sandbox, "shop", "new logo");
    let archived = create(&sandbox, "shop", "an old one");
    run(&sandbox, "cs-session", &["complete", &archived, "--outcome", "it is live"]);
    archive(&sandbox, &archived);
    run(&sandbox, "cs-session", &["event", &active, "--message", "found it in https://example.com/a?b=1&c=2"]);
    run(&sandbox, "cs-session", &["decision", &active, "--text", "keep the Cookie"]);
    run(&sandbox, "cs-task", &["add", &active, "--subject", "write Tests"]);
    run(&sandbox, "cs-session", &["park", &parked, "--reason", "code freeze"]);
    run(&sandbox, "cs-session", &["complete", &completed, "--outcome", "it is live"]);
    run(&sandbox, "cs-project", &["update", "api", "--current-phase", "beta", "--next-up", "search"]);
    (sandbox, [active, parked, completed, archived])
}

/// Moves a record to the archive.
fn archive(sandbox: &Sandbox, id: &str) {
    let sessions = sandbox.data().join("sessions");
    fs::create_dir_all(sessions.join("archive")).unwrap();
    fs::rename(sessions.join(format!("{id}.json")), sessions.join(format!("archive/{id}.json"))).unwrap();
    fs::remove_file(sessions.join("_index.json")).unwrap();
}

/// Writes a file as every writer does: under a temporary name first.
fn put(sandbox: &Sandbox, name: &str, text: &str) {
    let path = sandbox.data().join(name);
    let temp = path.with_file_name(".tmp-test");
    fs::write(&temp, text).unwrap();
    fs::rename(temp, path).unwrap();
}

fn ids(listing: &Value) -> Vec<String> {
    let sessions = listing["sessions"].as_array().unwrap();
    sessions.iter().map(|session| session["session_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_overview_is_the_same_document_as_the_commands() {
    let (sandbox, _) = world();
    let served = Served::start(&sandbox, &[]);
    let mut shown = served.json("/api/overview");
    let usage = shown.as_object_mut().unwrap().remove("usage").unwrap();
    assert_eq!((&usage["kept_at"], &usage["today"]), (&Value::Null, &Value::Null), "nothing has been counted");
    let mut said: Value = serde_json::from_str(&run(&sandbox, "cs-project", &["overview", "--json"])).unwrap();
    // The command's output is read at once, but the dashboard stays open, so its reasons have no age.
    let reason = said.pointer_mut("/projects/0/active/0/state_reason").unwrap();
    assert_eq!(*reason, "no running conversation is known; last heartbeat 0 s ago");
    *reason = "no running conversation is known; last heartbeat".into();
    assert_eq!(shown, said);
}

#[test]
fn lists_are_filtered_searched_and_paged() {
    let (sandbox, [active, parked, completed, archived]) = world();
    let served = Served::start(&sandbox, &[]);
    let found = |query: &str| {
        let mut ids = ids(&served.json(&format!("/api/sessions?{query}")));
        ids.sort();
        ids
    };
    let sorted = |ids: &[&String]| {
        let mut ids: Vec<String> = ids.iter().map(|id| (*id).clone()).collect();
        ids.sort();
        ids
    };
    assert_eq!(found(""), sorted(&[&active, &parked, &completed]));
    assert_eq!(found("include_archived=true"), sorted(&[&active, &parked, &completed, &archived]));
    assert_eq!(found("project=shop&include_archived=1"), sorted(&[&completed, &archived]));
    assert_eq!(found("status=parked"), sorted(&[&parked]));
    assert_eq!(found("state=unknown"), sorted(&[&active]));
    assert_eq!(found("state=needs_me"), sorted(&[]));
    assert_eq!(found("since=2026-11-21&until=2026-11-21"), sorted(&[&active, &parked, &completed]));
    assert_eq!(found("until=2026-11-20"), sorted(&[]));
    assert_eq!(found("since=1h"), sorted(&[&active, &parked, &completed]));
    for (text, wanted) in [
        ("login", sorted(&[&active])),
        ("COOKIE", sorted(&[&active])),
        ("tests+found", sorted(&[&active])),
        ("%22code+freeze%22", sorted(&[&parked])),
        ("%22freeze+code%22", sorted(&[])),
        ("freeze+code", sorted(&[&parked])),
        ("live", sorted(&[&completed])),
        (&parked[18..], sorted(&[&parked])),
        ("example.com/a?b%3D1%26c", sorted(&[&active])),
    ] {
        assert_eq!(found(&format!("q={text}")), wanted, "{text}");
    }
    assert_eq!(found("q=live&include_archived=true"), sorted(&[&completed, &archived]));
    let listing = served.json("/api/sessions?status=parked");
    assert_eq!(
        (&listing["total"], &listing["counts"]["all"], &listing["counts"]["completed"]),
        (&1.into(), &3.into(), &1.into())
    );
}

#[test]
fn pages_of_a_list_neither_repeat_nor_skip_when_sessions_are_added() {
    let sandbox = Sandbox::new();
    let before: Vec<String> = (0..7).map(|n| create(&sandbox, "api", &format!("number {n}"))).collect();
    let served = Served::start(&sandbox, &[]);
    let mut seen = Vec::new();
    let mut path = "/api/sessions?limit=2".to_owned();
    loop {
        let listing = served.json(&path);
        seen.extend(ids(&listing));
        let Some(cursor) = listing["next_cursor"].as_str() else { break };
        create(&sandbox, "api", "another");
        path = format!("/api/sessions?limit=2&cursor={cursor}");
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(sorted.len(), seen.len(), "{seen:?}");
    assert!(before.iter().all(|id| seen.contains(id)), "{seen:?}");
    assert_eq!(ids(&served.json("/api/sessions?cursor=sess_20200101T0000_0000")).len(), 0);
}

#[test]
fn a_session_document_has_every_part() {
    let (sandbox, [active, _, completed, archived]) = world();
    let path = format!("sessions/{active}.json");
    let mut record = sandbox.record(&active);
    record["later_field"] = serde_json::json!({"a": [1.5]});
    record["claude_session_id"] = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9".into();
    record["worktree_root"] = "/tmp/it's here".into();
    record["resumed_from"] = completed.as_str().into();
    put(&sandbox, &path, &record.to_string());
    let served = Served::start(&sandbox, &[]);
    let shown = served.json(&format!("/api/session/{active}"));
    for (name, value) in record.as_object().unwrap() {
        assert_eq!(shown[name], *value, "{name}");
    }
    assert_eq!((&shown["state"], &shown["is_archived"]), (&"unknown".into(), &false.into()));
    assert_eq!(
        shown["resume_command"],
        "cd '/tmp/it'\\''s here' && claude --resume e998145e-4e5d-40c9-a3a6-681ad5bd51c9"
    );
    assert_eq!(shown["earlier"][0]["intent"], "new logo");
    assert_eq!(served.json(&format!("/api/session/{archived}"))["is_archived"], true);
    let project = served.json("/api/project/api");
    assert_eq!((&project["current_phase"], &project["listing"]["total"]), (&"beta".into(), &2.into()));
    let week = project["weeks"].as_array().unwrap().last().unwrap();
    assert_eq!((&week["date"], &week["sessions"]), (&"2026-11-16".into(), &2.into()));
    let days = served.json("/api/activity");
    let today = days["days"].as_array().unwrap().last().unwrap();
    assert_eq!((&today["sessions"], &today["projects"]["shop"]), (&4.into(), &2.into()), "archived ones count, too");
}

#[test]
fn errors_are_json_with_the_right_status() {
    let (sandbox, [active, ..]) = world();
    let served = Served::start(&sandbox, &[]);
    let cases = [
        ("/api/nope", 404, "NOT_FOUND"),
        ("/api/session/sess_20200101T0000_0000", 404, "NOT_FOUND"),
        ("/api/session/nonsense", 400, "BAD_REQUEST"),
        ("/api/project/nope", 404, "NOT_FOUND"),
        ("/api/project/No", 400, "BAD_REQUEST"),
        ("/api/export/session/sess_20200101T0000_0000", 404, "NOT_FOUND"),
        ("/api/export/project/nope?format=csv", 404, "NOT_FOUND"),
        (&format!("/api/export/session/{active}?format=pdf"), 400, "BAD_REQUEST"),
        ("/api/export/project/api?limit=0", 400, "BAD_REQUEST"),
        ("/api/export/project/api?limit=501", 400, "BAD_REQUEST"),
        ("/api/export/project/api?include_archived=maybe", 400, "BAD_REQUEST"),
        ("/api/sessions?status=done", 400, "BAD_REQUEST"),
        ("/api/sessions?limit=many", 400, "BAD_REQUEST"),
        ("/api/sessions?colour=red", 400, "BAD_REQUEST"),
        ("/api/sessions?q=a&q=b", 400, "BAD_REQUEST"),
        ("/api/overview?x", 400, "BAD_REQUEST"),
        ("/nope", 404, "NOT_FOUND"),
    ];
    for (path, wanted, code) in cases {
        let answer = served.get(path);
        assert_eq!((answer.status, answer.json()["code"].as_str().unwrap()), (wanted, code), "{path}");
        assert!(!answer.json()["error"].as_str().unwrap().is_empty() && answer.field("etag").is_none(), "{path}");
    }
    let page = served.get_with("/nope", "Accept: text/html,*/*\r\n");
    assert!(page.status == 404 && page.text().starts_with("<!doctype html>"), "{}", page.text());
    // Links may get parameters appended; pages ignore those.
    assert_eq!(served.get("/?utm_source=x").status, 200);
}

#[test]
fn a_damaged_record_is_listed_beside_the_good_ones() {
    let (sandbox, [active, parked, ..]) = world();
    let served = Served::start(&sandbox, &[]);
    assert_eq!(served.json("/api/overview")["damaged"], serde_json::json!([]));
    put(&sandbox, &format!("sessions/{active}.json"), "{\"session_id\": \"torn");
    let overview = served.json("/api/overview");
    assert_eq!(overview["damaged"][0]["session_id"], active);
    assert_eq!(overview["projects"][0]["parked"][0]["session_id"], parked);
    let listing = served.json("/api/sessions");
    assert_eq!((listing["damaged"].as_array().unwrap().len(), ids(&listing).len()), (1, 2));
    let one = served.get(&format!("/api/session/{active}"));
    assert_eq!((one.status, one.json()["code"].as_str()), (500, Some("CORRUPT_RECORD")));
    for path in ["/", "/project/api", "/?q=limits"] {
        let page = served.get(path);
        assert!(page.status == 200 && page.text().contains("rate limits"), "{path}: {}", page.text());
        assert!(path == "/?q=limits" || page.text().contains(&active), "{path}: not reported");
    }
    let page = served.get_with(&format!("/session/{active}"), "Accept: text/html\r\n");
    assert!(page.status == 500 && page.text().contains("left unchanged"), "{}", page.text());
    let file = served.get("/api/export/project/api?format=jsonl");
    assert!(file.status == 200 && file.text().contains(&parked));
    // Other damage: settings, a torn index, a missing one.
    put(&sandbox, "config.json", "{");
    assert_eq!(served.json("/api/overview")["damaged"][1]["session_id"], "config.json");
    put(&sandbox, "sessions/_index.json", "{\"sess_");
    assert_eq!(ids(&served.json("/api/sessions")), ids(&listing));
    fs::remove_file(sandbox.data().join("sessions/_index.json")).unwrap();
    assert_eq!(ids(&served.json("/api/sessions")), ids(&listing));
    let names_it = || served.json("/api/overview")["damaged"].to_string().contains(&active);
    assert!(eventually(Duration::from_secs(20), names_it), "it is in no list now");
    assert_eq!(served.json("/api/sessions")["damaged"][0]["session_id"], active);
    assert!(!sandbox.data().join("sessions/_index.json").exists(), "readers write nothing");
}

#[test]
fn unchanged_answers_are_not_resent_and_head_is_get_without_a_body() {
    let (sandbox, [active, ..]) = world();
    let served = Served::start(&sandbox, &[]);
    let style = served.get("/").text().split("&#x2f;assets&#x2f;style-").nth(1).unwrap()[..20].to_owned();
    let session = format!("/session/{active}");
    let export = format!("/api/export/session/{active}?format=markdown");
    let paths = [
        "/",
        "/?q=login",
        &session,
        "/project/api",
        "/activity",
        "/api",
        "/api/overview",
        "/api/sessions?limit=2",
        &format!("/api{session}"),
        "/api/project/api",
        "/api/activity",
        &export,
        "/api/export/project/api?format=csv",
        &format!("/assets/style-{style}"),
    ];
    for path in paths {
        let first = served.get(path);
        assert_eq!(first.status, 200, "{path}: {}", first.text());
        // What was said is searched while the page is read.
        if path == "/?q=login" {
            assert_eq!(first.field("etag"), None, "{path}");
            continue;
        }
        let tag = first.field("etag").unwrap_or_else(|| panic!("{path} has no tag")).to_owned();
        let again = served.get_with(path, &format!("If-None-Match: \"x\", W/{tag}\r\n"));
        assert_eq!((again.status, again.body.len(), again.field("etag")), (304, 0, Some(tag.as_str())), "{path}");
        assert_eq!(served.get_with(path, "If-None-Match: \"x\"\r\n").status, 200, "{path}");
        let head = served.ask("HEAD", path, "");
        let fields = |answer: &Answer| {
            let mut fields = answer.fields.clone();
            fields.retain(|(name, _)| name != "date");
            fields
        };
        assert_eq!((head.status, fields(&head)), (200, fields(&first)), "{path}");
        let keeps = first.field("cache-control").unwrap();
        assert_eq!(keeps.contains("immutable"), path.starts_with("/assets/"), "{path}: {keeps}");
    }
    let tag = served.get("/api/overview").field("etag").unwrap().to_owned();
    run(&sandbox, "cs-session", &["event", &active, "--message", "another one"]);
    let changed = served.get_with("/api/overview", &format!("If-None-Match: {tag}\r\n"));
    assert_eq!(changed.json()["projects"][0]["active"][0]["last_event"], "another one");
    assert_eq!(served.get("/assets/style.css").status, 404);
    assert_eq!(served.ask("HEAD", "/api/events", "").status, 200);
}

#[test]
fn files_have_names_and_kinds() {
    let (sandbox, [active, parked, completed, archived]) = world();
    let uuid = "1efc27bb-f68f-47d0-bb52-fc872cee82d8";
    let record = sandbox.data().join(format!("sessions/{active}.json"));
    let named = format!("\"claude_session_id\": \"{uuid}\"");
    fs::write(&record, fs::read_to_string(&record).unwrap().replace("\"claude_session_id\": null", &named)).unwrap();
    fs::create_dir_all(sandbox.data().join("usage")).unwrap();
    let usage = r#"{"input_tokens":4321,"total_tokens":4321}"#;
    fs::write(sandbox.data().join(format!("usage/{uuid}.json")), usage).unwrap();
    let served = Served::start(&sandbox, &[]);
    for format in render::FORMATS {
        let (kind, ending, format) = (format.media_type(), format.extension(), format.name());
        let one = served.get(&format!("/api/export/session/{active}?format={format}"));
        let all = served.get(&format!("/api/export/project/api?format={format}"));
        for (answer, stem) in [(&one, active.as_str()), (&all, "api")] {
            assert_eq!(answer.status, 200, "{format}: {}", answer.text());
            assert_eq!(answer.field("content-type"), Some(kind), "{format}");
            let name = format!("attachment; filename=\"{stem}.{ending}\"");
            assert_eq!(answer.field("content-disposition"), Some(name.as_str()));
            assert!(answer.text().contains("LOGIN"), "{format}: {}", answer.text());
        }
        let says = |word: &str| one.text().contains(word) && all.text().contains(word);
        assert!(says("4321") || says("4,321"), "{format}: the usage is missing: {}", one.text());
        assert!(all.text().contains("rate limits") && !one.text().contains("rate limits"), "{format}");
    }
    assert_eq!(served.get(&format!("/api/export/session/{active}")).json()["session_id"], active);
    let rows = |query: &str| served.get(&format!("/api/export/project/{query}&format=jsonl")).text();
    assert!(rows("api?limit=1").lines().count() < rows("api?limit=500").lines().count());
    assert!(!rows("shop?limit=5").contains(&archived) && rows("shop?limit=5").contains(&completed));
    assert!(rows("shop?include_archived=true").contains(&archived));
    assert!(rows("api?limit=2").contains(&parked));
}

#[test]
fn hostile_text_is_shown_as_text() {
    let sandbox = Sandbox::new();
    let hostile = "<script>alert(1)</script> \"onmouseover=\"alert(1) </title>{{ 7*7 }}{% raw %} javascript:alert(1)";
    let id = create(&sandbox, "api", hostile);
    run(
        &sandbox,
        "cs-session",
        &["event", &id, "--message", &format!("https://x.example/\"onclick=alert(1) {hostile}")],
    );
    run(
        &sandbox,
        "cs-session",
        &["event", &id, "--message", "see \u{202e}gnp.exe and \u{202d}https://x.example/\u{202e}a"],
    );
    run(&sandbox, "cs-session", &["update", &id, "--activity", hostile]);
    run(&sandbox, "cs-session", &["decision", &id, "--text", hostile]);
    run(&sandbox, "cs-task", &["add", &id, "--subject", hostile]);
    run(&sandbox, "cs-project", &["update", "api", "--current-phase", hostile, "--next-up", hostile]);
    let served = Served::start(&sandbox, &[]);
    let search = "/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&since=%3Cscript%3E";
    for path in ["/", "/?status=active", &format!("/session/{id}"), "/project/api", "/activity", search] {
        let page = served.get_with(path, "Accept: text/html\r\n").text();
        let scripts = page.matches("<script").count();
        assert_eq!(scripts, 2, "{path}: {page}");
        assert!(
            !page.contains("\"onmouseover") && !page.contains("\"onclick") && !page.contains("<title></title>"),
            "{path}"
        );
        assert!(!page.contains("href=\"javascript"), "{path}");
        assert!(page.contains("&lt;script&gt;") || path == "/activity", "{path}: {page}");
        let inline =
            ["<style", " style=", " onclick=", " onload=", "http-equiv"].iter().find(|part| page.contains(**part));
        assert_eq!(inline, None, "{path}");
        assert!(!page.contains(['\u{202d}', '\u{202e}']), "{path}: it reverses the following text");
    }
}

#[test]
fn every_kind_of_change_is_sent_as_an_event_within_a_second() {
    let (sandbox, [active, parked, ..]) = world();
    let served = Served::start(&sandbox, &[]);
    let mut socket = served.connect();
    socket.write_all(EVENTS).unwrap();
    let begin = read_until(&mut socket, "event: change", Duration::from_secs(10));
    assert!(begin.contains("Content-Type: text/event-stream") && begin.contains("{\"generation\":1}"), "{begin}");
    let uuid = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";
    let live = |pid: u32| {
        serde_json::json!({
            "claude_session_id": uuid, "session_id": active, "state": "working", "since": "2026-11-21T10:00:00Z",
            "last_event": "UserPromptSubmit", "last_event_at": "2026-11-21T10:00:00Z", "pid": pid,
            "pid_started": started(pid),
        })
        .to_string()
    };
    let mut client = sandbox.start("sleep", &["600"]);
    let pid = client.pid();
    let changes: [(&str, &dyn Fn()); 8] = [
        ("a record", &|| drop(run(&sandbox, "cs-session", &["event", &active, "--message", "x"]))),
        ("a record that an editor writes into", &|| {
            let path = sandbox.data().join(format!("sessions/{parked}.json"));
            let text = fs::read_to_string(&path).unwrap().replace("rate limits", "rate limits for all");
            fs::write(&path, text).unwrap();
        }),
        ("a status", &|| drop(run(&sandbox, "cs-session", &["resume", &parked]))),
        ("a project", &|| drop(run(&sandbox, "cs-project", &["update", "api", "--current-phase", "gamma"]))),
        ("a conversation", &|| {
            fs::create_dir_all(sandbox.data().join("live")).unwrap();
            put(&sandbox, &format!("live/{uuid}.json"), &live(pid));
        }),
        ("settings", &|| {
            put(&sandbox, "config.json", "{\"version\": 1, \"settings\": {\"stale_threshold_hours\": 7}}");
        }),
        ("a client's figures", &|| {
            let reported = format!("{{\"session_id\": \"{uuid}\", \"cost\": {{\"total_cost_usd\": 1}}}}");
            assert_eq!(status(&sandbox.feed("cs-statusline", &[], &reported)), 0);
        }),
        ("what was counted", &|| {
            usage::record_conversation(
                &sandbox,
                7,
                "api",
                &[("2026-11-21T09:00:00Z", "claude-opus-4-8", [1, 0, 0, 0])],
            );
            run(&sandbox, "cs-usage", &["keep", "-q"]);
        }),
    ];
    for (what, change) in changes {
        // The event for the change arrives first.
        std::thread::sleep(Duration::from_millis(700));
        let mut rest = [0; 65536];
        socket.set_nonblocking(true).unwrap();
        let _ = std::io::Read::read(&mut socket, &mut rest);
        socket.set_nonblocking(false).unwrap();
        change();
        read_until(&mut socket, "event: change", Duration::from_secs(10));
        assert_eq!(served.get("/").status, 200, "{what}");
    }
    let state = || served.json("/api/overview")["projects"][0]["active"].to_string();
    assert!(cfg!(not(target_os = "linux")) || state().contains("\"working\""), "{}", state());
    client.0.kill().unwrap();
    client.0.wait().unwrap();
    // A process that ends leaves no trace on disk.
    if cfg!(target_os = "linux") {
        assert!(eventually(Duration::from_secs(10), || state().contains("\"gone\"")), "{}", state());
    }
}

fn started(pid: u32) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = text.rsplit_once(')').map_or("", |(_, fields)| fields);
    fields.split_ascii_whitespace().nth(19).unwrap_or("0").to_owned()
}

#[test]
fn two_hundred_clients_can_wait_for_events_and_one_more_is_refused() {
    let (sandbox, [active, ..]) = world();
    let served = Served::start(&sandbox, &[]);
    served.get("/");
    let before = served.own_memory();
    let mut sockets: Vec<_> = (0..256)
        .map(|_| {
            let mut socket = served.connect();
            socket.write_all(EVENTS).unwrap();
            socket
        })
        .collect();
    for socket in &mut sockets {
        read_until(socket, "event: change", Duration::from_secs(20));
    }
    let refused = served.get("/api/events");
    assert_eq!((refused.status, refused.json()["code"].as_str()), (503, Some("BUSY")));
    run(&sandbox, "cs-session", &["event", &active, "--message", "x"]);
    for socket in &mut sockets {
        read_until(socket, "event: change", Duration::from_secs(20));
    }
    if let (Some(before), Some(memory)) = (before, served.own_memory()) {
        println!("{before} KiB, with 256 clients {memory} KiB");
        assert!(memory < before + 256 * 16, "{before} KiB, with 256 clients {memory} KiB");
    }
    assert_eq!(served.open().map_or(4, |(_, threads)| threads), 4, "no thread for a client");
    drop(sockets);
    assert!(eventually(Duration::from_secs(20), || served.open().is_none_or(|(files, _)| files < 30)));
}

#[test]
fn the_dashboard_writes_nothing_and_needs_no_files() {
    let sandbox = Sandbox::new();
    let served = Served::start(&sandbox, &[]);
    for path in ["/", "/activity", "/api/overview", "/api/sessions?q=x&include_archived=true", "/healthz"] {
        assert_eq!(served.get(path).status, 200, "{path}");
    }
    assert_eq!(served.json("/api/overview")["projects"], serde_json::json!([]));
    assert!(!sandbox.data().exists(), "a reader created the data directory");
    let id = create(&sandbox, "api", "the first one");
    assert_eq!(ids(&served.json("/api/sessions")), [id]);
}

#[test]
fn a_hidden_project_is_not_on_the_first_page_and_not_counted() {
    let (sandbox, _) = world();
    run(&sandbox, "cs-project", &["hide", "api"]);
    let served = Served::start(&sandbox, &[]);
    let overview = served.json("/api/overview");
    assert_eq!(overview["counts"]["active"], 0);
    let project = |slug: &str| overview["projects"].as_array().unwrap().iter().find(|one| one["slug"] == slug).cloned();
    assert_eq!(project("api").unwrap()["hidden"], true);
    assert_eq!(project("shop").unwrap().get("hidden"), None);
    let page = served.get("/").text().to_string();
    assert!(page.contains("new logo") && !page.contains("Fix the LOGIN page"), "{page}");
    assert!(served.get("/project/api").text().contains("Fix the LOGIN page"), "its own page shows it");
    run(&sandbox, "cs-project", &["hide", "api", "--show"]);
    let is_shown = || served.get("/").text().contains("Fix the LOGIN page");
    assert!(eventually(Duration::from_secs(10), is_shown), "it is shown again");
}
