//! One table of readers and damaged inputs: each reader of foreign logs gives what is left, and says what is missing.

use crate::support::{parsed, shown};
use agents::entry::{Kind, Understood, Wanted};
use agents::lines::{self, LIMIT, Piece};
use agents::reader::{Reader, State};
use agents::{Agent, hook_runs, last_messages};
use cs_core::live::Live;
use serde_json::Value;

/// A line of each agent whose prompt or answer is `text`, which is put in as it is.
fn prompt(agent: Agent, text: &[u8]) -> Vec<u8> {
    let (before, after): (&str, &str) = match agent {
        Agent::Claude => (
            r#"{"type":"user","uuid":"u-1","sessionId":"s","cwd":"/x","timestamp":"2026-11-29T11:00:00Z","origin":{"kind":"human"},"promptSource":"typed","message":{"content":""#,
            r#""}}"#,
        ),
        _ => (
            r#"{"timestamp":"2026-11-29T11:00:00Z","type":"event_msg","payload":{"type":"user_message","message":""#,
            r#""}}"#,
        ),
    };
    [before.as_bytes(), text, after.as_bytes()].concat()
}

/// A damaged log, and what a reader finds in it: prompts, how many lines are broken, how many too long.
pub struct Damage {
    pub name: &'static str,
    pub log: Vec<u8>,
    prompts: Vec<String>,
    broken: usize,
    pub too_long: usize,
}

/// `long` is the length of the long line.
pub fn damages(agent: Agent, long: usize) -> Vec<Damage> {
    let line = |text: &[u8]| prompt(agent, text);
    let good = |text: &str| line(text.as_bytes());
    let log = |lines: &[&[u8]], end: &[u8]| lines.iter().flat_map(|line| [line, end].concat()).collect::<Vec<u8>>();
    let whole = |name, log, prompts: &[&str]| Damage {
        name,
        log,
        prompts: prompts.iter().map(|text| text.to_string()).collect(),
        broken: 0,
        too_long: 0,
    };
    let huge = [br#"{"type":"x","text":""#.to_vec(), vec![b'y'; long], br#""}"#.to_vec()].concat();
    // A line of Codex always is an object with a time; of Claude Code's, any JSON may be one of another version.
    let others = if agent == Agent::Claude { 0 } else { 3 };
    vec![
        whole("half a surrogate pair", log(&[&line(br"a \ud83d b")], b"\n"), &["a \u{fffd} b"]),
        whole("the other half", log(&[&line(br"a \uDE00 b")], b"\n"), &["a \u{fffd} b"]),
        whole("a whole pair", log(&[&line(br"a \ud83d\ude00 b")], b"\n"), &["a 😀 b"]),
        whole("NUL bytes before a record", log(&[&[vec![0; 5000], good("one")].concat()], b"\n"), &["one"]),
        whole("a NUL byte in a text", log(&[&line(b"a\0b")], b"\n"), &["a\0b"]),
        whole("a byte order mark", log(&[&[b"\xef\xbb\xbf".to_vec(), good("one")].concat()], b"\n"), &["one"]),
        whole("CRLF", log(&[&good("one"), b"", &good("two")], b"\r\n"), &["one"]),
        whole("invalid UTF-8", log(&[&line(b"a \xff\xfe b")], b"\n"), &["a \u{fffd}\u{fffd} b"]),
        whole("no newline at the end", good("one"), &["one"]),
        Damage { broken: 1, ..whole("a torn end", [good("one"), b"\n{\"type\":\"us".to_vec()].concat(), &["one"]) },
        Damage { broken: 1, ..whole("a broken line", log(&[b"{\"a\":", &good("one")], b"\n"), &["one"]) },
        Damage { too_long: 1, ..whole("a line that is too long", log(&[&huge, &good("one")], b"\n"), &["one"]) },
        Damage {
            broken: others,
            ..whole(
                "values of other types",
                log(&[b"7", b"[]", b"null", b"{}", b"\"x\"", &good("one")], b"\n"),
                &["one"],
            )
        },
        whole("nothing", Vec::new(), &[]),
    ]
}

/// The lines of the second prompt in the row for CRLF have the same id, so they are a copy.
fn texts(parts: &[Value]) -> Vec<String> {
    let own = parts.iter().filter(|part| part["kind"] == "prompt" && part.get("copy").is_none());
    own.map(|part| part["text"].as_str().unwrap().to_string()).collect()
}

#[test]
fn the_model_tells_what_is_left_and_what_is_missing() {
    for agent in Agent::ALL {
        for damage in damages(agent, 40 << 20) {
            let parts = parsed(&shown(agent, &damage.log, "main", "c"));
            let name = format!("{}: {}", agent.word(), damage.name);
            let mut found = texts(&parts);
            if agent != Agent::Claude && damage.name == "CRLF" {
                assert_eq!(found.pop().as_deref(), Some("two"));
            }
            assert_eq!(found, damage.prompts, "{name}");
            let gaps = |why: &str| parts.iter().filter(|part| part["kind"] == "gap" && part["why"] == why).count();
            assert_eq!((gaps("broken"), gaps("too_long")), (damage.broken, damage.too_long), "{name}");
            let end = parts.last().unwrap();
            assert_eq!(end["kind"], "end", "{name}");
            assert_eq!(end["entries"].as_u64().unwrap() as usize, parts.len() - 1, "{name}");
            let is_replaced =
                damage.log.windows(3).any(|w| w == b"\\ud" || w == b"\\uD") || damage.name.contains("UTF-8");
            let is_marked = parts.iter().any(|part| part.get("repaired").is_some());
            assert!(!is_replaced || is_marked || damage.name == "a whole pair", "{name}");
        }
    }
}

/// Counting: the prompts, and the lines that were not understood.
#[test]
fn counting_finds_the_same_prompts() {
    for agent in Agent::ALL {
        for damage in damages(agent, 9 << 20) {
            let (mut reader, mut prompts, mut broken, mut number) =
                (Reader::new(State::new(agent), Wanted::Counted), Vec::new(), 0, 0);
            lines::read(&damage.log[..], |piece| {
                number += 1;
                let (Piece::Line(line) | Piece::Rest(line)) = piece else { return };
                let understood = reader.line(line, number, &mut |entry| {
                    if let Kind::Prompt(text, _) = entry.kind {
                        prompts.push(text.into_owned());
                    }
                });
                broken += usize::from(understood == Understood::Not && !line.is_empty());
            })
            .unwrap();
            prompts.retain(|text| text != "two");
            assert_eq!(prompts, damage.prompts, "{}: {}", agent.word(), damage.name);
            // A line that cannot matter is not parsed.
            assert!(broken <= damage.broken, "{}: {}", agent.word(), damage.name);
        }
    }
}

/// The readers that look at the end of a log, or for one thing in it.
#[test]
fn the_other_readers_find_what_they_look_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    for agent in Agent::ALL {
        for damage in damages(agent, 9 << 20) {
            std::fs::write(&path, &damage.log).unwrap();
            let name = format!("{}: {}", agent.word(), damage.name);
            let mut live = Live::new("1efc27bb-f68f-47d0-bb52-fc872cee82d8", cs_core::clock::now());
            live.transcript_path = Some(path.display().to_string());
            live.agent = Some(agent.word().to_string());
            let mut said: Vec<String> = last_messages(&live, 9).into_iter().map(|one| one.text).collect();
            said.retain(|text| text != "two");
            let clean = |text: &String| text.replace('\0', " ");
            assert_eq!(
                said.iter().map(clean).collect::<Vec<_>>(),
                damage.prompts.iter().map(clean).collect::<Vec<_>>(),
                "{name}"
            );
            assert_eq!(agents::last_call(&live), None, "{name}");
            hook_runs::read(&path, 1 << 26, &mut |run| panic!("{name}: {run:?}")).unwrap();
            hook_runs::faults(&path, 1 << 26, &mut |fault| panic!("{name}: {fault:?}")).unwrap();
        }
    }
}

#[test]
fn a_line_of_the_longest_length_is_read_and_the_next_one_is_a_gap() {
    for (more, kind) in [(0, "prompt"), (1, "gap")] {
        let empty = prompt(Agent::Claude, b"").len();
        let log = [prompt(Agent::Claude, &vec![b'x'; LIMIT - empty + more]), b"\n".to_vec()].concat();
        let parts = parsed(&shown(Agent::Claude, &log, "main", "c"));
        assert!(parts.iter().any(|part| part["kind"] == kind), "{more}");
        let bytes = parts.iter().find(|part| part["kind"] == "gap").map(|part| part["bytes"].as_u64().unwrap());
        assert_eq!(bytes, (more == 1).then_some(LIMIT as u64 + 1));
    }
}
