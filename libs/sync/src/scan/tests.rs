//! Whatever happens to sources and to a target, the target has what the sources have, and then nothing is sent.

mod kept;
mod seen;

use super::*;
use crate::machine::Machine;
use crate::memory::Memory;
use crate::op::Op;
use crate::row::Row;
use crate::sources::{Each, Found};
use agents::logs::Roots;
use cs_core::paths::Home;
use cs_core::store::Store;
use cs_core::witness::Witness;
use redaction::Entry;
use serde_json::value::RawValue;
use std::collections::BTreeSet;

/// Sources that are whatever a test says.
#[derive(Clone, Default)]
struct Invented {
    all: BTreeMap<String, Vec<String>>,
    /// Changed with each change, as times of files are.
    stamps: BTreeMap<String, u32>,
    project: Option<String>,
    fails_at: Option<usize>,
    unsafe_at: Option<usize>,
    fading: bool,
    growth: Growth,
    replaced: Vec<Entry>,
    depends: String,
    outdated: Vec<Source>,
}

impl Invented {
    fn change(&mut self, name: &str, change: impl FnOnce(&mut Vec<String>)) {
        change(self.all.entry(name.to_string()).or_default());
        *self.stamps.entry(name.to_string()).or_default() += 1;
    }

    fn source(name: &str) -> Source {
        Source::parse(name).unwrap()
    }
}

impl Origin for Invented {
    fn list(&mut self, _: &mut Shared, _: &Request, found: &mut Found<'_>) -> Result<()> {
        let one = |(name, _): (&String, &Vec<String>)| Listed {
            project: self.project.clone(),
            is_fading: self.fading,
            growth: self.growth,
            depends: self.depends.clone(),
            ..Listed::new(Invented::source(name), self.stamps[name].to_string())
        };
        self.all.iter().map(one).for_each(found);
        Ok(())
    }

    fn render(&mut self, _: &mut Shared, listed: &Listed, each: &mut Each<'_>) -> std::result::Result<(), Halt> {
        for (n, text) in self.all[&listed.source.to_string()].iter().enumerate() {
            if self.fails_at == Some(n) {
                return Err(Error::Invalid("torn".into()).into());
            }
            if self.unsafe_at == Some(n) {
                let rows = Some(self.all[&listed.source.to_string()].len() as u64);
                return Err(Halt::Unsafe { rule: "github-pat".into(), rows });
            }
            each(row(text), self.replaced.clone())?;
        }
        Ok(())
    }

    fn outdated(&self, _: &Shared, _: &Packed) -> Vec<Source> {
        self.outdated.clone()
    }
}

fn row(text: &str) -> Row {
    Row {
        table: Table::Entry,
        id: text.to_string(),
        kind: None,
        at: None,
        project: None,
        agent: None,
        conversation: None,
        body: RawValue::from_string(format!("{{\"text\":\"{text}\"}}")).unwrap(),
    }
}

struct Place {
    _dir: tempfile::TempDir,
    store: Store,
    roots: Roots,
    machine: Machine,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_people(Home::at(dir.path().join("data")), Witness::NONE);
        let machine = Machine::of_store(&store.home).unwrap();
        Place { _dir: dir, store, roots: Roots::default(), machine }
    }

    /// Once more, with what is shared already: to read the rules takes longer than all else.
    fn run(&self, shared: Shared, from: &Invented, request: &Request, known: &Known, to: &mut Memory) -> Scanned {
        let known = (Packed::of(known.sources.clone()), Before::of(known.team.clone()));
        let mut run = Run::new(shared, request, known, to, Scanned::default());
        if run.all(&mut from.clone(), &mut |_, _| {}).is_ok() {
            let _ = run.close();
        }
        run.end()
    }

    fn shared(&self) -> Shared<'_> {
        let Place { store, roots, machine, .. } = self;
        Shared::read(&Sources { store, roots, machine }, Forgotten::default()).unwrap()
    }

    fn push(&self, from: &Invented, to: &mut Memory) -> Scanned {
        let known = to.known.clone();
        self.run(self.shared(), from, &Request::default(), &known, to)
    }
}

fn lines(of: &Memory, name: &str) -> Vec<String> {
    of.of(name).into_iter().map(|row| row.id).collect()
}

fn some(rows: &[&str]) -> Invented {
    let mut from = Invented::default();
    from.change("talk/x/main", |all| all.extend(rows.iter().map(ToString::to_string)));
    from
}

const NAME: &str = "talk/x/main";

#[test]
fn growth_costs_what_is_new_and_a_change_replaces() {
    let (place, mut to, mut from) = (Place::new(), Memory::default(), some(&["a", "b"]));
    place.push(&from, &mut to);
    assert_eq!((lines(&to, NAME), to.news().0), (vec!["a".into(), "b".into()], 2));
    place.push(&from, &mut to);
    assert_eq!(to.news(), (0, 0), "the same again");
    from.change(NAME, |_| {});
    place.push(&from, &mut to);
    assert_eq!(to.news(), (0, 2), "only written anew");
    from.change(NAME, |all| all.push("c".into()));
    place.push(&from, &mut to);
    assert_eq!((to.news().0, lines(&to, NAME).len()), (1, 3));
    from.change(NAME, |all| all.truncate(1));
    place.push(&from, &mut to);
    assert_eq!((to.news().0, lines(&to, NAME)), (1, vec!["a".into()]));
    let known = to.known.clone();
    let full = Request { is_full: true, ..Request::default() };
    place.run(place.shared(), &from, &full, &known, &mut to);
    assert_eq!(to.news().0, 1, "all of it");
}

#[test]
fn what_cannot_be_read_to_its_end_takes_nothing_away() {
    let (place, mut to, mut from) = (Place::new(), Memory::default(), some(&["a", "b", "c"]));
    from.fails_at = Some(1);
    assert_eq!(place.push(&from, &mut to).failures.len(), 1);
    assert_eq!(lines(&to, NAME), ["a"], "what could be read");
    from.fails_at = None;
    place.push(&from, &mut to);
    assert_eq!((lines(&to, NAME), to.news().0), (vec!["a".into(), "b".into(), "c".into()], 3), "and then the rest");
    from.change(NAME, |all| all[0] = "x".into());
    for fails_at in 0..3 {
        from.fails_at = Some(fails_at);
        assert_eq!(place.push(&from, &mut to).failures.len(), 1);
        assert_eq!((lines(&to, NAME), to.news()), (vec!["a".into(), "b".into(), "c".into()], (0, 0)), "{fails_at}");
    }
    from.change(NAME, |all| *all = ["a", "b", "c", "d", "e"].map(String::from).to_vec());
    from.fails_at = Some(4);
    place.push(&from, &mut to);
    assert_eq!((lines(&to, NAME).len(), to.news().0), (4, 1), "it has grown that far");
    from.fails_at = None;
    place.push(&from, &mut to);
    assert_eq!((lines(&to, NAME).len(), to.news().0), (5, 1));
}

#[test]
fn half_of_a_change_is_never_taken_for_what_was_there_before() {
    let (place, mut to, mut from) = (Place::new(), Memory::default(), some(&["a", "b"]));
    place.push(&from, &mut to);
    from.change(NAME, |all| all[0] = "x".into());
    to.news();
    to.fails_after = Some(2);
    place.push(&from, &mut to);
    assert_eq!(lines(&to, NAME), ["x", "b"], "it ended there");
    to.fails_after = None;
    from.change(NAME, |all| all[0] = "a".into());
    place.push(&from, &mut to);
    assert_eq!(lines(&to, NAME), ["a", "b"]);
}

#[test]
fn a_source_that_is_not_safe_is_left_out_as_a_whole() {
    let (place, mut to, mut from) = (Place::new(), Memory::default(), some(&["a", "b", "c"]));
    from.unsafe_at = Some(2);
    let unsent = place.push(&from, &mut to).unsent;
    assert_eq!(unsent, [Unsent { source: Invented::source(NAME), rule: "github-pat".into(), left: Left::Nothing }]);
    assert_eq!(lines(&to, NAME), [""; 0]);
    assert_eq!(place.push(&from, &mut to).unsent.len(), 1, "told each time");
    from.unsafe_at = None;
    place.push(&from, &mut to);
    assert_eq!(lines(&to, NAME).len(), 3);
    from.change(NAME, |all| all.extend(["d".into(), "e".into()]));
    from.unsafe_at = Some(4);
    assert_eq!(place.push(&from, &mut to).unsent[0].left, Left::Clean);
    assert_eq!(lines(&to, NAME), ["a", "b", "c"], "as before");
    from.change(NAME, |all| drop(all.pop()));
    from.unsafe_at = Some(3);
    assert_eq!(place.push(&from, &mut to).unsent[0].left, Left::Clean, "the first row that is new");
    from.change(NAME, |all| all.push("e".into()));
    from.unsafe_at = None;
    place.push(&from, &mut to);
    assert_eq!(lines(&to, NAME).len(), 5);
}

#[test]
fn visibility_goes_with_the_project_unless_it_is_said() {
    let (place, mut to, mut from) = (Place::new(), Memory::default(), some(&["a"]));
    from.project = Some("api".into());
    let mut push = |from: &Invented, request: &Request| {
        let known = to.known.clone();
        place.run(place.shared(), from, request, &known, &mut to);
        (to.visible.get(&Invented::source(NAME)).copied(), to.news().0)
    };
    let mut request = Request::default();
    assert_eq!(push(&from, &request), (None, 1));
    request.team = Some(BTreeSet::from(["api".to_string()]));
    assert_eq!(push(&from, &request), (Some(Visibility::Team), 0), "no row is sent again for that");
    request.team = None;
    assert_eq!(push(&from, &request), (Some(Visibility::Team), 0), "as it was");
    request.team = Some(BTreeSet::new());
    assert_eq!(push(&from, &request), (Some(Visibility::Private), 0), "taken out of the list, taken back");
    request.visibility = Some(Visibility::Private);
    assert_eq!(push(&from, &request), (Some(Visibility::Private), 0));
    request.projects = Some(BTreeSet::from(["web".to_string()]));
    from.change(NAME, |all| all.push("b".into()));
    assert_eq!(push(&from, &request).1, 0, "of another project");
    from.project = None;
    assert_eq!(push(&from, &request).1, 0, "of none");
}

#[test]
fn what_is_fading_stays_where_it_was_sent_and_what_is_outdated_goes() {
    let (place, mut to, mut from) = (Place::new(), Memory::default(), some(&["a", "b"]));
    from.fading = true;
    place.push(&from, &mut to);
    from.change(NAME, |all| drop(all.remove(0)));
    place.push(&from, &mut to);
    assert_eq!(lines(&to, NAME), ["a", "b"]);
    from.all.clear();
    from.outdated.push(Invented::source(NAME));
    place.push(&from, &mut to);
    assert_eq!(lines(&to, NAME), [""; 0]);
}

#[test]
fn what_was_forgotten_is_told_once_and_never_sent() {
    let place = Place::new();
    let one = "3c93296d-fab9-4844-ac62-7f673c1f02cc";
    let name = format!("talk/{one}/main");
    let (mut to, mut from) = (Memory::default(), Invented::default());
    from.change(&name, |all| all.push("a".into()));
    place.push(&from, &mut to);
    assert_eq!(lines(&to, &name), ["a"]);
    crate::forget(&place.store.home, &[one.to_string()], cs_core::clock::now()).unwrap();
    let Place { store, roots, machine, .. } = &place;
    let sources = Sources { store, roots, machine };
    for forgotten in [1, 0] {
        let known = to.known.clone();
        let scanned = scan(&sources, &Request::default(), known.clone(), &mut to, &mut |_, _| {}).unwrap();
        assert_eq!((scanned.forgotten, lines(&to, &name)), (forgotten, vec![]));
        let shared = Shared::read(&sources, Forgotten::read(&store.home).unwrap()).unwrap();
        place.run(shared, &from, &Request::default(), &known, &mut to);
        assert_eq!(lines(&to, &name), [""; 0]);
    }
    std::fs::write(store.home.sync_forgotten(), "no").unwrap();
    assert!(scan(&sources, &Request::default(), to.known.clone(), &mut to, &mut |_, _| {}).is_err());
}

/// Numbers that look random, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most as u64) as usize
    }
}

fn happen(dice: &mut Dice, from: &mut Invented, to: &mut Memory) {
    let name = format!("talk/x/{}", dice.below(3));
    match dice.below(9) {
        0..=2 => from.change(&name, |all| all.extend((0..dice.below(4)).map(|n| format!("{n}{}", dice.below(9))))),
        3 => from.change(&name, |all| all.truncate(dice.below(4))),
        4 => from.change(&name, |all| {
            let at = dice.below(4);
            all.iter_mut().skip(at).take(1).for_each(|row| row.push('x'));
        }),
        5 => drop(from.all.remove(&name)),
        6 => *to = Memory::default(),
        7 => drop(to.known.sources.remove(&Invented::source(&name))),
        _ => to.known.sources.values_mut().for_each(|held| held.stamp.clear()),
    }
}

#[test]
fn whatever_happens_the_target_has_what_the_sources_have_in_the_end() {
    let place = Place::new();
    let mut shared = Some(place.shared());
    let mut dice = Dice(0x5eed_2026);
    for round in 0..400 {
        let (mut from, mut to) = (Invented::default(), Memory::default());
        for _ in 0..8 {
            (0..=dice.below(3)).for_each(|_| happen(&mut dice, &mut from, &mut to));
            from.fails_at = Some(dice.below(8)).filter(|n| *n < 4);
            from.unsafe_at = Some(dice.below(8)).filter(|n| *n < 4);
            to.taken = 0;
            to.fails_after = Some(dice.below(20)).filter(|n| *n < 10);
            // Sometimes it cannot be asked, which is a database: it takes all of a push, or nothing.
            let is_blind = dice.below(5) == 0;
            to.fails_after = to.fails_after.filter(|_| !is_blind);
            for _ in 0..=dice.below(2) {
                let known = if is_blind { Known::default() } else { to.known.clone() };
                let is_full = dice.below(6) == 0 && to.fails_after.is_none();
                let request = Request { is_full, ..Request::default() };
                let mut run = Run::new(
                    shared.take().unwrap(),
                    &request,
                    (Packed::of(known.sources), Before::default()),
                    &mut to,
                    Scanned::default(),
                );
                let _ = run.all(&mut from.clone(), &mut |_, _| {});
                shared = Some(run.shared);
            }
        }
        (from.fails_at, from.unsafe_at, to.fails_after) = (None, None, None);
        for time in 0..2 {
            to.news();
            let (known, request) = (to.known.clone(), Request::default());
            let mut run = Run::new(
                shared.take().unwrap(),
                &request,
                (Packed::of(known.sources), Before::default()),
                &mut to,
                Scanned::default(),
            );
            run.all(&mut from.clone(), &mut |_, _| {}).unwrap();
            shared = Some(run.shared);
            for (name, rows) in &from.all {
                assert_eq!(lines(&to, name), *rows, "round {round}, {name}");
            }
            assert!(time == 0 || to.news() == (0, 0), "round {round}: the same again");
        }
    }
}

#[test]
fn a_target_that_fails_ends_the_run() {
    let (place, mut to, from) = (Place::new(), Memory::default(), some(&["a", "b"]));
    to.fails_after = Some(1);
    let (request, known) = (Request::default(), Known::default());
    let mut run =
        Run::new(place.shared(), &request, (Packed::of(known.sources), Before::default()), &mut to, Scanned::default());
    assert!(run.all(&mut from.clone(), &mut |_, _| {}).is_err());
    drop(run);
    assert!(to.take(&Op::Forget("x")).is_err());
}
