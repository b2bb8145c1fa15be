//! Records of any version, read completely and field by field, and changed in every way.

use cs_core::clock;
use cs_core::id::Uuid;
use cs_core::patch::Patch;
use cs_core::record::{SCHEMA_VERSION, Session, TaskStatus};
use cs_core::session::{self, Changes, Completion};
use cs_core::task::{self, Report};
use cs_core::validate;

use super::{check_unknown_fields, object, samples};
use crate::Target;

pub const TARGET: Target = Target { name: "record", check, words: KNOWN, seeds, most: 16 << 10, runs: 300_000 };

const KNOWN: &[&str] = &[
    "session_id",
    "project_slug",
    "status",
    "intent",
    "roadmap_ref",
    "started_at",
    "last_heartbeat",
    "ended_at",
    "outcome",
    "parked_reason",
    "current_activity",
    "awaiting_action",
    "events",
    "git_branch",
    "worktree_root",
    "claude_session_id",
    "files_changed",
    "commits",
    "decisions",
    "open_questions",
    "next_steps",
    "audit_head",
    "tasks",
    "schema_version",
    "agent",
    "ended_by",
    "written_by",
    "resumed_from",
    "resumed_as",
    "agent_id",
    "parent_session_id",
];

fn seeds() -> Vec<Vec<u8>> {
    ["v1.json", "v2.json", "v3.json", "v4.json"].into_iter().flat_map(|name| samples("samples", name)).collect()
}

fn check(bytes: &[u8]) {
    let patch = Patch::of(bytes);
    if let Ok(patch) = &patch {
        check_patch(patch, bytes);
    }
    let Ok(session) = Session::read(bytes) else { return };
    let patch = patch.expect("what can be read can be parsed");
    assert_eq!(patch.text("session_id").as_ref(), Some(&session.session_id));
    let newer = patch.newer_version(cs_core::record::SCHEMA_VERSION).expect("a record's version is a number");
    assert_eq!(newer.is_some(), session.schema_version > SCHEMA_VERSION);
    let written = session.to_bytes();
    assert_eq!(Session::read(&written).expect("written data can be read"), session);
    check_unknown_fields(bytes, &written, KNOWN);
    check_older_versions(bytes);
    make_all_changes(session);
}

fn check_patch(patch: &Patch, bytes: &[u8]) {
    let written = patch.to_bytes();
    let again = Patch::of(&written).expect("a written target can be parsed");
    assert!(again.iter().eq(patch.iter()), "a copy has the same fields");
    let mut changed = Patch::of(bytes).expect("it was valid before");
    changed.set("last_heartbeat", Some("now \"\\\u{1}"));
    let changed = changed.to_bytes();
    let after = Patch::of(&changed).expect("a written target can be parsed");
    assert_eq!(after.text("last_heartbeat").as_deref(), Some("now \"\\\u{1}"));
    let others = |patch: &Patch| -> Vec<(String, String)> {
        let all = patch.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        all.filter(|(name, _)| name != "last_heartbeat").collect()
    };
    assert_eq!(others(&after), others(patch), "the other fields");
}

/// Panics unless older versions are read; they only lack fields.
fn check_older_versions(bytes: &[u8]) {
    let Some(mut fields) = object(bytes) else { return };
    for (version, younger) in [(3, "claude_session_id"), (2, "worktree_root"), (1, "tasks")] {
        fields.remove(younger);
        fields.insert("schema_version".into(), version.into());
        let old = serde_json::to_vec(&fields).expect("a value can be serialised");
        let session = Session::read(&old).expect("an older version can be read");
        assert_eq!(session.schema_version, SCHEMA_VERSION);
    }
    fields.remove("schema_version");
    assert!(Session::read(&serde_json::to_vec(&fields).expect("a value can be serialised")).is_ok());
}

type Step<'a> = &'a dyn Fn(&mut Session) -> cs_core::Result<()>;

/// Makes every change that programs make; each must leave a readable record, and a refused one must leave it unchanged.
fn make_all_changes(mut session: Session) {
    let now = clock::parse("2026-11-21T10:00:00Z").expect("an instant");
    let uuid = Uuid::parse("1efc27bb-f68f-47d0-bb52-fc872cee82d8").expect("a uuid");
    let words: Vec<String> = [&session.intent, &session.git_branch, &session.last_heartbeat].map(Clone::clone).into();
    let word = &words[0].clone();
    let changes = Changes { intent: Some(words[1].clone()), activity: Some(words[2].clone()), ..Changes::default() };
    let done =
        Completion { commits: vec![(words[1].clone(), words[2].clone())], files: words, ..Completion::default() };
    let steps: [(&str, Step); 12] = [
        ("event", &|record| session::event(record, word, now)),
        ("event once", &|record| session::event_once(record, word, now)),
        ("update", &|record| session::update(record, &changes, now)),
        ("commit", &|record| session::commit(record, word, word, now)),
        ("decision", &|record| session::decision(record, word, now)),
        ("question", &|record| session::question(record, word, now)),
        ("request", &|record| session::request_action(record, word, now)),
        ("task", &|record| task::add(record, word, now)),
        ("task status", &|record| task::update(record, word, Some(TaskStatus::Completed), Some(word), now)),
        ("park", &|record| session::park(record, word, std::slice::from_ref(word), now)),
        ("complete", &|record| session::complete(record, &done, now)),
        ("reopen", &|record| {
            session::reopen(record, now);
            Ok(())
        }),
    ];
    for (name, step) in steps {
        let before = session.clone();
        if step(&mut session).is_err() {
            assert_eq!(session, before, "{name} was refused and changed something");
        }
    }
    let known: Vec<String> = session.tasks.iter().map(|task| task.id.clone()).collect();
    session::file_changed(&mut session, word);
    task::mirror(&mut session, &uuid, &Report { key: word, subject: Some(word), ..Report::default() }, now);
    task::mirror_list(&mut session, &uuid, &[(word.clone(), TaskStatus::Pending)], now);
    let _ = (session.task_progress(), session.agent());
    let mirrored = session.tasks.iter().filter(|task| !known.contains(&task.id));
    for task in mirrored {
        assert!(task.subject.chars().count() <= validate::TASK_SUBJECT, "a subject of {} bytes", task.subject.len());
        assert!(task.agent_key.as_ref().is_none_or(|key| key.len() <= 4 * validate::TASK_SUBJECT), "a long key");
    }
    let written = session.to_bytes();
    assert!(written.len() < validate::FILE_BYTES);
    assert_eq!(Session::read(&written).expect("written data can be read"), session);
}
