//! UserPromptSubmit: a turn begins. The first prompt of a conversation creates its session.

use crate::{PROGRAM, ask, begin, continuation, damaged, elsewhere, seated, superseded};
use agents::answer::answer;
use agents::hook_call::{self, HookCall};
use agents::typed;
use agents::{Agent, Event};
use cs_core::change::{Change, Prompted};
use cs_core::error::{Error, Result};
use cs_core::git::{self, Checkout, made};
use cs_core::hook_log;
use cs_core::id::SessionId;
use cs_core::live::Live;
use cs_core::live::Prompt;
use cs_core::namer::Namer;
use cs_core::record::Session;
use cs_core::session;
use cs_core::store::{self, NoteSync};
use cs_core::validate::INTENT_OF_PROMPT;
use std::io::Write;
use std::path::Path;

/// Maximum number of conversations that are examined, those with the latest events first.
const NEWEST: usize = 32;

pub fn on_prompt(hook: &HookCall) -> Result<()> {
    if hook.is_from_subagent() {
        return Ok(());
    }
    let lock = hook.lock();
    let known = hook.store.live_for(&hook.uuid, &lock)?;
    if is_repeated(hook, known.as_ref())? {
        return if known.is_none() { hook.store.drop_live(&hook.uuid) } else { Ok(()) };
    }
    let is_new = known.is_none();
    let mut live = hook.update_live(known.unwrap_or_else(|| hook.new_live()));
    live.unattended = hook_call::is_unattended();
    seated::note(hook, &mut live);
    // A prompt may be only a picture, or have an unknown form. It still creates a session.
    let prompt = hook.payload.prompt.as_deref().unwrap_or_default();
    let is_own = live.fires(prompt);
    let typed = typed::typed(prompt);
    let (id, may_queue) = (hook.payload.prompt_id.as_deref(), Agent::of(&live).queues_prompts());
    live.prompted(&Prompt { id, text: prompt, is_typed: typed.is_some(), may_queue }, hook.now);
    // SessionStart, which usually reads the settings, was not received.
    if live.source.is_none() {
        live.capture = hook.config(PROGRAM).hooks.capture_prompts;
    }
    if let Some(typed) = typed.filter(|typed| !typed.is_of_client && !is_own) {
        let text = if live.capture {
            hook_call::first_line(typed::gist(&typed.text), INTENT_OF_PROMPT)
        } else {
            String::new()
        };
        let tracked = track(hook, &mut live, &text);
        if tracked.is_err() {
            // The state is still written, and a repeat of this prompt may succeed.
            live.prompt_id = None;
            // A session may have been created before the failure, so the next hook searches for it.
            live.source = live.source.take().filter(|_| live.session_id.is_some());
            hook.store.write_live(&hook.uuid, &live)?;
            return tracked;
        }
        // A prompt does not answer a subagent's question.
        ask::show(hook, &mut live)?;
        hand_over(hook, &live);
        let title = hook.title(&live);
        hook.store.name_session(&mut live, title, hook.now)?;
    }
    hook.store.write_live(&hook.uuid, &live)?;
    drop(lock);
    // The conversation is new to us: its SessionStart was not reported.
    if is_new {
        superseded::end_previous(hook, &live, &mut hook.store.newest_live(NEWEST).unwrap_or_default());
    }
    Ok(())
}

/// Tells the conversation what waits for it. An error is noted, and does not hinder the prompt: it is told at the next one.
fn hand_over(hook: &HookCall, live: &Live) {
    let told = hook.store.take_next(&hook.uuid, |text| {
        let notice = "claude-sessions: a message came with this prompt";
        let Some(answer) = answer(Agent::of(live), Event::UserPromptSubmit, text, notice) else { return Ok(()) };
        let mut out = std::io::stdout().lock();
        let done = out.write_all(answer.as_bytes()).and_then(|()| out.flush());
        done.map_err(|error| Error::Invalid(format!("a message was not handed over: {error}")))
    });
    if let Err(error) = told {
        hook_log::log(&hook.store.home, PROGRAM, &error.to_string());
    }
}

/// Whether this is the same prompt, sent twice, because the hooks are registered in two files. A different text is
/// another prompt, even with the same id: a prompt that is typed during a turn has the id of that turn.
fn is_repeated(hook: &HookCall, live: Option<&Live>) -> Result<bool> {
    let Some(prompt_id) = &hook.payload.prompt_id else { return Ok(false) };
    let text = hook.payload.prompt.as_deref().unwrap_or_default();
    if let Some(live) = live {
        return Ok(live.was_prompted(prompt_id, text));
    }
    let ended = hook.store.ended(&hook.uuid)?;
    Ok(ended.is_some_and(|ended| ended.was_prompted(prompt_id, text)))
}

/// Updates the session after a prompt of the user, or creates it.
fn track(hook: &HookCall, live: &mut Live, text: &str) -> Result<()> {
    let checkout = git::find(Path::new(&live.cwd));
    live.head_mark = checkout.as_ref().map(made::mark);
    let is_named = live.session().is_some();
    live.session_id = known_session(hook, live)?.map(String::from);
    let session = match damaged::session(hook, live)? {
        Some(known) => {
            // A hook that was killed while creating the session has not updated the previous one.
            if !is_named {
                continuation::link(hook, &known)?;
            }
            let before = known.clone();
            let session = continuation::on_prompt(hook, live, known, text, checkout.as_ref())?;
            // If the record was changed, the prompt that caused it must be on disk, too.
            let sync = if session == before { NoteSync::Later } else { NoteSync::Synced };
            note(hook, &session, text, checkout.as_ref(), sync)?;
            session
        }
        None => {
            hook.store.expect_a_session(&hook.uuid, live)?;
            begin::create_session(hook, live, text, checkout.as_ref(), None)?
        }
    };
    live.worktree_root = match checkout.as_ref().filter(|found| hook.store.is_own(&session, found)) {
        Some(found) => Some(found.worktree_root.to_string_lossy().into_owned()),
        None => session.worktree_root.clone(),
    };
    live.session_id = Some(session.session_id);
    live.project_slug = Some(session.project_slug);
    live.awaiting = false;
    Ok(())
}

/// Finds the conversation's session, if it has one. If the start of the conversation was reported, its file names the
/// session; otherwise the records are searched.
fn known_session(hook: &HookCall, live: &Live) -> Result<Option<SessionId>> {
    match (live.session(), live.source.as_deref()) {
        (Some(id), _) => Ok(Some(id)),
        (None, Some("startup" | "clear" | "fork")) => Ok(None),
        (None, Some("resume")) => match hook.store.conversation(&hook.uuid)? {
            Some(id) => Ok(Some(id)),
            None => hook.store.archived_conversation(&hook.uuid),
        },
        (None, _) => hook.store.conversation(&hook.uuid),
    }
}

/// Notes the prompt in the session.
fn note(hook: &HookCall, record: &Session, text: &str, checkout: Option<&Checkout>, sync: NoteSync) -> Result<()> {
    let id = &SessionId::parse(&record.session_id)?;
    // An intent that a person set is always kept.
    let may_name = Namer::of(record) == Namer::Prompt
        && (record.intent == session::unsaid_intent(&record.project_slug) || typed::says_nothing(&record.intent));
    let own = checkout.filter(|found| hook.store.is_own(record, found));
    if let (None, Some(other)) = (own, checkout) {
        elsewhere::note(hook, id, record, &other.worktree_root)?;
    }
    let prompted = Prompted {
        text: Some(text.to_string()).filter(|text| !text.is_empty()),
        git_branch: own.map(|found| store::branch(found).unwrap_or_default()),
        worktree_root: own.map(|found| found.worktree_root.to_string_lossy().into_owned()),
        is_intent: may_name && !typed::says_nothing(text),
    };
    hook.record_change(id, Change::Prompted(prompted), sync)
}
