//! What other machines sent, for programs. Must stay true: a conversation is sent to its end, however long it is, and is in
//! memory only in pieces.

use crate::asked::Asked;
use crate::http::reply::LINES;
use crate::http::{Refusal, Reply, Rest};
use crate::query::Query;
use crate::view::machines::{Seen, Work};
use cs_core::Error;
use cs_core::clock;
use cs_core::id::Uuid;
use marks::Mark;
use serde::Serialize;
use serde_json::{Value, json};
use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use sync::also::Other;

/// So many bytes of a conversation are sent at once, unless a line is longer; so many pieces are read ahead.
const PIECE: usize = 256 * 1024;
const AHEAD: usize = 1;

/// `/api/machines`
pub fn all(asked: &Asked) -> Result<Reply, Refusal> {
    let seen = asked.caches.machines.seen(&asked.store().home)?;
    let machine = seen.machine(&asked.query)?;
    let (sessions, conversations): (Vec<&Work>, Vec<&Work>) =
        seen.matching(&asked.query, machine).into_iter().partition(|work| work.session_id.is_some());
    let found = seen.search(&asked.query)?;
    Ok(Reply::json(&json!({
        "machines": seen.machines,
        "own": seen.own,
        "sessions": page(&seen, &asked.query, &sessions),
        "session_count": sessions.len(),
        "conversations": page(&seen, &asked.query, &conversations),
        "conversation_count": conversations.len(),
        "left_out": seen.works.left_out,
        "spend": seen.spend,
        "secrets": seen.replaced.secrets,
        "replaced": seen.replaced.others,
        "hits": found.hits,
        "is_cut": found.is_cut,
        "is_late": found.is_late,
        "unseen": found.unseen,
        "failures": seen.failures,
    })))
}

/// A session or a conversation of another machine.
#[derive(Serialize)]
struct WorkRow<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a str>,
    machine: &'a str,
    machine_name: &'a str,
    owner: Option<&'a str>,
    project: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    /// What the session is for, or what the conversation is called.
    intent: &'a str,
    agent: Option<&'a str>,
    started_at: &'a str,
    ended_at: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    last_heartbeat: &'a str,
    conversation: Option<&'a str>,
    tags: &'a [String],
}

/// The rows of the page that is asked for.
fn page<'a>(seen: &'a Seen, query: &Query, works: &[&'a Work]) -> Vec<WorkRow<'a>> {
    let before = usize::try_from(query.page.unwrap_or(1).saturating_sub(1)).unwrap_or(usize::MAX);
    let row = |work: &&'a Work| {
        let machine = seen.machines.get(work.machine)?;
        Some(WorkRow {
            session_id: work.session_id.as_deref(),
            machine: &machine.id,
            machine_name: &machine.name,
            owner: machine.owner.as_deref(),
            project: &work.project,
            status: work.status,
            intent: &work.title,
            agent: work.agent.as_deref(),
            started_at: &work.started_at,
            ended_at: work.ended_at.as_deref(),
            last_heartbeat: &work.last_heartbeat,
            conversation: work.conversation.as_deref(),
            tags: &work.tags,
        })
    };
    works.iter().skip(before.saturating_mul(query.limit())).take(query.limit()).filter_map(row).collect()
}

/// A mark of a conversation of another machine.
fn mark(mark: &Mark) -> Value {
    let said = &mark.said;
    json!({
        "id": mark.id, "at": clock::stamp(mark.at), "actor": mark.actor, "op": said.op.word(),
        "entry": said.target.entry, "field": said.target.field, "with": said.with, "reason": said.reason,
    })
}

/// `/api/machines/conversation/<uuid>`
pub fn conversation(asked: &Asked, id: &Uuid) -> Result<Reply, Refusal> {
    let seen = asked.caches.machines.seen(&asked.store().home)?;
    let (machine, head) = seen.conversation(&asked.query, id.as_str())?;
    let first = json!({
        "v": 1,
        "kind": "head",
        "conversation": head.id,
        "machine": machine.name(),
        "owner": machine.owner(),
        "agent": head.agent,
        "project": head.project,
        "title": head.title,
        "started_at": head.started_at,
        "tags": head.tags,
        "marks": seen.said(&head.id).0.holding().map(mark).collect::<Vec<Value>>(),
    });
    let mut lines = first.to_string().into_bytes();
    lines.push(b'\n');
    let pieces = pieces(machine.clone(), head.id)?;
    // Without the thread that reads there is no more; without its last piece, the connection is closed.
    let rest = move || pieces.recv().unwrap_or_else(|_| Err(io::Error::other("it was not read to its end")));
    Ok(Reply::begun(LINES, lines, Rest::that_can_fail(rest)))
}

/// The lines of a conversation in pieces, then `None`, from a thread that reads them no faster than they are taken: it ends
/// with whoever takes them.
fn pieces(machine: Other, uuid: String) -> Result<Receiver<io::Result<Option<Vec<u8>>>>, Refusal> {
    let (sender, pieces) = sync_channel(AHEAD);
    let read = move || {
        let (mut lines, mut entries) = (Vec::new(), 0_u64);
        let read = machine.talk(&uuid, &mut |row| {
            lines.extend_from_slice(row.body.get().as_bytes());
            lines.push(b'\n');
            entries += 1;
            if lines.len() < PIECE {
                return Ok(());
            }
            let piece = Ok(Some(std::mem::take(&mut lines)));
            sender.send(piece).map_err(|_| Error::Limited("nobody takes it".into()))
        });
        let last = match read {
            Ok(()) => {
                let end = json!({"v": 1, "kind": "end", "conversation": uuid, "entries": entries, "ends": "unknown"});
                lines.extend_from_slice(end.to_string().as_bytes());
                lines.push(b'\n');
                [Ok(Some(lines)), Ok(None)]
            }
            Err(error) => [Ok(Some(lines)), Err(io::Error::other(error.to_string()))],
        };
        last.into_iter().try_for_each(|piece| sender.send(piece))
    };
    let thread = thread::Builder::new().name("elsewhere".into()).spawn(read);
    thread.map_err(|error| Error::io(Path::new("a thread"), "start", error))?;
    Ok(pieces)
}
