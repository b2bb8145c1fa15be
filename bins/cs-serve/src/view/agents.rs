//! Owns the seats of agents in a snapshot, and what answers say about each. Without seats nothing is read.
//! Must stay true: texts are masked; reasons have no age (see [`super::verdicts`]); a figure that is not known is absent,
//! never 0.

use super::seen::seen_seat;
use super::verdicts::timeless;
use agents::LastCall;
use cs_core::clock::{self, TimeDelta};
use cs_core::id::{SeatId, Uuid};
use cs_core::live::Live;
use cs_core::masked;
use cs_core::states::States;
use cs_core::store::Store;
use cs_core::{Error, Result};
use seats::sight::{self, SeatState};
use seats::{Brief, Inbox, Leases, Seat, Seating, tree};
use serde::Serialize;

/// All seats at one moment.
#[derive(Debug, Default)]
pub struct Agents {
    seating: Seating,
    /// In the order of the tree.
    standings: Vec<Standing>,
}

/// How a seat is.
#[derive(Debug, PartialEq)]
struct Standing {
    seat: Seat,
    /// Number of seats above it.
    depth: usize,
    brief: Brief,
    state: SeatState,
    verdict: cs_core::state::Verdict,
    session_id: Option<String>,
    /// Its present conversation.
    uuid: Option<Uuid>,
    asks: Option<String>,
}

/// A seat as answers show it.
#[derive(Debug, Serialize)]
pub struct AgentRow {
    pub agent_id: String,
    pub name: String,
    /// The client's word: `claude-code` or `codex`.
    pub agent: String,
    pub state: &'static str,
    pub state_reason: String,
    pub state_at: Option<String>,
    pub state_since: Option<String>,
    /// Why the last turn failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// The question that waits for an answer.
    pub asks: Option<String>,
    /// The agent's last message, if its turn is over.
    pub said: Option<String>,
    /// What the agent says that it is doing.
    pub doing: Option<String>,
    /// The parent: an agent's id, or `claude:` and the id of a conversation; null if a person made the seat.
    pub parent: Option<String>,
    /// The session of the parent's present conversation.
    pub parent_session_id: Option<String>,
    /// Number of seats above it that are in the same list.
    pub depth: usize,
    pub session_id: Option<String>,
    pub claude_session_id: Option<String>,
    pub project_slug: Option<String>,
    pub spawned_at: String,
    pub spawned_by: String,
    pub ended_at: Option<String>,
    pub ended_by: Option<String>,
    pub messages_waiting: usize,
    /// Number of leases that it holds.
    pub leases: usize,
    /// What its present conversation used at the last count.
    pub tokens: Option<u64>,
    pub calls: Option<u64>,
    pub cost_usd: Option<f64>,
    /// The last tool call of its conversation.
    pub last_call: Option<LastCall>,
    /// Whether its client has ended.
    pub is_over: bool,
    /// What a person has seen who changes it: `if` of a change.
    pub seen: String,
}

/// A message that waits.
#[derive(Debug, Serialize)]
pub struct Waiting {
    pub message_id: String,
    /// `user`, an agent's name, or the id of a conversation.
    pub from: String,
    pub mode: &'static str,
    pub sent_at: String,
    pub text: String,
}

/// A lease that holds.
#[derive(Debug, Serialize)]
pub struct Held {
    pub id: String,
    pub token: u64,
    pub project_slug: String,
    pub paths: Vec<String>,
    pub shared: bool,
    pub worktree_root: Option<String>,
    /// `user`, an agent's id, or `claude:` and the id of a conversation.
    pub owner: String,
    pub reason: Option<String>,
    pub acquired_at: String,
    pub expires_at: String,
}

/// A seat with everything that is shown.
#[derive(Debug, Serialize)]
pub struct ShownAgent {
    #[serde(flatten)]
    pub row: AgentRow,
    /// The seats below it.
    pub children: Vec<AgentRow>,
    pub messages: Vec<Waiting>,
    pub held: Vec<Held>,
}

impl Agents {
    /// Looks at the seats, which were read before.
    pub fn look(store: &Store, seats: &[Seat], lives: &[Live], stale_after: TimeDelta) -> Self {
        if seats.is_empty() {
            return Agents::default();
        }
        let states = States::of_lives(store, lives, stale_after, clock::now());
        let seating = Seating::look(store, seats.to_vec(), lives, states.now());
        let standing = |(depth, seat): (usize, &Seat)| {
            let seen = sight::look(seat, lives, &states);
            let asks = seen.live.filter(|_| seen.verdict.asks).and_then(Live::open_question).map(str::to_string);
            let session_id = seen.session_id().map(str::to_string);
            let uuid = seen.uuid();
            let (state, verdict) = (seen.state, timeless(seen.verdict));
            Standing {
                brief: seating.brief_of(&store.home, seat),
                seat: seat.clone(),
                depth,
                state,
                verdict,
                session_id,
                uuid,
                asks,
            }
        };
        let standings = sight::family(seats.iter().collect()).into_iter().map(standing).collect();
        Agents { seating, standings }
    }

    /// Whether both show the same.
    pub fn agree_with(&self, other: &Agents) -> bool {
        self.standings == other.standings
    }

    /// Number of seats.
    pub fn len(&self) -> usize {
        self.standings.len()
    }

    /// What a list says about the seat of a session.
    pub fn brief(&self, session: &str) -> Option<&Brief> {
        let seat = self.seating.of_session(session)?;
        self.standings.iter().find(|standing| standing.seat.agent_id == seat.agent_id).map(|standing| &standing.brief)
    }

    /// The order of sessions in a list as a tree: their numbers, each with its depth.
    pub fn in_families(&self, sessions: &[&str]) -> Vec<(usize, usize)> {
        tree::order(&self.seating.parents(sessions))
    }

    /// All seats in the order of the tree.
    pub fn rows(&self, store: &Store) -> Vec<AgentRow> {
        self.standings.iter().map(|standing| standing.row(store, 0)).collect()
    }

    /// The seats below the session's seat, or below its conversation.
    pub fn below(&self, store: &Store, session: &str) -> Vec<AgentRow> {
        let is_child = |standing: &Standing| {
            let parent = standing.seat.parent.as_ref().and_then(|parent| self.seating.session_of_parent(parent));
            parent == Some(session) && standing.session_id.as_deref() != Some(session)
        };
        let children = self.standings.iter().enumerate().filter(|(_, standing)| is_child(standing));
        let with_others = children.flat_map(|(at, child)| {
            let rest = self.standings.iter().skip(at + 1).take_while(|other| other.depth > child.depth);
            std::iter::once(child).chain(rest).map(|standing| standing.row(store, child.depth))
        });
        with_others.collect()
    }

    fn find(&self, id: &str) -> Option<(usize, &Standing)> {
        self.standings.iter().enumerate().find(|(_, standing)| standing.seat.agent_id == id)
    }
}

/// A seat; `Missing` if there is none with this id.
pub fn show(store: &Store, agents: &Agents, id: &SeatId) -> Result<ShownAgent> {
    let (at, standing) = agents.find(id.as_str()).ok_or_else(|| Error::Missing(format!("no agent {id}")))?;
    let below = agents.standings.iter().skip(at + 1).take_while(|other| other.depth > standing.depth);
    let mut held = leases(store)?;
    held.retain(|lease| lease.owner == id.as_str());
    Ok(ShownAgent {
        row: standing.row(store, standing.depth),
        children: below.map(|other| other.row(store, standing.depth + 1)).collect(),
        messages: waiting(store, id)?,
        held,
    })
}

/// The messages that wait for a seat.
pub fn waiting(store: &Store, id: &SeatId) -> Result<Vec<Waiting>> {
    let messages = Inbox::of(&store.home, id, store.wait).waiting()?;
    let shown = messages.into_iter().map(|message| Waiting {
        from: mask(message.from.name.clone().unwrap_or_else(|| message.from.word())),
        mode: message.mode.as_str(),
        text: mask(message.text),
        message_id: message.message_id,
        sent_at: message.sent_at,
    });
    Ok(shown.collect())
}

/// The leases of all projects that hold now. One file that cannot be read hides no other.
pub fn leases(store: &Store) -> Result<Vec<Held>> {
    let mut all = Vec::new();
    for slug in Leases::projects(store)? {
        let held = Leases::of(store, &slug).held(clock::now()).unwrap_or_default();
        all.extend(held.into_iter().map(|lease| Held {
            owner: lease.owner.word(),
            reason: lease.reason.map(mask),
            project_slug: slug.to_string(),
            id: lease.id,
            token: lease.token,
            paths: lease.paths,
            shared: lease.shared,
            worktree_root: lease.worktree_root,
            acquired_at: lease.acquired_at,
            expires_at: lease.expires_at,
        }));
    }
    Ok(all)
}

fn mask(mut text: String) -> String {
    masked::text(&mut text);
    text
}

impl Standing {
    /// The row in a list whose topmost seats have the depth `top`.
    fn row(&self, store: &Store, top: usize) -> AgentRow {
        let (seat, verdict, brief) = (&self.seat, &self.verdict, &self.brief);
        let live = self.uuid.as_ref().and_then(|uuid| store.live(uuid).ok()?);
        let spent = |uuid| sight::spent(store, uuid, self.session_id.as_deref(), live.as_ref());
        let spent = self.uuid.as_ref().map(spent).unwrap_or_default();
        AgentRow {
            agent_id: seat.agent_id.clone(),
            name: mask(seat.name.clone()),
            agent: seat.agent.clone(),
            state: self.state.as_str(),
            state_reason: mask(verdict.reason.clone()),
            state_at: verdict.evidence_at.map(clock::stamp),
            state_since: verdict.since.map(clock::stamp),
            failed: verdict.failed.clone().map(mask),
            asks: self.asks.clone().map(mask),
            said: verdict.said.clone().map(mask),
            doing: seat.doing.clone().map(mask),
            parent: seat.parent.as_ref().and_then(seats::Parent::word),
            parent_session_id: brief.parent_session_id.clone(),
            depth: self.depth.saturating_sub(top),
            session_id: self.session_id.clone(),
            claude_session_id: seat.claude_session_id.clone(),
            project_slug: seat.project_slug.clone(),
            spawned_at: seat.spawned_at.clone(),
            spawned_by: seat.spawned_by.clone(),
            ended_at: seat.ended_at.clone(),
            ended_by: seat.ended_by.clone(),
            messages_waiting: brief.messages_waiting,
            leases: brief.leases,
            tokens: spent.tokens,
            calls: spent.calls,
            cost_usd: spent.cost_usd,
            last_call: live.as_ref().and_then(agents::last_call),
            is_over: self.state.is_over(),
            seen: seen_seat(&self.seat),
        }
    }
}
