//! Owns the checks of a request's head. Pure.
//! Must stay true: every request is checked, whatever its path, before anything else uses it.

use super::head::Request;
use super::refusal::Refusal;
use super::same::same;
use super::write::{self, Changes};
use std::net::IpAddr;

/// The names and the token that requests must have.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Names that `Host` may have, besides those of this machine itself.
    pub names: Vec<String>,
    /// The token that every request must send, if other machines may connect.
    pub token: Option<String>,
}

/// Accepts a request, or says why not.
pub fn check(request: &Request, policy: &Policy, changes: Changes) -> Result<(), Refusal> {
    check_host(request, policy)?;
    if write::is_write(request) {
        return write::check(request, changes);
    }
    if request.has_body() {
        return Err(Refusal::new(413, "BODY_NOT_ALLOWED", "a request must not have a body here"));
    }
    if request.field("expect").is_some() {
        return Err(Refusal::new(417, "EXPECTATION_FAILED", "an Expect header is not allowed here"));
    }
    check_site(request)?;
    check_token(request, policy)?;
    match changes {
        Changes::Key(secrets) if write::is_review(&request.target.path) => write::check_key(request, secrets),
        _ => Ok(()),
    }
}

/// Checks the host. A page of another site may use a name that resolves to this machine (DNS rebinding), so unknown names
/// are refused. Ports are ignored, because they may be forwarded.
fn check_host(request: &Request, policy: &Policy) -> Result<(), Refusal> {
    let named = request.field("host").into_iter().chain(request.target.authority.as_deref());
    for host in named {
        if !name_of(host).is_some_and(|name| is_ours(&name, policy)) {
            return Err(Refusal::new(421, "WRONG_HOST", "the Host header does not name this server; use 127.0.0.1"));
        }
    }
    Ok(())
}

/// The name in lower case, without its port.
fn name_of(host: &str) -> Option<String> {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map(|(name, port)| (name, port.strip_prefix(':').or(Some(port))))?,
        None => host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port))),
    };
    let is_port = |port: &str| port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
    (!name.is_empty() && port.is_none_or(is_port)).then(|| name.to_ascii_lowercase())
}

fn is_ours(name: &str, policy: &Policy) -> bool {
    if name == "localhost" || policy.names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return true;
    }
    // With a token any IP address is accepted, because a rebound name is not an IP address.
    name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback() || policy.token.is_some())
}

/// Checks the site that a browser reports for a request. Pages of other sites may link here, but cannot read answers.
fn check_site(request: &Request) -> Result<(), Refusal> {
    let is_foreign = request.field("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let is_link = request.field("sec-fetch-mode") == Some("navigate") && !is_api(&request.target.path);
    if is_foreign && !is_link {
        return Err(cross_site());
    }
    check_origin(request)
}

/// Checks the origin, which browsers may send instead of the site: it must be the requested host. Our pages send theirs
/// (`Referrer-Policy: same-origin`), so `null` means a page of another site, a sandbox or a file.
fn check_origin(request: &Request) -> Result<(), Refusal> {
    let Some(origin) = request.field("origin").filter(|_| request.field("sec-fetch-site").is_none()) else {
        return Ok(());
    };
    let host = request.field("host").unwrap_or_default();
    let is_ours = ["http://", "https://"]
        .iter()
        .any(|scheme| origin.strip_prefix(scheme).is_some_and(|named| named.eq_ignore_ascii_case(host)));
    if is_ours { Ok(()) } else { Err(cross_site()) }
}

fn cross_site() -> Refusal {
    Refusal::new(403, "CROSS_SITE", "pages of other sites must not request this")
}

/// Whether a path belongs to the API.
pub fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/") || write::is_review_api(path)
}

/// Checks the token: `Authorization: Bearer TOKEN`, or Basic with the token as the password: browsers then prompt for
/// it.
fn check_token(request: &Request, policy: &Policy) -> Result<(), Refusal> {
    if policy.token.as_ref().is_none_or(|token| sends(request, |shown| same(shown, token.as_bytes()))) {
        return Ok(());
    }
    let text = "this server requires a token: send Authorization: Bearer TOKEN, or the token as the password";
    let realm = "Basic realm=\"claude-sessions\", charset=\"UTF-8\"";
    Err(Refusal::new(401, "TOKEN_REQUIRED", text).with("WWW-Authenticate", realm))
}

/// Whether a request sends a secret that is accepted.
pub fn sends(request: &Request, is_accepted: impl Fn(&[u8]) -> bool) -> bool {
    let shown = request.field("authorization").and_then(|text| text.split_once(' ')).and_then(|(scheme, value)| {
        match scheme.to_ascii_lowercase().as_str() {
            "bearer" => Some(value.trim().as_bytes().to_vec()),
            "basic" => password(value.trim()),
            _ => None,
        }
    });
    shown.is_some_and(|shown| is_accepted(&shown))
}

fn password(encoded: &str) -> Option<Vec<u8>> {
    let decoded = base64(encoded)?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    decoded.get(colon + 1..).map(<[u8]>::to_vec)
}

/// Decodes base64 (RFC 4648), with or without its padding.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut bits, mut count) = (0u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::head::{self, Parsed};
    use super::*;

    fn judge(head: &str, policy: &Policy) -> u16 {
        match head::parse(format!("{head}\r\n\r\n").as_bytes(), 0) {
            Parsed::Whole(request, _) => {
                check(&request, policy, Changes::None).map_or_else(|refusal| refusal.status, |()| 200)
            }
            other => panic!("{head}: {other:?}"),
        }
    }

    fn get(path: &str, rest: &str) -> u16 {
        judge(&format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:9000{rest}"), &Policy::default())
    }

    #[test]
    fn only_our_own_names_are_answered() {
        let host = |host: &str| judge(&format!("GET / HTTP/1.1\r\nHost: {host}"), &Policy::default());
        for name in ["127.0.0.1", "127.0.0.1:9000", "localhost:1", "LocalHost", "[::1]:9000", "[::1]", "127.9.9.9:1"] {
            assert_eq!(host(name), 200, "{name}");
        }
        for name in
            ["evil.example", "evil.example:9000", "127.0.0.1.evil.example", "10.0.0.1", "localhost:x", "", "a:b:c"]
        {
            assert_eq!(host(name), 421, "{name}");
        }
        assert_eq!(get("http://evil.example/", ""), 421);
        assert_eq!(get("http://localhost:9000/", ""), 200);
    }

    #[test]
    fn other_methods_and_bodies_are_refused() {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE", "BREW"] {
            assert_eq!(judge(&format!("{method} / HTTP/1.1\r\nHost: localhost"), &Policy::default()), 405, "{method}");
        }
        assert_eq!(get("/", "\r\nContent-Length: 0"), 200);
        assert_eq!(get("/", "\r\nContent-Length: 1"), 413);
        assert_eq!(get("/", "\r\nTransfer-Encoding: chunked"), 413);
        assert_eq!(get("/", "\r\nExpect: 100-continue"), 417);
    }

    #[test]
    fn other_sites_may_only_link() {
        let site = |path, rest: &str| get(path, &format!("\r\nSec-Fetch-Site: {rest}"));
        assert_eq!(site("/api/overview", "same-origin"), 200);
        assert_eq!(site("/api/overview", "none\r\nSec-Fetch-Mode: navigate"), 200);
        assert_eq!(site("/api/overview", "cross-site"), 403);
        assert_eq!(site("/api/overview", "cross-site\r\nSec-Fetch-Mode: navigate"), 403);
        assert_eq!(site("/api/overview", "same-site"), 403);
        assert_eq!(site("/", "cross-site\r\nSec-Fetch-Mode: navigate"), 200);
        assert_eq!(site("/", "cross-site\r\nSec-Fetch-Mode: no-cors"), 403);
    }

    #[test]
    fn only_our_own_origin_is_accepted() {
        let with = |origin: &str| get("/api/overview", &format!("\r\nOrigin: {origin}"));
        for origin in ["http://127.0.0.1:9000", "https://127.0.0.1:9000"] {
            assert_eq!(with(origin), 200, "{origin}");
        }
        for origin in ["null", "", "http://127.0.0.1:9001", "http://127.0.0.1", "http://localhost:9000", "file://"] {
            assert_eq!(with(origin), 403, "{origin}");
        }
    }

    #[test]
    fn every_path_needs_the_token_once_it_is_set() {
        let policy = Policy { names: vec!["box.local".into()], token: Some("0123456789abcdef".into()) };
        let with = |rest: &str| judge(&format!("GET /healthz HTTP/1.1\r\nHost: box.local{rest}"), &policy);
        assert_eq!(with(""), 401);
        assert_eq!(with("\r\nAuthorization: Bearer 0123456789abcdef"), 200);
        assert_eq!(with("\r\nAuthorization: bearer  0123456789abcdef"), 200);
        assert_eq!(with("\r\nAuthorization: Bearer 0123456789abcdeX"), 401);
        assert_eq!(with("\r\nAuthorization: Bearer 0123456789abcdef0123456789abcdef"), 401);
        assert_eq!(with("\r\nAuthorization: Bearer "), 401);
        assert_eq!(with("\r\nAuthorization: Basic bWU6MDEyMzQ1Njc4OWFiY2RlZg=="), 200);
        assert_eq!(with("\r\nAuthorization: Basic MDEyMzQ1Njc4OWFiY2RlZg"), 401);
        assert_eq!(
            judge("GET / HTTP/1.1\r\nHost: 10.1.2.3:9000\r\nAuthorization: Bearer 0123456789abcdef", &policy),
            200
        );
    }
}
