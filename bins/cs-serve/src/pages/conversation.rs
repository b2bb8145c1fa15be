//! `/conversation/<uuid>`: a conversation; and the same at the end of the page of its session. The page is made while the
//! browser reads it, step by step as its logs are read.
//! Must stay true: a page has a bound, and says where the conversation goes on behind it.

use super::figures::Top;
use super::talk::{Shown, Talk};
use super::templates::Pages;
use crate::asked::Asked;
use crate::http::reply::HTML;
use crate::http::{Refusal, Reply, Rest};
use crate::view::Caches;
use crate::view::conversations::{Read, Reading, split};
use agents::part::PartKind;
use conversations::{Conversation, Heading, Wish};
use cs_core::id::Uuid;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::Arc;

/// Where conversations are.
const BASE: &str = "/conversation";
/// Where the conversation comes in a page. No text can contain it, because `<` is escaped.
const HERE: &[u8] = b"<!--conversation-->";
/// Maximum number of bytes of a conversation in its own page, and in that of its session.
const OWN: usize = 8 * 1024 * 1024;
const BESIDE: usize = 1024 * 1024;

/// The variables of `conversation.html`.
#[derive(Serialize)]
pub struct ConversationPage<'a> {
    pub top: Top,
    pub uuid: &'a str,
    pub agent: &'static str,
    /// Where its logs are: `live`, `kept`, `both` or `prompts-only`.
    pub place: &'static str,
    pub bytes: String,
    pub title: Option<&'a str>,
    /// The sessions that have it, the oldest first.
    pub sessions: &'a [String],
    pub turn: Option<u64>,
    pub is_continued: bool,
}

/// The page without the conversation itself.
pub fn render(asked: &Asked, id: &Uuid) -> Result<Reply, Refusal> {
    let found = asked.caches.conversations.find(asked.store(), id)?;
    let heading = Heading::read(asked.store(), &found)?;
    asked.render(&ConversationPage {
        top: asked.top(),
        uuid: id.as_str(),
        agent: found.agent.word(),
        place: found.place.word(),
        bytes: render::format_bytes(found.bytes()),
        title: heading.title.as_deref(),
        sessions: &heading.session_ids,
        turn: asked.query.turn,
        is_continued: asked.query.after.is_some(),
    })
}

/// Which part of a conversation a page shows.
#[derive(Debug)]
pub struct Part<'a> {
    pub after: Option<&'a str>,
    pub turn: Option<u64>,
    /// Whether it is the conversation's own page.
    pub is_own: bool,
}

/// The page with the conversation in it, from the page without.
pub fn fill(caches: &Arc<Caches>, pages: &Arc<Pages>, page: &Reply, of: &Conversation, part: &Part) -> Reply {
    let body = page.body.as_slice();
    let at = body.windows(HERE.len()).position(|bytes| bytes == HERE).unwrap_or(body.len());
    let (before, after) = body.split_at(at);
    let (main, others) = split(of);
    let wish = Wish { turn: part.turn, ..Wish::default() };
    let mut readings = VecDeque::from([caches.conversations.reading_after(&main, wish.clone(), part.after)]);
    if !others.logs.is_empty() && part.turn.is_none() {
        readings.push_back(Reading::new(&others, wish));
    }
    let tail = after.strip_prefix(HERE).unwrap_or_default().to_vec();
    let room = if part.is_own { OWN } else { BESIDE };
    let mut writer = Writer::new((caches, pages), of, readings, part.after, room, tail);
    if !part.is_own && main.bytes() > room as u64 {
        writer.ending = Some(Ending::new(&main, room / 3));
    }
    begun(before.to_vec(), writer)
}

/// Only what the main thread got after a part, as a list that a page takes over.
pub fn news(caches: &Arc<Caches>, pages: &Arc<Pages>, of: &Conversation, after: &str) -> Reply {
    let readings = VecDeque::from([caches.conversations.reading_after(&split(of).0, Wish::default(), Some(after))]);
    let mut writer = Writer::new((caches, pages), of, readings, Some(after), BESIDE, Vec::new());
    writer.is_news = true;
    begun(b"<!doctype html>\n<title>news</title>\n".to_vec(), writer)
}

fn begun(head: Vec<u8>, writer: Writer) -> Reply {
    let begin = [head, b"<ol class=\"talk\" id=\"parts\">\n".to_vec()].concat();
    let mut writer = Some(writer);
    Reply::begun(HTML, begin, Rest::new(move || next(&mut writer)))
}

/// The next piece of a page; after the last one there is no writer any more.
fn next(writer: &mut Option<Writer>) -> Option<Vec<u8>> {
    match writer.as_mut()?.step() {
        Some(piece) => Some(piece),
        None => writer.take().map(Writer::finish),
    }
}

/// Writes a conversation into a page.
struct Writer {
    caches: Arc<Caches>,
    pages: Arc<Pages>,
    uuid: String,
    /// The main thread, then those of subagents.
    readings: VecDeque<Reading>,
    is_main: bool,
    /// While the parts are looked for with which the end begins.
    ending: Option<Ending>,
    /// Only the parts from this one on are shown.
    from: u64,
    talk: Talk,
    /// The last part of the main thread, after which a reader goes on.
    after: Option<String>,
    /// Whether only what was added is wanted, and whether the conversation begins anew.
    is_news: bool,
    is_anew: bool,
    /// How many bytes may still come.
    room: usize,
    /// Why a log could not be read to its end.
    trouble: Option<String>,
    lost: u64,
    /// The page after the conversation.
    tail: Vec<u8>,
}

/// The variables of `talk.html`.
#[derive(Serialize)]
pub struct Parts<'a> {
    pub uuid: &'a str,
    /// Where conversations are that others name.
    pub base: &'static str,
    /// Whose prompts they are, if not those of the person who reads them.
    pub who: &'a str,
    pub parts: &'a [Shown],
    pub end: Option<End<'a>>,
}

/// The end of the conversation in a page.
#[derive(Default, Serialize)]
pub struct End<'a> {
    /// The last part of the main thread that was shown.
    pub after: Option<&'a str>,
    /// Whether there is more than the page shows.
    pub is_cut: bool,
    /// Whether a page that shows what was before has to be loaded again.
    pub is_anew: bool,
    pub is_main: bool,
    pub trouble: Option<&'a str>,
    /// Number of lines that could not be read.
    pub lost: u64,
    pub is_in_thread: bool,
}

impl Writer {
    fn new(
        (caches, pages): (&Arc<Caches>, &Arc<Pages>),
        of: &Conversation,
        readings: VecDeque<Reading>,
        after: Option<&str>,
        room: usize,
        tail: Vec<u8>,
    ) -> Self {
        Writer {
            caches: caches.clone(),
            pages: pages.clone(),
            uuid: of.uuid.clone(),
            readings,
            is_main: true,
            ending: None,
            from: 0,
            talk: Talk::default(),
            after: after.map(str::to_string),
            is_news: false,
            is_anew: false,
            room,
            trouble: None,
            lost: 0,
            tail,
        }
    }

    /// The next parts; `None` at the end, or when the page is full.
    fn step(&mut self) -> Option<Vec<u8>> {
        if let Some(ending) = &mut self.ending {
            if ending.goes_on() {
                return Some(Vec::new());
            }
            self.from = ending.first();
            self.ending = None;
            let earlier = if self.from > 0 { vec![Shown::note("earlier")] } else { Vec::new() };
            return Some(self.html(&earlier, None));
        }
        let reading = self.readings.front_mut().filter(|_| self.room > 0)?;
        let from = if self.is_main { self.from } else { 0 };
        let (talk, uuid, mut line) = (&mut self.talk, &self.uuid, Vec::new());
        let read = reading.step(&mut |part| {
            if part.kind != PartKind::Usage && part.seq >= from {
                line.clear();
                part.write_json(uuid, false, &mut line);
                talk.take(&line);
            }
        });
        let ready = match read {
            Ok(Read::More) => self.talk.ready(),
            Ok(Read::Anew) => {
                (self.talk, self.after, self.is_anew) = (Talk::default(), None, true);
                self.from = 0;
                // The page of the reader shows what is not there any more: it has to load all.
                if self.is_news {
                    self.readings.clear();
                }
                return Some(self.html(&[Shown::note("anew")], None));
            }
            Ok(Read::End) => self.end_thread(),
            Err(error) => {
                self.trouble = Some(error.to_string());
                self.end_thread()
            }
        };
        Some(self.html(&ready, None))
    }

    /// Ends a thread. The place in the main thread is kept for what that gets later.
    fn end_thread(&mut self) -> Vec<Shown> {
        let ready = self.talk.rest();
        let Some(reading) = self.readings.pop_front() else { return ready };
        self.lost += reading.summary().not_understood + reading.summary().too_long;
        if std::mem::take(&mut self.is_main) {
            self.after = self.talk.last.clone().or(self.after.take());
            if let Some(after) = self.after.as_ref().filter(|_| self.trouble.is_none()) {
                self.caches.conversations.keep(&self.uuid, after, reading);
            }
        }
        ready
    }

    fn html(&mut self, parts: &[Shown], end: Option<End>) -> Vec<u8> {
        if parts.is_empty() && end.is_none() {
            return Vec::new();
        }
        let html = self.pages.fragment("talk.html", &Parts { uuid: &self.uuid, base: BASE, who: "You", parts, end });
        self.room = self.room.saturating_sub(html.len());
        html
    }

    /// What ends the conversation in the page, and the rest of the page.
    fn finish(mut self) -> Vec<u8> {
        let rest = self.talk.rest();
        let (after, trouble) = (self.after.take(), self.trouble.take());
        let last = if self.is_main { self.talk.last.clone().or(after) } else { after };
        let end = End {
            after: last.as_deref(),
            is_cut: !self.readings.is_empty(),
            is_anew: self.is_news && self.is_anew,
            is_main: self.is_main,
            trouble: trouble.as_deref(),
            lost: self.lost,
            is_in_thread: self.talk.is_in_thread(),
        };
        let mut html = self.html(&rest, Some(end));
        html.append(&mut self.tail);
        html
    }
}

/// Looks for the parts with which a page begins that shows only the end of a conversation. Nothing is masked for it.
struct Ending {
    reading: Reading,
    /// The last parts: their places, about how many bytes they need, and whether they are prompts.
    last: VecDeque<(u64, usize, bool)>,
    bytes: usize,
    /// How many bytes there is room for.
    room: usize,
}

impl Ending {
    fn new(of: &Conversation, room: usize) -> Self {
        Ending { reading: Reading::new(of, Wish::default()), last: VecDeque::new(), bytes: 0, room }
    }

    /// Reads on; false at the end.
    fn goes_on(&mut self) -> bool {
        let (last, bytes, room) = (&mut self.last, &mut self.bytes, self.room);
        let read = self.reading.step(&mut |part| {
            let needed = super::talk::bytes(part);
            last.push_back((part.seq, needed, part.kind == PartKind::Prompt));
            *bytes += needed;
            while *bytes > room && last.len() > 1 {
                *bytes -= last.pop_front().map_or(0, |(_, needed, _)| needed);
            }
        });
        matches!(read, Ok(Read::More | Read::Anew))
    }

    /// The first part: a prompt, if most is behind it.
    fn first(&self) -> u64 {
        let Some((first, ..)) = self.last.front() else { return 0 };
        let mut before = 0;
        for (seq, needed, is_prompt) in &self.last {
            if *is_prompt && *first > 0 && before <= self.bytes / 2 {
                return *seq;
            }
            before += needed;
        }
        *first
    }
}
