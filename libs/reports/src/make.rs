//! Owns making a report: one conversation after the other, then the head before them.

use crate::columns::columns;
use crate::commits::{Commits, How, Unmatched};
use crate::head::{Head, MARK};
use crate::one::One;
use crate::record::Spoken;
use crate::request::{Mode, Request};
use crate::row::Row;
use crate::select::{Chosen, scope_words, select};
use crate::sources::Sources;
use crate::talk::Talk;
use crate::texts::Texts;
use crate::tokens::{Counting, Sums};
use crate::writer::{Made, Writer};
use crate::{evidence, source};
use agents::part::PartKind;
use conversations::{Catalog, Conversation, Cursor, Place, Step, Wish};
use cs_core::clock;
use cs_core::error::{Error, Result};
use cs_core::visible::one_line;
use marks::{Marks, Others};
use redaction::{Engine, Tally};
use std::collections::HashSet;
use std::io;
use std::path::PathBuf;

/// Logs that could not be read, or not to their ends, and why.
pub type Unread = Vec<(PathBuf, io::Error)>;

/// How many lines of the ledger are written at once.
const LINES: usize = 1024;

/// A report on its way.
struct Making<'r> {
    request: &'r Request,
    head: Head,
    writer: Writer,
    ledger: Tally,
    sums: Sums,
    unread: Unread,
    /// What people said about other conversations, whose entries may be in these.
    others: Others,
}

/// Makes the report; it is written with [`Made::write`]. Fails if no conversation fits; but if commits were asked for, the
/// report lists them, and its head says that it has no conversations. What of a log could not be read is counted as gaps.
pub fn make(request: &Request, sources: &mut Sources) -> Result<Made> {
    let chosen = select(request, sources)?;
    make_of(request, &chosen, sources)
}

/// The same of conversations that were chosen.
pub fn make_of(request: &Request, chosen: &[Chosen], sources: &mut Sources) -> Result<Made> {
    if chosen.is_empty() && unmatched(sources.commits, sources.catalog).is_empty() {
        return Err(Error::Missing(nothing(sources.commits)));
    }
    let mut making = Making {
        request,
        head: head(request, sources, chosen),
        writer: Writer::new(request.format, request.mode, columns(request.mode)),
        ledger: Tally::default(),
        sums: Sums::new(&sources.store.config()),
        unread: Vec::new(),
        others: if request.raw { Others::default() } else { Others::read(sources.store)? },
    };
    for (n, one) in chosen.iter().enumerate() {
        (sources.progress)(n, chosen.len());
        making.conversation(one, sources)?;
    }
    making.end(sources)
}

/// The commits of the range that are of no conversation that is there.
pub fn unmatched<'c>(commits: Option<&'c Commits>, catalog: &Catalog) -> Vec<Unmatched<'c>> {
    let Some(commits) = commits else { return Vec::new() };
    let known: HashSet<&str> = catalog.conversations.iter().map(|one| one.uuid.as_str()).collect();
    commits.unmatched_but(&known)
}

/// Why a report has no conversation.
pub fn nothing(commits: Option<&Commits>) -> String {
    match commits {
        Some(commits) if commits.count() == 0 => format!("there are no commits in {}", commits.range),
        Some(commits) if commits.sessions.is_empty() => {
            format!("no conversation is known to have made a commit of {}", commits.range)
        }
        _ => "no conversation fits".into(),
    }
}

/// The head, as far as it is known before.
fn head(request: &Request, sources: &mut Sources, chosen: &[Chosen]) -> Head {
    let mut head = Head {
        report: MARK.into(),
        mode: request.mode.word().into(),
        made_at: clock::stamp(sources.now),
        tool: sources.tool.into(),
        conversations: chosen.len() as u64,
        raw: request.raw,
        rules_digest: sources.engine.rules().digest().into(),
        ..Head::default()
    };
    let words = scope_words(request, sources, chosen);
    head.scope = words.iter().map(|word| in_head(request, sources.engine, word)).collect();
    head.actor = person(request, sources.engine, sources.actor);
    head
}

/// What may be shown of a text of the head, on one line. It is not counted: the counts are about the rows.
fn in_head(request: &Request, engine: &mut Engine, text: &str) -> String {
    let (marks, mut head, mut ledger) = (Marks::default(), Head::default(), Tally::default());
    one_line(&Texts::new("", engine, &marks, request.raw, &mut head, &mut ledger).show("", "", "head", text))
}

/// The same of who made a report or a mark.
fn person(request: &Request, engine: &mut Engine, actor: &str) -> String {
    let (marks, mut head, mut ledger) = (Marks::default(), Head::default(), Tally::default());
    one_line(&Texts::new("", engine, &marks, request.raw, &mut head, &mut ledger).show_person("head", actor))
}

impl Making<'_> {
    fn conversation(&mut self, chosen: &Chosen, sources: &mut Sources) -> Result<()> {
        let of = chosen.conversation;
        source::digests(of, &mut self.head.source_digests);
        let marks = Marks::of_conversation(sources.store, of, &self.others, sources.engine.key())?;
        if !self.request.raw {
            self.head.unmatched += marks.unmatched() as u64;
        }
        let spoken = match self.request.raw {
            true => Spoken::default(),
            false => Spoken::of(of, &marks, sources.engine.key()),
        };
        let one = One {
            conversation: of,
            heading: &chosen.heading,
            records: &chosen.records,
            request: self.request,
            store: sources.store,
            commits: sources.commits,
            marks: &marks,
        };
        let Making { request, head, writer, ledger, sums, unread, .. } = self;
        let texts = &mut Texts::new(&of.uuid, sources.engine, &marks, request.raw, head, ledger);
        texts.hide(spoken);
        match request.mode {
            Mode::Evidence => {
                let mut counting = evidence::Counting::default();
                let gaps = read(of, evidence::Counting::KINDS.to_vec(), &mut |part| counting.add(part), unread);
                texts.head.gaps += gaps;
                counting.finish(&one, texts, writer)?;
            }
            Mode::Tokens => {
                let mut counting = Counting::new(sums);
                let kinds = vec![PartKind::Prompt, PartKind::Usage];
                let gaps = read(of, kinds, &mut |part| counting.add(part), unread);
                texts.head.gaps += gaps;
                counting.finish(&one, texts, writer)?;
            }
            Mode::Prompts | Mode::Actions | Mode::Full => {
                begin(&one, texts, writer)?;
                let mut talk = Talk::new(&one, texts, writer);
                let gaps = read(of, Talk::kinds(&one), &mut |part| talk.add(part), unread);
                talk.finish()?;
                texts.head.gaps += gaps;
                end(&one, texts, writer)?;
            }
        }
        self.note(sources, LINES)
    }

    /// Writes the lines of the ledger if there are more than so many.
    fn note(&mut self, sources: &mut Sources, most: usize) -> Result<()> {
        if self.ledger.len() > most {
            let lines = self.ledger.take();
            sources.ledger.as_mut().map_or(Ok(()), |ledger| ledger.append(&lines))?;
        }
        Ok(())
    }

    fn end(mut self, sources: &mut Sources) -> Result<Made> {
        let marks = Marks::default();
        let Making { request, head, writer, ledger, sums, .. } = &mut self;
        let unmatched = unmatched(sources.commits, sources.catalog);
        let texts = &mut Texts::new("", sources.engine, &marks, request.raw, head, ledger);
        if request.mode == Mode::Tokens {
            sums.write(texts, writer)?;
        }
        for unmatched in unmatched {
            let row = Row::new("unmatched").word("sha", Some(unmatched.sha));
            let row = row.word("at", unmatched.authored_at.map(clock::stamp));
            let row = row.text("text", texts.show_other("message", Some(unmatched.subject)));
            writer.add(&row.word("session_id", unmatched.session_id))?;
        }
        self.note(sources, 0)?;
        let manual = std::mem::take(&mut self.head.manual);
        for (actor, count) in manual {
            *self.head.manual.entry(person(self.request, sources.engine, &actor)).or_default() += count;
        }
        let mut made = self.writer.finish(self.head)?;
        made.unread = self.unread;
        Ok(made)
    }
}

/// Passes the parts of these kinds on, and returns the number of lines that could not be read.
fn read(
    of: &Conversation,
    kinds: Vec<PartKind>,
    each: &mut dyn FnMut(&agents::part::Part),
    unread: &mut Unread,
) -> u64 {
    let wish = Wish { kinds, ..Wish::default() };
    let mut cursor = Cursor::new(of);
    while let Ok(Step::More) = cursor.step(&wish, each) {}
    cursor.close(&wish, each);
    let copied = |(path, error): &(PathBuf, io::Error)| (path.clone(), io::Error::new(error.kind(), error.to_string()));
    unread.extend(cursor.unread().iter().map(copied));
    let summary = cursor.summary();
    summary.not_understood + summary.too_long + summary.unread
}

/// The row that begins a conversation.
fn begin(one: &One, texts: &mut Texts, writer: &mut Writer) -> Result<()> {
    let about = &one.heading.about;
    let row = Row::new("conversation")
        .word("conversation", Some(texts.conversation))
        .word("agent", Some(one.conversation.agent.word()))
        .word("known_from", (one.conversation.place == Place::Prompts).then_some("history.jsonl"))
        .text("client", texts.show_other("client", about.client.as_deref()))
        .text("project", texts.show_repeated("project", one.heading.project.as_deref()))
        .text("branch", texts.show_repeated("branch", about.branch.as_deref()))
        .text("title", one.title(texts))
        .word("started_at", one.started_at())
        .word("last_at", one.last_at());
    writer.add(&row)
}

/// The rows that end a conversation: files and commits, in the modes that show what was done.
fn end(one: &One, texts: &mut Texts, writer: &mut Writer) -> Result<()> {
    let base = |name, uuid: &str| Row::new(name).word("conversation", Some(uuid));
    if matches!(one.request.mode, Mode::Actions | Mode::Full) {
        let mut files: Vec<&String> = one.records.iter().flat_map(|record| &record.files_changed).collect();
        files.sort();
        files.dedup();
        let files: Vec<String> = files.iter().filter_map(|file| texts.show_repeated("files", Some(file))).collect();
        if !files.is_empty() {
            writer.add(&base("files", texts.conversation).texts("files", files))?;
        }
    }
    for (sha, message, how) in commits(one) {
        let row = base("commit", texts.conversation).word("sha", Some(sha));
        let row = row.text("text", texts.show_repeated("message", Some(&message)));
        writer.add(&row.word("how", how))?;
    }
    Ok(())
}

/// The commits of the range that are the conversation's, else in the modes that show what was done all that it recorded.
fn commits(one: &One) -> Vec<(String, String, Option<&'static str>)> {
    match one.commits {
        Some(commits) => {
            let how = |how: How| (how != How::Name).then(|| how.word());
            let all = commits.of(&one.conversation.uuid);
            all.map(|commit| (commit.sha.clone(), commit.subject.clone(), how(commit.how))).collect()
        }
        None if one.request.mode == Mode::Prompts => Vec::new(),
        None => {
            let all = one.records.iter().flat_map(|record| &record.commits);
            all.map(|commit| (commit.sha.clone(), commit.message.clone(), None)).collect()
        }
    }
}
