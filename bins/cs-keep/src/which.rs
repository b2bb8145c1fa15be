//! Owns which kept conversations a word means, and who asks.

use agents::Agent;
use agents::logs::Roots;
use cli::{Context, Failure, Outcome};
use conversations::{Catalog, Conversation};
use cs_core::Error;
use cs_core::clock;
use cs_core::id::Uuid;
use cs_core::who;
use cs_core::zone::Zone;
use kept::{Line, Manifest};
use std::path::PathBuf;

/// Who runs this program: `user`, or the conversation in whose shell it runs.
pub fn actor() -> String {
    Agent::conversation_from_env().map_or_else(|| who::USER.to_string(), who::word_of)
}

/// The conversation that a word means, kept or not.
pub fn conversation(context: &Context, word: &str) -> Outcome<(Agent, Uuid)> {
    let catalog = Catalog::of(&context.store, &Roots::from_env());
    let found = conversations::find(&catalog, &context.store, word)?;
    Ok((found.agent, Uuid::parse(&found.uuid)?))
}

/// Where a log of a conversation is that is no copy.
pub enum Client {
    /// The client has one.
    Has,
    /// It has none.
    HasNone,
    /// This folder could not be read.
    Unseen(PathBuf),
}

/// Whether there is a log of a conversation that is no copy. A folder that is not there may be on a disk that is not.
pub fn client_log(context: &Context, agent: Agent, uuid: &str) -> Client {
    let roots = Roots::from_env();
    let catalog = Catalog::of(&context.store, &roots);
    let is_log = |one: &Conversation| one.uuid == uuid && one.logs.iter().any(|log| !log.is_kept);
    if catalog.conversations.iter().any(is_log) {
        return Client::Has;
    }
    let mut own = roots.folders.into_iter().filter(|(of, _)| *of == agent).map(|(_, folder)| folder).peekable();
    let first = own.peek().cloned();
    let missing = first.filter(|_| own.all(|folder| !folder.is_dir()));
    let unseen = catalog.unseen.into_iter().map(|(path, _)| path).next();
    unseen.or(missing).map_or(Client::HasNone, Client::Unseen)
}

/// The conversation in whose shell this program runs.
pub fn own(context: &Context) -> Outcome<(Agent, Uuid)> {
    match Agent::conversation_from_env() {
        Some(own) => conversation(context, &who::word_of(own)),
        None => {
            let text = "this is not the shell of a conversation, so it must be named".to_string();
            Err(Failure::Usage(text, Some("cs-transcript list shows all".into())))
        }
    }
}

/// The conversations of which something is kept that a word means: one, and with Codex those of its subagents.
pub fn kept(context: &Context, word: &str) -> Outcome<Vec<Line>> {
    let lines = kept::lines(&context.store.home)?;
    let catalog = Catalog::of(&context.store, &Roots::from_env());
    let found = conversations::find(&catalog, &context.store, word)?;
    let uuids: Vec<&str> =
        std::iter::once(found.uuid.as_str()).chain(found.logs.iter().map(|log| log.thread.as_str())).collect();
    let is_wanted = |line: &Line| line.agent == found.agent && uuids.contains(&line.conversation.as_str());
    let (mut lines, without): (Vec<Line>, Vec<Line>) =
        lines.into_iter().filter(is_wanted).partition(|line| line.has_copies());
    // That of the conversation itself comes first.
    lines.sort_by_key(|line| line.conversation != found.uuid);
    match (lines.is_empty(), without.iter().find(|line| line.is_forgotten)) {
        (false, _) => Ok(lines),
        (true, Some(line)) => Err(Error::Missing(forgotten(context, line)?).into()),
        (true, None) => Err(Error::Missing(format!("nothing is kept of {}; cs-keep run copies it", found.uuid)).into()),
    }
}

/// Why nothing is kept of a conversation, and never will be.
fn forgotten(context: &Context, line: &Line) -> Outcome<String> {
    let manifest = Manifest::read(&context.store.home, line.agent, &line.uuid()?)?;
    let at = manifest.and_then(|manifest| manifest.forgotten_at).and_then(|at| clock::parse(&at));
    let day = at.map(|at| format!(" on {}", render::format_local_day(at, Zone::system()))).unwrap_or_default();
    Ok(format!("{} was forgotten{day}, and is not copied again", line.conversation))
}

/// The id of a conversation.
pub fn uuid(line: &Line) -> Outcome<Uuid> {
    Ok(line.uuid()?)
}
