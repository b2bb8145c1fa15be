//! Owns the lines in `logs/serve.log` about refused changes. Must stay true: a line has no header, no parameter and no
//! body of the request, so no key and no text gets into it.

use super::head::Request;
use super::refusal::Refusal;
use super::write::{is_review, is_write};
use cs_core::hook_log;
use cs_core::paths::Home;

/// The longest path in a line, in characters.
const PATH: usize = 80;

/// Notes a refusal, if the request would have changed something, or read what needs the key.
pub fn note(home: &Home, request: &Request, refusal: &Refusal) {
    let path = request.target.path.as_str();
    if !is_write(request) && !is_review(path) {
        return;
    }
    let path: String = path.chars().take(PATH).collect();
    let line = format!("refused {} {path:?}: {} {}", request.method, refusal.status, refusal.code);
    hook_log::log_in(&home.serve_log(), "cs-serve", &line);
}
