//! Owns asking an agent what it is doing, by a message. Must stay true: a turn that got the question and ended without a
//! reply is the end of the waiting; nothing but the message reaches the agent.

use crate::watch::{Goal, Met, Plan, Watch};
use cli::programs::sibling;
use cli::seat::{Agents, id_of};
use cli::{Context, Failure, Outcome, call};
use cs_core::clock;
use seats::{Inbox, Message, Replies, Seat, State};
use std::time::Duration;

/// The question.
const QUESTION: &str = "What are you working on, what is done, what is open, and what do you need? Reply in at most 10 \
    lines with cs-message send, and name this message with --reply-to.";
/// How long to wait for the reply.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long sending may take.
const SENDS: Duration = Duration::from_secs(30);

/// Sends the question, and waits for the reply.
pub fn ask(context: &Context, agents: &Agents, seat: &Seat) -> Outcome<String> {
    let inbox = |seat: &Seat| Ok::<_, Failure>(Inbox::of(agents.files.home(), &id_of(seat)?, agents.files.wait()));
    let (to, own) = (inbox(seat)?, agents.caller.seat().map(inbox).transpose()?);
    let replies = Replies::begin(own)?;
    let sent = to.find(&send(&seat.agent_id)?)?;
    let goals = vec![Goal::Idle, Goal::End];
    let plan = Plan { goals, any: true, timeout: Some(PATIENCE), since: clock::parse(&sent.sent_at) };
    let mut watch = Watch::new(&context.store, &[seat], &plan, context.config().stale_after());
    loop {
        // Before the message, so that what happens in between is seen.
        let over = watch.look()?.into_iter().find_map(over);
        let message = to.find(&sent.message_id)?;
        if let Some(reply) = replies.find(&message, clock::now())? {
            return Ok(reply.answer.unwrap_or(reply.text));
        }
        if let Some(how) = over {
            return Err(unanswered(seat, &message, how));
        }
        if watch.time_is_up().is_some() {
            let text = format!("{} has not answered {} after {} s", seat.title(), id(&message), PATIENCE.as_secs());
            return Err(Failure::Later(
                text,
                Some(format!("cs-message show {} shows what became of it", id(&message))),
            ));
        }
        watch.sleep();
    }
}

/// How an agent's turn is over; other news are told.
fn over(met: Met) -> Option<&'static str> {
    match met {
        Met::Reached(Goal::Idle, _) => Some("ended its turn"),
        Met::Reached(..) | Met::EndedFirst(_) => Some("ended"),
        Met::News(text) => {
            cli::note(crate::PROGRAM, &text);
            None
        }
        Met::HasNoTask(_) => None,
    }
}

fn unanswered(seat: &Seat, message: &Message, how: &str) -> Failure {
    let got = match message.state {
        State::Queued | State::Failed => "before it got",
        State::Delivered | State::Read | State::Acked => "without a reply to",
    };
    let hint = format!("cs-agent what {} --deep shows what it said last", seat.agent_id);
    Failure::Advised(format!("{} {how} {got} {}", seat.title(), id(message)), hint)
}

fn id(message: &Message) -> String {
    message.full_id()
}

/// Sends the question, and returns the id of the message.
fn send(agent_id: &str) -> Outcome<String> {
    let program = sibling("cs-message").ok_or_else(|| {
        Failure::Advised("cs-message is not installed".into(), "install claude-sessions again".into())
    })?;
    let program = program.to_string_lossy();
    let words = [&*program, "send", agent_id, "-q", QUESTION].map(str::to_string);
    let answer = call::answer(&words, b"", SENDS).map_err(Failure::Nothing)?;
    let id = answer.trim().rsplit('/').next().unwrap_or_default();
    Ok(id.to_string())
}
