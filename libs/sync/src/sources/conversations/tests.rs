//! Tests on logs in clients' folders, recorded ones and small ones.

mod ground;
mod left;
mod secrets;

use ground::{Ground, ID, OTHER, answer, call, prompt, result};
use marks::{NewMark, Op, Target as About};
use std::fs;

/// A mark of a kind.
fn mark(op: Op, with: Option<&str>) -> NewMark {
    NewMark { op, target: About::default(), with: with.map(str::to_string), reason: None, of: None }
}

#[test]
fn a_recorded_conversation_has_a_first_line_and_a_source_for_each_thread() {
    let ground = Ground::new();
    ground.recorded("claude-code/conversations/agents", "claude");
    let target = &mut ground.push();
    let uuid = "2799aa05-ffe4-45d8-b09e-eb674018f59d";
    let talk = |thread: &str| format!("talk/{uuid}/{thread}");
    let names = target.names();
    let threads = ["agent-a1ef9cbeefdbc1f23", "agent-a8d098815b4231f8e", "agent-af719937e915d27d5", "main"];
    let wanted: Vec<String> = std::iter::once(format!("head/{uuid}")).chain(threads.map(talk)).collect();
    assert_eq!(names, wanted);
    let head = &target.values(&names[0])[0];
    assert_eq!((head["id"].as_str(), head["agent"].as_str()), (Some(uuid), Some("claude-code")));
    assert_eq!(head["body"]["kind"], "head");
    assert_eq!(head["at"], head["body"]["started_at"]);
    for name in &names[1..] {
        let rows = target.values(name);
        assert!(!rows.is_empty(), "{name}");
        for (n, row) in rows.iter().enumerate() {
            let body = &row["body"];
            assert_eq!(
                (body["seq"].as_u64(), &body["kind"], &body["entry"]),
                (Some(n as u64), &row["kind"], &row["id"])
            );
            assert_ne!(row["kind"], "reasoning");
            assert_eq!(body["thread"], name.rsplit('/').next().unwrap());
            assert!(row["kind"] != "result" || body.get("text").is_none(), "{row}");
        }
    }
    assert_eq!(ground.push_to(target), Vec::<String>::new(), "the second time");
}

#[test]
fn all_recorded_conversations_are_sent_once() {
    let ground = Ground::new();
    for name in fs::read_dir(ground::fixtures("claude-code/conversations")).unwrap() {
        let name = name.unwrap().file_name().into_string().unwrap();
        ground.recorded(&format!("claude-code/conversations/{name}"), "claude");
    }
    ground.recorded("codex/conversations", "codex");
    let target = &mut ground.push();
    assert!(target.rows.len() > 40, "{}", target.rows.len());
    assert_eq!(ground.push_to(target), Vec::<String>::new());
    assert_eq!(
        ground.run(&mut ground::Target::default(), true).len(),
        target.rows.values().map(Vec::len).sum::<usize>()
    );
}

#[test]
fn what_was_copied_into_a_fork_is_not_sent_again() {
    let ground = Ground::new();
    ground.recorded("claude-code/conversations/fork", "claude");
    let target = ground.push();
    let talks: Vec<String> = target.names().into_iter().filter(|name| name.starts_with("talk/")).collect();
    let entries: Vec<String> = talks
        .iter()
        .flat_map(|name| target.values(name))
        .filter(|row| row["kind"] == "prompt" || row["kind"] == "answer")
        .map(|row| row["id"].as_str().unwrap().to_string())
        .collect();
    let mut once = entries.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), entries.len(), "{entries:?}");
}

#[test]
fn a_subagent_has_the_turn_in_which_it_was_started() {
    let ground = Ground::new();
    ground.recorded("claude-code/conversations/agents", "claude");
    let target = ground.push();
    let uuid = "2799aa05-ffe4-45d8-b09e-eb674018f59d";
    let main = target.values(&format!("talk/{uuid}/main"));
    let started: Vec<_> = main.iter().filter(|row| row["kind"] == "agent").map(|row| &row["body"]).collect();
    assert!(!started.is_empty());
    for agent in started {
        let thread = agent["agent"].as_str().unwrap();
        let rows = target.values(&format!("talk/{uuid}/{thread}"));
        let first = rows.iter().find(|row| row["kind"] != "context").unwrap();
        assert_eq!(first["body"]["turn"], agent["turn"], "{thread}");
    }
}

#[test]
fn a_log_that_grows_sends_its_end() {
    let ground = Ground::new();
    ground.log(ID, &[prompt(1, "first"), answer(2, "done")]);
    let target = &mut ground.push();
    ground.add(ID, &[prompt(3, "second"), answer(4, "done again")]);
    let sent = ground.push_to(target);
    let talk: Vec<&String> = sent.iter().filter(|row| row.contains("talk/")).collect();
    assert_eq!(talk.len(), 3, "a prompt, an answer, its usage: {sent:#?}");
    assert!(!sent.iter().any(|row| row.contains("\"first\"") && row.contains("talk/")), "{sent:#?}");
    assert_eq!(ground.push_to(target), Vec::<String>::new());
}

#[test]
fn a_turn_that_is_not_over_does_not_send_its_thread_twice() {
    let ground = Ground::new();
    let lines = [prompt(1, "go"), call(2, "t1", "ls"), result(3, "t1", "a b"), answer(4, "there"), prompt(5, "and?")];
    let target = &mut ground::Target::default();
    let mut sent = Vec::new();
    for n in 1..=lines.len() {
        ground.log(ID, &lines[..n]);
        sent.extend(ground.push_to(target).into_iter().filter(|row| row.contains("talk/")));
    }
    let mut once = sent.clone();
    once.sort();
    once.dedup();
    assert_eq!((sent.len(), once.len()), (target.values(&format!("talk/{ID}/main")).len(), sent.len()), "{sent:#?}");
}

#[test]
fn a_line_that_is_being_written_and_a_log_that_cannot_be_read_take_nothing_away() {
    let ground = Ground::new();
    let path = ground.log(ID, &[prompt(1, "first"), answer(2, "done")]);
    let target = &mut ground.push();
    let before = target.rows.clone();
    let whole = fs::read(&path).unwrap();
    let torn = prompt(3, "second");
    fs::write(&path, [whole.as_slice(), &torn.as_bytes()[..30]].concat()).unwrap();
    assert_eq!(ground.push_to(target).iter().filter(|row| row.contains("talk/")).count(), 0);
    fs::write(&path, [whole.as_slice(), torn.as_bytes(), b"\n"].concat()).unwrap();
    assert_eq!(ground.push_to(target).iter().filter(|row| row.contains("talk/")).count(), 1);
    let (after, talk) = (target.rows.clone(), ground::source(&format!("talk/{ID}/main")));
    assert_eq!(before[&talk].len() + 1, after[&talk].len());
    // It becomes a folder, which cannot be read.
    ground.add(ID, &[prompt(4, "third")]);
    let mut is_file = true;
    let scanned = ground.run_after(target, &crate::sources::Request::default(), &mut || {
        if std::mem::take(&mut is_file) {
            fs::remove_file(&path).unwrap();
            fs::create_dir(&path).unwrap();
        }
    });
    assert_eq!(target.rows, after);
    assert!(!scanned.failures.is_empty(), "{scanned:?}");
    fs::remove_dir(&path).unwrap();
    assert_eq!(ground.push_to(target), Vec::<String>::new(), "what is gone stays");
    assert_eq!(target.rows, after);
}

#[test]
fn a_kept_copy_that_ends_earlier_takes_nothing_away() {
    let ground = Ground::new();
    let lines = [prompt(1, "first"), answer(2, "done"), prompt(3, "second"), answer(4, "done again")];
    let path = ground.log(ID, &lines[..2]);
    ground.keep();
    ground.log(ID, &lines);
    let target = &mut ground.push();
    let (before, talk) = (target.rows.clone(), format!("talk/{ID}/main"));
    fs::remove_file(&path).unwrap();
    let sent = ground.push_to(target);
    assert!(sent.iter().all(|row| row.contains("head/")), "{sent:#?}");
    assert_eq!(target.values(&talk).len(), before[&ground::source(&talk)].len());
    assert_eq!(ground.push_to(target), Vec::<String>::new());
    // A redaction in what is left reaches the target, and the rest stays.
    ground.redact(ID, &ground::entry(1), "first", "first");
    ground.push_to(target);
    let rows = target.values(&talk);
    assert_eq!(rows.len(), before[&ground::source(&talk)].len());
    assert!(!rows[0].to_string().contains("first") && rows.iter().any(|row| row["body"]["text"] == "second"));
    // The log is back.
    ground.log(ID, &lines);
    ground.push_to(target);
    assert_eq!(target.values(&talk).len(), rows.len());
    assert_eq!(ground.push_to(target), Vec::<String>::new());
}

#[test]
fn a_mark_that_is_made_later_hides_what_was_sent() {
    let ground = Ground::new();
    ground.log(ID, &[prompt(1, "please call Jane Roe today"), answer(2, "I called her")]);
    ground.log(OTHER, &[prompt(9, "another")]);
    let target = &mut ground.push();
    assert!(target.all().contains("Jane Roe"));
    ground.redact(ID, &ground::entry(1), "please call Jane Roe today", "Jane Roe");
    ground
        .mark(ID, NewMark { reason: Some("about Jane Roe".into()), ..mark(Op::Note, Some("Jane Roe is a customer")) });
    ground.mark(ID, mark(Op::Tag, Some("bug")));
    let sent = ground.push_to(target);
    assert!(!target.all().contains("Jane Roe"), "{}", target.all());
    assert!(!sent.iter().any(|row| row.contains(OTHER)), "{sent:#?}");
    let head = &target.values(&format!("head/{ID}"))[0]["body"];
    assert_eq!(head["tags"], serde_json::json!(["bug"]));
    assert_eq!(
        (&head["secrets"]["manual"], &head["secrets"]["withheld"]),
        (&1.into(), &serde_json::Value::Null),
        "{head}"
    );
    assert!(head["title"].as_str().unwrap().starts_with("please call ["), "{head}");
    let marks = target.values(&format!("mark/{ID}"));
    assert_eq!(marks.iter().map(|row| row["kind"].as_str().unwrap()).collect::<Vec<_>>(), ["redact", "note", "tag"]);
    for row in &marks {
        assert_eq!(row["id"], row["body"]["id"]);
        assert!(row["kind"] != "redact" || row["body"].get("reason").is_none(), "{row}");
        assert!(row["body"].get("digest").is_none() && row["body"].get("span").is_none(), "{row}");
        assert!(!row["body"]["actor"].as_str().unwrap().contains("example.org"), "{row}");
    }
    assert_eq!(ground.push_to(target), Vec::<String>::new());
}

#[test]
fn what_is_asked_of_projects_is_answered_without_sending_others() {
    let ground = Ground::new();
    ground.log(ID, &[prompt(1, "first")]);
    ground.log_in("/home/dev/web", OTHER, &[prompt(2, "other").replace("/home/dev/api", "/home/dev/web")]);
    let mut target = ground::Target::default();
    let request = crate::sources::Request { projects: Some(["web".to_string()].into()), ..Default::default() };
    ground.run_with(&mut target, &request);
    let names = target.names();
    assert_eq!(names, [format!("head/{OTHER}"), format!("talk/{OTHER}/main")]);
    assert_eq!(target.values(&names[0])[0]["project"], "web");
}
