//! Writes a log, and looks at what whoever shows sessions gets from it.

use crate::*;
use cs_core::clock::{self, Instant};
use cs_core::paths::Home;
use cs_core::record::Session;
use cs_core::store::Store;
use cs_core::witness::Witness;
use rules::{Call as Judged, Kind as Verdict, Rules, judge};
use std::time::Duration;

const ONE: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";
const OTHER: &str = "d8c64c56-59a9-4b11-aded-58c4ded45e16";

struct Place {
    dir: tempfile::TempDir,
    tally: Tally,
    ids: usize,
}

fn at(time: &str) -> Instant {
    clock::parse(&format!("2026-11-21T{time}:00Z")).unwrap()
}

fn place() -> Place {
    Place { dir: tempfile::tempdir().unwrap(), tally: Tally::default(), ids: 0 }
}

impl Place {
    fn home(&self) -> Home {
        Home::at(self.dir.path())
    }

    fn append(&self, entry: Entry, now: Instant) {
        Log::of(&self.home(), Duration::from_millis(100)).append(entry, now).unwrap();
    }

    fn call(&mut self, conversation: &str, time: &str, command: &str, ok: Option<bool>) {
        self.ids += 1;
        let verdicts = judge(&Judged::shell(command), &Rules::with(Vec::new())).verdicts;
        let entry = |kind| Entry {
            claude_session_id: Some(conversation.into()),
            tool_use_id: Some(format!("toolu_{}", self.ids)),
            tool: Some("Bash".into()),
            input: Some(Input { command: Some(command.into()), ..Input::default() }),
            ..Entry::new(kind, at(time))
        };
        self.append(entry(Kind::Attempt).with_verdicts(&verdicts), at(time));
        if ok.is_some() {
            self.append(Entry { ok, ..entry(Kind::Result) }, at(time));
        }
    }

    fn subagent(&self, kind: Kind, time: &str) {
        let entry = Entry {
            claude_session_id: Some(ONE.into()),
            agent_id: Some("a1b2".into()),
            agent_type: Some("Explore".into()),
            ..Entry::new(kind, at(time))
        };
        self.append(entry, at(time));
    }

    fn session(&self, from: &str, until: Option<&str>) -> Session {
        let mut session =
            Session::read(br#"{"session_id":"s","project_slug":"p","status":"active","intent":"i"}"#).unwrap();
        session.claude_session_id = Some(ONE.into());
        session.started_at = clock::stamp(at(from));
        session.ended_at = until.map(|until| clock::stamp(at(until)));
        session
    }

    fn store(&self) -> Store {
        Store::for_people(self.home(), Witness::NONE)
    }

    fn work(&self, from: &str, until: Option<&str>) -> Option<Work> {
        Work::read(&self.store(), &self.session(from, until), at("12:00")).unwrap()
    }

    fn look(&mut self) -> [usize; 2] {
        let home = self.home();
        self.tally.look(&home, at("12:00")).unwrap();
        [ONE, OTHER].map(|uuid| self.tally.destructive(uuid))
    }
}

#[test]
fn a_session_has_the_calls_of_its_share_of_the_conversation() {
    let mut place = place();
    assert_eq!(place.work("09:00", None), None, "without a log nothing is said");
    place.call(ONE, "08:00", "rm -rf before", Some(true));
    place.call(ONE, "09:00", "ls", Some(true));
    place.call(ONE, "09:10", "rm -rf build", Some(false));
    place.call(OTHER, "09:10", "rm -rf other", Some(true));
    place.call(ONE, "09:20", "cat .env", Some(true));
    place.subagent(Kind::SubagentStart, "09:30");
    place.subagent(Kind::SubagentStop, "09:40");
    place.call(ONE, "10:00", "rm -rf after", Some(true));
    let work = place.work("09:00", Some("10:00")).unwrap();
    let sums = Sums { calls: 3, failed: 1, destructive: 1, sensitive: 1, ..Sums::default() };
    assert_eq!(work.sums, Some(sums));
    let subjects = |verdict| work.with(verdict).map(Call::subject).collect::<Vec<_>>();
    assert_eq!(subjects(Verdict::Destructive), ["rm -rf build"]);
    assert_eq!(subjects(Verdict::Sensitive), ["cat .env"]);
    assert_eq!(work.subagents.len(), 1);
    assert_eq!(place.work("10:00", None).unwrap().subagents, [], "the subagent belongs to the session before");
    assert_eq!(place.work("11:00", None), None);
}

#[test]
fn a_call_with_two_verdicts_counts_under_the_worst_one_however_many_are_named() {
    let mut place = place();
    for n in 0..120 {
        place.call(ONE, "09:10", &format!("rm -rf build{n} .env"), None);
    }
    place.call(ONE, "09:20", "cat .env", None);
    let work = place.work("09:00", None).unwrap();
    let counts = [Verdict::Destructive, Verdict::Sensitive, Verdict::Opaque].map(|verdict| work.count(verdict));
    assert_eq!((counts, work.named.len(), work.sums.unwrap().sensitive), ([120, 1, 0], 100, 121));
}

#[test]
fn subagents_without_a_logged_call_have_no_sums() {
    let place = place();
    place.subagent(Kind::SubagentStart, "09:30");
    let work = place.work("09:00", None).unwrap();
    assert_eq!((work.sums, work.subagents.len()), (None, 1));
}

#[test]
fn a_tally_reads_only_what_is_new() {
    let mut place = place();
    assert_eq!(place.look(), [0, 0]);
    place.call(ONE, "09:00", "rm -rf build", Some(true));
    place.call(OTHER, "09:00", "ls", Some(true));
    assert_eq!(place.look(), [1, 0], "a result does not count again");
    place.call(OTHER, "09:01", "git reset --hard", None);
    assert_eq!(place.look(), [1, 1]);
    // What was read before is not read again: it may be anything now.
    let path = place.dir.path().join("audit/2026-11-21.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, "x".repeat(text.len() - 1) + "\n").unwrap();
    place.call(ONE, "09:02", "git push --force", None);
    assert_eq!(place.look(), [2, 1]);
}

#[test]
fn a_torn_line_counts_once_it_is_whole_and_an_old_day_never() {
    let mut place = place();
    place.call(ONE, "09:00", "rm -rf build", None);
    let path = place.dir.path().join("audit/2026-11-21.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(place.dir.path().join("audit/2026-11-19.jsonl"), &text).unwrap();
    std::fs::write(&path, &text[..text.len() - 9]).unwrap();
    assert_eq!(place.look(), [0, 0]);
    std::fs::write(&path, &text).unwrap();
    assert_eq!(place.look(), [1, 0]);
}

#[test]
fn a_tally_forgets_what_is_older_than_yesterday() {
    let mut place = place();
    place.call(ONE, "09:00", "rm -rf build", None);
    let home = place.home();
    let mut after = |day: &str| {
        place.tally.look(&home, clock::parse(&format!("2026-11-{day}T12:00:00Z")).unwrap()).unwrap();
        place.tally.destructive(ONE)
    };
    assert_eq!([after("21"), after("22"), after("23"), after("24")], [1, 1, 0, 0]);
}

#[test]
fn several_sessions_share_one_reading_of_the_log() {
    let mut place = place();
    place.call(ONE, "09:10", "rm -rf build", Some(true));
    place.call(OTHER, "09:11", "rm -rf other", Some(true));
    place.call(ONE, "10:10", "ls", Some(true));
    let [first, later] = [place.session("09:00", Some("10:00")), place.session("10:00", None)];
    let nobody = Session { claude_session_id: None, ..first.clone() };
    let all = Work::read_all(&place.store(), &[&later, &nobody, &first], at("12:00")).unwrap();
    let sums =
        |work: &Option<Work>| work.as_ref().and_then(|work| work.sums).map(|sums| (sums.calls, sums.destructive));
    assert_eq!(all.iter().map(sums).collect::<Vec<_>>(), [Some((1, 0)), None, Some((1, 1))]);
}
