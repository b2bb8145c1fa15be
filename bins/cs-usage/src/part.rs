//! Owns what a row of a report by one key is about: a day, week, month, project or repository, a model, a conversation.

use crate::row::{Field, Shown, Sides, Subject};
use agents::Agent;
use cs_core::clock;
use render::{Column, format_number};
use serde_json::json;
use usage::sum::Sum;

/// A part of what was used.
pub enum Part {
    Named {
        /// The kind of name: `date`, `week`, `month`, `project` or `repo`.
        kind: &'static str,
        name: String,
    },
    Model {
        model: String,
        /// Not known of other machines.
        agent: Option<Agent>,
    },
    Conversation(Conversation),
}

/// A conversation, as its log describes it.
#[derive(Default)]
pub struct Conversation {
    pub id: String,
    pub agent: &'static str,
    pub project: String,
    pub title: Option<String>,
    pub turns: u64,
    /// The local day of its last call.
    pub last_day: String,
    pub is_summary: bool,
}

impl Subject for Part {
    fn fields(&self, sum: &Sum) -> Sides<Field> {
        match self {
            Part::Named { kind, name } => Sides { before: vec![(kind, json!(name))], ..Sides::default() },
            Part::Model { model, agent } => {
                let before = vec![("model", json!(model)), ("agent", json!(agent.map(Agent::word)))];
                Sides { before, ..Sides::default() }
            }
            Part::Conversation(conversation) => conversation.fields(sum),
        }
    }

    fn columns(&self, _sum: &Sum) -> Sides<Shown> {
        match self {
            Part::Named { kind, name } => {
                let column =
                    if self.has_share() { Column::text(kind).shrinks(12).of_paths() } else { Column::text(kind) };
                Sides { before: vec![(column, name.clone())], behind: Vec::new() }
            }
            Part::Model { model, agent } => {
                let agent = (Column::text("agent").worth(25), agent.map(Agent::word).unwrap_or_default().to_string());
                let before = vec![(Column::text("model").shrinks(12), model.clone()), agent];
                Sides { before, behind: Vec::new() }
            }
            Part::Conversation(conversation) => conversation.columns(),
        }
    }

    fn has_share(&self) -> bool {
        match self {
            Part::Named { kind, .. } => matches!(*kind, "project" | "repo"),
            Part::Model { .. } => true,
            Part::Conversation(_) => false,
        }
    }
}

impl Conversation {
    fn fields(&self, sum: &Sum) -> Sides<Field> {
        let stamp = |millis: i64| clock::from_millis(millis).map(clock::stamp);
        Sides {
            before: vec![("session_id", json!(self.id))],
            behind: vec![
                ("agent", json!(self.agent)),
                ("project", json!(self.project)),
                ("title", json!(self.title)),
                ("turns", json!(self.turns)),
                ("first_at", json!(stamp(sum.first))),
                ("last_at", json!(stamp(sum.last))),
                ("source", json!(if self.is_summary { "summary" } else { "log" })),
            ],
        }
    }

    fn columns(&self) -> Sides<Shown> {
        Sides {
            before: vec![(Column::text("session").shrinks(8), self.id.clone())],
            behind: vec![
                (Column::number("turns").worth(15), format_number(self.turns)),
                (Column::text("last").worth(45), self.last_day.clone()),
                (Column::text("project").worth(35).shrinks(8).of_paths(), self.project.clone()),
                (Column::text("title").worth(60).shrinks(12), self.title.clone().unwrap_or_default()),
            ],
        }
    }
}
