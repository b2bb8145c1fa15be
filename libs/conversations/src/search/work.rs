//! Owns looking for hits in one conversation or record after the other, by several threads.

use super::facts::{Facts, Known};
use super::few::Few;
use super::filter::Filter;
use super::order::Order;
use super::records;
use super::{Form, Hit, Query, RECORD, Searched, Snippet};
use crate::catalog::{Catalog, Conversation, Log, MAIN, Place};
use crate::cursor::{Cursor, Step};
use crate::filter as conversations;
use crate::wish::Wish;
use agents::Agent;
use agents::entry::Kind;
use agents::part::{Part, PartKind};
use cs_core::id::SessionId;
use cs_core::range::Range;
use cs_core::store::Store;
use cs_core::{clock, file};
use memchr::memmem;
use serde_json::Value;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time;

/// Where something may be found.
enum Source<'a> {
    Conversation(&'a Conversation),
    Record(SessionId, PathBuf),
}

/// A search.
pub(super) struct Work<'a> {
    store: &'a Store,
    query: &'a Query,
    /// The newest first.
    sources: Vec<Source<'a>>,
    filter: Filter,
    /// For the file that must have been touched.
    touched: Option<Touched>,
    until: Option<time::Instant>,
    is_late: AtomicBool,
    unread: Mutex<Vec<(PathBuf, io::Error)>>,
    known: Known<'a>,
}

/// A file or folder that a call must name.
struct Touched {
    path: String,
    filter: Filter,
}

/// What a thread uses again and again.
#[derive(Default)]
struct Room {
    buffer: Vec<u8>,
    /// A log that holds several conversations, and whether it may have a hit.
    shared: Option<(PathBuf, bool)>,
}

impl<'a> Work<'a> {
    pub(super) fn new(catalog: &'a Catalog, store: &'a Store, query: &'a Query, until: Option<time::Instant>) -> Self {
        let touched = query.touched.as_deref().map(Touched::new);
        let filter = match &touched {
            Some(touched) if query.terms.is_empty() => touched.filter.clone(),
            _ => query.terms.filter(),
        };
        Work {
            sources: sources(catalog, store, query),
            store,
            query,
            filter,
            touched,
            until,
            is_late: AtomicBool::new(false),
            unread: Mutex::default(),
            known: Known::new(store),
        }
    }

    pub(super) fn into_searched(self) -> Searched {
        let unread = self.unread.into_inner().unwrap_or_else(PoisonError::into_inner);
        Searched { is_late: self.is_late.into_inner(), unread }
    }

    /// Takes one source after the other, until there is none.
    pub(super) fn run(&self, order: &Order, next: &AtomicUsize) {
        let mut room = Room::default();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(source) = self.sources.get(place) else { return };
            if self.is_over(order) {
                return;
            }
            let mut mine = Vec::new();
            let each = &mut |hit| order.take(place, hit, &mut mine);
            match source {
                Source::Conversation(one) => self.conversation(one, &mut room, order, each),
                Source::Record(id, path) => self.record(id, path, each),
            }
            order.finish(place, mine);
        }
    }

    /// Whether the time is over, or no more hits are wanted.
    fn is_over(&self, order: &Order) -> bool {
        if self.until.is_some_and(|until| time::Instant::now() >= until) {
            // What was found is passed on nevertheless.
            self.is_late.store(true, Ordering::Relaxed);
        }
        self.is_late.load(Ordering::Relaxed) || order.has_enough()
    }

    fn conversation(&self, one: &Conversation, room: &mut Room, order: &Order, each: &mut dyn FnMut(Hit) -> bool) {
        let goes_on = || !self.is_over(order);
        let may_have = |filter: &Filter, room: &mut Room| {
            // Of all logs, so that each one that cannot be read is told.
            let all: Vec<bool> = one.logs.iter().map(|log| self.log_passes(one, log, filter, &goes_on, room)).collect();
            all.contains(&true)
        };
        if !may_have(&self.filter, room) {
            return;
        }
        let facts = RefCell::new(None);
        let is_of_project = |project: &String| self.facts(one, &facts).project.as_ref() == Some(project);
        if !self.query.project.as_ref().is_none_or(is_of_project) {
            return;
        }
        if let Some(touched) = self.touched.as_ref().filter(|_| !self.query.terms.is_empty()) {
            let is_touched = may_have(&touched.filter, room) && self.is_touched(one, touched, order);
            if !is_touched {
                return;
            }
        }
        let only_calls = self.query.terms.is_empty();
        let kinds = if only_calls { vec![PartKind::Call] } else { self.query.scope.kinds.clone() };
        let (goes_on, titles) = (Cell::new(true), RefCell::new(BTreeSet::new()));
        let mut few = Few::new(self.query.most_each);
        self.read(one, kinds, &self.filter, &|| goes_on.get() && !self.is_over(order), &mut |part| {
            if !goes_on.get() {
                return;
            }
            let Some(text) = self.fitting(part, only_calls) else { return };
            // Clients write a title again and again.
            if part.kind != PartKind::Title || titles.borrow_mut().insert(text.to_string()) {
                let facts = || if self.query.is_bare { Facts::default() } else { self.facts(one, &facts) };
                let hit = few.take(|| self.hit(one, part, &text, facts()));
                goes_on.set(hit.is_none_or(&mut *each));
            }
        });
        few.held.map(each);
    }

    /// Passes the parts that may matter to `each`, as long as `goes_on`.
    fn read(
        &self,
        one: &Conversation,
        kinds: Vec<PartKind>,
        filter: &Filter,
        goes_on: &dyn Fn() -> bool,
        each: &mut dyn FnMut(&Part),
    ) {
        let wish = Wish { kinds, ..Wish::default() };
        // A remembered prompt stands among those of other conversations.
        let is_its = |line: &[u8]| one.place != Place::Prompts || memmem::find(line, one.uuid.as_bytes()).is_some();
        let may_matter = |line: &[u8]| is_its(line) && filter.passes(line);
        let mut cursor = Cursor::new(one);
        loop {
            match cursor.step_where(&wish, &may_matter, each) {
                Ok(Step::More) if goes_on() => {}
                _ => break,
            }
        }
        for (path, error) in cursor.unread() {
            self.note(path.clone(), io::Error::new(error.kind(), error.to_string()));
        }
    }

    /// Whether a log may have a hit.
    fn log_passes(
        &self,
        one: &Conversation,
        log: &Log,
        filter: &Filter,
        goes_on: &dyn Fn() -> bool,
        room: &mut Room,
    ) -> bool {
        let is_shared = one.place == Place::Prompts;
        if let Some((_, passes)) = room.shared.as_ref().filter(|(path, _)| is_shared && *path == log.path) {
            return *passes;
        }
        let passes = log.open().and_then(|from| filter.passes_log(from, goes_on, &mut room.buffer));
        let passes = passes.unwrap_or_else(|error| {
            self.note(log.path.clone(), error);
            false
        });
        if is_shared && self.touched.is_none() {
            room.shared = Some((log.path.clone(), passes));
        }
        passes
    }

    /// The text of a part that is a hit.
    fn fitting<'p>(&self, part: &'p Part, only_calls: bool) -> Option<Cow<'p, str>> {
        let (range, terms) = (self.query.range, &self.query.terms);
        let at = || part.entry.at.and_then(clock::from_millis);
        let is_then = range == Range::default() || at().is_some_and(|at| range.contains(at));
        let touched = self.touched.as_ref().filter(|_| only_calls);
        if !is_then || !touched.is_none_or(|touched| touched.is_named(part)) {
            return None;
        }
        let text = part.text();
        // Names of fields are no texts.
        if input(part) != Some(&text) && terms.are_in(&text) {
            return Some(text);
        }
        whole_call(part).filter(|text| terms.are_in(text)).map(Cow::Owned)
    }

    fn is_touched(&self, one: &Conversation, touched: &Touched, order: &Order) -> bool {
        let found = Cell::new(false);
        let goes_on = || !found.get() && !self.is_over(order);
        self.read(one, vec![PartKind::Call], &touched.filter, &goes_on, &mut |part| {
            found.set(found.get() || touched.is_named(part));
        });
        found.get()
    }

    fn hit(&self, one: &Conversation, part: &Part, text: &str, facts: Facts) -> Hit {
        let snippet = self.query.form.map(|form| Snippet::of(text, &self.query.terms, form));
        Hit {
            conversation: Some(one.uuid.clone()),
            session_id: facts.session_id,
            agent: one.agent,
            place: Some(one.place),
            project: facts.project,
            cwd: facts.cwd,
            title: facts.title,
            entry: part.anchor.clone(),
            thread: part.thread.clone().into_owned(),
            turn: Some(part.turn),
            kind: part.kind.word(),
            at: part.entry.at.and_then(clock::from_millis),
            snippet: snippet.unwrap_or_default(),
            more: 0,
        }
    }

    /// What is known of a conversation, which is asked for only once.
    fn facts(&self, one: &Conversation, known: &RefCell<Option<Facts>>) -> Facts {
        known.borrow_mut().get_or_insert_with(|| self.known.facts(one)).clone()
    }

    fn record(&self, id: &SessionId, path: &Path, each: &mut dyn FnMut(Hit) -> bool) {
        // Notes of hooks that are not in the record yet are not in its bytes.
        let may_have = match self.store.has_notes(id) {
            true => true,
            false => file::read(path).is_ok_and(|bytes| bytes.is_some_and(|bytes| self.filter.passes(&bytes))),
        };
        let Some(session) = may_have.then(|| self.store.session(id).ok()).flatten() else { return };
        let (query, agent) = (self.query, Agent::of_word(session.agent()));
        let is_wanted = query.agent.is_none_or(|wanted| agent == Some(wanted))
            && query.project.as_ref().is_none_or(|project| *project == session.project_slug)
            && query.is_in(session.claude_session_id.as_deref());
        if !is_wanted {
            return;
        }
        let mut few = Few::new(query.most_each);
        for text in records::texts(&session) {
            let is_then = query.range == Range::default() || text.instant().is_some_and(|at| query.range.contains(at));
            if !is_then || !query.terms.are_in(text.text) {
                continue;
            }
            let form = |form: Form| Snippet::of(text.text, &query.terms, form);
            let title = Some(redact::mask(&session.intent).into_owned()).filter(|intent| !intent.is_empty());
            let hit = || Hit {
                conversation: session.claude_session_id.clone(),
                session_id: Some(session.session_id.clone()),
                agent: agent.unwrap_or(Agent::Claude),
                place: None,
                project: Some(session.project_slug.clone()),
                cwd: session.worktree_root.clone(),
                title,
                at: text.instant(),
                thread: MAIN.to_string(),
                turn: None,
                kind: RECORD,
                snippet: query.form.map(form).unwrap_or_default(),
                entry: text.entry,
                more: 0,
            };
            if few.take(hit).is_some_and(|hit| !each(hit)) {
                return;
            }
        }
        few.held.map(each);
    }

    /// A file that vanished is no trouble: its client removes it when it likes.
    fn note(&self, path: PathBuf, error: io::Error) {
        if error.kind() != ErrorKind::NotFound {
            self.unread.lock().unwrap_or_else(PoisonError::into_inner).push((path, error));
        }
    }
}

/// What a tool was called with, as the client wrote it.
fn input<'p>(part: &'p Part) -> Option<&'p str> {
    let Kind::Call { asked, .. } = &part.entry.kind else { return None };
    asked.input.as_deref()
}

/// All texts that a tool was called with, one per line, without the names of fields.
pub(super) fn whole_call(part: &Part) -> Option<String> {
    let input = input(part)?;
    let text = part.text();
    let Ok(value) = serde_json::from_str(input) else { return Some(text.into_owned()) };
    let mut texts = if text == input { Vec::new() } else { vec![text.into_owned()] };
    add_texts(value, &mut texts);
    Some(texts.join("\n"))
}

fn add_texts(value: Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(values) => values.into_iter().for_each(|value| add_texts(value, texts)),
        Value::Object(fields) => fields.into_iter().for_each(|(_, value)| add_texts(value, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The conversations and records in which is looked.
fn sources<'a>(catalog: &'a Catalog, store: &Store, query: &Query) -> Vec<Source<'a>> {
    let mut sources: Vec<(i64, Source)> = Vec::new();
    if !query.scope.kinds.is_empty() || query.terms.is_empty() {
        let all = catalog.conversations.iter();
        // The project is known only when a log was opened.
        let filter = conversations::Filter { agent: query.agent, range: query.range, ..Default::default() };
        let is_wanted = |one: &&Conversation| filter.may_fit(one) && query.is_in(Some(&one.uuid));
        sources.extend(all.filter(is_wanted).map(|one| (one.modified(), Source::Conversation(one))));
    }
    if query.scope.has_records && query.touched.is_none() {
        for (id, path) in record_paths(store) {
            let at = path.metadata().and_then(|meta| meta.modified()).ok();
            let at = at.and_then(|at| clock::of_system(at).timestamp_nanos_opt()).unwrap_or(0);
            sources.push((at, Source::Record(id, path)));
        }
        sources.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    }
    sources.into_iter().map(|(_, source)| source).collect()
}

fn record_paths(store: &Store) -> Vec<(SessionId, PathBuf)> {
    let home = &store.home;
    let current = store.ids(&home.sessions()).unwrap_or_default();
    let archived = store.ids(&home.archive()).unwrap_or_default();
    let archived: Vec<SessionId> = archived.into_iter().filter(|id| current.binary_search(id).is_err()).collect();
    let current = current.into_iter().map(|id| (home.session(&id), id));
    let all = current.chain(archived.into_iter().map(|id| (home.archived(&id), id)));
    all.map(|(path, id)| (id, path)).collect()
}

impl Touched {
    fn new(path: &str) -> Self {
        let path = path.trim_start_matches("./").trim_end_matches('/');
        Touched { filter: Filter::of(std::iter::once(path)), path: format!("/{}/", path.trim_start_matches('/')) }
    }

    /// Whether the call is about the file, or one in the folder.
    fn is_named(&self, part: &Part) -> bool {
        let Kind::Call { asked, .. } = &part.entry.kind else { return false };
        asked.files.iter().any(|file| format!("/{file}/").contains(&self.path))
    }
}
