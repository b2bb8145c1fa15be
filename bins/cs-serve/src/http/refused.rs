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

/// Notes a refusal, if the request would have changed something, or read what needs the key.
pub fn note(home: &Home, request: &Request, refusal: &Refusal) {
    let path = request.target.path.as_str();
    if is_ordinary(request, refusal) || !is_write(request) && !is_review(path) {
        return;
    }
    let path: String = path.chars().take(PATH).collect();
    let line = format!("refused {} {path:?}: {} {}", request.method, refusal.status, refusal.code);
    hook_log::log_in(&home.serve_log(), "cs-serve", &line);
}
