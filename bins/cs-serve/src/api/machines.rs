//! What other machines sent, for programs.

use crate::asked::Asked;
use crate::http::reply::LINES;
use crate::http::{Refusal, Reply, Rest};
use cs_core::Error;
use cs_core::id::Uuid;
use serde_json::json;

/// So many bytes of a conversation are sent at most. One that is longer has no last line.
const BYTES: usize = 16 * 1024 * 1024;

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
    let machine = machine.clone();
    let mut left = Some(head.id);
    let rest = move || {
        let uuid = left.take()?;
        let (mut lines, mut entries) = (Vec::new(), 0_u64);
        let read = machine.talk(&uuid, &mut |row| {
            let body = row.body.get().as_bytes();
            if lines.len() + body.len() > BYTES {
                return Err(Error::Limited("it is too long".into()));
            }
            lines.extend_from_slice(body);
            lines.push(b'\n');
            entries += 1;
            Ok(())
        });
        if read.is_ok() {
            let end = json!({"v": 1, "kind": "end", "conversation": uuid, "entries": entries, "ends": "unknown"});
            lines.extend_from_slice(end.to_string().as_bytes());
            lines.push(b'\n');
        }
        Some(lines)
    };
    Ok(Reply::begun(LINES, lines, Rest::new(rest)))
}
