//! Owns who calls, in which project, and which leases are theirs. Must stay true: a person may end any lease, an agent
//! its own and those of agents that it spawned.

use cli::{Context, Failure, Outcome};
use cs_core::Error;
use cs_core::clock::{Instant, TimeDelta};
use cs_core::id::Slug;
use cs_core::range;
use seats::{Caller, LONGEST, Lease, Leases, Owner, Scope, Seat, Seats};
use std::path::Path;

/// Who calls, and where.
pub struct Asker {
    pub caller: Caller,
    /// The caller as an owner of leases.
    pub owner: Owner,
    pub scope: Scope,
    pub seats: Vec<Seat>,
}

impl Asker {
    pub fn find(context: &Context) -> Outcome<Self> {
        let (seats, errors) = Seats::of(&context.store).all()?;
        cli::seat::note_damaged(&errors);
        let lives = context.store.all_live()?;
        let caller = cli::seat::caller(&seats, &lives)?;
        let owner = Owner::of(&caller, &lives);
        let here = std::env::current_dir().map_err(|error| Error::io(Path::new("."), "find", error))?;
        let scope = Scope::of(&here, &context.config())?;
        Ok(Asker { caller, owner, scope, seats })
    }

    /// The project's leases; the project is registered if it is new.
    pub fn leases(&self, context: &Context) -> Outcome<Leases> {
        let slug = context.store.register(&self.scope.project_root.to_string_lossy(), None, context.now)?;
        Ok(Leases::of(&context.store, &slug))
    }

    /// The project's leases; `None` if the project is not registered, so that it has none.
    pub fn known_leases(&self, context: &Context) -> Outcome<Option<Leases>> {
        let config = context.config();
        let slug = config.project_of(&self.scope.project_root.to_string_lossy()).map(Slug::parse).transpose()?;
        Ok(slug.map(|slug| Leases::of(&context.store, &slug)))
    }

    pub fn is_own(&self, lease: &Lease) -> bool {
        Leases::is_own(lease, &self.owner)
    }

    /// Refuses to change a lease that the caller may not end. `doing` is a verb such as `release`.
    pub fn must_own(&self, lease: &Lease, doing: &str) -> Result<(), Error> {
        let is_below = |seat: &Seat| self.caller.must_own(seat, &self.seats, doing).is_ok();
        if self.caller == Caller::Person || self.is_own(lease) || self.seat_of(lease).is_some_and(is_below) {
            return Ok(());
        }
        Err(Error::Refused(format!("cannot {doing} {}: it belongs to {}", lease.id, self.name(lease))))
    }

    /// Whether a command acts on a lease: on the one with this id, else on all that are the caller's own.
    pub fn is_meant(&self, lease: &Lease, id: Option<&str>, doing: &str) -> Result<bool, Error> {
        match id {
            Some(id) if lease.id == id => self.must_own(lease, doing).map(|()| true),
            Some(_) => Ok(false),
            None => Ok(self.is_own(lease)),
        }
    }

    /// The seat that owns a lease.
    pub fn seat_of(&self, lease: &Lease) -> Option<&Seat> {
        self.seats.iter().find(|seat| lease.owner.agent_id.as_deref() == Some(&*seat.agent_id))
    }

    /// The owner's name for people.
    pub fn name(&self, lease: &Lease) -> String {
        let name = self.seat_of(lease).map_or_else(|| lease.owner.word(), Seat::title);
        match lease.owner.pid {
            Some(pid) if lease.owner.runs => format!("a command of {name} (process {pid})"),
            Some(pid) if lease.owner.is_person() => format!("{name} (process {pid})"),
            _ => name,
        }
    }
}

/// The lease that an id names, if it has not expired.
pub fn named(leases: Option<&Leases>, id: &str, now: Instant) -> Outcome<Lease> {
    let Some(leases) = leases else { return Err(Failure::Nothing(format!("no lease {id:?}: the project has none"))) };
    let found = leases.read()?;
    let lease = found.find(id)?;
    if lease.lasts(now) { Ok(lease.clone()) } else { Err(Failure::Nothing(format!("{} has expired", lease.id))) }
}

/// The value of `--for`.
pub fn length(text: &str) -> Result<TimeDelta, String> {
    let length = range::span(text).map_err(|error| error.to_string())?;
    if length > TimeDelta::zero() && length <= LONGEST {
        return Ok(length);
    }
    Err(format!("{text:?} is not from 1s to 7d"))
}
