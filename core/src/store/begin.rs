//! Owns how a conversation gets its session: with its first prompt, as the successor of another session, or when hooks
//! report a turn but not its prompt (editors send none). Must stay true: a program that is killed meanwhile leaves a
//! mark that there may be a session, and the next one searches for it; an error with the projects costs no session.

use super::Store;
use crate::clock::{self, Instant};
use crate::dirs;
use crate::error::Result;
use crate::git::{self, Checkout};
use crate::hook_log;
use crate::id::{SessionId, Slug, Uuid};
use crate::live::Live;
use crate::record::{Session, UNSAID_AGENT};
use crate::session::{self, Start};
use crate::timeline::{self, PROMPT};
use crate::validate;
use std::path::Path;

/// The session that a new one comes from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The earlier session.
    pub session: &'a Session,
    /// Whether the new one takes over its intent and open work, as its only successor. Otherwise the new one only
    /// refers to it.
    pub takes_over: bool,
}

/// The facts with which a new session begins.
#[derive(Clone, Copy, Debug)]
pub struct Beginning<'a> {
    /// The first prompt; empty if it is unknown, or may not be stored.
    pub text: &'a str,
    /// Whether it begins with a prompt, which the timeline records even if its text may not be stored.
    pub is_prompted: bool,
    /// The work tree in which it works; `None` outside a repository.
    pub checkout: Option<&'a Checkout>,
    /// The session that it continues, if there is one.
    pub origin: Option<Origin<'a>>,
    /// Instant of the beginning.
    pub at: Instant,
    /// The program's name in the log.
    pub program: &'a str,
}

impl Store {
    /// Creates a session for the conversation, in the project of its origin or of the checkout.
    pub fn begin(&self, uuid: &Uuid, live: &Live, how: &Beginning) -> Result<Session> {
        let Beginning { text, is_prompted, checkout, origin, at, .. } = *how;
        let root = project_root(&live.cwd, checkout);
        // If the origin works in another repository, so does the new session: it works here, too.
        let left = origin.zip(checkout).filter(|(origin, found)| !self.is_own(origin.session, found));
        let tree = checkout.map_or_else(|| root.clone(), |found| found.worktree_root.to_string_lossy().into_owned());
        let slug = match origin.map(|origin| Slug::parse(&origin.session.project_slug)) {
            Some(Ok(slug)) => slug,
            _ => self.project_at(&root, how),
        };
        let start = Start {
            intent: if text.is_empty() { session::unsaid_intent(slug.as_str()) } else { text.to_string() },
            git_branch: match left {
                Some((origin, _)) => Some(origin.session.git_branch.clone()),
                None => checkout.and_then(branch),
            },
            worktree_root: left
                .and_then(|(origin, _)| origin.session.worktree_root.clone())
                .or_else(|| Some(tree.clone())),
            claude_session_id: Some(uuid.to_string()),
            agent: live.agent.clone().filter(|word| word != UNSAID_AGENT),
            agent_id: live.agent_id.clone(),
            parent_session_id: live.agent_id.as_deref().and_then(|seat| self.parent_session(seat)),
            ..Start::default()
        };
        let activity = (!text.is_empty()).then(|| text.to_string());
        let fill = |record: &mut Session| {
            record.current_activity.clone_from(&activity);
            if is_prompted {
                timeline::add_moment(record, PROMPT, text, at);
            }
            if left.is_some() {
                session::also_in(record, &tree, at);
            }
            match origin {
                Some(Origin { session, takes_over: true }) => session::take_over(record, session, None, at),
                Some(Origin { session, .. }) => {
                    let id = &session.session_id;
                    session::remember(record, &format!("separate from {id}, which another conversation continues"), at);
                    Ok(())
                }
                None => Ok(()),
            }
        };
        self.create(&slug, start, fill, at)
    }

    /// If we are killed while creating the session, the next hook must search for it, so record that first. Needs the
    /// conversation's lock.
    pub fn expect_a_session(&self, uuid: &Uuid, live: &Live) -> Result<()> {
        let seeking = Live { session_id: None, source: None, prompt_id: None, ..live.clone() };
        self.write_live(uuid, &seeking)
    }

    /// Creates the session of a conversation in which something happened without a reported prompt, dated to the start
    /// of the conversation. Needs the conversation's lock.
    pub fn begin_unprompted(&self, uuid: &Uuid, live: &mut Live, program: &str, now: Instant) -> Result<SessionId> {
        let checkout = git::find(Path::new(&live.cwd));
        let at = clock::credible(&live.started_at, now).unwrap_or(now);
        self.expect_a_session(uuid, live)?;
        let checkout = checkout.as_ref();
        let how = Beginning { text: "", is_prompted: false, checkout, origin: None, at, program };
        let session = self.begin(uuid, live, &how)?;
        live.session_id = Some(session.session_id.clone());
        live.project_slug = Some(session.project_slug);
        self.write_live(uuid, live)?;
        SessionId::parse(&session.session_id)
    }

    /// The project's slug. An error with the registry must not cost the session: the slug is then derived from the
    /// path, and nothing is registered.
    fn project_at(&self, root: &str, how: &Beginning) -> Slug {
        self.register(root, None, how.at).unwrap_or_else(|error| {
            hook_log::log(&self.home, how.program, &format!("project not registered: {error}"));
            Slug::from_name(&validate::cut(dirs::base_name(root), validate::PROJECT_NAME), 1)
        })
    }
}

/// The branch's name, cut to the length that the format allows.
pub fn branch(checkout: &Checkout) -> Option<String> {
    checkout.branch.as_deref().map(|name| validate::cut(name, validate::BRANCH))
}

/// The folder of a conversation's project: its main work tree. Outside a repository it is the directory in which the
/// client was started if known, else the current one.
pub fn project_root(cwd: &str, checkout: Option<&Checkout>) -> String {
    if let Some(found) = checkout {
        return found.main_root.to_string_lossy().into_owned();
    }
    let cwd = one_name(if cwd.is_empty() { "/" } else { cwd });
    let started_in = std::env::var("CLAUDE_PROJECT_DIR").ok().filter(|dir| !dir.is_empty());
    started_in.map(|dir| one_name(&dir)).filter(|dir| Path::new(&cwd).starts_with(dir)).unwrap_or(cwd)
}

fn one_name(dir: &str) -> String {
    let dir = dirs::without_worktree(dir);
    git::real(Path::new(dir)).map_or_else(|| dir.to_string(), |real| real.to_string_lossy().into_owned())
}
