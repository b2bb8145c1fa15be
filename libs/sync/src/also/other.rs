//! Owns what is read of another machine's folder.

use super::head::Head;
use super::said;
use crate::folder::{self, Card, Place};
use crate::row::{Row, Table};
use crate::source::{Kind, Source};
use cs_core::clock::{self, Date};
use cs_core::days::{Amount, DayRow};
use cs_core::error::Result;
use cs_core::file;
use cs_core::id::SessionId;
use cs_core::index::IndexEntry;
use cs_core::validate::{self, COUNT, cut};
use marks::Mark;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Instant;

/// How much of the end of `held.jsonl` is looked at.
const TAIL: u64 = 64 * 1024;
/// Longest name of a project, a model or an owner, in characters.
const NAME: usize = 200;
/// Most marks of a conversation that are read.
const MARKS: usize = 5000;
/// Longest text of a session in a list, in characters.
const TEXT: usize = 500;

/// Another machine.
#[derive(Clone, Debug)]
pub struct Other {
    place: Place,
    card: Card,
}

/// A session of another machine.
#[derive(Clone, Debug)]
pub struct OtherSession {
    /// Its id.
    pub id: SessionId,
    /// What lists show.
    pub entry: IndexEntry<'static>,
    /// The agent's word.
    pub agent: Option<String>,
    /// Its conversation.
    pub conversation: Option<String>,
}

impl OtherSession {
    /// The session of a row; `None` if it is not one that can be shown.
    fn of(source: &Source, row: &Row) -> Option<OtherSession> {
        let id = SessionId::parse(source.name()).ok()?;
        let mut entry: IndexEntry = serde_json::from_str(row.body.get()).ok()?;
        for text in [&mut entry.intent, &mut entry.project_slug] {
            *text = cut(text, TEXT).into();
        }
        for at in [&mut entry.started_at, &mut entry.last_heartbeat] {
            *at = clock::parse(at).map(clock::stamp).unwrap_or_default().into();
        }
        entry.ended_at = entry.ended_at.and_then(|at| clock::parse(&at)).map(|at| clock::stamp(at).into());
        let (agent, conversation) = (row.agent.clone(), row.conversation.clone());
        let name = |text: Option<String>| text.map(|text| cut(&text, NAME));
        Some(OtherSession { id, entry: entry.into_owned(), agent: name(agent), conversation: name(conversation) })
    }
}

impl Other {
    pub(super) fn new(place: Place, card: Card) -> Other {
        Other { place, card }
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.card.machine.id
    }

    /// What people call it: its label, else the beginning of its id.
    pub fn name(&self) -> &str {
        self.card.machine.name()
    }

    /// Who it belongs to, if that is known.
    pub fn owner(&self) -> Option<&str> {
        self.card.owner.as_deref().filter(|owner| !owner.is_empty() && owner.chars().count() <= NAME)
    }

    /// When the last news of it was written: RFC 3339, UTC.
    pub fn news_at(&self) -> Option<String> {
        let path = self.place.held();
        self.place.check(&path).ok()?;
        let tail = file::tail(&path, TAIL).ok()?;
        let lines = tail.split(|byte| *byte == b'\n').rev();
        let at = lines.filter_map(|line| serde_json::from_slice::<folder::HeldLine>(line).ok()).next()?.at;
        clock::parse(&at).map(clock::stamp)
    }

    /// What changes when something in the folder does: the sizes and times of its files of many sources.
    pub fn stamp(&self) -> String {
        let kinds = [Kind::Head, Kind::Record, Kind::Mark, Kind::Usage].map(|kind| self.place.shared(kind));
        let files = kinds.into_iter().chain([self.place.machine(), self.place.held(), self.place.forgotten()]);
        let stamp = |path: std::path::PathBuf| {
            let meta = std::fs::symlink_metadata(path).ok()?;
            let at = meta.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
            Some(format!("{}@{}", meta.len(), at.as_nanos()))
        };
        files.map(|path| stamp(path).unwrap_or_default()).collect::<Vec<String>>().join(" ")
    }

    /// How many conversations the team sees, and how many nobody else does.
    pub fn visible(&self) -> Result<(usize, usize)> {
        let holding = folder::holding(&self.place)?;
        let conversations = holding.sources.iter().filter(|(source, entry)| {
            // One that is no longer shared has no rows.
            source.kind() == Kind::Head && entry.rows.pos > 0
        });
        let team =
            conversations.clone().filter(|(_, entry)| entry.rows.visibility() == crate::Visibility::Team).count();
        Ok((team, conversations.count() - team))
    }

    /// Passes its sessions to `each`, and with each its whole row.
    pub fn sessions(&self, each: &mut dyn FnMut(OtherSession, &Row) -> Result<()>) -> Result<()> {
        self.rows(Kind::Record, Table::Record, &mut |source, row| match OtherSession::of(source, row) {
            Some(session) => each(session, row),
            None => Ok(()),
        })
    }

    /// Passes its conversations to `each`.
    pub fn heads(&self, each: &mut dyn FnMut(Head) -> Result<()>) -> Result<()> {
        self.heads_until(None, each)
    }

    /// The same, which fails with [`cs_core::Error::Limited`] at the deadline.
    pub(super) fn heads_until(&self, until: Option<Instant>, each: &mut dyn FnMut(Head) -> Result<()>) -> Result<()> {
        self.rows_of(
            Kind::Head,
            Table::Conversation,
            None,
            until,
            &mut |source, row| match Head::of(source.name(), row) {
                Some(head) => each(head),
                None => Ok(()),
            },
        )
    }

    /// What it says of one conversation; `None` if it has not sent it.
    pub fn head(&self, conversation: &str) -> Result<Option<Head>> {
        let mut found = None;
        self.rows_of(Kind::Head, Table::Conversation, Some(conversation), None, &mut |source, row| {
            found = Head::of(source.name(), row).or(found.take());
            Ok(())
        })?;
        Ok(found)
    }

    /// Adds what people said about a conversation.
    pub(super) fn said(&self, conversation: &str, all: &mut Vec<Mark>) -> Result<()> {
        let from = all.len();
        self.rows_of(Kind::Mark, Table::Mark, Some(conversation), None, &mut |_, row| {
            if all.len() - from < MARKS {
                all.extend(said::mark(row));
            }
            Ok(())
        })
    }

    /// What was used on it, by day, project and model.
    pub fn usage(&self) -> Result<Vec<DayRow>> {
        let mut sums: BTreeMap<(Option<String>, String, String), Amount> = BTreeMap::new();
        self.rows(Kind::Usage, Table::UsageDay, &mut |source, row| {
            let date = source.name().parse::<Date>().ok().map(|day| day.to_string());
            if let Some(amount) = amount(row).filter(|_| date.is_some() || source.name() == "before") {
                let project = cut(row.project.as_deref().unwrap_or_default(), NAME);
                sums.entry((date, project, cut(&row.id, NAME))).or_default().add(&amount);
            }
            Ok(())
        })?;
        let row = |((date, project, model), amount)| DayRow { date, project, model, amount };
        Ok(sums.into_iter().map(row).collect())
    }

    /// Passes the lines of a conversation to `each`: the main thread first. Without a conversation there are none.
    pub fn talk(&self, conversation: &str, each: &mut dyn FnMut(&Row) -> Result<()>) -> Result<()> {
        self.talk_until(None, conversation, each)
    }

    /// The same, which fails with [`cs_core::Error::Limited`] at the deadline.
    pub(super) fn talk_until(
        &self,
        until: Option<Instant>,
        conversation: &str,
        each: &mut dyn FnMut(&Row) -> Result<()>,
    ) -> Result<()> {
        let Some(dir) = self.place.talk(conversation) else { return Ok(()) };
        let mut sources = folder::sources(&self.place, &dir, Kind::Talk)?;
        sources.sort_by_key(|source| !source.name().ends_with("/main"));
        for source in sources {
            let path = self.place.rows(&source);
            self.place.check(&path)?;
            folder::rows_until(
                &path,
                until,
                &|one| *one == source,
                &mut |_, _, text| match row_of(text, Table::Entry) {
                    Some(row) => each(&row),
                    None => Ok(()),
                },
            )?;
        }
        Ok(())
    }

    /// The ids of the conversations of which there are lines.
    pub fn talks(&self) -> Result<Vec<String>> {
        let dir = self.place.each(Kind::Talk);
        self.place.check(&dir)?;
        file::stems(&dir, "")
    }

    fn rows(&self, kind: Kind, table: Table, each: &mut dyn FnMut(&Source, &Row) -> Result<()>) -> Result<()> {
        self.rows_of(kind, table, None, None, each)
    }

    /// The rows of a kind, or only those of the source with this name; only what is read by then.
    fn rows_of(
        &self,
        kind: Kind,
        table: Table,
        name: Option<&str>,
        until: Option<Instant>,
        each: &mut dyn FnMut(&Source, &Row) -> Result<()>,
    ) -> Result<()> {
        let path = self.place.shared(kind);
        self.place.check(&path)?;
        let forgotten = folder::forgotten(&self.place)?;
        let is_there = |source: &Source| source.owner().is_none_or(|owner| !forgotten.contains(owner));
        let is_wanted = |source: &Source| {
            source.kind() == kind && name.is_none_or(|name| source.name() == name) && is_there(source)
        };
        folder::rows_until(&path, until, &is_wanted, &mut |source, _, text| match row_of(text, table) {
            Some(row) => each(source, &row),
            None => Ok(()),
        })
    }
}

fn row_of(line: &[u8], table: Table) -> Option<Row> {
    Row::parse(line).filter(|row| row.table == table)
}

/// What a row of usage says.
fn amount(row: &Row) -> Option<Amount> {
    #[derive(Deserialize)]
    #[serde(default)]
    #[derive(Default)]
    struct Used {
        input_tokens: u64,
        output_tokens: u64,
        cache_creation_input_tokens: u64,
        cache_read_input_tokens: u64,
        cost_usd: Option<f64>,
        unpriced_tokens: u64,
    }
    let used: Used = serde_json::from_str(row.body.get()).ok()?;
    let kinds = [used.input_tokens, used.output_tokens, used.cache_creation_input_tokens, used.cache_read_input_tokens];
    let cost = used.cost_usd.and_then(validate::dollars);
    Some(Amount::new(kinds.map(|count| count.min(COUNT)), cost, used.unpriced_tokens.min(COUNT)))
}
