use super::*;
use crate::index::Entries;
use crate::record::Status;
use std::fs;
use tempfile::TempDir;

/// An index on the disk, and what it should say.
struct Model {
    dir: TempDir,
    entries: Entries<'static>,
    rewritten: usize,
    seed: u64,
}

fn id(minute: u64, n: u64) -> SessionId {
    let (day, hour) = (1 + minute / 1440, minute / 60 % 24);
    SessionId::parse(&format!("sess_202611{day:02}T{hour:02}{:02}_{n:04x}", minute % 60)).unwrap()
}

fn entry(intent: usize, status: Status) -> IndexEntry<'static> {
    let ended = (status != Status::Active).then(|| "2026-11-21T03:38:00.000000+00:00".into());
    IndexEntry {
        project_slug: "api".into(),
        status,
        intent: "é\"x\\".repeat(intent).into(),
        started_at: "2026-11-21T03:37:00+00:00".into(),
        ended_at: ended,
        last_heartbeat: "2026-11-21T03:37:00+00:00".into(),
    }
}

impl Model {
    fn new(seed: u64) -> Model {
        let model = Model { dir: tempfile::tempdir().unwrap(), entries: Entries::new(), rewritten: 0, seed };
        model.render();
        model
    }

    fn path(&self) -> std::path::PathBuf {
        self.dir.path().join("_index.json")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }

    fn render(&self) {
        fs::write(self.path(), index::render(&self.entries)).unwrap();
    }

    fn below(&mut self, end: u64) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        (self.seed >> 11) % end
    }

    /// Changes the file and the model; returns the line that was replaced, if the file was changed in place.
    fn change(&mut self, id: &SessionId, entry: Option<IndexEntry<'static>>) -> Option<Replaced> {
        let path = self.path();
        let mut slots = Slots::open(&path).unwrap().unwrap();
        let replaced = slots.change(id, entry.as_ref()).unwrap();
        let before = match entry {
            Some(entry) => self.entries.insert(id.clone(), entry),
            None => self.entries.remove(id),
        };
        match &replaced {
            None => {
                self.rewritten += 1;
                self.render();
            }
            Some(Replaced::Line(line)) => assert_eq!(index::entry_on(line).map(|(_, entry)| entry), before),
            Some(Replaced::Nothing) => assert_eq!(before, None, "{id}"),
        }
        replaced
    }

    fn check(&self) {
        let text = self.text();
        let expected: Vec<_> = self.entries.clone().into_iter().collect();
        assert_eq!(index::parse(&text).as_ref(), Some(&expected), "{text}");
        assert_eq!(index::count(&text), Some(expected.len()));
        let python: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(python.as_object().unwrap().len(), expected.len());
        assert_eq!(index::render(&index::parse(&text).unwrap().into_iter().collect::<Entries>()), self.fresh());
    }

    fn fresh(&self) -> String {
        index::render(&self.entries)
    }
}

#[test]
fn changes_in_place_equal_a_rewrite() {
    for seed in 1..=8 {
        let mut model = Model::new(seed * 0x9e37_79b9);
        let mut now = 100;
        for round in 0..250 {
            now += model.below(3) / 2;
            let known = model.entries.len() as u64;
            // Mostly new sessions and those of the last minutes; sometimes an old one, or one of a clock that was ahead.
            let minute = match model.below(20) {
                0 => model.below(now),
                1 if seed % 4 == 0 => now + 5000,
                _ => now - model.below(4),
            };
            let at = if known > 0 && model.below(2) == 0 { model.below(known) } else { known };
            let known = model.entries.keys().nth(at as usize).cloned();
            let id = known.unwrap_or_else(|| id(minute, model.below(6)));
            let status = [Status::Active, Status::Parked, Status::Completed][model.below(3) as usize];
            let intent = if model.below(8) == 0 { model.below(120) } else { 9 } as usize;
            let change = (model.below(6) > 0).then(|| entry(intent, status));
            model.change(&id, change);
            if round % 5 == 0 {
                model.check();
            }
        }
        model.check();
        assert!(model.rewritten < 60, "{} of 250 changes of {seed}", model.rewritten);
    }
}

/// An index of many lines, in order; those of old sessions are long before its end.
fn long() -> Model {
    let mut model = Model::new(7);
    model.entries.extend((0..3000).map(|n| (id(n, n), entry(20, Status::Completed))));
    model.render();
    model
}

#[test]
fn sessions_anywhere_in_a_long_index_are_found() {
    let mut model = long();
    for n in [0, 1, 2, 13, 700, 1499, 1500, 2400, 2890, 2998, 2999] {
        assert!(matches!(model.change(&id(n, n), Some(entry(20, Status::Active))), Some(Replaced::Line(_))), "{n}");
        assert_eq!(model.change(&id(n, 0xffff), None), Some(Replaced::Nothing), "{n}");
    }
    model.check();
    for n in [5, 1501, 2999] {
        assert!(matches!(model.change(&id(n, n), None), Some(Replaced::Line(_))), "{n}");
        assert_eq!(model.change(&id(n, n), None), Some(Replaced::Nothing), "{n}");
    }
    model.check();
    assert_eq!(model.rewritten, 0);
}

#[test]
fn a_line_that_was_moved_is_found_again() {
    let mut model = long();
    let moved = id(40, 40);
    assert!(matches!(model.change(&moved, Some(entry(90, Status::Active))), Some(Replaced::Line(_))));
    assert!(model.text().ends_with("\t}\n}\n"), "it is out of order");
    // A session of that minute, and one that began long ago and is new here.
    for (id, count) in [(id(40, 1), 1), (moved.clone(), 0), (id(41, 0xffff), 1)] {
        let replaced = model.change(&id, Some(entry(20, Status::Parked))).unwrap();
        assert_eq!(usize::from(replaced == Replaced::Nothing), count, "{id}");
    }
    model.check();
    // Whatever follows, each session has one line.
    for n in 0..300 {
        model.change(&id(3000 + n, n), Some(entry(20, Status::Active)));
    }
    assert!(matches!(model.change(&moved, Some(entry(5, Status::Completed))), Some(Replaced::Line(_))));
    model.check();
    assert_eq!(model.rewritten, 0);
}

#[test]
fn other_layouts_and_damaged_files_are_left_alone() {
    let mut model = long();
    let whole = model.text();
    let unmarked = whole.strip_suffix("}\n}\n").unwrap().trim_end().to_string() + "}\n}\n";
    let python = serde_json::to_string_pretty(&model.entries).unwrap();
    let torn = &whole[..whole.len() - 2];
    let mut hole = whole.clone();
    hole.replace_range(whole.len() - 60..whole.len() - 4, &"\0".repeat(56));
    for text in [&unmarked, &python, torn, &hole, "", "{", "{}", "[]\n"] {
        fs::write(model.path(), text).unwrap();
        let path = model.path();
        let changed = Slots::open(&path).unwrap().unwrap().change(&id(2999, 2999), None).unwrap();
        assert_eq!(changed, None);
        assert_eq!(fs::read_to_string(&path).unwrap(), *text);
    }
    model.render();
    // Half of it is blank.
    for n in (2700..3000).step_by(2) {
        model.change(&id(n, n), None);
    }
    assert!(index::parse(&model.text()).is_some());
    assert!(model.rewritten > 0, "it is written as a whole once more than a quarter of its end is blank");
    model.check();
}

#[test]
fn a_change_shows_in_the_time_of_the_file() {
    let mut model = long();
    let mut times = std::collections::BTreeSet::new();
    for n in 0..200 {
        let status = if n % 2 == 0 { Status::Active } else { Status::Parked };
        model.change(&id(2999, 2999), Some(entry(20, status)));
        times.insert(fs::metadata(model.path()).unwrap().modified().unwrap());
    }
    assert_eq!(times.len(), 200);
    // As on a disk that keeps no parts of a second.
    let seconds = |time: std::time::SystemTime| time.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let mut times = std::collections::BTreeSet::new();
    for n in 0..9 {
        let status = if n % 2 == 0 { Status::Active } else { Status::Parked };
        model.change(&id(2999, 2999), Some(entry(20, status)));
        let file = fs::OpenOptions::new().write(true).open(model.path()).unwrap();
        let second = seconds(file.metadata().unwrap().modified().unwrap());
        file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(second)).unwrap();
        times.insert(second / 2);
    }
    assert!(times.len() >= 8, "{times:?}");
}

#[test]
fn links_and_files_that_cannot_be_changed_are_left_alone() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let model = long();
    let (path, other) = (model.path(), model.dir.path().join("backup"));
    let whole = model.text();
    let try_open = || Slots::open(&path).unwrap().is_some();
    assert!(try_open());
    fs::hard_link(&path, &other).unwrap();
    assert!(!try_open(), "it has two names");
    fs::remove_file(&path).unwrap();
    assert!(!try_open(), "it is missing");
    symlink(&other, &path).unwrap();
    assert!(!try_open(), "it is a link");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(!try_open(), "it is a directory");
    fs::remove_dir(&path).unwrap();
    fs::write(&path, &whole).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    // The superuser may change it.
    let _ = try_open();
    assert_eq!(fs::read_to_string(&other).unwrap(), whole);
}

#[test]
fn the_largest_index_that_is_written_is_read() {
    let model = long();
    let (end, new) = (model.text(), entry(20, Status::Active));
    let more = index::line(&id(5000, 1), &new, Order::Sorted).len() + ",\n".len();
    let path = model.path();
    // Only its end is looked at.
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(0).unwrap();
    let add = |room: usize| {
        let size = INDEX_BYTES - room;
        file.write_all_at(end.as_bytes(), (size - end.len()) as u64).unwrap();
        file.set_len(size as u64).unwrap();
        Slots::open(&path).unwrap().unwrap().change(&id(5000, 1), Some(&new)).unwrap()
    };
    assert_eq!(add(more), Some(Replaced::Nothing));
    assert_eq!(crate::file::read_unchanged(&path, INDEX_BYTES).unwrap().unwrap().unwrap().len(), INDEX_BYTES);
    assert_eq!(add(more - 1), None, "every reader would refuse it");
    assert_eq!(fs::metadata(&path).unwrap().len() as usize, INDEX_BYTES - more + 1);
}

#[test]
fn a_line_where_the_part_that_is_read_begins_is_found() {
    // All lines have the same minute, and all but the last one the same width.
    let of = |last: usize, count: u64| {
        let mut model = Model::new(9);
        model.entries.extend((0..count).map(|n| (id(0, n), entry(20, Status::Completed))));
        model.entries.insert(id(0, 0xfff), IndexEntry { intent: "x".repeat(last).into(), ..entry(1, Status::Active) });
        model
    };
    let begins = |model: &Model| {
        let text = model.fresh();
        let line = text.get(text.len() - TAILS[1]..).filter(|rest| rest.starts_with("\"sess_"))?;
        SessionId::parse(index::id_in(line)?).ok()
    };
    let last = (0..400).find(|last| begins(&of(*last, 420)).is_some()).unwrap();
    for count in 400..440 {
        let mut model = of(last, count);
        model.render();
        let id = begins(&model).unwrap();
        assert!(matches!(model.change(&id, Some(entry(20, Status::Active))), Some(Replaced::Line(_))), "{id}");
        model.check();
    }
}

#[test]
fn a_session_out_of_order_has_one_line_after_the_later_ones_are_removed() {
    for is_last in [false, true] {
        let mut model = long();
        // The clock was ahead for a while; a session began after it was set right.
        let (ahead, began) = (id(9000, 1), id(4000, 1));
        model.change(&ahead, Some(entry(20, Status::Active)));
        model.change(&began, Some(entry(20, Status::Active)));
        if is_last {
            model.change(&ahead, Some(entry(60, Status::Active)));
        }
        model.change(&ahead, None);
        model.check();
        // Older ones are restored.
        for n in 0..600 {
            model.change(&id(3000 + n, n), Some(entry(20, Status::Completed)));
        }
        assert!(matches!(model.change(&began, Some(entry(20, Status::Parked))), Some(Replaced::Line(_))));
        model.check();
        assert!(model.rewritten < 5, "{}", model.rewritten);
    }
    let mut model = long();
    for n in 0..9 {
        model.change(&id(3000 + n, n), Some(entry(20, Status::Active)));
        model.change(&id(n, n), Some(entry(90, Status::Active)));
        model.change(&id(3000 + n, n), None);
    }
    model.check();
    assert_eq!(model.rewritten, 0, "older lines do not matter");
}
