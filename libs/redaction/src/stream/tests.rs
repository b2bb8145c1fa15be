use super::*;
use crate::{Key, Rules};
use std::convert::Infallible;

/// Built at run time, so that scanners of secrets do not report this file.
fn secret() -> String {
    ["ghp", "Q7w8E9r0T1y2U3i4O5p6A7s8D9f0G1h2J3k4"].join("_")
}

fn engine() -> Engine {
    let root = tempfile::tempdir().unwrap();
    let rules = Rules::load(&cs_core::paths::Home::at(root.path()), &[]).unwrap();
    Engine::new(rules, Key::fresh().unwrap())
}

/// What a stream becomes.
#[derive(Debug, Default)]
struct Done {
    bytes: Vec<u8>,
    found: Vec<(u64, String)>,
    entries: Vec<Option<String>>,
    broken: Vec<u64>,
}

fn run(engine: &mut Engine, mode: Mode, input: &[u8]) -> Result<Done, Stopped<Infallible>> {
    let mut done = Done::default();
    redact(engine, mode, Place::default(), input, |event| {
        match event {
            Event::Bytes(bytes) => done.bytes.extend_from_slice(bytes),
            Event::Found { line, entry, found } | Event::Left { line, entry, found } => {
                done.found.push((line, found.rule.clone()));
                done.entries.push(entry.map(str::to_string));
            }
            Event::NotJson { line } => done.broken.push(line),
        }
        Ok(())
    })?;
    Ok(done)
}

#[test]
fn text_without_secrets_stays_byte_for_byte() {
    let mut engine = engine();
    let odd = b"a\xff\xfe\r\n\0{\"a\":1}\n\xe2\x82".to_vec();
    let long = [b"word \n".repeat(500_000), vec![b'x'; 3 * WINDOW], odd.clone()].concat();
    for input in [Vec::new(), odd, long, b"\n".to_vec()] {
        assert!(run(&mut engine, Mode::Text, &input).unwrap().bytes == input);
    }
}

#[test]
fn secrets_are_found_wherever_a_window_ends() {
    let (mut engine, key) = (engine(), secret());
    let placeholder = engine.find(&key, Place::default())[0].placeholder.clone();
    for filler in ["line of text\n", "words without an end of a line "] {
        for shift in (0..2000).step_by(397) {
            let before = filler.repeat(WINDOW / filler.len() * 2);
            let before = &before[..(WINDOW - TAIL - 1000 + shift).min(before.len())];
            let input = format!("{before} {key} {}{key}\n", filler.repeat(WINDOW / filler.len()));
            let done = run(&mut engine, Mode::Text, input.as_bytes()).unwrap();
            assert!(String::from_utf8(done.bytes).unwrap() == input.replace(&key, &placeholder), "{filler:?} {shift}");
            let line = 1 + before.matches('\n').count() as u64;
            assert_eq!((done.found.len(), done.found[0].0), (2, line));
        }
    }
}

#[test]
fn a_private_key_across_the_end_of_a_window_is_replaced_whole() {
    let mut engine = engine();
    let (begin, end) =
        (["-----BEGIN RSA", "PRIVATE KEY-----"].join(" "), ["-----END RSA", "PRIVATE KEY-----"].join(" "));
    let body = "MIIEpAIBAAKCAQEAr0c9Qx7Zt2\n".repeat(60);
    let key = format!("{begin}\n{body}{end}");
    for shift in (0..4000).step_by(997) {
        let filler = "x".repeat(99) + "\n";
        let before = filler.repeat((WINDOW - TAIL) / 100 - 20) + &"y".repeat(shift) + "\n";
        let input = format!("{before}{key}\n{}", filler.repeat(2000));
        let done = run(&mut engine, Mode::Text, input.as_bytes()).unwrap();
        let text = String::from_utf8(done.bytes).unwrap();
        assert!(
            !text.contains("MIIEpA") && text.starts_with(&before) && text.ends_with(&filler.repeat(2000)),
            "{shift}"
        );
        assert_eq!(done.found.len(), 1, "{shift}");
    }
}

#[test]
fn lines_that_are_no_json_are_told_and_redacted() {
    let (mut engine, key) = (engine(), secret());
    let input = format!(
        "{{\"uuid\":\"u1\",\"a\":\"{key}\"}}\nnot json {key}\n{{\"a\":[\n\"{key}\"\n{{\"anchor\":\"L3\",\"b\":\"{key}\"}}\n{{\"a\":\"{key}\n"
    );
    let done = run(&mut engine, Mode::Guess, input.as_bytes()).unwrap();
    let text = String::from_utf8(done.bytes).unwrap();
    assert!(!text.contains("Q7w8E9") && text.lines().count() == 6, "{text}");
    assert_eq!(done.broken, [2, 5, 6]);
    let lines: Vec<u64> = done.found.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [1, 2, 4, 5, 6]);
    let entries: Vec<Option<&str>> = done.entries.iter().map(Option::as_deref).collect();
    assert_eq!(entries, [Some("u1"), None, None, Some("L3"), None]);
    let open = run(&mut engine, Mode::Guess, b"{\"a\":[\n").unwrap();
    assert_eq!((open.bytes, open.broken), (b"{\"a\":[\n".to_vec(), vec![1]));
}

#[test]
fn bytes_that_are_not_utf_8_stay_in_json() {
    let (mut engine, key) = (engine(), secret());
    let input = [b"{\"a\":\"\xff\xfe ", key.as_bytes(), b" \xe2\x82\"}\n"].concat();
    let done = run(&mut engine, Mode::Guess, &input).unwrap();
    assert!(done.bytes.starts_with(b"{\"a\":\"\xff\xfe [") && done.bytes.ends_with(b"] \xe2\x82\"}\n"));
    assert!(done.broken.is_empty());
}

#[test]
fn utf_16_is_refused() {
    let mut engine = engine();
    for mode in [Mode::Guess, Mode::Text, Mode::Json] {
        assert!(matches!(run(&mut engine, mode, b"\xff\xfea\0"), Err(Stopped::Utf16)));
    }
}

#[test]
fn the_first_character_tells_json_from_text() {
    let mut engine = engine();
    let escaped: String = secret().chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    // Only JSON has strings of JSON.
    let inner = serde_json::to_string(&format!("{{\"a\":\"{escaped}\"}}")).unwrap();
    let found = |engine: &mut Engine, mode, begin: &str| {
        run(engine, mode, format!("{begin}{{\"a\":{inner}}}").as_bytes()).unwrap().found.len()
    };
    assert_eq!(["", " \n", "\u{feff}"].map(|begin| found(&mut engine, Mode::Guess, begin)), [1, 1, 1]);
    assert_eq!(["[1] ", "x"].map(|begin| found(&mut engine, Mode::Guess, begin)), [0, 0]);
    assert_eq!((found(&mut engine, Mode::Text, ""), found(&mut engine, Mode::Json, "[1] ")), (0, 1));
}
