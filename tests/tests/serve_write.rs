//! Changes through cs-serve: who may make them, in which form, and that nothing changes otherwise. Pages of other ports
//! and names are tested with a real browser, in `serve_browser/write.rs`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use cs_tests::http::{Answer, Served};
use cs_tests::{Sandbox, eventually, has, run, status, stderr, stdout};
use serde_json::{Value, json};

const STRANGER: u32 = 65534;

/// A store with one session, and its dashboard.
struct Review {
    sandbox: Sandbox,
    served: Served,
    key: String,
    id: String,
}

impl Review {
    fn start(args: &[&str]) -> Review {
        let sandbox = Sandbox::new();
        let made = sandbox.cs("cs-session", &["create", "--project", "api", "--intent", "fix the login", "-q"]);
        let served = Served::start(&sandbox, &[&["--review"], args].concat());
        let key = key_of(&sandbox, &served);
        Review { id: stdout(&made).trim().to_owned(), sandbox, served, key }
    }

    /// A change that would be made.
    fn change(&self) -> String {
        let seen = self.served.get_with(&format!("/api/session/{}", self.id), &self.bearer()).json()["seen"].clone();
        json!({"op": "session.park", "id": self.id, "if": seen, "reason": "lunch"}).to_string()
    }

    fn bearer(&self) -> String {
        format!("Authorization: Bearer {}\r\n", self.key)
    }

    /// The head of a good request for this body, where each of `lines` replaces that of its name; one that ends in a
    /// colon removes it.
    fn head(&self, body: &str, lines: &[&str]) -> String {
        let name = |line: &str| line.split([':', ' ']).next().unwrap_or_default().to_owned();
        let mut head = vec![
            "POST /review/api/op HTTP/1.1".to_owned(),
            format!("Host: {}", self.served.address),
            format!("Origin: http://{}", self.served.address),
            "Sec-Fetch-Site: same-origin".to_owned(),
            "Content-Type: application/json".to_owned(),
            format!("Content-Length: {}", body.len()),
            self.bearer().trim().to_owned(),
        ];
        for line in lines {
            if line.contains(" HTTP/") {
                head[0] = (*line).to_owned();
                continue;
            }
            head.retain(|known| name(known) != name(line));
            if !line.ends_with(':') {
                head.push(line.to_string());
            }
        }
        head.join("\r\n") + "\r\n\r\n"
    }

    fn send(&self, body: &str, lines: &[&str]) -> Answer {
        let head = self.head(body, lines);
        self.served.raw(format!("{head}{body}").as_bytes()).unwrap_or_else(|| panic!("{lines:?}: no answer"))
    }

    /// The files of the store, without locks and without what the dashboard has for itself.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.sandbox.data(), &mut files);
        files.retain(|path, _| {
            !path.ends_with("logs/serve.log")
                && path.extension().is_none_or(|extension| extension != "lock")
                && !path.parent().is_some_and(|dir| dir.ends_with("serve"))
        });
        files
    }

    /// The lines about refusals.
    fn log(&self) -> Vec<String> {
        let text = fs::read_to_string(self.sandbox.data().join("logs/serve.log")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

fn collect(dir: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(dir).unwrap().flatten() {
        match entry.file_type().unwrap().is_dir() {
            true => collect(&entry.path(), files),
            false => drop(files.insert(entry.path(), fs::read(entry.path()).unwrap())),
        }
    }
}

/// The code in the address that `open` prints.
fn opened(sandbox: &Sandbox, served: &Served) -> String {
    let port = served.address.rsplit(':').next().unwrap();
    let output = sandbox.cs("cs-serve", &["open", "--print", "--port", port]);
    let url = stdout(&output);
    let start = format!("http://{}/review#code=", served.address);
    url.trim().strip_prefix(&start).unwrap_or_else(|| panic!("{url} {}", stderr(&output))).to_owned()
}

fn key_of(sandbox: &Sandbox, served: &Served) -> String {
    let port = served.address.rsplit(':').next().unwrap();
    fs::read_to_string(sandbox.data().join(format!("serve/{port}.key"))).unwrap().trim().to_owned()
}

#[test]
fn a_request_that_fails_any_check_changes_nothing_and_is_noted() {
    let review = Review::start(&["--name", "box.local"]);
    let (body, before) = (review.change(), review.files());
    let host = &review.served.address;
    let port = host.rsplit(':').next().unwrap();
    let wrong_key = format!("Authorization: Bearer {}", "0".repeat(64));
    let basic = format!("Authorization: Basic {}", "eDp4");
    let cases: Vec<(u16, Vec<String>)> = [
        (421, "Host: evil.example"),
        (421, "Host: 127.0.0.1.evil.example"),
        (421, "POST http://evil.example/review/api/op HTTP/1.1"),
        (400, "POST http://127.0.0.1/review/api/op HTTP/1.1"),
        (405, "POST /review HTTP/1.1"),
        (405, "POST / HTTP/1.1"),
        (405, "POST /api/overview HTTP/1.1"),
        (405, "POST //review/api/op HTTP/1.1"),
        (405, "POST /review%2fapi/op HTTP/1.1"),
        (405, "POST /x/../review/api/op HTTP/1.1"),
        (405, "PUT /review/api/op HTTP/1.1"),
        (405, "DELETE /review/api/op HTTP/1.1"),
        (405, "OPTIONS /review/api/op HTTP/1.1"),
        (405, "post /review/api/op HTTP/1.1"),
        (400, "POST /review/api/op?key=1 HTTP/1.1"),
        (400, "POST /review/api/op HTTP/1.0"),
        (404, "POST /review/api/opx HTTP/1.1"),
        (404, "POST /review/api/%2e%2e/op HTTP/1.1"),
        (403, "Sec-Fetch-Site: same-site"),
        (403, "Sec-Fetch-Site: cross-site"),
        (403, "Sec-Fetch-Site: none"),
        (403, "Origin: null"),
        (403, "Origin: http://127.0.0.1:1"),
        (403, "Origin: http://127.0.0.1"),
        (403, "Origin: https://box.local"),
        (415, "Content-Type: text/plain"),
        (415, "Content-Type: text/plain;application/json"),
        (415, "Content-Type: application/json;charset=utf-8"),
        (415, "Content-Type: application/x-www-form-urlencoded"),
        (415, "Content-Type:"),
        (411, "Content-Length: 0"),
        (411, "Content-Length:"),
        (413, "Content-Length: 65537"),
        (400, "Content-Length: 0x10"),
        (400, "Transfer-Encoding: chunked"),
        (417, "Expect: 100-continue"),
        (401, "Authorization:"),
        (401, wrong_key.as_str()),
        (401, basic.as_str()),
    ]
    .into_iter()
    .map(|(status, line)| (status, vec![line.to_owned()]))
    .chain([
        (403, vec![format!("Origin: http://localhost:{port}")]),
        (403, vec![format!("Host: localhost:{port}")]),
        (411, vec!["Content-Length:".into(), "Transfer-Encoding: chunked".into()]),
        (401, vec!["Authorization:".into(), format!("Cookie: key={}", review.key)]),
        (401, vec![format!("Authorization: bearer{}", review.key)]),
        (401, vec![format!("Authorization: Bearer {}x", review.key)]),
        (401, vec![format!("Authorization: Bearer {}", &review.key[..63])]),
    ])
    .collect();
    for (wanted, lines) in &cases {
        let noted = review.log().len();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let answer = review.send(&body, &lines);
        assert_eq!(answer.status, *wanted, "{lines:?}: {}", answer.text());
        assert!(answer.field("access-control-allow-origin").is_none(), "{lines:?}");
        // What is no HTTP at all is refused before it is known what it would change.
        let is_parsed = !lines[0].contains("0x10") && !lines[0].starts_with("Transfer");
        assert!(!is_parsed || eventually(Duration::from_secs(5), || review.log().len() == noted + 1), "{lines:?}");
    }
    for line in review.head(&body, &[]).lines().skip(1).filter(|line| !line.is_empty()) {
        let head = review.head(&body, &[]);
        let twice = head.trim_end().to_owned() + "\r\n" + line + "\r\n\r\n" + &body;
        assert_eq!(review.served.raw(twice.as_bytes()).unwrap().status, 400, "{line} twice");
    }
    assert_eq!(review.files(), before);
    let log = review.log().join("\n");
    assert!(!log.contains(&review.key) && !log.contains("lunch") && !log.contains("key="), "{log}");
    assert!(log.contains("refused POST \"/review/api/op\": 403 CROSS_SITE"), "{log}");
    // The same without a mistake, as a page and as a program, and with the other name.
    let name = [format!("Host: box.local:{port}"), format!("Origin: http://box.local:{port}")];
    let made = review.send(&body, &[&name[0], &name[1]]);
    assert_eq!(made.status, 200, "{}", made.text());
    assert_ne!(review.files(), before);
    let again = review.send(&body, &["Origin:", "Sec-Fetch-Site:"]);
    assert_eq!((again.status, again.json()["code"].as_str()), (409, Some("STALE")), "the page is outdated");
    assert!(review.log().last().unwrap().ends_with("409 STALE"));
}

#[test]
fn a_body_that_is_no_change_of_the_list_changes_nothing() {
    let review = Review::start(&[]);
    let (body, before) = (review.change(), review.files());
    for wrong in [
        "{}".to_owned(),
        "null".into(),
        "[]".into(),
        format!("[{body}]"),
        format!("{body}{body}"),
        format!("{body}\n{{}}"),
        body.replace("session.park", "session.delete"),
        body.replace("session.park", "settings.set"),
        body.replace("\"reason\"", "\"path\""),
        body.replace("\"op\"", "\"op\":\"session.park\",\"op\""),
        body.replace(&review.id, "../config"),
        body.replace("{", "{\"extra\":1,"),
        body.clone() + &"0".repeat(65_536 - body.len()),
        "{".repeat(65_536),
    ] {
        assert_eq!(review.send(&wrong, &[]).status, 400, "{wrong:.80}");
    }
    assert_eq!(review.files(), before);
}

#[test]
fn no_second_request_hides_in_a_body_and_none_is_made_of_half_of_one() {
    let review = Review::start(&[]);
    let (body, before) = (review.change(), review.files());
    // A body that looks like a request is a body; what follows a refused request is not read.
    let inner = review.head(&body, &[]) + &body;
    let text = json!({"op": "session.event", "id": review.id, "if": "", "message": inner}).to_string();
    assert_eq!(review.send(&text, &[]).status, 409);
    let mut socket = review.served.connect();
    let refused = review.head(&body, &["Content-Type: text/plain"]) + &body + &inner;
    socket.write_all(refused.as_bytes()).unwrap();
    let mut from = BufReader::new(socket);
    assert_eq!(Answer::read(&mut from, false).unwrap().status, 415);
    assert!(Answer::read(&mut from, false).is_none(), "the connection is closed");
    // Cut off anywhere.
    for cut in [1, body.len() / 2, body.len() - 1] {
        let mut socket = review.served.connect();
        socket.write_all((review.head(&body, &[]) + &body[..cut]).as_bytes()).unwrap();
        drop(socket);
    }
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(review.files(), before);
    // In pieces, and followed by another request on the same connection.
    let mut socket = review.served.connect();
    for piece in inner.as_bytes().chunks(40) {
        socket.write_all(piece).unwrap();
        std::thread::sleep(Duration::from_millis(2));
    }
    socket.write_all(format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", review.served.address).as_bytes()).unwrap();
    let mut from = BufReader::new(socket);
    assert_eq!(Answer::read(&mut from, false).unwrap().status, 200);
    assert_eq!(Answer::read(&mut from, false).unwrap().json()["review"], true);
}

#[test]
fn bodies_that_do_not_come_cost_little_and_end() {
    let review = Review::start(&[]);
    let (body, before) = (review.change(), review.files());
    let (_, threads) = review.served.open().unwrap_or_default();
    let memory = review.served.memory("VmRSS");
    let half = |lines: &[&str]| {
        let mut socket = review.served.connect();
        let _ = socket.write_all((review.head(&body, lines) + &body[..10]).as_bytes());
        socket
    };
    let start = Instant::now();
    let waiting: Vec<_> = (0..300).map(|_| half(&[])).collect();
    // Those without the key are refused before their body.
    let refused: Vec<_> = (0..100).map(|_| half(&["Authorization:"])).collect();
    for socket in refused {
        assert_eq!(Answer::read(&mut BufReader::new(socket), false).unwrap().status, 401);
    }
    assert_eq!(review.served.json("/healthz")["status"], "ok");
    assert_eq!(review.served.open().unwrap_or_default().1, threads);
    let grown = review.served.memory("VmRSS").zip(memory).map_or(0, |(now, then)| now.saturating_sub(then));
    assert!(grown < 8 * 1024, "{grown} KiB");
    for socket in waiting {
        let answer = Answer::read(&mut BufReader::new(socket), false);
        assert_eq!(answer.map(|answer| answer.status), Some(408));
    }
    let took = start.elapsed();
    assert!((Duration::from_secs(8)..Duration::from_secs(25)).contains(&took), "{took:?}");
    assert_eq!(review.files(), before);
    assert_eq!(review.send(&body, &[]).status, 200);
}

#[test]
fn everything_below_review_needs_the_key_and_the_option() {
    let review = Review::start(&[]);
    for path in ["/review", "/review/x", "/review/api/op", "/review/api/x"] {
        assert_eq!(review.served.get(path).status, 401, "{path}");
        let answer = review.served.get_with(path, &format!("{}Sec-Fetch-Site: same-site\r\n", review.bearer()));
        assert_eq!(answer.status, 403, "{path}");
        let head = review.served.ask("HEAD", path, "");
        assert_eq!(head.status, 401, "{path}");
    }
    let page = review.served.get_with("/review/x", "Accept: text/html\r\n");
    assert!(page.status == 401 && page.text().contains("key-wanted") && !page.text().contains("sess_"));
    assert_eq!(review.served.get_with("/review/api/op", &review.bearer()).status, 405);
    // Other pages need no key, and the word for who reads is as without.
    assert_eq!(review.served.get("/").status, 200);
    assert_eq!(review.served.json("/healthz")["readers"], "owner");
    // Without the option there is neither a key nor a change.
    let served = Served::start(&review.sandbox, &[]);
    let bearer = review.bearer();
    assert_eq!(served.get_with("/review/api/op", &bearer).status, 404);
    let json = "Content-Type: application/json\r\nContent-Length: 2\r\n";
    assert_eq!(served.ask("POST", "/review/api/op", &format!("{bearer}{json}")).status, 405);
    assert_eq!(served.json("/healthz")["review"], false);
    assert!(!served.get("/").text().contains("write.js"), "a read-only page has no script for changes");
}

#[test]
fn options_that_let_others_in_exclude_changes() {
    let sandbox = Sandbox::new();
    let token = sandbox.root().join("token");
    fs::write(&token, "f3b1c09a7e5d2846f01b9c3ae87d5264").unwrap();
    fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let token = token.to_str().unwrap();
    for args in [&["--allow-remote", "--token-file", token][..], &["--token-file", token]] {
        let output = sandbox.cs("cs-serve", &[&["--review", "--port", "0"], args].concat());
        assert_eq!(status(&output), 64, "{args:?}");
        assert!(stderr(&output).contains("--review cannot be combined"), "{}", stderr(&output));
    }
}

#[test]
fn a_code_is_exchanged_for_a_key_of_its_own_once() {
    let review = Review::start(&[]);
    let exchange = |code: &str, lines: &[&str]| {
        let lines = [&["POST /review/api/key HTTP/1.1", "Authorization:"], lines].concat();
        review.send(&json!({"code": code}).to_string(), &lines)
    };
    let code = opened(&review.sandbox, &review.served);
    for (line, status) in [
        ("Sec-Fetch-Site: same-site", 403),
        ("Origin: http://127.0.0.1:1", 403),
        ("Host: evil.example", 421),
        ("Content-Type: text/plain", 415),
        ("PUT /review/api/key HTTP/1.1", 405),
        ("POST /review/api/key?x=1 HTTP/1.1", 400),
    ] {
        assert_eq!(exchange(&code, &[line]).status, status, "{line}");
    }
    for wrong in ["", &code[1..], &"0".repeat(72), &format!("../{}", &code[3..]), &review.key] {
        assert_eq!(exchange(wrong, &[]).status, 401, "{wrong}");
    }
    for body in ["{}".to_owned(), "[]".into(), json!([code]).to_string(), json!({"code": code, "more": 1}).to_string()]
    {
        let answer = review.send(&body, &["POST /review/api/key HTTP/1.1"]);
        assert_eq!(answer.status, 400, "{body}");
    }
    // Two codes at once do not disturb each other, and each is used once.
    let other = opened(&review.sandbox, &review.served);
    let keys = [&code, &other].map(|code| exchange(code, &[]).json()["key"].as_str().unwrap().to_owned());
    assert!(keys[0] != keys[1] && !keys.contains(&review.key));
    for used in [&code, &other] {
        assert_eq!(exchange(used, &[]).status, 401);
    }
    assert_eq!(review.served.get_with("/review", &format!("Authorization: Bearer {}\r\n", keys[0])).status, 200);
    let body = review.change();
    assert_eq!(review.send(&body, &[&format!("Authorization: Bearer {}", keys[1])]).status, 200);
    let log = review.log().join("\n");
    assert!(log.contains("refused POST \"/review/api/key\": 401 CODE_USED"), "{log}");
    let secret = |text: &String| log.contains(text.as_str());
    assert!(!keys.iter().chain([&code, &other]).any(secret), "{log}");
    let files = fs::read_dir(review.sandbox.data().join("serve")).unwrap().flatten();
    assert!(!files.into_iter().any(|entry| entry.file_name().to_string_lossy().ends_with(".code")));
    // Without the options there is nothing to exchange a code for.
    let served = Served::start(&review.sandbox, &[]);
    assert_eq!(served.send("/review/api/key", &json!({"code": code}).to_string()).status, 405);
}

#[test]
fn opening_a_page_without_the_key_is_no_refusal_worth_a_line() {
    let review = Review::start(&[]);
    let open = "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\n";
    for site in ["none", "same-origin"] {
        let answer = review.served.get_with("/review", &format!("{open}Sec-Fetch-Site: {site}\r\n"));
        assert_eq!(answer.status, 401);
    }
    assert_eq!(review.served.get_with("/review/x", "Accept: text/html\r\n").status, 401);
    assert_eq!(review.log(), Vec::<String>::new());
    // With a wrong key, from a page of another site, by a script, or of the API it is one.
    for fields in [
        format!("{open}Authorization: Bearer {}\r\n", "0".repeat(64)),
        format!("{open}Sec-Fetch-Site: cross-site\r\n"),
        "Accept: text/html\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Site: same-origin\r\n".to_owned(),
        String::new(),
    ] {
        let noted = review.log().len();
        assert_eq!(review.served.get_with("/review", &fields).status, 401, "{fields}");
        assert!(eventually(Duration::from_secs(5), || review.log().len() == noted + 1), "{fields}");
    }
    let noted = review.log().len();
    review.served.get_with("/review/api/op", open);
    assert!(eventually(Duration::from_secs(5), || review.log().len() == noted + 1));
}

#[test]
fn a_key_for_everything_is_also_that_for_changes() {
    let review = Review::start(&["--owner-only"]);
    assert_eq!(review.served.get("/").status, 401);
    assert_eq!(review.served.get_with("/", &review.bearer()).status, 200);
    let body = review.change();
    assert_eq!(review.send(&body, &["Authorization:"]).status, 401);
    assert_eq!(review.send(&body, &[]).status, 200);
}

#[test]
fn another_account_changes_nothing_even_with_the_key() {
    // SAFETY: takes nothing.
    let is_root = unsafe { libc::geteuid() } == 0;
    let can = is_root && Path::new("/usr/bin/setpriv").exists();
    if !has(can.then_some(()).ok_or("other accounts are needed, which only root with setpriv can be")) {
        return;
    }
    let curl = |review: &Review, body: &str, key: &str| {
        let mut command = Command::new("setpriv");
        command.args([&format!("--reuid={STRANGER}"), &format!("--regid={STRANGER}"), "--clear-groups", "curl", "-s"]);
        command.args(["-o", "/dev/null", "-w", "%{http_code}", "-H", "Content-Type: application/json", "-d", body]);
        command.args(["-H", &format!("Authorization: Bearer {key}")]);
        command.arg(format!("http://{}/review/api/op", review.served.address));
        stdout(&run(command, ""))
    };
    let review = Review::start(&[]);
    let (body, before) = (review.change(), review.files());
    assert_eq!(curl(&review, &body, &review.key), "403");
    assert_eq!(review.files(), before);
    let review = Review::start(&["--allow-users"]);
    let (body, before) = (review.change(), review.files());
    assert_eq!(curl(&review, &body, "x"), "401");
    assert_eq!(review.files(), before);
    let key =
        review.sandbox.data().join("serve").join(format!("{}.key", review.served.address.rsplit(':').next().unwrap()));
    let mode = std::os::unix::fs::MetadataExt::mode(&fs::metadata(key).unwrap());
    assert_eq!(mode & 0o777, 0o600, "nobody else can read the key");
}

#[test]
#[cfg(target_os = "linux")]
fn a_dashboard_for_changes_that_nobody_uses_costs_nothing() {
    let review = Review::start(&[]);
    let plain = Served::start(&review.sandbox, &[]);
    review.served.get("/");
    plain.get("/");
    let ticks = |served: &Served| {
        let text = fs::read_to_string(format!("/proc/{}/stat", served.running.pid())).unwrap();
        let rest: Vec<u64> = text.rsplit_once(')').unwrap().1.split(' ').filter_map(|word| word.parse().ok()).collect();
        rest[10] + rest[11]
    };
    std::thread::sleep(Duration::from_millis(500));
    let before = ticks(&review.served);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(ticks(&review.served), before);
    let [more, less] = [&review.served, &plain].map(|served| served.memory("VmRSS").unwrap());
    assert!(more < less + 8 * 1024, "{more} KiB, {less} KiB without --review");
}

#[test]
fn each_change_is_made_as_by_its_program() {
    let review = Review::start(&[]);
    review.sandbox.cs("cs-task", &["add", &review.id, "--subject", "write tests"]);
    review.sandbox.cs("cs-session", &["request-action", &review.id, "--reason", "which colour?"]);
    let record = |id: &str| review.served.json(&format!("/api/session/{id}"));
    let make = |op: &str, more: Value| {
        let now = record(&review.id);
        let mut change = json!({"op": op, "id": review.id, "if": now["seen"]});
        change.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = review.send(&change.to_string(), &[]);
        assert_eq!(answer.status, 200, "{change}: {}", answer.text());
        answer.json()
    };
    make("session.event", json!({"message": "looked at it with ghp_0123456789abcdefghijABCDEFGHIJ012345"}));
    make("session.update", json!({"activity": "reviewing"}));
    make("request.clear", json!({}));
    let task = record(&review.id)["tasks"][0]["id"].clone();
    make("task.update", json!({"task": task, "status": "in_progress"}));
    let now = record(&review.id);
    assert_eq!((&now["current_activity"], &now["awaiting_action"]), (&json!("reviewing"), &Value::Null));
    assert_eq!(now["tasks"][0]["status"], "in_progress");
    make("session.park", json!({"reason": "lunch", "next_steps": ["eat"]}));
    let heir = make("session.resume", json!({"intent": "go on"}));
    let heir = record(heir["session_id"].as_str().unwrap());
    assert_eq!((&heir["intent"], &heir["resumed_from"]), (&json!("go on"), &json!(review.id)));
    let shown = stdout(&review.sandbox.cs("cs-session", &["show", &review.id]));
    assert!(shown.contains("looked at it") && !shown.contains("ghp_0123456789abcdefghijABCDEFGHIJ012345"), "{shown}");
    let all = review.files().into_values().any(|bytes| String::from_utf8_lossy(&bytes).contains("ghp_0123456789"));
    assert!(!all, "a secret in a note is masked in the store");
}
