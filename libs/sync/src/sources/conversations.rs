//! Owns the sources that conversations are: for each the threads of its logs, its first line, and what people said about it.
//! Must stay true: to list them no log is opened, unless it matters of which project they are; a conversation that is gone
//! is no source, but what people said about it is. Of one of which only prompts are left, these are a source of their own:
//! it takes the place of nothing, and goes when there is a log again. They are sent only if a person wants that, and never if
//! the copies were forgotten: the redactions may be gone with them.

use super::present::{Present, threads};
use super::{Each, Found, Halt, Listed, Origin, Request, Shared, head, marked, stamps, talk};
use crate::decide::Growth;
use crate::packed::Packed;
use crate::source::{Kind, Source};
use crate::unkept;
use conversations::{About, Catalog, Conversation, Left, MAIN, Place, SessionNames};
use cs_core::config::Config;
use cs_core::error::{Error, Result};
use cs_core::file;
use cs_core::id::{Uuid, fnv1a};
use cs_core::parallel::on_all_processors;
use cs_core::store::Store;
use reports::Counts;
use std::collections::{BTreeSet, HashSet};

/// The last part of the name of the prompts of a conversation of which nothing else is left.
const PROMPTS: &str = "prompts";

/// The conversations of this machine.
#[derive(Default)]
pub struct Conversations {
    has_results: bool,
    has_prompts: bool,
    names: SessionNames,
    config: Config,
    /// The places of conversations in the catalog, in the order of their ids.
    by_id: Vec<usize>,
    present: Option<Present>,
}

impl Origin for Conversations {
    fn list(&mut self, shared: &mut Shared, request: &Request, found: &mut Found<'_>) -> Result<()> {
        let store = shared.store;
        self.has_results = request.results;
        self.has_prompts = request.prompts;
        self.names = SessionNames::read(store)?;
        self.config = store.config();
        self.present = None;
        let unseen = |(path, error): &(std::path::PathBuf, std::io::Error)| {
            Error::io(path, "read", std::io::Error::new(error.kind(), error.to_string()))
        };
        let failures: Vec<Error> = shared.catalog().unseen.iter().map(unseen).collect();
        shared.failures.extend(failures);
        let catalog = shared.catalog();
        self.by_id = (0..catalog.conversations.len()).collect();
        self.by_id.sort_by_key(|n| catalog.conversations.get(*n).map(|one| one.uuid.as_str()));
        let projects = match request.asks_for_projects() {
            true => self.projects(shared, catalog),
            false => Vec::new(),
        };
        let files = Files::read(store, &self.config, shared.redacted())?;
        let mut unknown = Vec::new();
        for (n, one) in catalog.conversations.iter().enumerate() {
            if one.place == Place::Prompts {
                let is_wanted = request.prompts && !request.is_blind;
                // If it cannot be known, nothing is sent of it.
                let is_forgotten = is_wanted.then(|| unkept::is_forgotten(&store.home, &one.uuid)).transpose();
                let may_go = matches!(is_forgotten, Ok(Some(false)));
                unknown.extend(is_forgotten.err());
                if !may_go {
                    continue;
                }
            }
            let project = projects.get(n).cloned().flatten();
            let listed = self.sources(&files, one).into_iter();
            listed.for_each(|listed| found(Listed { project: project.clone(), ..listed }));
        }
        let gone = files.marks.iter().filter(|uuid| self.place(catalog, uuid).is_none());
        gone.filter_map(|uuid| files.of_marks(uuid)).for_each(found);
        shared.failures.extend(unknown);
        Ok(())
    }

    fn render(&mut self, shared: &mut Shared, listed: &Listed, each: &mut Each) -> std::result::Result<(), Halt> {
        let source = &listed.source;
        let uuid = source.owner().unwrap_or_default();
        let is_present = self.present.as_ref().is_some_and(|present| present.conversation.uuid == uuid);
        if !is_present {
            self.present = Some(Present::read(shared, uuid, self.place(shared.catalog(), uuid))?);
        }
        let Some(present) = &mut self.present else { return Err(Halt::Unwanted) };
        match source.kind() {
            Kind::Talk => {
                let threads = threads(&present.conversation);
                let is_its = |thread: &&String| talk_of(&present.conversation, thread).as_ref() == Some(source);
                let Some(thread) = threads.iter().find(is_its) else { return Err(Halt::Unwanted) };
                let counts = talk::rows(present, thread, &mut shared.engine, self.has_results, each)?;
                present.replaced.insert(thread.clone(), counts);
                Ok(())
            }
            Kind::Head => {
                count(present, shared, self.has_results)?;
                let records = self.names.records(shared.store, uuid);
                let secrets = present.secrets();
                let (row, replaced) = head::row(present, &records, &self.config, &mut shared.engine, &secrets)?;
                each(row, replaced)
            }
            Kind::Mark => marked::rows(present, &mut shared.engine, each),
            Kind::Record | Kind::Usage | Kind::Limit | Kind::Audit => Err(Halt::Unwanted),
        }
    }

    /// The prompts of conversations that have a log again, or a kept copy; all of them, with the first lines that were made
    /// from them, if they are not wanted any more.
    fn outdated(&self, shared: &Shared, known: &Packed) -> Vec<Source> {
        let catalog = shared.catalog();
        let is_prompts = |source: &&Source| {
            source.kind() == Kind::Talk && source.name().rsplit_once('/').is_some_and(|(_, last)| last == PROMPTS)
        };
        let has_log = |source: &&Source| {
            let place = self.place(catalog, source.owner().unwrap_or_default());
            place.and_then(|n| catalog.conversations.get(n)).is_some_and(|one| one.place != Place::Prompts)
        };
        let mut all = Vec::new();
        for prompts in known.filled().filter(is_prompts) {
            let has_log = has_log(&prompts);
            if has_log || !self.has_prompts {
                all.push(prompts.clone());
            }
            if !has_log && !self.has_prompts {
                all.extend(head_of_prompts(known, prompts));
            }
        }
        all
    }
}

impl Conversations {
    /// The sources of a conversation that is there. Its threads come before its first line, which counts what was replaced
    /// in them.
    fn sources(&self, files: &Files, of: &Conversation) -> Vec<Listed> {
        let log = |log: &conversations::Log| format!("{} {} {}", log.bytes, log.modified, log.is_kept);
        let options = format!("{} {}", files.redacted, self.has_results);
        let mut all = Vec::new();
        for thread in threads(of) {
            let own = || of.logs.iter().filter(|one| one.thread == thread);
            let logs: Vec<String> = own().map(log).collect();
            let is_copy = of.place == Place::Prompts || own().any(|log| log.is_kept);
            let growth = if is_copy { Growth::Copy } else { Growth::Log };
            let source = talk_of(of, &thread);
            let listed = source.map(|source| Listed::new(source, stamp(&[&logs.join(" ")])));
            all.extend(listed.map(|listed| Listed {
                depends: options.clone(),
                growth,
                instead_of: log_of(of),
                ..listed
            }));
        }
        let logs: Vec<String> = of.logs.iter().map(log).collect();
        let known = files.of_head(&self.names, &of.uuid);
        let head = stamp(&[&options, of.place.source(), &logs.join(" "), &known]);
        let head = Source::new(Kind::Head, &of.uuid).map(|source| Listed::new(source, head));
        all.extend(head.map(|head| Listed { instead_of: log_of(of), ..head }));
        all.extend(files.of_marks(&of.uuid));
        all
    }

    /// The place of a conversation in the catalog.
    fn place(&self, catalog: &Catalog, uuid: &str) -> Option<usize> {
        let id = |n: &usize| catalog.conversations.get(*n).map(|one| one.uuid.as_str());
        let at = self.by_id.binary_search_by_key(&Some(uuid), id).ok()?;
        self.by_id.get(at).copied()
    }

    /// The project of each conversation: that of its newest record, else that of the folder in which it began.
    fn projects(&self, shared: &Shared, catalog: &Catalog) -> Vec<Option<String>> {
        let Conversations { names, config, .. } = self;
        let (store, left): (_, Vec<Option<&Left>>) =
            (shared.store, catalog.conversations.iter().map(|one| shared.left(one)).collect());
        let of = |n: usize, one: &Conversation| match (names.records(store, &one.uuid).pop(), left.get(n)) {
            (Some(record), _) => Some(record.project_slug),
            (None, Some(Some(left))) => left.about().project(config),
            (None, _) => About::beginning(one).ok()?.project(config),
        };
        let all = &catalog.conversations;
        let mut found = on_all_processors(all.len(), |n| all.get(n).and_then(|one| of(n, one)));
        found.sort_by_key(|(n, _)| *n);
        found.into_iter().map(|(_, project)| project).collect()
    }
}

/// Counts what is replaced in the threads that were not read yet.
fn count(present: &mut Present, shared: &mut Shared, has_results: bool) -> std::result::Result<(), Halt> {
    for thread in threads(&present.conversation) {
        if present.replaced.contains_key(&thread) {
            continue;
        }
        let counts = match talk::rows(present, &thread, &mut shared.engine, has_results, &mut |_, _| Ok(())) {
            Err(Halt::Unsafe { .. }) => Counts::default(),
            counts => counts?,
        };
        present.replaced.insert(thread, counts);
    }
    Ok(())
}

/// What stamps of conversations need besides their logs.
struct Files<'s> {
    store: &'s Store,
    /// What people redacted, anywhere.
    redacted: String,
    /// Which projects there are.
    projects: String,
    /// The ids of conversations with a file in `live/` or `ended/`.
    running: HashSet<String>,
    /// The same for `marks/`.
    marks: BTreeSet<String>,
}

impl<'s> Files<'s> {
    fn read(store: &'s Store, config: &Config, redacted: String) -> Result<Files<'s>> {
        let home = &store.home;
        let mut running: HashSet<String> = file::stems(&home.live_dir(), ".json")?.into_iter().collect();
        running.extend(file::stems(&home.ended_dir(), ".json")?);
        let marks = file::stems(&home.marks_dir(), ".jsonl")?.into_iter().collect();
        let projects = stamp(&[&format!("{:?}", config.projects)]);
        Ok(Files { store, redacted, projects, running, marks })
    }

    /// What the first line is made from, besides the logs: marks, the records that may be its own, which are not opened, and
    /// the projects if it has none.
    fn of_head(&self, names: &SessionNames, uuid: &str) -> String {
        let home = &self.store.home;
        let mut words = Vec::new();
        if let Ok(id) = Uuid::parse(uuid) {
            if self.marks.contains(uuid) {
                words.push(stamps::of_file(&home.marks(&id)));
            }
            if self.running.contains(uuid) {
                words.extend([home.live(&id), home.ended(&id)].map(|path| stamps::of_file(&path)));
            }
            for session in names.of(&id) {
                words.extend([home.session(session), home.archived(session)].map(|path| stamps::of_file(&path)));
            }
        }
        if words.is_empty() {
            words.push(self.projects.clone());
        }
        words.join(" ")
    }

    fn of_marks(&self, uuid: &str) -> Option<Listed> {
        let id = Uuid::parse(uuid).ok().filter(|_| self.marks.contains(uuid))?;
        let file = stamps::of_file(&self.store.home.marks(&id));
        let source = Source::new(Kind::Mark, uuid)?;
        Some(Listed::new(source, stamp(&[&self.redacted, &file])))
    }
}

/// The source of a thread; one whose name cannot be that of a source has another name.
fn talk_of(of: &Conversation, thread: &str) -> Option<Source> {
    let (uuid, thread) = (&of.uuid, if of.place == Place::Prompts { PROMPTS } else { thread });
    let other = || Source::new(Kind::Talk, &format!("{uuid}/x-{:016x}", fnv1a(thread.as_bytes())));
    let has_slash = thread.contains('/');
    Source::new(Kind::Talk, &format!("{uuid}/{thread}")).filter(|_| !has_slash).or_else(other)
}

/// The first line of a conversation of which a target has these prompts, if it has no log of it.
fn head_of_prompts(known: &Packed, prompts: &Source) -> Option<Source> {
    let uuid = prompts.owner()?;
    let is_filled = |source: &Source| known.get(source).is_some_and(|held| held.pos > 0);
    let log = Source::new(Kind::Talk, &format!("{uuid}/{MAIN}"))?;
    Source::new(Kind::Head, uuid).filter(|head| !is_filled(&log) && is_filled(head))
}

/// The source that says more than the prompts of a conversation, if nothing else of it is left.
fn log_of(of: &Conversation) -> Option<Source> {
    let name = format!("{}/{MAIN}", of.uuid);
    Source::new(Kind::Talk, &name).filter(|_| of.place == Place::Prompts)
}

/// A short word for these.
fn stamp(words: &[&str]) -> String {
    format!("{:016x}", fnv1a(words.join("\n").as_bytes()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests;
