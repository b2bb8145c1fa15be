use super::super::slots::Slots;
use super::*;
use crate::clock::{self, Instant};
use crate::id::Slug;
use crate::record::Status;
use crate::session::{self, Start};
use crate::witness::Witness;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;

fn store() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::for_people(Home::at(dir.path()), Witness::NONE);
    (dir, store)
}

fn create(store: &Store, intent: &str, at: Instant) -> SessionId {
    let start = Start { intent: intent.into(), ..Start::default() };
    let session = store.create(&Slug::parse("api").unwrap(), start, |_| Ok(()), at).unwrap();
    SessionId::parse(&session.session_id).unwrap()
}

fn now() -> Instant {
    clock::parse("2026-11-21T10:00:00Z").unwrap()
}

/// Gives the session another status, and the end that belongs to it.
fn turn(store: &Store, id: &SessionId) {
    let changed = store.update(id, now(), |session| {
        let is_active = session.status == Status::Active;
        session.status = if is_active { Status::Parked } else { Status::Active };
        session.ended_at = is_active.then(|| clock::stamp(now()));
        session.intent = "x".repeat(if is_active { 200 } else { 20 });
        Ok(())
    });
    changed.unwrap();
}

#[test]
fn a_reader_beside_four_writers_sees_each_session_once_and_whole() {
    let (_dir, store) = store();
    let own: Vec<Vec<SessionId>> =
        (0..4).map(|n| (0..3).map(|at| create(&store, &format!("{n} {at}"), now())).collect()).collect();
    let many: Vec<SessionId> = (0..60).map(|_| create(&store, "stays", now())).collect();
    let all: BTreeSet<&SessionId> = own.iter().flatten().chain(&many).collect();
    let (over, reads) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for ids in &own {
            let (store, over) = (&store, &over);
            scope.spawn(move || {
                for id in ids.iter().cycle().take_while(|_| !over.load(Ordering::Relaxed)) {
                    turn(store, id);
                }
            });
        }
        let until = std::time::Instant::now() + Duration::from_millis(1500);
        while std::time::Instant::now() < until {
            let index = store.index().unwrap();
            let entries = index.entries(|_| true);
            assert_eq!(entries.iter().map(|(id, _)| id).collect::<Vec<_>>(), all.iter().copied().collect::<Vec<_>>());
            for (id, entry) in &entries {
                assert_eq!(entry.status == Status::Active, entry.ended_at.is_none(), "{id}: {entry:?}");
                assert!(
                    entry.intent.len() < 20 || (entry.intent.len() == 200) == entry.ended_at.is_some(),
                    "{entry:?}"
                );
            }
            let count = |status| index.entries(index::of_status(status)).len();
            assert_eq!(count(Status::Active) + count(Status::Parked), all.len());
            assert_eq!(index.latest(7, now(), |_| true).len(), 7);
            reads.fetch_add(1, Ordering::Relaxed);
        }
        over.store(true, Ordering::Relaxed);
    });
    assert!(reads.into_inner() > 20);
    store.fold_pending(now());
    let stored = store.stored_index().unwrap();
    assert_eq!(stored.entries(|_| true), store.rebuilt_index().entries(|_| true));
}

#[test]
fn a_large_index_is_read_as_it_was_at_one_time() {
    let (_dir, store) = store();
    create(&store, "a", now());
    let session = store.session(&create(&store, "a", now())).unwrap();
    let entry = |n: u64| IndexEntry { intent: format!("{n:0200}").into(), ..IndexEntry::of(&session) };
    let ids: Vec<SessionId> = (0..24 * 60 * 16)
        .map(|n| format!("sess_20261121T{:02}{:02}_{:04x}", n / 960, n / 16 % 60, n % 16))
        .map(|id| SessionId::parse(&id).unwrap())
        .collect();
    let old = entry(0);
    std::fs::write(store.home.index(), index::render(ids.iter().map(|id| (id, &old)))).unwrap();
    let (path, over) = (store.home.index(), AtomicBool::new(false));
    let line = index::line(&ids[0], &old, index::Order::Sorted).len() + "\n}\n".len();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut slots = Slots::open(&path).unwrap().unwrap();
            for n in (1..).take_while(|_| !over.load(Ordering::Relaxed)) {
                for id in [&ids[0], &ids[ids.len() - 1]] {
                    slots.change(id, Some(&entry(n))).unwrap().unwrap();
                }
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        let intent = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            text.split_once("\"intent\":\"0").and_then(|(_, rest)| rest.get(..199)?.parse::<u64>().ok()).unwrap()
        };
        let (mut seen, mut torn) = (BTreeSet::new(), 0);
        for _ in 0..60 {
            // Without the lock, which this writer does not take, it is not always read.
            let Some(bytes) = store.index_bytes().unwrap() else { continue };
            let (first, last) = (intent(&bytes), intent(&bytes[bytes.len() - line..]));
            // The first is changed first.
            torn += usize::from(first < last);
            seen.insert(last);
        }
        over.store(true, Ordering::Relaxed);
        assert!(torn == 0 && seen.len() > 3, "{torn} {}", seen.len());
    });
}

#[test]
fn a_full_index_is_reported_and_not_written() {
    let (_dir, store) = store();
    create(&store, "a", now());
    let lock = lock::acquire(&Home::lock_of(&store.home.index()), store.wait).unwrap();
    let full = Rebuilt { text: " ".repeat(INDEX_BYTES + 1), ..Rebuilt::default() };
    let refused = store.put_index(&lock, &full.text).unwrap_err().to_string();
    let told = store.index_trouble(&Pending::default(), &full).unwrap().unwrap();
    assert!(told.contains("cs-cleanup archive") && refused.contains(&told), "{told} {refused}");
    // The last one stays in use, with the records that changed since, of which no other one is read.
    drop(lock);
    create(&store.deferred(), "b", now());
    let text = store.whole_index().unwrap().unwrap();
    let first = store.stored_index().unwrap().ids(|_| true).remove(0);
    std::fs::write(store.home.session(&first), "{").unwrap();
    assert_eq!(store.index().unwrap().entries(|_| true).len(), 2);
    assert_eq!(store.whole_index().unwrap().unwrap(), text);
}

impl Store {
    fn rebuilt_index(&self) -> IndexText<'_> {
        let text = self.rebuilt().unwrap().text;
        IndexText { text, damaged: Vec::new(), store: self, repaired: OnceCell::new() }
    }
}

#[test]
fn a_torn_line_is_looked_up_in_its_record() {
    let (_dir, store) = store();
    let ids: Vec<SessionId> = ["a", "b", "c"].iter().map(|intent| create(&store, intent, now())).collect();
    let path = store.home.index();
    let whole = std::fs::read_to_string(&path).unwrap();
    for id in &ids {
        let at = whole.find(id.as_str()).unwrap() + 60;
        for torn in ["\u{0}", "\"", "{"] {
            let mut text = whole.clone();
            text.replace_range(at..at + 1, torn);
            std::fs::write(&path, text).unwrap();
            let index = store.index().unwrap();
            let intents: Vec<_> =
                index.entries(|_| true).into_iter().map(|(_, entry)| entry.intent.into_owned()).collect();
            assert_eq!(intents.len(), 3, "{torn:?}");
        }
    }
}

#[test]
fn counts_and_contexts_follow_by_difference() {
    let (_dir, store) = store();
    let slug = Slug::parse("api").unwrap();
    let mut ids: Vec<SessionId> = Vec::new();
    let mut seed = 88_172_645_463_325_252_u64;
    for n in 0..90 {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let at = now() + clock::TimeDelta::minutes(n);
        let id = (!ids.is_empty()).then(|| ids[(seed >> 20) as usize % ids.len()].clone());
        match (seed % 7, id) {
            (0, Some(id)) => drop(store.delete(&id, super::super::Openness::Respected, at)),
            (1 | 2, Some(id)) => drop(store.update(&id, at, |one| session::park(one, "later", &[], at))),
            (3, Some(id)) => {
                drop(store.update(&id, at, |one| session::complete(one, &session::Completion::default(), at)))
            }
            _ => ids.push(create(&store, "work", at)),
        }
        if n % 9 == 0 {
            let known = (store.project(&slug).unwrap(), store.kept_context(&slug));
            let lock = lock::acquire(&Home::lock_of(&store.home.index()), store.wait).unwrap();
            store.count_projects(at);
            drop(lock);
            let counted = (store.project(&slug).unwrap(), store.kept_context(&slug));
            assert_eq!(known.0, counted.0, "after {n}");
            let parked = |context: &Option<super::super::Context>| {
                context.as_ref().map(|context| context.parked.iter().take(5).cloned().collect::<Vec<_>>())
            };
            assert_eq!(parked(&known.1), parked(&counted.1), "after {n}");
            assert_eq!(known.1.map(|one| one.last), counted.1.map(|one| one.last), "after {n}");
        }
    }
    let mut wrong: BTreeMap<String, serde_json::Value> =
        serde_json::from_slice(&std::fs::read(store.home.project(&slug)).unwrap()).unwrap();
    for field in ["active_sessions", "parked_sessions", "total_sessions"] {
        wrong.insert(field.into(), 0.into());
    }
    std::fs::write(store.home.project(&slug), serde_json::to_vec(&wrong).unwrap()).unwrap();
    let id = create(&store, "work", now());
    store.delete(&id, super::super::Openness::Respected, now()).unwrap();
    let right = store.counts("api").unwrap();
    assert_eq!(store.project(&slug).unwrap().total_sessions, right.total(), "impossible figures are counted anew");
}

#[test]
fn all_projects_are_counted_when_it_is_not_known_what_changed() {
    type Spoil = fn(&Store, &str);
    let pending = |store: &Store| std::fs::read_to_string(store.home.index_pending()).unwrap();
    let ways: [(&str, Spoil); 5] = [
        ("a torn list of changes", |store, list| std::fs::write(store.home.index_pending(), list.trim_end()).unwrap()),
        ("an empty one", |store, _| std::fs::write(store.home.index_pending(), "").unwrap()),
        ("none", |store, _| std::fs::remove_file(store.home.index_pending()).unwrap()),
        ("no index", |store, _| std::fs::remove_file(store.home.index()).unwrap()),
        ("another program's index", |store, _| {
            let text = std::fs::read_to_string(store.home.index()).unwrap();
            let all: Entries = index::parse(&text).unwrap().into_iter().collect();
            std::fs::write(store.home.index(), serde_json::to_string_pretty(&all).unwrap()).unwrap();
        }),
    ];
    for (name, spoil) in ways {
        for is_swept in [false, true] {
            let (_dir, store) = store();
            let slugs = ["api", "shop"].map(|slug| Slug::parse(slug).unwrap());
            for n in 0..4 {
                create(&store, &format!("{n}"), now());
            }
            let hooks = Store::for_hooks(store.home.clone(), Witness::NONE);
            hooks.create(&slugs[1], Start { intent: "z".into(), ..Start::default() }, |_| Ok(()), now()).unwrap();
            spoil(&store, &pending(&store));
            let wrong = r#"{"active_sessions":2,"total_sessions":9,"last_activity":"2026-11-21T03:37:00+00:00"}"#;
            std::fs::write(store.home.project(&slugs[0]), wrong).unwrap();
            std::fs::remove_dir_all(store.home.context_dir()).unwrap();
            match is_swept {
                true => drop(store.repair_index(super::super::Run::Real, now()).unwrap()),
                false => {
                    let start = Start { intent: "next".into(), ..Start::default() };
                    store.create(&Slug::parse("other").unwrap(), start, |_| Ok(()), now()).unwrap();
                }
            }
            let totals = slugs.map(|slug| store.project(&slug).unwrap().total_sessions);
            assert_eq!(totals, [4, 1], "{name} {is_swept}");
        }
    }
}

/// Whether the counts and the context of the project are those of its sessions.
fn assert_right(store: &Store, what: &str) {
    let slug = Slug::parse("api").unwrap();
    let known = (store.project(&slug).unwrap(), store.context(&slug));
    store.count_projects(now());
    let counted = (store.project(&slug).unwrap(), store.context(&slug));
    let counts = |state| crate::project::counts(state).unwrap();
    assert_eq!(counts(&known.0), counts(&counted.0), "{what}");
    assert_eq!(known.1.parked, counted.1.parked, "{what}");
}

#[test]
fn counts_are_right_again_after_a_rebuilt_index_and_a_lost_write() {
    let (_dir, store) = store();
    let ids: Vec<SessionId> = (0..6).map(|n| create(&store, &format!("{n}"), now())).collect();
    let park = |store: &Store, id: &SessionId| {
        store.update(id, now(), |one| session::park(one, "later", &[], now())).unwrap();
    };
    park(&store, &ids[0]);
    let slug = Slug::parse("api").unwrap();
    let (state, context) = (store.home.project(&slug), store.home.context(&slug));
    park(&Store::for_hooks(store.home.clone(), Witness::NONE), &ids[1]);
    store.rebuild_index(now()).unwrap();
    assert!(!store.pending().unwrap().is_any);
    assert_right(&store, "after cs-cleanup index");
    // Nothing can be written into the folder of projects for a while.
    let hidden = store.home.projects_dir().with_extension("away");
    std::fs::rename(store.home.projects_dir(), &hidden).unwrap();
    std::fs::write(store.home.projects_dir(), "").unwrap();
    park(&store, &ids[2]);
    std::fs::remove_file(store.home.projects_dir()).unwrap();
    std::fs::rename(&hidden, store.home.projects_dir()).unwrap();
    // A hook begins the context again.
    park(&Store::for_hooks(store.home.clone(), Witness::NONE), &ids[3]);
    create(&store, "next", now());
    assert_right(&store, "after an error");
    // One of the two files comes back from a backup, or from before a power failure.
    for path in [&state, &context] {
        let older = std::fs::read(path).unwrap();
        let id = create(&store, "more", now());
        park(&store, &id);
        std::fs::write(path, older).unwrap();
        create(&store, "next", now());
        assert_right(&store, "after a restored file");
    }
}

#[test]
fn the_list_of_changes_names_each_session_once() {
    let (_dir, store) = store();
    let id = create(&store, "a", now());
    let hooks = Store::for_hooks(store.home.clone(), Witness::NONE);
    for n in 0..FEW_CHANGES + 2 {
        let rename = |session: &mut Session| {
            session.intent = n.to_string();
            Ok(())
        };
        hooks.update(&id, now(), rename).unwrap();
    }
    assert_eq!(store.pending().unwrap().ids, std::slice::from_ref(&id));
    assert_eq!(store.take_pending().unwrap().unwrap().ids, [id]);
}

#[test]
fn a_project_that_is_locked_holds_the_index_up_for_a_moment_only() {
    let (_dir, store) = store();
    let ids: Vec<SessionId> = (0..3).map(|n| create(&store, &format!("{n}"), now())).collect();
    let slug = Slug::parse("api").unwrap();
    let held = lock::acquire(&Home::lock_of(&store.home.project(&slug)), store.wait).unwrap();
    let begin = std::time::Instant::now();
    let ask = |session: &mut Session| {
        session.open_questions = vec!["Which?".into()];
        Ok(())
    };
    store.update(&ids[2], now(), ask).unwrap();
    turn(&store, &ids[0]);
    store.rebuild_index(now()).unwrap();
    assert!(begin.elapsed() < lock::PERSON_WAIT / 2, "{:?}", begin.elapsed());
    assert_eq!(store.index().unwrap().entries(index::of_status(Status::Parked)).len(), 1);
    drop(held);
    turn(&store, &ids[1]);
    assert_right(&store, "after the lock was released");
    assert_eq!(store.project(&slug).unwrap().open_questions, ["Which?"]);
    assert!(!store.pending().unwrap().is_any);
}

#[test]
fn what_is_not_torn_is_listed_when_no_record_can_be_read() {
    let (_dir, store) = store();
    let ids: Vec<SessionId> = ["a", "b", "c"].iter().map(|intent| create(&store, intent, now())).collect();
    let whole = std::fs::read_to_string(store.home.index()).unwrap();
    let away = store.home.sessions().with_extension("away");
    std::fs::rename(store.home.sessions(), &away).unwrap();
    std::os::unix::fs::symlink(store.home.sessions(), store.home.sessions()).unwrap();
    // Its id, or something else.
    for torn in [3, 60] {
        let at = whole.find(ids[1].as_str()).unwrap() + torn;
        let mut text = whole.clone();
        text.replace_range(at..at + 1, "\u{0}");
        let index = IndexText { text, damaged: Vec::new(), store: &store, repaired: OnceCell::new() };
        let listed: Vec<_> = index.entries(|_| true).into_iter().map(|(id, _)| id).collect();
        let mut expected = [ids[0].clone(), ids[2].clone()];
        expected.sort();
        assert_eq!(listed, expected, "{torn}");
        assert_eq!(index.damaged().count(), 1, "{torn}");
    }
}

#[test]
fn an_empty_list_of_changes_stays_a_sign_of_a_power_failure() {
    let (_dir, store) = store();
    let hooks = Store::for_hooks(store.home.clone(), Witness::NONE);
    create(&store, "a", now());
    for is_old in [false, true] {
        let file = std::fs::File::create(store.home.index_pending()).unwrap();
        if is_old {
            file.set_modified(std::time::SystemTime::now() - Duration::from_secs(60)).unwrap();
        }
        create(&hooks, "b", now());
        create(&hooks, "c", now());
        // A program that has just created the file writes to it at once.
        assert_eq!(store.pending().unwrap().is_damaged, is_old);
        assert_eq!(store.index().unwrap().entries(|_| true).len(), if is_old { 5 } else { 3 });
    }
    create(&store, "d", now());
    assert!(!store.pending().unwrap().is_any);
}

#[test]
fn what_a_deleted_session_shares_with_others_stays_in_its_project() {
    let (_dir, store) = store();
    let ids: Vec<SessionId> = ["a", "b"].iter().map(|intent| create(&store, intent, now())).collect();
    for (id, questions) in ids.iter().zip([&["own", "shared"][..], &["shared"]]) {
        let ask = |session: &mut Session| {
            session.open_questions = questions.iter().map(|one| one.to_string()).collect();
            Ok(())
        };
        store.update(id, now(), ask).unwrap();
    }
    let slug = Slug::parse("api").unwrap();
    for (id, left) in ids.iter().zip([&["shared"][..], &[]]) {
        store.delete(id, super::super::Openness::Respected, now()).unwrap();
        assert_eq!(store.project(&slug).unwrap().open_questions, left);
    }
}
