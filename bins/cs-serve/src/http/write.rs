//! Owns the checks of a request that changes something, and of everything below `/review`. Pure.
//!
//! A page on another port of this machine is of the same site, and sends cookies, remembered passwords and a body in JSON
//! without asking. So none of those is believed: only the key, which a page must have been given, in a header that no
//! page of another origin can send without a preflight; and a preflight is never answered.
//!
//! Must stay true: the checks are made on the path that the router uses, before the body is read; a request with a header
//! given twice, or with a host in its target, is refused.

use super::head::Request;
use super::limits::BODY_BYTES;
use super::refusal::Refusal;
use super::secrets::Secrets;
use tiny_http::{HTTPVersion, Method};

/// Where changes are sent to.
const API: &str = "/review/api/";
/// Where a tab gets its key for a code, which it sends in the body.
pub const EXCHANGE: &str = "/review/api/key";

/// What a request may change.
#[derive(Clone, Copy, Debug)]
pub enum Changes<'a> {
    None,
    /// Nothing, but a code may be exchanged for a key.
    Code,
    /// That, and with one of these everything of the list.
    Key(&'a Secrets),
}
/// The headers that decide. `Host` and those of the length are counted for every request.
const ONCE: [&str; 4] = ["sec-fetch-site", "origin", "content-type", "authorization"];

/// Whether a path belongs to the review pages and their API.
pub fn is_review(path: &str) -> bool {
    path == "/review" || path.starts_with("/review/")
}

/// Whether a path belongs to the API that reads and changes with the key.
pub fn is_review_api(path: &str) -> bool {
    path.starts_with(API)
}

/// Whether a request would change something: any method but those that read.
pub fn is_write(request: &Request) -> bool {
    !matches!(request.method, Method::Get | Method::Head)
}

/// Accepts the head of a request that changes something, or says why not. The host was checked before.
pub fn check(request: &Request, changes: Changes) -> Result<(), Refusal> {
    let is_exchange = request.target.path == EXCHANGE;
    let is_open = match changes {
        Changes::None => false,
        Changes::Code => is_exchange,
        Changes::Key(_) => is_review_api(&request.target.path),
    };
    if !is_open {
        return Err(method_not_allowed("GET, HEAD"));
    }
    if request.method != Method::Post {
        return Err(method_not_allowed("GET, HEAD, POST"));
    }
    check_form(request)?;
    check_site(request)?;
    if request.field("content-type") != Some("application/json") {
        let text = "the body must be JSON: send Content-Type: application/json, without a parameter";
        return Err(Refusal::new(415, "NOT_JSON", text));
    }
    check_length(request)?;
    match changes {
        Changes::Key(secrets) if !is_exchange => check_key(request, secrets),
        _ => Ok(()),
    }
}

/// The refusal of a method.
pub fn method_not_allowed(allowed: &str) -> Refusal {
    let text = match allowed {
        "GET, HEAD" => "this server is read-only here and answers only GET and HEAD",
        "POST" => "only POST is answered here",
        _ => "only GET, HEAD and POST are answered here",
    };
    Refusal::new(405, "METHOD_NOT_ALLOWED", text).with("Allow", allowed)
}

/// Whether a request sends a key as `Authorization: Bearer`. A password is not enough: browsers send it again by
/// themselves.
fn sends_key(request: &Request, secrets: &Secrets) -> bool {
    let shown = request.field("authorization").and_then(|text| text.split_once(' '));
    let is_once = request.count("authorization") == 1;
    shown.is_some_and(|(scheme, value)| {
        scheme.eq_ignore_ascii_case("bearer") && secrets.contain(value.trim().as_bytes())
    }) && is_once
}

/// Refuses a request without a key.
pub fn check_key(request: &Request, secrets: &Secrets) -> Result<(), Refusal> {
    if sends_key(request, secrets) {
        return Ok(());
    }
    let text = "this requires the key of the dashboard: `cs-serve open` opens it with the key; programs send it as \
        Authorization: Bearer KEY";
    Err(Refusal::new(401, "KEY_REQUIRED", text).with("WWW-Authenticate", "Bearer realm=\"claude-sessions\""))
}

fn check_form(request: &Request) -> Result<(), Refusal> {
    let bad = |text: &str| Err(Refusal::new(400, "BAD_REQUEST", text));
    if ONCE.iter().any(|name| request.count(name) > 1) {
        return bad("a header is given twice");
    }
    if request.target.authority.is_some() || !request.target.query.is_empty() {
        return bad("send the path alone, without a host and without parameters");
    }
    if request.version != HTTPVersion(1, 1) {
        return bad("a request that changes something needs HTTP 1.1");
    }
    if request.field("expect").is_some() {
        return Err(Refusal::new(417, "EXPECTATION_FAILED", "an Expect header is not allowed here"));
    }
    Ok(())
}

/// Only our own pages, and programs, which name no site.
fn check_site(request: &Request) -> Result<(), Refusal> {
    let is_site = request.field("sec-fetch-site").is_none_or(|site| site == "same-origin");
    let host = request.field("host").unwrap_or_default();
    let is_origin = request.field("origin").is_none_or(|origin| origin.strip_prefix("http://") == Some(host));
    if is_site && is_origin {
        return Ok(());
    }
    Err(Refusal::new(403, "CROSS_SITE", "pages of other sites, also of other ports, must not request this"))
}

fn check_length(request: &Request) -> Result<(), Refusal> {
    let length = request.field("content-length").filter(|_| request.field("transfer-encoding").is_none());
    match length.map(str::parse::<usize>) {
        Some(Ok(1..=BODY_BYTES)) => Ok(()),
        None | Some(Ok(0)) => Err(Refusal::new(411, "LENGTH_REQUIRED", "send a body, with its Content-Length")),
        // A number that does not fit is too large.
        Some(_) => {
            let text = format!("a body may have at most {BODY_BYTES} bytes");
            Err(Refusal::new(413, "BODY_TOO_LARGE", &text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::guard::{self, Policy};
    use super::super::head::{Parsed, parse};
    use super::{Changes, Secrets};

    const KEY: &str = "00112233445566778899aabbccddeeff";
    const GOOD: [&str; 6] = [
        "POST /review/api/op HTTP/1.1",
        "Host: 127.0.0.1:9000",
        "Origin: http://127.0.0.1:9000",
        "Content-Type: application/json",
        "Content-Length: 2",
        "Authorization: Bearer 00112233445566778899aabbccddeeff",
    ];

    /// What the guard says about a head: that of a good request, where each of `lines` replaces the line of its name, or
    /// is added; one that ends in a colon removes it.
    fn judge(lines: &[&str]) -> u16 {
        let name = |line: &str| line.split([':', ' ']).next().unwrap_or_default().to_string();
        let mut head: Vec<String> = GOOD.iter().map(|line| line.to_string()).collect();
        for line in lines {
            head.retain(|known| name(known) != name(line));
            let at = if line.contains(" HTTP/") { 0 } else { head.len() };
            if !line.ends_with(':') {
                head.insert(at, line.to_string());
            }
        }
        if head[0].starts_with("Host") {
            panic!("no request line: {lines:?}");
        }
        judge_text(&head.join("\r\n"))
    }

    fn judge_text(head: &str) -> u16 {
        judge_with(head, Changes::Key(&Secrets::new(KEY)))
    }

    fn judge_with(head: &str, changes: Changes) -> u16 {
        let policy = Policy { names: vec!["box.local".into()], ..Policy::default() };
        match parse(format!("{head}\r\n\r\n").as_bytes(), 0) {
            Parsed::Whole(request, _) => {
                guard::check(&request, &policy, changes).map_or_else(|refusal| refusal.status, |()| 200)
            }
            Parsed::Refused(refusal) => refusal.status,
            Parsed::Incomplete => panic!("{head}"),
        }
    }

    #[test]
    fn our_pages_and_programs_with_the_key_are_accepted() {
        assert_eq!(judge(&[]), 200);
        assert_eq!(judge(&["Origin:"]), 200, "a program");
        assert_eq!(judge(&["Sec-Fetch-Site: same-origin"]), 200);
        assert_eq!(judge(&["Host: box.local", "Origin: http://box.local"]), 200);
        assert_eq!(judge(&["Content-Length: 65536"]), 200);
    }

    #[test]
    fn each_check_refuses() {
        for (line, status) in [
            ("Host: evil.example", 421),
            ("Sec-Fetch-Site: same-site", 403),
            ("Sec-Fetch-Site: cross-site", 403),
            ("Sec-Fetch-Site: none", 403),
            ("Sec-Fetch-Site: Same-Origin", 403),
            ("Origin: http://127.0.0.1:9001", 403),
            ("Origin: http://localhost:9000", 403),
            ("Origin: https://127.0.0.1:9000", 403),
            ("Origin: null", 403),
            ("Content-Type: text/plain", 415),
            ("Content-Type: application/json; charset=utf-8", 415),
            ("Content-Type: Application/JSON", 415),
            ("Content-Type:", 415),
            ("Content-Length: 0", 411),
            ("Content-Length:", 411),
            ("Content-Length: 65537", 413),
            ("Content-Length: 99999999999999999999999", 413),
            ("Content-Length: -1", 400),
            ("Transfer-Encoding: chunked", 400),
            ("Expect: 100-continue", 417),
            ("Authorization:", 401),
            ("Authorization: Bearer 00112233445566778899aabbccddeefe", 401),
            ("Authorization: Basic eDowMDExMjIzMzQ0NTU2Njc3ODg5OWFhYmJjY2RkZWVmZg==", 401),
            ("Authorization: 00112233445566778899aabbccddeeff", 401),
        ] {
            assert_eq!(judge(&[line]), status, "{line}");
        }
        assert_eq!(judge(&["Content-Length:", "Transfer-Encoding: chunked"]), 411);
        for (line, status) in [
            ("POST /review/api/op HTTP/1.0", 400),
            ("POST /review/api/op?x=1 HTTP/1.1", 400),
            ("POST http://127.0.0.1:9000/review/api/op HTTP/1.1", 400),
            ("POST http://evil.example/review/api/op HTTP/1.1", 421),
            ("POST / HTTP/1.1", 405),
            ("POST /review HTTP/1.1", 405),
            ("POST /review/x HTTP/1.1", 405),
            ("POST /review/apix HTTP/1.1", 405),
            ("POST /review%2fapi/op HTTP/1.1", 405),
            ("POST //review/api/op HTTP/1.1", 405),
            ("POST /./review/api/op HTTP/1.1", 405),
            ("POST /review/api/../../api/overview HTTP/1.1", 200),
            ("POST /api/overview HTTP/1.1", 405),
            ("OPTIONS /review/api/op HTTP/1.1", 405),
            ("PUT /review/api/op HTTP/1.1", 405),
            ("post /review/api/op HTTP/1.1", 405),
            ("OPTIONS * HTTP/1.1", 405),
        ] {
            let found = judge(&["POST:", line]);
            assert_eq!(found, status, "{line}");
        }
    }

    #[test]
    fn a_code_is_exchanged_without_a_key_but_by_no_other_site() {
        let head = GOOD[..5].join("\r\n").replace("/op ", "/key ");
        let secrets = Secrets::new(KEY);
        for (from, to, wanted) in [
            ("", "", 200),
            ("Origin: http://127.0.0.1:9000", "Sec-Fetch-Site: same-site", 403),
            ("127.0.0.1:9000\r\nContent", "127.0.0.1:9001\r\nContent", 403),
            ("application/json", "text/plain", 415),
            ("Content-Length: 2", "Content-Length: 0", 411),
            ("POST", "PUT", 405),
            ("HTTP/1.1", "HTTP/1.0", 400),
            ("/key ", "/keys ", 401),
            ("/review/api/key", "/review/api/x/../key", 401),
        ] {
            let head = head.replacen(from, to, 1);
            assert_eq!(judge_with(&head, Changes::Key(&secrets)), wanted, "{head}");
            let wanted = if wanted == 401 { 405 } else { wanted };
            assert_eq!(judge_with(&head, Changes::Code), wanted, "{head}");
            assert_eq!(judge_with(&head, Changes::None), 405, "{head}");
        }
        assert_eq!(judge_with(&GOOD.join("\r\n"), Changes::Code), 405, "nothing else is changed");
    }

    #[test]
    fn a_header_that_decides_is_given_once() {
        let good = GOOD.join("\r\n");
        assert_eq!(judge_text(&good), 200);
        for line in &GOOD[1..] {
            assert_eq!(judge_text(&format!("{good}\r\n{line}")), 400, "{line}");
        }
        let twice = "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site";
        assert_eq!(judge_text(&format!("{good}\r\n{twice}")), 400);
    }

    #[test]
    fn reading_the_review_api_needs_the_key_as_well() {
        let get = |path: &str, rest: &str| judge_text(&format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:9000{rest}"));
        let key = format!("\r\nAuthorization: Bearer {KEY}");
        for path in ["/review", "/review/x", "/review/api/x", "/review/%61pi/x"] {
            assert_eq!((get(path, ""), get(path, &key)), (401, 200), "{path}");
            assert_eq!(get(path, &format!("{key}\r\nSec-Fetch-Site: same-site")), 403, "{path}");
            assert_eq!(get(path, &format!("{key}{key}")), 401, "{path}");
        }
        assert_eq!(get("/", ""), 200);
    }
}
