//! Owns the sources `audit/<day>`: the lines of the log of tools of a day, in its order, without those of conversations that
//! were forgotten. Must stay true: every text in a line is looked at, marks first; no digest and no length of what was
//! masked leaves. Ids and times stay; a hash is keyed, so that the chain can be followed and a line can be found again here,
//! but no guess can be tried elsewhere.

use super::{Each, Found, Halt, Listed, Origin, Request, Shared, outgoing, stamps};
use crate::row::{Row, Table};
use crate::source::{Kind, Source};
use audit::Entry;
use cs_core::clock;
use cs_core::error::Result;
use redaction::{Entry as Replaced, Key};
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Part of each stamp: another one if rows are made in another way.
const FORM: &str = "2";

/// The log of what tools did.
pub struct AuditDays;

impl Origin for AuditDays {
    fn list(&mut self, shared: &mut Shared, request: &Request, found: &mut Found<'_>) -> Result<()> {
        if !request.wants(None) {
            return Ok(());
        }
        let depends = format!("{FORM} {} {}", shared.redacted(), shared.forgotten.stamp());
        for path in audit::days(&shared.store.home)? {
            let day = path.file_stem().and_then(|stem| stem.to_str());
            let source = day.and_then(|day| Source::new(Kind::Audit, day));
            let stamp = format!("{} {depends}", stamps::of_file(&path));
            source.into_iter().for_each(|source| found(Listed::new(source, stamp.clone())));
        }
        Ok(())
    }

    fn render(&mut self, shared: &mut Shared, listed: &Listed, each: &mut Each<'_>) -> std::result::Result<(), Halt> {
        let mut done = Ok(());
        audit::each_line(&path(shared, listed), &mut |entry, hash| {
            if entry.claude_session_id.as_deref().is_some_and(|uuid| shared.forgotten.has(uuid)) {
                return ControlFlow::Continue(());
            }
            done = row(shared, entry, hash).and_then(|(row, replaced)| each(row, replaced));
            if done.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        done
    }
}

fn path(shared: &Shared, listed: &Listed) -> PathBuf {
    shared.store.home.audit_dir().join(format!("{}.jsonl", listed.source.name()))
}

fn row(shared: &mut Shared, mut entry: Entry, hash: &str) -> std::result::Result<(Row, Vec<Replaced>), Halt> {
    let conversation = entry.claude_session_id.clone();
    let spoken = shared.spoken(conversation.as_deref())?;
    hide_digests(shared.engine.key(), &mut entry);
    let id = outgoing::hash(shared.engine.key(), hash);
    let mut records = reports::Records::new(&mut shared.engine);
    records.begin(conversation.as_deref(), spoken);
    texts(&mut entry).for_each(|text| records.text("call", text));
    let replaced = records.ledger();
    let body = outgoing::plain(&entry)?;
    let row = Row {
        table: Table::Audit,
        id,
        kind: Some(entry.kind.word().to_string()),
        at: clock::parse(&entry.at).map(clock::stamp),
        project: entry.project,
        agent: entry.agent,
        conversation,
        body,
    };
    Ok((row, replaced))
}

/// Replaces what says something about the whole input, with what is masked in it: its digest, its length, and hashes over
/// lines that have both.
fn hide_digests(key: &Key, entry: &mut Entry) {
    entry.input_sha256 = None;
    entry.bytes.iter_mut().for_each(|bytes| bytes.input = None);
    let base = entry.base.iter_mut().map(|base| &mut base.hash);
    for one in base.chain([&mut entry.prev]).filter(|one| !one.is_empty()) {
        *one = outgoing::hash(key, one);
    }
}

/// All texts of a line that are no words of ours, and no ids.
fn texts(entry: &mut Entry) -> impl Iterator<Item = &mut String> {
    let input = entry.input.iter_mut().flat_map(|input| {
        let one = [&mut input.command, &mut input.path];
        one.into_iter().flatten().chain(&mut input.paths)
    });
    let lease = entry.lease.iter_mut().flat_map(|lease| &mut lease.paths);
    let own = [&mut entry.tool, &mut entry.agent_type, &mut entry.target, &mut entry.cwd, &mut entry.project];
    own.into_iter().flatten().chain(input).chain(lease)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
