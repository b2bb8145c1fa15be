//! A cache may be damaged in any way: no figure changes. What was read is not read again.

use super::*;
use crate::answer::Question;
use crate::book;
use crate::prices::Prices;
use crate::shares::Records;
use crate::summary;
use agents::Agent;
use agents::logs::Roots;
use cs_core::clock;
use cs_core::config::Config;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Logs of both agents, of which the second is gone after its summary was written.
struct World {
    _folder: tempfile::TempDir,
    home: Home,
    roots: Roots,
}

fn line(session: u32, message: usize, tokens: usize) -> String {
    format!(
        "{{\"type\":\"assistant\",\"sessionId\":\"00000000-0000-4000-8000-00000000000{session}\",\"cwd\":\"/w\",\
         \"timestamp\":\"2026-11-21T10:{:02}:00Z\",\"requestId\":\"r{message}\",\"message\":{{\"id\":\"m{session}-{message}\",\
         \"model\":\"claude-opus-4-5\",\"usage\":{{\"input_tokens\":{tokens},\"output_tokens\":2}}}}}}\n",
        message % 60
    )
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (claude, codex) = (folder.path().join("claude"), folder.path().join("codex"));
        let path = |session: u32| claude.join(format!("projects/p/00000000-0000-4000-8000-00000000000{session}.jsonl"));
        fs::create_dir_all(path(1).parent().unwrap()).unwrap();
        fs::create_dir_all(codex.join("sessions")).unwrap();
        let title =
            "{\"type\":\"ai-title\",\"sessionId\":\"00000000-0000-4000-8000-000000000001\",\"aiTitle\":\"A title\"}\n";
        fs::write(path(1), [&line(1, 1, 10), title, &line(1, 2, 20), line(1, 3, 30).trim_end()].concat()).unwrap();
        fs::write(path(2), line(2, 1, 5)).unwrap();
        let counter = "{\"timestamp\":\"2026-11-21T10:00:00Z\",\"type\":\"session_meta\",\"payload\":{\"id\":\"t\",\"cwd\":\"/w\"}}\n\
            {\"timestamp\":\"2026-11-21T10:00:01Z\",\"type\":\"event_msg\",\"payload\":{\"type\":\"token_count\",\"info\":\
            {\"total_token_usage\":{\"input_tokens\":7,\"total_tokens\":7}}}}\n";
        fs::write(codex.join("sessions/rollout-1.jsonl"), counter).unwrap();
        let home = Home::at(folder.path().join("data"));
        let world = World {
            _folder: folder,
            home,
            roots: Roots::at(vec![(Agent::Claude, claude.clone()), (Agent::Codex, codex)]),
        };
        let book = book::build(&read(&world.home, world.roots.logs().logs).logs, Vec::new(), |_, _, _| {});
        let prices = Prices::new(&Config::default()).0;
        let now = clock::parse("2026-11-21T11:00:00Z").unwrap();
        let kept = summary::keep(&world.home, &book, &prices, &Records::new(), now).unwrap();
        assert_eq!(kept.written, 2, "{kept:?}");
        fs::remove_file(path(2)).unwrap();
        fs::remove_dir_all(world.home.usage_cache_dir()).unwrap();
        world
    }

    /// What a report is made from, as reports get it; and whether it was known.
    fn figures(&self) -> (String, bool) {
        let logs = self.roots.logs().logs;
        let listed = summary::list(&self.home).0;
        let question = Question::of(&self.home, "", &logs, &listed);
        let known = question.answer(&self.home, true);
        let is_known = known.is_some();
        let answer = known.unwrap_or_else(|| {
            let counted = question.count(&self.home, &logs, &listed, |all, _| all);
            assert!(counted.damaged.is_empty() && counted.read.unreadable.is_empty(), "{counted:?}");
            counted.store(&question);
            counted.answer
        });
        (show(&answer.book, answer.broken), is_known)
    }

    fn count(&self, logs: Vec<Log>) -> book::Book {
        let (summaries, damaged) = summary::load(&self.home);
        assert!(damaged.is_empty(), "{damaged:?}");
        book::build(&read(&self.home, logs).logs, summaries, |_, _, _| {}).sorted(|_, _| true)
    }

    /// But what the answer was counted from, which is only read if it is not known.
    fn caches(&self) -> Vec<PathBuf> {
        let all = fs::read_dir(self.home.usage_cache_dir()).unwrap().map(|entry| entry.unwrap().path());
        let mut all: Vec<_> = all.filter(|path| path.extension().is_none_or(|of| of != "sources")).collect();
        all.sort();
        all
    }
}

fn show(book: &book::Book, broken: u64) -> String {
    let sessions: Vec<_> = book
        .sessions
        .iter()
        .map(|of| format!("{} {:?} {} {:?} {} {}", of.id, of.agent, of.dir, of.title, of.turns, of.is_summary))
        .collect();
    format!("{sessions:?} {:?} {:?} {broken}", book.models, book.rows)
}

#[test]
fn no_byte_of_a_cache_changes_a_figure() {
    let world = World::new();
    let (true_figures, is_known) = world.figures();
    assert!(!is_known && true_figures.contains("A title") && true_figures.contains("true"), "{true_figures}");
    assert_eq!(world.figures(), (true_figures.clone(), true));
    let caches = world.caches();
    assert!((3..=4).contains(&caches.len()), "one part or two, summaries, an answer: {caches:?}");
    for path in &caches {
        let bytes = fs::read(path).unwrap();
        assert!(bytes.len() > 100 && Unpack::open(&bytes).is_some());
        for at in 0..bytes.len() {
            let (head, tail) = (&bytes[..at], &bytes[at + 1..]);
            let all = [[head, &[bytes[at] ^ 0x41], tail].concat(), [head, tail].concat(), head.to_vec()];
            assert!(all.iter().all(|damaged| Unpack::open(damaged).is_none()), "{} at {at}", path.display());
            // As a whole only some, because that takes longer.
            if at % 37 == 0 {
                fs::write(path, &all[at % 3]).unwrap();
                let is_answer = path.to_string_lossy().contains("/answer-");
                let count = || (show(&world.count(world.roots.logs().logs), 0), false);
                let figures = if is_answer { world.figures() } else { count() };
                assert_eq!(figures, (true_figures.clone(), false), "{} at {at}", path.display());
                assert!(Unpack::open(&fs::read(path).unwrap()).is_some(), "it was written again");
            }
        }
    }
    fs::remove_dir_all(world.home.usage_cache_dir()).unwrap();
    assert_eq!(world.figures(), (true_figures, false));
}

#[test]
fn an_answer_is_for_the_logs_and_the_summaries_as_they_are() {
    let world = World::new();
    let (first, _) = world.figures();
    let path = world.roots.of(Agent::Claude)[0].join("projects/p/00000000-0000-4000-8000-000000000001.jsonl");
    let text = fs::read(&path).unwrap();
    fs::write(&path, [&text[..], b"\n", line(1, 4, 40).as_bytes()].concat()).unwrap();
    let (grown, is_known) = world.figures();
    assert!(!is_known && grown != first, "{grown}");
    assert_eq!(world.figures(), (grown, true));
    let uuid = cs_core::id::Uuid::parse("00000000-0000-4000-8000-000000000002").unwrap();
    fs::remove_file(world.home.usage(&uuid)).unwrap();
    assert!(!world.figures().1);
    fs::rename(&path, path.with_file_name("00000000-0000-4000-8000-000000000009.jsonl")).unwrap();
    assert!(!world.figures().1, "another name");
}

#[test]
fn the_order_in_which_logs_were_found_means_nothing() {
    let world = World::new();
    world.figures();
    let mut logs = world.roots.find().logs;
    assert_eq!(logs.len(), 2);
    let listed = summary::list(&world.home).0;
    for _ in 0..2 {
        logs.reverse();
        let known = |names| Question::of(&world.home, "", &logs, &listed).answer(&world.home, names).unwrap().book;
        let (with, without) = (known(true), known(false));
        assert_eq!((&with.rows, &with.models), (&without.rows, &without.models));
        assert!(with.sessions.iter().all(|of| !of.id.is_empty()) && with.sessions.iter().any(|of| of.title.is_some()));
        let agents = |book: &book::Book| book.sessions.iter().map(|of| of.agent).collect::<Vec<_>>();
        assert_eq!(agents(&with), agents(&without));
    }
    assert!(Question::of(&world.home, "", &logs[1..], &listed).answer(&world.home, true).is_none());
}

static READ: AtomicUsize = AtomicUsize::new(0);

/// A part of more than some 12,000 calls was written, then refused by its own reader, and so everything in it was read
/// at each run.
#[test]
fn a_log_of_13_000_calls_is_read_once() {
    let world = World::new();
    let path = world.roots.of(Agent::Claude)[0].join("projects/p/00000000-0000-4000-8000-000000000003.jsonl");
    fs::write(&path, (0..13_000).map(|n| line(3, n, n)).collect::<String>()).unwrap();
    let counting: Reader = |log, known| {
        READ.fetch_add(1, Ordering::Relaxed);
        Ok((read::log(log, known)?, None))
    };
    let read_all = || read_by(counting, &world.home, world.roots.logs().logs);
    let calls = |read: &Read| read.logs.iter().map(|(_, facts)| facts.calls.len()).sum::<usize>();
    let cold = read_all();
    let count = READ.load(Ordering::Relaxed);
    let warm = read_all();
    assert_eq!((calls(&cold), calls(&warm), count, READ.load(Ordering::Relaxed)), (13_004, 13_004, 3, 3));
    assert!(cold.logs.iter().zip(&warm.logs).all(|((_, a), (_, b))| a == b));
    fs::write(&path, [fs::read(&path).unwrap(), line(3, 13_000, 1).into_bytes()].concat()).unwrap();
    assert_eq!(calls(&read_all()), 13_005);
}
