//! Input from a connection to cs-serve: request heads, their targets, and which requests are answered.

use tiny_http::Method;

use super::text;
use crate::Target;
use serve::http::Refusal;
use serve::http::head::{self, Parsed, Request};
use serve::http::limits::{FIELDS, HEAD_BYTES, TARGET_BYTES};
use serve::http::reply::Reply;
use serve::http::secrets::Secrets;
use serve::http::write::Changes;
use serve::http::{guard, target};
use serve::pattern::name_in;

/// The program's own source files, because a program cannot be linked.
#[allow(dead_code, reason = "the program uses more of them")]
#[path = "../../../../bins/cs-serve/src"]
mod serve {
    pub mod http {
        pub mod guard;
        pub mod head;
        pub mod limits;
        pub mod refusal;
        pub mod reply;
        pub mod rest;
        mod same;
        pub mod secrets;
        pub mod target;
        pub mod write;
        pub use refusal::Refusal;
    }
    pub mod pattern;
}

pub const TARGET: Target = Target { name: "http", check, words: WORDS, seeds, most: 20 << 10, runs: 30_000 };

const WORDS: &[&str] = &[
    "GET ",
    "HEAD ",
    "POST ",
    "OPTIONS * ",
    " HTTP/1.1\r\n",
    " HTTP/1.0\r\n",
    " HTTP/2.0\r\n",
    "\r\n\r\n",
    "\r\n",
    "\n",
    "\r",
    "Host: localhost\r\n",
    "Host: [::1]:9000\r\n",
    "host:",
    "Content-Length: 0\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Connection: keep-alive, close\r\n",
    "Sec-Fetch-Site: cross-site\r\n",
    "Sec-Fetch-Mode: navigate\r\n",
    "Authorization: Basic ",
    "If-None-Match: *\r\n",
    "POST /review/api/op HTTP/1.1\r\n",
    "/review/api/",
    "Content-Type: application/json\r\n",
    "Content-Length: 3\r\n",
    "Origin: http://localhost\r\n",
    "Sec-Fetch-Site: same-origin\r\n",
    "Authorization: Bearer 0123\r\n",
    "http://127.0.0.1:9000/",
    "/session/sess_20261121T0337_ca5d",
    "/project/api",
    "/api/export/session/",
    "/assets/",
    "/../",
    "%2e%2e",
    "%2f",
    "%252e",
    "%00",
    "?q=a+b&c=%26",
    "#",
    "@",
];

fn seeds() -> Vec<Vec<u8>> {
    let plain = "GET /api/sessions?status=active&q=a%2Bb+c HTTP/1.1\r\nHost: localhost:9000\r\nAccept: */*\r\n\r\n";
    let texts = [
        plain.to_string(),
        format!("{plain}HEAD /session/%73ess_20261121T0337_ca5d HTTP/1.0\r\nhost:127.0.0.1\r\n\r\nGET /a/../b"),
        "POST / HTTP/1.1\r\nHost: [::1]:1\r\nContent-Length: 3\r\n\r\nabc".into(),
        "OPTIONS * HTTP/1.1\r\nHost: evil.example\r\n\r\n".into(),
        "GET http://localhost/assets/style.css HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-site\r\n\r\n".into(),
        format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(TARGET_BYTES)),
        format!("GET / HTTP/1.1\r\nHost: x\r\nCookie: {}", "a".repeat(HEAD_BYTES)),
        format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "A: b\r\n".repeat(FIELDS)),
        "POST /review/api/op HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/json\r\nContent-Length: 2\r\nAuthorization: Bearer 0123\r\n\r\n{}"
            .into(),
        "GET / HTTP/1.1\r\nHost: box\r\nAuthorization: Basic bWU6MDEyMw==\r\n\r\n".into(),
    ];
    texts.map(String::into_bytes).into()
}

fn check(bytes: &[u8]) {
    let chance = cs_core::id::fnv1a(bytes) as usize;
    let whole = conversation(bytes, &[bytes.len()]);
    let cut = chance % (bytes.len() + 1);
    // Only short input byte by byte, since each step is expensive.
    let small: &[usize] = if bytes.len() < 600 { &[1] } else { &[7, 1, 300] };
    for sizes in [&[cut, bytes.len()][..], small] {
        assert_eq!(conversation(bytes, sizes), whole, "in pieces of sizes {sizes:?}");
    }
}

/// How a connection handles the bytes when they arrive in pieces of these sizes; the last size repeats.
fn conversation(bytes: &[u8], sizes: &[usize]) -> Vec<String> {
    let (mut reported, mut held, mut seen, mut rest) = (Vec::new(), Vec::new(), 0, bytes);
    let mut sizes = sizes.iter().copied().chain(std::iter::repeat(sizes[sizes.len() - 1].max(1)));
    while !rest.is_empty() {
        let piece;
        (piece, rest) = rest.split_at(sizes.next().unwrap_or(1).min(rest.len()));
        held.extend_from_slice(piece);
        loop {
            match head::parse(&held, seen) {
                Parsed::Incomplete => {
                    assert!(held.len() <= HEAD_BYTES, "{} bytes are held", held.len());
                    seen = held.len();
                    break;
                }
                Parsed::Refused(refusal) => {
                    assert!([400, 414, 431, 505].contains(&refusal.status), "{refusal:?}");
                    check_refusal(&refusal);
                    reported.push(format!("{refusal:?}"));
                    return reported;
                }
                Parsed::Whole(request, end) => {
                    reported.push(check_request(request, &held[..end]));
                    held.drain(..end);
                    seen = 0;
                }
            }
        }
    }
    reported
}

/// Panics unless an accepted request is the only possible reading of its bytes.
fn check_request(mut request: Request, head: &[u8]) -> String {
    static BEGAN: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    assert!(head.len() <= HEAD_BYTES && head.ends_with(b"\r\n\r\n"), "{} bytes", head.len());
    let head = text(head);
    assert_eq!(head.find("\r\n\r\n").map(|at| at + 4), Some(head.len()), "another head in it");
    assert!(!head.replace("\r\n", "").contains(['\r', '\n', '\0']), "half a line end");
    let (line, fields) = head.split_once("\r\n").expect("it ends with a line break");
    let hosts = fields.lines().filter(|line| line.to_ascii_lowercase().starts_with("host:")).count();
    assert!(hosts == 1 && fields.lines().count() <= FIELDS + 1, "{hosts} hosts");
    let raw = line.split(' ').nth(1).unwrap_or_default();
    assert!(raw.len() <= TARGET_BYTES, "a target of {} bytes", raw.len());
    match target::parse(raw) {
        Ok(target) => {
            assert_eq!(request.target, target, "the target is decoded once");
            check_target(&target);
        }
        Err(refusal) => assert!(!matches!(request.method, Method::Get | Method::Head), "{refusal:?}"),
    }
    check_guard(&request);
    request.received_at = *BEGAN;
    format!("{request:?}")
}

/// Panics unless a parsed target means the same when it is written again, and hides nothing.
fn check_target(target: &target::Target) {
    assert!(target.path.starts_with('/') && !target.path.contains(char::is_control), "{:?}", target.path);
    let path: Vec<String> = target.path.split('/').map(target::encode).collect();
    let pair = |(name, value): &(String, String)| format!("{}={}", target::encode(name), target::encode(value));
    let query: Vec<String> = target.query.iter().map(pair).collect();
    let again =
        target::parse(&format!("{}?{}", path.join("/"), query.join("&"))).expect("an encoded target is a target");
    assert_eq!((&again.path, &again.query), (&target.path, &target.query));
    for pattern in ["/", "/session/<id>", "/api/overview", "/api/export/project/<slug>"] {
        let Some(name) = name_in(pattern, &target.path) else { continue };
        assert!(!name.contains('/') && name.is_empty() != pattern.contains('<'), "{name:?} in {pattern}");
        assert_eq!(target.path, format!("{}{name}", pattern.split('<').next().unwrap_or_default()));
    }
}

/// Panics unless a request that the guard accepts uses our own host name, is GET or HEAD without a body, and has the
/// token.
fn check_guard(request: &Request) {
    let token = "0123";
    let open = guard::Policy::default();
    let closed = guard::Policy { names: vec!["box".into()], token: Some(token.into()) };
    check_changes(request, &open, token);
    for policy in [&open, &closed] {
        match guard::check(request, policy, Changes::None) {
            Err(refusal) => {
                assert!([401, 403, 405, 413, 417, 421].contains(&refusal.status), "{refusal:?}");
                check_refusal(&refusal);
            }
            Ok(()) => {
                assert!(matches!(request.method, Method::Get | Method::Head) && !request.has_body());
                assert!(request.target.path.starts_with('/'), "{:?}", request.target);
                let hosts = request.field("host").into_iter().chain(request.target.authority.as_deref());
                hosts.for_each(|host| assert!(is_ours(host, policy), "{host:?}"));
                let shows = request.field("authorization").is_some_and(|text| text.contains(' '));
                assert!(policy.token.is_none() || shows, "no token");
                let reply = Reply::json(&1).for_request(request);
                assert!(reply.status == 200 || request.field("if-none-match").is_some());
            }
        }
    }
}

/// Panics unless a change that the guard accepts is one that only our own page, or a program with the key, can send.
fn check_changes(request: &Request, policy: &guard::Policy, key: &str) {
    let path = request.target.path.as_str();
    let secrets = Secrets::new(key);
    let accepted = guard::check(request, policy, Changes::Key(&secrets));
    if let Err(refusal) = &accepted {
        assert!([400, 401, 403, 405, 411, 413, 415, 417, 421].contains(&refusal.status), "{refusal:?}");
        return check_refusal(refusal);
    }
    let has_key = request.field("authorization").is_some_and(|text| text.ends_with(key));
    let is_exchange = path == "/review/api/key" && request.method == Method::Post;
    assert!(has_key || is_exchange || !path.starts_with("/review/"), "no key");
    if matches!(request.method, Method::Get | Method::Head) {
        return assert!(!request.has_body());
    }
    assert!(
        request.method == Method::Post && path.starts_with("/review/api/") && (has_key || is_exchange),
        "{request:?}"
    );
    let host = request.field("host").unwrap_or_default();
    assert!(is_ours(host, policy) && request.target.authority.is_none(), "{host:?}");
    assert!(request.field("origin").is_none_or(|origin| origin == format!("http://{host}")), "{request:?}");
    assert!(request.field("sec-fetch-site").is_none_or(|site| site == "same-origin"), "{request:?}");
    assert!(request.field("content-type") == Some("application/json") && request.field("transfer-encoding").is_none());
    assert!((1..=64 << 10).contains(&request.body_length()), "{request:?}");
    for name in ["host", "origin", "sec-fetch-site", "content-type", "authorization", "content-length"] {
        assert!(request.count(name) <= 1, "{name} is given twice: {request:?}");
    }
}

/// Whether a host is a name of this machine, with any port.
fn is_ours(host: &str, policy: &guard::Policy) -> bool {
    let host = host.to_ascii_lowercase();
    let name = host.rsplit_once(':').filter(|(name, _)| !name.contains(':') || name.ends_with(']'));
    let name = name.map_or(host.as_str(), |(name, _)| name);
    let name = name.strip_prefix('[').map_or(name, |name| name.split(']').next().unwrap_or_default());
    let address = name.parse::<std::net::IpAddr>().ok();
    let is_known = name == "localhost" || policy.names.iter().any(|known| known == name);
    is_known || address.is_some_and(|address| address.is_loopback() || policy.token.is_some())
}

/// Panics unless the answer to a refusal is one head with one body that says what is wrong.
fn check_refusal(refusal: &Refusal) {
    assert!((400..600).contains(&refusal.status) && !refusal.text.contains(char::is_control), "{refusal:?}");
    let reply = Reply::refusal(refusal);
    let body: serde_json::Value = serde_json::from_slice(&reply.body).expect("the body is JSON");
    assert_eq!((&body["code"], &body["error"]), (&refusal.code.into(), &refusal.text.as_str().into()));
    let head = text(&reply.head(true));
    assert!(head.starts_with(&format!("HTTP/1.1 {} ", refusal.status)), "{head:?}");
    assert_eq!(head.find("\r\n\r\n").map(|at| at + 4), Some(head.len()), "{head:?}");
    assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", reply.body.len())), "{head:?}");
    let wanted = [(405, "\r\nAllow: "), (401, "\r\nWWW-Authenticate: ")];
    wanted.iter().for_each(|(status, field)| assert!(*status != refusal.status || head.contains(field), "{head:?}"));
}
