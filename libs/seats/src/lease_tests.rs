//! Tests of the store of leases, in one process.

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
    assert!(matches!(taken, Answer::Granted(new, lost) if new.token > lease.token && lost == [lease]));
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
fn a_lease_that_has_expired_is_kept_for_a_day_to_tell_its_owner() {
    let place = place();
    let lease = place.get("src", &other("a"));
    let later = |hours| at() + TimeDelta::hours(hours);
    let claim = |path: &str, now| place.leases.acquire(&request(path, &other("b")), now).unwrap();
    assert!(matches!(claim("docs", later(2)), Answer::Granted(_, lost) if lost.is_empty()));
    assert!(place.leases.read().unwrap().leases.contains(&lease));
    assert!(matches!(claim("docs", later(25)), Answer::Granted(_, lost) if lost.is_empty()));
    assert!(!place.leases.read().unwrap().leases.contains(&lease));
}

#[test]
fn room_is_made_of_what_no_longer_holds() {
    let place = place();
    let ended = Owner { pid_started: Some("1".into()), ..owner() };
    let one = place.get("path/0", &ended);
    let fill = |lease: &Lease| {
        let mut file = place.leases.read().unwrap();
        file.leases = (0..LEASES).map(|n| Lease { paths: vec![format!("path/{n}")], ..lease.clone() }).collect();
        std::fs::write(&place.leases.path, place.leases.encode(&file).unwrap()).unwrap();
    };
    fill(&one);
    assert!(matches!(place.ask("src", &other("b")), Answer::Granted(..)));
    assert_eq!(place.leases.read().unwrap().leases.len(), 1);
    fill(&Lease { owner: other("a"), ..one });
    let refused = place.leases.acquire(&request("src", &other("b")), at()).unwrap_err();
    assert!(matches!(&refused, Error::Refused(text) if text.contains("2000 leases")), "{refused}");
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
    let running = Seat { status: SeatStatus::Running, pid: Some(own.pid), pid_started: Some(own.started), ..seat("a") };
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

#[test]
fn a_lease_of_a_seat_that_ended_does_not_come_back_with_its_next_client() {
    let place = place();
    let (home, ended) = (store(place._dir.path()), SeatStatus::Ended);
    let (seats, of) = (Seats::of(&home), |id: &str| Owner { agent_id: Some(id.into()), ..owner() });
    let made = seats.create(Seat { status: SeatStatus::Running, ..seat("builder") }, at()).unwrap();
    let id = SeatId::parse(&made.agent_id).unwrap();
    let command = Owner { runs: true, ..of(id.as_str()) };
    let kept = [place.get("docs", &other("a")).id, place.get("tests", &command).id];
    place.get("src", &of(id.as_str()));
    let turn = |status| {
        let set = |seat: &mut Seat| {
            seat.status = status;
            Ok(())
        };
        seats.update(&id, set).unwrap()
    };
    turn(ended);
    assert_eq!(place.leases.held(at()).unwrap().len(), 2);
    std::fs::write(home.home.leases(&Slug::parse("torn").unwrap()), "{").unwrap();
    Leases::drop_of(&home, &id, at()).unwrap();
    turn(SeatStatus::Running);
    let held: Vec<String> = place.leases.held(at()).unwrap().into_iter().map(|lease| lease.id).collect();
    assert_eq!(held, kept, "and what is not the seat's stays");
}
