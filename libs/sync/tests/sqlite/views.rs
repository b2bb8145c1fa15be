//! The views for people and other programs say what the rows say.

use crate::made::{File, Sent, everything, machine, row, source, whole};
use serde_json::value::RawValue;
use sync::Row;

/// A row with this body.
fn with(name: &str, kind: Option<&str>, at: &str, body: &str) -> Row {
    let mut row = row(&source(name), "");
    (row.kind, row.at, row.id) = (kind.map(str::to_string), Some(at.into()), format!("{}-id", kind.unwrap_or("the")));
    (row.project, row.agent, row.conversation) = (Some("api".into()), Some("codex".into()), None);
    row.body = RawValue::from_string(body.into()).unwrap();
    row
}

fn conversation() -> Vec<Sent> {
    let at = |second: u32| format!("2026-11-21T03:58:{second:02}.618000+00:00");
    let head = r#"{"kind":"head","title":"Fix","cwd":"/w","branch":"main","client":"2.1","secrets":{"aws":2,"jwt":1}}"#;
    let mut ops = vec![Sent::Machine(machine(1))];
    ops.extend(whole("head/c1", &[with("head/c1", None, &at(1), head)], None));
    let talk = "talk/c1/main";
    let rows = [
        with(talk, Some("prompt"), &at(1), r#"{"kind":"prompt","turn":1,"text":"do it\u0000"}"#),
        with(talk, Some("answer"), &at(2), r#"{"kind":"answer","turn":1,"text":"done"}"#),
        with(talk, Some("usage"), &at(3), r#"{"kind":"usage","turn":1,"model":"m","total_tokens":70}"#),
        with(talk, Some("prompt"), &at(5), r#"{"kind":"prompt","turn":2,"text":"more"}"#),
        with(talk, Some("stop"), &at(9), r#"{"kind":"stop","turn":2,"why":"interrupted"}"#),
    ];
    ops.extend(whole(talk, &rows, None));
    let other = "talk/c1/agent-2";
    let usage = with(other, Some("usage"), &at(4), r#"{"kind":"usage","turn":1,"model":"small","total_tokens":5}"#);
    ops.extend(whole(other, &[usage], None));
    let day = "usage/2026-11-21";
    let mut usage = with(day, None, &at(0), r#"{"total_tokens":75,"cost_usd":1.25}"#);
    usage.id = "m".into();
    ops.extend(whole(day, &[usage], None));
    ops
}

#[test]
fn views_of_spend_secrets_and_threads() {
    let Some(file) = File::new() else { return };
    file.push("anna", &conversation());
    let id = machine(1).id;
    assert_eq!(file.say("select * from spend;"), format!("2026-11-21|anna|{id}|api|m|75|1.25\n"));
    let secrets = file.say("select conversation, project, rule, replaced from secrets order by rule;");
    assert_eq!(secrets, "c1|api|aws|2\nc1|api|jwt|1\n");
    let threads = "select id, created_at, updated_at_ms, source, cwd, title, tokens_used, git_branch, cli_version,
        first_user_message, model, owner from threads;";
    let expected = "c1|1795233481|1795233489618|codex|/w|Fix|75|main|2.1|do it|m|anna\n";
    assert_eq!(file.say(threads), expected);
    let items = "select thread_id, turn_id, item_type, rollout_ordinal from thread_items order by 1, 4;";
    let expected = "agent-2|agent-2:1|usage|0\nc1|c1:1|userMessage|0\nc1|c1:1|agentMessage|1\nc1|c1:1|usage|2\n\
        c1|c1:2|userMessage|3\nc1|c1:2|stop|4\n";
    assert_eq!(file.say(items), expected);
    let turns = "select turn_id, status, duration_ms, rollout_ordinal, first_user_item_id, final_agent_item_id
        from thread_turns where thread_id = 'c1' order by 1;";
    assert_eq!(file.say(turns), "c1:1|completed|2000|0|prompt-id|answer-id\nc1:2|interrupted|4000|3|prompt-id|\n");
    let edges = "select parent_thread_id, child_thread_id from thread_spawn_edges;";
    assert_eq!(file.say(edges), "c1|agent-2\n");
    assert_eq!(file.say("select count(*) from entry where said like '%do it%';"), "1\n");
}

#[test]
fn numbers_that_are_too_large_stop_no_view() {
    let Some(file) = File::new() else { return };
    file.push("anna", &conversation());
    let talk = "talk/c1/agent-3";
    let used = |number| with(talk, Some("usage"), "", &format!(r#"{{"total_tokens":{number}}}"#));
    let rows = ["9223372036854775807", "9223372036854775807", "1e400", "\"x\""].map(used);
    let mut ops = vec![Sent::Machine(machine(1))];
    ops.extend(whole(talk, &rows, None));
    file.push("anna", &ops);
    assert_eq!(file.say("select tokens_used from threads;"), "9223372036854775807\n");
}

#[test]
fn everything_can_be_lifted_into_another_file() {
    let Some(file) = File::new() else { return };
    file.push("anna", &everything(1));
    file.push("bert", &conversation());
    file.push("bert", &[Sent::Machine(machine(1)), Sent::Forget("c7".into())]);
    let Some(other) = File::new() else { return };
    let from = file.database.file.display();
    other.say(&format!("attach '{from}' as other; insert into incoming select * from other.outgoing_ops;"));
    assert_eq!(other.content(), file.content());
}

#[test]
fn lines_for_postgresql_have_one_field_for_each_column() {
    let Some(file) = File::new() else { return };
    file.push("anna", &everything(1));
    file.push("bert", &conversation());
    let lines = file.say("select line from outgoing_copy where owner = 'anna';");
    assert_eq!(lines.lines().count(), 1 + 8 * crate::made::HOSTILE.len() + 2 * 8);
    for line in lines.lines() {
        assert_eq!(line.split('\t').count(), sync::columns::COLUMNS.len(), "{line:?}");
        assert!(!line.contains('\r'), "{line:?}");
    }
    assert!(lines.contains("a\\n.quit\\nb") && lines.contains("\\t\\\\N\\\\.") && lines.contains("\t\\N\t"), "{lines}");
}
