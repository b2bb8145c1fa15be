//! Owns reading and changing the leases of a project. Must stay true: they change under the project's lease lock, in one
//! synced rename; all paths of a claim are granted, or none; a lease is taken away only if it has expired, or its owner
//! is known to have ended; the file and its lock are never removed, because the file knows the last token.

use crate::lease::{Claim, LEASES, Lease, LeaseFile, SCHEMA_VERSION};
use crate::lease_owner::{Identity, Owner};
use crate::store::Seats;
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability};
use cs_core::id::{self, SeatId, Slug};
use cs_core::lock;
use cs_core::paths::Home;
use cs_core::process::{self, Process};
use cs_core::store::Store;
use cs_core::unknown::Unknown;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The paths.
    pub claim: Claim,
    /// The owner of the lease that is granted.
    pub owner: Owner,
    /// The caller, whose own leases are in nobody's way here: as `owner`, but never the process of one command.
    pub caller: Owner,
    /// For how long.
    pub length: TimeDelta,
    /// What it is for; masked and short enough already.
    pub reason: Option<String>,
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The lease, and those of others that were taken away for it: they had expired, or their owners had ended.
    Granted(Box<Lease>, Vec<Lease>),
    /// The leases that are in the way; nothing was written.
    Taken(Vec<Lease>),
}

/// The leases of a project.
#[derive(Clone, Debug)]
pub struct Leases {
    path: PathBuf,
    slug: Slug,
    seats: Seats,
}

impl Leases {
    /// The leases of a project in the store's data directory, with its patience for locks.
    pub fn of(store: &Store, slug: &Slug) -> Self {
        Leases { path: store.home.leases(slug), slug: slug.clone(), seats: Seats::of(store) }
    }

    /// The project.
    pub fn slug(&self) -> &Slug {
        &self.slug
    }

    /// The projects that have or had leases.
    pub fn projects(store: &Store) -> Result<Vec<Slug>> {
        let stems = file::stems(&store.home.leases_dir(), ".json")?;
        let mut slugs: Vec<Slug> = stems.iter().filter_map(|stem| Slug::parse(stem).ok()).collect();
        slugs.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        Ok(slugs)
    }

    /// Everything in the file, also what no longer holds.
    pub fn read(&self) -> Result<LeaseFile> {
        match file::read(&self.path)? {
            Some(bytes) => self.parse(&bytes),
            None => Ok(LeaseFile::new(self.slug.as_str())),
        }
    }

    fn parse(&self, bytes: &[u8]) -> Result<LeaseFile> {
        let found: LeaseFile =
            serde_json::from_slice(bytes).map_err(|error| Error::corrupt(&self.path, error.to_string()))?;
        if found.project_slug != self.slug.as_str() {
            return Err(Error::corrupt(&self.path, format!("it contains the project {:?}", found.project_slug)));
        }
        Ok(found)
    }

    /// The leases that hold now: they have not expired, and no owner is known to have ended.
    pub fn held(&self, now: Instant) -> Result<Vec<Lease>> {
        let mut leases = self.read()?.leases;
        let ended = self.ended(leases.iter().filter(|lease| lease.lasts(now)));
        leases.retain(|lease| lease.lasts(now) && !ended.contains(&lease.owner.identity()));
        Ok(leases)
    }

    /// The owners of these leases that are known to have ended. Each is asked once.
    fn ended<'l>(&self, leases: impl Iterator<Item = &'l Lease>) -> HashSet<Identity> {
        let owners: HashMap<Identity, &Owner> = leases.map(|lease| (lease.owner.identity(), &lease.owner)).collect();
        let ended = owners.into_iter().filter(|(_, owner)| owner.has_ended(&self.seats));
        ended.map(|(identity, _)| identity).collect()
    }

    /// Whether a lease holds. Expiry is asked first, so that no reused process id keeps a lease.
    pub fn holds(&self, lease: &Lease, now: Instant) -> bool {
        lease.lasts(now) && !lease.owner.has_ended(&self.seats)
    }

    /// Whether a lease is one of the caller's own.
    pub fn is_own(lease: &Lease, caller: &Owner) -> bool {
        lease.owner.is_own(caller, process::is_above)
    }

    /// The leases of others that are in the way of a claim.
    pub fn in_the_way(&self, claim: &Claim, caller: &Owner, now: Instant) -> Result<Vec<Lease>> {
        let found = self.read()?;
        let others = found.obstacles(claim).filter(|lease| lease.lasts(now) && !Leases::is_own(lease, caller));
        Ok(others.filter(|lease| self.holds(lease, now)).cloned().collect())
    }

    /// Grants all that is asked for, or nothing.
    pub fn acquire(&self, request: &Request, now: Instant) -> Result<Answer> {
        // Who must wait takes no lock and writes nothing.
        let taken = self.in_the_way(&request.claim, &request.caller, now)?;
        if !taken.is_empty() {
            return Ok(Answer::Taken(taken));
        }
        self.change(|found| {
            let others = found.obstacles(&request.claim).filter(|lease| !Leases::is_own(lease, &request.caller));
            let (taken, lost): (Vec<Lease>, Vec<Lease>) = others.cloned().partition(|lease| self.holds(lease, now));
            if !taken.is_empty() {
                return Ok(Answer::Taken(taken));
            }
            found.leases.retain(|lease| !lease.is_over(now) && !lost.contains(lease));
            self.make_room(found, now)?;
            let lease = grant(found, request, now);
            found.leases.push(lease.clone());
            Ok(Answer::Granted(Box::new(lease), lost))
        })
    }

    /// Drops the leases that have expired, or whose owners have ended, if there are too many.
    fn make_room(&self, found: &mut LeaseFile, now: Instant) -> Result<()> {
        if found.leases.len() >= LEASES {
            found.leases.retain(|lease| lease.lasts(now));
            let ended = self.ended(found.leases.iter());
            found.leases.retain(|lease| !ended.contains(&lease.owner.identity()));
        }
        if found.leases.len() < LEASES {
            return Ok(());
        }
        Err(Error::Refused(format!("{} has {LEASES} leases, which is the most; release some", self.slug)))
    }

    /// Lets leases last for `length` from now on, or as long as they were granted for. `chosen` picks them; the ones that
    /// no longer hold are never renewed.
    pub fn renew(
        &self,
        mut chosen: impl FnMut(&Lease) -> Result<bool>,
        length: Option<TimeDelta>,
        now: Instant,
    ) -> Result<Vec<Lease>> {
        self.change(|found| {
            let mut renewed = Vec::new();
            for lease in &mut found.leases {
                if chosen(lease)? && self.holds(lease, now) {
                    lease.extend(length.unwrap_or_else(|| lease.length()), now);
                    renewed.push(lease.clone());
                }
            }
            Ok(renewed)
        })
    }

    /// Makes a process the one with whose end a lease falls: that of the command that the lease is for.
    pub fn hand_over(&self, id: &str, to: &Process) -> Result<()> {
        self.change(|found| {
            for lease in found.leases.iter_mut().filter(|lease| lease.id == id) {
                lease.owner = lease.owner.clone().with(Some(to.clone()));
            }
            Ok(())
        })
    }

    /// Ends leases, and returns those that still lasted.
    pub fn release(&self, mut chosen: impl FnMut(&Lease) -> Result<bool>, now: Instant) -> Result<Vec<Lease>> {
        self.change(|found| {
            let mut released = Vec::new();
            for lease in std::mem::take(&mut found.leases) {
                let is_chosen = chosen(&lease)?;
                match is_chosen {
                    true if lease.lasts(now) => released.push(lease),
                    true => {}
                    false => found.leases.push(lease),
                }
            }
            Ok(released)
        })
    }

    /// Renews the leases of a seat of which less than a quarter is left, for the hooks of its client. Without a lease of
    /// the seat this costs one read of one file, or one failed open: the file is searched for the id before it is parsed.
    pub fn renew_for(&self, seat: &SeatId, now: Instant) -> Result<usize> {
        let Some(bytes) = file::read(&self.path)? else { return Ok(0) };
        if !contains(&bytes, seat.as_str().as_bytes()) {
            return Ok(0);
        }
        let is_due = |lease: &Lease| {
            let is_of_seat = !lease.owner.runs && lease.owner.agent_id.as_deref() == Some(seat.as_str());
            is_of_seat && lease.lasts(now) && lease.is_due(now)
        };
        if !self.parse(&bytes)?.leases.iter().any(is_due) {
            return Ok(0);
        }
        self.renew(|lease| Ok(is_due(lease)), None, now).map(|renewed| renewed.len())
    }

    /// Ends the leases of a seat in all projects, before a seat that ended gets a client again: what it held then is not
    /// what the new client knows of. A file that cannot be understood grants nothing.
    pub fn drop_of(store: &Store, seat: &SeatId, now: Instant) -> Result<()> {
        let is_its = |lease: &Lease| !lease.owner.runs && lease.owner.agent_id.as_deref() == Some(seat.as_str());
        for slug in Leases::projects(store)? {
            let leases = Leases::of(store, &slug);
            match leases.read() {
                Ok(found) if found.leases.iter().any(is_its) => {
                    leases.release(|lease| Ok(is_its(lease)), now)?;
                }
                Ok(_) | Err(Error::Corrupt { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Changes the file under its lock. A closure that fails or changes nothing writes nothing.
    fn change<T>(&self, change: impl FnOnce(&mut LeaseFile) -> Result<T>) -> Result<T> {
        let lock = lock::acquire(&Home::lock_of(&self.path), self.seats.wait())?;
        let before = self.read()?;
        if before.schema_version > SCHEMA_VERSION {
            return Err(Error::Newer { path: self.path.clone(), version: before.schema_version });
        }
        let mut after = before.clone();
        let result = change(&mut after)?;
        if after != before {
            let staged = file::stage(&self.path, &self.encode(&after)?, Durability::Synced)?;
            lock.confirm()?;
            staged.replace()?;
        }
        Ok(result)
    }

    fn encode(&self, file: &LeaseFile) -> Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(file).unwrap_or_default();
        bytes.push(b'\n');
        if !file::can_be_read(&bytes) {
            return Err(Error::Refused(format!("{} has too many leases; release some", self.slug)));
        }
        Ok(bytes)
    }
}

/// The lease for a request, with the next token.
fn grant(found: &mut LeaseFile, request: &Request, now: Instant) -> Lease {
    let mut id = id::random_lease_id();
    while found.leases.iter().any(|lease| lease.id == id) {
        id = id::random_lease_id();
    }
    let mut lease = Lease {
        id,
        token: found.next_token(now),
        paths: request.claim.paths.clone(),
        shared: request.claim.shared,
        worktree_root: request.claim.worktree_root.clone(),
        owner: request.owner.clone(),
        reason: request.reason.clone(),
        acquired_at: clock::stamp(now),
        expires_at: String::new(),
        for_seconds: 0,
        unknown: Unknown::new(),
    };
    lease.extend(request.length, now);
    lease
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|part| part == wanted)
}

#[cfg(test)]
#[path = "lease_tests.rs"]
mod tests;
