//! Checks what is repaired and what is not, and that a repair changes no structure: against serde_json, on random texts
//! of the pieces that matter.

use super::*;
use nanorand::{Rng, WyRand};
use serde_json::{Value, json};

#[track_caller]
fn repaired(text: impl AsRef<[u8]>) -> Value {
    let mut room = Vec::new();
    let shown = String::from_utf8_lossy(text.as_ref()).into_owned();
    decode(text.as_ref(), &mut room).unwrap_or_else(|error| panic!("{shown}: {error}"))
}

#[test]
fn nearly_valid_json_of_clients_is_repaired() {
    let cases: [(&[u8], Value); 28] = [
        (br#"["a \ud83d b"]"#, json!(["a \u{fffd} b"])),
        (br#"["a \ud83d"]"#, json!(["a \u{fffd}"])),
        (br#"["\ude00 \ude00\ud83d"]"#, json!(["\u{fffd} \u{fffd}\u{fffd}"])),
        (br#"["\ud83d\ud83d\ude00"]"#, json!(["\u{fffd}\u{1f600}"])),
        (br#"["\ud83d\u0041"]"#, json!(["\u{fffd}A"])),
        (br#"["\ud83d\n\uDe00"]"#, json!(["\u{fffd}\n\u{fffd}"])),
        (br#"{"\ud83d":1}"#, json!({"\u{fffd}": 1})),
        (b"[\"a\0b\x1b\x01\x1f\n\t\"]", json!(["a\0b\u{1b}\u{1}\u{1f}\n\t"])),
        (br#"["C:\Users\ada"]"#, json!(["C:\\Users\\ada"])),
        (br#"["it\'s \x41 \0 \e \a"]"#, json!(["it\\'s \\x41 \\0 \\e \\a"])),
        (br#"["\u12","\u","\uzzzz"]"#, json!(["\\u12", "\\u", "\\uzzzz"])),
        ("[\"\\é\\日\"]".as_bytes(), json!(["\\é\\日"])),
        (b"[\"\\\n\"]", json!(["\\\n"])),
        (b"[\"fix \xb4\xfa login\"]", json!(["fix \u{fffd}\u{fffd} login"])),
        (b"[\"\xe6\x97\"]", json!(["\u{fffd}"])),
        (b"[\"\xed\xa0\xbd\"]", json!(["\u{fffd}\u{fffd}\u{fffd}"])),
        (b"\xef\xbb\xbf{}", json!({})),
        (b"\xef\xbb\xbf\xef\xbb\xbf \n{}", json!({})),
        (b"\0\0\0{\"a\":\"\xef\xbb\xbf\"}", json!({"a": "\u{feff}"})),
        (b"{}\0\0\0\n", json!({})),
        (b"{\0\"a\"\x0b:\x0c1\0}", json!({"a": 1})),
        (b"[1e999,-1e999,1]", json!([null, null, 1])),
        (b"[NaN,Infinity,-Infinity,undefined]", json!([null, null, null, null])),
        (b"{\"a\":NaN}", json!({"a": null})),
        (br#"["\\ud83d","\\\ud83d","\\\\U"]"#, json!(["\\ud83d", "\\\u{fffd}", "\\\\U"])),
        (br#"["\"\U\"","\\"]"#, json!(["\"\\U\"", "\\"])),
        (br#"["\t\n\b\f\r\/\u00e9\q"]"#, json!(["\t\n\u{8}\u{c}\r/é\\q"])),
        (
            br#"{"a":"\ud83d","b":[true,false,null,-1.5e3]}"#,
            json!({"a": "\u{fffd}", "b": [true, false, null, -1500.0]}),
        ),
    ];
    for (text, expected) in cases {
        assert!(serde_json::from_slice::<Value>(text).is_err(), "{}", String::from_utf8_lossy(text));
        assert_eq!(repaired(text), expected, "{}", String::from_utf8_lossy(text));
    }
}

#[test]
fn ambiguous_faults_are_not_repaired() {
    let cases: [&[u8]; 16] = [
        b"",
        b"\0\0",
        b"{'a':1}",
        b"{a:1}",
        b"{NaN:1}",
        b"{\"a\":hello}",
        b"{\"a\":1,}",
        b"{\"a\":1 \"b\":2}",
        b"{\"a\":0x10}",
        b"{\"a\":1\x002}",
        b"[1e999",
        br#"{"a":"C:\Users\","b":"x"}"#,
        br#"{"a":"x"y"}"#,
        br#"{"a":"#,
        br#"{"a":"\ud83d"#,
        b"x {\"a\":1}",
    ];
    for text in cases {
        let mut room = Vec::new();
        assert!(decode::<Value>(text, &mut room).is_err(), "{}", String::from_utf8_lossy(text));
    }
}

#[test]
fn a_torn_text_ends_before_its_torn_escape() {
    for (torn, expected) in [
        (&br#"{"a":"x\"#[..], &br#"{"a":"x"#[..]),
        (br#"{"a":"x\u00e"#, br#"{"a":"x"#),
        (br#"{"a":"x\ud83d\ude0"#, br#"{"a":"x\ufffd"#),
        (b"{\"a\":1e9999", b"{\"a\":1e9999"),
        (b"{\"a\":\"x\xf0\x9f", "{\"a\":\"x\u{fffd}".as_bytes()),
    ] {
        assert_eq!(repair(torn).as_deref().unwrap_or(torn), expected, "{}", String::from_utf8_lossy(torn));
    }
}

/// Pieces of JSON texts, valid and invalid.
const PIECES: [&[u8]; 44] = [
    b"\"",
    b"\"",
    b"\"",
    b"\\",
    b"\\\"",
    b"\\\\",
    b"\\u",
    b"\\ud83d",
    b"\\ude00",
    b"\\u0022",
    b"\\u005c",
    b"\\n",
    b"\\U",
    b"\\'",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"\"a\"",
    b"\"b\":",
    b"1",
    b"-1.5e3",
    b"1e999",
    b"NaN",
    b"true",
    b"null",
    b"\0",
    b"\n",
    b"\x1f",
    b" ",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xe2",
    b"\xb4\x5c",
    b"\xc3\xa9",
    b"\xf0\x9f\x98\x80",
    b"x",
    b"12",
    b"0000",
    b"d83d",
    b"/",
    b"'",
];

fn random_text(random: &mut WyRand) -> Vec<u8> {
    let pieces = random.generate_range(1..12usize);
    let middle: Vec<u8> = (0..pieces).flat_map(|_| PIECES[random.generate_range(0..PIECES.len())].to_vec()).collect();
    match random.generate_range(0..3u8) {
        0 => middle,
        1 => [b"{\"k\":\"", &middle[..], b"\",\"l\":[1]}"].concat(),
        _ => [b"[", &middle[..], b"]"].concat(),
    }
}

/// The bytes outside strings, with a quote for each string: the structure of a text.
fn skeleton(text: &[u8]) -> Vec<u8> {
    let mut quote = crate::quote::Quote::default();
    let mut found = Vec::new();
    for &byte in text {
        let was_open = quote.is_open();
        match quote.holds(byte) {
            true if !was_open => found.push(b'"'),
            false if b"{}[]:,".contains(&byte) => found.push(byte),
            _ => {}
        }
    }
    found
}

#[test]
fn a_repair_keeps_the_structure_and_valid_json() {
    let mut random = WyRand::new_seed(27);
    let (mut right, mut mended) = (0, 0);
    for _ in 0..200_000 {
        let text = random_text(&mut random);
        let strict = serde_json::from_slice::<Value>(&text).ok();
        let found = repair(&text);
        let shown = String::from_utf8_lossy(&text);
        let Some(found) = found else { continue };
        assert!(strict.is_none(), "{shown} is changed");
        assert!(std::str::from_utf8(&found).is_ok(), "{shown} is no text");
        assert_eq!(skeleton(&found), skeleton(&text), "{shown}");
        assert!(found.len() <= 6 * text.len(), "{shown}");
        assert_eq!(repair(&found).as_deref().unwrap_or(&found), found, "{shown}: a second repair changes more");
        right += usize::from(serde_json::from_slice::<Value>(&found).is_ok());
        mended += 1;
    }
    assert!(right > 5_000 && mended > 50_000, "{right} of {mended}");
}

#[test]
fn a_repair_takes_linear_time() {
    let took = |size: usize| {
        let texts = ["\\".repeat(size), "\\u".repeat(size / 2), "\\ud83d".repeat(size / 6), "1e".repeat(size / 2)];
        let started = std::time::Instant::now();
        for text in texts {
            let _ = repair(format!("[\"{text}\", {text} ]").as_bytes());
            let _ = repair(format!("[{text}").as_bytes());
        }
        started.elapsed()
    };
    // In quadratic time, this many bytes would take minutes.
    assert!(took(256 << 10) < std::time::Duration::from_secs(20));
}
