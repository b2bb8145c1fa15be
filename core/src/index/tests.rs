use super::size::{FOREIGN_ENTRIES, LEAST};
use super::*;

fn id(n: u32) -> SessionId {
    SessionId::parse(&format!("sess_20261121T0337_{n:04x}")).unwrap()
}

fn entry(intent: &str, status: Status) -> IndexEntry<'_> {
    IndexEntry {
        project_slug: "api".into(),
        status,
        intent: intent.into(),
        started_at: "2026-11-21T03:37:00.000000+00:00".into(),
        ended_at: None,
        last_heartbeat: "".into(),
    }
}

/// The text with one entry added, replaced or removed; `None` if it is not canonical.
fn upsert(text: &str, id: &SessionId, entry: Option<&IndexEntry>) -> Option<String> {
    let mut changed = Some(text).filter(|text| is_canonical(text))?.to_string();
    splice(&mut changed, id, entry).then_some(changed)
}

#[test]
fn a_splice_equals_a_rewrite() {
    let mut entries = Entries::new();
    let mut text = render(&entries);
    let intents = ["a", "b\n\"sess_20261121T0337_0001\":{", "c,\\", "}\n}\n", "é"];
    for (n, intent) in [(1, 0), (3, 1), (2, 2), (3, 3), (1, 4), (4, 0), (2, 1)] {
        let entry = entry(intents[intent], Status::Active);
        entries.insert(id(n), entry.clone());
        text = upsert(&text, &id(n), Some(&entry)).unwrap();
        assert!(is_canonical(&text), "{text}");
        let expected: Vec<_> = entries.clone().into_iter().collect();
        assert_eq!(parse(&text).unwrap(), expected);
    }
    for n in [3, 1, 9, 4, 2] {
        entries.remove(&id(n));
        text = upsert(&text, &id(n), None).unwrap();
        assert_eq!(parse(&text).unwrap(), entries.clone().into_iter().collect::<Vec<_>>());
    }
    assert_eq!(text, "{\n}\n");
}

#[test]
fn a_line_that_is_read_in_our_form_is_the_same_as_json() {
    let full =
        |intent| IndexEntry { ended_at: Some("2026-11-21T04:00:00Z".into()), ..entry(intent, Status::Completed) };
    let entries = [entry("fix é", Status::Active), full("a\"b"), full(""), full("x\ty"), full("logs of seven")];
    let known: Vec<_> =
        entries.iter().map(|entry| layout::read(&line(&id(1), entry, Order::Moved)).is_some()).collect();
    assert_eq!(known, [true, false, true, false, true]);
    let mut same = 0;
    for text in entries.map(|entry| line(&id(1), &entry, Order::Sorted) + ",") {
        for at in (0..text.len()).filter(|at| text.is_char_boundary(*at) && text.is_char_boundary(at + 1)) {
            for other in ["", "\"", "\\", "\t", "\u{1}", "\u{1f}", " ", "}", ",", "0", "null", "\"\"", "\u{7f}"] {
                let damaged = format!("{}{other}{}", &text[..at], &text[at + 1..]);
                let Some(read) = layout::read(&damaged) else { continue };
                let (key, value) = damaged[1..].split_once("\":").unwrap();
                let value = serde_json::from_str(value.strip_suffix(',').unwrap_or(value));
                assert_eq!((read.0.as_str(), Some(&read.1)), (key, value.ok().as_ref()), "{damaged:?}");
                same += 1;
            }
        }
    }
    assert!(same > 1000, "{same}");
}

#[test]
fn removing_a_line_keeps_our_layout() {
    let two = render([(&id(1), &entry("x", Status::Active)), (&id(2), &entry("y", Status::Active))]);
    for end in [" ,", "\t,", "\r,", " \t ,", ", ", " ", ""] {
        let theirs = two.replacen("},\n", &format!("}}{end}\n"), 1);
        let left = upsert(&theirs, &id(2), None).unwrap();
        assert!(is_canonical(&left), "{left:?}");
        assert_eq!(parse(&left).unwrap(), [(id(1), entry("x", Status::Active))]);
    }
}

#[test]
fn torn_and_foreign_texts_are_recognised() {
    let whole = render(&[(id(1), entry("x", Status::Parked))].into_iter().collect::<Entries>());
    for cut in 1..whole.len() - 1 {
        assert!(upsert(&whole[..cut], &id(2), None).is_none());
        assert!(parse(&whole[..cut]).is_none(), "{cut}");
    }
    let hole: String = whole.chars().enumerate().map(|(n, c)| if (50..90).contains(&n) { '\0' } else { c }).collect();
    assert!(upsert(&hole, &id(2), None).is_none() && parse(&hole).is_none());
    let python =
        serde_json::to_string_pretty(&[(id(1), entry("x", Status::Parked))].into_iter().collect::<Entries>()).unwrap();
    assert!(upsert(&python, &id(2), None).is_none());
    assert_eq!(parse(&python).unwrap().len(), 1);
    assert!(parse("{}").unwrap().is_empty());
}

#[test]
fn an_invalid_slug_hides_no_session_from_filters() {
    for slug in ["\"", "a\\", "A\nb", ""] {
        let entry = IndexEntry { project_slug: slug.into(), ..entry("x", Status::Active) };
        let all: Entries = [(id(1), entry)].into_iter().collect();
        for text in [render(&all), serde_json::to_string(&all).unwrap()] {
            let found = |status| parse_where(&text, of_status(status)).map(|found| found.len());
            assert_eq!((found(Status::Active), found(Status::Parked)), (Some(1), Some(0)), "{text}");
        }
    }
}

#[test]
fn an_index_with_a_duplicate_session_is_invalid() {
    let twice = render([(&id(1), &entry("x", Status::Active)), (&id(1), &entry("y", Status::Active))]);
    assert!(is_canonical(&twice));
    assert_eq!(parse(&twice), None);
    assert_eq!(parse_where(&twice, of_status(Status::Active)), None);
}

#[test]
fn an_endless_index_is_invalid() {
    let many = |count: usize| {
        format!("{{\n{}}}\n}}\n", "\"sess_20261121T0337_0001\":{\"status\":\"active\"},\n".repeat(count))
    };
    assert!(!is_endless(&many(FOREIGN_ENTRIES - 10)) && is_endless(&many(FOREIGN_ENTRIES + 10)), "on short lines");
    let line = format!("{},\n", line(&id(1), &entry("", Status::Active), Order::Sorted));
    assert!(!is_endless(&format!("{{\n{}}}\n}}\n", line.repeat(FOREIGN_ENTRIES * 3 / 2))), "as we write them");
    let foreign = |count: usize| many(count).replacen('\n', " ", 1);
    assert!(!is_endless(&foreign(FOREIGN_ENTRIES - 10)) && is_endless(&foreign(FOREIGN_ENTRIES + 10)));
}

#[test]
fn no_line_that_is_written_is_shorter_than_the_limit_of_entries_expects() {
    let least = IndexEntry {
        project_slug: "".into(),
        status: Status::Active,
        intent: "".into(),
        started_at: "".into(),
        ended_at: Some("".into()),
        last_heartbeat: "".into(),
    };
    for entry in [least.clone(), IndexEntry { status: Status::Completed, ended_at: None, ..least }] {
        assert!(line(&id(1), &entry, Order::Sorted).len() >= LEAST, "{}", line(&id(1), &entry, Order::Sorted).len());
    }
}

#[test]
fn an_index_is_worn_if_more_than_a_quarter_is_blank_or_a_line_is_not_ours() {
    let all: Entries = (1..=16).map(|n| (id(n), entry("x", Status::Active))).collect();
    let whole = render(&all);
    let blank = |count: usize| {
        let each = |(n, line): (usize, &str)| match n >= 1 && n <= count {
            true => " ".repeat(line.len()),
            false => line.to_string(),
        };
        whole.lines().enumerate().map(each).collect::<Vec<_>>().join("\n") + "\n"
    };
    assert_eq!([0, 3, 5].map(|count| is_worn(&blank(count))), [false, false, true]);
    let python = serde_json::to_string_pretty(&all).unwrap();
    let unpadded: Vec<&str> = whole.split_inclusive('\n').collect();
    let unpadded = unpadded[..3].concat() + &unpadded[3].replace(' ', "") + &unpadded[4..].concat();
    assert!(is_worn(&python) && is_worn(&unpadded));
    assert_eq!(parse(&blank(5)).unwrap().len(), 11);
}

#[test]
fn a_line_in_another_form_is_not_lost() {
    let ours = render(&[(id(1), entry("x", Status::Active))].into_iter().collect::<Entries>());
    for (from, to) in [(":", ": "), ("\"api\"", "\"\\u0061pi\""), (",\"started", ", \"later\":[1],\"started")] {
        let theirs = ours.replace(from, to);
        assert!(is_canonical(&theirs));
        assert_eq!(parse_where(&theirs, of_status(Status::Active)).map(|all| all.len()), Some(1), "{theirs}");
        assert_eq!(parse_where(&theirs, of_status(Status::Parked)).map(|all| all.len()), Some(0), "{theirs}");
        assert_eq!(parse_where(&theirs, of_project("api")).map(|all| all.len()), Some(1), "{theirs}");
        assert_eq!(ids_where(&theirs, of_project("api")), Some(vec![id(1)]), "{theirs}");
    }
}

#[test]
fn standings_match_the_entries() {
    let sly = ",\"ended_at\":\"2030\",\"status\":\"active\"";
    let mut entries: Entries = [(id(1), entry("x", Status::Active)), (id(2), entry(sly, Status::Parked))].into();
    entries.insert(id(3), IndexEntry { project_slug: "shop".into(), ..entry("y", Status::Active) });
    entries.insert(id(4), IndexEntry { ended_at: Some("2026-11-21".into()), ..entry(sly, Status::Completed) });
    let of_api = entries.iter().filter(|(_, entry)| entry.project_slug == "api");
    let standing = |(id, entry): (&SessionId, &IndexEntry)| {
        (id.to_string(), entry.status, entry.ended_at.as_deref().map(str::to_string))
    };
    let expected: Vec<_> = of_api.map(standing).collect();
    let text = render(&entries);
    let found = standings(&text, |slug| slug == "api").unwrap().into_iter();
    let found: Vec<_> = found
        .map(|(_, one)| (one.id.to_string(), one.status, one.ended_at.map(|instant| instant.to_string())))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(standings(&text.replacen(":\"api\"", ": \"api\"", 1), |_| true), None, "in another spelling");
    assert_eq!(standings("{\n}\n", |_| true), Some(Vec::new()));
}

#[test]
fn filters_match_only_their_own_field() {
    let text = render(
        &[(id(1), entry("\"status\":\"active\"", Status::Parked)), (id(2), entry("y", Status::Active))]
            .into_iter()
            .collect::<Entries>(),
    );
    let active = parse_where(&text, of_status(Status::Active)).unwrap();
    assert_eq!(active.len(), 1, "quotes inside a text are escaped, so the needle cannot match there");
    assert_eq!(parse_where(&text, of_project("api")).unwrap().len(), 2);
    assert_eq!(parse_where(&text, of_project("ap")).unwrap().len(), 0);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let python = serde_json::to_string_pretty(&value).unwrap();
    assert_eq!(parse_where(&python, of_status(Status::Active)).unwrap(), active, "whatever the layout is");
}

#[test]
fn recent_sessions_are_those_that_go_on_or_ended_lately() {
    let ended = |at: Option<&'static str>, status| IndexEntry {
        ended_at: at.map(Into::into),
        ..entry("\",\"status\":\"completed\",\"ended_at\":\"2020-01-01", status)
    };
    let passes = |entry: &IndexEntry| {
        let text = render([(&id(1), entry)]);
        parse_where(&text, recent("2026-11-21T00:00:00.000000+00:00")).unwrap().len() == 1
    };
    let (old, new) = (Some("2026-11-20T23:59:59.999999+00:00"), Some("2026-11-21T00:00:00.000000+00:00"));
    assert!(!passes(&ended(old, Status::Completed)) && passes(&ended(new, Status::Completed)));
    assert!(passes(&ended(old, Status::Parked)) && passes(&ended(None, Status::Completed)));
    assert!(passes(&ended(None, Status::Active)) && passes(&ended(Some("20.11.2026"), Status::Completed)));
}

#[test]
fn the_latest_are_those_that_started_last() {
    let started = |at: &'static str, ended: Option<&'static str>| IndexEntry {
        started_at: at.into(),
        ended_at: ended.map(Into::into),
        ..entry("a \",\"started_at\":\"2027\"", Status::Parked)
    };
    let starts = [
        ("2026-11-23", None),
        ("2026-11-21", Some("2026-11-25")),
        ("2099-01-01", None),
        ("2026-11-24", Some("")),
        ("2026-11-23", None),
    ];
    let entries: Entries = (0..).zip(starts).map(|(n, (at, ended))| (id(n), started(at, ended))).collect();
    let text = render(&entries);
    let ids = |text: &str, most| {
        let found = latest(text, most, "2027", |line| id_in(line) != Some(id(0).as_str()));
        found.map(|found| found.into_iter().map(|(id, _)| id).collect::<Vec<_>>())
    };
    assert_eq!(ids(&text, 9), Some(vec![id(3), id(4), id(1), id(2)]), "one that started in the future is the last");
    assert_eq!(ids(&text, 2), Some(vec![id(3), id(4)]));
    let torn = text.replacen("2026-11-24", "2026-11-24\\", 1);
    assert_eq!(ids(&torn, 2), None);
    assert_eq!(ids(&text.replace(&id(1).to_string(), id(2).as_str()), 2), None, "an id that is there twice");
    assert_eq!(ids(&serde_json::to_string_pretty(&entries).unwrap(), 2), None);
}

#[test]
fn sessions_are_counted_without_their_entries() {
    let all = [Status::Parked, Status::Completed, Status::Active, Status::Parked];
    let entries: Entries =
        (0..).zip(all).map(|(n, status)| (id(n), entry("a \"status\":\"active\"", status))).collect();
    let text = render(&entries);
    let expected = entries.values().map(|entry| (&*entry.project_slug, entry.status)).collect::<Vec<_>>();
    assert_eq!(statuses(&text), Some(expected));
    for other in [
        text.replacen("parked", "unknown", 1),
        text.replacen("\"last_heartbeat\"", "\"last_heart\"", 1),
        text.replace(id(1).as_str(), id(2).as_str()),
        serde_json::to_string_pretty(&entries).unwrap(),
    ] {
        assert_eq!(statuses(&other), None, "{other}");
    }
}
