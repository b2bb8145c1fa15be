//! Owns how a session is shown: one JSON line with its state, or a block for people.

use crate::Context;
use crate::block::Block;
use crate::failure::Outcome;
use crate::out::{Form, json_line};
use crate::place::place_name;
use crate::state;
use crate::work::add_work;
use audit::Work;
use cs_core::clock::{self, Instant};
use cs_core::id::{SessionId, Uuid};
use cs_core::place::Place;
use cs_core::reach::Reach;
use cs_core::record::{Commit, Session, Task, TaskStatus};
use cs_core::state::Verdict;
use cs_core::states::States;
use cs_core::store::Line;
use cs_core::timeline;
use cs_core::usage::Usage;
use cs_core::zone::Zone;
use render::{
    Style, format_count, format_local_minute, format_model_cost, format_quantity, format_stamps, format_usage_cost,
};
use seats::{Brief, Seating};
use serde::Serialize;
use std::borrow::Cow;

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    session: Cow<'a, Session>,
    #[serde(flatten)]
    added: Added<'a>,
}

/// What is shown with a record.
#[derive(Serialize)]
struct Added<'a> {
    state: &'a str,
    state_reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    said: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<&'a Usage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seat: Option<&'a Brief>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit: Option<&'a Work>,
}

/// A whole record with its state, its terminal, its usage, its seat and its calls of tools, as JSON.
pub fn shown<'a>(
    session: &'a Session,
    verdict: &'a Verdict,
    place: Option<&'a str>,
    usage: Option<&'a Usage>,
    seat: Option<&'a Brief>,
    audit: Option<&'a Work>,
) -> impl Serialize + 'a {
    let session = session.without(&["state", "state_reason", "failed", "said", "place", "usage", "seat", "audit"]);
    Shown { session, added: Added { usage, audit, ..Added::of(verdict, place, seat) } }
}

impl<'a> Added<'a> {
    fn of(verdict: &'a Verdict, place: Option<&'a str>, seat: Option<&'a Brief>) -> Self {
        let (failed, said) = (verdict.failed.as_deref(), verdict.said.as_deref());
        let (state, state_reason) = (verdict.state.as_str(), verdict.reason.as_str());
        Added { state, state_reason, failed, said, place, usage: None, seat, audit: None }
    }
}

/// The same line of JSON for a record whose own line is known.
pub fn shown_line(record: Vec<u8>, verdict: &Verdict, place: Option<&str>, seat: Option<&Brief>) -> Outcome<Vec<u8>> {
    let mut line = record;
    let added = json_line(&Added::of(verdict, place, seat))?;
    // The one's last brace and the other's first.
    line.pop();
    line.push(b',');
    line.extend_from_slice(added.get(1..).unwrap_or_default());
    Ok(line)
}

/// Prints a session in the requested form.
pub fn print_session(context: &mut Context, session: &Session) -> Outcome<()> {
    print(context, session, None, None, &BRIEF)
}

/// Prints a session that was just changed, and of which `changed` may lack the older events.
pub fn print_changed(context: &mut Context, id: &SessionId, changed: &Session) -> Outcome<()> {
    if context.out.quiet || context.out.form != Form::Json {
        let whole = (!context.out.quiet).then(|| context.store.session(id)).transpose()?;
        return print_session(context, whole.as_ref().unwrap_or(changed));
    }
    match context.store.line(id)? {
        Line::Read(session) => print_session(context, &session),
        Line::Whole(line) => {
            let seen = Seen::of(context, &mut changed.clone(), &BRIEF)?;
            let line = shown_line(line, &seen.verdict, seen.place.as_deref(), seen.seat.as_ref())?;
            context.out.bytes(&line)?;
            context.out.flush()
        }
    }
}

/// Prints a session, its usage, its calls of tools, and for people the command that leads to its conversation.
pub fn print_session_with(
    context: &mut Context,
    session: &Session,
    usage: Option<&Usage>,
    work: Option<&Work>,
) -> Outcome<()> {
    print(context, session, usage, work, &FULL)
}

/// What is worth the time of a person who asks for a session.
struct Care {
    place_name: fn(&Place) -> Option<String>,
    next: fn(&Session, Reach, Option<&Brief>) -> Option<Next>,
    read: fn(&Session) -> Option<String>,
}

/// A command that changes a session shows the result; it starts no program.
const BRIEF: Care = Care { place_name: terminal::name, next: |_, _, _| None, read: |_| None };
const FULL: Care = Care { place_name, next, read };

fn print(
    context: &mut Context,
    session: &Session,
    usage: Option<&Usage>,
    work: Option<&Work>,
    care: &Care,
) -> Outcome<()> {
    if context.out.quiet {
        context.out.line(&session.session_id)?;
        return context.out.flush();
    }
    let mut session = session.clone();
    let Seen { verdict, place, seat, reach } = Seen::of(context, &mut session, care)?;
    match context.out.form {
        Form::Json => {
            context.out.json(&shown(&session, &verdict, place.as_deref(), usage, seat.as_ref(), work))?;
        }
        Form::Table => {
            let next = (care.next)(&session, reach, seat.as_ref());
            let commands = (next, (care.read)(&session));
            let mut block = block(&session, &verdict, place.as_deref(), commands, seat.as_ref(), context.now);
            usage.inspect(|usage| add_usage(&mut block, usage));
            work.inspect(|work| add_work(&mut block, work, &session.session_id));
            block.print(&mut context.out)?;
        }
    }
    context.out.flush()
}

/// What is known of a session besides its record.
struct Seen {
    verdict: Verdict,
    place: Option<String>,
    seat: Option<Brief>,
    reach: Reach,
}

impl Seen {
    /// Settles the record, see [`States::settle`].
    fn of(context: &Context, session: &mut Session, care: &Care) -> Outcome<Seen> {
        let Context { store, now, .. } = context;
        let states = States::read(store, store.config().stale_after(), *now)?;
        let verdict = states.settle(session);
        let place = states.place(&session.session_id).as_ref().and_then(care.place_name);
        let seat = Seating::read(store, states.lives(), *now).brief(&store.home, &session.session_id);
        let reach = states.reach(&session.session_id, session.claude_session_id.as_deref(), verdict.state);
        Ok(Seen { verdict, place, seat, reach })
    }
}

/// A label, and the command that leads to the conversation of a session.
type Next = (&'static str, String);

fn next(session: &Session, reach: Reach, seat: Option<&Brief>) -> Option<Next> {
    // Seats are in a tmux server of their own, which no terminal may show yet.
    if let Some(seat) = seat.filter(|seat| seat.has_terminal) {
        return Some(("go there", format!("cs-agent attach {}", seat.agent_id)));
    }
    let id = session.claude_session_id.as_ref().map(|_| &session.session_id)?;
    match reach {
        Reach::Jump => Some(("go there", format!("cs-session jump {id}"))),
        Reach::Open => Some(("continue it", format!("cs-session open {id}"))),
        Reach::Unknown => None,
    }
}

/// The command that shows the conversation of a session.
fn read(session: &Session) -> Option<String> {
    let uuid = session.claude_session_id.as_deref().and_then(|uuid| Uuid::parse(uuid).ok())?;
    Some(format!("cs-transcript show {uuid}"))
}

/// A session as lines for people, as [`States::settle`] leaves it.
fn block(
    session: &Session,
    verdict: &Verdict,
    place: Option<&str>,
    (next, read): (Option<Next>, Option<String>),
    seat: Option<&Brief>,
    now: Instant,
) -> Block {
    let mut block = Block::new(&session.intent);
    let when = |at: &str| clock::parse(at).map(|at| format_local_minute(at, Zone::system()));
    block.field("id", &session.session_id);
    let details = state::details(verdict, session.awaiting_action.as_deref(), now);
    block.marked_field("state", verdict.state.as_str(), Style::of(verdict), &details);
    let mut field = |name: &str, value: Option<&str>| block.field(name, value.unwrap_or_default());
    field("project", Some(&session.project_slug));
    field("branch", Some(&session.git_branch));
    field("work tree", session.worktree_root.as_deref());
    field("agent", session.agent.as_deref());
    field("conversation", session.claude_session_id.as_deref());
    field("read it", read.as_deref());
    field("terminal", place);
    if let Some((name, command)) = &next {
        field(name, Some(command));
    }
    field("roadmap", session.roadmap_ref.as_deref());
    field("started", when(&session.started_at).as_deref());
    field("ended", session.ended_at.as_deref().and_then(when).as_deref());
    field("doing", session.current_activity.as_deref());
    field("needs you", session.awaiting_action.as_deref());
    field("said", verdict.said.as_deref());
    field("outcome", session.outcome.as_deref());
    field("parked", session.parked_reason.as_deref());
    field("seat", seat.map(describe_seat).as_deref().or(session.agent_id.as_deref()));
    let parent = seat.and_then(|seat| seat.parent_session_id.as_deref());
    field("spawned by", parent.or(session.parent_session_id.as_deref()));
    field("continues", session.resumed_from.as_deref());
    add_sections(&mut block, session);
    let event =
        |at: &str, text: &str| (format!("{}  ", when(at).unwrap_or_default()), format_stamps(text, Zone::system()));
    block.section("timeline", timeline::of(session).iter().map(|fact| event(fact.timestamp, &fact.message)));
    block
}

fn add_sections(block: &mut Block, session: &Session) {
    let mark = |status| match status {
        TaskStatus::Pending => "[ ] ",
        TaskStatus::InProgress => "[>] ",
        TaskStatus::Completed => "[x] ",
        TaskStatus::Skipped => "[-] ",
    };
    let task = |task: &Task| (mark(task.status).to_string(), format!("{}  {}", task.subject, task.id));
    block.section("tasks", session.tasks.iter().map(task));
    let short = |sha: &str| format!("{} ", sha.get(..7).unwrap_or(sha));
    let commit = |commit: &Commit| (short(&commit.sha), commit.message.clone());
    block.section("commits", session.commits.iter().map(commit));
    let lists = [
        ("files", &session.files_changed),
        ("decisions", &session.decisions),
        ("questions", &session.open_questions),
        ("next steps", &session.next_steps),
    ];
    for (title, items) in lists {
        block.section(title, items.iter().map(|item| (String::new(), item.clone())));
    }
}

/// The seat of a session as one line: its name, its state, and what it has.
fn describe_seat(seat: &Brief) -> String {
    let (waiting, leases) = (seat.messages_waiting, seat.leases);
    let waiting = (waiting > 0).then(|| format!(", {} waiting", format_quantity(waiting as u64, "message")));
    let leases = (leases > 0).then(|| format!(", {}", format_quantity(leases as u64, "lease")));
    let counts: String = waiting.into_iter().chain(leases).collect();
    format!("{} ({}), {}{counts}", seat.name, seat.agent_id, seat.status)
}

/// Adds the usage of a session.
fn add_usage(block: &mut Block, usage: &Usage) {
    let (turns, messages) = (format_quantity(usage.turns, "turn"), format_quantity(usage.messages, "message"));
    let (cost, tokens) = (format_usage_cost(usage), format_count(usage.total_tokens));
    block.field("usage", &format!("{cost} at list prices, {tokens} tokens, {turns}, {messages}"));
    for (name, of) in &usage.models {
        block.item("", &format!("{name}  {} tokens, {}", format_count(of.total_tokens), format_model_cost(of)));
    }
}
