//! SessionStart: a conversation begins or is resumed. A resumed one gets its session back (see `continuation`); a new
//! one gets the parked sessions as context.

use crate::{PROGRAM, context, continuation, elsewhere, moved, seated, superseded};
use agents::hook_call::{self, HookCall};
use cs_core::clock;
use cs_core::error::Result;
use cs_core::git::{self, made};
use cs_core::live::Live;
use cs_core::process;
use cs_core::store::project_root;
use std::io::Write;
use std::path::Path;

/// A second SessionStart with the same source within this time is a duplicate. A SessionStart that arrives within this
/// time after a prompt was sent before that prompt, and was overtaken by it.
const REPEAT_SECONDS: i64 = 2;

pub fn on_session_start(hook: &HookCall) -> Result<()> {
    let source = hook.payload.source.as_deref().unwrap_or("startup");
    let lock = hook.lock();
    let resumed = source == "resume";
    let known = hook.store.live_for(&hook.uuid, &lock)?;
    // The end of this conversation was just reported, so this start arrived late.
    if known.is_none() && !resumed && hook.has_just_ended()? {
        return hook.store.drop_live(&hook.uuid);
    }
    if let Some(first) = known.as_ref().filter(|live| is_second_window(hook, live)) {
        return note_second_window(hook, first.clone());
    }
    let repeated = known.as_ref().is_some_and(|live| is_repeated(live, source, hook));
    let overtaken = known.as_ref().is_some_and(|live| live.last_event == "UserPromptSubmit" && is_recent(live, hook));
    let mut live = hook.update_live(match known {
        Some(live) => live,
        None if resumed => restore(hook)?,
        None => Live::new(hook.uuid.as_str(), hook.now),
    });
    live.source = Some(source.to_string());
    live.unattended = hook_call::is_unattended();
    seated::note(hook, &mut live);
    let checkout = git::find(Path::new(&live.cwd));
    live.worktree_root = checkout.as_ref().map(|found| found.worktree_root.to_string_lossy().into_owned());
    // If a turn continues, HEAD may have moved already.
    if !repeated && !overtaken && source != "compact" {
        live.head_mark = checkout.as_ref().map(made::mark);
    }
    let config = hook.config(PROGRAM);
    live.capture = config.hooks.capture_prompts;
    // The noted project may have been merged into another since (`cs-project move`).
    if live.project_slug.as_ref().is_none_or(|slug| !config.projects.contains_key(slug)) {
        let root = project_root(&live.cwd, checkout.as_ref());
        live.project_slug = config.project_of(&root).map(str::to_string).or(live.project_slug);
    }
    if resumed && !repeated {
        if !overtaken {
            live.began_again(hook.now);
        }
        continuation::on_start(hook, &mut live)?;
    }
    elsewhere::on_reopening(hook, &mut live, checkout.as_ref())?;
    moved::on_start(hook, &mut live, checkout.as_ref())?;
    let title = hook.title(&live);
    hook.store.name_session(&mut live, title, hook.now)?;
    hook.store.write_live(&hook.uuid, &live)?;
    drop(lock);
    if !repeated && source != "compact" {
        let mut lives = hook.store.all_live().unwrap_or_default();
        superseded::end_previous(hook, &live, &mut lives);
        if config.hooks.context {
            print_context(&context::text(hook, &live, &lives));
        }
    }
    Ok(())
}

/// Notes a second window on a conversation, so that the end of one window is not taken for the conversation's end.
fn note_second_window(hook: &HookCall, mut live: Live) -> Result<()> {
    hook.caller().iter().for_each(|window| live.opened_by(window));
    hook.store.write_live(&hook.uuid, &live)?;
    if hook.config(PROGRAM).hooks.context {
        print_context(&context::text(hook, &live, &hook.store.all_live().unwrap_or_default()));
    }
    Ok(())
}

/// Whether another process, which is known to run, has the conversation open.
fn is_second_window(hook: &HookCall, live: &Live) -> bool {
    hook.other_process(live).is_some_and(|first| process::is_alive(&first) == Some(true))
}

fn is_repeated(live: &Live, source: &str, hook: &HookCall) -> bool {
    live.last_event == "SessionStart" && live.source.as_deref() == Some(source) && is_recent(live, hook)
}

fn is_recent(live: &Live, hook: &HookCall) -> bool {
    clock::parse(&live.last_event_at).is_some_and(|at| (hook.now - at).num_seconds().abs() < REPEAT_SECONDS)
}

/// Restores the conversation's file as it was when the conversation ended, or creates one.
fn restore(hook: &HookCall) -> Result<Live> {
    let Some(mut live) = hook.store.ended(&hook.uuid)? else {
        return Ok(Live::new(hook.uuid.as_str(), hook.now));
    };
    live.ended_at = None;
    live.pid = None;
    live.agent_id = None;
    Ok(live)
}

/// Prints context. Errors are ignored, because a client need not read it.
fn print_context(text: &str) {
    if !text.is_empty() {
        let _ = std::io::stdout().write_all(text.as_bytes());
    }
}
