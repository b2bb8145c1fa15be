//! Conversations for programs: their parts as lines of JSON (`docs/CONVERSATION.md`), made while the client reads them.
//! Must stay true: `end` is the last line only if everything before it was sent, so that a cut is noticed.

use crate::asked::Asked;
use crate::http::reply::LINES;
use crate::http::{Refusal, Reply, Rest};
use crate::view::conversations::{Read, Reading, split};
use crate::view::session;
use agents::LastMessage;
use agents::part::PartKind;
use conversations::{Conversation, Ends, Heading, Wish, write_end};
use cs_core::id::{SessionId, Uuid};
use cs_core::record::Session;
use serde_json::{Value, json};

/// `/api/conversation/<uuid>`
pub fn whole(asked: &Asked, id: &Uuid) -> Result<Reply, Refusal> {
    let found = asked.caches.conversations.find(asked.store(), id)?;
    let wish = Wish { kinds: asked.query.part_kinds(), turn: asked.query.turn, ..Wish::default() };
    let reading = asked.caches.conversations.reading_after(&found, wish, asked.query.after.as_deref());
    lines(asked, &found, Ready::At(reading))
}

/// `/api/conversation/<uuid>/last`: the last turn of its main thread.
pub fn last(asked: &Asked, id: &Uuid) -> Result<Reply, Refusal> {
    let found = asked.caches.conversations.find(asked.store(), id)?;
    let main = split(&found).0;
    let counting = Reading::new(&main, Wish { kinds: vec![PartKind::Prompt], ..Wish::default() });
    lines(asked, &main, Ready::Counting(counting, 0))
}

/// A reader, or the search for the last turn.
enum Ready {
    Counting(Reading, u64),
    At(Reading),
    Nowhere,
}

fn lines(asked: &Asked, of: &Conversation, mut ready: Ready) -> Result<Reply, Refusal> {
    let (of, kinds, store) = (of.clone(), asked.query.part_kinds(), asked.store().clone());
    let has = |kind: PartKind| kinds.is_empty() || kinds.contains(&kind);
    let (has_head, has_end) = (has(PartKind::Head), has(PartKind::End));
    let heading = Heading::read(&store, &of)?;
    let mut head = Vec::new();
    // Whether it begins anew is known only when the part was looked for.
    let mut is_awaited = matches!(&ready, Ready::At(reading) if reading.is_looking());
    if has_head && !is_awaited {
        heading.write_json(&of, false, &mut head);
    }
    let rest = move || match std::mem::replace(&mut ready, Ready::Nowhere) {
        Ready::Counting(mut reading, mut turn) => {
            let read = reading.step(&mut |part| turn = part.turn).ok()?;
            ready = match read {
                Read::More | Read::Anew => Ready::Counting(reading, turn),
                Read::End => {
                    Ready::At(Reading::new(&of, Wish { turn: Some(turn), kinds: kinds.clone(), ..Wish::default() }))
                }
            };
            Some(Vec::new())
        }
        Ready::At(mut reading) => {
            let mut lines = Vec::new();
            // Without `end` the client knows that something is missing.
            let read = reading.step(&mut |part| part.write_json(&of.uuid, false, &mut lines)).ok()?;
            if read == Read::Anew {
                lines.clear();
                Heading { is_anew: true, ..heading.clone() }.write_json(&of, false, &mut lines);
                is_awaited = false;
            } else if is_awaited && !reading.is_looking() {
                is_awaited = false;
                if has_head {
                    let mut all = Vec::new();
                    heading.write_json(&of, false, &mut all);
                    all.append(&mut lines);
                    lines = all;
                }
            }
            if read == Read::End {
                reading.close(&mut |part| part.write_json(&of.uuid, false, &mut lines));
                if has_end {
                    write_end(&of, reading.summary(), Ends::of(&store, &of.uuid), &mut lines);
                }
            } else {
                ready = Ready::At(reading);
            }
            Some(lines)
        }
        Ready::Nowhere => None,
    };
    Ok(Reply::begun(LINES, head, Rest::new(rest)))
}

/// `/api/search`: where something was said.
pub fn search(asked: &Asked) -> Result<Reply, Refusal> {
    Ok(Reply::json(&asked.caches.conversations.search(asked.store(), &asked.query)?))
}

/// `/api/session/<id>/what`: what a session is doing, in short, and the last words of its conversation.
pub fn what(asked: &Asked, id: &SessionId) -> Result<Reply, Refusal> {
    let shown = session::show(&asked.caches.keeper, &asked.snapshot, id)?;
    let record = &shown.session;
    let [prompt, answer] = last_words(asked, record);
    let (done, total) = record.task_progress();
    let current = record.tasks.iter().find(|task| task.status == cs_core::record::TaskStatus::InProgress);
    Ok(Reply::json(&json!({
        "session_id": record.session_id,
        "conversation": record.claude_session_id,
        "project_slug": record.project_slug,
        "intent": record.intent,
        "status": record.status,
        "state": shown.state,
        "state_reason": shown.state_reason,
        "state_since": shown.state_since,
        "failed": shown.failed,
        "current_activity": record.current_activity,
        "awaiting_action": record.awaiting_action,
        "outcome": record.outcome,
        "tasks": {"done": done, "total": total, "current": current.map(|task| &task.subject)},
        "last_prompt": said(&prompt),
        "last_answer": said(&answer),
    })))
}

/// The last prompt and the last answer; null if the end of the log does not have one, or it is gone.
fn last_words(asked: &Asked, record: &Session) -> [Option<LastMessage>; 2] {
    let uuid = record.claude_session_id.as_deref().and_then(|uuid| Uuid::parse(uuid).ok());
    let found = uuid.and_then(|uuid| asked.caches.conversations.find(asked.store(), &uuid).ok());
    let log = found.as_ref().and_then(|found| Some((found.main()?, found.agent)));
    log.map(|(log, agent)| agents::last_words(&log.path, agent)).unwrap_or_default()
}

fn said(message: &Option<LastMessage>) -> Value {
    message.as_ref().map_or(Value::Null, |one| json!({"text": one.text, "at": one.at}))
}
