//! Owns `marks/<uuid>.jsonl`: reading all marks of a conversation, and appending some. Must stay true: what was appended
//! is on the disk before that is told; nothing is changed or removed; several marks of one call are there all or none.

use crate::inherited::Inherited;
use crate::line::{self, Broken};
use crate::mark::{Mark, NewMark, Op};
use cs_core::clock::Instant;
use cs_core::error::{Error, Result};
use cs_core::file;
use cs_core::id::{self, Uuid};
use cs_core::lock;
use cs_core::paths::Home;
use cs_core::store::Store;
use std::collections::{HashMap, HashSet};
use std::fs::OpenOptions;
use std::io::Write;

/// Largest file that is read and written, in bytes.
pub const BYTES: usize = 32 * 1024 * 1024;

/// Largest number of marks of one call.
pub const MOST_AT_ONCE: usize = 5000;

/// The marks of a conversation.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// All, the oldest first.
    pub all: Vec<Mark>,
    /// Number of lines that could not be understood.
    pub damaged: usize,
    /// Those lines.
    pub broken: Vec<Broken>,
    /// Whether the last line has no end.
    is_torn: bool,
    /// The ids of marks and lines that do not hold any more.
    undone: HashSet<String>,
    /// What others say about its entries.
    pub(crate) inherited: Inherited,
}

impl Marks {
    /// Reads the marks of the conversation with this id; none if there is no file.
    pub fn read(store: &Store, uuid: &str) -> Result<Marks> {
        // An id of another shape has never been marked.
        Uuid::parse(uuid).map_or_else(|_| Ok(Marks::default()), |uuid| Marks::of(&store.home, &uuid))
    }

    fn of(home: &Home, uuid: &Uuid) -> Result<Marks> {
        let bytes = file::read_at_most(&home.marks(uuid), BYTES)?;
        let dir = home.marks_dir();
        // Something else in its place is not the same as no marks.
        if bytes.is_none() && std::fs::symlink_metadata(&dir).is_ok_and(|meta| !meta.is_dir()) {
            return Err(Error::corrupt(&dir, "it is not a folder"));
        }
        Ok(bytes.map(|bytes| Marks::parse(&bytes)).unwrap_or_default())
    }

    /// The marks in the bytes of a file.
    pub fn parse(bytes: &[u8]) -> Marks {
        let mut marks = Marks { is_torn: bytes.last().is_some_and(|byte| *byte != b'\n'), ..Marks::default() };
        let (mut ids, mut numbers) = (HashSet::new(), Vec::new());
        for (n, text) in bytes.split(|byte| *byte == b'\n').enumerate().filter(|(_, text)| !text.is_empty()) {
            match line::parse(text, n + 1) {
                Ok(mark) if ids.insert(mark.id.clone()) => {
                    marks.all.push(mark);
                    numbers.push(n + 1);
                }
                // A line that was copied says nothing new.
                Ok(mark) if marks.all.contains(&mark) => {}
                Ok(mark) => marks.broken.push(Broken {
                    id: format!("L{}", n + 1),
                    hides: mark.said.op == Op::Redact,
                    entry: mark.said.target.entry,
                }),
                Err(broken) => marks.broken.push(broken),
            }
        }
        marks.damaged = marks.broken.len();
        marks.undone = undone(&marks.all, &numbers);
        marks
    }

    /// The marks of several places, as of several machines, each in its order: in the order in which they were made, none
    /// twice.
    pub fn of_all(mut all: Vec<Mark>) -> Marks {
        all.sort_by_key(|mark| mark.at);
        let mut ids = HashSet::new();
        all.retain(|mark| ids.insert(mark.id.clone()));
        let numbers: Vec<usize> = (1..=all.len()).collect();
        Marks { undone: undone(&all, &numbers), all, ..Marks::default() }
    }

    /// The marks that hold: not undone, not overtaken by a later one. A tag that was taken away, and an undoing, are none.
    pub fn holding(&self) -> impl Iterator<Item = &Mark> {
        let mut overtaken = HashSet::new();
        let mut later = HashSet::new();
        for mark in self.all.iter().rev().filter(|mark| !self.undone.contains(&mark.id)) {
            let said = &mark.said;
            let entry = said.target.entry.as_deref();
            let is_overtaken = match said.op {
                Op::Tag => !later.insert((entry, said.with.as_deref())),
                Op::Untag => {
                    later.insert((entry, said.with.as_deref()));
                    true
                }
                Op::Disposition => !later.insert((entry, None)),
                Op::Undo => true,
                Op::Redact | Op::Keep | Op::Note => false,
            };
            if is_overtaken {
                overtaken.insert(mark.id.as_str());
            }
        }
        self.all.iter().filter(move |mark| !self.undone.contains(&mark.id) && !overtaken.contains(mark.id.as_str()))
    }

    /// Whether a mark, or a damaged line, was undone and that still holds.
    pub fn is_undone(&self, id: &str) -> bool {
        self.undone.contains(id)
    }

    /// The damaged lines that may be redactions and were not undone.
    pub fn hiding(&self) -> impl Iterator<Item = &Broken> {
        let own = self.broken.iter().filter(|broken| broken.hides && !self.undone.contains(&broken.id));
        own.chain(&self.inherited.broken)
    }

    /// The tags that hold, of the conversation and of its entries, in alphabetical order.
    pub fn tags(&self) -> Vec<String> {
        self.words(Op::Tag)
    }

    /// The dispositions that hold, of its entries, in alphabetical order.
    pub fn dispositions(&self) -> Vec<String> {
        self.words(Op::Disposition)
    }

    fn words(&self, op: Op) -> Vec<String> {
        let of_op = self.holding().filter(|mark| mark.said.op == op);
        let mut words: Vec<String> = of_op.filter_map(|mark| mark.said.with.clone()).collect();
        words.sort();
        words.dedup();
        words
    }

    /// The mark with this id, or the only one whose id begins so.
    pub fn find(&self, word: &str) -> Result<&Mark> {
        let found: Vec<&Mark> = self.all.iter().filter(|mark| mark.id.starts_with(word)).collect();
        match found.as_slice() {
            _ if word.is_empty() => Err(Error::Invalid("the id of the mark is empty".into())),
            [one] => Ok(one),
            [] => Err(Error::Missing(format!("there is no mark {word:?}"))),
            several => {
                let ids: Vec<&str> = several.iter().take(10).map(|mark| mark.id.as_str()).collect();
                Err(Error::Refused(format!("{word:?} is ambiguous: {}", ids.join(", "))))
            }
        }
    }

    fn has(&self, id: &str) -> bool {
        self.all.iter().any(|mark| mark.id == id) || self.broken.iter().any(|broken| broken.id == id)
    }
}

/// The ids of what is undone by marks on these lines. An undoing that is undone itself undoes nothing, and none undoes what
/// comes later.
fn undone(all: &[Mark], numbers: &[usize]) -> HashSet<String> {
    let lines: HashMap<&str, usize> = all.iter().map(|mark| mark.id.as_str()).zip(numbers.iter().copied()).collect();
    let line_of = |id: &str| lines.get(id).copied().or_else(|| id.strip_prefix('L')?.parse().ok());
    let mut undone = HashSet::new();
    // The latest first: nothing earlier undoes it.
    for (mark, number) in all.iter().zip(numbers).rev().filter(|(mark, _)| mark.said.op == Op::Undo) {
        let of = mark.said.of.as_ref().filter(|of| line_of(of).is_some_and(|line| line < *number));
        if !undone.contains(&mark.id) {
            undone.extend(of.cloned());
        }
    }
    undone
}

/// Appends a mark under the lock, synced.
pub fn append(store: &Store, uuid: &str, actor: &str, now: Instant, mark: NewMark) -> Result<Mark> {
    let mut added = append_all(store, uuid, actor, now, vec![mark], |_| Ok(()))?;
    added.pop().ok_or_else(|| Error::Invalid("there is no mark".into()))
}

/// Appends several marks at once, unless `check` refuses, which sees those that are there, under the lock.
pub fn append_all(
    store: &Store,
    uuid: &str,
    actor: &str,
    now: Instant,
    marks: Vec<NewMark>,
    check: impl FnOnce(&Marks) -> Result<()>,
) -> Result<Vec<Mark>> {
    let uuid = Uuid::parse(uuid)?;
    if marks.len() > MOST_AT_ONCE {
        let text = format!("these would be {} marks; at most {MOST_AT_ONCE} are made at once", marks.len());
        return Err(Error::Refused(text));
    }
    let marks = marks.into_iter().map(NewMark::storable).collect::<Result<Vec<NewMark>>>()?;
    let path = store.home.marks(&uuid);
    let locked = lock::acquire(&Home::lock_of(&path), store.wait)?;
    let there = Marks::of(&store.home, &uuid)?;
    check(&there)?;
    marks.iter().try_for_each(|mark| there.may_undo(mark))?;
    let new = |said| Mark { id: id::random_mark_id(), at: now, actor: actor.to_string(), said };
    let marks: Vec<Mark> = marks.into_iter().map(new).collect();
    let mut text = if there.is_torn { "\n".to_string() } else { String::new() };
    marks.iter().for_each(|mark| text.push_str(&line::encode(mark)));
    locked.confirm()?;
    write(&path, &text)?;
    Ok(marks)
}

/// Whether there is a file about a conversation, whatever is in it.
pub fn are_there(store: &Store, uuid: &str) -> Result<bool> {
    let Ok(uuid) = Uuid::parse(uuid) else { return Ok(false) };
    let path = store.home.marks(&uuid);
    match std::fs::symlink_metadata(&path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::io(&path, "inspect", error)),
    }
}

/// Removes all marks of a conversation, which must not have a log any more: its redactions would be lost.
pub fn forget(store: &Store, uuid: &str) -> Result<()> {
    if !are_there(store, uuid)? {
        return Ok(());
    }
    let path = store.home.marks(&Uuid::parse(uuid)?);
    let locked = lock::acquire(&Home::lock_of(&path), store.wait)?;
    file::remove(&path)?;
    file::sync_dir(&store.home.marks_dir())?;
    locked.remove()
}

impl Marks {
    /// Refuses to undo what is not there, or does not hold.
    fn may_undo(&self, mark: &NewMark) -> Result<()> {
        match mark.of.as_deref() {
            Some(of) if !self.has(of) => Err(Error::Missing(format!("there is no mark {of:?}"))),
            Some(of) if self.is_undone(of) => Err(Error::Refused(format!("{of} is undone already"))),
            _ => Ok(()),
        }
    }
}

/// Appends text. If that fails, nothing is left of it.
fn write(path: &std::path::Path, text: &str) -> Result<()> {
    let is_new = !path.exists();
    let mut file = file::open_own(path, OpenOptions::new().append(true))?;
    let size = file.metadata().map_err(|error| Error::io(path, "inspect", error))?.len();
    if size.saturating_add(text.len() as u64) > BYTES as u64 {
        return Err(Error::Refused(format!("{} would be larger than {BYTES} bytes", path.display())));
    }
    let written = file.write_all(text.as_bytes()).map_err(|error| Error::io(path, "append to", error));
    let synced = written.and_then(|()| file.sync_data().map_err(|error| Error::io(path, "sync", error)));
    let named = synced.and_then(|()| match path.parent() {
        Some(dir) if is_new || size == 0 => file::sync_dir(dir),
        _ => Ok(()),
    });
    named.inspect_err(|_| drop(file.set_len(size)))?;
    touch(path);
    Ok(())
}

/// Gives the directory a new time, by which readers know that something was said: a file that grows does not change it.
fn touch(path: &std::path::Path) {
    let touched = path.parent().map(|dir| std::fs::File::open(dir)?.set_modified(std::time::SystemTime::now()));
    drop(touched);
}
