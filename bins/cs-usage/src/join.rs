//! `session --join`: records with what they cost, so that each intent and its cost are one line. The usage of a
//! conversation with several records is divided among them.

use crate::load::load_for;
use crate::options::Options;
use crate::output::print_rows;
use crate::records::records;
use crate::row::{Field, Shown, Sides, Subject, UsageRow};
use cli::{Context, Outcome};
use cs_core::record::Session;
use render::{Column, format_progress};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use usage::report::By;
use usage::shares::place_of;
use usage::sum::Sum;

/// Prints the records of the conversations with usage, and the conversations without a record.
pub fn run(options: &Options, context: &mut Context) -> Outcome<()> {
    let (loaded, filter) = load_for(options, Some(By::Session), context)?;
    let view = loaded.view();
    let mut sessions: HashMap<String, Session> = HashMap::new();
    let records = records(context, |session| drop(sessions.insert(session.session_id.clone(), session)))?;
    let mut shares: HashMap<(u32, usize), Share> = HashMap::new();
    for row in view.rows(&filter) {
        let id = loaded.book.sessions.get(row.session as usize).map_or("", |session| session.id.as_str());
        let place = records.get(id).map_or(0, |records| place_of(records, row.first));
        let model = loaded.book.models.get(row.model as usize).map_or("", String::as_str);
        let share = shares.entry((row.session, place)).or_default();
        share.sum.add(row, model, &loaded.prices);
        share.models.entry(model.to_string()).or_default().add(row, model, &loaded.prices);
    }
    let mut shares: Vec<((u32, usize), Share)> = shares.into_iter().collect();
    shares.sort_by_key(|(key, share)| (share.sum.last, *key));
    let rows: Vec<UsageRow<Record>> = shares
        .into_iter()
        .filter_map(|((index, place), share)| {
            let conversation = loaded.book.sessions.get(index as usize)?;
            let of = records.get(&conversation.id).and_then(|records| sessions.get(&records.get(place)?.session_id));
            let record = match of {
                Some(session) => Record::of(session, &conversation.id),
                None => Record {
                    claude_session_id: conversation.id.clone(),
                    project: loaded.projects.get(index as usize).cloned().unwrap_or_default(),
                    ..Record::default()
                },
            };
            let title = conversation.title.clone();
            let record = Record { intent: record.intent.or(title), ..record };
            Some(UsageRow { subject: record, sum: share.sum, models: share.models })
        })
        .collect();
    if rows.is_empty() {
        return Err(loaded.nothing(options));
    }
    print_rows(&mut context.out, options, &rows)?;
    loaded.end()
}

/// The width of a record's id, which is never cut. A conversation's id is longer.
const RECORD_ID: usize = 23;

#[derive(Default)]
struct Share {
    sum: Sum,
    models: BTreeMap<String, Sum>,
}

/// A record, or a conversation that has none.
#[derive(Default)]
struct Record {
    session_id: Option<String>,
    claude_session_id: String,
    project: String,
    status: Option<&'static str>,
    /// The record's intent, else the conversation's title.
    intent: Option<String>,
    outcome: Option<String>,
    /// The number of tasks that are done, and of all tasks.
    tasks: (usize, usize),
    commits: usize,
}

impl Record {
    fn of(session: &Session, claude_session_id: &str) -> Self {
        Record {
            session_id: Some(session.session_id.clone()),
            claude_session_id: claude_session_id.to_string(),
            project: session.project_slug.clone(),
            status: Some(session.status.as_str()),
            intent: Some(session.intent.clone()),
            outcome: session.outcome.clone(),
            tasks: session.task_progress(),
            commits: session.commits.len(),
        }
    }
}

impl Subject for Record {
    fn fields(&self, _sum: &Sum) -> Sides<Field> {
        let (done, total) = self.tasks;
        let before = vec![
            ("session_id", json!(self.session_id)),
            ("claude_session_id", json!(self.claude_session_id)),
            ("project_slug", json!(self.project)),
            ("status", json!(self.status)),
            ("intent", json!(self.intent)),
            ("outcome", json!(self.outcome)),
            ("tasks_done", json!(done)),
            ("tasks", json!(total)),
            ("commits", json!(self.commits)),
        ];
        Sides { before, ..Sides::default() }
    }

    fn columns(&self, _sum: &Sum) -> Sides<Shown> {
        let text = |title, worth: u8, floor: usize, text: &Option<String>| {
            (Column::text(title).worth(worth).shrinks(floor), text.clone().unwrap_or_default())
        };
        let commits = if self.commits > 0 { self.commits.to_string() } else { String::new() };
        let id = self.session_id.as_ref().unwrap_or(&self.claude_session_id);
        let session = (Column::text("session").shrinks(RECORD_ID), id.clone());
        Sides {
            before: vec![
                session,
                (Column::text("status").worth(28), self.status.unwrap_or("no record").to_string()),
                (Column::number("tasks").worth(12), format_progress(self.tasks)),
                (Column::number("commits").worth(11), commits),
            ],
            behind: vec![text("intent", 60, 12, &self.intent), text("outcome", 50, 12, &self.outcome)],
        }
    }
}
