//! Runs the recipes in README.md as written: their shell blocks and settings, with a local server as the receiver. Only
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

/// The only block of this language in this section of README.md.
fn block(section: &str, language: &str) -> String {
    let readme = fs::read_to_string(workspace().join("README.md")).expect("it is there");
    let (_, rest) = readme.split_once(&format!("\n### {section}\n")).expect("the section is there");
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

#[test]
fn the_telegram_recipe_works() {
    if !has_curl() {
        return;
    }
    let (port, requests) = server(&[200, 200]);
    let sandbox = follow("Telegram", "telegram", "https://api.telegram.org", port);
    parked(&sandbox, 1, INTENT, "later");
    assert_eq!(ids(&sandbox.cs("cs-notify", &["--test", "-q"])).len(), 0);
    assert_eq!(ids(&sandbox.cs("cs-notify", &["-q"])).len(), 1);
    let requests: Vec<Request> = requests.iter().collect();
    assert_eq!(requests.len(), 2);
    for request in &requests {
        assert_eq!(request.line, "POST /bot123456:TOKEN/sendMessage?chat_id=4711 HTTP/1.1");
        assert!(request.headers.iter().any(|line| line == "Content-Type: application/json"), "{:?}", request.headers);
    }
    assert_eq!(requests[1].body["text"], format!("api: parked for 3 d\n{INTENT}: later"));
    // Fields with these names would have a meaning for sendMessage.
    for name in ["chat_id", "parse_mode", "entities", "reply_markup", "reply_parameters", "message_thread_id"] {
        assert!(requests.iter().all(|request| request.body.get(name).is_none()), "{name}");
    }
    let seen = fs::read_to_string(sandbox.home().join("seen")).expect("curl was called");
    assert!(seen.contains("--config\n") && !seen.contains("TOKEN"), "{seen}");
}
