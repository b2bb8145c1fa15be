//! Owns the line of JSON for a hit, which other programs read.

use conversations::Place;
use conversations::search::Hit;
use cs_core::clock;
use serde::Serialize;

/// The version of the line; fields are only added.
pub const VERSION: u32 = 1;

/// A hit.
#[derive(Serialize)]
pub struct Found<'h> {
    v: u32,
    conversation: Option<&'h str>,
    session_id: Option<&'h str>,
    agent: &'static str,
    project: Option<&'h str>,
    entry: &'h str,
    thread: &'h str,
    turn: Option<u64>,
    kind: &'static str,
    at: Option<String>,
    snippet: &'h str,
    /// From which character of the snippet to before which.
    spans: &'h [(usize, usize)],
    resume: Option<String>,
}

impl<'h> Found<'h> {
    pub fn of(hit: &'h Hit) -> Self {
        Found {
            v: VERSION,
            conversation: hit.conversation.as_deref(),
            session_id: hit.session_id.as_deref(),
            agent: hit.agent.word(),
            project: hit.project.as_deref(),
            entry: &hit.entry,
            thread: &hit.thread,
            turn: hit.turn,
            kind: hit.kind,
            at: hit.at.map(clock::stamp),
            snippet: &hit.snippet.text,
            spans: &hit.snippet.spans,
            resume: resume(hit),
        }
    }
}

/// The command that continues the conversation; `None` if only prompts are left of it.
pub fn resume(hit: &Hit) -> Option<String> {
    let uuid = hit.conversation.as_deref().filter(|_| hit.place != Some(Place::Prompts))?;
    let resume = hit.agent.resume_command(&cli::quote_word(uuid));
    let resume = match hit.place {
        Some(Place::Kept) => format!("cs-keep restore {uuid} && {resume}"),
        _ => resume,
    };
    Some(match hit.cwd.as_deref().filter(|cwd| !cwd.is_empty()) {
        Some(cwd) => format!("cd {} && {resume}", cli::quote_word(cwd)),
        None => resume,
    })
}
