//! Owns the cache of the count over all logs, `usage/cache/answer-<folders>`: the book without what only `keep` and
//! `explain` need, so that a report of logs that did not change opens none of them, and no cache of one either. Must stay
//! true: it is used only if every log and every summary is as it was; prices, zone and names of projects are applied to
//! it, and are not in it.

use crate::book::{Book, Session};
use crate::pack::{self, Pack, Packed, Unpack, mix};
use crate::row::{pack_rows, unpack_rows};
use crate::sources::Sources;
use crate::summary::Listed;
use agents::logs::Log;
use cs_core::id::fnv1a;
use cs_core::paths::Home;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// How many answers are kept: people ask for all accounts, or for one.
const ANSWERS: u64 = 8;

/// What was counted.
#[derive(Debug, Default)]
pub struct Answer {
    /// Its sessions have no prompts, keys or sum of the client, and none can be found by its id.
    pub book: Book,
    /// Lines that cannot be parsed, of all logs.
    pub broken: u64,
    /// The files of the limits that the logs told of; without one of them they are read again.
    pub limits: Vec<String>,
}

/// What identifies an answer, and what is stored in its place.
#[derive(Clone, Debug)]
pub struct Question {
    path: PathBuf,
    key: [u64; 2],
    scope: u64,
    stored: Vec<u8>,
}

impl Question {
    /// That of logs and summaries as they were found. `scope` is what else decides which of them count.
    pub fn of(home: &Home, scope: &str, logs: &[Log], summaries: &[Listed]) -> Self {
        let scope = fnv1a(scope.as_bytes());
        let path = home.usage_answer((scope % ANSWERS) as u8);
        // Two sums with different beginnings: a chance of 2^-128.
        let key = [0, 1].map(|lane| {
            // The order in which they were found means nothing.
            let logs = logs.iter().map(|log| hash(lane, log)).fold(logs.len() as u64, u64::wrapping_add);
            mix(
                mix(mix(lane, scope), logs),
                summaries.iter().map(|listed| mix(lane, listed.hash())).fold(0, u64::wrapping_add),
            )
        });
        Question { stored: pack::load(&path), path, key, scope }
    }

    /// The answer, if it is known; unless they are wanted, its sessions have no ids, directories and titles.
    pub fn answer(&self, home: &Home, names: bool) -> Option<Answer> {
        let mut from = Unpack::open(&self.stored)?;
        let is_this = [from.word()?, from.word()?] == self.key;
        if is_this { unpack(from, home, names) } else { None }
    }

    /// The last answer, and what it was counted from.
    pub(crate) fn last(&self, home: &Home) -> Option<(Answer, Sources)> {
        let bytes = pack::load(&self.path.with_extension(SOURCES));
        let mut from = Unpack::open(&bytes)?;
        let mut answer = Unpack::open(&self.stored)?;
        // Two programs may have written them, each one.
        let is_of_it = [from.word()?, from.word()?] == [self.scope, answer.sum()] && answer.split(2).is_some();
        if is_of_it { Some((unpack(answer, home, true)?, Packed::unpack(&mut from)?)) } else { None }
    }

    /// Stores its answer, and what it was counted from.
    pub(crate) fn store(&self, answer: &Answer, counted: &Sources) {
        let mut to = Pack::new();
        self.key.into_iter().for_each(|word| to.word(word));
        let Answer { book: Book { models, sessions, rows, .. }, broken, limits } = answer;
        models.pack(&mut to);
        to.word(sessions.len() as u64);
        sessions.iter().for_each(|session| pack_session(session, &mut to));
        pack_rows(rows, &mut to);
        broken.pack(&mut to);
        limits.pack(&mut to);
        let mut sources = Pack::new();
        [self.scope, to.as_block().sum()].into_iter().for_each(|word| sources.word(word));
        counted.pack(&mut sources);
        to.save(&self.path);
        sources.save(&self.path.with_extension(SOURCES));
    }
}

/// The extension of what an answer was counted from.
const SOURCES: &str = "sources";

/// An answer after its key.
fn unpack(mut from: Unpack, home: &Home, names: bool) -> Option<Answer> {
    let models = Packed::unpack(&mut from)?;
    let sessions = (0..from.word()?).map(|_| session(&mut from, names)).collect::<Option<_>>()?;
    let book = Book::of(models, sessions, unpack_rows(&mut from)?);
    let answer = Answer { book, broken: Packed::unpack(&mut from)?, limits: Packed::unpack(&mut from)? };
    answer.limits.iter().all(|name| home.limits_dir().join(name).exists()).then_some(answer)
}

/// A hash of what identifies a log and its content.
pub(crate) fn hash(lane: u64, log: &Log) -> u64 {
    let identity = log.identity;
    let times = [identity.modified as u64, identity.changed as u64, log.born as u64];
    let words = [identity.dev, identity.ino, identity.size].into_iter().chain(times);
    let (whole, rest) = log.path.as_os_str().as_bytes().as_chunks();
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(to, byte)| *to = *byte);
    let path = whole.iter().chain([&last]).map(|word| u64::from_le_bytes(*word));
    words.chain(path).chain([log.path.as_os_str().len() as u64, log.agent as u64]).fold(lane, mix)
}

fn pack_session(of: &Session, to: &mut Pack) {
    let Session { id, agent, dir, title, is_renamed, turns, is_summary, .. } = of;
    [id, dir, title.as_ref().unwrap_or(&String::new())].into_iter().for_each(|text| text.pack(to));
    title.is_some().pack(to);
    agent.pack(to);
    is_renamed.pack(to);
    turns.pack(to);
    is_summary.pack(to);
}

fn session(from: &mut Unpack, names: bool) -> Option<Session> {
    let mut text = || {
        let bytes = from.bytes()?;
        if names { std::str::from_utf8(bytes).ok().map(str::to_string) } else { Some(String::new()) }
    };
    let (id, dir, title) = (text()?, text()?, text()?);
    Some(Session {
        id,
        dir,
        title: bool::unpack(from)?.then_some(title),
        agent: Packed::unpack(from)?,
        is_renamed: Packed::unpack(from)?,
        turns: Packed::unpack(from)?,
        is_summary: Packed::unpack(from)?,
        prompts: Vec::new(),
        client: None,
        keys: Vec::new(),
    })
}
