//! Conversations for programs: their parts as lines of JSON (`docs/CONVERSATION.md`), made while the client reads them.
//! Must stay true: `end` is the last line only if everything before it was sent, so that a cut is noticed.

use crate::asked::Asked;
use crate::http::reply::LINES;
use crate::http::{Refusal, Reply, Rest};
use crate::view::conversations::{Reading, split};
use crate::view::session;
use agents::part::PartKind;
use conversations::{Conversation, Ends, Heading, Wish, write_end};
use cs_core::id::{SessionId, Uuid};
use cs_core::record::Session;
use serde_json::{Value, json};

/// Maximum number of characters of the last prompt and the last answer.
const WORDS: usize = 4000;

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
    let mut head = Vec::new();
    if has(PartKind::Head) {
        Heading::read(&store, &of)?.write_json(&of, false, &mut head);
    }
    let has_end = has(PartKind::End);
    let rest = move || match std::mem::replace(&mut ready, Ready::Nowhere) {
        Ready::Counting(mut reading, mut turn) => {
            let more = reading.step(&mut |part| turn = part.turn).ok()?;
            ready = match more {
                true => Ready::Counting(reading, turn),
                false => {
                    Ready::At(Reading::new(&of, Wish { turn: Some(turn), kinds: kinds.clone(), ..Wish::default() }))
                }
            };
            Some(Vec::new())
        }
        Ready::At(mut reading) => {
            let mut lines = Vec::new();
            // Without `end` the client knows that something is missing.
            let more = reading.step(&mut |part| part.write_json(&of.uuid, false, &mut lines)).ok()?;
            if more {
                ready = Ready::At(reading);
            } else {
                reading.close(&mut |part| part.write_json(&of.uuid, false, &mut lines));
                if has_end {
                    write_end(&of, reading.summary(), Ends::of(&store, &of.uuid), &mut lines);
                }
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
    let words = last_words(asked, record);
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
        "last_prompt": words.0,
        "last_answer": words.1,
    })))
}

/// The last prompt and the last answer; null if the log does not have one, or is gone.
fn last_words(asked: &Asked, record: &Session) -> (Value, Value) {
    let mut words = (Value::Null, Value::Null);
    let uuid = record.claude_session_id.as_deref().and_then(|uuid| Uuid::parse(uuid).ok());
    let Some(found) = uuid.and_then(|uuid| asked.caches.conversations.find(asked.store(), &uuid).ok()) else {
        return words;
    };
    let wish = Wish { kinds: vec![PartKind::Prompt, PartKind::Answer], ..Wish::default() };
    let mut reading = Reading::new(&split(&found).0, wish);
    let mut lines = [Vec::new(), Vec::new()];
    let read = |lines: &mut [Vec<u8>; 2], reading: &mut Reading| {
        let [prompt, answer] = lines;
        reading.step(&mut |part| {
            let line = if part.kind == PartKind::Prompt { &mut *prompt } else { &mut *answer };
            line.clear();
            part.write_json(&found.uuid, false, line);
        })
    };
    while read(&mut lines, &mut reading).unwrap_or_default() {}
    let [prompt, answer] = lines.map(|line| short(&line));
    words = (prompt, answer);
    words
}

fn short(line: &[u8]) -> Value {
    let Ok(part) = serde_json::from_slice::<Value>(line) else { return Value::Null };
    let text: String = part.get("text").and_then(Value::as_str).unwrap_or_default().chars().take(WORDS).collect();
    json!({"text": text, "at": part.get("at"), "entry": part.get("entry"), "turn": part.get("turn")})
}
