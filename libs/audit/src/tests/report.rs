//! Reports on calls of which a transcript tells more than the log.

use super::*;
use cs_core::id::Uuid;
use cs_core::store::Store;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const UUID: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";

/// Logs edits of these files, of which each removed so many lines, after one prompt; `may_show` as hooks noted it.
fn edit(place: &Place, files: &[String], removed: usize, may_show: bool) {
    let folder = place.home.root().to_path_buf();
    let log = folder.join(format!("{UUID}.jsonl"));
    let mut told = vec![json!({"type": "user", "message": {"role": "user", "content": "rework the login"}})];
    for (n, file) in files.iter().enumerate() {
        let id = format!("toolu_{n}");
        let call = json!({"type": "tool_use", "id": id, "name": "Edit", "input": {"file_path": file}});
        told.push(json!({"type": "assistant", "message": {"role": "assistant", "content": [call]}}));
        let ended = json!({"type": "tool_result", "tool_use_id": id, "content": "ok"});
        told.push(json!({"type": "user", "message": {"role": "user", "content": [ended]},
            "toolUseResult": {"structuredPatch": [{"lines": vec!["-x"; removed]}]}}));
        let input = Some(Input { path: Some(file.clone()), ..Input::default() });
        let entry = Entry {
            claude_session_id: Some(UUID.into()),
            tool_use_id: Some(id),
            tool: Some("Edit".into()),
            cwd: Some("/srv/app".into()),
            input,
            ..Entry::new(Kind::Attempt, at("2026-11-21T09:00:00Z"))
        };
        Log::of(&place.home, WAIT).append(entry, at("2026-11-21T09:00:00Z")).unwrap();
    }
    let lines = told.into_iter().map(|mut line: Value| {
        line["timestamp"] = json!("2026-11-21T09:00:00Z");
        line["sessionId"] = json!(UUID);
        line["cwd"] = json!("/srv/app");
        format!("{line}\n")
    });
    fs::write(&log, lines.collect::<String>()).unwrap();
    let ended = place.home.ended(&Uuid::parse(UUID).unwrap());
    fs::create_dir_all(ended.parent().unwrap()).unwrap();
    let noted = json!({"claude_session_id": UUID, "state": "idle", "since": "2026-11-21T10:00:00Z", "capture": may_show,
        "last_event": "Stop", "last_event_at": "2026-11-21T10:00:00Z", "transcript_path": log});
    fs::write(ended, noted.to_string()).unwrap();
}

fn of(place: &Place) -> CallReport {
    let store = Store::for_people(place.home.clone(), agents::WITNESS);
    report(&store, &Filter::default(), &BTreeSet::new(), at("2026-11-21T12:00:00Z"), &mut |_| ()).unwrap()
}

fn files(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("/srv/app/part{n}.rs")).collect()
}

#[test]
fn a_change_is_large_by_its_files_or_by_the_lines_that_it_removes() {
    for (count, removed, is_large) in [(1, 99, false), (1, 100, true), (2, 50, true), (9, 1, false), (10, 1, true)] {
        let place = place();
        edit(&place, &files(count), removed, true);
        let large = of(&place).large;
        assert_eq!(large.len(), usize::from(is_large), "{count} files, {removed} lines each");
        if let Some(large) = large.first() {
            assert_eq!((large.files, large.removed), (count, (count * removed) as u64));
            assert_eq!(large.prompt.as_deref(), Some("rework the login"));
        }
    }
}

#[test]
fn a_prompt_that_must_not_be_stored_is_not_shown() {
    let place = place();
    edit(&place, &files(10), 1, false);
    assert_eq!(of(&place).large[0].prompt, None, "so its hooks noted");
    let other = super::place();
    edit(&other, &files(10), 1, true);
    fs::remove_file(other.home.config()).ok();
    fs::write(other.home.config(), r#"{"hooks": {"capture_prompts": false}}"#).unwrap();
    assert_eq!(of(&other).large[0].prompt, None, "so it is configured");
}

#[test]
fn no_secret_in_a_path_of_a_transcript_is_shown() {
    let secret = ["ghp", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].join("_");
    let place = place();
    edit(&place, &[format!("/elsewhere/{secret}/x.rs")], 1, true);
    let found = of(&place);
    assert_eq!(found.outside.len(), 1);
    assert!(!serde_json::to_string(&found).unwrap().contains(&secret), "{:?}", found.outside);
}
