//! Owns parsing the head of a request, strictly.
//! Must stay true: anything ambiguous is refused. Lines end in CR LF; a header is one line; a length is given once. So no
//! second request can be hidden in a first one.

use super::limits::{FIELDS, HEAD_BYTES, TARGET_BYTES};
use super::refusal::Refusal;
use super::target::{self, Target};
use std::str::FromStr;
use std::time::Instant;
use tiny_http::{HTTPVersion, Method};

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: Method,
    pub target: Target,
    pub version: HTTPVersion,
    /// A snapshot of the store is recent enough for the answer if it was read after this instant.
    pub received_at: Instant,
    /// The body; empty for all that only read.
    pub body: Vec<u8>,
    /// The headers, with names in lower case.
    fields: Vec<(String, String)>,
}

impl Request {
    /// The value of a header, the first one if there are several.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// How often a header is given.
    pub fn count(&self, name: &str) -> usize {
        self.fields.iter().filter(|(known, _)| known == name).count()
    }

    /// Whether the connection stays open after the answer.
    pub fn keeps_alive(&self) -> bool {
        let says = |word: &str| {
            let values = self.fields.iter().filter(|(name, _)| name == "connection");
            values.flat_map(|(_, value)| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(word))
        };
        if self.version == HTTPVersion(1, 0) { says("keep-alive") } else { !says("close") }
    }

    /// The length of its body, as it says.
    pub fn body_length(&self) -> usize {
        self.field("content-length").and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    /// Whether it has, or may have, a body.
    pub fn has_body(&self) -> bool {
        self.field("transfer-encoding").is_some() || self.field("content-length").is_some_and(|text| text != "0")
    }
}

/// The result of parsing the bytes so far.
#[derive(Debug)]
pub enum Parsed {
    /// The head is not complete yet.
    Incomplete,
    /// A request, and the length of its head in bytes.
    Whole(Request, usize),
    /// A head that is refused, and why.
    Refused(Refusal),
}

/// The longest request line: the target with room for a method and a version.
const LINE_BYTES: usize = TARGET_BYTES + 64;

/// Parses the received bytes; the first `seen` of them were parsed before and had no end of a head.
/// Must stay true: the result does not depend on the pieces in which a head arrives.
pub fn parse(bytes: &[u8], seen: usize) -> Parsed {
    match find_end(bytes, seen) {
        Err(refusal) => Parsed::Refused(refusal),
        Ok(None) => Parsed::Incomplete,
        Ok(Some(end)) => match bytes.get(..end).map_or_else(|| Err(bad("no head")), parse_head) {
            Ok(request) => Parsed::Whole(request, end),
            Err(refusal) => Parsed::Refused(refusal),
        },
    }
}

/// The end of the head, after the first empty line. The first invalid byte decides which error is reported.
fn find_end(bytes: &[u8], seen: usize) -> Result<Option<usize>, Refusal> {
    let mut is_first_line = !bytes.iter().take(seen.min(LINE_BYTES + 1)).any(|byte| *byte == b'\n');
    for (at, byte) in bytes.iter().enumerate().skip(seen) {
        let before = |n: usize| at.checked_sub(n).and_then(|at| bytes.get(at)).copied();
        match byte {
            _ if at >= HEAD_BYTES => return Err(head_too_large()),
            0 => return Err(bad("the head contains a NUL byte")),
            b'\n' if before(1) != Some(b'\r') => return Err(bad("a line ends without CR LF")),
            b'\n' if before(2) == Some(b'\n') => return Ok(Some(at + 1)),
            b'\n' => is_first_line = false,
            _ if before(1) == Some(b'\r') => return Err(bad("a line ends without CR LF")),
            _ if is_first_line && at >= LINE_BYTES => return Err(uri_too_long()),
            _ => {}
        }
    }
    Ok(None)
}

fn head_too_large() -> Refusal {
    Refusal::new(431, "HEADERS_TOO_LARGE", &format!("a request's head may have at most {HEAD_BYTES} bytes"))
}

fn uri_too_long() -> Refusal {
    Refusal::new(414, "URI_TOO_LONG", &format!("a URL may have at most {TARGET_BYTES} bytes"))
}

fn parse_head(head: &[u8]) -> Result<Request, Refusal> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.split("\r\n");
    let (method, raw, version) = parse_request_line(lines.next().unwrap_or_default())?;
    if raw.len() > TARGET_BYTES {
        return Err(uri_too_long());
    }
    let fields: Vec<(String, String)> =
        lines.filter(|line| !line.is_empty()).map(parse_field).collect::<Result<_, _>>()?;
    if fields.len() > FIELDS {
        return Err(Refusal::new(431, "HEADERS_TOO_LARGE", &format!("a request may have at most {FIELDS} headers")));
    }
    // A method that is refused anyway may have any target, such as `OPTIONS *`.
    let target = match (target::parse(raw), &method) {
        (Err(refusal), Method::Get | Method::Head) => return Err(refusal),
        (Err(_), _) => Target { path: String::new(), query: Vec::new(), authority: None },
        (Ok(target), _) => target,
    };
    let request = Request { method, target, version, received_at: Instant::now(), body: Vec::new(), fields };
    check_consistency(&request)?;
    Ok(request)
}

fn parse_request_line(line: &str) -> Result<(Method, &str, HTTPVersion), Refusal> {
    let parts: Vec<&str> = line.split(' ').collect();
    let &[method, target, version] = parts.as_slice() else {
        return Err(bad("the request line does not have three parts"));
    };
    if !is_token(method) {
        return Err(bad("the method is not a valid token"));
    }
    let version = match version {
        "HTTP/1.1" => HTTPVersion(1, 1),
        "HTTP/1.0" => HTTPVersion(1, 0),
        other if other.starts_with("HTTP/") => {
            return Err(Refusal::new(505, "HTTP_VERSION", "only HTTP 1.0 and 1.1 are supported"));
        }
        _ => return Err(bad("the request line has no version")),
    };
    Ok((Method::from_str(method).map_err(|()| bad("the method is not a valid token"))?, target, version))
}

fn parse_field(line: &str) -> Result<(String, String), Refusal> {
    let (name, value) = line.split_once(':').ok_or_else(|| bad("a header has no colon"))?;
    // This also refuses lines that begin with a space, the obsolete way to continue a header.
    if !is_token(name) {
        return Err(bad("a header's name is not a valid token"));
    }
    let value = value.trim_matches([' ', '\t']);
    if value.chars().any(|c| c.is_control() && c != '\t') {
        return Err(bad("a header has a control character"));
    }
    Ok((name.to_ascii_lowercase(), value.to_string()))
}

fn check_consistency(request: &Request) -> Result<(), Refusal> {
    if request.count("host") > 1 || request.count("content-length") > 1 || request.count("transfer-encoding") > 1 {
        return Err(bad("a header is given twice"));
    }
    if request.count("host") == 0 {
        return Err(bad("there is no Host header"));
    }
    if request.count("content-length") > 0 && request.count("transfer-encoding") > 0 {
        return Err(bad("the body has two lengths"));
    }
    let length = request.field("content-length").unwrap_or("0");
    if length.is_empty() || !length.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(bad("Content-Length is not a number"));
    }
    Ok(())
}

fn is_token(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(fits)
}

fn bad(text: &str) -> Refusal {
    Refusal::new(400, "BAD_REQUEST", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(text: &str) -> u16 {
        match parse(text.as_bytes(), 0) {
            Parsed::Incomplete => 0,
            Parsed::Whole(..) => 200,
            Parsed::Refused(refusal) => refusal.status,
        }
    }

    #[test]
    fn a_plain_request_is_parsed() {
        let text = "GET /a?b=c HTTP/1.1\r\nHost: x\r\nConnection: Close, x\r\n\r\nrest";
        let Parsed::Whole(request, end) = parse(text.as_bytes(), 0) else { panic!() };
        assert_eq!((request.target.path.as_str(), request.field("host"), end), ("/a", Some("x"), text.len() - 4));
        assert!(!request.keeps_alive() && !request.has_body());
        for cut in 0..text.len() - 4 {
            assert_eq!(status(&text[..cut]), 0, "{cut}");
        }
    }

    #[test]
    fn ambiguous_heads_are_refused() {
        let with = |rest: &str| format!("GET / HTTP/1.1\r\nHost: x\r\n{rest}\r\n\r\n");
        for rest in [
            "Host: y",
            "Content-Length: 1\r\nContent-Length: 1",
            "Content-Length: 1\r\nTransfer-Encoding: chunked",
            "Content-Length: +1",
            "Content-Length: ",
            "Transfer-Encoding : chunked",
            " folded: x",
            "A: b\r\n c",
            "A\t: b",
            "no colon",
            ": x",
            "A: b\u{1}c",
        ] {
            assert_eq!(status(&with(rest)), 400, "{rest}");
        }
        for text in [
            "GET / HTTP/1.1\nHost: x\n\n",
            "GET / HTTP/1.1\rHost: x\r\r",
            "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET / HTTP/1.1 \r\nHost: x\r\n\r\n",
            "GET /\r\n\r\n",
            "\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
            "\u{16}\u{3}\u{1}\0",
        ] {
            assert_eq!(status(text), 400, "{text:?}");
        }
        assert_eq!(status("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), 505);
        assert_eq!(status("PRI * HTTP/2.0\r\n\r\n"), 505);
    }

    #[test]
    fn long_heads_are_refused_before_they_end() {
        let long = "a".repeat(TARGET_BYTES + 100);
        assert_eq!(status(&format!("GET /{long}")), 414);
        assert_eq!(status(&format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(TARGET_BYTES))), 414);
        assert_eq!(status(&format!("GET / HTTP/1.1\r\nA: {}", "a".repeat(HEAD_BYTES))), 431);
        let [whole, pieces] = [0, 1].map(|seen| parse(format!("GET /{long}\0").as_bytes(), seen));
        assert_eq!(format!("{whole:?}"), format!("{pieces:?}"), "what comes later does not matter");
        let many = "A: b\r\n".repeat(FIELDS + 1);
        assert_eq!(status(&format!("GET / HTTP/1.1\r\nHost: x\r\n{many}\r\n")), 431);
    }
}
