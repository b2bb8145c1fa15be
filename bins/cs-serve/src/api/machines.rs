//! What other machines sent, for programs. Must stay true: a conversation is sent to its end, however long it is, and is in
//! memory only in pieces.

use crate::asked::Asked;
use crate::http::reply::LINES;
use crate::http::{Refusal, Reply, Rest};
use cs_core::Error;
use cs_core::id::Uuid;
use serde_json::json;
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
    let sessions: Vec<_> = seen.matching(&asked.query, machine).take(asked.query.limit()).collect();
    let found = seen.search(&asked.query)?;
    Ok(Reply::json(&json!({
        "machines": seen.machines,
        "own": seen.own,
        "sessions": sessions,
        "spend": seen.spend(),
        "secrets": seen.secrets(),
        "hits": found.hits,
        "is_cut": found.is_cut,
        "is_late": found.is_late,
        "unseen": found.unseen,
        "failures": seen.failures,
    })))
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
