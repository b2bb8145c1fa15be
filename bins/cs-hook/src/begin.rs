//! Owns how a hook creates a session for its conversation.

use crate::PROGRAM;
use agents::Event;
use agents::hook_call::HookCall;
use cs_core::error::Result;
use cs_core::git::Checkout;
use cs_core::live::Live;
use cs_core::record::Session;
use cs_core::store::{Beginning, Origin};

/// Creates a session for the conversation.
pub fn create_session(
    hook: &HookCall,
    live: &Live,
    text: &str,
    checkout: Option<&Checkout>,
    origin: Option<Origin>,
) -> Result<Session> {
    let is_prompted = !text.is_empty() || hook.payload.event() == Some(Event::UserPromptSubmit);
    let how = Beginning { text, is_prompted, checkout, origin, at: hook.now, program: PROGRAM };
    hook.store.begin(&hook.uuid, live, &how)
}
