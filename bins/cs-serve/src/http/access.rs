//! Owns who gets an answer, by the owner of the connection, the key, and earlier wrong tokens. `guard` checks the form of
//! requests and their token.
//!
//! Must stay true: the owner of a connection is determined once, when it is accepted, and applies to every request on it,
//! also to those that cannot be parsed. A connection without a known owner is refused.

use super::guard::{self, is_api};
use super::guesses::Guesses;
use super::head::Request;
use super::refusal::Refusal;
use super::refused::Note;
use super::reply::Reply;
use super::secrets::Secrets;
use super::write::Changes;
use crate::owner::{self, Owners};
use cs_core::paths::Home;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The rules for who gets an answer, besides those of `guard`.
#[derive(Debug, Default)]
pub struct Access {
    /// Finds the owners of connections; `None` if everyone may connect, or if the system does not report owners.
    pub owners: Option<Owners>,
    /// The key that every request for data, or for changes, must send.
    pub key: Option<Key>,
    pub guesses: Guesses,
}

/// A key, and the page that requests the others with it and contains no data.
#[derive(Debug)]
pub struct Key {
    pub secrets: Arc<Secrets>,
    pub shell: Reply,
    /// Whether every request for data must send it, or only those for the review pages.
    pub is_for_all: bool,
    /// Whether a path needs no key, because its answer contains no data.
    pub is_open: fn(&str) -> bool,
    /// Whether something may be changed with it.
    pub is_for_changes: bool,
    /// The data directory, for the log of refusals.
    pub home: Home,
}

/// The owner of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// This account or root, or everyone may connect.
    Welcome,
    /// Another account.
    Stranger(u32),
    /// The system does not report it; a key or a token is needed.
    Unknown,
}

impl Access {
    /// Finds the owners of connections that were just accepted.
    pub fn peers(&self, clients: &[SocketAddr], server: SocketAddr) -> Vec<Peer> {
        let Some(owners) = &self.owners else { return vec![Peer::Welcome; clients.len()] };
        let peer = |uid: Option<u32>| match uid {
            Some(uid) if uid == 0 || uid == owner::own() => Peer::Welcome,
            Some(uid) => Peer::Stranger(uid),
            None => Peer::Unknown,
        };
        owners.of_all(clients, server).into_iter().map(peer).collect()
    }

    /// How long a request has to wait before its token is checked.
    pub fn wait(
        &self,
        request: &Request,
        policy: &guard::Policy,
        client: SocketAddr,
        now: Instant,
    ) -> Option<Duration> {
        let is_guess = policy.token.is_some() && request.field("authorization").is_some();
        self.guesses.wait(client.ip(), now).filter(|_| is_guess)
    }

    /// Accepts a request, or says why not.
    pub fn check(
        &mut self,
        request: &Request,
        policy: &guard::Policy,
        peer: Peer,
        client: SocketAddr,
        now: Instant,
    ) -> Result<(), Refusal> {
        check_peer(peer)?;
        let checked = guard::check(request, policy, self.changes());
        if policy.token.is_some() && request.field("authorization").is_some() {
            match &checked {
                Ok(()) => self.guesses.record_correct(client.ip()),
                Err(refusal) if refusal.status == 401 => self.guesses.record_wrong(client.ip(), now),
                Err(_) => {}
            }
        }
        checked?;
        self.check_key(request)?;
        if peer == Peer::Unknown && policy.token.is_none() && !self.has_shown_key(request) {
            return Err(unknown_owner());
        }
        Ok(())
    }

    /// What a request may change.
    fn changes(&self) -> Changes<'_> {
        match &self.key {
            Some(key) if key.is_for_changes => Changes::Key(&key.secrets),
            Some(_) => Changes::Code,
            None => Changes::None,
        }
    }

    /// Whether the key was required of this request, or was sent.
    fn has_shown_key(&self, request: &Request) -> bool {
        self.key.as_ref().is_some_and(|key| key.is_for_all || guard::sends(request, |shown| key.secrets.contain(shown)))
    }

    /// The note of a refusal, if the request would have changed something or shown what needs the key.
    pub fn note(&self, request: &Request, refusal: &Refusal) -> Option<Note> {
        Note::of(&self.key.as_ref()?.home, request, refusal)
    }

    fn check_key(&self, request: &Request) -> Result<(), Refusal> {
        let Some(key) = self.key.as_ref().filter(|key| key.is_for_all) else { return Ok(()) };
        if (key.is_open)(&request.target.path) || guard::sends(request, |shown| key.secrets.contain(shown)) {
            return Ok(());
        }
        let text = "this dashboard requires its key: `cs-serve open` opens it with the key; programs send it as \
            Authorization: Bearer KEY";
        Err(Refusal::new(401, "KEY_REQUIRED", text).with("WWW-Authenticate", "Bearer realm=\"claude-sessions\""))
    }

    /// The answer for a refusal: a page for browsers, JSON for other clients.
    pub fn refused(&self, request: Option<&Request>, refusal: &Refusal) -> Reply {
        let wants_page = |request: &&Request| request.field("accept").is_some_and(|kinds| kinds.contains("text/html"));
        let Some(request) = request.filter(wants_page) else { return Reply::refusal(refusal) };
        match &self.key {
            Some(key) if refusal.code == "KEY_REQUIRED" && is_page(&request.target.path) => {
                key.shell.clone().refused(refusal)
            }
            _ if is_page(&request.target.path) => Reply::refusal_page(refusal),
            _ => Reply::refusal(refusal),
        }
    }

    /// One word for who may read; `docs/API.md` describes the words.
    pub fn word(&self, policy: &guard::Policy) -> &'static str {
        match (&policy.token, &self.key, &self.owners) {
            (Some(_), ..) => "token",
            (_, Some(key), _) if key.is_for_all => "key",
            (_, _, Some(_)) => "owner",
            _ => "everyone",
        }
    }
}

fn is_page(path: &str) -> bool {
    path == "/api" || !is_api(path)
}

/// Refuses another account, whatever it requests.
pub fn check_peer(peer: Peer) -> Result<(), Refusal> {
    let Peer::Stranger(uid) = peer else { return Ok(()) };
    let text = format!(
        "only the account that runs this dashboard (uid {}) and root may read it, and this connection belongs to uid \
         {uid}; start it with --allow-users to let all accounts of this machine read it",
        owner::own()
    );
    Err(Refusal::new(403, "OTHER_ACCOUNT", &text))
}

fn unknown_owner() -> Refusal {
    let text = "the system does not report which account owns this connection; start the dashboard with --owner-only \
        and use `cs-serve open`, or let everybody in with --allow-users";
    Refusal::new(403, "ACCOUNT_UNKNOWN", text)
}
