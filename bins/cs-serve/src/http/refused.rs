//! Owns the lines in `logs/serve.log` about refused changes. Must stay true: a line has no header, no parameter and no
//! body of the request, so no key and no text gets into it.

use super::head::Request;
use super::refusal::Refusal;
use super::write::{is_review, is_review_api, is_write};
use cs_core::hook_log;
use cs_core::paths::Home;

/// The longest path in a line, in characters.
const PATH: usize = 80;

/// Whether a browser only opens a page below `/review`: it cannot send the key, and its page asks again with it.
fn is_ordinary(request: &Request, refusal: &Refusal) -> bool {
    let is_page = !is_write(request) && !is_review_api(&request.target.path);
    let is_typed = matches!(request.field("sec-fetch-site"), None | Some("none" | "same-origin"));
    let opens = request.field("sec-fetch-mode").is_none_or(|mode| mode == "navigate")
        && request.field("accept").is_some_and(|kinds| kinds.contains("text/html"));
    let has_no_key = refusal.code == "KEY_REQUIRED" && request.field("authorization").is_none();
    is_page && is_typed && opens && has_no_key
}

/// A line to be written.
#[derive(Debug)]
pub struct Note {
    home: Home,
    line: String,
}

impl Note {
    /// The note of a refusal, if the request would have changed something, or read what needs the key.
    pub fn of(home: &Home, request: &Request, refusal: &Refusal) -> Option<Self> {
        let path = request.target.path.as_str();
        if is_ordinary(request, refusal) || !is_write(request) && !is_review(path) {
            return None;
        }
        let path: String = path.chars().take(PATH).collect();
        let line = format!("refused {} {path:?}: {} {}", request.method, refusal.status, refusal.code);
        Some(Note { home: home.clone(), line })
    }

    /// Writes it, which may wait for the disk.
    pub fn write(&self) {
        hook_log::log_in(&self.home.serve_log(), "cs-serve", &self.line);
    }
}
