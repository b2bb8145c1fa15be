use super::*;
use crate::pieces::replace;
use crate::{Key, Rules};

/// Built at run time, so that scanners of secrets do not report this file.
fn secret() -> String {
    ["ghp", "Q7w8E9r0T1y2U3i4O5p6A7s8D9f0G1h2J3k4"].join("_")
}

fn engine() -> Engine {
    let root = tempfile::tempdir().unwrap();
    let rules = Rules::load(&cs_core::paths::Home::at(root.path()), &[]).unwrap();
    Engine::new(rules, Key::fresh().unwrap())
}

fn redacted(engine: &mut Engine, line: &str) -> Option<String> {
    let mut json = Json::default();
    let changes = json.line(engine, line, Place::default())?;
    Some(String::from_utf8(replace(line.as_bytes(), &changes.pieces)).unwrap())
}

/// The placeholder of the secret.
fn placeholder(engine: &mut Engine) -> String {
    let found = engine.find(&secret(), Place::default());
    assert_eq!(found.len(), 1);
    found[0].placeholder.clone()
}

#[test]
fn no_escape_hides_a_secret_and_all_forms_have_one_placeholder() {
    let mut engine = engine();
    let (key, expected) = (secret(), placeholder(&mut engine));
    let escaped: String = key.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    let inner = serde_json::to_string(&format!(r#"{{"a":"{}"}}"#, key.replace('_', "\\u005f"))).unwrap();
    let long = "x ".repeat(LONG);
    for (line, shown) in [
        (format!(r#"{{"a":"{key}"}}"#), format!(r#"{{"a":"{expected}"}}"#)),
        (format!(r#"{{"a":"{escaped}"}}"#), format!(r#"{{"a":"{expected}"}}"#)),
        (format!(r#"{{"a":"x\n{key}\n\u00e9"}}"#), format!(r#"{{"a":"x\n{expected}\n\u00e9"}}"#)),
        (format!(r#"{{"a":"say \"{key}\" twice"}}"#), format!(r#"{{"a":"say \"{expected}\" twice"}}"#)),
        (format!(r#"["x\t{}"]"#, key.replace('_', "\\u005f")), format!(r#"["x\t{expected}"]"#)),
        (format!(r#"{{"a":"{long}\n{key}","b":1.50e1}}"#), format!(r#"{{"a":"{long}\n{expected}","b":1.50e1}}"#)),
        (format!(r#"{{"a":{inner}}}"#), format!(r#"{{"a":"{{\"a\":\"{expected}\"}}"}}"#)),
        (format!(r#" {{ "a" :[ null,"{key}" ] }} "#), format!(r#" {{ "a" :[ null,"{expected}" ] }} "#)),
    ] {
        assert_eq!(redacted(&mut engine, &line).as_deref(), Some(shown.as_str()), "{line}");
        assert_eq!(redacted(&mut engine, &shown).as_deref(), Some(shown.as_str()), "twice");
    }
}

#[test]
fn a_key_names_a_secret_wherever_its_value_stands() {
    let mut engine = engine();
    let long = "Zk3pQ9x7Lm2v".repeat(25);
    for (line, secret) in [
        (format!(r#"{{"password":"{long}"}}"#), long.as_str()),
        (r#"{"pass\u0077ord":"hunter2correcthorse9"}"#.into(), "hunter2"),
        (r#"{"password" : ["hunter2correcthorse9", "hunter3correcthorse9"]}"#.into(), "hunter"),
        ("{\n\"password\":\n\"hunter2correcthorse9\"\n}".into(), "hunter2"),
        (r#"{"a":{"pass\u0077ord":["x","hunter2\u0063orrecthorse9"]}}"#.into(), "hunter2"),
    ] {
        let mut json = Json::default();
        let mut shown = String::new();
        for part in line.split_inclusive('\n') {
            let changes = json.line(&mut engine, part, Place::default()).unwrap();
            shown += &String::from_utf8(replace(part.as_bytes(), &changes.pieces)).unwrap();
        }
        assert!(!shown.contains(secret), "{shown}");
        assert!(shown.contains("[password:"), "{shown}");
        serde_json::from_str::<serde_json::Value>(&shown).unwrap();
        assert_eq!(redacted(&mut engine, &shown).as_deref(), Some(shown.as_str()), "twice");
    }
    let ordinary = r#"{"pass\u0065s":["one","two"],"text":["hunter2correcthorse9"]}"#;
    assert_eq!(redacted(&mut engine, ordinary).as_deref(), Some(ordinary));
}

#[test]
fn escapes_in_text_hide_nothing() {
    let mut engine = engine();
    let key = secret().replace('i', "\\u0069");
    let expected = placeholder(&mut engine);
    let text = format!("[\"{key}\", \"C:\\users\"");
    let pieces = finds_in_text(&mut engine, &text, Place::default());
    let shown = String::from_utf8(replace(text.as_bytes(), &pieces)).unwrap();
    assert_eq!(shown, format!("[\"{expected}\", \"C:\\users\""));
}

#[test]
fn keys_name_secrets_and_stay() {
    let mut engine = engine();
    let line = r#"{"password":"hunter2hunter2","n":{"api_key" : "zx8Kq1-Lm93vPq"},"path":"/x"}"#;
    let shown = redacted(&mut engine, line).unwrap();
    assert!(!shown.contains("hunter2") && !shown.contains("zx8Kq1"), "{shown}");
    assert!(shown.starts_with(r#"{"password":"["#) && shown.contains(r#"{"api_key" : "["#), "{shown}");
    assert!(shown.ends_with(r#""path":"/x"}"#), "{shown}");
}

#[test]
fn a_member_may_be_named_by_another_one() {
    let mut engine = engine();
    let secret = ["hunter2", "correcthorse9"].concat();
    for line in [
        r#"[{"name":"apiKey","value":"SECRET"}]"#,
        r#"{"env":[{"name":"HOME","value":"/x"},{ "Name" : "aws_secret_access_key", "type":"a", "Value" : "SECRET" }]}"#,
        r#"{"value":"SECRET","key":"api\u004bey"}"#,
        "{\n\"name\": \"apiKey\",\n\"value\": \"SECRET\"\n}",
    ] {
        let line = line.replace("SECRET", &secret);
        let (mut json, mut shown) = (Json::default(), String::new());
        for part in line.split_inclusive('\n') {
            let changes = json.line(&mut engine, part, Place::default()).unwrap();
            shown.push_str(std::str::from_utf8(&replace(part.as_bytes(), &changes.pieces)).unwrap());
        }
        assert!(!shown.contains(&secret) && shown.contains("[") && shown.contains("\""), "{shown}");
    }
    for line in [
        r#"{"name":"apiKey"},{"value":"SECRET"}"#,
        r#"{"name":"apiKey","of":{"value":"SECRET"}}"#,
        r#"{"name":"color","value":"SECRET"}"#,
    ] {
        let line = format!("[{}]", line.replace("SECRET", &secret));
        assert_eq!(redacted(&mut engine, &line).unwrap(), line);
    }
}

#[test]
fn what_is_found_in_keys_and_numbers_is_told() {
    let mut engine = engine();
    let line = format!(r#"{{"{}":1}}"#, secret());
    let changes = Json::default().line(&mut engine, &line, Place::default()).unwrap();
    assert_eq!((changes.pieces.len(), changes.left.len()), (0, 1));
}

#[test]
fn values_over_several_lines_are_json() {
    let (mut engine, key) = (engine(), secret());
    let mut json = Json::default();
    for (line, is_json) in
        [("{\n", true), ("  \"a\": [\n", true), (&format!("    \"{key}\"\n"), true), ("  }\n", false), ("  ]}\n", true)]
    {
        let changes = json.line(&mut engine, line, Place::default());
        assert_eq!(changes.is_some(), is_json, "{line}");
        assert_eq!(changes.map_or(0, |changes| changes.pieces.len()), usize::from(line.contains(&key)));
    }
    assert!(json.is_between());
}

#[test]
fn text_that_is_no_json_hides_nothing_in_escapes() {
    let mut engine = engine();
    let hidden = secret().replace('_', "\\u005f");
    for line in [format!(r#"{{"a":"{hidden}"#), format!(r#"oops "{hidden}" and {}"#, secret())] {
        let shown = replace(line.as_bytes(), &broken(&mut engine, &line, Place::default()));
        let shown = String::from_utf8(shown).unwrap();
        assert!(!shown.contains("Q7w8E9"), "{shown}");
    }
}

#[test]
fn finds_in_the_input_of_a_call_are_spans_of_it() {
    let mut engine = engine();
    let (key, expected) = (secret(), placeholder(&mut engine));
    let input = format!(r#"{{"command":"echo \"\u0041\" {}"}}"#, key.replace('_', "\\u005f"));
    let found = finds(&mut engine, &input, Place::default());
    assert_eq!(found.len(), 1);
    assert_eq!(input[found[0].span.clone()], key.replace('_', "\\u005f"));
    assert_eq!(found[0].placeholder, expected);
}

/// Random JSON with secrets in its strings: all else stays byte for byte, and nothing is left.
#[test]
fn only_string_values_change() {
    let (mut engine, key) = (engine(), secret());
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |most: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % most
    };
    let words =
        ["a", "\\n", "\\\"", "\\u00e9", "é", "日", "\\ud83d\\ude00", "\\\\", " ", "{\\\"x\\\":", "[", "]}", "\\/"];
    for _ in 0..500 {
        let mut string = |with_key: bool| -> String {
            let mut text = String::new();
            for _ in 0..next(6) {
                text.push_str(words[next(words.len() as u64) as usize]);
            }
            if with_key && next(3) == 0 {
                let key: String = match next(3) {
                    0 => key.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect(),
                    1 => key.replace('_', "\\u005F"),
                    _ => key.clone(),
                };
                text.push_str(&format!(" {key} "));
            }
            format!("\"{text}\"")
        };
        let mut line = String::from("{");
        for member in 0..4 {
            let value = match member % 3 {
                0 => format!("[{} ,{}, -1.20E+3]", string(true), string(true)),
                1 => format!("{{\"k\" :\t{}, \"n\":null}}", string(true)),
                _ => string(true),
            };
            line.push_str(&format!("{}{}:{value}", if member > 0 { "," } else { "" }, string(false)));
        }
        line.push('}');
        let shown = redacted(&mut engine, &line).unwrap();
        assert_eq!(skeleton(&shown), skeleton(&line), "{line}\n{shown}");
        let value: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert!(!value.to_string().contains("Q7w8E9"), "{line}\n{shown}");
        assert_eq!(redacted(&mut engine, &shown).unwrap(), shown, "twice");
    }
}

/// The text without the insides of its values.
fn skeleton(json: &str) -> String {
    let (mut state, mut out, mut copied) = (walk::State::default(), String::new(), 0);
    for token in Walk::new(&mut state, json.as_bytes()) {
        let token = token.unwrap();
        if !token.is_key {
            out.push_str(&json[copied..token.inside.start]);
            copied = token.inside.end;
        }
    }
    out + &json[copied..]
}
