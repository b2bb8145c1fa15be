//! Conversations in the dashboard: their parts, for the owner only, masked, made while the client reads them.

use std::fs;
use std::io::{BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use cs_tests::Sandbox;
use cs_tests::http::{Answer, Served, read_until};
use serde_json::{Value, json};

use super::create;

const UUID: &str = "5e1f0000-0000-4000-8000-0000000000aa";
const PAGE: &str = "Accept: text/html\r\n";

/// A line of Claude Code's transcript.
fn line(n: usize, kind: &str, content: Value) -> String {
    let origin = if kind == "user" && content.is_string() { json!({"kind": "human"}) } else { Value::Null };
    json!({
        "type": kind, "uuid": format!("u{n}"), "sessionId": UUID, "cwd": "/home/dev/api",
        "timestamp": format!("2026-11-21T03:{:02}:{:02}.000Z", n / 60 % 60, n % 60), "origin": origin,
        "message": {"id": format!("m{n}"), "role": kind, "content": content},
    })
    .to_string()
}

fn says(n: usize, text: &str) -> String {
    line(n, "assistant", json!([{"type": "text", "text": text}]))
}

fn calls(n: usize, id: &str, command: &str) -> String {
    line(n, "assistant", json!([{"type": "tool_use", "id": id, "name": "Bash", "input": {"command": command}}]))
}

fn answers(n: usize, id: &str, text: &str) -> String {
    line(n, "user", json!([{"type": "tool_result", "tool_use_id": id, "content": text}]))
}

/// Writes the transcript, and gives its path.
fn transcript(sandbox: &Sandbox, lines: &[String]) -> PathBuf {
    let folder = sandbox.home().join(".claude/projects/-home-dev-api");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{UUID}.jsonl"));
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    path
}

/// A session whose conversation has two turns.
fn world() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    let id = create(&sandbox, "api", "look around");
    let path = sandbox.data().join(format!("sessions/{id}.json"));
    let mut record = sandbox.record(&id);
    record["claude_session_id"] = json!(UUID);
    fs::write(path, record.to_string()).unwrap();
    let key = format!("sk-ant-api03-{}", "Ab3dEf6hIj".repeat(9));
    let lines = [
        line(1, "user", json!("find the retry loop")),
        says(2, &format!("the key is {key}, so I look")),
        calls(3, "toolu_1", "grep -rn retry src"),
        answers(4, "toolu_1", "src/a.rs:7: retry"),
        line(5, "user", json!("now mend it")),
        says(6, "It is mended."),
    ];
    transcript(&sandbox, &lines);
    (sandbox, id)
}

fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn kinds(answer: &Answer) -> Vec<String> {
    let of = |line: &Value| line["kind"].as_str().unwrap().to_owned();
    lines(answer).iter().map(of).filter(|kind| kind != "context").collect()
}

#[test]
fn a_conversation_is_lines_of_json_from_head_to_end() {
    let (sandbox, _) = world();
    let served = Served::start(&sandbox, &[]);
    let path = format!("/api/conversation/{UUID}");
    let all = served.get(&path);
    assert_eq!(all.field("content-type"), Some("application/x-ndjson; charset=utf-8"));
    assert_eq!(kinds(&all), ["head", "prompt", "answer", "call", "result", "prompt", "answer", "end"]);
    assert!(!all.text().contains("Ab3dEf6h"), "a key is masked");
    let texts: Vec<Value> =
        lines(&served.get(&format!("{path}?kinds=prompt"))).iter().map(|line| line["text"].clone()).collect();
    assert_eq!(texts, ["find the retry loop", "now mend it"]);
    assert_eq!(kinds(&served.get(&format!("{path}?turn=2&kinds=said"))), ["prompt", "answer"]);
    assert_eq!(
        kinds(&served.get(&format!("{path}?after=u3%230&kinds=all"))),
        ["head", "result", "prompt", "answer", "end"]
    );
    let anew = served.get(&format!("{path}?after=nowhere&kinds=prompt"));
    assert_eq!(
        (kinds(&anew), &lines(&anew)[0]["anew"]),
        (vec!["head".into(), "prompt".into(), "prompt".into()], &json!(true))
    );
    assert_eq!(kinds(&served.get(&format!("{path}/last"))), ["head", "prompt", "answer", "end"]);
    let other = served.get("/api/conversation/5e1f0000-0000-4000-8000-0000000000bb");
    assert_eq!((other.status, other.json()["code"].clone()), (404, json!("NOT_FOUND")));
    assert_eq!(served.ask("HEAD", &path, "").status, 200);
}

#[test]
fn what_a_session_is_doing_has_the_last_words() {
    let (sandbox, id) = world();
    let served = Served::start(&sandbox, &[]);
    let what = served.json(&format!("/api/session/{id}/what"));
    assert_eq!((&what["last_prompt"]["text"], &what["last_prompt"]["turn"]), (&json!("now mend it"), &Value::Null));
    assert_eq!((&what["last_answer"]["text"], &what["intent"]), (&json!("It is mended."), &json!("look around")));
}

#[test]
fn a_search_finds_what_was_said_with_its_place() {
    let (sandbox, _) = world();
    let served = Served::start(&sandbox, &[]);
    let found = served.json("/api/search?q=retry%20loop");
    let hit = &found["hits"][0];
    assert_eq!((&hit["conversation"], &hit["entry"], &hit["turn"]), (&json!(UUID), &json!("u1#0"), &json!(1)));
    assert_eq!((&hit["snippet"], &hit["spans"]), (&json!("find the retry loop"), &json!([[9, 14], [15, 19]])));
    assert_eq!(served.json("/api/search?q=nobodysaidthat")["hits"], json!([]));
    let page = served.get_with("/?q=retry", PAGE).text();
    assert!(page.contains("find the <mark>retry</mark> loop") && page.ends_with("</html>"), "{page}");
    assert!(!served.get_with("/?q=retry", "Accept: text/html\r\nX-Part: page\r\n").text().contains("<mark>"));
}

#[test]
fn only_the_owner_sees_conversations() {
    let (sandbox, id) = world();
    let token = sandbox.data().join("token");
    fs::write(&token, "a-token-of-thirty-two-characters!").unwrap();
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
    let bearer = "Authorization: Bearer a-token-of-thirty-two-characters!\r\n";
    let named = token.to_str().unwrap();
    for (args, lines) in [(vec!["--allow-users"], ""), (vec!["--token-file", named], bearer)] {
        let served = Served::start(&sandbox, &args);
        for path in ["", "/last"].map(|end| format!("/api/conversation/{UUID}{end}")) {
            let answer = served.get_with(&path, lines);
            assert_eq!((answer.status, answer.json()["code"].clone()), (403, json!("OWNER_ONLY")), "{path}");
        }
        for path in [format!("/api/session/{id}/what"), "/api/search?q=retry".into(), format!("/conversation/{UUID}")] {
            assert_eq!(served.get_with(&path, lines).status, 403, "{path}");
        }
        for path in [format!("/session/{id}"), "/?q=retry".into()] {
            let page = served.get_with(&path, &format!("{PAGE}{lines}"));
            assert_eq!(page.status, 200);
            assert!(!page.text().contains("retry loop") && !page.text().contains("data-own"), "{path}");
        }
    }
}

#[test]
fn the_page_of_a_session_has_its_conversation_and_a_script_gets_the_parts_apart() {
    let (sandbox, id) = world();
    let served = Served::start(&sandbox, &[]);
    let path = format!("/session/{id}");
    let page = served.get_with(&path, PAGE).text();
    for text in ["find the retry loop", "grep -rn retry src", "a.rs:7: retry", "It is mended.", "data-after=\"u6#0\""] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(page.trim_end().ends_with("</html>") && !page.contains("Ab3dEf6h"));
    let shell = served.get_with(&path, &format!("{PAGE}X-Part: page\r\n"));
    let tag = shell.field("etag").expect("the page alone has a tag").to_owned();
    assert!(shell.text().contains("data-own") && !shell.text().contains("retry loop"));
    let again = served.get_with(&path, &format!("{PAGE}X-Part: page\r\nIf-None-Match: {tag}\r\n"));
    assert_eq!(again.status, 304);
    let news =
        served.get_with(&format!("/conversation/{UUID}?after=u4%230"), &format!("{PAGE}X-Part: conversation\r\n"));
    assert!(news.text().contains("now mend it") && !news.text().contains("retry") && !news.text().contains("<nav"));
}

#[test]
fn what_is_added_is_announced_within_a_second_and_read_without_the_rest() {
    let (sandbox, _) = world();
    let path = sandbox.home().join(format!(".claude/projects/-home-dev-api/{UUID}.jsonl"));
    let served = Served::start(&sandbox, &[]);
    let mut events = served.connect();
    write!(events, "GET /api/events?conversation={UUID} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    read_until(&mut events, "event: change", Duration::from_secs(10));
    let news = |after: &str| {
        let path = format!("/conversation/{UUID}?after={after}");
        served.get_with(&path, &format!("{PAGE}X-Part: conversation\r\n")).text()
    };
    assert!(news("u6%230").contains("data-after=\"u6#0\""));
    let written = Instant::now();
    let mut file = fs::File::options().append(true).open(&path).unwrap();
    writeln!(file, "{}\n{}", line(7, "user", json!("thank you")), calls(8, "toolu_2", "make")).unwrap();
    read_until(&mut events, "event: change", Duration::from_secs(10));
    assert!(written.elapsed() < Duration::from_secs(2), "{:?}", written.elapsed());
    let first = news("u6%230");
    assert!(
        first.contains("thank you") && first.contains("no result yet") && first.contains("data-after=\"u8#0\""),
        "{first}"
    );
    writeln!(file, "{}", answers(9, "toolu_2", "all is built")).unwrap();
    let second = news("u8%230");
    assert!(second.contains("data-part=\"result\"") && second.contains("data-call=\"toolu_2\""), "{second}");
    assert!(second.contains("all is built") && !second.contains("thank you"), "{second}");
}

#[test]
fn a_log_that_was_written_anew_is_shown_from_its_beginning() {
    let (sandbox, _) = world();
    let path = sandbox.home().join(format!(".claude/projects/-home-dev-api/{UUID}.jsonl"));
    let served = Served::start(&sandbox, &[]);
    let news = |after: &str| {
        let path = format!("/conversation/{UUID}?after={after}");
        served.get_with(&path, &format!("{PAGE}X-Part: conversation\r\n")).text()
    };
    assert!(news("u6%230").contains("parts-end"));
    fs::remove_file(&path).unwrap();
    transcript(&sandbox, &[line(1, "user", json!("other words")), says(2, "other answer")]);
    let text = news("u6%230");
    assert!(text.contains("parts-anew") && !text.contains("other words"), "the page loads all of it: {text}");
    let page = served.get_with(&format!("/conversation/{UUID}?after=u6%230"), PAGE).text();
    assert!(page.contains("from its beginning") && page.contains("other words"), "{page}");
}

#[test]
fn the_page_of_a_session_ends_with_the_end_of_a_long_conversation_and_goes_on() {
    let (sandbox, id) = world();
    let text = "word ".repeat(200);
    let all: Vec<String> = (0..3000)
        .map(|n| if n % 2 == 0 { line(n, "user", json!(format!("ask-{n}-x {text}"))) } else { says(n, &text) })
        .collect();
    let path = transcript(&sandbox, &all);
    let served = Served::start(&sandbox, &[]);
    let page = served.get_with(&format!("/session/{id}"), PAGE).text();
    assert!(page.contains("ask-2998-x") && !page.contains("ask-0-x") && page.contains("Earlier"), "{}", page.len());
    assert!(page.len() < 1024 * 1024 && page.contains("data-after=\"u2999#0\"") && page.contains("</html>"));
    let mut file = fs::File::options().append(true).open(path).unwrap();
    writeln!(file, "{}", line(3000, "user", json!("and now"))).unwrap();
    let news =
        served.get_with(&format!("/conversation/{UUID}?after=u2999%230"), &format!("{PAGE}X-Part: conversation\r\n"));
    assert!(news.text().contains("and now") && !news.text().contains("ask-2998"));
}

#[test]
fn a_search_shows_three_hits_of_a_conversation_and_counts_the_others() {
    let sandbox = Sandbox::new();
    let all: Vec<String> = (0..9).map(|n| says(n, &format!("Retry {n}"))).collect();
    transcript(&sandbox, &all);
    let served = Served::start(&sandbox, &[]);
    let found = served.json("/api/search?q=RETRY");
    assert_eq!((found["hits"].as_array().unwrap().len(), &found["hits"][2]["more"]), (3, &json!(6)), "{found}");
    assert_eq!(found["is_cut"], json!(false));
    assert!(served.get_with("/?q=RETRY", PAGE).text().contains("6 more in this conversation"));
}

#[test]
fn hostile_text_stays_text() {
    let sandbox = Sandbox::new();
    let hostile = "<script>x()</script> <!--conversation--> \u{1b}[31m \u{202e}gnp \"onload=\"";
    let lines = [
        line(1, "user", json!(hostile)),
        says(2, hostile),
        calls(3, "toolu_\"><b>", hostile),
        answers(4, "toolu_\"><b>", hostile),
        json!({"type": "custom-title", "customTitle": hostile, "sessionId": UUID}).to_string(),
    ];
    transcript(&sandbox, &lines);
    let served = Served::start(&sandbox, &[]);
    let page = served.get_with(&format!("/conversation/{UUID}"), PAGE).text();
    assert!(page.matches("&lt;script&gt;x()").count() >= 4, "{page}");
    for text in ["<script>x", "<!--conversation", "\u{1b}", "\u{202e}", "toolu_\"><b>"] {
        assert!(!page.contains(text), "{text:?}: {page}");
    }
}

#[test]
fn a_long_conversation_is_sent_while_it_is_read_and_takes_little_memory() {
    let sandbox = Sandbox::new();
    let text = "word ".repeat(800);
    let all: Vec<String> = (0..6000)
        .map(|n| if n % 2 == 0 { line(n, "user", json!(format!("{n} {text}"))) } else { says(n, &text) })
        .collect();
    let path = transcript(&sandbox, &all);
    let bytes = fs::metadata(&path).unwrap().len();
    let served = Served::start(&sandbox, &[]);
    let before = served.memory("VmHWM");
    // A client that reads nothing more holds nothing up.
    let mut slow = served.connect();
    write!(slow, "GET /api/conversation/{UUID} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let begin = read_until(&mut slow, "\"kind\":\"prompt\"", Duration::from_secs(20));
    assert!(!begin.contains("\"kind\":\"end\""));
    assert_eq!(served.get("/healthz").status, 200);
    let page = served.get_with(&format!("/conversation/{UUID}"), PAGE);
    assert!(page.body.len() < 9 * 1024 * 1024 && page.text().contains("Go on reading"), "{}", page.body.len());
    slow.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut rest = Vec::new();
    BufReader::new(slow).read_to_end(&mut rest).unwrap();
    assert!(rest.len() as u64 > bytes / 2 && String::from_utf8_lossy(&rest).contains("\"kind\":\"end\""));
    if let (Some(before), Some(after)) = (before, served.memory("VmHWM")) {
        assert!(after < before + 16 * 1024, "{bytes} bytes took {before} to {after} KiB");
    }
}
