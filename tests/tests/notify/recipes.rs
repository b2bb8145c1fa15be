//! Runs the recipes in docs/NOTIFY.md as written: their shell blocks and settings, with a local server as the receiver. Only
//! the address in the recipe is replaced by that of the server.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use cs_tests::{can_run, has, workspace};
use serde_json::{Value, json};

use super::*;

/// A request that the server received.
struct Request {
    line: String,
    headers: Vec<String>,
    body: Value,
}

/// Starts a server on a free port that answers each request with the next of these codes, then stops.
fn server(codes: &'static [u16]) -> (u16, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = listener.local_addr().expect("it has an address").port();
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for code in codes {
            let (stream, _) = listener.accept().expect("a client connects");
            let mut reader = BufReader::new(&stream);
            let mut lines = Vec::new();
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).expect("it can be read");
                match line.trim_end() {
                    "" => break,
                    line => lines.push(line.to_owned()),
                }
            }
            let is_length = |line: &&String| line.to_ascii_lowercase().starts_with("content-length:");
            let length = lines.iter().find(is_length).and_then(|line| line.split(' ').nth(1)).expect("a length");
            let mut body = vec![0; length.parse().expect("a number")];
            reader.read_exact(&mut body).expect("the body comes");
            let answer = format!("HTTP/1.1 {code} x\r\nContent-Length: 11\r\nConnection: close\r\n\r\n{{\"ok\":true}}");
            (&stream).write_all(answer.as_bytes()).expect("it can be answered");
            let body = serde_json::from_slice(&body).expect("JSON");
            let request = Request { line: lines.remove(0), headers: lines, body };
            sender.send(request).expect("the test listens");
        }
    });
    (port, receiver)
}

/// The only block of this language in this section of docs/NOTIFY.md.
fn block(section: &str, language: &str) -> String {
    let page = fs::read_to_string(workspace().join("docs/NOTIFY.md")).expect("it is there");
    let (_, rest) = page.split_once(&format!("\n### {section}\n")).expect("the section is there");
    let section = rest.split("\n## ").next().and_then(|text| text.split("\n### ").next()).expect("a section");
    let fence = format!("```{language}\n");
    let mut blocks = section.split(&fence).skip(1);
    let block = blocks.next().and_then(|text| text.split("```").next()).expect("it has such a block");
    assert!(blocks.next().is_none(), "one {language} block in {section}");
    block.to_owned()
}

/// A sandbox set up as the section says; `host` is the address in the recipe. `curl` is a script that records its
/// arguments and environment and then runs the real curl.
fn follow(section: &str, file: &str, host: &str, port: u16) -> Sandbox {
    let sandbox = sandbox(json!({}));
    program(
        &sandbox,
        "curl",
        "#!/bin/sh\n{ printf '%s\\n' \"$@\"; env; } >>~/seen\nexec /usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=\"$HOME\" curl \"$@\"\n",
    );
    let output = sandbox.sh(&block(section, "sh"));
    assert_eq!((status(&output), stderr(&output)), (0, String::new()));
    let path = sandbox.home().join(".config/cs-notify").join(file);
    let mode = path.metadata().expect("the recipe created it").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only its owner may read it");
    let text = fs::read_to_string(&path).expect("it can be read");
    assert!(text.contains(host), "{host} is in {text}");
    fs::write(&path, text.replace(host, &format!("http://127.0.0.1:{port}"))).expect("it can be written");
    let home = sandbox.home().display().to_string();
    let group = block(section, "json").replace("/home/you", &home);
    put(&sandbox, "config.json", &format!("{{\"settings\":{{\"notifications_enabled\":true}},{group}}}"));
    sandbox
}

fn has_curl() -> bool {
    has(can_run("curl", &["--version"], "curl"))
}

const INTENT: &str = "say \"hello\" & <b>good</b> 'bye' \\ é $(id)";

#[test]
fn the_webhook_recipe_works() {
    if !has_curl() {
        return;
    }
    let (port, requests) = server(&[503, 204]);
    let sandbox = follow("A webhook", "webhook", "http://127.0.0.1:8080", port);
    let id = parked(&sandbox, 1, INTENT, "later");
    let output = sandbox.cs("cs-notify", &["-q"]);
    assert_eq!(status(&output), 1, "an answer such as 503 is not a delivery");
    assert!(stderr(&output).contains("503"), "{}", stderr(&output));
    assert_eq!(ids(&sandbox.cs("cs-notify", &["-q"])), [id.as_str()], "so it is tried again");
    assert!(ids(&sandbox.cs("cs-notify", &["-q"])).is_empty());
    let requests: Vec<Request> = requests.iter().collect();
    assert_eq!(requests.len(), 2);
    for request in requests {
        assert_eq!(request.line, "POST /claude HTTP/1.1");
        assert!(request.headers.iter().any(|line| line == "Content-Type: application/json"), "{:?}", request.headers);
        assert_eq!((&request.body["session_id"], &request.body["intent"]), (&json!(id), &json!(INTENT)));
    }
}

/// The requests after a test and a notice with a hostile text, if the recipe for a chat is followed.
fn chat(section: &str, file: &str, host: &str) -> [Request; 2] {
    let (port, requests) = server(&[200, 200]);
    let sandbox = follow(section, file, host, port);
    parked(&sandbox, 1, INTENT, "later");
    let ran = |args: &[&str]| {
        let output = sandbox.cs("cs-notify", args);
        assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{section}");
    };
    ran(&["--test", "-q"]);
    ran(&["-q"]);
    let seen = fs::read_to_string(sandbox.home().join("seen")).expect("curl was called");
    assert!(seen.contains("--config\n") && !seen.contains("TOKEN"), "{seen}");
    let requests: Vec<Request> = requests.iter().collect();
    for request in &requests {
        assert!(request.headers.iter().any(|line| line == "Content-Type: application/json"), "{:?}", request.headers);
    }
    requests.try_into().unwrap_or_else(|requests: Vec<_>| panic!("{section}: {} requests", requests.len()))
}

/// The text of the notice, on two lines.
fn text() -> String {
    format!("api: parked for 3 d\n{INTENT}: later")
}

#[test]
fn the_telegram_recipe_works() {
    if !has_curl() {
        return;
    }
    let requests = chat("Telegram", "telegram", "https://api.telegram.org");
    for request in &requests {
        assert_eq!(request.line, "POST /bot123456:TOKEN/sendMessage?chat_id=4711 HTTP/1.1");
    }
    assert_eq!(requests[1].body["text"], text());
    // Fields with these names would have a meaning for sendMessage.
    for name in ["chat_id", "parse_mode", "entities", "reply_markup", "reply_parameters", "message_thread_id"] {
        assert!(requests.iter().all(|request| request.body.get(name).is_none()), "{name}");
    }
}

#[test]
fn the_slack_discord_and_ntfy_recipes_work() {
    if !has_curl() {
        return;
    }
    let [test, notice] = chat("Slack", "slack", "https://hooks.slack.com");
    assert_eq!(notice.line, "POST /services/T000/B000/TOKEN HTTP/1.1");
    let block = |text: &str| json!({"type": "section", "text": {"type": "plain_text", "text": text}});
    assert_eq!(notice.body, json!({"text": "claude-sessions", "blocks": [block(&text())]}));
    let told = test.body["blocks"][0]["text"]["text"].as_str();
    assert!(told.is_some_and(|text| text.starts_with("claude-sessions: test")), "{}", test.body);
    let [_, notice] = chat("Discord", "discord", "https://discord.com");
    assert_eq!(notice.line, "POST /api/webhooks/123456/TOKEN HTTP/1.1");
    assert_eq!(notice.body, json!({"content": text(), "allowed_mentions": {"parse": []}}));
    let [_, notice] = chat("ntfy", "ntfy", "https://ntfy.sh");
    assert_eq!(notice.line, "POST / HTTP/1.1");
    let message = format!("{INTENT}: later");
    assert_eq!(notice.body, json!({"topic": "my-topic", "title": "api: parked for 3 d", "message": message}));
}

#[test]
fn the_mail_recipe_works() {
    let sandbox = sandbox(json!({}));
    program(&sandbox, "sendmail", RECORDER);
    let group = block("Mail", "json").replace("/usr/sbin/sendmail", "sendmail");
    put(&sandbox, "config.json", &format!("{{\"settings\":{{\"notifications_enabled\":true}},{group}}}"));
    parked(&sandbox, 1, "x\nBcc: all@example.com", "later");
    assert_eq!(ids(&sandbox.cs("cs-notify", &["-q"])).len(), 1);
    let all = received(&sandbox);
    let (_, args, input) = all.iter().find(|(name, ..)| name == "sendmail").expect("it was called");
    assert_eq!(args, &["-t", "-i"]);
    let (headers, body) = input.split_once("\n\n").expect("a blank line after the headers");
    let expected = "To: you@example.com\nSubject: claude-sessions: parked\nContent-Type: text/plain; charset=utf-8";
    assert_eq!(headers, expected);
    assert_eq!(body, "api: parked for 3 d\nx Bcc: all@example.com: later\n");
}
