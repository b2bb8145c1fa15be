//! `--output-dir`: frontmatter that YAML parsers accept, masking, highlights, and files that are left alone.

use crate::{hostile, id, parse, record, store};
use cs_tests::{Sandbox, status, stderr, stdout, workspace};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::SystemTime;

const UUID: &str = "1efc27bb-f68f-47d0-bb52-fc872cee82d8";

/// Exports everything into `out`; returns the printed lines, the total last.
#[track_caller]
fn export(sandbox: &Sandbox, more: &[&str]) -> Vec<Value> {
    let args = [&["--all", "--output-dir", "out"], more].concat();
    let output = sandbox.cs("cs-export", &args);
    assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{args:?}");
    stdout(&output).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn read(sandbox: &Sandbox, number: usize) -> String {
    fs::read_to_string(sandbox.work().join(format!("out/{}.md", id(number)))).expect("it was written")
}

fn times(folder: &Path) -> BTreeMap<String, SystemTime> {
    let files = cs_tests::entries(folder).into_iter();
    files
        .map(|path| (path.display().to_string(), path.metadata().and_then(|m| m.modified()).expect("a file")))
        .collect()
}

/// Writes a transcript where Claude Code would.
fn transcript(sandbox: &Sandbox, text: &[u8]) {
    let folder = sandbox.home().join(".claude/projects/-srv-api");
    fs::create_dir_all(&folder).expect("a fresh home can be written");
    fs::write(folder.join(format!("{UUID}.jsonl")), text).expect("it can be written");
}

fn said(kind: &str, text: &str) -> String {
    let message = json!({"content": [{"type": "text", "text": text}]});
    json!({"type": kind, "timestamp": "2026-11-21T08:10:00.000Z", "message": message}).to_string() + "\n"
}

#[test]
fn the_frontmatter_is_yaml_whatever_the_intent_is() {
    let sandbox = Sandbox::new();
    let mut records = vec![record(0)];
    for (n, (raw, _)) in hostile::all().enumerate() {
        let mut record = record(n + 1);
        record["intent"] = raw.into();
        records.push(record);
    }
    store(&sandbox, &records);
    let total = export(&sandbox, &[]).pop().expect("a sum");
    assert_eq!(total["written"], records.len());
    let keys = ["schema_version", "session_id", "project_slug", "started_at", "ended_at", "intent", "status"];
    let body = parse::markdown(parse::front(&read(&sandbox, 0)).1).map(|parsed| parsed.structure);
    for (n, (raw, shown)) in hostile::all().enumerate() {
        let text = read(&sandbox, n + 1);
        let (front, rest) = parse::front(&text);
        let hash = front.as_hash().expect("a mapping");
        let names: Vec<&str> = hash.keys().filter_map(|key| key.as_str()).collect();
        assert_eq!(names, [&keys[..], &["masked", "source"]].concat(), "{raw:?}");
        assert_eq!(front["session_id"].as_str(), Some(id(n + 1).as_str()));
        assert_eq!((front["schema_version"].as_i64(), front["status"].as_str()), (Some(4), Some("completed")));
        if front["masked"].as_hash().is_some_and(|masked| masked.is_empty()) {
            assert_eq!(front["intent"].as_str(), Some(shown), "{text}");
        }
        assert_eq!(parse::markdown(rest).map(|parsed| parsed.structure), body, "{raw:?}");
    }
}

#[test]
fn only_changed_files_are_rewritten() {
    let sandbox = Sandbox::new();
    let mut active = record(2);
    active["status"] = "active".into();
    active["ended_at"] = Value::Null;
    store(&sandbox, &[record(0), record(1), active]);
    assert_eq!(export(&sandbox, &[]).pop().expect("a sum")["written"], 2, "the active one has not ended");
    let output = sandbox.cs("cs-export", &[&id(2), "--output-dir", "out", "-q"]);
    let reported = format!("cs-export: note: {} is active; it is exported once it has ended\n", id(2));
    assert_eq!((status(&output), stdout(&output), stderr(&output)), (0, String::new(), reported));
    let folder = sandbox.work().join("out");
    assert_eq!(folder.metadata().expect("made").permissions().mode() & 0o777, 0o700);
    for file in cs_tests::entries(&folder) {
        assert_eq!(file.metadata().expect("written").permissions().mode() & 0o777, 0o600);
    }
    let before = times(&folder);
    let total = export(&sandbox, &[]);
    assert_eq!((total.len(), &total[0]["unchanged"], &total[0]["written"]), (1, &json!(2), &json!(0)));
    assert_eq!(times(&folder), before);
    let mut changed = record(1);
    changed["outcome"] = "something else".into();
    store(&sandbox, &[changed]);
    let lines = export(&sandbox, &[]);
    assert_eq!((&lines[0]["session_id"], &lines[1]["written"]), (&json!(id(1)), &json!(1)));
    assert!(read(&sandbox, 1).contains("something else"));
    transcript(&sandbox, said("user", "hello").as_bytes());
    assert_eq!(export(&sandbox, &[]).pop().expect("a sum")["written"], 2, "there is a conversation now");
    assert_eq!(export(&sandbox, &["--force"]).pop().expect("a sum")["written"], 2);
    assert_eq!(export(&sandbox, &["--highlight-words", "0"]).pop().expect("a sum")["written"], 2);
    assert!(!read(&sandbox, 0).contains("## Conversation"));
}

#[test]
fn force_does_not_overwrite_files_of_others() {
    let sandbox = Sandbox::new();
    store(&sandbox, &[record(0), record(1), record(2)]);
    let folder = sandbox.work().join("out");
    fs::create_dir(&folder).expect("a folder can be created");
    let mine = folder.join(format!("{}.md", id(0)));
    fs::write(&mine, "---\nsession_id: mine\n---\nmy notes\n").expect("it can be written");
    export_of(&sandbox, &id(2), "x.md");
    // Nor is an export of another session that was moved here this session's file.
    fs::copy(sandbox.work().join("x.md"), folder.join(format!("{}.md", id(1)))).expect("it can be copied");
    for more in [&[][..], &["--force"]] {
        let output = sandbox.cs("cs-export", &[&["--all", "--output-dir", "out"], more].concat());
        let reported = stderr(&output);
        assert_eq!((status(&output), reported.lines().count()), (1, 2), "{reported}");
        assert!(
            reported.contains(&id(0)) && reported.contains(&id(1)) && reported.contains("not changed"),
            "{reported}"
        );
        assert_eq!(fs::read_to_string(&mine).expect("text"), "---\nsession_id: mine\n---\nmy notes\n");
    }
    assert!(read(&sandbox, 2).contains("an intent"));
}

fn export_of(sandbox: &Sandbox, id: &str, file: &str) {
    assert_eq!(status(&sandbox.cs("cs-export", &[id, "-o", file])), 0);
}

#[test]
fn names_and_secrets_are_masked_everywhere_and_counted() {
    let sandbox = Sandbox::new().with("USER", "jdoe");
    // Built at run time, so that secret scanners do not flag this file.
    let secret = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0");
    let private = format!("ask anna@example.com or +49 171 2345678, /home/anna/x, /data/jdoe/y, {secret}");
    let mut all = record(0);
    let fields = [
        "/intent",
        "/outcome",
        "/parked_reason",
        "/current_activity",
        "/awaiting_action",
        "/roadmap_ref",
        "/git_branch",
        "/worktree_root",
        "/decisions/0",
        "/open_questions/0",
        "/next_steps/0",
        "/events/0/message",
        "/commits/0/message",
        "/tasks/0/subject",
        "/files_changed/0",
    ];
    for field in fields {
        *all.pointer_mut(field).expect("the record has the field") = private.clone().into();
    }
    store(&sandbox, &[all]);
    let filler = "word ".repeat(200);
    let answer = format!("{private} {filler} {private}");
    transcript(&sandbox, (said("user", &private) + &said("assistant", &answer)).as_bytes());
    let lines = export(&sandbox, &[]);
    let text = read(&sandbox, 0);
    for word in ["anna", "jdoe", "171 2345678", "ghp_", "example.com"] {
        assert!(!text.contains(word), "{word} is in\n{text}");
    }
    let places = fields.len() + 2;
    let expected = json!({"github-pat": places, "email": places, "phone": places, "user": 2 * places});
    assert_eq!((&lines[0]["masked"], &lines[1]["masked"]), (&expected, &expected));
    let (front, _) = parse::front(&text);
    assert_eq!(front["masked"]["user"].as_i64(), i64::try_from(2 * places).ok());
    // The record itself is unchanged.
    assert!(sandbox.record(&id(0))["intent"].as_str().is_some_and(|intent| intent.contains("anna")));
}

#[test]
fn a_recorded_conversation_gives_its_highlights() {
    let sandbox = Sandbox::new();
    let recording = workspace().join("tests/fixtures/claude-code/transcripts/interactive.jsonl");
    store(&sandbox, &[record(0)]);
    transcript(&sandbox, &fs::read(recording).expect("the recording is there"));
    let lines = export(&sandbox, &[]);
    let text = read(&sandbox, 0);
    let conversation = text.split("\n## Conversation\n").nth(1).expect("a section");
    let first = conversation.find("> do the full tour\n\nAll done.\n\n*2 edits, ").expect("the first turn");
    let last = conversation.rfind("> mcp please\n\nmcp done").expect("the last turn");
    assert!(first < last && lines[0]["highlights"].as_u64().is_some_and(|count| count > 5), "{conversation}");
    assert!(conversation.contains("> /recorder:rec-cmd foo bar\n\nreccmd answered"), "{conversation}");
    assert!(conversation.contains("interrupted"), "{conversation}");
    for injected in ["task-notification", "command-name", "local-command", "Base directory for this skill", "SUBAGENT"]
    {
        assert!(!conversation.contains(injected), "{injected} in {conversation}");
    }
    export(&sandbox, &["--highlight-words", "30"]);
    let short = read(&sandbox, 0);
    let short = short.split("\n## Conversation\n").nth(1).expect("a section");
    assert!(short.contains("do the full tour") && short.contains("mcp done"), "{short}");
    assert!(short.matches("\n### ").count() < conversation.matches("\n### ").count(), "{short}");
}

#[test]
fn a_broken_transcript_of_any_size_is_read_as_far_as_it_goes() {
    let sandbox = Sandbox::new();
    store(&sandbox, &[record(0)]);
    let folder = sandbox.home().join(".claude/projects/-srv-api");
    fs::create_dir_all(&folder).expect("a fresh home can be written");
    let mut file = fs::File::create(folder.join(format!("{UUID}.jsonl"))).expect("it can be created");
    let mut put = |bytes: &[u8]| file.write_all(bytes).expect("it can be written");
    put(said("user", "the first prompt").as_bytes());
    put(b"{\"type\": \"user\", \"message\": {\"content\": \"");
    let chunk = vec![b'x'; 1 << 20];
    (0..100).for_each(|_| put(&chunk));
    put(b"\"}}\n{\"torn\": \n\xff\n[1]\n");
    put(said("assistant", "# the *answer*\n- <b>").as_bytes());
    put(said("user", "the last prompt").as_bytes());
    put(b"{\"type\": \"assistant\", \"message\": {\"content\": [{\"type\": \"te");
    // A line of 100 MB does not fit into 60 MB of address space.
    let output = sandbox.sh("ulimit -v 61440; cs-export --all --output-dir out");
    assert_eq!((status(&output), stderr(&output)), (0, String::new()));
    let line: Value = serde_json::from_str(stdout(&output).lines().next().expect("a line")).expect("JSON");
    assert_eq!((&line["highlights"], &line["skipped_lines"]), (&json!(2), &json!(4)));
    let text = read(&sandbox, 0);
    assert!(text.contains("> the first prompt\n\n\\# the \\*answer\\*\\\n\\- \\<b>\n"), "{text}");
    assert!(text.contains("> the last prompt"), "{text}");
}

#[test]
fn without_stored_prompts_there_are_no_highlights() {
    let sandbox = Sandbox::new();
    store(&sandbox, &[record(0)]);
    transcript(&sandbox, said("user", "hello").as_bytes());
    fs::write(sandbox.data().join("config.json"), r#"{"hooks": {"capture_prompts": false}}"#).expect("written");
    assert_eq!(export(&sandbox, &[])[0]["highlights"], 0);
    assert!(!read(&sandbox, 0).contains("hello"));
}

#[test]
fn a_live_file_says_where_the_transcript_is_but_cannot_name_another_file() {
    let sandbox = Sandbox::new();
    store(&sandbox, &[record(0)]);
    let elsewhere = sandbox.home().join("elsewhere");
    fs::create_dir(&elsewhere).expect("a folder can be created");
    let good = elsewhere.join(format!("{UUID}.jsonl"));
    fs::write(&good, said("user", "from elsewhere")).expect("it can be written");
    let other = elsewhere.join("other.jsonl");
    fs::write(&other, said("user", "of another")).expect("it can be written");
    fs::create_dir(sandbox.data().join("ended")).expect("a folder can be created");
    let point = |path: &Path, capture: bool| {
        let ended = json!({"claude_session_id": UUID, "state": "idle", "since": "", "last_event": "SessionEnd",
            "last_event_at": "", "transcript_path": path, "capture": capture});
        fs::write(sandbox.data().join(format!("ended/{UUID}.json")), ended.to_string()).expect("it can be written");
    };
    point(&good, true);
    export(&sandbox, &[]);
    assert!(read(&sandbox, 0).contains("> from elsewhere"));
    point(&other, true);
    export(&sandbox, &["--force"]);
    assert!(!read(&sandbox, 0).contains("of another"));
    point(&good, false);
    export(&sandbox, &["--force"]);
    assert!(!read(&sandbox, 0).contains("from elsewhere"), "the conversation must not be stored");
}
