//! cs-serve with misbehaving clients: whatever they send, the next client gets a correct answer, and nothing is left
//! behind.

use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use cs_tests::http::{Answer, Served};
use cs_tests::{Sandbox, eventually, status, stderr};

fn served() -> (Sandbox, Served) {
    let sandbox = Sandbox::new();
    assert_eq!(status(&sandbox.cs("cs-session", &["create", "--project", "api", "--intent", "fix login"])), 0);
    let served = Served::start(&sandbox, &[]);
    (sandbox, served)
}

/// Panics unless a well-behaved client gets a correct answer.
fn check_is_well(served: &Served) {
    let overview = served.json("/api/overview");
    assert_eq!(overview["projects"][0]["active"][0]["intent"], "fix login");
}

fn sent(served: &Served, text: &str) -> u16 {
    served.raw(text.as_bytes()).map_or(0, |answer| answer.status)
}

fn request(line: &str, rest: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: localhost\r\n{rest}\r\n")
}

#[test]
fn request_smuggling_is_refused_and_closes_the_connection() {
    let (_sandbox, served) = served();
    let hidden = "GET /api/overview HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let shapes = [
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", 400),
        ("Transfer-Encoding : chunked\r\n", 400),
        ("Transfer-Encoding:\u{b}chunked\r\n", 400),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", 400),
        ("Content-Length: 5\r\nContent-Length: 5\r\n", 400),
        ("Content-Length: -1\r\n", 400),
        ("Content-Length: 0x5\r\n", 400),
        ("Content-Length: 5, 5\r\n", 400),
        ("X: y\r\n Transfer-Encoding: chunked\r\n", 400),
        ("X: y\nTransfer-Encoding: chunked\r\n", 400),
        ("X: y\rTransfer-Encoding: chunked\r\n", 400),
        ("\0: y\r\n", 400),
        ("Host: evil.example\r\n", 400),
        ("Content-Length: 5\r\n", 413),
        ("Transfer-Encoding: chunked\r\n", 413),
        ("Transfer-Encoding: identity\r\n", 413),
        ("Content-Length: 99999999999999999999999\r\n", 413),
        ("Expect: 100-continue\r\nContent-Length: 5\r\n", 413),
        ("Expect: the-unexpected\r\n", 417),
    ];
    for (lines, wanted) in shapes {
        let mut socket = served.connect();
        let _ = socket.write_all(format!("{}{hidden}", request("GET /healthz", lines)).as_bytes());
        let _ = socket.shutdown(Shutdown::Write);
        let mut all = Vec::new();
        let _ = socket.read_to_end(&mut all);
        let text = String::from_utf8_lossy(&all);
        assert!(text.starts_with(&format!("HTTP/1.1 {wanted} ")), "{lines:?}: {text}");
        assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{lines:?}: the second request was answered: {text}");
    }
    check_is_well(&served);
}

#[test]
fn a_connection_can_carry_several_requests() {
    let (_sandbox, served) = served();
    let mut socket = served.connect();
    let many = request("GET /healthz", "").repeat(50) + &request("HEAD /", "") + &request("GET /healthz", "");
    socket.write_all(many.as_bytes()).unwrap();
    let mut reader = BufReader::new(socket);
    for n in 0..52 {
        let answer = Answer::read(&mut reader, n == 50).unwrap();
        assert_eq!((answer.status, answer.field("connection")), (200, None), "{n}");
    }
    // Byte by byte and half closed: it is still answered.
    let mut socket = served.connect();
    for byte in request("GET /healthz", "").bytes() {
        socket.write_all(&[byte]).unwrap();
    }
    socket.shutdown(Shutdown::Write).unwrap();
    assert_eq!(Answer::read(&mut BufReader::new(socket), false).unwrap().status, 200);
}

#[test]
fn paths_are_decoded_once_and_do_not_escape() {
    let (sandbox, served) = served();
    std::fs::write(sandbox.data().join("secret.json"), "{\"secret\": 1}").unwrap();
    let ups = ["..", "%2e%2e", "%2E.", ".%2e", "%252e%252e", "..%00", "%c0%ae%c0%ae", "%uff0e%uff0e", "..;", "..%5c"];
    for up in ups {
        for path in [
            format!("/{up}/secret.json"),
            format!("/assets/{up}/secret.json"),
            format!("/assets/{up}%2fsecret.json"),
            format!("/session/{up}/secret"),
            format!("/session/{up}%2Fsecret"),
            format!("/api/session/{up}%5csecret"),
            format!("/project/{up}"),
            format!("/api/export/session/{up}%2fsecret?format=json"),
            format!("/api/sessions?project={up}/secret"),
            format!("/api/sessions?cursor={up}/secret"),
        ] {
            let answer = served.raw(request(&format!("GET {path}"), "").as_bytes()).unwrap();
            assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
            assert!(!answer.text().contains("\"secret\": 1"), "{path}");
        }
    }
    let id = served.json("/api/sessions")["sessions"][0]["session_id"].as_str().unwrap().to_owned();
    assert_eq!(served.get(&format!("/%73ession/{}", id.replace('s', "%73"))).status, 200);
    assert_eq!(served.get(&format!("/%2573ession/{id}")).status, 404);
    for path in ["//", "/.", "/./", "/session", "/session/", "/api/", "/API", "/index.html", "/assets/", "/%"] {
        assert!(matches!(served.get(path).status, 400 | 404), "{path}");
    }
    check_is_well(&served);
}

#[test]
fn only_requests_for_our_host_names_are_answered() {
    let (_sandbox, served) = served();
    let port = served.address.rsplit(':').next().unwrap();
    let host = |line: &str, host: &str| sent(&served, &format!("GET {line} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    for name in ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"] {
        assert_eq!(host("/api/overview", &format!("{name}:{port}")), 200, "{name}");
    }
    for name in
        ["evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.nip.io", "192.168.0.1", "0.0.0.0"]
    {
        for path in ["/", "/api/overview", "/healthz", "/nope", "/assets/x", "/api/events"] {
            assert_eq!(host(path, name), 421, "{name} {path}");
        }
    }
    for name in ["", "localhost@evil.example", "localhost:80:80", "[::1", "localhost, evil.example"] {
        assert_eq!(host("/", name), 421, "{name:?}");
    }
    assert_eq!(sent(&served, "GET / HTTP/1.1\r\n\r\n"), 400);
    assert_eq!(host("http://evil.example/api/overview", "localhost"), 421);
    assert_eq!(host("http://localhost/api/overview", "evil.example"), 421);
    assert_eq!(host(&format!("http://localhost:{port}/api/overview"), "localhost"), 200);
    assert_eq!(host("http://localhost@evil.example/", "localhost"), 421);
    check_is_well(&served);
}

#[test]
fn requests_cannot_change_anything_and_other_sites_get_nothing() {
    let (sandbox, served) = served();
    let before = sandbox.records();
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get"] {
        let answer = served.ask(method, "/api/overview", "");
        assert_eq!((answer.status, answer.field("allow")), (405, Some("GET, HEAD")), "{method}");
    }
    assert_eq!(sent(&served, &request("OPTIONS *", "Origin: http://evil.example\r\n")), 405);
    assert_eq!(served.ask("POST", "/api/overview", "Content-Length: 3\r\n").status, 405);
    let from = |site: &str, path: &str| {
        served.get_with(path, &format!("Origin: http://evil.example\r\nSec-Fetch-Site: {site}\r\n"))
    };
    for path in ["/api/overview", "/api/events", "/api/export/project/api", "/api"] {
        assert_eq!(from("cross-site", path).status, 403, "{path}");
    }
    let answer = from("same-origin", "/api/overview");
    assert_eq!(answer.status, 200);
    for path in ["/", "/api/overview", "/nope", "/healthz", "/api/nope"] {
        let answer = served.get(path);
        let cors = answer.fields.iter().find(|(name, _)| name.starts_with("access-control"));
        assert_eq!(cors, None, "{path}");
        let policy = answer.field("content-security-policy").unwrap();
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe") && !policy.contains('*'),
            "{policy}"
        );
        assert_eq!(answer.field("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.field("referrer-policy"), Some("same-origin"), "{path}");
        assert_eq!(answer.field("cross-origin-resource-policy"), Some("same-origin"), "{path}");
    }
    assert_eq!(sandbox.records(), before);
}

#[test]
fn requests_that_are_too_long_are_refused() {
    let (_sandbox, served) = served();
    let long = "a".repeat(5000);
    assert_eq!(sent(&served, &request(&format!("GET /{long}"), "")), 414);
    assert_eq!(sent(&served, &request(&format!("GET /?q={long}"), "")), 414);
    assert_eq!(sent(&served, &"A".repeat(20_000)), 414);
    assert_eq!(sent(&served, &request("GET /", &format!("X: {}\r\n", "a".repeat(20_000)))), 431);
    assert_eq!(sent(&served, &request("GET /", &"X: y\r\n".repeat(101))), 431);
    assert_eq!(sent(&served, &request("GET /", &format!("Cookie: {}\r\n", "a".repeat(12_000)))), 200);
    assert_eq!(sent(&served, &request(&format!("GET /api/sessions?q={}", "a".repeat(300)), "")), 400);
    // An endless line, as much of it as the server accepts.
    let mut socket = served.connect();
    let piece = vec![b'a'; 64 * 1024];
    let written = (0..1000).take_while(|_| socket.write_all(&piece).is_ok()).count();
    assert!(written < 1000, "{written} pieces of a head were accepted");
    check_is_well(&served);
}

#[test]
fn garbage_gets_an_error_or_a_closed_connection() {
    let (_sandbox, served) = served();
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for round in 0..300 {
        let length = (random() % 600) as usize;
        let mut bytes: Vec<u8> = (0..length).map(|_| random() as u8).collect();
        if round % 3 == 0 {
            // A request with a few wrong bytes.
            bytes = request("GET /api/sessions?q=x", "Accept: */*\r\n").into_bytes();
            for _ in 0..3 {
                let at = (random() % bytes.len() as u64) as usize;
                bytes[at] = random() as u8;
            }
        }
        let mut socket = served.connect();
        let _ = socket.write_all(&bytes);
        let _ = socket.shutdown(Shutdown::Write);
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer);
        let text = String::from_utf8_lossy(&answer);
        let is_fine = ["HTTP/1.1 200", "HTTP/1.1 4", "HTTP/1.1 505"].iter().any(|start| text.starts_with(start));
        assert!(answer.is_empty() || is_fine, "{round}: {bytes:?}: {text}");
    }
    for bytes in
        [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\r\n\r\n", b"\n"]
    {
        assert!(served.raw(bytes).is_none_or(|answer| answer.status >= 400));
    }
    check_is_well(&served);
}

#[test]
fn a_thousand_slow_connections_cost_little_and_block_nobody() {
    let (_sandbox, served) = served();
    check_is_well(&served);
    let (before, threads) = (served.memory("VmRSS"), served.open().map(|(_, threads)| threads));
    let mut sockets: Vec<TcpStream> = (0..1000).filter_map(|_| TcpStream::connect(&served.address).ok()).collect();
    assert!(sockets.len() > 900, "only {} connections", sockets.len());
    check_is_well(&served);
    for (n, socket) in sockets.iter_mut().enumerate() {
        let start = [&b""[..], b"G", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", b"POST / HTTP/1.1\r\n"][n % 4];
        let _ = socket.write_all(start);
    }
    for _ in 0..3 {
        sockets.iter_mut().for_each(|socket| drop(socket.write_all(b"a")));
        check_is_well(&served);
        thread::sleep(Duration::from_millis(100));
    }
    if let (Some(threads), Some((files, now))) = (threads, served.open()) {
        assert!(files < 1000, "{files} files");
        assert_eq!(now, threads, "threads do not depend on clients");
        let grown = served.memory("VmRSS").unwrap_or_default().saturating_sub(before.unwrap_or_default());
        assert!(grown < 8 * 1024, "{grown} KiB more with all connections open");
    }
    drop(sockets);
    let is_back = || served.open().is_none_or(|(files, _)| files < 30);
    assert!(eventually(Duration::from_secs(20), is_back), "{:?}", served.open());
    check_is_well(&served);
    let grown = served.memory("VmRSS").unwrap_or_default().saturating_sub(before.unwrap_or_default());
    assert!(grown < 3 * 1024, "{grown} KiB stayed");
}

#[test]
fn a_request_head_must_arrive_in_time_even_if_bytes_keep_coming() {
    let (_sandbox, served) = served();
    let mut socket = served.connect();
    socket.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ").unwrap();
    socket.set_nonblocking(true).unwrap();
    // One byte after the other, so that a timeout between bytes would never end it.
    let mut answer = Vec::new();
    let ended = eventually(Duration::from_secs(40), || {
        let _ = socket.write_all(b"a");
        thread::sleep(Duration::from_millis(200));
        let mut room = [0; 4096];
        match socket.read(&mut room) {
            Ok(count) => {
                answer.extend_from_slice(&room[..count]);
                true
            }
            Err(e) => e.kind() != std::io::ErrorKind::WouldBlock,
        }
    });
    assert!(ended, "it may run forever");
    let text = String::from_utf8_lossy(&answer);
    assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
    check_is_well(&served);
}

#[test]
fn clients_that_do_not_read_are_dropped() {
    let (sandbox, served) = served();
    // Too much for the system's buffers.
    let event = "x".repeat(1900);
    let id = served.json("/api/sessions")["sessions"][0]["session_id"].as_str().unwrap().to_owned();
    let path = sandbox.data().join(format!("sessions/{id}.json"));
    let mut record = sandbox.record(&id);
    let one = serde_json::json!({"timestamp": "2026-11-21T10:00:00+00:00", "message": event});
    record["events"] = serde_json::Value::Array(vec![one; 4000]);
    std::fs::write(path.with_extension("new"), record.to_string()).unwrap();
    std::fs::rename(path.with_extension("new"), &path).unwrap();
    let before = served.open();
    let lazy: Vec<TcpStream> = (0..8)
        .map(|_| {
            let mut socket = served.connect();
            socket.write_all(request(&format!("GET /api/session/{id}"), "").as_bytes()).unwrap();
            socket
        })
        .collect();
    check_is_well(&served);
    let is_back = || served.open().map(|(files, _)| files) <= before.map(|(files, _)| files);
    assert!(eventually(Duration::from_secs(40), is_back), "{before:?} {:?}", served.open());
    drop(lazy);
    check_is_well(&served);
}

#[test]
fn a_port_in_use_is_reported_and_signals_stop_the_server() {
    let (sandbox, mut served) = served();
    let port = served.address.rsplit(':').next().unwrap().to_owned();
    let output = sandbox.cs("cs-serve", &["--port", &port]);
    assert_eq!(status(&output), 1);
    let said = stderr(&output);
    assert!(said.starts_with(&format!("cs-serve: error: port {port} is in use: ")), "{said}");
    if cfg!(target_os = "linux") {
        assert!(said.contains(&format!("by cs-serve, process {}", served.running.pid())), "{said}");
    }
    // With every kind of client connected.
    let mut streaming = served.connect();
    streaming.write_all(request("GET /api/events", "").as_bytes()).unwrap();
    let _idle = served.connect();
    let mut slow = served.connect();
    slow.write_all(b"GET /").unwrap();
    check_is_well(&served);
    // SAFETY: kill only takes numbers, and the process is our child.
    unsafe { libc::kill(served.running.pid() as libc::pid_t, libc::SIGTERM) };
    let mut ended = None;
    assert!(eventually(Duration::from_secs(10), || {
        ended = served.running.0.try_wait().unwrap();
        ended.is_some()
    }));
    assert_eq!(ended.and_then(|status| status.code()), Some(0));
}

#[test]
fn other_machines_need_a_token_for_every_path() {
    let sandbox = Sandbox::new();
    let token = sandbox.root().join("token");
    let file = token.to_str().unwrap();
    std::fs::write(&token, "0123456789abcdef\n").unwrap();
    let said = |args: &[&str]| {
        let output = sandbox.cs("cs-serve", args);
        (status(&output), stderr(&output))
    };
    for args in [
        &["--host", "0.0.0.0"][..],
        &["--host", "0.0.0.0", "--allow-remote"],
        &["--host", "0.0.0.0", "--token-file", file],
        &["--host", "::", "--port", "0"],
        &["--host", "everywhere"],
    ] {
        assert_eq!(said(args).0, 64, "{args:?}");
    }
    let all = ["--host", "0.0.0.0", "--allow-remote", "--token-file", file];
    assert_eq!(said(&all).0, 65, "the file can be read by others");
    std::fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let mut served = Served::start(&sandbox, &all);
    served.address = served.address.replace("0.0.0.0", "127.0.0.1");
    for path in ["/", "/api/overview", "/healthz", "/assets/x", "/api/events", "/nope"] {
        let answer = served.get(path);
        assert_eq!(answer.status, 401, "{path}");
        assert!(answer.field("www-authenticate").unwrap().starts_with("Basic "), "{path}");
    }
    assert_eq!(served.get_with("/", "Authorization: Bearer 0123456789abcdef\r\n").status, 200);
    assert_eq!(served.get_with("/", "Authorization: Bearer 0123456789abcdee\r\n").status, 401);
    assert_eq!(served.get_with("/", "Authorization: Basic eDowMTIzNDU2Nzg5YWJjZGVm\r\n").status, 200);
    std::fs::write(&token, "short\n").unwrap();
    assert_eq!(said(&all).0, 65);
    std::fs::remove_file(&token).unwrap();
    assert_eq!(said(&all).0, 1);
}
