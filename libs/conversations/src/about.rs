//! Owns what a conversation is called and what it comes to, for lists and for the first line of its parts: title, folder,
//! times, number of prompts. Must stay true: a value that its log does not have is absent.

use crate::catalog::{Conversation, MAIN};
use crate::relatives::{Copied, copied};
use agents::entry::{Kind, Link, Wanted};
use agents::lines::{self, Piece};
use agents::part::{Numbering, Part, PartKind};
use agents::reader::Reader;
use agents::typed;
use cs_core::config::Config;
use cs_core::dirs;
use cs_core::id::Slug;
use cs_core::refs::{self, Links};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, Read, Seek, SeekFrom};

/// What the log of a conversation says about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The name that a person gave.
    pub renamed: Option<String>,
    /// The title that the client generated.
    pub title: Option<String>,
    /// The line of the first prompts that says what the conversation is for.
    pub first_prompt: Option<String>,
    /// The folder in which it began.
    pub cwd: Option<String>,
    /// The branch there, as the log names it last.
    pub branch: Option<String>,
    /// The client's version, as the log names it last.
    pub client: Option<String>,
    /// The conversation from which it was copied, or which it continues.
    pub forked_from: Option<String>,
    /// The conversation that started it.
    pub parent: Option<String>,
    /// The conversation in which it goes on.
    pub continued_in: Option<String>,
    /// When the first line with a time was written, in milliseconds since the epoch.
    pub first_at: Option<i64>,
    /// The same for the last one.
    pub last_at: Option<i64>,
    /// Number of prompts that a person wrote.
    pub prompts: u64,
    /// The issues that these prompts name.
    pub issues: BTreeSet<String>,
    /// Which keys of issues there are.
    pub(crate) links: Links,
}

/// How many bytes are read at the beginning and at the end of a log whose middle is not asked for.
const HEAD: u64 = 1024 * 1024;
const TAIL: u64 = 128 * 1024;
/// How many bytes are read at first if only the folder is asked for.
const BEGIN: u64 = 64 * 1024;
/// Maximum number of characters of a title.
const TITLE: usize = 200;

/// How much of a log is decoded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// All that is known.
    Everything,
    /// What a list shows.
    Prompts,
    /// Only what it is called, and its folder.
    Names,
}

impl About {
    /// What a list shows: the main log is read from beginning to end, but of most lines nothing is decoded. Branch, client
    /// and relations are missing.
    pub fn whole(of: &Conversation, links: &Links) -> io::Result<About> {
        let mut about = About { links: links.clone(), ..About::default() };
        if let Some(log) = of.main() {
            about.read(of, log.open()?, Depth::Prompts, copied(of).as_ref())?;
        }
        Ok(about)
    }

    /// Without the number of prompts: only the beginning and the end of a long log are read, so that a title in between,
    /// which the client wrote only once, may be missed.
    pub fn outline(of: &Conversation) -> io::Result<About> {
        About::ends(of, Depth::Everything)
    }

    /// The same, but only what names it: title, first prompt and folder. Of most lines nothing is decoded.
    pub(crate) fn name_of(of: &Conversation) -> io::Result<About> {
        About::ends(of, Depth::Names)
    }

    /// Only what the beginning of the log says about its folder and its name, if that is enough to know the folder.
    pub fn beginning(of: &Conversation) -> io::Result<About> {
        let Some(log) = of.main() else { return Ok(About::default()) };
        let mut about = About::default();
        about.read(of, log.open()?.take(BEGIN), Depth::Names, copied(of).as_ref())?;
        if about.cwd.is_some() { Ok(about) } else { About::name_of(of) }
    }

    fn ends(of: &Conversation, depth: Depth) -> io::Result<About> {
        let Some(log) = of.main() else { return Ok(About::default()) };
        let (mut about, copied) = (About::default(), copied(of));
        if log.is_kept || log.bytes <= HEAD + TAIL {
            about.read(of, log.open()?, depth, copied.as_ref())?;
            return Ok(about);
        }
        let mut file = cs_core::open::foreign(&log.path)?;
        about.read(of, (&mut file).take(HEAD), depth, copied.as_ref())?;
        file.seek(SeekFrom::End(-(TAIL as i64)))?;
        // The first piece is a part of a line, which gives nothing.
        about.read(of, file, depth, copied.as_ref())?;
        about.prompts = 0;
        Ok(about)
    }

    fn read(&mut self, of: &Conversation, from: impl Read, depth: Depth, copied: Option<&Copied>) -> io::Result<()> {
        let wanted = if depth == Depth::Everything { Wanted::Full } else { Wanted::Counted };
        let mut reader = Reader::new(of.state(), wanted);
        let mut numbering = Numbering::default();
        copied.into_iter().for_each(|copied| copied.tell(&mut numbering));
        self.forked_from = self.forked_from.take().or_else(|| copied.and_then(|copied| copied.from.clone()));
        numbering.begin_log(MAIN, &mut |_| {});
        numbering.know_begun(copied.and_then(|copied| copied.begun));
        let (mut number, mut is_named) = (0, false);
        lines::read(from, |piece| {
            number += 1;
            if let Piece::Line(line) | Piece::Rest(line) = piece {
                is_named = is_named || (depth == Depth::Names && self.has_beginning());
                if is_named && !reader.may_have(line, &[PartKind::Title]) {
                    return;
                }
                let fold = &mut |part: &Part| self.fold(part);
                reader.line(line, number, &mut |entry| numbering.take(entry, number, MAIN, fold));
            }
        })?;
        numbering.finish(&mut |part| self.fold(part));
        Ok(())
    }

    /// Whether only a title may still change how it is called.
    fn has_beginning(&self) -> bool {
        self.cwd.is_some() && self.first_prompt.as_ref().is_some_and(|prompt| !typed::says_nothing(prompt))
    }

    fn fold(&mut self, part: &Part) {
        let text = |text: &Option<Cow<str>>| text.as_deref().map(str::to_string);
        let other = |known: &Option<String>, id: &str| known.clone().or_else(|| Some(id.to_string()));
        match &part.entry.kind {
            Kind::Relation(Link::ForkedFrom | Link::DerivedFrom | Link::Continues, id) => {
                self.forked_from = other(&self.forked_from, id);
            }
            Kind::Relation(Link::Parent, id) => self.parent = other(&self.parent, id),
            Kind::Relation(Link::ContinuedIn, id) => self.continued_in = Some(id.to_string()),
            _ if part.is_copy => return,
            Kind::Context(context) => {
                self.cwd = self.cwd.take().or_else(|| text(&context.cwd));
                self.branch = text(&context.branch).or(self.branch.take());
                self.client = text(&context.client).or(self.client.take());
            }
            Kind::Prompt(text, _) if part.thread == MAIN => {
                self.prompts += 1;
                refs::find(text, &self.links, &mut self.issues);
                self.keep_prompt(typed::gist(text));
            }
            Kind::Title(title) => self.title = Some(title.clone()),
            Kind::Renamed(title) => self.renamed = Some(title.clone()).filter(|title| !title.is_empty()),
            _ => {}
        }
        self.first_at = self.first_at.or(part.entry.at);
        self.last_at = self.last_at.max(part.entry.at);
    }

    /// Keeps the first prompt that says what the conversation is for, else the first one.
    fn keep_prompt(&mut self, line: &str) {
        let is_better = self.first_prompt.as_ref().is_none_or(|known| typed::says_nothing(known));
        if is_better && !line.is_empty() && (self.first_prompt.is_none() || !typed::says_nothing(line)) {
            self.first_prompt = Some(line.to_string());
        }
    }

    /// What it is called: by its person, by its client, or by its first prompt. Masked, one line.
    pub fn name(&self) -> Option<String> {
        let name = self.renamed.as_ref().or(self.title.as_ref()).or(self.first_prompt.as_ref())?;
        Some(cs_core::validate::cut(&redact::mask(name), TITLE))
    }

    /// The short name of its project; if its folder belongs to none, the one that the folder would get.
    pub fn project(&self, config: &Config) -> Option<String> {
        let cwd = dirs::without_worktree(self.cwd.as_deref()?);
        let found = config.project_around(cwd);
        Some(found.unwrap_or_else(|main| Slug::from_name(dirs::base_name(&main), 1).as_str().to_string()))
    }
}
