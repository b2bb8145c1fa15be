//! Owns the rows of a log of a conversation: one for each part that a full report would show, and also titles, surroundings,
//! usage and compactions. Must stay true: a log that grows only adds rows, unless a line of it is being written; what
//! cannot be read is told, and is no row; memory does not grow with the log.

use super::present::Present;
use super::shown;
use super::{Each, Halt};
use crate::row::{Row, Table};
use agents::entry::{Kind, Lack, Source};
use agents::part::{Part, PartKind};
use conversations::{Conversation, Cursor, MAIN, Step, Wish};
use cs_core::clock;
use cs_core::error::Error;
use redaction::{Engine, Entry, Tally};
use reports::{Counts, Head, MANUAL, Texts};

/// The name of texts that are withheld, beside those of rules.
const WITHHELD: &str = "withheld";

/// Whether parts of a kind are sent; what the agent thought is not.
fn is_sent(kind: PartKind) -> bool {
    match kind {
        PartKind::Head | PartKind::End | PartKind::Reasoning => false,
        PartKind::Prompt
        | PartKind::Injected
        | PartKind::Answer
        | PartKind::Call
        | PartKind::Result
        | PartKind::Plan
        | PartKind::Ask
        | PartKind::Context
        | PartKind::Usage
        | PartKind::Agent
        | PartKind::Compaction
        | PartKind::Stop
        | PartKind::Attachment
        | PartKind::Title
        | PartKind::Relation
        | PartKind::Rewind
        | PartKind::Gap => true,
    }
}

/// Passes on the rows of the logs of a thread; returns how often something was replaced in them, by the rule.
pub fn rows(
    present: &mut Present,
    thread: &str,
    engine: &mut Engine,
    has_results: bool,
    each: &mut Each,
) -> Result<Counts, Halt> {
    let Present { conversation: of, marks, spoken, own, .. } = present;
    let (mut head, mut ledger) = (Head::default(), Tally::default());
    let mut texts = Texts::new(&of.uuid, engine, marks, false, &mut head, &mut ledger);
    texts.hide(spoken.clone());
    let (held, failed) = (Vec::new(), Ok(()));
    let mut talk = Talk { texts, has_results, each, seq: 0, is_over: false, held, failed, left_out: None };
    let mut cursor = match thread == MAIN {
        true => Cursor::new(of),
        false => own.get_or_insert_with(|| read_own(of)).only(thread),
    };
    // A log may have parts of other threads.
    let wish = Wish { kinds: PartKind::ALL.into_iter().filter(|kind| is_sent(*kind)).collect(), ..Wish::default() };
    while talk.failed.is_ok() && cursor.thread() == Some(thread) {
        if !matches!(cursor.step(&wish, &mut |part| talk.add(part)), Ok(Step::More)) {
            break;
        }
    }
    // A line that is not whole is not awaited, and told when it is.
    cursor.close(&wish, &mut |part| {
        if part.kind != PartKind::Gap {
            talk.add(part);
        }
    });
    talk.finish()?;
    let is_its = |path: &std::path::Path| of.logs.iter().any(|log| log.thread == thread && log.path == path);
    if let Some((path, error)) = cursor.unread().iter().find(|(path, _)| is_its(path)) {
        let error = std::io::Error::new(error.kind(), error.to_string());
        return Err(Halt::Failed(Error::io(path, "read", error)));
    }
    Ok(counts(&head))
}

/// The place behind the log of the conversation itself, of which only what other threads depend on was decoded.
fn read_own(of: &Conversation) -> Cursor {
    let mut cursor = Cursor::new(of);
    let wish = Wish { thread: Some(MAIN.to_string()), kinds: vec![PartKind::Agent], ..Wish::default() };
    while cursor.thread() == Some(MAIN) {
        if !matches!(cursor.step_where(&wish, &|_| false, &mut |_| {}), Ok(Step::More)) {
            break;
        }
    }
    cursor
}

/// How often something was replaced, by the rule, by hand, or because it may be the same in other words.
pub fn counts(head: &Head) -> Counts {
    let mut counts: Counts = head.redacted.iter().map(|(rule, count)| (rule.clone(), *count)).collect();
    let others = [(MANUAL, head.manual.values().sum()), (WITHHELD, head.withheld)];
    counts.extend(others.into_iter().filter(|(_, count)| *count > 0).map(|(name, count)| (name.to_string(), count)));
    counts
}

/// Rows on their way.
struct Talk<'t, 'a, 'e> {
    texts: Texts<'a>,
    has_results: bool,
    each: &'t mut Each<'e>,
    /// The number of the next row.
    seq: u64,
    /// Whether the agent said something last, so that a prompt is expected.
    is_over: bool,
    /// What responses used, while nothing came after them: if the turn goes on, other parts come before that.
    held: Vec<(Row, Vec<Entry>)>,
    failed: Result<(), Halt>,
    /// The rule because of which no more rows are passed: the rest is only counted.
    left_out: Option<LeftOut>,
}

/// What is known of rows from one on that is not safe.
struct LeftOut {
    rule: String,
    /// How many rows there are so far.
    rows: u64,
    /// How many more there are if the turn goes on.
    held: u64,
}

impl Talk<'_, '_, '_> {
    /// Adds a part. After a failure nothing more is added.
    fn add(&mut self, part: &Part) {
        if self.failed.is_ok() {
            self.failed = self.row(part);
        }
    }

    fn row(&mut self, part: &Part) -> Result<(), Halt> {
        match &part.entry.kind {
            Kind::Gap { lack: Lack::Unreadable, .. } => return Ok(()),
            Kind::Injected(_, Source::Task | Source::Message | Source::News) => {}
            Kind::Injected(..) => return Ok(()),
            Kind::Answer(_) | Kind::Stop(..) | Kind::Compaction { .. } => self.is_over = true,
            Kind::Response(_) | Kind::Title(_) | Kind::Renamed(_) | Kind::Context(_) => {}
            _ => self.is_over = false,
        }
        if let Some(LeftOut { rows, held, .. }) = &mut self.left_out {
            *held += 1;
            if part.kind != PartKind::Usage {
                *rows += std::mem::take(held);
            }
            return Ok(());
        }
        if part.kind != PartKind::Usage {
            self.pass_held()?;
        }
        let body = match shown::body(&mut self.texts, part, self.seq, self.has_results) {
            Err(Halt::Unsafe { rule, .. }) => {
                // Every row before this one was passed, unless the turn may go on.
                let (held, seq) = (self.held.len() as u64, self.seq);
                self.held.clear();
                let is_usage = part.kind == PartKind::Usage;
                let (rows, held) = if is_usage { (seq - held, held + 1) } else { (seq + 1, 0) };
                self.left_out = Some(LeftOut { rule, rows, held });
                return Ok(());
            }
            body => body?,
        };
        let row = Row {
            table: Table::Entry,
            id: self.texts.show_name("entry", &part.anchor),
            kind: Some(part.kind.word().to_string()),
            at: part.entry.at.and_then(clock::from_millis).map(clock::stamp),
            project: None,
            agent: None,
            conversation: None,
            body,
        };
        self.seq += 1;
        let replaced = self.texts.notes();
        match part.kind {
            PartKind::Usage => self.held.push((row, replaced)),
            _ => (self.each)(row, replaced)?,
        }
        Ok(())
    }

    fn pass_held(&mut self) -> Result<(), Halt> {
        std::mem::take(&mut self.held).into_iter().try_for_each(|(row, replaced)| (self.each)(row, replaced))
    }

    /// Passes on what is held back, if the turn is over: else it may still change.
    fn finish(mut self) -> Result<(), Halt> {
        std::mem::replace(&mut self.failed, Ok(()))?;
        if let Some(LeftOut { rule, rows, held }) = self.left_out {
            let rows = if self.is_over { rows + held } else { rows };
            return Err(Halt::Unsafe { rule, rows: Some(rows) });
        }
        if self.is_over { self.pass_held() } else { Ok(()) }
    }
}
