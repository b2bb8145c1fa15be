//! The hook: one line of the log for each event. Must stay true: nothing is printed and nobody is kept waiting.
//! Deliberately absent: what a line says about a call (`audit::observed`).

use agents::Event;
use agents::hook_call::{self, Call, HookCall};
use audit::{Entry, Kind, Log, Settings, observed};
use cs_core::config::Config;
use cs_core::error::Result;
use cs_core::store::Store;
use cs_core::witness::Witness;

/// Logs the event that an agent reports on standard input.
pub fn run() {
    hook_call::guard(crate::PROGRAM, |home| {
        let store = Store::for_hooks(home.clone(), Witness::NONE);
        let config = store.config();
        // What is wrong with the settings is told by `cs-setup doctor`.
        let (settings, _) = Settings::read(&config, &home.config());
        // Also read if nothing is logged: the client would otherwise write to nobody.
        match hook_call::call(crate::PROGRAM, store) {
            Call::Event(hook) if settings.enabled => log(&hook, &config, &settings),
            Call::Event(_) | Call::ByHand | Call::Unreadable => Ok(()),
        }
    });
}

fn log(hook: &HookCall, config: &Config, settings: &Settings) -> Result<()> {
    let Some(kind) = hook.payload.event().and_then(kind) else { return Ok(()) };
    let mut entry = Entry::of_hook(hook, config, kind);
    if matches!(kind, Kind::Attempt | Kind::Result) {
        entry = entry.with_call(hook, &observed::verdicts(hook, &settings.all_rules()));
    }
    if kind == Kind::Result {
        entry.ms = hook.payload.duration_ms;
        entry.ok = hook.payload.is_success();
        entry.interrupted = hook.payload.is_interrupt || hook.payload.response.is_interrupted;
    }
    Log::of(&hook.store.home, hook.store.wait).append(entry, hook.now)
}

/// The kind of line that an event becomes; `None` if it becomes none.
fn kind(event: Event) -> Option<Kind> {
    match event {
        Event::PreToolUse => Some(Kind::Attempt),
        Event::PostToolUse | Event::PostToolUseFailure => Some(Kind::Result),
        Event::SubagentStart => Some(Kind::SubagentStart),
        Event::SubagentStop => Some(Kind::SubagentStop),
        _ => None,
    }
}
