//! Owns what the log of tools says about leases: who took or gave back which paths.

use crate::PROGRAM;
use crate::asker::Asker;
use audit::{By, Leased};
use cli::Context;
use cs_core::clock::Instant;
use seats::{Lease, Leases};

/// Logs what the caller did with a lease: `acquired`, `released`, or, with that of another, `lost`.
pub fn log(context: &Context, asker: &Asker, leases: &Leases, what: &str, lease: &Lease, now: Instant) {
    let by = By { seat: asker.owner.agent_id.as_deref(), conversation: asker.owner.claude_session_id.as_deref() };
    let leased =
        Leased { id: lease.id.clone(), what: what.to_string(), owner: lease.owner.word(), paths: lease.paths.clone() };
    audit::note_lease(&context.store, PROGRAM, by, leases.slug().as_str(), leased, now);
}
