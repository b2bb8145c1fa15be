//! Owns the cache of the count over all logs, `usage/cache/answer-<folders>`: the book without what only `keep` and
//! `explain` need, so that a report of logs that did not change opens none of them, and no cache of one either. Must stay
//! true: it is used only if every log and every summary is as it was; prices, zone and names of projects are applied to
//! it, and are not in it.

use crate::book::{Book, Session};
use crate::pack::{self, Pack, Packed, Unpack, mix, packed};
use crate::row::QuarterRow;
use crate::summary::Listed;
use agents::logs::Log;
use cs_core::id::fnv1a;
use cs_core::paths::Home;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// How many answers are kept: people ask for all accounts, or for one.
const ANSWERS: u64 = 8;

/// What was counted.
#[derive(Debug)]
pub struct Answer {
    /// Its sessions have no prompts, keys or sum of the client, and none can be found by its id.
    pub book: Book,
    /// Lines that cannot be parsed, of all logs.
    pub broken: u64,
    /// The files of the limits that the logs told of; without one of them they are read again.
    pub limits: Vec<String>,
}

packed!(Answer { book, broken, limits });

/// What identifies an answer.
#[derive(Clone, Debug)]
pub struct Question {
    path: PathBuf,
    key: [u64; 2],
}

impl Question {
    /// That of logs and summaries as they were found. `scope` is what else decides which of them count.
    pub fn of(home: &Home, scope: &str, logs: &[Log], summaries: &[Listed]) -> Self {
        let scope = fnv1a(scope.as_bytes());
        let folders = (scope % ANSWERS) as u8;
        // Two sums with different beginnings: a chance of 2^-128.
        let key = [0, 1].map(|lane| {
            let logs = logs.iter().map(|log| hash(lane, log)).fold(mix(lane, scope), mix);
            // Their order means nothing.
            mix(logs, summaries.iter().map(|listed| mix(lane, listed.hash())).fold(0, u64::wrapping_add))
        });
        Question { path: home.usage_answer(folders), key }
    }

    /// The answer, if it is known.
    pub fn answer(&self, home: &Home) -> Option<Answer> {
        let bytes = pack::load(&self.path);
        let mut from = Unpack::open(&bytes)?;
        let is_this = [from.word()?, from.word()?] == self.key;
        let answer = if is_this { Answer::unpack(&mut from)? } else { return None };
        answer.limits.iter().all(|name| home.limits_dir().join(name).exists()).then_some(answer)
    }

    /// Stores its answer.
    pub fn store(&self, answer: &Answer) {
        let mut to = Pack::new();
        self.key.into_iter().for_each(|word| to.word(word));
        answer.pack(&mut to);
        to.save(&self.path);
    }
}

fn hash(lane: u64, log: &Log) -> u64 {
    let identity = log.identity;
    let times = [identity.modified as u64, identity.changed as u64, log.born as u64];
    let words = [identity.dev, identity.ino, identity.size].into_iter().chain(times);
    let (whole, rest) = log.path.as_os_str().as_bytes().as_chunks();
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(to, byte)| *to = *byte);
    let path = whole.iter().chain([&last]).map(|word| u64::from_le_bytes(*word));
    words.chain(path).chain([log.path.as_os_str().len() as u64, log.agent as u64]).fold(lane, mix)
}

impl Packed for Book {
    fn pack(&self, to: &mut Pack) {
        self.models.pack(to);
        self.sessions.pack(to);
        let mut rows: Vec<&QuarterRow> = self.rows.iter().collect();
        rows.sort_by_key(|row| row.first);
        to.word(rows.len() as u64);
        rows.into_iter().for_each(|row| row.pack(to));
    }

    fn unpack(from: &mut Unpack) -> Option<Self> {
        let models = Packed::unpack(from)?;
        let sessions = Packed::unpack(from)?;
        Some(Book::of(models, sessions, Packed::unpack(from)?))
    }
}

impl Packed for Session {
    fn pack(&self, to: &mut Pack) {
        let Session { id, agent, dir, title, is_renamed, turns, is_summary, .. } = self;
        id.pack(to);
        agent.pack(to);
        dir.pack(to);
        title.pack(to);
        is_renamed.pack(to);
        turns.pack(to);
        is_summary.pack(to);
    }

    fn unpack(from: &mut Unpack) -> Option<Self> {
        Some(Session {
            id: Packed::unpack(from)?,
            agent: Packed::unpack(from)?,
            dir: Packed::unpack(from)?,
            title: Packed::unpack(from)?,
            is_renamed: Packed::unpack(from)?,
            turns: Packed::unpack(from)?,
            is_summary: Packed::unpack(from)?,
            prompts: Vec::new(),
            client: None,
            keys: Vec::new(),
        })
    }
}
