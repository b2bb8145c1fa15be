//! A conversation that continues after a person parked, completed or resumed its session.

use super::{OTHER, Sender, id, records, run_command, sender, stage, state, texts};
use cs_tests::replay::{Client, Stage};
use serde_json::{Value, json};

/// Adds a task and next steps; returns the session's id.
fn with_open_things(stage: &Stage) -> String {
    sender(stage, 71).task("1", "write tests");
    let id = id(&records(stage)[0]).to_owned();
    run_command(stage, 72, &["cs-session", "question", &id, "--text", "which colour?", "-q"]);
    id
}

fn park(stage: &Stage, at: u64, id: &str) {
    let words =
        ["cs-session", "park", id, "--reason", "lunch", "--next-step", "ask Anna", "--next-step", "write tests"];
    run_command(stage, at, &[&words[..], &["-q"]].concat());
}

#[track_caller]
fn check_nothing_lost(record: &Value) {
    assert_eq!(record["intent"], "build the login page");
    assert_eq!(texts(record, "tasks", "subject"), ["write tests"]);
    assert_eq!(texts(record, "next_steps", ""), ["ask Anna", "write tests"]);
    assert_eq!(texts(record, "open_questions", ""), ["which colour?"]);
}

/// `cs-session resume`, then the command that the dashboard prints: the conversation continues in the resumed session.
#[test]
fn a_resumed_session_is_continued_by_its_conversation() {
    for (ends, restarts) in [(true, true), (false, true), (false, false)] {
        let stage = stage();
        let old = with_open_things(&stage);
        park(&stage, 80, &old);
        let mut resume = stage.command("cs-session", 160_000, Client::Interactive);
        resume.args(["resume", &old, "-q"]);
        if ends {
            sender(&stage, 90).end("prompt_input_exit");
        } else {
            // The agent runs the command in the conversation.
            resume.env("CLAUDE_CODE_SESSION_ID", super::UUID);
        }
        let output = cs_tests::run(resume, "");
        assert_eq!(cs_tests::stderr(&output), "");
        let new = cs_tests::stdout(&output).trim_end().to_owned();
        if restarts {
            sender(&stage, 170).start("resume");
            assert_eq!(state(&stage, 175, &new), "idle");
        }
        sender(&stage, 180).prompt("go on please");
        let records = records(&stage);
        assert_eq!(records.iter().map(id).collect::<Vec<_>>(), [old.as_str(), &new], "{ends} {restarts}");
        let facts = |record: &Value| json!([record["status"], record["resumed_from"], record["resumed_as"]]);
        assert_eq!(facts(&records[0]), json!(["completed", null, new]));
        assert_eq!(facts(&records[1]), json!(["active", old, null]));
        assert_eq!(records[1]["claude_session_id"], super::UUID);
        assert_eq!(records[1]["current_activity"], "go on please");
        check_nothing_lost(&records[1]);
        assert_eq!(state(&stage, 181, &new), "working");
        // The agent's task list continues in it.
        let done = json!({"tool_name": "TaskUpdate", "tool_input": {"taskId": "1", "status": "completed"}});
        sender(&stage, 182).event("PostToolUse", done);
        assert_eq!(texts(&super::records(&stage)[1], "tasks", "status"), ["completed"]);
    }
}

#[test]
fn a_chain_of_resumptions_is_followed_to_its_end() {
    let stage = stage();
    let first = with_open_things(&stage);
    park(&stage, 80, &first);
    sender(&stage, 90).end("prompt_input_exit");
    let second = run_command(&stage, 100, &["cs-session", "resume", &first, "-q"]);
    park(&stage, 105, &second);
    let third = run_command(&stage, 110, &["cs-session", "resume", &second, "-q"]);
    sender(&stage, 120).start("resume");
    sender(&stage, 130).prompt("go on please");
    let records = records(&stage);
    assert_eq!(records.len(), 3);
    let newest = records.iter().find(|record| id(record) == third).expect("it is there");
    assert_eq!(json!([newest["status"], newest["claude_session_id"]]), json!(["active", super::UUID]));
    check_nothing_lost(newest);
}

#[test]
fn the_chain_is_found_without_any_cache() {
    let stage = stage();
    let old = with_open_things(&stage);
    park(&stage, 80, &old);
    sender(&stage, 90).end("prompt_input_exit");
    let new = run_command(&stage, 100, &["cs-session", "resume", &old, "-q"]);
    sender(&stage, 110).start("resume");
    sender(&stage, 120).prompt("go on please");
    for _ in 0..2 {
        for cache in ["live", "ended"] {
            let _ = std::fs::remove_dir_all(stage.sandbox.data().join(cache));
        }
        sender(&stage, 130).prompt("and on");
        assert_eq!(records(&stage).len(), 2);
        let shown: Value = serde_json::from_str(&run_command(
            &stage,
            140,
            &["cs-session", "show", &format!("claude:{}", super::UUID)],
        ))
        .expect("JSON");
        assert_eq!(shown["session_id"], new.as_str());
        sender(&stage, 141).end("other");
    }
}

#[test]
fn a_parked_session_continues_with_everything_that_was_open() {
    for ends in [false, true] {
        let stage = stage();
        let old = with_open_things(&stage);
        park(&stage, 80, &old);
        if ends {
            sender(&stage, 90).end("prompt_input_exit");
            sender(&stage, 100).start("resume");
            assert_eq!(records(&stage)[0]["status"], "parked", "reading is not a reason");
        }
        sender(&stage, 110).prompt("back again");
        let records = records(&stage);
        assert_eq!(records.len(), 1);
        let facts = json!([records[0]["status"], records[0]["parked_reason"], records[0]["current_activity"]]);
        assert_eq!(facts, json!(["active", null, "back again"]));
        check_nothing_lost(&records[0]);
        assert!(texts(&records[0], "events", "message").contains(&"reopened; it had ended with: lunch".to_owned()));
        assert_eq!(state(&stage, 111, &old), "working");
    }
}

#[test]
fn a_completed_session_continues_in_a_successor() {
    for (ends, archived) in [(false, false), (true, false), (true, true)] {
        let stage = stage();
        let old = with_open_things(&stage);
        let words = ["cs-session", "complete", &old, "--outcome", "shipped", "--next-step", "ask Anna"];
        run_command(&stage, 80, &[&words[..], &["--next-step", "write tests", "-q"]].concat());
        if ends {
            sender(&stage, 90).end("prompt_input_exit");
        }
        if archived {
            run_command(&stage, 95, &["cs-cleanup", "archive", &old, "-q"]);
        }
        if ends {
            sender(&stage, 110).start("resume");
        }
        sender(&stage, 120).prompt("go on please");
        sender(&stage, 121).prompt("go on please");
        let found = records(&stage);
        let new = found.last().expect("a successor");
        assert_eq!(found.len(), if archived { 1 } else { 2 }, "{found:#?}");
        check_nothing_lost(new);
        let facts = json!([new["status"], new["resumed_from"], new["claude_session_id"], new["current_activity"]]);
        assert_eq!(facts, json!(["active", old, super::UUID, "go on please"]));
        if !archived {
            let facts = json!([found[0]["status"], found[0]["outcome"], found[0]["resumed_as"]]);
            assert_eq!(facts, json!(["completed", "shipped", new["session_id"]]));
        }
    }
}

/// A session that was resumed in another conversation continues there; the older conversation gets a new one.
#[test]
fn a_conversation_does_not_take_a_session_from_another_one() {
    let stage = stage();
    let old = with_open_things(&stage);
    park(&stage, 80, &old);
    sender(&stage, 90).end("prompt_input_exit");
    let other = super::window(&stage);
    let theirs = |at| Sender::new(&stage, at, OTHER).from(&other);
    theirs(100).start("startup");
    theirs(101).prompt("take it up");
    let mut resume = stage.command("cs-session", 102_000, Client::Interactive);
    resume.args(["resume", &old, "-q"]).env("CLAUDE_CODE_SESSION_ID", OTHER);
    assert_eq!(cs_tests::status(&cs_tests::run(resume, "")), 0);
    sender(&stage, 110).start("resume");
    sender(&stage, 120).prompt("something aside");
    theirs(130).prompt("and on");
    let found = records(&stage);
    assert_eq!(found.len(), 3, "{found:#?}");
    let of =
        |uuid: &str| found.iter().filter(|one| one["claude_session_id"] == uuid && one["status"] == "active").count();
    assert_eq!((of(super::UUID), of(OTHER)), (1, 1));
    let aside = found.iter().find(|one| one["intent"] == "something aside").expect("it is there");
    let theirs = found.iter().find(|one| one["claude_session_id"] == OTHER).expect("it is there");
    assert_eq!(json!([aside["resumed_from"], theirs["resumed_from"]]), json!([null, old]));
    let event = format!("separate from {}, which another conversation continues", id(theirs));
    assert_eq!(texts(aside, "events", "message"), [event]);
}

/// Otherwise the prompts of the open client would go to the new session, which the person does not expect.
#[test]
fn a_session_whose_conversation_runs_is_not_resumed_from_outside() {
    let stage = stage();
    let old = with_open_things(&stage);
    for words in [&["park", &old, "--reason", "lunch", "-q"][..], &["complete", &old, "-q"]] {
        run_command(&stage, 80, &[&["cs-session"][..], words].concat());
        let before = records(&stage);
        for conversation in [None, Some(OTHER)] {
            let mut resume = stage.command("cs-session", 85_000, Client::Interactive);
            resume.args(["resume", &old]).envs(conversation.map(|uuid| ("CLAUDE_CODE_SESSION_ID", uuid)));
            let output = cs_tests::run(resume, "");
            assert_eq!((cs_tests::status(&output), cs_tests::stdout(&output)), (1, String::new()));
            let said = cs_tests::stderr(&output);
            assert!(said.ends_with(&format!("cs-session jump {old} shows it\n")), "{said}");
            assert_eq!(records(&stage), before);
        }
    }
}

/// People who know `claude --resume` expect a client.
#[test]
fn resuming_outside_a_conversation_says_that_none_was_started() {
    let stage = stage();
    sender(&stage, 90).end("prompt_input_exit");
    let old = id(&records(&stage)[0]).to_owned();
    let resume = |more: &[&str], id: &str| {
        let mut command = stage.command("cs-session", 100_000, Client::Interactive);
        command.args(["resume", id]).args(more);
        let output = cs_tests::run(command, "");
        assert_eq!(cs_tests::status(&output), 0);
        cs_tests::stderr(&output)
    };
    let note =
        format!("cs-session: note: no conversation was started; cs-session open {old} continues the earlier one\n");
    assert_eq!(resume(&[], &old), note);
    let by_hand = run_command(&stage, 110, &["cs-session", "create", "--project", "repo", "--intent", "x", "-q"]);
    run_command(&stage, 111, &["cs-session", "park", &by_hand, "--reason", "lunch", "-q"]);
    assert_eq!(resume(&[], &by_hand), "", "it has no conversation");
    sender(&stage, 120).start("resume");
    sender(&stage, 121).prompt("go on");
    sender(&stage, 122).end("prompt_input_exit");
    let next = records(&stage).into_iter().find(|record| record["resumed_from"] == old.as_str()).expect("it goes on");
    assert_eq!(resume(&["-q"], id(&next)), "");
}

/// The agent itself resumes it, in a conversation whose own session is over.
#[test]
fn a_session_resumed_inside_a_conversation_belongs_to_it() {
    let stage = stage();
    let old = with_open_things(&stage);
    park(&stage, 80, &old);
    let mut resume = stage.command("cs-session", 150_000, Client::Interactive);
    resume.args(["resume", &old, "-q"]).env("CLAUDE_CODE_SESSION_ID", super::UUID);
    assert_eq!(cs_tests::status(&cs_tests::run(resume, "")), 0);
    sender(&stage, 160).prompt("go on");
    let found = records(&stage);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert_eq!(found[1]["claude_session_id"], super::UUID);
    assert_eq!(found[1]["resumed_from"], old.as_str());
    check_nothing_lost(&found[1]);
}
