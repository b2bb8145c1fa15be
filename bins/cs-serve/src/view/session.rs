//! Owns one session as it is shown: its whole record, its state, the sessions before and after it, and how to
//! resume it.

use super::agents::{self, AgentRow, Held, Waiting};
use super::commands::{self, Known, Offer};
use super::keeper::{Keeper, Snapshot};
use super::seen::seen;
use ::agents::Agent;
use audit::Work;
use cs_core::Result;
use cs_core::clock;
use cs_core::id::{SeatId, SessionId, Uuid};
use cs_core::masked;
use cs_core::reach::Reach;
use cs_core::record::{Session, Status};
use cs_core::refs::{self, Links};
use cs_core::state::State;
use cs_core::statusline::Reading;
use cs_core::usage::Usage;
use marks::Marks;
use seats::Brief;
use serde::Serialize;
use serde_json::Value;

/// Maximum number of sessions before and after one that are shown.
const CHAIN: usize = 20;

/// A session with everything that is shown.
#[derive(Debug, Serialize)]
pub struct ShownSession {
    #[serde(flatten)]
    pub session: Session,
    pub state: State,
    pub state_reason: String,
    /// Why the last turn failed, if nothing happened since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// The agent's last message, if its turn is over.
    pub said: Option<String>,
    /// The terminal in which its conversation runs, in words for people.
    pub place: Option<String>,
    /// What a person has seen who changes it: `if` of a change.
    pub seen: String,
    /// How a person gets to its conversation.
    pub reach: Reach,
    pub state_at: Option<String>,
    /// Since when the session is in that state.
    pub state_since: Option<String>,
    /// The last sign of life, which may not be in the record yet.
    pub last_sign: String,
    pub is_archived: bool,
    /// The project's name for people.
    pub project_name: String,
    /// A shell command that resumes the conversation, if that is known.
    pub resume_command: Option<String>,
    /// The sessions that this one continues, the latest first.
    pub earlier: Vec<Link>,
    /// The sessions that continue this one, the earliest first.
    pub later: Vec<Link>,
    /// Its usage at the last count.
    pub usage: Option<Usage>,
    /// Why that cannot be read.
    pub usage_error: Option<String>,
    /// The client's last report, while the session is active.
    pub status_line: Option<Reading>,
    /// The seat in which it works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seat: Option<Seated>,
    /// The tags of its conversation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The dispositions of entries of its conversation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dispositions: Vec<String>,
    /// The issues that its branch, its commits and its intent name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refs: Vec<Issue>,
    /// What its calls of tools come to, by the log.
    #[serde(skip)]
    pub work: Option<Work>,
    /// The same for the API. As a value, it has the one form of serializing that the program needs anyway: the program
    /// would be larger by far with another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit: Option<Value>,
    /// The seats that its agent spawned, and those below them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<AgentRow>,
}

/// An issue, and where it is if that is known.
#[derive(Debug, Serialize)]
pub struct Issue {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

/// The seat of a session, and what waits for it.
#[derive(Debug, Serialize)]
pub struct Seated {
    #[serde(flatten)]
    pub brief: Brief,
    pub messages: Vec<Waiting>,
    pub held: Vec<Held>,
}

impl ShownSession {
    /// The commands that a person may copy. Beside `cs-session open` stands what it does.
    pub fn offers(&self) -> Vec<Offer> {
        let mut offers = commands::offers(&Known {
            id: &self.session.session_id,
            status: self.session.status,
            reach: self.reach,
            has_conversation: self.session.claude_session_id.is_some(),
            is_continued: self.session.resumed_as.is_some(),
        });
        let open = offers.iter().position(|offer| offer.key == "open");
        if let (Some(at), Some(command)) = (open, self.resume_command.clone()) {
            offers.insert(at + 1, Offer { key: "by-hand", label: "The same by hand", command, options: "" });
        }
        if let Some(seat) = self.seat.as_ref().map(|seat| &seat.brief).filter(|seat| seat.has_terminal) {
            let command = format!("cs-agent attach {}", cli::quote_word(&seat.agent_id));
            offers.insert(0, Offer { key: "attach", label: "Show its terminal here", command, options: "" });
        }
        offers
    }

    /// Whether an earlier or a later session has the same conversation, so that they share its usage.
    pub fn shares_usage(&self) -> bool {
        let others = self.earlier.iter().chain(&self.later);
        self.session.claude_session_id.is_some()
            && others.into_iter().any(|link| link.claude_session_id == self.session.claude_session_id)
    }
}

/// Another session.
#[derive(Debug, Serialize)]
pub struct Link {
    pub session_id: String,
    /// `None` if its record cannot be read.
    pub intent: Option<String>,
    #[serde(skip)]
    pub claude_session_id: Option<String>,
}

/// Reads a session; the state is as of now.
pub fn show(keeper: &Keeper, snapshot: &Snapshot, id: &SessionId) -> Result<ShownSession> {
    let store = &keeper.store;
    let (mut session, path) = store.located(id)?;
    let seen = seen(&session);
    let verdict = snapshot.verdicts.settle(store, &mut session);
    let last_sign = snapshot.verdicts.last_sign(store, &session);
    let uuid = session.claude_session_id.as_deref().and_then(|uuid| Uuid::parse(uuid).ok());
    let reach = snapshot.verdicts.reach(store, id.as_str(), session.claude_session_id.as_deref(), verdict.state);
    let used = store.usage_of(&session);
    let is_active = session.status == Status::Active;
    let name = snapshot.names.get(&session.project_slug);
    let resume_command = resume_command(&session);
    masked::session(&mut session);
    // Marks that cannot be read must not hide the record.
    let marks = uuid.as_ref().and_then(|uuid| Marks::read(store, uuid.as_str()).ok()).unwrap_or_default();
    Ok(ShownSession {
        tags: marks.tags(),
        dispositions: marks.dispositions(),
        refs: issues(&session, &Links::of(&store.config())),
        state: verdict.state,
        state_reason: verdict.reason,
        failed: verdict.failed,
        said: verdict.said,
        place: snapshot.verdicts.place(id.as_str()),
        seen,
        reach,
        last_sign,
        state_at: verdict.evidence_at.map(clock::stamp),
        state_since: verdict.since.map(clock::stamp),
        is_archived: path == store.home.archived(id),
        project_name: name.unwrap_or(&session.project_slug).clone(),
        resume_command,
        earlier: chain(keeper, &session, |session| session.resumed_from.clone()),
        later: chain(keeper, &session, |session| session.resumed_as.clone()),
        usage_error: used.as_ref().err().map(ToString::to_string),
        usage: used.unwrap_or_default(),
        seat: snapshot.agents.brief(id.as_str()).map(|brief| seated(keeper, brief)).transpose()?,
        // A log that cannot be read must not hide the record.
        work: Work::read(store, &session, clock::now()).unwrap_or_default(),
        audit: None,
        children: snapshot.agents.below(store, id.as_str()),
        status_line: uuid.filter(|_| is_active).and_then(|uuid| store.reading(&uuid)),
        session,
    })
}

fn issues(session: &Session, links: &Links) -> Vec<Issue> {
    let names = refs::of_record(session, links).into_iter();
    names.map(|name| Issue { page: links.page(&name), name }).collect()
}

fn seated(keeper: &Keeper, brief: &Brief) -> Result<Seated> {
    let waits = brief.messages_waiting > 0;
    let messages = if waits { agents::waiting(&keeper.store, &SeatId::parse(&brief.agent_id)?)? } else { Vec::new() };
    let mut held = if brief.leases > 0 { agents::leases(&keeper.store)? } else { Vec::new() };
    held.retain(|lease| lease.owner == brief.agent_id);
    Ok(Seated { brief: brief.clone(), messages, held })
}

fn chain(keeper: &Keeper, from: &Session, next: impl Fn(&Session) -> Option<String>) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    let mut to = next(from);
    while let Some(id) = to.take().and_then(|id| SessionId::parse(&id).ok()) {
        let is_known = id.as_str() == from.session_id || links.iter().any(|link| link.session_id == id.as_str());
        if is_known || links.len() == CHAIN {
            break;
        }
        let session = keeper.store.session(&id).ok();
        to = session.as_ref().and_then(&next);
        let (intent, claude_session_id) = session.map(|session| (session.intent, session.claude_session_id)).unzip();
        links.push(Link { session_id: id.to_string(), intent, claude_session_id: claude_session_id.flatten() });
    }
    links
}

/// `cd <work tree> && claude --resume <uuid>`, or the same for the session's agent.
fn resume_command(session: &Session) -> Option<String> {
    let uuid = Uuid::parse(session.claude_session_id.as_deref()?).ok()?;
    let resume = Agent::of_word(session.agent())?.resume_command(uuid.as_str());
    Some(match session.worktree_root.as_deref().filter(|root| !root.is_empty()) {
        Some(root) => format!("cd {} && {resume}", cli::quote_word(root)),
        None => resume,
    })
}
