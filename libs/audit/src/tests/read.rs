//! Asks a log of several days, with and without indexes.

use super::*;
use cs_core::range::Range;
use cs_core::store::Store;
use std::path::PathBuf;

const NOW: &str = "2026-11-29T12:00:00Z";

fn store(place: &Place) -> Store {
    Store::for_people(place.home.clone(), agents::WITNESS)
}

/// A line of a call; `call` without an id if it is empty.
fn line(kind: Kind, call: &str, at_text: &str) -> Entry {
    Entry {
        claude_session_id: Some("e998145e-4e5d-40c9-a3a6-681ad5bd51c9".into()),
        tool_use_id: Some(call.to_string()).filter(|id| !id.is_empty()),
        tool: Some("Bash".into()),
        input: Some(Input { command: Some(format!("run {call}")), ..Input::default() }),
        project: Some("api".into()),
        ..Entry::new(kind, at(at_text))
    }
}

fn result(call: &str, at_text: &str, ok: bool) -> Entry {
    Entry { ok: Some(ok), ms: Some(7), ..line(Kind::Result, call, at_text) }
}

impl Place {
    fn log(&self, entry: Entry) {
        let now = clock::parse(&entry.at).unwrap();
        Log::of(&self.home, WAIT).append(entry, now).unwrap();
    }

    fn ask(&self, filter: &Filter) -> Vec<String> {
        let found = calls(&store(self), filter, at(NOW)).unwrap();
        let id = |call: Call| format!("{} {}", call.tool_use_id.unwrap_or_default(), call.outcome.word());
        found.into_iter().map(id).collect()
    }

    fn indexes(&self) -> Vec<PathBuf> {
        files(&self.home).unwrap().iter().map(|log| log.with_extension("index")).filter(|path| path.exists()).collect()
    }
}

fn range(since: &str, until: &str) -> Range {
    let end = |text: &str| Some(text).filter(|text| !text.is_empty()).map(at);
    Range { since: end(since), until: end(until) }
}

#[test]
fn a_call_is_one_wherever_its_lines_are() {
    let place = place();
    place.log(line(Kind::Attempt, "a", "2026-11-20T10:00:00Z"));
    // Hooks run at the same time.
    place.log(result("b", "2026-11-20T10:00:02Z", false));
    place.log(line(Kind::Attempt, "b", "2026-11-20T10:00:01Z"));
    place.log(result("a", "2026-11-20T10:00:03Z", true));
    place.log(line(Kind::Attempt, "over", "2026-11-20T23:59:59Z"));
    place.log(result("over", "2026-11-21T00:00:01Z", true));
    place.log(result("alone", "2026-11-21T09:00:00Z", true));
    place.log(line(Kind::Attempt, "open", "2026-11-21T10:00:00Z"));
    let deny = Entry { decision: Some("deny".into()), ..line(Kind::Decision, "no", "2026-11-21T10:00:01Z") };
    place.log(deny);
    place.log(line(Kind::Attempt, "no", "2026-11-21T10:00:01Z"));
    place.log(Entry::new(Kind::Message, at("2026-11-21T10:00:02Z")));
    let all = ["no denied", "open unknown", "alone done", "over done", "b failed", "a done"];
    assert_eq!(place.ask(&Filter::default()), all);
    assert_eq!(place.ask(&Filter { limit: Some(2), ..Filter::default() }), all[..2]);
    assert_eq!(place.ask(&Filter { failed: true, ..Filter::default() }), ["b failed"]);
    assert_eq!(place.ask(&Filter { denied: true, ..Filter::default() }), ["no denied"]);
    // The day of the attempt counts.
    let day = |since, until| place.ask(&Filter { range: range(since, until), ..Filter::default() });
    assert_eq!(day("2026-11-21T00:00:00Z", ""), ["no denied", "open unknown", "alone done"]);
    assert_eq!(day("", "2026-11-21T00:00:00Z"), ["over done", "b failed", "a done"]);
    assert_eq!(day("2026-11-20T10:00:01Z", "2026-11-20T10:00:02Z"), ["b failed"]);
    let found = calls(&store(&place), &Filter::default(), at(NOW)).unwrap();
    assert_eq!((found[4].at.as_str(), found[4].ms), ("2026-11-20T10:00:01.000000+00:00", Some(7)));
    assert_eq!(place.indexes().len(), 1, "only of the day that is over");
}

#[test]
fn a_result_of_the_next_day_belongs_to_what_was_asked_for() {
    let place = place();
    let verdicts = vec![Said { rule: "rm-recursive".into(), verdict: "destructive".into(), severity: 3 }];
    place.log(Entry { verdicts, ..line(Kind::Attempt, "over", "2026-11-20T23:59:59Z") });
    place.log(result("over", "2026-11-21T00:00:01Z", true));
    place.log(line(Kind::Attempt, "later", "2026-11-22T10:00:00Z"));
    let destructive = Filter { said: vec!["destructive".into()], ..Filter::default() };
    let evening = range("2026-11-20T23:59:00Z", "2026-11-21T00:00:00Z");
    for filter in [destructive.clone(), Filter { range: evening, ..destructive.clone() }, destructive] {
        assert_eq!(place.ask(&filter), ["over done"]);
    }
}

#[test]
fn calls_without_an_id_are_paired_in_their_order() {
    let place = place();
    place.log(line(Kind::Attempt, "", "2026-11-20T10:00:00Z"));
    place.log(result("", "2026-11-20T10:00:01Z", false));
    place.log(line(Kind::Attempt, "", "2026-11-20T10:00:02Z"));
    place.log(result("", "2026-11-20T10:00:03Z", true));
    assert_eq!(place.ask(&Filter::default()), [" done", " failed"]);
}

/// A small generator of numbers, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn fill(place: &Place, numbers: &mut Numbers) {
    let uuids = ["e998145e-4e5d-40c9-a3a6-681ad5bd51c9", "d8c64c56-59a9-4b11-aded-58c4ded45e16"];
    for n in 0..600u64 {
        let minutes = n * 7;
        let time = format!("2026-11-{:02}T{:02}:{:02}:00Z", 20 + minutes / 1440, minutes / 60 % 24, minutes % 60);
        let id = format!("toolu_{}", n / 2 + numbers.below(3));
        let mut entry = match numbers.below(3) {
            0 => result(&id, &time, numbers.below(3) > 0),
            1 if numbers.below(8) == 0 => Entry { decision: Some("deny".into()), ..line(Kind::Decision, &id, &time) },
            _ => line(Kind::Attempt, &id, &time),
        };
        // What is true of a call does not depend on the line.
        let of_call = id.len() as u64 + id.bytes().map(u64::from).sum::<u64>();
        entry.claude_session_id = Some(uuids[(of_call % 2) as usize].into());
        entry.tool = Some(["Bash", "Read", "mcp__x__y"][(of_call % 3) as usize].into());
        entry.project = [None, Some("api".into()), Some("web".into())][(of_call % 3) as usize].clone();
        entry.agent_id = of_call.is_multiple_of(5).then(|| "a1".to_string());
        if entry.kind == Kind::Attempt && of_call.is_multiple_of(4) {
            entry.verdicts = vec![Said { rule: "rm-recursive".into(), verdict: "destructive".into(), severity: 3 }];
        }
        place.log(entry);
    }
}

#[test]
fn an_index_changes_no_answer() {
    let place = place();
    fill(&place, &mut Numbers(15));
    let filters = filters();
    let without: Vec<_> = filters.iter().map(|filter| place.ask(filter)).collect();
    let whole = place.ask(&Filter::default());
    assert!(without.iter().filter(|found| !found.is_empty()).count() > 20);
    // Now with the indexes that the first questions have made.
    assert!(place.indexes().len() > 1, "{:?}", place.indexes());
    let stamps =
        || place.indexes().iter().map(|path| fs::metadata(path).unwrap().modified().unwrap()).collect::<Vec<_>>();
    let made = stamps();
    for (filter, expected) in filters.iter().zip(&without) {
        assert_eq!(&place.ask(filter), expected, "{filter:?}");
    }
    assert_eq!(stamps(), made, "they are used");
    assert_eq!(place.ask(&Filter::default()), whole);
    // The same from a search through everything.
    for filter in &filters {
        let all = calls(&store(&place), &Filter::default(), at(NOW)).unwrap().into_iter();
        let fit = all.filter(|call| filter.fits(call) && filter.fits_outcome(call)).take(filter.limit.unwrap_or(9999));
        let fit: Vec<_> = fit.map(|call| format!("{} {}", call.tool_use_id.unwrap(), call.outcome.word())).collect();
        assert_eq!(place.ask(filter), fit, "{filter:?}");
    }
}

fn filters() -> Vec<Filter> {
    let none = Filter::default;
    let mut filters = vec![
        Filter { shares: vec![Share::whole("e998145e-4e5d-40c9-a3a6-681ad5bd51c9")], ..none() },
        Filter { project: Some("api".into()), ..none() },
        Filter { tool: Some("bash".into()), ..none() },
        Filter { said: vec!["destructive".into()], ..none() },
        Filter { said: vec!["opaque".into()], ..none() },
        Filter { said: vec!["rm-recursive".into(), "opaque".into()], ..none() },
        Filter { denied: true, ..none() },
        Filter { failed: true, ..none() },
        Filter { agent_id: Some("a1".into()), ..none() },
        Filter { agent_id: Some("a".into()), ..none() },
        Filter { id_part: Some("_77".into()), ..none() },
        Filter { denied: true, failed: true, ..none() },
        Filter { path: Some("toolu_12".into()), ..none() },
        Filter { tool_use_id: Some("toolu_77".into()), ..none() },
    ];
    for filter in filters.clone() {
        filters.push(Filter { limit: Some(3), ..filter.clone() });
        filters.push(Filter { range: range("2026-11-20T23:50:00Z", "2026-11-22T00:07:00Z"), ..filter });
    }
    filters
}

#[test]
fn indexes_are_made_before_anybody_asks() {
    let place = place();
    fill(&place, &mut Numbers(18));
    let store = store(&place);
    let all = files(&place.home).unwrap();
    let days = days_without_index(&store).unwrap();
    assert_eq!(days, all[..all.len() - 1], "the newest one still grows");
    days.iter().for_each(|day| make_index(day).unwrap());
    assert_eq!((place.indexes(), days_without_index(&store).unwrap().len()), (indexes_of(&days), 0));
    let stamps: Vec<_> = place.indexes().iter().map(|path| fs::metadata(path).unwrap().modified().unwrap()).collect();
    let mut told = Vec::new();
    let failed = Filter { failed: true, ..Filter::default() };
    let mut ask = || {
        told.clear();
        each_step(&store, &failed, at(NOW), &mut |step| {
            if let Step::Indexing(day) = step {
                told.push(day.to_path_buf());
            }
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
        told.clone()
    };
    assert_eq!(ask(), all[all.len() - 1..]);
    let used: Vec<_> = place.indexes().iter().map(|path| fs::metadata(path).unwrap().modified().unwrap()).collect();
    assert_eq!(stamps, used, "a question uses them");
    fs::remove_file(days[0].with_extension("index")).unwrap();
    assert_eq!(ask(), [all[all.len() - 1].clone(), days[0].clone()]);
}

fn indexes_of(days: &[PathBuf]) -> Vec<PathBuf> {
    days.iter().map(|day| day.with_extension("index")).collect()
}

#[test]
fn an_index_of_another_log_is_not_used() {
    let place = place();
    fill(&place, &mut Numbers(16));
    let filter = Filter { failed: true, ..Filter::default() };
    let expected = place.ask(&filter);
    let index = place.indexes()[0].clone();
    let whole = fs::read(&index).unwrap();
    for at in [0, 9, 20, 30, 38, 45, 53, 56, 68, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        fs::write(&index, &bytes).unwrap();
        assert_eq!(place.ask(&filter), expected, "byte {at}");
        assert_eq!(fs::read(&index).unwrap(), whole, "it is made again");
    }
    for damage in [&whole[..whole.len() - 16], &whole[..20], &[], &[whole.as_slice(), &[0; 16]].concat()] {
        fs::write(&index, damage).unwrap();
        assert_eq!(place.ask(&filter), expected);
    }
    // A line of the log is replaced by one that is as long.
    let log = index.with_extension("jsonl");
    let text = fs::read_to_string(&log).unwrap().replace("\"ok\":false", "\"ok\":true ");
    fs::write(&log, text).unwrap();
    let day = log.file_stem().unwrap().to_string_lossy().into_owned();
    let of_day = Filter { range: range(&format!("{day}T00:00:00Z"), &format!("{day}T23:00:00Z")), ..filter };
    assert_eq!(place.ask(&of_day), Vec::<String>::new());
}

/// An index that was written on purpose, with every sum in its header right.
#[test]
fn a_forged_index_hides_nothing_that_verify_does_not_name() {
    use crate::index::{self, Line};
    let place = place();
    fill(&place, &mut Numbers(19));
    let filter = Filter { tool: Some("Bash".into()), ..Filter::default() };
    let expected = place.ask(&filter);
    assert_eq!(place.findings(), []);
    let log = place.indexes()[1].with_extension("jsonl");
    let name = crate::log::name_of(&index::path(&log));
    let day = crate::day::Day::open(&log, true).unwrap().unwrap();
    let whole = day.index().unwrap().unwrap();
    let forge = |lines: &[Line]| {
        index::write(&log, &day.made().unwrap(), lines);
        assert_eq!(place.findings(), [Finding::Index(name.clone())]);
        let found = place.ask(&filter);
        let is_mended = place.findings().is_empty();
        index::write(&log, &day.made().unwrap(), &whole);
        (found == expected, is_mended)
    };
    let without = |at: usize| [&whole[..at], &whole[at + 1..]].concat();
    for lines in [Vec::new(), without(0), without(7), without(whole.len() - 1)] {
        assert_eq!(forge(&lines), (true, true), "{} of {} lines", lines.len(), whole.len());
    }
    let needs = filter.needs(0);
    let bash = whole.iter().position(|line| line.may_fit(&needs)).unwrap();
    let with = |line: Line, offset: u32| {
        let mut line = line;
        line.offset = offset;
        [&whole[..bash], &[line], &whole[bash + 1..]].concat()
    };
    let offset = whole[bash].offset;
    assert_eq!([1, 3].map(|by| forge(&with(whole[bash], offset + by))), [(true, true); 2]);
    // All lines are named, but those of one tool are said to be of another: only `verify` tells.
    let stranger = *whole.iter().find(|line| !line.may_fit(&needs)).unwrap();
    let hidden = |line: &Line| {
        let mut other = if line.may_fit(&needs) { stranger } else { *line };
        other.offset = line.offset;
        other
    };
    let other: Vec<Line> = whole.iter().map(hidden).collect();
    assert_eq!(forge(&other), (false, false));
    assert_eq!(place.ask(&filter), expected);
}

/// As `rsync -t`, `cp -p` or a backup do it.
#[test]
fn a_log_that_was_changed_and_given_its_old_time_is_read_again() {
    let place = place();
    fill(&place, &mut Numbers(20));
    let edit = Filter { tool: Some("Bush".into()), ..Filter::default() };
    assert_eq!(place.ask(&edit), Vec::<String>::new());
    let log = place.indexes()[1].with_extension("jsonl");
    let modified = fs::metadata(&log).unwrap().modified().unwrap();
    std::thread::sleep(Duration::from_millis(20));
    let text = fs::read_to_string(&log).unwrap().replace("\"Bash\"", "\"Bush\"");
    fs::write(&log, text).unwrap();
    fs::File::options().write(true).open(&log).unwrap().set_modified(modified).unwrap();
    assert!(place.ask(&edit).len() > 5);
}

/// Days are removed while others ask and verify.
#[test]
fn days_that_are_removed_meanwhile_disturb_nobody_and_leave_no_index() {
    let place = place();
    for day in 0..60 {
        let time = |hour| format!("2026-{:02}-{:02}T{hour:02}:00:00Z", 9 + day / 30, 1 + day % 30);
        (8..11).for_each(|hour| place.log(line(Kind::Attempt, &format!("{day}-{hour}"), &time(hour))));
    }
    let is_done = std::sync::atomic::AtomicBool::new(false);
    let before = at("2026-11-29T00:00:00Z");
    std::thread::scope(|scope| {
        let others = [0, 1].map(|n| {
            let (place, is_done) = (&place, &is_done);
            scope.spawn(move || {
                while !is_done.load(std::sync::atomic::Ordering::Relaxed) {
                    match n {
                        0 => assert_eq!(place.findings(), []),
                        _ => drop(place.ask(&Filter { tool: Some("Bash".into()), ..Filter::default() })),
                    }
                }
            })
        });
        for path in old_days(&place.home, before).unwrap() {
            drop_day(&store(&place), &path, before, cs_core::store::Run::Real, at(NOW)).unwrap();
        }
        is_done.store(true, std::sync::atomic::Ordering::Relaxed);
        others.into_iter().for_each(|other| other.join().unwrap());
    });
    assert_eq!(files(&place.home).unwrap().len(), 2, "the newest of them, and the one with the lines about the others");
    let left = fs::read_dir(place.home.audit_dir()).unwrap().flatten();
    let left: Vec<_> =
        left.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "index")).collect();
    assert!(left.iter().all(|index| index.with_extension("jsonl").exists()), "{left:?}");
}

#[test]
fn an_index_without_its_day_goes_with_the_next_day() {
    let place = place();
    fill(&place, &mut Numbers(21));
    place.ask(&Filter { tool: Some("Bash".into()), ..Filter::default() });
    let (oldest, left) = (place.indexes()[0].clone(), place.home.audit_dir().join("2026-01-02.index"));
    fs::copy(&oldest, &left).unwrap();
    let (before, log) = (at("2026-11-22T00:00:00Z"), oldest.with_extension("jsonl"));
    drop_day(&store(&place), &log, before, cs_core::store::Run::Real, at(NOW)).unwrap().unwrap();
    assert!(!log.exists() && !oldest.exists() && !left.exists());
    assert!(!place.indexes().is_empty());
}

#[test]
fn a_folder_that_cannot_be_written_is_read_all_the_same() {
    let place = place();
    fill(&place, &mut Numbers(17));
    let filter = Filter { failed: true, ..Filter::default() };
    let expected = place.ask(&filter);
    let index = place.indexes()[0].clone();
    fs::remove_file(&index).unwrap();
    // No file can be put there.
    fs::create_dir(&index).unwrap();
    fs::write(index.join("x"), "").unwrap();
    assert_eq!(place.ask(&filter), expected);
}

#[test]
fn damaged_lines_hide_no_other() {
    let place = place();
    fill(&place, &mut Numbers(18));
    let log = files(&place.home).unwrap()[0].clone();
    let text = fs::read_to_string(&log).unwrap();
    let filter = Filter { tool: Some("Bash".into()), ..Filter::default() };
    let expected = place.ask(&filter);
    for torn in [
        "{\"v\":1,\"seq\":9,\"at\":\"20\n",
        "\n\n",
        "\0\0\0\n",
        "{\"v\":1,\"kind\":\"new kind\",\"at\":\"x\"}\n",
        "[]\n",
    ] {
        let half = text.match_indices('\n').nth(40).unwrap().0 + 1;
        fs::write(&log, [&text[..half], torn, &text[half..]].concat()).unwrap();
        assert_eq!(place.ask(&filter), expected, "{torn:?}");
        assert_eq!(place.ask(&filter), expected, "{torn:?}, with an index");
    }
}

#[test]
fn the_log_begins_with_its_first_line() {
    let place = place();
    assert_eq!(begins_at(&store(&place)).unwrap(), None);
    place.log(line(Kind::Attempt, "a", "2026-11-20T10:00:00Z"));
    place.log(line(Kind::Attempt, "b", "2026-11-22T10:00:00Z"));
    assert_eq!(begins_at(&store(&place)).unwrap(), Some(at("2026-11-20T10:00:00Z")));
}
