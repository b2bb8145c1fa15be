//! Checks how events change a conversation, and how its file is written.

use super::news::HELPERS;
use super::*;

fn prompt<'a>(id: Option<&'a str>, text: &'a str) -> Prompt<'a> {
    Prompt { id, text, is_typed: !text.starts_with('<'), may_queue: true }
}

fn at(second: u32) -> Instant {
    clock::parse(&format!("2026-11-21T00:00:{second:02}Z")).unwrap()
}

#[test]
fn every_field_is_written_and_unknown_ones_survive() {
    let mut live = Live::new("u", at(0));
    let text = || Some("x".to_string());
    live.continued("m000001", "x", at(0));
    (live.model, live.waiting_key, live.requested, live.ended_at) = (text(), text(), text(), text());
    (live.title, live.agent_id) = (text(), text());
    live.place = Some(crate::place::Place { tty: text(), ..Default::default() });
    (live.head_mark, live.host, live.goes_on, live.prompt_mark) = (text(), text(), text(), text());
    (live.queued, live.request_failed, live.own_prompts) = (true, true, vec!["p".into()]);
    live.helper_asked("a", "permission for Bash", None, at(0));
    live.windows.push("1/2".to_string());
    (live.awaiting, live.unattended, live.background_tasks) = (true, true, Some(1));
    let written: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&live.to_bytes()).unwrap();
    let mut names: Vec<&str> = written.keys().map(String::as_str).collect();
    let mut known = fields::read::<Live>(&live.to_bytes()).unwrap().1.to_vec();
    names.sort_unstable();
    known.sort_unstable();
    assert_eq!(names, known);
    live.unknown.push(("later".to_string(), "{\"a\":[1.50]}".to_string()));
    assert_eq!(Live::read(&live.to_bytes()).unwrap(), live);
    assert_eq!(Live::read(b"{"), None);
}

#[test]
fn the_turn_of_a_queued_prompt_ends_once_even_if_it_asks() {
    let mut live = Live::new("u", at(0));
    live.prompted(&prompt(Some("a"), "go"), at(1));
    live.prompted(&prompt(Some("a"), "also"), at(2));
    live.stopped(0, at(3));
    assert!(live.queued);
    live.asked("permission for Bash", Some("k".into()), at(4));
    live.tool_ended("k", at(5));
    live.stopped(0, at(6));
    assert_eq!((live.state, live.queued), (Activity::Idle, false));
}

#[test]
fn a_window_is_stored_with_its_host() {
    let window = |host: &str| Process { pid: 7, started: "8".into(), host: Some(host.into()) };
    let mut live = Live::new("u", at(0));
    live.set_process(Some(window("boot:1")));
    live.opened_by(&window("boot:2"));
    assert_eq!(live.windows().collect::<Vec<_>>(), [window("boot:2")]);
    live.windows.push("9/10".into());
    assert_eq!(live.windows().nth(1), Some(Process { pid: 9, started: "10".into(), host: None }));
    live.closed_by(&window("boot:2"));
    assert_eq!(live.windows().count(), 1);
}

#[test]
fn a_subagents_question_counts_as_midway() {
    let mut live = Live::new("u", at(0));
    assert!(!live.is_midway());
    live.helper_asked("a", "permission for Bash", None, at(1));
    assert!(live.is_midway() && !live.is_in_turn());
}

#[test]
fn a_tool_call_proves_a_turn_without_a_reported_prompt() {
    let mut live = Live::new("u", at(0));
    live.tool_ended("k", at(1));
    assert_eq!(live.state, Activity::Working);
    live.turn_ended(0, None, at(2));
    live.last_message = Some("done".into());
    live.tool_ended("k", at(3));
    assert_eq!(live.state, Activity::Idle, "told late");
}

#[test]
fn a_permission_makes_a_turn_wait() {
    let mut live = Live::new("u", at(0));
    live.prompted(&prompt(Some("p1"), "go"), at(1));
    assert_eq!(live.state, Activity::Working);
    live.asked("permission for Bash", Some("k1".into()), at(2));
    live.tool_ended("k0", at(3));
    assert_eq!(live.state, Activity::Waiting, "another call's end says nothing about the question");
    live.tool_ended("k1", at(4));
    assert_eq!((live.state, live.since.as_str()), (Activity::Working, clock::stamp(at(4)).as_str()));
    live.turn_ended(0, None, at(5));
    live.tool_ended("k1", at(6));
    assert_eq!(live.state, Activity::Idle, "a late tool event does not start a turn");
    live.turn_ended(2, None, at(7));
    assert_eq!((live.state, live.background_tasks), (Activity::Background, Some(2)));
}

#[test]
fn a_failure_stays_until_the_next_prompt() {
    let mut live = Live::new("u", at(0));
    live.prompted(&prompt(None, "go"), at(1));
    live.turn_ended(0, Some("rate_limit"), at(2));
    assert_eq!(live.error.as_deref(), Some("rate_limit"));
    live.prompted(&prompt(None, "again"), at(3));
    assert_eq!(live.error, None);
}

#[test]
fn subagents_ask_separately() {
    let mut live = Live::new("u", at(0));
    live.prompted(&prompt(None, "go"), at(1));
    live.helper_asked("x2", "permission for Bash: two", Some("k2".into()), at(2));
    live.helper_asked("x1", "permission for Bash: one", Some("k1".into()), at(3));
    assert_eq!((live.state, live.open_question()), (Activity::Working, Some("permission for Bash: two")));
    live.helper_tool_ended("x1", "k2");
    live.tool_ended("k2", at(4));
    assert_eq!(live.questions.len(), 2, "neither another helper's call nor the agent's own is the one");
    live.helper_tool_ended("x2", "k2");
    live.turn_ended(1, None, at(5));
    assert_eq!(live.open_question(), Some("permission for Bash: one"), "the end of the turn answers no helper");
    live.asked("permission for Edit", None, at(6));
    assert_eq!(live.open_question(), Some("permission for Edit"));
    for n in 0..100 {
        live.helper_asked(&n.to_string(), "more", None, at(7));
    }
    assert_eq!(live.questions.len(), HELPERS);
    live.began_again(at(8));
    assert_eq!((live.state, live.open_question()), (Activity::Idle, None));
}

#[test]
fn a_prompt_typed_during_a_turn_begins_the_next_one() {
    let mut live = Live::new("u", at(0));
    live.prompted(&prompt(Some("p"), "first"), at(1));
    assert!(live.was_prompted("p", "first") && !live.was_prompted("p", "second") && !live.was_prompted("q", "first"));
    live.prompted(&prompt(Some("p"), "second"), at(2));
    live.stopped(0, at(3));
    assert_eq!((live.state, live.queued), (Activity::Idle, true));
    live.stopped(0, at(4));
    assert!(!live.queued, "one prompt has one turn");
    let mut other = Live::new("u", at(0));
    let taken_in = |text| Prompt { may_queue: false, ..prompt(Some("t"), text) };
    other.prompted(&taken_in("first"), at(1));
    other.prompted(&taken_in("second"), at(2));
    other.stopped(0, at(3));
    assert!(!other.queued, "it belongs to the running turn");
}

#[test]
fn a_retried_request_continues_the_turn() {
    let mut live = Live::new("u", at(0));
    live.prompted(&prompt(None, "go"), at(1));
    live.request_failed("usage limit", at(2));
    assert_eq!((live.state, live.error.as_deref()), (Activity::Idle, Some("usage limit")));
    live.tool_ended("k", at(3));
    assert_eq!((live.state, live.error.as_deref()), (Activity::Working, None));
    live.turn_ended(0, Some("overloaded"), at(4));
    live.tool_ended("k", at(5));
    assert_eq!(live.state, Activity::Idle, "a failed turn is over: late news does not begin it again");
}

#[test]
fn a_scheduled_prompt_is_not_the_users_turn() {
    let mut live = Live::new("u", at(0));
    (live.goes_on, live.own_prompts) = (Some("each minute".into()), vec![fingerprint("look again")]);
    live.requested = Some("a key".into());
    live.turn_ended(0, None, at(1));
    assert_eq!(live.state, Activity::Background);
    assert!(live.fires(" look\nagain ") && !live.fires("look"));
    live.prompted(&prompt(None, "look again"), at(2));
    assert_eq!((live.state, live.requested.as_deref()), (Activity::Working, Some("a key")));
    live.prompted(&prompt(None, "<task-notification>done"), at(3));
    assert_eq!(live.requested.as_deref(), Some("a key"));
    live.prompted(&prompt(None, "here it is"), at(3));
    assert_eq!(live.requested, None);
}

#[test]
fn a_file_names_a_session_only_by_a_valid_id() {
    let id = "sess_20261121T0300_ca5d";
    let named = |id: Option<&str>| Live { session_id: id.map(str::to_string), ..Live::new("u", at(0)) }.session();
    assert_eq!(named(None), None);
    assert_eq!(named(Some("../x")), None);
    assert_eq!(named(Some(id)).map(|id| id.to_string()).as_deref(), Some(id));
}

/// Applies the two hooks of one end of a turn in both orders: the one that reports the end, and the one that delivers.
fn both_orders(before: &Live, reports: impl Fn(&mut Live), delivers: impl Fn(&mut Live)) -> Live {
    let (mut first, mut second) = (before.clone(), before.clone());
    reports(&mut first);
    delivers(&mut first);
    delivers(&mut second);
    reports(&mut second);
    assert_eq!(first, second);
    first
}

#[test]
fn the_end_of_a_turn_and_the_message_that_continues_it_give_one_state_in_both_orders() {
    let reports = |stop: &'static str, second: u32| {
        move |live: &mut Live| {
            live.note_event("Stop", at(second));
            if !live.is_continued_at(stop) {
                live.stopped(1, at(second));
            }
        }
    };
    let delivers = |stop: &'static str, second: u32| move |live: &mut Live| live.continued("m000001", stop, at(second));
    let leaves = |second: u32| move |live: &mut Live| live.not_continued(1, at(second));
    let mut live = Live::new("u", at(0));
    live.prompted(&prompt(Some("p"), "go"), at(1));
    live.prompted(&prompt(Some("p"), "typed during the turn"), at(1));
    let live = both_orders(&live, reports("a", 2), delivers("a", 3));
    assert_eq!((live.state, live.background_tasks), (Activity::Working, None));
    assert_eq!(live.continued_by.as_ref().map(|by| by.times), Some(1));
    let mut asks = live.clone();
    asks.asked("Bash", None, at(4));
    assert_eq!(both_orders(&asks, reports("b", 5), delivers("b", 6)).state, Activity::Working);
    // The same words end the turn twice: the second end may look like the first.
    for stop in ["a", "b"] {
        let again = both_orders(&live, reports(stop, 4), delivers(stop, 5));
        assert_eq!((again.state, again.continued_by.map(|by| by.times)), (Activity::Working, Some(2)));
        let over = both_orders(&live, reports(stop, 4), leaves(4));
        assert_eq!((over.state, over.continued_by), (Activity::Background, None), "{stop}");
    }
    let mut next = live.clone();
    next.prompted(&prompt(Some("q"), "go"), at(6));
    assert_eq!(next.continued_by, None);
}
