//! Owns the wire format of leases, `leases/<slug>.json`, and the rules: which leases are in each other's way, and until
//! when one holds. A lease is the claim of one owner on paths of a project. Must stay true: a token is never given twice
//! in a project; a lease that has expired never holds again; unknown fields survive. Pure.

use crate::lease_owner::Owner;
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::error::{Error, Result};
use cs_core::keeps_unknown;
use cs_core::unknown::Unknown;
use serde::{Deserialize, Serialize};

/// The version that this program writes.
pub const SCHEMA_VERSION: u64 = 1;
/// The path of the whole project.
pub const WHOLE: &str = ".";
/// How long a lease lasts if nothing else is said.
pub const USUAL: TimeDelta = TimeDelta::hours(1);
/// The longest time for which a lease is given.
pub const LONGEST: TimeDelta = TimeDelta::days(7);
/// How long a lease that has expired is kept, so that whoever claims its paths can tell its owner.
const KEPT: TimeDelta = TimeDelta::days(1);
/// Maximum number of leases of a project.
pub const LEASES: usize = 2000;
/// Maximum number of paths of one lease.
pub const PATHS: usize = 100;
/// Maximum number of characters of a reason.
pub const REASON: usize = 500;

/// The paths that somebody claims, all or none of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claim {
    /// Relative to the top of a work tree, with `/`; [`WHOLE`] for all of it.
    pub paths: Vec<String>,
    /// Whether others may have the same paths, if they share them, too.
    pub shared: bool,
    /// The only work tree that is meant; `None`: all work trees of the project.
    pub worktree_root: Option<String>,
}

/// A claim that was granted. Instants are RFC 3339 texts in UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Lease {
    /// `l` and 8 hexadecimal digits.
    pub id: String,
    /// Grows with each lease of the project.
    pub token: u64,
    /// As in [`Claim::paths`].
    pub paths: Vec<String>,
    /// As in [`Claim::shared`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
    /// As in [`Claim::worktree_root`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worktree_root: Option<String>,
    /// Whose it is.
    pub owner: Owner,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was granted.
    pub acquired_at: String,
    /// It no longer holds from here on.
    pub expires_at: String,
    /// For how long it was granted, and is renewed.
    pub for_seconds: u64,
    /// Fields that this program does not know; written back unchanged.
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

/// The leases of a project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct LeaseFile {
    /// The same as the file's name.
    pub project_slug: String,
    /// The highest token that was given; it stays when its lease is gone.
    pub last_token: u64,
    /// In the order of their tokens.
    #[serde(default)]
    pub leases: Vec<Lease>,
    /// 1, see [`SCHEMA_VERSION`].
    pub schema_version: u64,
    /// Fields that this program does not know; written back unchanged.
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

keeps_unknown!(Lease, LeaseFile);

impl Lease {
    /// Whether it has not expired.
    pub fn lasts(&self, now: Instant) -> bool {
        self.ends().is_some_and(|end| now < end)
    }

    /// Whether it expired so long ago that it is dropped.
    pub fn is_over(&self, now: Instant) -> bool {
        self.ends().and_then(|end| end.checked_add_signed(KEPT)).is_none_or(|end| now >= end)
    }

    /// When it expires.
    pub fn ends(&self) -> Option<Instant> {
        clock::parse(&self.expires_at)
    }

    /// Whether less than a quarter of its time is left.
    pub fn is_due(&self, now: Instant) -> bool {
        let seconds = i64::try_from(self.for_seconds).unwrap_or(i64::MAX);
        self.ends().is_some_and(|end| (end - now).num_seconds().saturating_mul(4) < seconds)
    }

    /// Lets it last for `length` from now on.
    pub fn extend(&mut self, length: TimeDelta, now: Instant) {
        self.for_seconds = length.num_seconds().unsigned_abs();
        self.expires_at = clock::stamp(now.checked_add_signed(length).unwrap_or(now));
    }

    /// For how long it is renewed.
    pub fn length(&self) -> TimeDelta {
        i64::try_from(self.for_seconds).ok().and_then(TimeDelta::try_seconds).unwrap_or(LONGEST).min(LONGEST)
    }

    /// The first path of the lease that is in the way of a claim, if one is.
    pub fn obstructs(&self, claim: &Claim) -> Option<&str> {
        let is_elsewhere =
            matches!((&self.worktree_root, &claim.worktree_root), (Some(ours), Some(theirs)) if ours != theirs);
        if is_elsewhere || (self.shared && claim.shared) {
            return None;
        }
        self.paths.iter().map(String::as_str).find(|path| claim.paths.iter().any(|other| overlap(path, other)))
    }

    /// Whether it covers the path in this work tree.
    pub fn covers(&self, path: &str, worktree_root: &str) -> bool {
        let is_here = self.worktree_root.as_deref().is_none_or(|root| root == worktree_root);
        is_here && self.paths.iter().any(|own| is_within(path, own))
    }
}

/// Whether one of the paths is the other one, or lies within it.
fn overlap(a: &str, b: &str) -> bool {
    is_within(a, b) || is_within(b, a)
}

/// Whether `path` is `dir`, or lies within it.
fn is_within(path: &str, dir: &str) -> bool {
    dir == WHOLE || path.strip_prefix(dir).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl LeaseFile {
    /// No leases yet.
    pub fn new(slug: &str) -> Self {
        LeaseFile {
            project_slug: slug.to_string(),
            last_token: 0,
            leases: Vec::new(),
            schema_version: SCHEMA_VERSION,
            unknown: Unknown::new(),
        }
    }

    /// The next token: higher than all before. It is not below the milliseconds since 1970, because a file that was lost
    /// cannot say which tokens were given: they were below that as well, for a lease takes more than a millisecond.
    pub fn next_token(&mut self, now: Instant) -> u64 {
        let floor = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        let given = self.leases.iter().map(|lease| lease.token).max().unwrap_or_default().max(self.last_token);
        self.last_token = given.saturating_add(1).max(floor);
        self.last_token
    }

    /// The leases on paths of a claim, also those that have expired.
    pub fn obstacles(&self, claim: &Claim) -> impl Iterator<Item = &Lease> {
        self.leases.iter().filter(|lease| lease.obstructs(claim).is_some())
    }

    /// The lease that an id, or a unique beginning of one, names.
    pub fn find(&self, id: &str) -> Result<&Lease> {
        let fits: Vec<&Lease> = self.leases.iter().filter(|lease| !id.is_empty() && lease.id.starts_with(id)).collect();
        match fits.as_slice() {
            _ if fits.iter().any(|lease| lease.id == id) => fits.into_iter().find(|lease| lease.id == id),
            [one] => Some(*one),
            [] => None,
            many => {
                let ids: Vec<&str> = many.iter().map(|lease| lease.id.as_str()).collect();
                return Err(Error::Refused(format!("lease {id:?} is ambiguous: {}", ids.join(", "))));
            }
        }
        .ok_or_else(|| Error::Missing(format!("no lease {id:?} in {}; cs-lease list shows all", self.project_slug)))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::lease_owner::tests::owner;
    use crate::store::tests::at;

    pub(crate) fn lease(id: &str, paths: &[&str]) -> Lease {
        let mut lease = Lease {
            id: id.into(),
            token: 1,
            paths: paths.iter().map(|path| path.to_string()).collect(),
            shared: false,
            worktree_root: None,
            owner: owner(),
            reason: None,
            acquired_at: clock::stamp(at()),
            expires_at: String::new(),
            for_seconds: 0,
            unknown: Unknown::new(),
        };
        lease.extend(USUAL, at());
        lease
    }

    fn claim(path: &str) -> Claim {
        Claim { paths: vec![path.into()], ..Claim::default() }
    }

    #[test]
    fn paths_are_in_each_others_way_by_whole_components() {
        let cases = [
            ("src", "src", true),
            ("src", "src/a.rs", true),
            ("src/a.rs", "src", true),
            ("src/a", "src/a.rs", false),
            ("src", "srcs", false),
            (".", "docs/x", true),
            ("docs/x", ".", true),
            ("a/b", "a/c", false),
        ];
        for (held, wanted, expected) in cases {
            assert_eq!(lease("l1", &[held]).obstructs(&claim(wanted)).is_some(), expected, "{held} {wanted}");
        }
    }

    #[test]
    fn shared_claims_and_claims_on_different_work_trees_go_together() {
        let (held, wanted) = (lease("l1", &["src"]), claim("src/a"));
        let shared = Lease { shared: true, ..held.clone() };
        assert_eq!(shared.obstructs(&Claim { shared: true, ..wanted.clone() }), None);
        assert_eq!(shared.obstructs(&wanted), Some("src"), "both must share");
        assert_eq!(held.obstructs(&Claim { shared: true, ..wanted.clone() }), Some("src"));
        let here = |root: &str| Some(root.to_string());
        let (held, wanted) =
            (Lease { worktree_root: here("/a"), ..held }, |root| Claim { worktree_root: root, ..claim("src") });
        assert_eq!(held.obstructs(&wanted(here("/b"))), None);
        assert_eq!(held.obstructs(&wanted(here("/a"))), Some("src"));
        assert_eq!(held.obstructs(&wanted(None)), Some("src"), "all work trees include this one");
        assert!(held.covers("src/x", "/a") && !held.covers("src/x", "/b") && !held.covers("other", "/a"));
    }

    #[test]
    fn a_lease_lasts_until_its_end_and_is_due_in_its_last_quarter() {
        let lease = lease("l1", &["src"]);
        let after = |minutes| at() + TimeDelta::minutes(minutes);
        assert!(lease.lasts(after(59)) && !lease.lasts(after(60)));
        assert!(!lease.is_due(after(45)) && lease.is_due(after(46)) && lease.is_due(after(70)));
        let damaged = Lease { expires_at: "soon".into(), ..lease.clone() };
        assert!(!damaged.lasts(at()) && damaged.is_over(at()));
        assert!(!lease.is_over(after(61)) && lease.is_over(after(25 * 60)));
    }

    #[test]
    fn a_token_is_never_given_twice_even_if_the_file_or_the_clock_is_lost() {
        let mut file = LeaseFile::new("api");
        let first = file.next_token(at());
        assert_eq!(file.next_token(at()), first + 1, "in the same millisecond");
        assert_eq!(file.next_token(at() - TimeDelta::days(9)), first + 2, "after the clock was set back");
        file.leases.push(Lease { token: first + 50, ..lease("l1", &["a"]) });
        assert_eq!(file.next_token(at()), first + 51, "a lease in the file has a higher one");
        let mut lost = LeaseFile::new("api");
        assert!(lost.next_token(at() + TimeDelta::seconds(1)) > first + 51);
    }

    #[test]
    fn a_lease_is_found_by_its_id_or_the_beginning_of_it() {
        let mut file = LeaseFile::new("api");
        file.leases = vec![lease("l11", &["a"]), lease("l12", &["b"]), lease("l1", &["c"])];
        assert_eq!(file.find("l12").unwrap().paths, ["b"]);
        assert_eq!(file.find("l1").unwrap().paths, ["c"], "the whole id wins");
        assert!(matches!(file.find("l"), Err(Error::Refused(_))));
        assert!(matches!(file.find("lx"), Err(Error::Missing(_))) && file.find("").is_err());
    }
}
