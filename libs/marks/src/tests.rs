use super::*;
use cs_core::clock::{self, Instant};
use cs_core::error::Error;
use cs_core::paths::Home;
use cs_core::store::Store;
use cs_core::witness::Witness;
use redaction::Key;
use std::fs;
use std::io::Write;

const UUID: &str = "ca5d0d10-1111-4222-8333-123456789abc";

pub struct Place {
    _dir: tempfile::TempDir,
    pub store: Store,
}

impl Place {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_people(Home::at(dir.path()), Witness::NONE);
        Place { _dir: dir, store }
    }

    pub fn add(&self, mark: NewMark) -> Mark {
        append(&self.store, UUID, "ann@example.org", now(), mark).unwrap()
    }

    pub fn marks(&self) -> Marks {
        Marks::read(&self.store, UUID).unwrap()
    }

    fn file(&self) -> std::path::PathBuf {
        self.store.home.marks(&cs_core::id::Uuid::parse(UUID).unwrap())
    }

    pub fn key(&self) -> Key {
        Key::of_store(&self.store.home).unwrap()
    }
}

pub fn now() -> Instant {
    clock::parse("2026-11-21T10:00:00Z").unwrap()
}

pub fn new(op: Op) -> NewMark {
    NewMark { op, target: Target::default(), with: None, reason: None, of: None }
}

fn tag(name: &str) -> NewMark {
    NewMark { with: Some(name.into()), ..new(Op::Tag) }
}

fn undo(of: &Mark) -> NewMark {
    NewMark { of: Some(of.id.clone()), reason: Some("wrong".into()), ..new(Op::Undo) }
}

fn holding(marks: &Marks) -> Vec<String> {
    marks.holding().map(|mark| mark.id.clone()).collect()
}

#[test]
fn what_was_said_is_read_back_as_it_was() {
    let place = Place::new();
    let target = Target {
        entry: Some("u1#0".into()),
        field: Some("text".into()),
        span: Some((3, 9)),
        digest: Some("ab".repeat(32)),
    };
    let full = NewMark {
        op: Op::Redact,
        target,
        with: Some("naïve \"x\"".into()),
        reason: Some("two\nlines".into()),
        of: None,
    };
    let made = place.add(full.clone());
    assert_eq!((made.said.clone(), made.actor.as_str(), made.at), (full, "ann@example.org", now()));
    let text = fs::read_to_string(place.file()).unwrap();
    assert!(text.starts_with("{\"v\":1,\"id\":\"m") && text.ends_with("}\n") && text.lines().count() == 1, "{text}");
    assert_eq!(place.marks().all, [made]);
    assert!(Marks::read(&place.store, "not-an-id").unwrap().all.is_empty());
}

#[test]
fn an_undoing_can_be_undone_and_nothing_is_undone_twice() {
    let place = Place::new();
    let first = place.add(tag("a"));
    let second = place.add(undo(&first));
    assert!(holding(&place.marks()).is_empty() && place.marks().is_undone(&first.id));
    assert!(matches!(append(&place.store, UUID, "x", now(), undo(&first)), Err(Error::Refused(_))));
    let third = place.add(undo(&second));
    assert_eq!(holding(&place.marks()), std::slice::from_ref(&first.id));
    place.add(undo(&third));
    assert!(holding(&place.marks()).is_empty());
    place.add(tag("b"));
    assert_eq!(place.marks().tags(), ["b"]);
    let unknown = NewMark { of: Some("m000000000000".into()), reason: Some("x".into()), ..new(Op::Undo) };
    assert!(matches!(append(&place.store, UUID, "x", now(), unknown), Err(Error::Missing(_))));
    assert_eq!(place.marks().all.len(), 5);
}

#[test]
fn a_later_word_overtakes_an_earlier_one_until_it_is_undone() {
    let place = Place::new();
    let said = |word: &str| NewMark {
        target: Target { entry: Some("a1".into()), ..Target::default() },
        with: Some(word.into()),
        ..new(Op::Disposition)
    };
    place.add(said("ignored"));
    let later = place.add(said("followed"));
    assert_eq!(place.marks().dispositions(), ["followed"]);
    place.add(undo(&later));
    assert_eq!(place.marks().dispositions(), ["ignored"]);
    place.add(tag("x"));
    place.add(tag("x"));
    let gone = place.add(NewMark { op: Op::Untag, ..tag("x") });
    assert!(place.marks().tags().is_empty());
    place.add(undo(&gone));
    assert_eq!(place.marks().tags(), ["x"]);
    assert_eq!(place.marks().holding().filter(|mark| mark.said.op == Op::Tag).count(), 1);
}

#[test]
fn a_mark_that_says_nothing_or_tells_a_secret_is_refused() {
    let place = Place::new();
    let secret = format!("ghp_{}", "0123456789abcdefghijABCDEFGHIJ456789");
    let entry = Target { entry: Some("u1".into()), digest: Some("ab".repeat(32)), ..Target::default() };
    let redact = NewMark { target: entry.clone(), reason: Some("why".into()), ..new(Op::Redact) };
    for bad in [
        tag(""),
        tag("two words"),
        tag("a,b"),
        tag("-x"),
        tag(&secret),
        tag(&"x".repeat(61)),
        tag("a\u{202e}b"),
        new(Op::Note),
        new(Op::Undo),
        NewMark { with: Some("followed".into()), ..new(Op::Disposition) },
        NewMark { reason: None, ..redact.clone() },
        NewMark { reason: Some("  ".into()), ..redact.clone() },
        NewMark { target: Target { digest: None, ..entry.clone() }, ..redact.clone() },
        NewMark { target: Target { entry: None, ..entry.clone() }, ..redact.clone() },
        NewMark { target: Target { span: Some((3, 3)), ..entry.clone() }, ..redact.clone() },
        NewMark { with: Some(secret.clone()), ..redact.clone() },
        NewMark { with: Some("a]b".into()), ..redact.clone() },
    ] {
        assert!(matches!(append(&place.store, UUID, "x", now(), bad.clone()), Err(Error::Invalid(_))), "{bad:?}");
    }
    assert!(!place.file().exists());
    let noted = place.add(NewMark { with: Some(format!("key {secret}")), ..new(Op::Note) });
    assert_eq!(noted.said.with.as_deref(), Some("key [masked]"));
    let why = place.add(NewMark { reason: Some(secret.clone()), ..redact });
    assert_eq!(why.said.reason.as_deref(), Some("[masked]"));
    assert!(!fs::read_to_string(place.file()).unwrap().contains(&secret));
}

#[test]
fn several_marks_are_added_all_or_none() {
    let place = Place::new();
    assert!(append_all(&place.store, UUID, "x", now(), vec![tag("a"), tag("")], |_| Ok(())).is_err());
    let refused = |_: &Marks| Err(Error::Refused("no".into()));
    assert!(append_all(&place.store, UUID, "x", now(), vec![tag("a")], refused).is_err());
    assert!(place.marks().all.is_empty());
    let made = append_all(&place.store, UUID, "x", now(), vec![tag("a"), tag("b")], |there| {
        assert!(there.all.is_empty());
        Ok(())
    });
    assert_eq!(place.marks().all, made.unwrap());
}

#[test]
fn a_torn_line_stays_and_hides_what_it_may_be_about_until_it_is_undone() {
    let place = Place::new();
    place.add(tag("a"));
    let mut file = fs::OpenOptions::new().append(true).open(place.file()).unwrap();
    file.write_all(b"{\"v\":1,\"id\":\"m0123456789ab\",\"at\":\"2026").unwrap();
    let torn = place.marks();
    assert_eq!((torn.damaged, torn.all.len()), (1, 1));
    assert!(torn.hiding().next().unwrap().is_about("anything"));
    // The next one begins a line of its own.
    place.add(tag("b"));
    assert_eq!((place.marks().damaged, place.marks().tags()), (1, vec!["a".to_string(), "b".to_string()]));
    assert_eq!(place.marks().broken[0].id, "L2");
    place.add(NewMark { of: Some("L2".into()), reason: Some("power failure".into()), ..new(Op::Undo) });
    assert_eq!((place.marks().damaged, place.marks().hiding().count()), (1, 0));
}

#[test]
fn only_a_damaged_line_that_may_be_a_redaction_hides() {
    let whole = "{\"v\":1,\"id\":\"m0123456789ab\",\"at\":\"2026-11-21T10:00:00Z\",\"actor\":\"x\",\"op\":\"OP\",\"entry\":\"u1\",\"digest\":\"d\",\"reason\":\"r\"}";
    let of = |op: &str, cut: usize, v: &str| {
        let line = whole.replace("OP", op).replace("\"v\":1", &format!("\"v\":{v}"));
        let marks = Marks::parse(&line.as_bytes()[..line.len() - cut]);
        (marks.all.len(), marks.hiding().map(|broken| broken.entry.clone()).collect::<Vec<_>>())
    };
    let hides_u1 = || vec![Some("u1".to_string())];
    assert_eq!(of("redact", 0, "1"), (1, vec![]));
    assert_eq!(of("redact", 2, "1"), (0, hides_u1()), "it is torn");
    assert_eq!(of("redact", 0, "2"), (0, hides_u1()), "another version may hide more");
    assert_eq!(of("note", 2, "1"), (0, vec![]));
    assert_eq!(of("star", 0, "1"), (0, vec![]), "a word that was added");
    assert_eq!(of("star", 2, "1"), (0, hides_u1()));
    assert_eq!(of("rXdact", 0, "2"), (0, hides_u1()));
    assert_eq!(of("redact", 45, "1"), (0, vec![None]), "the entry is not there any more");
    // A redaction that has lost what it is about.
    let lost = whole.replace("OP", "redact").replace("\"entry\":\"u1\",", "");
    assert_eq!(Marks::parse(lost.as_bytes()).hiding().count(), 1);
    // One id, two marks: one of them was changed.
    let two = format!("{0}\n{0}\n{1}\n", whole.replace("OP", "redact"), whole.replace("OP", "note"));
    let marks = Marks::parse(two.as_bytes());
    assert_eq!((marks.all.len(), marks.damaged), (1, 1));
}

#[test]
fn marks_of_several_machines_are_one_by_their_ids() {
    let place = Place::new();
    let kept = place.add(tag("kept"));
    let gone = place.add(tag("gone"));
    place.add(NewMark { of: Some(gone.id.clone()), reason: Some("wrong".into()), ..new(Op::Undo) });
    let all = place.marks().all;
    let joined = Marks::of_all(all.iter().chain(&all).cloned().collect());
    assert_eq!((joined.all.len(), joined.tags()), (3, vec!["kept".to_string()]));
    assert_eq!(joined.holding().map(|mark| &mark.id).collect::<Vec<_>>(), [&kept.id]);
}

#[test]
fn tags_are_found_without_reading_what_has_none() {
    let place = Place::new();
    assert!(Tags::read(&place.store).unwrap().of(UUID).is_empty());
    place.add(tag("b"));
    place.add(tag("A"));
    place.add(NewMark {
        target: Target { entry: Some("a1".into()), ..Target::default() },
        with: Some("followed".into()),
        ..new(Op::Disposition)
    });
    let tags = Tags::read(&place.store).unwrap();
    assert_eq!(
        (tags.of(UUID), tags.dispositions(UUID)),
        (&["A".to_string(), "b".into()][..], &["followed".to_string()][..])
    );
    let words = |words: &[&str]| words.iter().map(|word| word.to_string()).collect::<Vec<_>>();
    assert!(tags.fit(UUID, &words(&["a", "B"]), &words(&["followed"])));
    assert!(!tags.fit(UUID, &words(&["c"]), &[]) && !tags.fit(UUID, &[], &words(&["ignored"])));
    assert!(tags.fit("other", &[], &[]) && !tags.fit("other", &words(&["a"]), &[]));
    assert_eq!(tags.all().into_iter().collect::<Vec<_>>(), [("A", 1), ("b", 1)]);
}

#[test]
fn a_link_is_not_followed() {
    let place = Place::new();
    let elsewhere = tempfile::tempdir().unwrap();
    fs::create_dir_all(place.file().parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(elsewhere.path().join("x"), place.file()).unwrap();
    assert!(append(&place.store, UUID, "x", now(), tag("a")).is_err());
    assert!(Marks::read(&place.store, UUID).is_err());
    assert!(!elsewhere.path().join("x").exists());
}

#[test]
fn a_place_is_found_by_words_and_by_a_text_also_as_json_spells_it() {
    let place = Place::new();
    let key = place.key();
    let fields = [("text", "say  \"a\u{e4}\nb\" now".into()), ("input", r#"{"x":"say \"aä\nb\" now"}"#.into())];
    let find = |name, extent| targets(&key, "e", &fields, name, &extent);
    let spans =
        |found: Vec<Target>| found.into_iter().map(|one| (one.field.unwrap_or_default(), one.span)).collect::<Vec<_>>();
    assert_eq!(spans(find(None, Extent::Words(2, 3)).unwrap()), [("text".to_string(), Some((5, 12)))]);
    assert_eq!(spans(find(None, Extent::Words(1, 1)).unwrap()), [("text".to_string(), Some((0, 3)))]);
    for (from, to) in [(0, 1), (2, 1), (4, 5), (usize::MAX, usize::MAX)] {
        assert!(find(None, Extent::Words(from, to)).is_err(), "{from}..{to}");
    }
    let both = spans(find(None, Extent::Text("aä\nb")).unwrap());
    assert_eq!(both, [("text".to_string(), Some((6, 11))), ("input".to_string(), Some((12, 18)))]);
    assert!(find(Some("text"), Extent::Text("say now")).is_err() && find(None, Extent::Text("")).is_err());
    assert!(find(Some("purpose"), Extent::Whole).is_err());
    assert!(find(Some("text"), Extent::Span(7..8)).is_err(), "within a character");
    let whole = find(None, Extent::Whole).unwrap();
    assert_eq!((whole.len(), whole[0].field.as_deref(), whole[0].span), (1, None, None));
    assert_eq!(find(Some("input"), Extent::Whole).unwrap()[0].digest, Some(key.digest(&fields[1].1)));
}

#[test]
fn a_redaction_that_is_cut_anywhere_still_hides_its_entry() {
    let place = Place::new();
    let target = Target { entry: Some("u1".into()), digest: Some("ab".repeat(32)), ..Target::default() };
    place.add(NewMark { target, reason: Some("why".into()), ..new(Op::Redact) });
    let whole = fs::read(place.file()).unwrap();
    for end in 1..whole.len() - 1 {
        let marks = Marks::parse(&whole[..end]);
        assert!(marks.hiding().any(|broken| broken.is_about("u1")), "{}", String::from_utf8_lossy(&whole[..end]));
    }
    assert_eq!(Marks::parse(&whole[..whole.len() - 1]).all.len(), 1, "only the end of the line is missing");
}

#[test]
fn an_undoing_does_not_undo_what_comes_later() {
    let place = Place::new();
    let first = place.add(tag("a"));
    place.add(undo(&first));
    let text = fs::read_to_string(place.file()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    fs::write(place.file(), format!("{}\n{}\n", lines[1], lines[0])).unwrap();
    assert_eq!(holding(&place.marks()), [first.id]);
    // Of a line that is damaged later.
    let line = NewMark { of: Some("L2".into()), reason: Some("wrong".into()), ..new(Op::Undo) };
    fs::write(place.file(), "x\nx\n").unwrap();
    place.add(line);
    assert_eq!(place.marks().hiding().count(), 1);
    let text = fs::read_to_string(place.file()).unwrap();
    fs::write(place.file(), format!("{}\nx\nx\n", text.lines().last().unwrap())).unwrap();
    assert_eq!(place.marks().hiding().count(), 2);
}

#[test]
fn something_else_in_the_place_of_the_folder_is_not_the_same_as_no_marks() {
    let place = Place::new();
    assert!(place.marks().all.is_empty());
    fs::write(place.store.home.marks_dir(), "x").unwrap();
    assert!(matches!(Marks::read(&place.store, UUID), Err(Error::Corrupt { .. })));
}
