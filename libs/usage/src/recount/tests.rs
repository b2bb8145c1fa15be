//! Whatever happens to logs and summaries, in any order: the figures are those of counting everything from nothing, and
//! only what has to be read again is read.

use super::*;
use crate::prices::Prices;
use crate::shares::Records;
use crate::sources::{FAMILY, HASH, Source, family_of};
use crate::summary;
use agents::logs::{Identity, Roots};
use cs_core::clock;
use cs_core::config::Config;
use cs_core::file::{self, Durability};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Pseudo-random numbers, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = mix(self.0, 0x1234_5678).wrapping_add(1);
        (self.0 >> 11) % below
    }
}

/// How many conversations there are, and twice as many files.
const CONVERSATIONS: u64 = 6;

fn uuid(n: u64) -> String {
    format!("00000000-0000-4000-8000-00000000000{n}")
}

/// A line of a transcript, which may tell what another one tells, too.
fn line(dice: &mut Dice, own: u64) -> String {
    let session = uuid(if dice.roll(12) == 0 { dice.roll(CONVERSATIONS) } else { own });
    let (other, turn) = (if dice.roll(8) == 0 { dice.roll(CONVERSATIONS) } else { own }, dice.roll(9));
    let at = format!("2026-11-21T1{other}:{:02}:0{}Z", turn * 5, if dice.roll(6) == 0 { dice.roll(9) } else { 0 });
    let (uuid, tokens) = (format!("u{other}-{turn}-{}", dice.roll(3)), dice.roll(4) * 10);
    let mark = if dice.roll(15) == 0 { r#","forkedFrom":{"sessionId":"x","messageUuid":"y"}"# } else { "" };
    let head = format!(r#""sessionId":"{session}","cwd":"/w{}","timestamp":"{at}"{mark}"#, dice.roll(3));
    let line = match dice.roll(20) {
        0 => "no line".to_string(),
        1 => format!(r#"{{"type":"ai-title","sessionId":"{session}","aiTitle":"title {tokens}"}}"#),
        2 => format!(r#"{{"type":"custom-title","sessionId":"{session}","customTitle":"name {tokens}"}}"#),
        3..=7 => format!(r#"{{"type":"user","uuid":"{uuid}",{head},"message":{{"role":"user","content":"hi"}}}}"#),
        _ => {
            let (side, request) = (dice.roll(6) == 0, dice.roll(5).min(1));
            format!(
                r#"{{"type":"assistant",{head},"isSidechain":{side},"requestId":"r{turn}-{request}","message":{{"id":"m{other}-{turn}","model":"claude-{}","usage":{{"input_tokens":{tokens},"output_tokens":{}}}}}}}"#,
                if turn % 2 == 0 { "opus-4-5" } else { "haiku-4-5" },
                dice.roll(2)
            )
        }
    };
    line + "\n"
}

struct World {
    folder: tempfile::TempDir,
    home: Home,
    roots: Roots,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("claude/projects/p")).unwrap();
        let roots = Roots::at(vec![(Agent::Claude, folder.path().join("claude"))]);
        World { home: Home::at(folder.path().join("data")), folder, roots }
    }

    /// Each conversation has a file, and one of a subagent.
    fn log(&self, n: u64) -> PathBuf {
        let (of, p) = (uuid(n / 2), self.folder.path().join("claude/projects/p"));
        if n.is_multiple_of(2) {
            p.join(format!("{of}.jsonl"))
        } else {
            p.join(format!("{of}/subagents/agent-a.jsonl"))
        }
    }

    /// What a report is made from, and how many logs were read for it.
    fn figures(&self) -> (String, usize) {
        let (logs, listed) = (self.roots.find().logs, summary::list(&self.home).0);
        let question = Question::of(&self.home, "", &logs, &listed);
        let (answer, read) = match question.answer(&self.home, true) {
            Some(answer) => (answer, 0),
            None => {
                let counted = question.count(&self.home, &logs, &listed, |all, _| all);
                assert!(counted.damaged.is_empty() && counted.read.unreadable.is_empty(), "{counted:?}");
                counted.store(&question);
                (counted.answer, counted.read.logs.len())
            }
        };
        (show(&answer), read)
    }

    fn book(&self) -> (book::Book, u64) {
        let nowhere = tempfile::tempdir().unwrap();
        let logs = cache::read(&Home::at(nowhere.path().join("data")), self.roots.logs().logs).logs;
        let book = book::build(&logs, summary::load(&self.home).0, |_, _, _| {});
        (book, logs.iter().map(|(_, facts)| facts.broken).sum())
    }

    /// The same from nothing but logs and summaries.
    fn true_figures(&self) -> String {
        let (book, broken) = self.book();
        show(&Answer { book: book.sorted(|_, _| true), broken, limits: Vec::new() })
    }

    fn keep(&self) {
        std::thread::sleep(Duration::from_millis(11));
        let now = clock::parse("2026-11-21T20:00:00Z").unwrap();
        let prices = Prices::new(&Config::default()).0;
        summary::keep(&self.home, &self.book().0, &prices, &Records::new(), now).unwrap();
    }

    /// Something that happens; returns its name.
    fn change(&self, dice: &mut Dice) -> &'static str {
        let (n, more) = (dice.roll(2 * CONVERSATIONS), 1 + dice.roll(6));
        let path = self.log(n);
        let old = fs::read(&path).unwrap_or_default();
        let mut lines = |count| (0..count).map(|_| line(dice, n / 2)).collect::<String>().into_bytes();
        match more + 10 * (n % 2) {
            1 | 11 => write(&path, &lines(more)),
            2 if old.is_empty() => write(&path, &lines(8)),
            2 => fs::remove_file(&path).unwrap(),
            3 => write(&path, old.get(..old.len() / 2).unwrap()),
            4 => {
                self.keep();
                return "keep";
            }
            5 if self.home.usage(&id(n / 2)).exists() => {
                fs::remove_file(self.home.usage(&id(n / 2))).unwrap();
                return "a summary is gone";
            }
            12 if !old.is_empty() => fs::rename(&path, self.log((n + 2) % (2 * CONVERSATIONS))).unwrap_or_default(),
            13 if !old.is_empty() => write(&path, old.strip_suffix(b"\n").unwrap_or(&old)),
            _ => write(&path, &[old, lines(more)].concat()),
        }
        "a log"
    }
}

fn id(n: u64) -> cs_core::id::Uuid {
    cs_core::id::Uuid::parse(&uuid(n)).unwrap()
}

/// Changes a file so that its times or its size show it.
fn write(path: &Path, bytes: &[u8]) {
    let identity = || fs::metadata(path).map(|meta| Identity::of(&meta)).ok();
    let before = identity();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    loop {
        fs::write(path, bytes).unwrap();
        if identity() != before {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn show(Answer { book, broken, .. }: &Answer) -> String {
    let of = |of: &book::Session| {
        let name = (&of.title, of.is_renamed);
        format!("{} {:?} {} {name:?} {} {}\n", of.id, of.agent, of.dir, of.turns, of.is_summary)
    };
    let sessions: String = book.sessions.iter().map(of).collect();
    let rows: String = book.rows.iter().map(|row| format!("{row:?}\n")).collect();
    format!("{sessions}{:?}\n{rows}{broken}", book.models)
}

#[test]
fn any_changes_in_any_order_give_the_count_from_nothing() {
    let (mut fewer, mut more) = (0, 0);
    for seed in 0..4 {
        let (world, mut dice) = (World::new(), Dice(seed));
        for step in 0..30 {
            let changes: Vec<&str> = (0..1 + dice.roll(3)).map(|_| world.change(&mut dice)).collect();
            let (figures, read) = world.figures();
            assert_eq!(figures, world.true_figures(), "{seed} {step} {changes:?}");
            assert_eq!(world.figures(), (figures, 0), "{seed} {step}");
            if read < world.roots.find().logs.len() { fewer += 1 } else { more += 1 }
        }
    }
    assert!(fewer > more, "only what has to be: {fewer} {more}");
}

/// A message that costs this much.
fn answer(session: u64, message: u64, tokens: u64) -> String {
    let of = uuid(session);
    format!(
        r#"{{"type":"assistant","sessionId":"{of}","cwd":"/w","timestamp":"2026-11-21T10:00:00Z","requestId":"r{message}","message":{{"id":"m{message}","model":"claude-opus-4-5","usage":{{"input_tokens":{tokens},"output_tokens":2}}}}}}"#
    ) + "\n"
}

#[test]
fn only_what_shares_something_with_a_change_is_read() {
    let world = World::new();
    for n in 0..6 {
        fs::write(world.log(2 * n), answer(n, n, 10)).unwrap();
    }
    assert_eq!(world.figures().1, 6);
    let see = |n: u64, text: String, read: usize| {
        write(&world.log(n), &[fs::read(world.log(n)).unwrap_or_default(), text.into_bytes()].concat());
        assert_eq!(world.figures().1, read, "{n}");
        assert_eq!(world.figures(), (world.true_figures(), 0), "{n}");
    };
    see(0, answer(0, 10, 20), 1);
    see(1, answer(0, 11, 20), 2);
    see(0, answer(0, 12, 20), 2);
    // A message of another conversation: now these two depend on each other.
    see(4, answer(2, 3, 40), 2);
    see(6, answer(3, 13, 20), 2);
    see(8, answer(4, 14, 20), 1);
    fs::remove_file(world.log(4)).unwrap();
    assert_eq!(world.figures().1, 1);
    see(6, answer(3, 15, 20), 1);
    assert_eq!(world.true_figures(), world.figures().0);
}

#[test]
fn what_an_answer_was_counted_from_may_be_damaged() {
    let world = World::new();
    for n in 0..6 {
        fs::write(world.log(2 * n), answer(n, n, 10)).unwrap();
    }
    world.figures();
    let sources = fs::read_dir(world.home.usage_cache_dir()).unwrap().map(|entry| entry.unwrap().path());
    let sources = sources.into_iter().find(|path| path.extension().is_some_and(|of| of == "sources")).unwrap();
    let stale = fs::read(&sources).unwrap();
    let damages: [fn(&mut Vec<u8>); 4] =
        [|bytes| bytes[40] ^= 1, |bytes| bytes.truncate(64), |bytes| bytes.clear(), |bytes| bytes.extend([0; 8])];
    for (n, damage) in damages.into_iter().enumerate() {
        write(&world.log(0), answer(0, 0, 100 + n as u64).as_bytes());
        let mut bytes = fs::read(&sources).unwrap();
        damage(&mut bytes);
        fs::write(&sources, bytes).unwrap();
        assert_eq!(world.figures(), (world.true_figures(), 6));
    }
    write(&world.log(0), answer(0, 0, 7).as_bytes());
    file::replace(&sources, &stale, Durability::Disposable).unwrap();
    assert_eq!(world.figures(), (world.true_figures(), 6), "those of another answer");
}

fn prompt(session: u64, id: &str, second: u64) -> String {
    let of = uuid(session);
    format!(
        r#"{{"type":"user","uuid":"{id}","sessionId":"{of}","cwd":"/w","timestamp":"2026-11-21T10:00:0{second}Z","message":{{"role":"user","content":"hi"}}}}"#
    ) + "\n"
}

#[test]
fn a_prompt_counts_once_by_its_id_and_beside_a_summary_by_its_time() {
    let world = World::new();
    for (n, id, second) in [(0, "one", 1), (1, "one", 2), (2, "two", 3)] {
        fs::write(world.log(2 * n), answer(n, n, 10) + &prompt(n, id, second)).unwrap();
    }
    assert_eq!(world.figures(), (world.true_figures(), 3));
    fs::remove_file(world.log(0)).unwrap();
    assert_eq!(world.figures(), (world.true_figures(), 1), "it is the other's now");
    world.keep();
    fs::remove_file(world.log(4)).unwrap();
    assert_eq!(world.figures().0, world.true_figures());
    fs::write(world.log(6), answer(3, 3, 10) + &prompt(3, "three", 3)).unwrap();
    assert_eq!(world.figures(), (world.true_figures(), 1), "that of a summary");
}

/// How many families there are, and how many links.
fn families(of: &Sources) -> (usize, usize) {
    let families: BTreeSet<u32> = of.all.iter().map(|source| source.family).collect();
    assert!(of.links.iter().all(|link| families.contains(&family_of(*link))));
    (families.len(), of.links.len())
}

#[test]
fn a_million_links_make_no_families_by_chance() {
    const FAMILIES: u64 = 2_500;
    let mut new = Sources::default();
    for n in 0..2 * FAMILIES {
        // Each has a message of the one beside it, too.
        let messages = (0..200).map(|k| 200 * n + k).chain([200 * (n | 1)]);
        new.push(n, 0, messages.map(|message| of_message(fnv1a(format!("msg_{message}").as_bytes()))));
    }
    let mut sources = Sources::default();
    sources.replace(&BTreeSet::new(), new);
    let (count, _) = families(&sources);
    // Of all pairs of a million numbers with 40 bits, about one in two stores has an equal one.
    assert!((FAMILIES as usize - 5..=FAMILIES as usize).contains(&count), "{count}");
}

#[test]
fn more_families_than_have_numbers_are_one() {
    let sources_from = |first: u32| {
        let mut sources = Sources::default();
        for n in 0..3 {
            sources.all.push(Source { hash: n, family: first + n as u32, broken: 0 });
            sources.links.push(of_message(n) & HASH | u64::from(first + n as u32));
        }
        sources.links.sort();
        sources
    };
    let changed = |from: u64, count: u64| {
        let mut new = Sources::default();
        (from..from + count).for_each(|n| new.push(n, 0, [of_message(n)].into_iter()));
        new
    };
    let last = FAMILY as u32;
    let mut sources = sources_from(last - 4);
    sources.replace(&BTreeSet::from([last - 3]), changed(10, 2));
    assert_eq!(families(&sources), (4, 4), "all numbers are used");
    let is_known = |of: &Sources, n: u64| of.family_with(of_message(n));
    assert_eq!((is_known(&sources, 1), is_known(&sources, 11)), (None, Some(last)));
    sources.replace(&BTreeSet::from([last]), changed(20, 2));
    assert_eq!(families(&sources), (1, 5), "{sources:?}");
    assert!([0, 2, 10, 20, 21].map(|n| is_known(&sources, n)) == [Some(0); 5] && is_known(&sources, 1).is_none());
    sources.replace(&BTreeSet::from([0]), changed(30, 4));
    assert_eq!((families(&sources), is_known(&sources, 33)), ((4, 4), Some(3)), "numbered from the beginning");
}
