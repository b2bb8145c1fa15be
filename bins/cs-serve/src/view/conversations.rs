//! Owns the conversations that answers are made from: finding them, reading them step by step, and noticing what their
//! logs get.
//! Must stay true: a log is read only as far as an answer needs it; a reader that asks for what was added does not read
//! the rest again.

use crate::http::Refusal;
use agents::logs::Roots;
use agents::part::Part;
use conversations::{Catalog, Conversation, Cursor, Step, Summary, Wish};
use cs_core::id::Uuid;
use cs_core::stamp::Stamp;
use cs_core::store::Store;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// How long a conversation that was found is not searched again: its subagents may have new logs.
const FOUND_TIME: Duration = Duration::from_secs(5);
/// Maximum number of conversations that are remembered, and of places in them.
const KNOWN: usize = 16;
/// The thread of the conversation itself.
pub const MAIN: &str = "main";

/// Everything about conversations that is kept between requests.
pub struct Conversations {
    roots: Roots,
    found: Mutex<HashMap<String, (Instant, Arc<Conversation>)>>,
    /// Places at which readers go on, by conversation and the last part that they know.
    places: Mutex<Vec<(String, String, Reading)>>,
    watched: Mutex<Watched>,
    /// Held while conversations are searched.
    pub searching: Mutex<()>,
    /// Held while a report is made.
    pub reporting: Mutex<()>,
}

#[derive(Default)]
struct Watched {
    logs: Vec<(Weak<()>, PathBuf, Option<Stamp>)>,
    growth: u64,
}

impl std::fmt::Debug for Conversations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Conversations")
    }
}

impl Conversations {
    /// Conversations whose logs are in these folders, or kept.
    pub fn new(roots: Roots) -> Self {
        let (found, places, watched, searching, reporting) = Default::default();
        Conversations { roots, found, places, watched, searching, reporting }
    }

    /// The folders of the agents' logs.
    pub fn roots(&self) -> &Roots {
        &self.roots
    }

    /// The conversation with this id.
    pub fn find(&self, store: &Store, id: &Uuid) -> Result<Arc<Conversation>, Refusal> {
        if let Some((at, known)) = lock(&self.found).get(id.as_str())
            && at.elapsed() < FOUND_TIME
        {
            return Ok(known.clone());
        }
        let mut catalog = Catalog::of(store, &self.roots);
        let found = catalog.of_session(&self.roots, id.as_str()).cloned();
        let found = Arc::new(found.ok_or_else(|| none(id))?);
        let mut known = lock(&self.found);
        if known.len() >= KNOWN {
            known.clear();
        }
        known.insert(id.to_string(), (Instant::now(), found.clone()));
        Ok(found)
    }

    /// A reader of what comes after a part: one that stopped there, else one that has to look for the part.
    pub fn reading_after(&self, of: &Conversation, wish: Wish, after: Option<&str>) -> Reading {
        let Some(after) = after else { return Reading::new(of, wish) };
        let mut places = lock(&self.places);
        let here = |(uuid, anchor, reading): &(String, String, Reading)| {
            *uuid == of.uuid && anchor == after && same(&reading.wish, &wish)
        };
        match places.iter().position(here) {
            Some(at) => places.remove(at).2.restart(),
            None => Reading { after: Some((after.to_string(), false)), ..Reading::new(of, wish) },
        }
    }

    /// Keeps a reader that has read all, for the next request.
    pub fn keep(&self, uuid: &str, anchor: &str, reading: Reading) {
        let mut places = lock(&self.places);
        if places.len() >= KNOWN {
            places.remove(0);
        }
        places.push((uuid.to_string(), anchor.to_string(), reading));
    }

    /// Watches the log of a conversation for as long as the result is held.
    pub fn watch(&self, of: &Conversation) -> Arc<()> {
        let held = Arc::new(());
        let logs = of.logs.iter().filter(|log| log.thread == MAIN);
        let watch = logs.map(|log| (Arc::downgrade(&held), log.path.clone(), Stamp::of(&log.path)));
        lock(&self.watched).logs.extend(watch);
        held
    }

    /// A number that increases when a watched log has grown.
    pub fn growth(&self) -> u64 {
        let mut watched = lock(&self.watched);
        watched.logs.retain(|(held, ..)| held.strong_count() > 0);
        let mut has_grown = false;
        for (_, path, known) in &mut watched.logs {
            let now = Stamp::of(path);
            if !is_same(known.as_ref(), now.as_ref()) {
                (*known, has_grown) = (now, true);
            }
        }
        watched.growth += u64::from(has_grown);
        watched.growth
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn none(id: &Uuid) -> Refusal {
    let text = format!("there is no log of the conversation {id}; cs-transcript list shows all");
    Refusal::new(404, "NOT_FOUND", &text)
}

/// Whether nothing was written between two looks. A log only grows, so its length tells.
fn is_same(before: Option<&Stamp>, now: Option<&Stamp>) -> bool {
    match (before, now) {
        (Some(before), Some(now)) => before.looks_like(now),
        (None, None) => true,
        _ => false,
    }
}

fn same(a: &Wish, b: &Wish) -> bool {
    (&a.kinds, &a.thread, a.turn, a.copies) == (&b.kinds, &b.thread, b.turn, b.copies)
}

/// The conversation itself, and its other threads.
pub fn split(of: &Conversation) -> (Conversation, Conversation) {
    let part = |is_main: bool| {
        let mut part = of.clone();
        part.logs.retain(|log| (log.thread == MAIN) == is_main);
        part
    };
    (part(true), part(false))
}

/// What a step gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// There is more.
    More,
    /// All was passed before.
    End,
    /// The part after which the reader was to go on is not there, or its log is another one: the next step begins at the
    /// beginning, and what was passed in this step does not count.
    Anew,
}

/// A conversation that is being read.
pub struct Reading {
    of: Conversation,
    cursor: Cursor,
    wish: Wish,
    /// Nothing is passed on before the last part with this anchor was seen, and whether one was seen.
    after: Option<(String, bool)>,
    has_ended: bool,
}

impl Reading {
    /// Reads from the beginning.
    pub fn new(of: &Conversation, wish: Wish) -> Self {
        Reading { of: of.clone(), cursor: Cursor::new(of), wish, after: None, has_ended: false }
    }

    /// The same reader, which goes on behind what was the end.
    fn restart(mut self) -> Self {
        self.has_ended = false;
        self
    }

    /// Goes to the beginning again.
    pub fn rewind(&mut self) {
        *self = Reading::new(&self.of.clone(), self.wish.clone());
    }

    /// Whether it still looks for the part after which it is to go on.
    pub fn is_looking(&self) -> bool {
        self.after.as_ref().is_some_and(|(_, is_seen)| !is_seen)
    }

    /// Passes the next parts to `each`.
    pub fn step(&mut self, each: &mut dyn FnMut(&Part)) -> std::io::Result<Read> {
        if self.has_ended {
            return Ok(Read::End);
        }
        let (after, wish) = (&mut self.after, &self.wish);
        // The part before may be of a kind that is not wanted.
        let all = Wish { kinds: Vec::new(), turn: None, ..wish.clone() };
        let step = self.cursor.step(&all, &mut |part| {
            if let Some((anchor, is_seen)) = after {
                let is_here = *anchor == part.anchor;
                *is_seen |= is_here;
                if is_here || !*is_seen {
                    return;
                }
                *after = None;
            }
            if wish.takes(part) {
                each(part);
            }
        })?;
        let is_gone = step == Step::End && self.is_looking();
        if is_gone || self.cursor.is_anew() {
            let (of, wish) = (self.of.clone(), self.wish.clone());
            *self = Reading::new(&of, wish);
            return Ok(Read::Anew);
        }
        self.has_ended = step == Step::End;
        Ok(Read::More)
    }

    /// Passes on what is said about the end of a log of which no more is awaited.
    pub fn close(&mut self, each: &mut dyn FnMut(&Part)) {
        self.cursor.close(&self.wish, each);
    }

    /// What was read so far.
    pub fn summary(&self) -> Summary {
        self.cursor.summary()
    }
}
