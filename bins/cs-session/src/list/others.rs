//! Owns the sessions of other machines in a list (`--also`): which match, and what can be said of them from here. Must stay
//! true: nothing is guessed of a session that nobody here can look at.

use super::wanted::Wanted;
use cli::{Context, Failures, Outcome};
use cs_core::clock::{self, Instant};
use cs_core::id::SessionId;
use cs_core::index::IndexEntry;
use cs_core::record::Status;
use cs_core::state::{State, Verdict};
use std::collections::HashMap;
use std::path::PathBuf;
use sync::also::{Also, Other};

/// A session of another machine.
pub struct Elsewhere {
    pub id: SessionId,
    pub entry: IndexEntry<'static>,
    pub verdict: Verdict,
    pub machine: String,
    pub owner: Option<String>,
    /// The tags of its conversation.
    pub tags: Vec<String>,
    /// The whole record, if whole records are printed.
    pub body: Option<String>,
}

/// What is asked for.
pub struct Asked<'a> {
    pub dirs: &'a [PathBuf],
    pub wanted: &'a Wanted,
    pub tags: &'a [String],
    /// Whether something is asked for that is only known of this machine's own sessions.
    pub is_local: bool,
    pub is_full: bool,
}

/// The sessions that match, in no order. A folder that cannot be read hides no other one.
pub fn read(context: &Context, asked: &Asked, failures: &mut Failures) -> Outcome<Vec<Elsewhere>> {
    if asked.dirs.is_empty() {
        return Ok(Vec::new());
    }
    let also = Also::beside(&context.store.home, asked.dirs)?;
    let mut found = Vec::new();
    for machine in also.machines.iter().filter(|_| !asked.is_local) {
        if let Err(error) = of_machine(machine, asked, context.now, &mut found) {
            failures.report(error)?;
        }
    }
    also.failures.into_iter().try_for_each(|error| failures.report(error))?;
    Ok(found)
}

fn of_machine(machine: &Other, asked: &Asked, now: Instant, found: &mut Vec<Elsewhere>) -> cs_core::Result<()> {
    let mut tags: HashMap<String, Vec<String>> = HashMap::new();
    machine.heads(&mut |head| {
        if !head.tags.is_empty() {
            tags.insert(head.id, head.tags);
        }
        Ok(())
    })?;
    machine.sessions(&mut |session, row| {
        let body = row.body.get();
        let verdict = verdict(&session.entry, machine.name(), now);
        let tags = session.conversation.and_then(|uuid| tags.get(&uuid).cloned()).unwrap_or_default();
        let wanted = asked.wanted;
        let fits = wanted.takes(&session.id, &session.entry)
            && wanted.takes_body(body)
            && wanted.state.is_none_or(|state| state.takes(&verdict))
            && has_all(&tags, asked.tags);
        if fits {
            let body = asked.is_full.then(|| body.to_string());
            let (machine, owner) = (machine.name().to_string(), machine.owner().map(str::to_string));
            found.push(Elsewhere { id: session.id, entry: session.entry, verdict, machine, owner, tags, body });
        }
        Ok(())
    })
}

fn has_all(there: &[String], wanted: &[String]) -> bool {
    wanted.iter().all(|word| there.iter().any(|own| own.to_lowercase() == word.to_lowercase()))
}

/// The state as far as the record says it. Whether an active session works or waits is only known on its machine.
fn verdict(entry: &IndexEntry, machine: &str, now: Instant) -> Verdict {
    let at = |text: &str| clock::credible(text, now);
    let (state, since) = match entry.status {
        Status::Completed => (State::Completed, entry.ended_at.as_deref().and_then(at)),
        Status::Parked => (State::Parked, entry.ended_at.as_deref().and_then(at)),
        Status::Active => (State::Unknown, at(&entry.last_heartbeat)),
    };
    let evidence = format!("on {machine}");
    let reason = match since.filter(|_| state == State::Unknown) {
        Some(at) => format!("{evidence}, last sign of life {}", clock::ago(at, now)),
        None => evidence.clone(),
    };
    Verdict { since, evidence_at: since, evidence, ..Verdict::new(state, &reason) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn of_an_active_session_only_the_last_sign_of_life_is_known() {
        let now = clock::parse("2026-11-30T12:00:00Z").unwrap();
        let entry = |status, ended_at: Option<&str>| IndexEntry {
            project_slug: "api".into(),
            status,
            intent: "x".into(),
            started_at: "2026-11-30T08:00:00+00:00".into(),
            ended_at: ended_at.map(|at| at.to_string().into()),
            last_heartbeat: "2026-11-30T09:00:00+00:00".into(),
        };
        let active = verdict(&entry(Status::Active, None), "laptop", now);
        assert_eq!((active.state, &*active.reason), (State::Unknown, "on laptop, last sign of life 3 h ago"));
        let parked = verdict(&entry(Status::Parked, Some("2026-11-30T10:00:00+00:00")), "laptop", now);
        assert_eq!((parked.state, &*parked.reason), (State::Parked, "on laptop"));
        assert_eq!(parked.since, clock::parse("2026-11-30T10:00:00Z"));
    }
}
