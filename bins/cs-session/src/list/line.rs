//! Owns the lines of `list` for programs: a row, or a whole record, as JSON.

use super::found::{Found, Row};
use cli::{Outcome, shown};
use cs_core::Error;
use cs_core::clock;
use cs_core::reach::Reach;
use cs_core::record::Status;
use cs_core::store::Line;
use seats::Brief;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A line of the list.
#[derive(Serialize)]
struct ListRow<'a> {
    session_id: &'a str,
    /// The machine on which it is, and who that belongs to; absent for this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    machine: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a str>,
    project_slug: &'a str,
    status: Status,
    state: &'a str,
    state_reason: &'a str,
    /// How a person gets to its conversation.
    reach: Reach,
    /// Instant since when it is in this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    state_since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    said: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    intent: &'a str,
    started_at: &'a str,
    ended_at: Option<&'a str>,
    last_heartbeat: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    context_used_percentage: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_usd: Option<f64>,
    /// Where that number comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_by: Option<&'static str>,
    /// The seat in which it works.
    #[serde(skip_serializing_if = "Option::is_none")]
    seat: Option<Brief>,
    /// The tags of its conversation.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    tags: &'a [String],
    /// The dispositions of entries of its conversation.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    dispositions: &'a [String],
}

/// The line of a whole record; empty if it was removed since the index was read.
pub fn full_line(found: &Found, row: &Row) -> Outcome<Vec<u8>> {
    let (id, verdict) = (row.id, &row.verdict);
    if let Some(other) = row.elsewhere {
        let record: Map<String, Value> =
            serde_json::from_str(other.body.as_deref().unwrap_or("{}")).unwrap_or_default();
        let of_machine = json!({"machine": other.machine, "owner": other.owner});
        let fields = of_machine.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
        let record: Map<String, Value> =
            record.into_iter().chain(fields.map(|(name, value)| (name.clone(), value.clone()))).collect();
        let mut line = cli::json_line(&record)?;
        line.pop_if(|last| *last == b'\n');
        return cli::shown_line(line, verdict, None, None);
    }
    let (place, seat) = (found.place(id), found.seat(id));
    match found.records.line(id) {
        Ok(Line::Whole(line)) => cli::shown_line(line, verdict, place.as_deref(), seat.as_ref()),
        Ok(Line::Read(mut session)) => {
            found.states.drop_answered(&mut session, verdict);
            cli::json_line(&shown(&session, verdict, place.as_deref(), None, seat.as_ref(), None))
        }
        Err(Error::Missing(_)) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

pub fn row_line(found: &Found, row: &Row) -> Outcome<Vec<u8>> {
    let Row { id, entry, verdict, elsewhere, .. } = row;
    let own = Some(id).filter(|_| elsewhere.is_none());
    let reading = own.map(|id| found.reading(id)).unwrap_or_default();
    let reach = || found.states.reach(id.as_str(), None, verdict.state);
    cli::json_line(&ListRow {
        session_id: id.as_str(),
        machine: elsewhere.map(|other| other.machine.as_str()),
        owner: elsewhere.and_then(|other| other.owner.as_deref()),
        project_slug: &entry.project_slug,
        status: entry.status,
        state: row.state(),
        state_reason: &verdict.reason,
        reach: own.map_or(Reach::Unknown, |_| reach()),
        state_since: verdict.since.map(clock::stamp),
        failed: verdict.failed.as_deref(),
        said: verdict.said.as_deref(),
        place: own.and_then(|id| found.place(id)),
        intent: &entry.intent,
        started_at: &entry.started_at,
        ended_at: entry.ended_at.as_deref(),
        last_heartbeat: &entry.last_heartbeat,
        context_used_percentage: reading.context_used_percentage,
        cost_usd: reading.cost_usd,
        cost_by: reading.cost_usd.map(|_| "client"),
        seat: own.and_then(|id| found.seat(id)),
        tags: elsewhere.map_or_else(|| found.tagged.tags(id.as_str()), |other| other.tags.as_slice()),
        dispositions: own.map(|id| found.tagged.dispositions(id.as_str())).unwrap_or_default(),
    })
}
