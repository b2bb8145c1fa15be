//! Hands the messages that wait for the agent in a seat to its client, in the answers to hooks, and tells the agent's
//! parent when a turn ends or fails, when the agent asks a question, and when it ends. Outside a seat (without
//! `CS_AGENT`) it ends at once.
//!
//! Reads: standard input, `agents/<id>.json`, `inbox/<id>/`, `live/<uuid>.json`, `leases/<slug>.json`; for a report the record
//! and the usage.
//! Writes: `agents/<id>.json`, `inbox/<id>/`, `live/<uuid>.json`, `leases/<slug>.json`; for a report the parent's inbox.
//! Exits: always 0; errors go to `logs/hook.log`. Prints only the answer for the client.
//!
//! Must stay true: a message is moved out of the queue before it is printed; a subagent gets none; neither does a client
//! that an agent starts in its own shell. Deliberately absent: Rust's runtime, as in `cs-heartbeat`.

#![no_main]

mod end;
mod prompt;
mod report;
mod seated;
mod stop;

use agents::Event;
use agents::answer;
use agents::hook_call::{self, Call};
use cs_core::error::Result;
use cs_core::id::Slug;
use cs_core::store::Store;
use cs_core::witness::Witness;
use seated::Seated;
use seats::{Channel, Leases, Message, Want};
use std::ffi::{CStr, c_char};
use std::io::Write;

const PROGRAM: &str = "cs-deliver";

/// What a person who calls the program is told.
const HELP: &str = "\
Usage: cs-deliver <PAYLOAD

Hands messages to the agent in a seat, and tells its parent what a turn came to.
Claude Code and Codex call it and write one JSON object to its standard input;
nobody else needs to. It does nothing unless CS_AGENT names the seat of the
client that calls. It always exits with 0; its errors are in logs/hook.log.

See also:
  cs-agent spawn    starts an agent in a seat, with this hook
  cs-message send   sends a message
";

/// The entry point of the C library.
///
/// # Safety
///
/// `argv` must have `words` texts with a zero at the end of each, as the C library passes them.
#[allow(unsafe_code, reason = "the C library calls it by this name")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn main(words: i32, argv: *const *const c_char) -> i32 {
    // SAFETY: the C library passes this many texts.
    if words > 1 && hook_call::asks_for_help(unsafe { CStr::from_ptr(*argv.add(1)) }.to_bytes()) {
        hook_call::print_help(HELP);
        return 0;
    }
    // The payload is not even read; Codex does not mind (0.169).
    if seats::claimed().is_none() || seats::are_off() {
        return 0;
    }
    hook_call::guard(PROGRAM, |home| match hook_call::call(PROGRAM, Store::for_hooks(home.clone(), Witness::NONE)) {
        Call::Event(hook) if !hook.is_from_subagent() => Seated::find(&hook)?.map_or(Ok(()), |seated| handle(&seated)),
        _ => Ok(()),
    });
    0
}

fn handle(seated: &Seated) -> Result<()> {
    match seated.hook.payload.event() {
        // What waits is delivered with the prompt that follows, or wakes the agent: as the context of a conversation
        // without a prompt, nobody would read it.
        Some(Event::SessionStart) => seated.begin(),
        Some(Event::UserPromptSubmit) => prompt::on_prompt(seated),
        Some(Event::PostToolUse) => renewing(seated, on_tool_end),
        Some(Event::Stop) => renewing(seated, stop::on_stop),
        Some(Event::StopFailure) => report::failed(seated),
        Some(Event::PermissionRequest) => report::asks_permission(seated),
        Some(Event::Notification) => report::notified(seated),
        Some(Event::SessionEnd) => end::on_session_end(seated),
        _ => Ok(()),
    }
}

/// Handles an event, and then renews the leases of the seat, because its agent works. Messages come first.
fn renewing(seated: &Seated, handle: impl FnOnce(&Seated) -> Result<()>) -> Result<()> {
    let handled = handle(seated);
    let slug = seated.seat.project_slug.as_deref().and_then(|slug| Slug::parse(slug).ok());
    let renewed = slug.map(|slug| Leases::of(&seated.hook.store, &slug).renew_for(&seated.id, seated.hook.now));
    handled.and(renewed.transpose().map(drop))
}

/// The event proves that the client got what was delivered before. Important messages come with the tool's result.
fn on_tool_end(seated: &Seated) -> Result<()> {
    seated.inbox.mark_read(seated.uuid(), seated.hook.now)?;
    seated.note_session()?;
    let messages = seated.take(Want::Important, Channel::Tool)?;
    print(seated, Event::PostToolUse, &messages)
}

/// Prints messages for the client. If they cannot be printed, they wait again.
fn print(seated: &Seated, event: Event, messages: &[Message]) -> Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let answer = answer::answer(seated.agent, event, &seats::frame(messages), &notice(messages));
    let mut out = std::io::stdout();
    let printed = answer.map(|answer| out.write_all(answer.as_bytes()).and_then(|()| out.flush()));
    match printed {
        Some(Ok(())) => seated.inbox.handed_over(messages),
        _ => seated.inbox.give_back(messages),
    }
}

/// The line for the person: `message m000012 from builder`.
fn notice(messages: &[Message]) -> String {
    let one = |message: &Message| {
        let name = message.from.name.clone().unwrap_or_else(|| message.from.title());
        format!("{} from {name}", message.message_id)
    };
    let noun = if messages.len() == 1 { "message" } else { "messages" };
    format!("{noun} {}", messages.iter().map(one).collect::<Vec<_>>().join(", "))
}
