//! Redaction: twice changes nothing, a secret does not survive, whatever surrounds it; no file of rules does more than
//! fail.

use super::{parts, text};
use crate::Target;
use redaction::{Engine, Key, Place, Rules};
use std::cell::RefCell;
use std::path::Path;

pub const TARGET: Target = Target { name: "redaction", check, words: WORDS, seeds, most: 2 << 10, runs: 10_000 };

const WORDS: &[&str] = &[
    "password=",
    "token: ",
    "[masked]",
    "[github-pat:0123456789]",
    "[x:",
    "0123456789]",
    "<GONE>",
    "[withheld]",
    "ghp_",
    "://u:",
    "@example.com",
    "+49 171 ",
    "/home/ann/",
    "marker",
    "q",
    "[[rules]]\n",
    "id = \"x\"\n",
    "regex = '''",
    "(?i)",
    "[a-z]{0,9}",
    "(?P<content>",
    "(?<=",
    "keywords = [\"",
    "[rules.cs]\n",
    "replacement = \"<X>\"\n",
    "[[rules.allowlists]]\n",
    "- id: x\n",
    "  type: marker\n",
    "  pattern: \"",
    "{\"rules\":[",
    "\\Q",
    "{",
    "}",
    "'''\n",
];

/// Rules that find what placeholders are made of.
const OWN: &str = "[[rules]]\nid='long'\nregex='[^ ]{9,}'\n[[rules]]\nid='span'\nregex='(?s)q(.*)q'\nkeywords=['q']\n\
    [[rules]]\nid='fixed'\nregex='(?i)marker|[<>]+'\n[rules.cs]\nreplacement='<GONE>'\n[[rules]]\nid='near'\nregex='[0-9]{3}.{0,25}\\]'\n";

fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "password=hunter2 in a line",
        "q [github-pat:0123456789] q",
        "a\u{ff}[[rules]]\nid = 'x'\nregex = 'a{2}'\n",
        "a\u{ff}- id: x\n  type: regex\n  pattern: \"(?<=[=])a\\\\d\"\n  scope: global\n",
        "a\u{ff}{\"rules\":[{\"id\":\"x\",\"regex\":\"[[:alpha:]&&]{2}\",\"allowlist\":{\"stopwords\":[\"b\"]}}]}",
    ];
    texts
        .iter()
        .map(|text| text.replace('\u{ff}', "\0").bytes().map(|byte| if byte == 0 { 255 } else { byte }).collect())
        .collect()
}

/// A secret, joined at run time, so that scanners do not flag it.
const BODY: &str = "Q7w8E9r0T1y2U3i4O5p6A7s8D9f0G1h2J3k4";

fn key() -> Key {
    Key::fresh().expect("a key")
}

thread_local! {
    static ENGINES: RefCell<[Engine; 2]> = RefCell::new([
        Engine::new(Rules::builtin(), key()),
        Engine::new(Rules::of_text(Path::new("own"), OWN).expect("rules"), key()),
    ]);
}

fn check(bytes: &[u8]) {
    let parts = parts(bytes);
    let whole = text(parts[0]);
    ENGINES.with_borrow_mut(|engines| {
        for engine in engines {
            check_twice(engine, &whole);
            let hidden = format!("{whole} {}{BODY} {whole}", "ghp_");
            let redacted = check_twice(engine, &hidden);
            assert!(!redacted.contains(BODY) || whole.contains(BODY), "a secret survives in {hidden:?}");
        }
    });
    let Some(file) = parts.get(1).map(|part| text(part)) else { return };
    if let Ok(rules) = Rules::of_text(Path::new("given"), &file) {
        check_twice(&mut Engine::new(rules, key()), &whole);
    }
    if let Ok(file) = Rules::convert_text(Path::new("list"), &file) {
        Rules::of_text(Path::new("converted"), &file).expect("what was converted is a file of rules");
    }
}

/// The redacted text. The second time nothing is found, and the spans are those of the text.
fn check_twice(engine: &mut Engine, text: &str) -> String {
    let once = engine.redact(text, Place::default());
    let again = engine.redact(&once.text, Place::default());
    assert_eq!(again.text, once.text, "a second time, {text:?}");
    let (mut out, mut done) = (String::new(), 0);
    for one in &once.found {
        assert!(one.span.start >= done && one.span.end > one.span.start, "spans in {text:?}");
        out.push_str(&text[done..one.span.start]);
        out.push_str(&one.placeholder);
        done = one.span.end;
    }
    out.push_str(&text[done..]);
    assert_eq!(out, once.text);
    out
}
