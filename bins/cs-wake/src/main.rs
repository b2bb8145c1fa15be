//! Sleeps until there is a message for the agent in a seat, and then wakes its client, Claude Code, which called it as an
//! asynchronous hook (`asyncRewake`). Outside a seat, and where nobody attends the client (`claude -p`), it ends at once.
//!
//! Reads: standard input, `agents/`, `inbox/<id>/`, `live/<uuid>.json`, the client's registry.
//! Writes: `inbox/<id>/`; about children that ended or are silent, `agents/<id>.json` and its own inbox.
//! Exits: 0, or 2 with messages on standard error, which is how a hook wakes its client. It is the only program that exits
//! with 2, and only after it has moved a message out of the queue. Errors go to `logs/hook.log`.
//!
//! Must stay true: one for each seat; no processor time while nothing happens; it ends when the client does.
//! Deliberately absent: Rust's runtime, as in `cs-heartbeat`: it waits for hours.

#![no_main]

mod family;
mod state;
mod waiter;

use agents::Agent;
use agents::hook_call::{self, Call};
use cs_core::store::Store;
use std::ffi::{CStr, c_char};
use std::io::Write;
use waiter::Waiter;

const PROGRAM: &str = "cs-wake";
/// The code with which an asynchronous hook wakes its client.
const WAKES: i32 = 2;

/// What a person who calls the program is told.
const HELP: &str = "\
Usage: cs-wake <PAYLOAD

Sleeps until there is a message for the agent in a seat, then wakes its client.
Claude Code calls it and writes one JSON object to its standard input; nobody
else needs to. It does nothing unless CS_AGENT names the seat of the client that
calls. It exits with 0, or with 2 and messages on standard error; its errors are
in logs/hook.log.

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
    if seats::claimed().is_none() || seats::are_off() || hook_call::is_unattended() {
        return 0;
    }
    let mut wakes = false;
    hook_call::guard(PROGRAM, |home| {
        let store = Store::for_hooks(home.clone(), agents::WITNESS);
        let Call::Event(hook) = hook_call::call(PROGRAM, store) else { return Ok(()) };
        if hook.is_from_subagent() || hook.payload.agent() == Some(Agent::Codex) {
            return Ok(());
        }
        let Some(waiter) = Waiter::begin(&hook)? else { return Ok(()) };
        drop(hook);
        let Some((messages, inbox)) = waiter.wait()? else { return Ok(()) };
        let text = seats::frame(&messages) + "\n";
        if std::io::stderr().write_all(text.as_bytes()).is_err() {
            return inbox.give_back(&messages);
        }
        wakes = true;
        inbox.handed_over(&messages)
    });
    if wakes { WAKES } else { 0 }
}
