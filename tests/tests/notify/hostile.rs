//! Texts with markup or escapes arrive as plain text through every channel.

use serde_json::{Value, json};

use super::*;

/// The text in the record, and the text that arrives: one line without control characters.
const TEXTS: [(&str, &str); 18] = [
    ("\"; rm -rf ~/victim; echo \"", "\"; rm -rf ~/victim; echo \""),
    ("$(touch ~/victim) `touch ~/victim`", "$(touch ~/victim) `touch ~/victim`"),
    ("-h", "-h"),
    ("--help", "--help"),
    ("-help", "-help"),
    ("-execute touch", "-execute touch"),
    ("\" & display dialog \"hello", "\" & display dialog \"hello"),
    ("x\" with title \"y\nend run\ndo shell script \"id", "x\" with title \"y end run do shell script \"id"),
    ("[a, b", "[a, b"),
    ("(a = {b;", "(a = {b;"),
    ("{a}", "{a}"),
    ("<b>bold</b><img src=\"http://127.0.0.1/\">&lt;&amp;", "<b>bold</b><img src=\"http://127.0.0.1/\">&lt;&amp;"),
    ("\\074b\\076 \\n \\", "\\074b\\076 \\n \\"),
    ("\\[", "\\["),
    ("one\ntwo\r\n\tthree", "one two three"),
    ("nul\u{0}bell\u{7}escape\u{1b}[31m", "nul bell escape [31m"),
    ("turn\u{202e}around", "turn\u{fffd}around"),
    ("'; DROP TABLE", "'; DROP TABLE"),
];

/// The title and body as the person sees them, after each program has processed its arguments.
fn seen(name: &str, args: &[String], input: &str) -> (String, String) {
    match name {
        "notify-send" => {
            assert_eq!((args.len(), &args[..2]), (4, &["--app-name=claude-sessions".into(), "--".into()][..]));
            (args[2].clone(), markup(&strcompress(&args[3])))
        }
        "osascript" => {
            let script = args.chunks(2).take(3).map(|pair| {
                assert_eq!(pair[0], "-e");
                pair[1].as_str()
            });
            let script: Vec<&str> = script.collect();
            let says = "display notification (item 3 of argv) with title (item 2 of argv)";
            assert_eq!(script, ["on run argv", says, "end run"]);
            assert_eq!((args.len(), args[6].as_str()), (9, "claude-sessions"), "a first word that is not an option");
            (args[7].clone(), args[8].clone())
        }
        "terminal-notifier" => {
            assert_eq!([&args[0], &args[2], &args[4]], ["-title", "-message", "-group"]);
            assert_eq!(args.len(), 6);
            let text = |at: usize| args[at].strip_prefix('\\').expect("a backslash that it removes").to_owned();
            (text(1), text(3))
        }
        _ => {
            assert_eq!(args, ["--fixed"]);
            let event: Value = serde_json::from_str(input).expect("one object");
            let text = |key: &str| event[key].as_str().expect("a text").to_owned();
            assert_eq!(text("text"), format!("{}\n{}", text("title"), text("body")));
            (text("title"), text("body"))
        }
    }
}

/// Unescapes a body as notify-send does (`g_strcompress` of GLib).
fn strcompress(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let escaped = if c == '\\' { chars.next().expect("no argument ends with a lone backslash") } else { c };
        assert!(c != '\\' || escaped == '\\', "an active escape: \\{escaped} in {text}");
        out.push(escaped);
    }
    out
}

/// Decodes the body's markup as a desktop does; panics if it contains an element.
fn markup(text: &str) -> String {
    assert!(!text.contains(['<', '>']), "an element: {text}");
    let plain = text.replace("&lt;", "<").replace("&gt;", ">");
    assert_eq!(
        text.matches('&').count(),
        text.matches("&lt;").count() + text.matches("&gt;").count() + text.matches("&amp;").count()
    );
    plain.replace("&amp;", "&")
}

#[test]
fn record_texts_arrive_as_plain_text() {
    for channel in ["notify-send", "osascript", "terminal-notifier", "command"] {
        let sandbox = sandbox(json!({"via": channel, "command": ["tell", "--fixed"], "at_once": 100}));
        let victim = sandbox.home().join("victim");
        fs::create_dir(&victim).expect("it can be created");
        for (number, (intent, _)) in TEXTS.iter().enumerate() {
            parked(&sandbox, number, intent, intent);
        }
        let output = sandbox.cs("cs-notify", &["--json"]);
        assert_eq!((status(&output), stderr(&output)), (0, String::new()));
        let mut got: Vec<(String, String)> =
            received(&sandbox).iter().map(|(name, args, input)| seen(name, args, input)).collect();
        got.sort();
        let title = "api: parked for 3 d".to_owned();
        let mut expected: Vec<(String, String)> =
            TEXTS.iter().map(|(_, text)| (title.clone(), format!("{text}: {text}"))).collect();
        expected.sort();
        assert_eq!(got, expected, "{channel}");
        assert!(
            fs::read_dir(&victim).is_ok_and(|mut folder| folder.next().is_none()),
            "{channel}: the folder was removed"
        );
        let table = sandbox.cs("cs-notify", &["--dry-run", "--table"]);
        assert!(!stdout(&table).contains(['\u{1b}', '\u{7}', '\u{202e}']), "{channel}");
    }
}

#[test]
fn project_names_arrive_as_plain_text() {
    for (text, shown) in TEXTS {
        for channel in ["notify-send", "osascript", "terminal-notifier", "command"] {
            let sandbox = sandbox(json!({}));
            let config = json!({"projects": {"api": {"name": text, "path": "/api"}},
                "settings": {"notifications_enabled": true},
                "notify": {"via": channel, "command": ["tell", "--fixed"]}});
            put(&sandbox, "config.json", &config.to_string());
            parked(&sandbox, 1, "x", "y");
            ids(&sandbox.cs("cs-notify", &["-q"]));
            let [(name, args, input)] = received(&sandbox).try_into().expect("one notice");
            assert_eq!(seen(&name, &args, &input), (format!("{shown}: parked for 3 d"), "x: y".into()), "{channel}");
        }
    }
}

#[test]
fn long_texts_are_cut_and_secrets_are_masked() {
    let sandbox = sandbox(json!({"via": "osascript"}));
    let secret = "token=ghp_0123456789abcdefghijklmnopqrstuvwxyz";
    parked(&sandbox, 1, &format!("{secret} {}", "é".repeat(480)), &"b".repeat(500));
    ids(&sandbox.cs("cs-notify", &["-q"]));
    let body = received(&sandbox)[0].1[8].clone();
    assert!(body.chars().count() == 300 && body.ends_with('…') && body.contains("[masked]"), "{body}");
    assert!(!body.contains("ghp_"));
}
