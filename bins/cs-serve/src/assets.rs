//! Owns the style, scripts and icon of the pages. Each is embedded and named after its content, so that a browser can
//! cache it for ever and requests a changed one under a new name.

use crate::http::{Refusal, Reply};
use cs_core::id::fnv1a;

/// Name, extension, kind and content.
const ALL: [(&str, &str, &str, &str); 6] = [
    ("style", "css", "text/css; charset=utf-8", include_str!("../../../web/style.css")),
    ("app", "js", "text/javascript; charset=utf-8", include_str!("../../../web/app.js")),
    ("tell", "js", "text/javascript; charset=utf-8", include_str!("../../../web/tell.js")),
    ("write", "js", "text/javascript; charset=utf-8", include_str!("../../../web/write.js")),
    ("review", "js", "text/javascript; charset=utf-8", include_str!("../../../web/review.js")),
    ("icon", "svg", "image/svg+xml", include_str!("../../../web/icon.svg")),
];

/// The URLs by file name (`style.css` and so on), for templates.
pub fn urls() -> Vec<(String, String)> {
    ALL.iter().map(|(name, extension, _, text)| (format!("{name}.{extension}"), url(name, extension, text))).collect()
}

fn url(name: &str, extension: &str, text: &str) -> String {
    format!("/assets/{}", file_name(name, extension, text))
}

fn file_name(name: &str, extension: &str, text: &str) -> String {
    format!("{name}-{:016x}.{extension}", fnv1a(text.as_bytes()))
}

/// The file of this name.
pub fn find(wanted: &str) -> Result<Reply, Refusal> {
    let found = ALL.iter().find(|(name, extension, _, text)| file_name(name, extension, text) == wanted);
    let (_, _, kind, text) = found.ok_or_else(|| Refusal::new(404, "NOT_FOUND", "there is no such file"))?;
    let reply = Reply::new(kind, text.as_bytes().to_vec());
    Ok(reply.with("Cache-Control", "public, max-age=31536000, immutable"))
}
