//! Owns the sources `record/<session id>`: one row each, the session's record with the notes of hooks about it. Must stay
//! true: to list them no record is opened; what a person redacted in the conversation is not repeated; what stands beside
//! the body is looked at as the body is.

use super::{Each, Found, Halt, Listed, Origin, Request, Shared, outgoing, stamps};
use crate::row::{Row, Table};
use crate::source::{Kind, Source};
use cs_core::clock;
use cs_core::error::{Error, Result};
use cs_core::file;
use cs_core::id::SessionId;
use cs_core::parallel;
use cs_core::paths::Home;
use cs_core::record::Session;
use cs_core::store::Store;
use redaction::Entry;
use std::collections::{HashMap, HashSet};

/// Part of each stamp: another one if rows are made in another way.
const FORM: &str = "2";

/// The records of sessions, archived ones included.
pub struct Records;

impl Origin for Records {
    fn list(&mut self, shared: &mut Shared, request: &Request, found: &mut Found<'_>) -> Result<()> {
        let store = shared.store;
        let noted = noted(&store.home)?;
        let records = records(store)?;
        let mut projects = if request.asks_for_projects() { Some(projects(store)?) } else { None };
        let redacted = shared.redacted();
        let look = |(id, is_archived): &(SessionId, bool)| {
            format!("{FORM} {} {redacted}", stamp(store, id, *is_archived, noted.contains(id.as_str())))
        };
        let mut ids = records.iter().map(|(id, _)| id);
        parallel::in_order(&records, look, |stamp| {
            let source = ids.next().and_then(|id| Some((id, Source::new(Kind::Record, id.as_str())?)));
            let Some((id, source)) = source else { return Ok(()) };
            let project = projects.as_mut().and_then(|all| all.remove(id).or_else(|| project_in(store, id)));
            found(Listed { project, ..Listed::new(source, stamp) });
            Ok::<(), Error>(())
        })
    }

    fn render(&mut self, shared: &mut Shared, listed: &Listed, each: &mut Each<'_>) -> std::result::Result<(), Halt> {
        let id = SessionId::parse(listed.source.name())?;
        let session = match shared.store.session(&id) {
            Err(Error::Missing(_)) => return Err(Halt::Unwanted),
            read => read?,
        };
        if session.claude_session_id.as_deref().is_some_and(|uuid| shared.forgotten.has(uuid)) {
            return Err(Halt::Unwanted);
        }
        let (row, replaced) = row(shared, &session)?;
        each(row, replaced)
    }
}

/// The row of a record.
fn row(shared: &mut Shared, session: &Session) -> std::result::Result<(Row, Vec<Entry>), Halt> {
    let conversation = session.claude_session_id.as_deref();
    let spoken = shared.spoken(conversation)?;
    let mut records = reports::Records::new(&mut shared.engine);
    records.begin(conversation, spoken);
    let mut shown = records.session(session);
    let (mut project, mut agent) = (session.project_slug.clone(), session.agent().to_string());
    records.text("project", &mut project);
    records.text("agent", &mut agent);
    let mut replaced = records.ledger();
    if let Some(head) = shown.audit_head.as_mut().filter(|head| !head.hash.is_empty()) {
        head.hash = outgoing::hash(shared.engine.key(), &head.hash);
    }
    let body = outgoing::checked(&mut shared.engine, &shown, &ids(&shown), &mut replaced)?;
    replaced.iter_mut().for_each(|one| one.conversation = session.claude_session_id.clone());
    let row = Row {
        table: Table::Record,
        id: session.session_id.clone(),
        kind: Some(session.status.as_str().to_string()),
        at: clock::parse(&session.started_at).map(clock::stamp),
        project: Some(project).filter(|slug| !slug.is_empty()),
        agent: Some(agent),
        conversation: session.claude_session_id.clone(),
        body,
    };
    Ok((row, replaced))
}

/// What names something in a record, or says when it was.
fn ids(session: &Session) -> HashSet<&str> {
    let optional = [
        &session.claude_session_id,
        &session.resumed_from,
        &session.resumed_as,
        &session.agent_id,
        &session.parent_session_id,
        &session.folded,
    ];
    let tasks = session.tasks.iter();
    let named = tasks.flat_map(|task| [Some(&task.id), task.agent_key.as_ref(), task.claimed_by.as_ref()]).flatten();
    let all = optional.into_iter().flatten().chain(named).chain(session.commits.iter().map(|commit| &commit.sha));
    let marked = session.reopened.as_ref().map(|former| &former.mark);
    let hashed = session.audit_head.as_ref().map(|head| &head.hash);
    let own = [&session.session_id].into_iter().chain(marked).chain(hashed);
    all.chain(own).map(String::as_str).collect()
}

/// All sessions, and whether their record is only in the archive.
fn records(store: &Store) -> Result<Vec<(SessionId, bool)>> {
    let mut records = Vec::new();
    records.extend(store.ids(&store.home.archive())?.into_iter().map(|id| (id, true)));
    records.extend(store.ids(&store.home.sessions())?.into_iter().map(|id| (id, false)));
    records.sort_unstable();
    records.dedup_by(|(next, _), (id, _)| next == id);
    Ok(records)
}

/// The sessions about which there are notes.
fn noted(home: &Home) -> Result<HashSet<String>> {
    let mut noted: HashSet<String> = file::stems(&home.spool_dir(), ".jsonl")?.into_iter().collect();
    noted.extend(file::stems(&home.spool_dir(), ".folding")?);
    Ok(noted)
}

fn stamp(store: &Store, id: &SessionId, is_archived: bool, is_noted: bool) -> String {
    let home = &store.home;
    match (is_archived, is_noted) {
        (true, _) => format!("archived {}", stamps::of_file(&home.archived(id))),
        (false, false) => stamps::of_file(&home.session(id)),
        (false, true) => {
            [home.session(id), home.spool(id), home.folding(id)].map(|path| stamps::of_file(&path)).join(" ")
        }
    }
}

/// The projects of sessions outside the archive.
fn projects(store: &Store) -> Result<HashMap<SessionId, String>> {
    let index = store.index()?;
    Ok(index.entries(|_| true).into_iter().map(|(id, entry)| (id, entry.project_slug.into_owned())).collect())
}

/// What a record says itself; nothing if it cannot be read, which is told when it is sent.
fn project_in(store: &Store, id: &SessionId) -> Option<String> {
    store.session(id).ok().map(|session| session.project_slug)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
