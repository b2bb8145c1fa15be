//! Any sequence of operations leads to the same content in a file and in a plain model of what they mean.

use crate::made::{File, HOSTILE, Sent, machine, row, source};
use std::collections::{BTreeMap, BTreeSet};
use sync::{Held, Kind, Source, Visibility};

/// A source of a machine of an owner.
type Place = (String, String, Source);

/// What the operations mean.
#[derive(Default)]
struct Model {
    rows: BTreeMap<(Place, u64), (Option<String>, String)>,
    cursors: BTreeMap<Place, (Held, Visibility)>,
    forgotten: BTreeSet<(String, String)>,
    changes: u64,
}

impl Model {
    fn take(&mut self, owner: &str, machine: &str, sent: &Sent) {
        let place = |source: &Source| (owner.to_string(), machine.to_string(), source.clone());
        let is_forgotten =
            |id: Option<&str>| id.is_some_and(|id| self.forgotten.contains(&(owner.to_string(), id.to_string())));
        match sent {
            Sent::Machine(_) => {}
            Sent::Row(source, seq, row) => {
                if is_forgotten(source.owner()) || is_forgotten(row.conversation.as_deref()) {
                    return;
                }
                let line = (row.conversation.clone(), String::from_utf8(row.line()).unwrap());
                let before = self.rows.insert((place(source), *seq), line.clone());
                self.changes += u64::from(before != Some(line));
            }
            Sent::Cut(source, from) => self.remove(|(one, seq), _| *one == place(source) && seq >= from),
            Sent::Held(source, held, visibility) => {
                if is_forgotten(source.owner()) {
                    return;
                }
                let rows = self.rows.keys().filter(|(one, _)| *one == place(source)).count() as u64;
                let has_gaps = matches!(source.kind(), Kind::Audit | Kind::Record)
                    && self.forgotten.iter().any(|(one, _)| one == owner)
                    && rows < held.pos;
                let held = if has_gaps { Held { pos: held.pos, ..Held::default() } } else { held.clone() };
                let before = self.cursors.get(&place(source)).map(|(_, seen)| *seen);
                let seen = visibility.or(before).unwrap_or(Visibility::Private);
                self.changes += u64::from(before.is_some_and(|before| before != seen));
                match has_gaps && source.kind() == Kind::Record {
                    true => self.cursors.remove(&place(source)),
                    false => self.cursors.insert(place(source), (held, seen)),
                };
            }
            Sent::Forget(id) => self.forget(owner, id),
        }
    }

    fn forget(&mut self, owner: &str, id: &str) {
        self.changes += u64::from(self.forgotten.insert((owner.to_string(), id.to_string())));
        let about = |conversation: &Option<String>| conversation.as_deref() == Some(id);
        let is_record = |source: &Source| source.kind() == Kind::Record;
        let touched: Vec<Place> = self
            .rows
            .iter()
            .filter(|(((one, _, source), _), (conversation, _))| {
                one == owner && about(conversation) && (is_record(source) || source.kind() == Kind::Audit)
            })
            .map(|((place, _), _)| place.clone())
            .collect();
        for place in touched {
            if is_record(&place.2) {
                self.cursors.remove(&place);
            } else if let Some((held, _)) = self.cursors.get_mut(&place) {
                *held = Held { pos: held.pos, ..Held::default() };
            }
        }
        self.cursors.retain(|(one, _, source), _| one != owner || source.owner() != Some(id));
        self.remove(|((one, _, source), _), (conversation, _)| {
            let is_whole = source.owner() == Some(id);
            let is_about = matches!(source.kind(), Kind::Record | Kind::Audit) && about(conversation);
            one == owner && (is_whole || is_about)
        });
    }

    fn remove(&mut self, is_gone: impl Fn(&(Place, u64), &(Option<String>, String)) -> bool) {
        let before = self.rows.len();
        self.rows.retain(|key, value| !is_gone(key, value));
        self.changes += (before - self.rows.len()) as u64;
    }

    fn content(&self) -> (Vec<String>, Vec<String>) {
        let rows = self
            .rows
            .iter()
            .map(|(((owner, machine, source), seq), (_, line))| format!("{owner} {machine} {source} {seq} {line}"));
        let cursors = self.cursors.iter().map(|((owner, machine, source), (held, seen))| {
            format!("{owner} {machine} {source} {held:?} {}", seen.word())
        });
        (sorted(rows), sorted(cursors))
    }
}

fn sorted(lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    lines
}

/// The same of a file: as a pull tells it.
fn content(file: &File) -> (Vec<String>, Vec<String>) {
    let line = r#"'{"table":' || json_quote(tab) || ',"id":' || json_quote(id)
        || coalesce(',"kind":' || json_quote(kind), '') || coalesce(',"at":' || json_quote(at), '')
        || coalesce(',"project":' || json_quote(project), '') || coalesce(',"agent":' || json_quote(agent), '')
        || coalesce(',"conversation":' || json_quote(conversation), '') || ',"body":' || body || '}'"#;
    let rows = format!("select owner || ' ' || machine || ' ' || source || ' ' || seq || ' ' || {line} from outgoing;");
    let cursors = "select json_array(owner, machine, source, pos, digest, stamp, visibility) from cursor;";
    let cursors = file.say(cursors);
    let cursors = cursors.lines().map(|line| {
        let (owner, machine, source, pos, digest, stamp, seen): (String, String, String, u64, String, String, String) =
            serde_json::from_str(line).unwrap();
        format!("{owner} {machine} {source} {:?} {seen}", Held { pos, digest, stamp })
    });
    (sorted(file.say(&rows).lines().map(normal)), sorted(cursors))
}

/// What only one of them has.
fn differences(file: &(Vec<String>, Vec<String>), model: &(Vec<String>, Vec<String>)) -> Vec<String> {
    let only = |what: &str, ours: &[String], theirs: &[String]| -> Vec<String> {
        ours.iter().filter(|one| !theirs.contains(one)).map(|one| format!("only in the {what}: {one}")).collect()
    };
    let all = [(&file.0, &model.0), (&file.1, &model.1)];
    all.iter().flat_map(|(file, model)| [only("file", file, model), only("model", model, file)].concat()).collect()
}

/// A line with its JSON written by our writer, since SQLite escapes other characters than it does.
fn normal(line: &str) -> String {
    let (place, json) = line.split_at(line.find('{').unwrap());
    format!("{place}{}", String::from_utf8(sync::Row::parse(json.as_bytes()).unwrap().line()).unwrap())
}

/// Numbers that look random.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % end as u64) as usize
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

const SOURCES: [&str; 12] = [
    "head/c1",
    "head/c2",
    "talk/c1/main",
    "talk/c1/agent-1",
    "talk/c2/main",
    "talk/c10/main",
    "record/s1",
    "record/c1",
    "mark/c1",
    "usage/before",
    "limit/c1",
    "audit/2026-11-21",
];

fn any(numbers: &mut Numbers) -> Sent {
    let source = source(numbers.of(&SOURCES));
    match numbers.below(20) {
        0 => Sent::Forget(numbers.of(&["c1", "c2", "c10", "s1", "c9"]).to_string()),
        1..=2 => Sent::Cut(source, numbers.below(4) as u64),
        3..=6 => {
            let digest = numbers.of(&["d", "e", ""]).to_string();
            let held = Held { pos: numbers.below(4) as u64, digest, stamp: numbers.of(&HOSTILE).replace('\0', "") };
            Sent::Held(source, held, numbers.of(&[None, Some(Visibility::Team), Some(Visibility::Private)]))
        }
        _ => {
            let mut row = row(&source, numbers.of(&HOSTILE));
            row.conversation = numbers.of(&[None, Some("c1"), Some("c3")]).map(str::to_string);
            Sent::Row(source, numbers.below(4) as u64, row)
        }
    }
}

#[test]
fn any_operations_lead_to_what_they_mean() {
    for seed in 0..4 {
        let Some(file) = File::new() else { return };
        let (mut numbers, mut model) = (Numbers(seed), Model::default());
        for round in 0..12 {
            let (owner, machine) = (numbers.of(&["anna", "o'bert"]), machine(numbers.below(2) as u8));
            let mut ops = vec![Sent::Machine(machine.clone())];
            ops.extend((0..40).map(|_| any(&mut numbers)));
            model.changes = 0;
            ops.iter().for_each(|one| model.take(owner, &machine.id, one));
            assert_eq!(file.push(owner, &ops), model.changes, "seed {seed}, round {round}: {ops:?}");
            assert_eq!(differences(&content(&file), &model.content()), [""; 0], "seed {seed}, round {round}: {ops:?}");
        }
        assert!(!model.rows.is_empty() && !model.cursors.is_empty());
    }
}
