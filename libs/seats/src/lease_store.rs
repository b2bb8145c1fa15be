//! Owns reading and changing the leases of a project. Must stay true: they change under the project's lease lock, in one
//! synced rename; all paths of a claim are granted, or none; a lease is taken away only if it has expired, or its owner
//! is known to have ended; the file and its lock are never removed, because the file knows the last token.

use crate::lease::{Claim, LEASES, Lease, LeaseFile, SCHEMA_VERSION};
use crate::lease_owner::Owner;
use crate::store::Seats;
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability};
use cs_core::id::{self, SeatId, Slug};
use cs_core::lock;
use cs_core::paths::Home;
use cs_core::process;
use cs_core::store::Store;
use cs_core::unknown::Unknown;
use cs_core::validate::FILE_BYTES;
use cs_core::weight;
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
    /// The lease, and those of ended owners that were taken away for it.
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
        leases.retain(|lease| self.holds(lease, now));
        Ok(leases)
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
        let obstacles = found.obstacles(claim, now).filter(|lease| !Leases::is_own(lease, caller));
        Ok(obstacles.filter(|lease| self.holds(lease, now)).cloned().collect())
    }

    /// Grants all that is asked for, or nothing.
    pub fn acquire(&self, request: &Request, now: Instant) -> Result<Answer> {
        // Who must wait takes no lock and writes nothing.
        let taken = self.in_the_way(&request.claim, &request.caller, now)?;
        if !taken.is_empty() {
            return Ok(Answer::Taken(taken));
        }
        self.change(|found| {
            let obstacles: Vec<Lease> = found.obstacles(&request.claim, now).cloned().collect();
            let others = obstacles.into_iter().filter(|lease| !Leases::is_own(lease, &request.caller));
            let (taken, ended): (Vec<Lease>, Vec<Lease>) = others.partition(|lease| self.holds(lease, now));
            if !taken.is_empty() {
                return Ok(Answer::Taken(taken));
            }
            found.leases.retain(|lease| lease.lasts(now) && !ended.contains(lease));
            self.make_room(found)?;
            let lease = grant(found, request, now);
            found.leases.push(lease.clone());
            Ok(Answer::Granted(Box::new(lease), ended))
        })
    }

    /// Drops the leases of ended owners if there are too many.
    fn make_room(&self, found: &mut LeaseFile) -> Result<()> {
        if found.leases.len() >= LEASES {
            found.leases.retain(|lease| !lease.owner.has_ended(&self.seats));
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

    /// Ends leases, and returns those that still lasted.
    pub fn release(&self, mut chosen: impl FnMut(&Lease) -> Result<bool>, now: Instant) -> Result<Vec<Lease>> {
        self.change(|found| {
            let mut released = Vec::new();
            for lease in std::mem::take(&mut found.leases) {
                let is_chosen = chosen(&lease)?;
                match lease.lasts(now) {
                    true if is_chosen => released.push(lease),
                    true => found.leases.push(lease),
                    false => {}
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
        if bytes.len() > FILE_BYTES || weight::is_too_heavy(&bytes) {
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
mod tests {
    use super::*;
    use crate::lease::USUAL;
    use crate::lease_owner::tests::owner;
    use crate::seat::{Seat, SeatStatus};
    use crate::store::tests::{at, seat, store};

    struct Place {
        _dir: tempfile::TempDir,
        leases: Leases,
    }

    fn place() -> Place {
        let dir = tempfile::tempdir().unwrap();
        let leases = Leases::of(&store(dir.path()), &Slug::parse("api").unwrap());
        Place { _dir: dir, leases }
    }

    fn other(uuid: &str) -> Owner {
        Owner { claude_session_id: Some(uuid.into()), ..owner() }.with(None)
    }

    fn request(path: &str, who: &Owner) -> Request {
        let claim = Claim { paths: vec![path.into()], ..Claim::default() };
        Request { claim, owner: who.clone(), caller: who.clone(), length: USUAL, reason: None }
    }

    impl Place {
        fn ask(&self, path: &str, who: &Owner) -> Answer {
            self.leases.acquire(&request(path, who), at()).unwrap()
        }
        fn get(&self, path: &str, who: &Owner) -> Lease {
            match self.ask(path, who) {
                Answer::Granted(lease, _) => *lease,
                taken => panic!("{taken:?}"),
            }
        }
    }

    #[test]
    fn one_owner_gets_a_path_and_all_paths_are_granted_or_none() {
        let place = place();
        let (a, b) = (other("a"), other("b"));
        let first = place.get("src", &a);
        assert!(matches!(place.ask("src/x", &b), Answer::Taken(held) if held == [first.clone()]));
        let again = place.get("src/x", &a);
        assert!(again.token > first.token && again.id != first.id, "the owner's own lease is not in its way");
        let mut both = request("docs", &b);
        both.claim.paths.push("src".into());
        assert!(matches!(place.leases.acquire(&both, at()).unwrap(), Answer::Taken(held) if held.len() == 2));
        assert_eq!(place.get("docs", &b).paths, ["docs"]);
        assert_eq!(place.leases.held(at()).unwrap().len(), 3);
    }

    #[test]
    fn an_expired_lease_is_gone_and_is_not_renewed() {
        let place = place();
        let lease = place.get("src", &other("a"));
        let later = at() + USUAL;
        assert!(place.leases.held(later).unwrap().is_empty());
        assert!(place.leases.renew(|_| Ok(true), None, later).unwrap().is_empty());
        let taken = place.leases.acquire(&request("src", &other("b")), later).unwrap();
        assert!(matches!(taken, Answer::Granted(new, _) if new.token > lease.token));
        assert_eq!(place.leases.read().unwrap().leases.len(), 1);
    }

    #[test]
    fn the_lease_of_an_ended_owner_is_taken_away_and_named() {
        let place = place();
        let ended = Owner { pid_started: Some("1".into()), ..owner() };
        let lost = place.get("src", &ended);
        assert!(place.leases.held(at()).unwrap().is_empty());
        match place.ask("src", &other("b")) {
            Answer::Granted(_, reclaimed) => assert_eq!(reclaimed, [lost]),
            taken => panic!("{taken:?}"),
        }
    }

    #[test]
    fn a_released_lease_leaves_its_token_behind() {
        let place = place();
        let first = place.get("src", &other("a"));
        assert_eq!(place.leases.release(|lease| Ok(lease.id == first.id), at()).unwrap(), std::slice::from_ref(&first));
        assert!(place.leases.release(|_| Ok(true), at()).unwrap().is_empty());
        assert_eq!(place.leases.read().unwrap().last_token, first.token);
        assert!(place.get("src", &other("b")).token > first.token);
    }

    #[test]
    fn a_seat_keeps_its_leases_while_it_works() {
        let place = place();
        let own = process::find(std::process::id()).unwrap();
        let running =
            Seat { status: SeatStatus::Running, pid: Some(own.pid), pid_started: Some(own.started), ..seat("a") };
        let made = place.leases.seats.create(running, at()).unwrap();
        let id = SeatId::parse(&made.agent_id).unwrap();
        assert_eq!(place.leases.renew_for(&id, at()).unwrap(), 0, "there is no file");
        let lease = place.get("src", &Owner { agent_id: Some(made.agent_id.clone()), ..Owner::default() });
        let (early, due) = (at() + TimeDelta::minutes(44), at() + TimeDelta::minutes(46));
        assert_eq!(place.leases.renew_for(&id, early).unwrap(), 0);
        assert_eq!(place.leases.renew_for(&SeatId::random(at()), due).unwrap(), 0, "another seat");
        assert_eq!(place.leases.renew_for(&id, due).unwrap(), 1);
        let renewed = place.leases.held(at() + USUAL).unwrap();
        assert_eq!((renewed.len(), renewed[0].token), (1, lease.token), "a renewed lease keeps its token");
        let kill = |seat: &mut Seat| {
            seat.status = SeatStatus::Killed;
            Ok(())
        };
        place.leases.seats.update(&id, kill).unwrap();
        assert!(place.leases.held(due).unwrap().is_empty(), "the seat was killed");
        assert_eq!(place.leases.renew_for(&id, due + TimeDelta::minutes(50)).unwrap(), 0);
    }

    #[test]
    fn a_damaged_or_newer_file_grants_nothing_and_stays() {
        let place = place();
        place.get("src", &other("a"));
        let path = place.leases.path.clone();
        let text = std::fs::read_to_string(&path).unwrap();
        let newer = text.replace("\"schema_version\": 1", "\"schema_version\": 2");
        let foreign = text.replace("\"api\"", "\"web\"");
        for (bytes, is_newer) in [("{", false), (&newer, true), (&foreign, false)] {
            std::fs::write(&path, bytes).unwrap();
            let error = place.leases.acquire(&request("docs", &other("b")), at()).unwrap_err();
            assert_eq!(matches!(error, Error::Newer { version: 2, .. }), is_newer, "{error}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), bytes);
        }
    }

    #[test]
    fn fields_of_other_versions_survive() {
        let place = place();
        place.get("src", &other("a"));
        let path = place.leases.path.clone();
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text
            .replace("\"token\"", "\"of_others\": 1.50, \"token\"")
            .replace("\"last_token\"", "\"too\": [1], \"last_token\"");
        let text = text.replace("\"claude_session_id\"", "\"deep\": null, \"claude_session_id\"");
        std::fs::write(&path, text).unwrap();
        place.get("docs", &other("b"));
        let after = std::fs::read_to_string(&path).unwrap();
        for kept in ["\"of_others\": 1.50", "\"too\"", "\"deep\": null"] {
            assert!(after.contains(kept), "{kept} {after}");
        }
    }
}
