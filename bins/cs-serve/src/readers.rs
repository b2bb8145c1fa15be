//! Owns who may read, from the command line to the rules of the server.
//!
//! Must stay true: by default only the account that runs the server may read, and root, which can read the files
//! anyway. If the system does not report who owns a connection, a key is required.

use crate::args::Args;
use crate::http::{Access, Key, Policy, Reply, Secrets};
use crate::key::KeyFile;
use crate::owner::Owners;
use crate::power::Power;
use crate::routes;
use cli::{Failure, Outcome};
use cs_core::paths::Home;
use std::net::SocketAddr;
use std::sync::Arc;

/// The accounts that may read, as requested on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// The account that runs the server.
    Owner,
    /// That account, and only with the key.
    Key,
    /// Every account on this machine or on others; a token may be required.
    Everyone,
}

/// Checks the arguments.
pub fn readers(args: &Args) -> Outcome<Readers> {
    let usage = |text: &str, hint: &str| Err(Failure::Usage(text.into(), Some(hint.into())));
    let has_token = args.token_file.is_some();
    if args.allow_remote && !has_token {
        return usage(
            "--allow-remote needs --token-file FILE",
            "without a token, other machines could read everything",
        );
    }
    if args.review && (args.allow_remote || has_token) {
        return usage(
            "--review cannot be combined with --allow-remote or --token-file",
            "only this machine, with the key, may change something; leave out one of them",
        );
    }
    if args.control && !args.review {
        return usage("--control needs --review", "agents are controlled with the key for changes");
    }
    match (args.owner_only, args.allow_users || args.allow_remote) {
        (true, true) => {
            usage("--owner-only cannot be combined with --allow-users or --allow-remote", "use only one of them")
        }
        (true, false) if has_token => {
            usage("--owner-only cannot be combined with --token-file", "it creates its own key; leave out --token-file")
        }
        (true, false) => Ok(Readers::Key),
        (false, true) => Ok(Readers::Everyone),
        (false, false) => Ok(Readers::Owner),
    }
}

/// Returns the rules that the server checks, and the key's file, which must be kept while the server runs.
pub fn access(
    (readers, power): (Readers, Power),
    policy: &Policy,
    address: SocketAddr,
    home: &Home,
    shell: impl FnOnce() -> Reply,
) -> Outcome<(Access, Option<KeyFile>)> {
    let owners = if readers == Readers::Everyone { None } else { Owners::find(address.ip()) };
    let is_known = owners.is_some() || policy.token.is_some();
    let is_for_all = readers == Readers::Key || (readers == Readers::Owner && !is_known);
    let file = if is_for_all || power >= Power::Review { Some(KeyFile::make(home, address.port())?) } else { None };
    let is_open = routes::is_open;
    let key = file.as_ref().map(|file| Key {
        secrets: Arc::new(Secrets::new(&file.key)),
        shell: shell(),
        is_for_all,
        is_for_changes: power >= Power::Review,
        is_open,
        home: home.clone(),
    });
    Ok((Access { owners, key, ..Access::default() }, file))
}
