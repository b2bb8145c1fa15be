//! A search finds exactly what reading everything finds.

use super::work::whole_call;
use super::{Form, Hit, Query, Scope, Terms, search};
use crate::catalog::Catalog;
use crate::read::read;
use crate::wish::Wish;
use agents::Agent;
use agents::logs::Roots;
use agents::part::PartKind;
use cs_core::paths::Home;
use cs_core::search::fold;
use cs_core::store::Store;
use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len())]
    }
}

const WORDS: [&str; 24] = [
    "retry",
    "Retry",
    "RETRY",
    "rate limit",
    "größe",
    "GRÖSSE",
    "Größe",
    "straße",
    "привет",
    "ПРИВЕТ",
    "日本語",
    "İstanbul",
    "\u{212a}elvin",
    "kelvin",
    "ὀδυσσεύς",
    "src/main.rs",
    "a\\b",
    "\"quoted\"",
    "it's",
    "tab\there",
    "two\nlines",
    "\u{1b}[31mred",
    "👩\u{200d}💻",
    "~/x&<y>",
];

/// A text as JSON, with some characters as escapes that need none.
fn json(text: &str, dice: &mut Dice) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        let must = c == '"' || c == '\\' || u32::from(c) < 0x20;
        match c {
            '\n' if dice.roll(2) == 0 => out.push_str("\\n"),
            '/' if dice.roll(2) == 0 => out.push_str("\\/"),
            '"' | '\\' if dice.roll(2) == 0 => out.extend(['\\', c]),
            c if must || dice.roll(12) == 0 => {
                let mut units = [0; 2];
                c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
            }
            c => out.push(c),
        }
    }
    out + "\""
}

fn said(dice: &mut Dice) -> String {
    (0..1 + dice.roll(6)).map(|_| *dice.pick(&WORDS)).collect::<Vec<_>>().join(" ")
}

/// A transcript with prompts, answers, reasoning, calls, results, titles, and lines of the client's own.
fn transcript(uuid: &str, dice: &mut Dice) -> String {
    let mut lines = Vec::new();
    for n in 0..40 {
        let text = json(&said(dice), dice);
        let id = format!("{n:08x}-0000-4000-8000-{}", uuid.get(24..).unwrap());
        let at = format!("2026-11-{:02}T10:00:{n:02}.000Z", 1 + dice.roll(28));
        let common = format!(r#""uuid":"{id}","timestamp":"{at}","sessionId":"{uuid}","cwd":"/home/dev/repo""#);
        let answer = |block: &str| {
            format!(
                r#"{{"type":"assistant","message":{{"id":"m{n}","role":"assistant","model":"m","content":[{block}],"usage":{{"input_tokens":1,"output_tokens":1}}}},{common}}}"#
            )
        };
        lines.push(match dice.roll(8) {
            0 => {
                format!(
                    r#"{{"type":"user","message":{{"role":"user","content":{text}}},"origin":{{"kind":"human"}},{common}}}"#
                )
            }
            1 => answer(&format!(r#"{{"type":"text","text":{text}}}"#)),
            2 => answer(&format!(r#"{{"type":"thinking","thinking":{text}}}"#)),
            3 => answer(&format!(
                r#"{{"type":"tool_use","id":"t{n}","name":"Bash","input":{{"command":{text},"description":"d"}}}}"#
            )),
            4 => format!(
                r#"{{"type":"user","message":{{"role":"user","content":[{{"type":"tool_result","tool_use_id":"t{n}","content":{text}}}]}},{common}}}"#
            ),
            5 => format!(r#"{{"type":"api-request","system":{text},"sessionId":"{uuid}"}}"#),
            6 => format!(r#"{{"type":"custom-title","customTitle":{text},"sessionId":"{uuid}"}}"#),
            _ => format!("{{\"type\":\"user\",\"message\":{text}"),
        });
    }
    lines.join("\n")
}

fn fixtures(dir: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(dir);
    let mut found: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

/// Folders of both clients, with generated and recorded conversations.
fn corpus(root: &Path) -> Roots {
    let mut dice = Dice(11);
    let projects = root.join(".claude/projects/-home-dev-repo");
    fs::create_dir_all(&projects).unwrap();
    let ids = |n: usize| format!("{n:08x}-1111-4111-8111-111111111111");
    for n in 0..12 {
        let uuid = ids(n);
        fs::write(projects.join(format!("{uuid}.jsonl")), transcript(&uuid, &mut dice)).unwrap();
    }
    for (n, path) in fixtures("claude-code/transcripts").into_iter().enumerate() {
        let uuid = ids(100 + n);
        if path.is_dir() {
            // The folder stands behind the transcript of its conversation.
            let to = projects.join(ids(99 + n)).join("subagents");
            fs::create_dir_all(&to).unwrap();
            for file in fs::read_dir(path).unwrap() {
                let file = file.unwrap().path();
                fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
            }
        } else {
            fs::copy(path, projects.join(format!("{uuid}.jsonl"))).unwrap();
        }
    }
    let sessions = root.join(".codex/sessions");
    fs::create_dir_all(&sessions).unwrap();
    for (n, path) in fixtures("codex/rollouts").into_iter().filter(|path| path.is_file()).enumerate() {
        fs::copy(path, sessions.join(format!("rollout-2026-11-20T10-00-00-{}.jsonl", ids(200 + n)))).unwrap();
    }
    let mut roots = Roots::default();
    roots.folders.push((Agent::Claude, root.join(".claude")));
    roots.folders.push((Agent::Codex, root.join(".codex")));
    roots
}

/// What identifies a hit.
type Found = (String, String, String, u64, &'static str);

/// An entry that may be found: what identifies it, its kind and its text.
struct Known {
    id: Found,
    kind: PartKind,
    text: String,
}

/// Everything that can be found.
fn everything(catalog: &Catalog) -> Vec<Known> {
    let mut all = Vec::new();
    for one in &catalog.conversations {
        read(one, &Wish::default(), &mut |part| {
            let id = (one.uuid.clone(), part.thread.to_string(), part.anchor.clone(), part.turn, part.kind.word());
            let text = whole_call(part).unwrap_or_else(|| part.text().into_owned());
            all.push(Known { id, kind: part.kind, text });
        })
        .unwrap();
    }
    all
}

/// The plain meaning of a search.
fn expected(all: &[Known], words: &[String], scope: &Scope) -> Vec<Found> {
    let has = |text: &str, word: &String| match word.chars().any(char::is_uppercase) {
        true => text.contains(word.as_str()),
        false => fold(text).contains(&fold(word)),
    };
    let mut titles = BTreeSet::new();
    let fits = |known: &&Known| {
        scope.kinds.contains(&known.kind)
            && words.iter().all(|word| has(&known.text, word))
            && (known.kind != PartKind::Title || titles.insert((known.id.0.clone(), known.text.clone())))
    };
    all.iter().filter(fits).map(|known| known.id.clone()).collect()
}

fn found(catalog: &Catalog, store: &Store, query: &Query) -> Vec<Found> {
    let mut found = Vec::new();
    let mut each = |hit: Hit| {
        found.push((hit.conversation.unwrap(), hit.thread, hit.entry, hit.turn.unwrap(), hit.kind));
        ControlFlow::Continue(())
    };
    let searched = search(catalog, store, query, None, &mut each);
    assert!(searched.unread.is_empty() && !searched.is_late);
    found
}

/// A word of the texts, or a part of one, in some case.
fn random_word(all: &[Known], dice: &mut Dice) -> String {
    let text = if dice.roll(3) == 0 { *dice.pick(&WORDS) } else { dice.pick(all).text.as_str() };
    let chars: Vec<char> = text.chars().collect();
    let start = dice.roll(chars.len().max(1));
    let part: String = chars.iter().skip(start).take(1 + dice.roll(12)).collect();
    match dice.roll(4) {
        0 => part.to_uppercase(),
        1 => part,
        _ => part.to_lowercase(),
    }
}

fn compare(catalog: &Catalog, store: &Store, all: &[Known], queries: usize) -> usize {
    let mut dice = Dice(5);
    let mut hits = 0;
    for n in 0..queries {
        let words = (0..1 + dice.roll(2)).map(|_| random_word(all, &mut dice));
        let words: Vec<String> = words.filter(|word| !word.trim().is_empty()).collect();
        if words.is_empty() {
            continue;
        }
        let word: &&str = dice.pick(&Scope::WORDS);
        let mut scope = Scope::parse(word).unwrap();
        scope.has_records = false;
        let query = Query { terms: Terms::new(&words, &[]).unwrap(), scope, ..Query::default() };
        let expected = expected(all, &words, &query.scope);
        let found = found(catalog, store, &query);
        if found != expected {
            let missing: Vec<&Found> = expected.iter().filter(|one| !found.contains(one)).collect();
            let wrong: Vec<&Found> = found.iter().filter(|one| !expected.contains(one)).collect();
            panic!("query {n}: {words:?} in {:?}: missing {missing:?}, wrong {wrong:?}", query.scope.kinds);
        }
        hits += expected.len();
    }
    hits
}

#[test]
fn a_search_finds_what_reading_everything_finds() {
    let dir = tempfile::tempdir().unwrap();
    let roots = corpus(dir.path());
    let store = Store::for_people(Home::at(dir.path().join("dashboard")), agents::WITNESS);
    let catalog = Catalog::of(&store, &roots);
    let all = everything(&catalog);
    let hits = compare(&catalog, &store, &all, 300);
    assert!(hits > 1000, "{hits} hits say little");
}

/// The same over large folders: `SEARCH_CORPUS=DIR`, which has a folder `.claude` or `.codex`, with `SEARCH_QUERIES=N`.
#[test]
#[ignore = "reads what SEARCH_CORPUS names"]
fn a_search_of_a_large_corpus_finds_what_reading_everything_finds() {
    let root = PathBuf::from(std::env::var_os("SEARCH_CORPUS").unwrap());
    let mut roots = Roots::default();
    roots.folders.push((Agent::Claude, root.join(".claude")));
    roots.folders.push((Agent::Codex, root.join(".codex")));
    let dir = tempfile::tempdir().unwrap();
    let store = Store::for_people(Home::at(dir.path().to_path_buf()), agents::WITNESS);
    let catalog = Catalog::of(&store, &roots);
    let bytes: u64 = catalog.conversations.iter().map(crate::Conversation::bytes).sum();
    let all = everything(&catalog);
    let queries = std::env::var("SEARCH_QUERIES").ok().and_then(|text| text.parse().ok()).unwrap_or(1000);
    let hits = compare(&catalog, &store, &all, queries);
    println!("{bytes} bytes, {} entries, {hits} hits of {queries} queries", all.len());
}

/// The hits for words in everything that was said.
fn hits(words: &[&str], expressions: &[&str], text: &str) -> Vec<(&'static str, String)> {
    let dir = tempfile::tempdir().unwrap();
    let projects = dir.path().join(".claude/projects/-p");
    fs::create_dir_all(&projects).unwrap();
    fs::write(projects.join("00000000-1111-4111-8111-111111111111.jsonl"), text).unwrap();
    let mut roots = Roots::default();
    roots.folders.push((Agent::Claude, dir.path().join(".claude")));
    let store = Store::for_people(Home::at(dir.path().join("dashboard")), agents::WITNESS);
    let catalog = Catalog::of(&store, &roots);
    let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_string()).collect::<Vec<_>>();
    let terms = Terms::new(&own(words), &own(expressions)).unwrap();
    let query = Query { terms, form: Some(Form::default()), ..Query::default() };
    let mut found = Vec::new();
    let mut each = |hit: Hit| {
        found.push((hit.kind, hit.snippet.text));
        ControlFlow::Continue(())
    };
    search(&catalog, &store, &query, None, &mut each);
    found
}

fn prompt(text: &str) -> String {
    format!(
        r#"{{"type":"user","message":{{"role":"user","content":"{text}"}},"timestamp":"2026-11-20T10:00:00.000Z"}}"#
    )
}

#[test]
fn escapes_are_read_and_words_of_the_system_prompt_find_nothing() {
    let system = r#"{"type":"api-request","system":"You are an interactive agent"}"#;
    let text = [prompt(r"die Gr\u00f6\u00dfe"), system.into(), prompt(r"a\/b\nc\u0061se"), prompt("torn")].join("\n");
    assert_eq!(hits(&["größe"], &[], &text), [("prompt", "die Größe".to_string())]);
    assert_eq!(hits(&["a/b"], &[], &text), [("prompt", "a/b".to_string())]);
    assert_eq!(hits(&["case"], &[], &text), [("prompt", "case".to_string())]);
    assert_eq!(hits(&["b\nc"], &[], &text).len(), 1);
    assert_eq!(hits(&[], &["^c[a-z]+e$"], &text), [("prompt", "case".to_string())]);
    assert_eq!(hits(&["interactive"], &[], &text), []);
}

/// Folders with one transcript.
fn one_transcript(root: &Path, text: &str) -> Roots {
    let projects = root.join(".claude/projects/-p");
    fs::create_dir_all(&projects).unwrap();
    fs::write(projects.join("00000000-1111-4111-8111-111111111111.jsonl"), text).unwrap();
    let mut roots = Roots::default();
    roots.folders.push((Agent::Claude, root.join(".claude")));
    roots
}

#[test]
fn of_one_conversation_only_a_few_hits_are_told_and_the_others_counted() {
    let dir = tempfile::tempdir().unwrap();
    let lines: Vec<String> = (0..10).map(|n| prompt(&format!("retry {n}"))).collect();
    let roots = one_transcript(dir.path(), &lines.join("\n"));
    let store = Store::for_people(Home::at(dir.path().join("dashboard")), agents::WITNESS);
    let catalog = Catalog::of(&store, &roots);
    for (most_each, expected) in [(None, vec![0; 10]), (Some(3), vec![0, 0, 7]), (Some(10), vec![0; 10])] {
        let query = Query { terms: Terms::new(&["retry".into()], &[]).unwrap(), most_each, ..Query::default() };
        let mut more = Vec::new();
        let searched = search(&catalog, &store, &query, None, &mut |hit| {
            more.push(hit.more);
            ControlFlow::Continue(())
        });
        assert!(!searched.is_late);
        assert_eq!(more, expected);
    }
}

#[test]
fn a_log_that_was_written_before_is_not_opened() {
    let dir = tempfile::tempdir().unwrap();
    let roots = one_transcript(dir.path(), &prompt("retry"));
    let store = Store::for_people(Home::at(dir.path().join("dashboard")), agents::WITNESS);
    let catalog = Catalog::of(&store, &roots);
    fs::remove_file(&catalog.conversations[0].logs[0].path).unwrap();
    fs::create_dir(&catalog.conversations[0].logs[0].path).unwrap();
    for (since, unread) in [("2020-01-01T00:00:00Z", 1), ("2100-01-01T00:00:00Z", 0)] {
        let range = cs_core::range::Range { since: cs_core::clock::parse(since), until: None };
        let query = Query { terms: Terms::new(&["retry".into()], &[]).unwrap(), range, ..Query::default() };
        let searched = search(&catalog, &store, &query, None, &mut |_| ControlFlow::Continue(()));
        assert_eq!(searched.unread.len(), unread, "{since}");
    }
}

#[test]
fn names_of_the_fields_of_a_call_are_no_texts() {
    let dir = tempfile::tempdir().unwrap();
    let call = r#"{"type":"assistant","message":{"id":"m","role":"assistant","content":[{"type":"tool_use","id":"t","name":"mcp__x__y","input":{"recipient":"ann"}}]},"timestamp":"2026-11-20T10:00:00.000Z"}"#;
    let roots = one_transcript(dir.path(), call);
    let store = Store::for_people(Home::at(dir.path().join("dashboard")), agents::WITNESS);
    let catalog = Catalog::of(&store, &roots);
    for (word, expected) in [("ann", vec!["ann".to_string()]), ("recipient", vec![])] {
        let terms = Terms::new(&[word.to_string()], &[]).unwrap();
        let form = Some(Form::default());
        let query = Query { terms, scope: Scope::parse("calls").unwrap(), form, ..Query::default() };
        let mut found = Vec::new();
        search(&catalog, &store, &query, None, &mut |hit| {
            found.push(hit.snippet.text);
            ControlFlow::Continue(())
        });
        assert_eq!(found, expected, "{word}");
    }
}
