//! Owns what a chat is told of the messages that were sent from it: our answer to them is edited when the recipient has read
//! it, and when it answers. Must stay true: each step is told once; who waits is not told of the same in a new message.

use crate::bot::Fault;
use crate::desk::Desk;
use crate::failed::Failed;
use crate::leaving::Leaving;
use crate::program::{rows, text};
use chat::store::{Notice, Notices, Stored};
use cli::Outcome;
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::id::Uuid;
use cs_core::live::Live;
use cs_core::store::{Next, is_alive};
use serde_json::Value;
use std::collections::BTreeMap;

/// The reason of a message of ours that says that a text waits for a conversation in no seat.
pub const QUEUED: &str = "queued";
/// The reason of one that says that a message was sent to an agent, before the message's id; and after it was read.
const SENT: &str = "sent:";
const READ: &str = "read:";

/// How long an answer is waited for after a message was read.
const ANSWERED: TimeDelta = TimeDelta::minutes(10);

/// The reason of an answer of ours that says that the message with this id was sent.
pub fn sent(id: &str) -> String {
    format!("{SENT}{id}")
}

/// Whether a message of ours is such an answer.
pub fn is_one(notice: &Notice) -> bool {
    notice.about.reason == QUEUED || id(notice).is_some()
}

fn id(notice: &Notice) -> Option<&str> {
    [SENT, READ].iter().find_map(|before| notice.about.reason.strip_prefix(before))
}

/// What is to be done with an answer of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// Nothing yet.
    Wait,
    /// This is added, and that was all.
    Last(String, Instant, Option<String>),
    /// That it was read is added.
    Read(Instant),
    /// That was all.
    Close,
}

/// Edits those of these messages of which something is known.
pub fn settle(desk: &Desk, open: &[Notice], now: Instant) -> Result<(), Failed> {
    let ids: Vec<&str> = open.iter().filter_map(id).collect();
    // What cannot be asked now is asked the next time.
    let known = if ids.is_empty() { Vec::new() } else { rows("cs-message", &["show"], &ids).unwrap_or_default() };
    let known: BTreeMap<&str, &Value> = known.iter().map(|row| (text(row, "id"), row)).collect();
    let lives = if open.iter().any(|one| one.about.reason == QUEUED) { desk.store.all_live()? } else { Vec::new() };
    let mut untold = Vec::new();
    for notice in open {
        let step = match id(notice) {
            Some(id) => known.get(id).map_or(Step::Wait, |row| of_message(notice, row, now)),
            None => of_queued(desk, notice, &lives, &mut untold, now)?,
        };
        carry_out(desk, notice, step, now)?;
    }
    // Only now: several messages of ours may tell of the same conversation.
    Ok(untold.iter().try_for_each(|uuid| desk.store.forget_untold(uuid))?)
}

/// What became of a message to an agent.
fn of_message(notice: &Notice, row: &Value, now: Instant) -> Step {
    let at = |key: &str| clock::parse(text(row, key));
    let read_at = at("acked_at").or_else(|| at("read_at")).unwrap_or(now);
    let answer = Some(text(row, "answer")).filter(|answer| !answer.is_empty());
    match (text(row, "state"), answer) {
        (_, Some(answer)) => Step::Last("answered".into(), read_at, Some(answer.to_string())),
        ("failed", _) => {
            let why = Some(text(row, "reason")).filter(|why| !why.is_empty()).unwrap_or("it failed");
            Step::Last(format!("not delivered, {why},"), at("failed_at").unwrap_or(now), None)
        }
        ("read" | "acked", _) if notice.about.reason.starts_with(SENT) => Step::Read(read_at),
        ("read" | "acked", _) if now - read_at > ANSWERED => Step::Close,
        _ => Step::Wait,
    }
}

/// What became of a text that waits for a conversation's next prompt. If the conversation ended, it is never told.
fn of_queued(desk: &Desk, notice: &Notice, lives: &[Live], untold: &mut Vec<Uuid>, now: Instant) -> Outcome<Step> {
    let uuid = notice.about.conversation.as_str();
    let Ok(parsed) = Uuid::parse(uuid) else { return Ok(Step::Close) };
    let is_open = lives.iter().any(|live| live.claude_session_id == uuid && is_alive(live) != Some(false));
    let next = desk.store.next_of(&parsed);
    if next == Next::Waits && !is_open {
        desk.store.expire_next(&parsed)?;
    }
    Ok(match next {
        Next::Waits if is_open => Step::Wait,
        Next::Told => Step::Last("told".into(), now, None),
        Next::Waits | Next::Untold => {
            untold.push(parsed);
            Step::Last("not told, because it ended,".into(), now, None)
        }
    })
}

fn carry_out(desk: &Desk, notice: &Notice, step: Step, now: Instant) -> Result<(), Failed> {
    let home = &desk.store.home;
    let (word, at, said, reason) = match step {
        Step::Wait => return Ok(()),
        Step::Close => (None, now, None, None),
        Step::Read(at) => (Some("read".to_string()), at, None, id(notice).map(|id| format!("{READ}{id}"))),
        Step::Last(word, at, said) => (Some(word), at, said, None),
    };
    let is_there = match word {
        None => true,
        Some(word) => edit(desk, notice, &of(desk, notice, &word, at, said.as_deref()))?,
    };
    Ok(Notices::change(home, |notices| {
        match (is_there, reason) {
            (false, _) => notices.forget(notice.chat, notice.message),
            (true, None) => notices.close(notice.chat, notice.message, now),
            (true, Some(reason)) => {
                let is_it = |one: &&mut Notice| one.chat == notice.chat && one.message == notice.message;
                if let Some(one) = notices.notices.iter_mut().find(is_it) {
                    one.about.reason = reason;
                }
            }
        }
        (true, ())
    })?)
}

/// The text of a message with what became of its matter.
pub fn of(desk: &Desk, notice: &Notice, word: &str, at: Instant, said: Option<&str>) -> Leaving {
    let guard = &desk.guard;
    let text = match guard.has_texts() {
        true => guard.said(&notice.about.conversation, &notice.text),
        // Its first line names a project or an agent, and a state.
        false => guard.text(notice.text.lines().next().unwrap_or_default()),
    };
    let text = text.cut(chat::MOST_SHOWN);
    let text = text.then(&guard.text(&format!("\n— {word} {}", desk.hour(at))));
    match said {
        None => text,
        Some(said) => {
            let said = guard.said(&notice.about.conversation, said);
            text.then(&guard.text(":\n")).then(&said).cut(chat::MOST_SHOWN)
        }
    }
}

/// Edits a message; `false` if it is gone. What is refused once is refused always; all else is tried again the next time.
pub fn edit(desk: &Desk, notice: &Notice, text: &Leaving) -> Result<bool, Fault> {
    match desk.bot.edit(notice.chat, notice.message, text, &[]) {
        Ok(is_there) => Ok(is_there),
        Err(Fault::Refused(_)) => Ok(false),
        Err(fault) => Err(fault),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use chat::store::About;
    use serde_json::json;

    #[test]
    fn each_step_of_a_message_is_told_once() {
        let at = |text: &str| clock::parse(text).unwrap();
        let now = at("2026-12-01T10:05:00Z");
        let notice = |reason: &str| {
            let about = About { reason: reason.into(), ..About::default() };
            let text = "delivered to builder".to_string();
            Notice { chat: 1, topic: None, message: 2, about, text, at: String::new(), closed_at: None }
        };
        let (fresh, read) = (notice(&sent("agent_x/m000001")), notice("read:agent_x/m000001"));
        assert_eq!((id(&fresh), id(&read), id(&notice("waiting"))), (Some("agent_x/m000001"), id(&fresh), None));
        assert!(is_one(&fresh) && is_one(&notice(QUEUED)) && !is_one(&notice("failed")));
        let waits = json!({"state": "delivered"});
        assert_eq!(of_message(&fresh, &waits, now), Step::Wait);
        let done = json!({"state": "read", "read_at": "2026-12-01T10:03:00Z"});
        assert_eq!(of_message(&fresh, &done, now), Step::Read(at("2026-12-01T10:03:00Z")));
        assert_eq!(of_message(&read, &done, now), Step::Wait, "it was told");
        assert_eq!(of_message(&read, &done, at("2026-12-01T10:14:00Z")), Step::Close);
        let answered = json!({"state": "acked", "acked_at": "2026-12-01T10:04:00Z", "answer": "yes"});
        let last = Step::Last("answered".into(), at("2026-12-01T10:04:00Z"), Some("yes".into()));
        assert_eq!(of_message(&read, &answered, now), last);
        let failed = json!({"state": "failed", "reason": "it ended"});
        assert_eq!(of_message(&fresh, &failed, now), Step::Last("not delivered, it ended,".into(), now, None));
    }
}
