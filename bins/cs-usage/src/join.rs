//! `session --join`: records beside what they cost, so that what an intent came to is one line.
//! A conversation with several records is divided among them.

use crate::command::Options;
use crate::load::Loaded;
use crate::records::records;
use crate::render::{Line, print};
use cli::{Context, Outcome};
use cs_core::record::Session;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use usage::book::Row;
use usage::shares::place_of;
use usage::sum::Sum;

/// Prints the records whose conversations have these rows, and the conversations without a record.
pub fn run(options: &Options, context: &mut Context, loaded: &Loaded, rows: &[&Row]) -> Outcome<()> {
    let mut sessions: HashMap<String, Session> = HashMap::new();
    let records = records(context, |session| drop(sessions.insert(session.session_id.clone(), session)))?;
    let mut shares: HashMap<(u32, usize), Share> = HashMap::new();
    for row in rows {
        let id = loaded.book.sessions.get(row.session as usize).map_or("", |session| session.id.as_str());
        let place = records.get(id).map_or(0, |records| place_of(records, row.first));
        let model = loaded.book.models.get(row.model as usize).map_or("", String::as_str);
        let share = shares.entry((row.session, place)).or_default();
        share.sum.add(row, model, &loaded.prices);
        share.models.entry(model.to_string()).or_default().add(row, model, &loaded.prices);
    }
    let mut shares: Vec<((u32, usize), Share)> = shares.into_iter().collect();
    shares.sort_by_key(|(key, share)| (share.sum.last, *key));
    let lines: Vec<Line> = shares
        .into_iter()
        .filter_map(|((session, place), share)| {
            let talk = loaded.book.sessions.get(session as usize)?;
            let record = records.get(&talk.id).and_then(|records| sessions.get(&records.get(place)?.session_id));
            let project = loaded.projects.get(session as usize).cloned().unwrap_or_default();
            Some(line(&talk.id, record, talk.title.as_deref(), project, share))
        })
        .collect();
    if lines.is_empty() {
        return Err(loaded.nothing());
    }
    let header = ["session", "status", "tasks", "commits"];
    print(&mut context.out, options, &header, &["intent", "outcome"], &lines)
}

#[derive(Default)]
struct Share {
    sum: Sum,
    models: BTreeMap<String, Sum>,
}

fn line(uuid: &str, record: Option<&Session>, title: Option<&str>, project: String, share: Share) -> Line {
    let (done, tasks) = record.map(Session::task_progress).unwrap_or_default();
    let commits = record.map_or(0, |record| record.commits.len());
    let id = record.map(|record| record.session_id.clone());
    let status = record.map(|record| record.status.as_str());
    let intent = record.map(|record| record.intent.clone());
    let outcome = record.and_then(|record| record.outcome.clone());
    let slug = record.map_or(project, |record| record.project_slug.clone());
    let keys: Vec<(&'static str, Value)> = vec![
        ("session_id", json!(id)),
        ("claude_session_id", json!(uuid)),
        ("project_slug", json!(slug)),
        ("status", json!(status)),
        ("intent", json!(intent.as_deref().or(title))),
        ("outcome", json!(outcome)),
        ("tasks_done", json!(done)),
        ("tasks", json!(tasks)),
        ("commits", json!(commits)),
    ];
    let of_tasks = if tasks > 0 { format!("{done}/{tasks}") } else { String::new() };
    let cells = vec![
        id.unwrap_or_else(|| uuid.to_string()),
        status.unwrap_or("no record").to_string(),
        of_tasks,
        if commits > 0 { commits.to_string() } else { String::new() },
    ];
    let intent = intent.or(title.map(str::to_string)).unwrap_or_default();
    let more_cells = vec![intent, outcome.unwrap_or_default()];
    Line { keys, cells, sum: share.sum, models: share.models, more: Vec::new(), more_cells }
}
