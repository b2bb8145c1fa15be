//! Owns answers: status, headers, body, and their form on the wire.
//! Must stay true: every answer has the headers that limit a browser to showing it, and every body that may be requested
//! again has a tag that depends only on its bytes.

use super::head::Request;
use super::refusal::Refusal;
use super::rest::Rest;
use cs_core::id::fnv1a;
use std::io;
use std::sync::Arc;
use tiny_http::{HTTPVersion, Header, Response, StatusCode};

/// Pages load only from this server, run no inline script, and cannot be framed.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";

const ALWAYS: [(&str, &str); 7] = [
    ("Server", "cs-serve"),
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
];

pub const JSON: &str = "application/json; charset=utf-8";
pub const HTML: &str = "text/html; charset=utf-8";
pub const LINES: &str = "application/x-ndjson; charset=utf-8";
const EVENTS: &str = "text/event-stream; charset=utf-8";
/// For content that may change at any time: cache it, but revalidate before it is shown again.
const ASK_AGAIN: &str = "private, no-cache";

/// The beginning of an event stream.
#[derive(Clone, Debug)]
pub struct Start {
    /// The generation that the client sees first.
    pub generation: u64,
    /// Dropped with the stream, so that others know of its end.
    pub held: Option<Arc<()>>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub fields: Vec<(&'static str, String)>,
    pub body: Arc<Vec<u8>>,
    tag: Option<String>,
    /// The client stays connected and receives every later generation.
    pub stream: Option<Start>,
    /// What follows the body, and is made while the client reads.
    pub rest: Option<Rest>,
}

impl Reply {
    /// An answer with a body that may be requested again.
    pub fn new(kind: &str, body: Vec<u8>) -> Self {
        let tag = format!("\"{:016x}\"", fnv1a(&body));
        Reply {
            status: 200,
            fields: vec![("Content-Type", kind.to_string()), ("Cache-Control", ASK_AGAIN.to_string())],
            body: Arc::new(body),
            tag: Some(tag),
            stream: None,
            rest: None,
        }
    }

    /// An answer whose body is only begun. It cannot be requested again by its tag.
    pub fn begun(kind: &str, body: Vec<u8>, rest: Rest) -> Self {
        let mut reply = Reply::new(kind, body).with("Cache-Control", "no-store");
        reply.tag = None;
        reply.rest = Some(rest);
        reply
    }

    /// A JSON document.
    pub fn json(value: &impl serde::Serialize) -> Self {
        let mut body = serde_json::to_vec(value).unwrap_or_default();
        body.push(b'\n');
        Reply::new(JSON, body)
    }

    /// A refusal for programs.
    pub fn refusal(refusal: &Refusal) -> Self {
        let value = serde_json::json!({"error": refusal.text, "code": refusal.code});
        Reply::json(&value).refused(refusal)
    }

    /// A refusal for people who cannot load our other files: a page without style and script.
    pub fn refusal_page(refusal: &Refusal) -> Self {
        let text = refusal.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let page = format!(
            "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{status}</title>\n\
             <h1>Access denied</h1>\n<p>{text}</p>\n",
            status = refusal.status
        );
        Reply::new(HTML, page.into_bytes()).refused(refusal)
    }

    /// Uses this body for a refusal.
    pub fn refused(mut self, refusal: &Refusal) -> Self {
        self.status = refusal.status;
        self.tag = None;
        self.fields.retain(|(name, _)| *name != "Cache-Control");
        self.fields.push(("Cache-Control", "no-store".to_string()));
        self.fields.extend(refusal.fields.iter().cloned());
        self
    }

    /// The start of an event stream.
    pub fn events(start: Start) -> Self {
        let mut reply = Reply::new(EVENTS, Vec::new());
        reply.tag = None;
        reply.stream = Some(start);
        reply.with("Cache-Control", "no-store")
    }

    /// Sets a header, replacing one of that name.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.fields.retain(|(known, _)| *known != name);
        self.fields.push((name, value.to_string()));
        self
    }

    /// Allows one inline style beside those of this server: a source with its hash.
    pub fn with_style(self, source: &str) -> Self {
        let policy = CONTENT_SECURITY_POLICY.replace("style-src 'self'", &format!("style-src 'self' {source}"));
        self.with("Content-Security-Policy", &policy)
    }

    /// Makes the browser save the body as a file instead of showing it.
    pub fn saved_as(self, name: &str) -> Self {
        self.with("Content-Disposition", &format!("attachment; filename=\"{name}\""))
    }

    /// The answer to this request: a 304 if the client has the same bytes already.
    pub fn for_request(mut self, request: &Request) -> Self {
        let has = |tag: &String| request.field("if-none-match").is_some_and(|list| names(list, tag));
        if self.status == 200 && self.tag.as_ref().is_some_and(has) {
            self.status = 304;
        }
        self
    }

    /// The head on the wire. What is made while the client reads has no length.
    pub fn head(&self, closes: bool) -> Vec<u8> {
        let tag = self.tag.as_deref().map(|tag| ("ETag", tag));
        let fields = self.fields.iter().map(|(name, value)| (*name, value.as_str()));
        let is_other = |name: &str| self.fields.iter().any(|(own, _)| *own == name);
        let headers = ALWAYS.into_iter().filter(|(name, _)| !is_other(name)).chain(fields).chain(tag);
        let headers = headers.filter_map(|(name, value)| Header::from_bytes(name, value).ok()).collect();
        let length = (self.stream.is_none() && self.rest.is_none()).then_some(self.body.len());
        let response = Response::new(StatusCode(self.status), headers, io::empty(), length, None);
        let mut head = Vec::with_capacity(1024);
        let written =
            response.with_chunked_threshold(usize::MAX).raw_print(&mut head, HTTPVersion(1, 1), &[], true, None);
        // Writing into memory cannot fail.
        drop(written);
        if closes {
            // The one header that tiny_http reserves for its own server.
            head.truncate(head.len().saturating_sub(2));
            head.extend_from_slice(b"Connection: close\r\n\r\n");
        }
        head
    }

    /// Whether an answer with this status has a body.
    pub fn has_body(&self) -> bool {
        self.status != 304 && self.stream.is_none()
    }
}

/// Whether a list of tags contains this one. Weak tags match too, because whole bodies are compared, not ranges.
fn names(list: &str, tag: &str) -> bool {
    list.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_have_the_security_headers() {
        let reply = Reply::json(&"x").saved_as("a.json");
        let head = String::from_utf8(reply.head(true)).unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.ends_with("\r\nConnection: close\r\n\r\n"), "{head}");
        for part in ["nosniff", "default-src 'none'", "Content-Length: 4\r\n", "ETag: \"", "filename=\"a.json\""] {
            assert!(head.contains(part), "{part}: {head}");
        }
        assert!(!head.contains("unsafe"));
        let stream = String::from_utf8(Reply::events(Start { generation: 1, held: None }).head(false)).unwrap();
        assert!(stream.contains("Transfer-Encoding: chunked\r\n") && !stream.contains("Content-Length"), "{stream}");
    }

    #[test]
    fn a_refusal_page_escapes_its_text() {
        let refusal = Refusal::new(403, "OTHER_ACCOUNT", "<script>&");
        let reply = Reply::refusal_page(&refusal);
        let text = String::from_utf8(reply.body.to_vec()).unwrap();
        assert!(text.contains("&lt;script&gt;&amp;") && !text.contains("<script"), "{text}");
        assert!(reply.status == 403 && reply.head(true).starts_with(b"HTTP/1.1 403 "));
    }

    #[test]
    fn tags_are_found_in_lists() {
        assert!(names("\"a\", W/\"b\"", "\"b\"") && names("*", "\"b\"") && !names("\"a\"", "\"b\""));
    }
}
