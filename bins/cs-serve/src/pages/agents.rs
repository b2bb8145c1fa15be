//! `/agents`: the seats of agents as a tree, and the leases that hold.

use super::figures::Top;
use crate::asked::Asked;
use crate::http::{Refusal, Reply};
use crate::view::agents::{self, AgentRow, Held};
use render::{format_dollars, format_round_count};
use serde::Serialize;

/// Maximum number of seats that have ended on the page, the latest; the API has all of them.
const ENDED: usize = 50;

/// The variables of `agents.html`.
#[derive(Serialize)]
pub struct AgentsPage {
    pub top: Top,
    /// The seats with a client, and those above them, in the order of the tree.
    pub open: Vec<ShownRow>,
    /// The others, the latest first.
    pub ended: Vec<ShownRow>,
    /// How many of those are left out.
    pub hidden: usize,
    pub leases: Vec<ShownLease>,
    /// The names of prepared agents, and the projects in which they can be started.
    pub templates: Vec<String>,
    pub projects: Vec<String>,
}

/// A lease as `docs/API.md` describes it, and:
#[derive(Serialize)]
pub struct ShownLease {
    #[serde(flatten)]
    pub lease: Held,
    /// The name of the agent that holds it, whose row is on the page.
    pub owner_name: Option<String>,
}

/// A seat as `docs/API.md` describes it, and:
#[derive(Serialize)]
pub struct ShownRow {
    #[serde(flatten)]
    pub row: AgentRow,
    /// `93.7k`
    pub tokens_text: Option<String>,
    /// `$0.04`
    pub cost: Option<String>,
}

impl ShownRow {
    pub fn of(row: AgentRow) -> Self {
        ShownRow { tokens_text: row.tokens.map(format_round_count), cost: row.cost_usd.map(format_dollars), row }
    }
}

impl ShownLease {
    fn of(lease: Held, rows: &[AgentRow]) -> Self {
        let owner = rows.iter().find(|row| row.agent_id == lease.owner);
        ShownLease { owner_name: owner.map(|row| row.name.clone()), lease }
    }
}

/// The page.
pub fn render(asked: &Asked) -> Result<Reply, Refusal> {
    let rows = asked.snapshot.agents.rows(asked.store());
    let leases = agents::leases(asked.store())?.into_iter().map(|lease| ShownLease::of(lease, &rows)).collect();
    let (open, mut ended) = split(rows);
    ended.sort_by(|a, b| b.ended_at.cmp(&a.ended_at).then_with(|| b.agent_id.cmp(&a.agent_id)));
    let hidden = ended.len().saturating_sub(ENDED);
    ended.truncate(ENDED);
    asked.render(&AgentsPage {
        top: asked.top(),
        open: open.into_iter().map(ShownRow::of).collect(),
        ended: ended.into_iter().map(|row| ShownRow::of(AgentRow { depth: 0, ..row })).collect(),
        hidden,
        leases,
        templates: cli::seat::settings(asked.store()).templates.into_keys().collect(),
        projects: asked.store().config().projects.into_keys().collect(),
    })
}

/// The rows that stand in the tree, and the others: a seat that has ended stands in the tree only above one that has
/// not.
fn split(rows: Vec<AgentRow>) -> (Vec<AgentRow>, Vec<AgentRow>) {
    let (mut tree, mut others) = (Vec::new(), Vec::new());
    // From the end: the next row that is less deep than one in the tree is its parent.
    let mut needed = 0;
    for row in rows.into_iter().rev() {
        if !row.is_over || row.depth < needed {
            needed = row.depth;
            tree.push(row);
        } else {
            others.push(row);
        }
    }
    tree.reverse();
    (tree, others)
}
